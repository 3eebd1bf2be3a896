"""Operators given by a dense array."""

from __future__ import annotations

from typing import Any

from spacecore._ambient import resolve_context_priority
from spacecore._context import ContextLike
from spacecore._typing import type_name
from spacecore.errors import SpaceValidationError
from spacecore.linop._base import Kernel
from spacecore.linop._coordinate import CoordinateLinOp, check_coefficients, check_fields
from spacecore.space import DenseCoordinateSpace, DenseVectorSpace, Space

__all__ = ["DenseLinOp"]


class DenseLinOp(CoordinateLinOp, data=("array",)):
    """`(A x)_i = Σ_j A_ij x_j`, the axes of the domain contracted.

    The adjoint is `R_X⁻¹ Aᴴ R_Y`, with the Riesz maps of domain and codomain.

    Parameters
    ----------
    A : array, shape `cod.shape + dom.shape`
        Kept as it is given: neither copied, cast nor moved.
    dom : Space
        Of dense arrays.
    cod : Space, optional
        By default the Euclidean space of the leading axes of A, in A's dtype.
    ctx : Context, optional

    Raises
    ------
    SpaceValidationError
        If A is no dense array of the backend, or shape or dtype do not fit.
    """

    array: Any

    def __init__(
        self, A: Any, dom: Space, cod: Space | None = None, ctx: ContextLike | None = None
    ):
        context = resolve_context_priority(ctx, dom, *(() if cod is None else (cod,)))
        if not context.ops.is_dense(A):
            raise SpaceValidationError(
                f"Expected dense array for {context.ops.family}, got {type_name(A)}"
            )
        if cod is None:
            cod = _codomain_of(A, dom)
        super().__init__(dom, cod, context)
        self.array = A
        if tuple(A.shape) != (*cod.shape, *dom.shape):
            raise SpaceValidationError(
                f"Expected shape {(*cod.shape, *dom.shape)}, that of codomain and domain "
                f"together, got {tuple(A.shape)}"
            )
        check_fields("DenseLinOp", dom, cod)
        check_coefficients("DenseLinOp", A, dom, cod)

    def _kernel(self) -> Kernel:
        matmul, matrix = self.ops.matmul, self._matrix()
        if len(self.domain.shape) == len(self.codomain.shape) == 1:
            return lambda x: matmul(matrix, x)
        flatten, unflatten = self.domain._flatten, self.codomain._unflatten
        return lambda x: unflatten(matmul(matrix, flatten(x)))

    def _euclidean_adjoint_kernel(self) -> Kernel:
        ops = self.ops
        matmul, conj = ops.matmul, ops.conj
        transposed = ops.matrix_transpose(self._matrix())
        one_axis = len(self.domain.shape) == len(self.codomain.shape) == 1
        flatten, unflatten = self.codomain._flatten, self.domain._unflatten
        if ops.is_complex_dtype(self.array.dtype):  # conjugating vectors spares a copy of A
            if one_axis:
                return lambda y: conj(matmul(transposed, conj(y)))
            return lambda y: unflatten(conj(matmul(transposed, conj(flatten(y)))))
        if one_axis:
            return lambda y: matmul(transposed, y)
        return lambda y: unflatten(matmul(transposed, flatten(y)))

    def _vapply(self, xs: Any, leading: tuple[int, ...]) -> Any:
        ops = self.ops
        rows = ops.reshape(xs, (-1, self.domain.size)) if self.domain.size else None
        if rows is None:
            return ops.zeros((*leading, *self.codomain.shape), dtype=self.codomain.dtype)
        products = ops.matmul(rows, ops.matrix_transpose(self._matrix()))
        return ops.reshape(products, (*leading, *self.codomain.shape))

    def _rvapply(self, ys: Any, leading: tuple[int, ...]) -> Any:
        if not (self.domain.is_euclidean and self.codomain.is_euclidean and self.codomain.size):
            return super()._rvapply(ys, leading)
        ops = self.ops
        rows = ops.reshape(ys, (-1, self.codomain.size))
        products = ops.conj(ops.matmul(ops.conj(rows), self._matrix()))
        return ops.reshape(products, (*leading, *self.domain.shape))

    def to_matrix(self) -> Any:
        return self._matrix()

    def to_dense(self) -> Any:
        return self.array

    def _matrix(self) -> Any:
        """A with one axis for the codomain and one for the domain; a view where possible."""
        return (
            self.array if len(self.array.shape) == 2 else self.ops.reshape(self.array, self.shape)
        )


def _codomain_of(A: Any, dom: Space) -> Space:
    shape = tuple(A.shape)[: max(len(A.shape) - len(dom.shape), 0)]
    if shape == dom.shape and A.dtype == dom.dtype and dom.is_euclidean:
        return dom
    kind = DenseVectorSpace if len(shape) == 1 else DenseCoordinateSpace
    dtype = dom.ops.result_type(A.dtype, dom.dtype)
    return kind(shape, dom.ctx.convert(dom.ops, dtype=dtype))
