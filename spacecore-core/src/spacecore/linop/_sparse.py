"""Operators given by a sparse matrix."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from spacecore._ambient import resolve_context_priority
from spacecore._checks import not_sparse
from spacecore._context import ContextLike
from spacecore._typing import Shape
from spacecore.backend import BackendOps
from spacecore.errors import SpaceValidationError
from spacecore.linop._base import Kernel
from spacecore.linop._coordinate import CoordinateLinOp, are_vectors, codomain_of
from spacecore.linop._refusals import refuse_no_space
from spacecore.space import Space
from spacecore.space._batch import batched

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
        By default the domain, with its geometry, where A is square; else the Euclidean vector
        space of A's rows, in the dtype of the products.
    ctx : Context, optional

    Raises
    ------
    SpaceValidationError
        If A is no sparse matrix of the backend, or shape, dtype or device do not fit.
    """

    matrix: Any

    _own_batch_forms = ()

    def __init__(
        self, A: Any, dom: Space, cod: Space | None = None, ctx: ContextLike | None = None
    ):
        spaces = (dom,) if cod is None else (dom, cod)
        refuse_no_space(*spaces)
        context = resolve_context_priority(ctx, *spaces)
        if not context.ops.is_sparse(A):
            raise SpaceValidationError(not_sparse(context.ops, A))
        if cod is None:
            rows = int(A.shape[0])
            cod = codomain_of(dom.shape if rows == dom.size else (rows,), A.dtype, dom)
        super().__init__(dom, cod, context)
        self.matrix = A
        if tuple(A.shape) != (cod.size, dom.size):
            raise SpaceValidationError(
                f"Expected shape {(cod.size, dom.size)}, got {tuple(A.shape)}"
            )
        self._check_coefficients(A)

    def _kernel(self) -> Kernel:
        product, matrix = self.ops.sparse_matmul, self.matrix
        if are_vectors(self.domain, self.codomain):
            return lambda x: product(matrix, x)
        flatten, unflatten = self.domain._flatten, self.codomain._unflatten
        return lambda x: unflatten(product(matrix, flatten(x)))

    def _coordinate_kernel(self) -> Callable[[Any, Any], Any]:
        product, matrix = self.ops.sparse_matmul, self.matrix
        return lambda x, out: product(matrix, x)

    def _euclidean_adjoint_kernel(self) -> Kernel:
        ops, matrix = self.ops, self.matrix
        product, conj, transpose = ops.sparse_matmul, ops.conj, ops.sparse_transpose
        # Transposed at each call: entries that the caller adds to A are not in an earlier view.
        if are_vectors(self.domain, self.codomain):
            if ops.is_complex_dtype(matrix.dtype):
                return lambda y: conj(product(transpose(matrix), conj(y)))
            return lambda y: product(transpose(matrix), y)
        flatten, unflatten = self.codomain._flatten, self.domain._unflatten
        if ops.is_complex_dtype(matrix.dtype):
            return lambda y: unflatten(conj(product(transpose(matrix), conj(flatten(y)))))
        return lambda y: unflatten(product(transpose(matrix), flatten(y)))

    def _vapply(self, xs: Any, leading: tuple[int, ...]) -> Any:
        return _multiplied(self.ops, self.matrix, xs, leading, self.domain, self.codomain)

    def _rvapply(self, ys: Any, leading: tuple[int, ...]) -> Any:
        dom, cod, ops = self.domain, self.codomain, self.ops
        if not (dom.is_euclidean and cod.is_euclidean) or self._narrows():
            return super()._rvapply(ys, leading)
        transposed = ops.sparse_transpose(self.matrix)
        if not ops.is_complex_dtype(self.matrix.dtype):
            return _multiplied(ops, transposed, ys, leading, cod, dom)
        conjugate = batched(ops, cod._conj, leading, ys)
        products = _multiplied(ops, transposed, conjugate, leading, cod, dom)
        return batched(ops, dom._conj, leading, products)

    def to_matrix(self) -> Any:
        return self.ops.sparse_to_dense(self.matrix)

    def to_sparse(self, *, format: str | None = None) -> Any:
        return self.matrix if format is None else self.ops.assparse(self.matrix, format=format)


def _multiplied(
    ops: BackendOps, matrix: Any, xs: Any, leading: Shape, source: Space, target: Space
) -> Any:
    """One product with a batch as columns of coordinates, instead of one for each element."""
    rows = ops.reshape(batched(ops, source._flatten, leading, xs), (prod(leading), source.size))
    products = ops.sparse_matmul(matrix, ops.permute_dims(rows, (1, 0)))
    coordinates = ops.reshape(ops.permute_dims(products, (1, 0)), (*leading, target.size))
    if target._holds_arrays:
        return ops.reshape(coordinates, (*leading, *target.shape))
    return batched(ops, target._unflatten, leading, coordinates)
