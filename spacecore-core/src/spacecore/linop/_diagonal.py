"""Operators that multiply elementwise."""

from __future__ import annotations

from typing import Any

from spacecore._context import ContextLike
from spacecore.errors import SpaceValidationError
from spacecore.linop._base import Kernel
from spacecore.linop._coordinate import CoordinateLinOp, context_of_dense
from spacecore.space import (
    DenseCoordinateSpace,
    DenseVectorSpace,
    Space,
    WeightedInnerProduct,
)

__all__ = ["DiagonalLinOp"]


class DiagonalLinOp(CoordinateLinOp, data=("diagonal",)):
    """`(D x)_i = d_i x_i`; the adjoint multiplies by `conj(d)` between the Riesz maps.

    Parameters
    ----------
    d : array, shape of the space
        Kept as it is given. On a space of trees it multiplies coordinates.
    space : Space, optional
        By default the Euclidean space of d's shape and dtype.
    ctx : Context, optional

    Raises
    ------
    SpaceValidationError
        If d is no dense array of the backend, or shape, dtype or device do not fit.
    """

    diagonal: Any

    _own_batch_forms = ()

    def __init__(self, d: Any, space: Space | None = None, ctx: ContextLike | None = None):
        context = context_of_dense(d, ctx, d if space is None else space)
        if space is None:
            kind = DenseVectorSpace if len(d.shape) == 1 else DenseCoordinateSpace
            space = kind(tuple(d.shape), context)
        super().__init__(space, space, context)
        self.diagonal = d
        if tuple(d.shape) != space.shape:
            raise SpaceValidationError(f"Expected shape {space.shape}, got {tuple(d.shape)}")
        self._check_coefficients(d)

    def _kernel(self) -> Kernel:
        d = self.diagonal
        return self._elementwise(lambda x: d * x)

    def _euclidean_adjoint_kernel(self) -> Kernel:
        ops, d = self.ops, self.diagonal
        if not ops.is_complex_dtype(d.dtype):
            return self._elementwise(lambda y: d * y)
        conj = ops.conj
        return self._elementwise(lambda y: conj(d) * y)

    def _elementwise(self, product: Kernel) -> Kernel:
        """The product itself, or between coordinates where elements are no arrays."""
        if self.domain._holds_arrays:
            return product
        flatten, unflatten = self.domain._flatten, self.domain._unflatten
        return lambda x: unflatten(product(flatten(x)))

    def _vapply(self, xs: Any, leading: tuple[int, ...]) -> Any:
        return self.diagonal * xs if self.domain._holds_arrays else super()._vapply(xs, leading)

    def _rvapply(self, ys: Any, leading: tuple[int, ...]) -> Any:
        if self.domain._holds_arrays and self.domain._weighs:
            return self.ops.conj(self.diagonal) * ys  # weights cancel out
        return super()._rvapply(ys, leading)

    def to_matrix(self) -> Any:
        return self.ops.diag(self.ops.reshape(self.diagonal, (-1,)))

    def _hermitian(self) -> bool | None:
        """True where `d` is real and the Riesz map is elementwise, so that it commutes with A."""
        if self.ops.is_complex_dtype(self.diagonal.dtype):
            return None
        space = self.domain
        if space.is_euclidean:
            return True
        if isinstance(space, DenseCoordinateSpace | DenseVectorSpace):
            return True if type(space.geometry) is WeightedInnerProduct else None
        return None
