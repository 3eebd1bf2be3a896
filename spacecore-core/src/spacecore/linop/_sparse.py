"""Operators given by a sparse matrix."""

from __future__ import annotations

from typing import Any

from spacecore._ambient import resolve_context_priority
from spacecore._context import ContextLike
from spacecore._typing import type_name
from spacecore.errors import SpaceValidationError
from spacecore.linop._base import Kernel
from spacecore.linop._coordinate import CoordinateLinOp, check_coefficients, check_fields
from spacecore.space import DenseVectorSpace, Space

__all__ = ["SparseLinOp"]


class SparseLinOp(CoordinateLinOp, data=("matrix",)):
    """`(A x)_i = Σ_j A_ij x_j` over the stored entries, in coordinates.

    The adjoint is `R_X⁻¹ Aᴴ R_Y`, with the Riesz maps of domain and codomain.

    Parameters
    ----------
    A : sparse matrix of the backend, shape (cod.size, dom.size)
        Kept as it is given; `ctx.assparse` makes one.
    dom : Space
    cod : Space, optional
        By default the Euclidean vector space of A's rows, or the domain if it fits.
    ctx : Context, optional

    Raises
    ------
    SpaceValidationError
        If A is no sparse matrix of the backend, or shape or dtype do not fit.
    """

    matrix: Any

    def __init__(
        self, A: Any, dom: Space, cod: Space | None = None, ctx: ContextLike | None = None
    ):
        context = resolve_context_priority(ctx, dom, *(() if cod is None else (cod,)))
        if not context.ops.is_sparse(A):
            raise SpaceValidationError(
                f"Expected sparse matrix for {context.ops.family}, got {type_name(A)}"
            )
        if cod is None:
            rows = (int(A.shape[0]),)
            fits = dom.shape == rows and dom.is_euclidean and A.dtype == dom.dtype
            dtype = dom.ops.result_type(A.dtype, dom.dtype)
            cod = dom if fits else DenseVectorSpace(rows, dom.ctx.convert(dom.ops, dtype=dtype))
        super().__init__(dom, cod, context)
        self.matrix = A
        if tuple(A.shape) != (cod.size, dom.size):
            raise SpaceValidationError(
                f"Expected shape {(cod.size, dom.size)}, got {tuple(A.shape)}"
            )
        check_fields("SparseLinOp", dom, cod)
        check_coefficients("SparseLinOp", A, dom, cod)

    def _kernel(self) -> Kernel:
        product, matrix = self.ops.sparse_matmul, self.matrix
        if len(self.domain.shape) == len(self.codomain.shape) == 1:
            return lambda x: product(matrix, x)
        flatten, unflatten = self.domain._flatten, self.codomain._unflatten
        return lambda x: unflatten(product(matrix, flatten(x)))

    def _euclidean_adjoint_kernel(self) -> Kernel:
        ops = self.ops
        product, conj, transposed = ops.sparse_matmul, ops.conj, ops.sparse_transpose(self.matrix)
        flatten, unflatten = self.codomain._flatten, self.domain._unflatten
        if ops.is_complex_dtype(self.matrix.dtype):
            return lambda y: unflatten(conj(product(transposed, conj(flatten(y)))))
        return lambda y: unflatten(product(transposed, flatten(y)))

    def _vapply(self, xs: Any, leading: tuple[int, ...]) -> Any:
        ops = self.ops
        count = ops.size(xs) // self.domain.size if self.domain.size else 0
        if count == 0:
            return ops.zeros((*leading, *self.codomain.shape), dtype=self.codomain.dtype)
        columns = ops.permute_dims(ops.reshape(xs, (count, self.domain.size)), (1, 0))
        products = ops.permute_dims(ops.sparse_matmul(self.matrix, columns), (1, 0))
        return ops.reshape(products, (*leading, *self.codomain.shape))

    def to_matrix(self) -> Any:
        return self.ops.sparse_to_dense(self.matrix)

    def to_sparse(self, *, format: str | None = None) -> Any:
        return self.matrix if format is None else self.ops.assparse(self.matrix, format=format)
