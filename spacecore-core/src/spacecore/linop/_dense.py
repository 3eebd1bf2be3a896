"""Operators given by a dense array."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from spacecore._context import ContextLike
from spacecore._typing import Shape
from spacecore.backend import BackendOps
from spacecore.errors import SpaceValidationError
from spacecore.linop._base import Kernel
from spacecore.linop._coordinate import (
    CoordinateLinOp,
    are_vectors,
    codomain_of,
    context_of_dense,
)
from spacecore.space import Space

__all__ = ["DenseLinOp", "leading_axes"]


class DenseLinOp(CoordinateLinOp, data=("array",)):
    """`(A x)_i = Σ_j A_ij x_j`, the axes of the domain contracted.

    The adjoint is `R_X⁻¹ Aᴴ R_Y`, with the Riesz maps of domain and codomain.

    Parameters
    ----------
    A : array, shape `cod.shape + dom.shape`
        Kept as it is given: neither copied, cast nor moved.
    dom : Space
        Elements of other spaces than those of dense arrays go by their coordinates.
    cod : Space, optional
        By default the domain, with its geometry, where A has its axes twice; else the
        Euclidean space of A's leading axes, in the dtype of the products.
    ctx : Context, optional

    Raises
    ------
    SpaceValidationError
        If A is no dense array of the backend, or shape, dtype or device do not fit.
    """

    array: Any

    _own_batch_forms = ()

    def __init__(
        self, A: Any, dom: Space, cod: Space | None = None, ctx: ContextLike | None = None
    ):
        context = context_of_dense(A, ctx, dom, cod)
        if cod is None:
            cod = codomain_of(leading_axes(A.shape, dom), A.dtype, dom)
        super().__init__(dom, cod, context)
        self.array = A
        if tuple(A.shape) != (*cod.shape, *dom.shape):
            raise SpaceValidationError(
                f"Expected shape {(*cod.shape, *dom.shape)}, that of codomain and domain "
                f"together, got {tuple(A.shape)}"
            )
        self._check_coefficients(A)

    def _kernel(self) -> Kernel:
        matmul, array, shape = self.ops.matmul, self.array, self.shape
        if are_vectors(self.domain, self.codomain):
            return self.ops.matrix_products(array).vector
        # Reshaped at each call: a copy that is made once would miss what the caller writes to A.
        reshape = self.ops.reshape
        if self.domain._holds_arrays and self.codomain._holds_arrays:
            rows, columns = (shape[1],), self.codomain.shape
            return lambda x: reshape(matmul(reshape(array, shape), reshape(x, rows)), columns)
        flatten, unflatten = self.domain._flatten, self.codomain._unflatten
        return lambda x: unflatten(matmul(reshape(array, shape), flatten(x)))

    def _coordinate_kernel(self) -> Callable[[Any, Any], Any] | None:
        if not self.dtype == self.array.dtype == self.domain.dtype:
            return None  # the product is promoted, and fits into no vector of the domain
        matrix = self._matrix()
        product = self.ops.vector_arithmetic(matrix).product(matrix)
        if matrix is self.array and type(self)._coordinate_kernel is DenseLinOp._coordinate_kernel:
            vars(self)["_coordinate_kernel"] = lambda: product  # kept, as other kernels are
        return product

    def _euclidean_adjoint_kernel(self) -> Kernel:
        ops, array, shape = self.ops, self.array, self.shape
        matmul, conj, reshape, transpose = ops.matmul, ops.conj, ops.reshape, ops.matrix_transpose
        is_complex = ops.is_complex_dtype(array.dtype)  # conjugating vectors spares a copy of A
        if are_vectors(self.domain, self.codomain):
            product = ops.matrix_products(array).vector_transposed
            return (lambda y: conj(product(conj(y)))) if is_complex else product
        flatten, unflatten = self.codomain._flatten, self.domain._unflatten

        def adjoint(y: Any) -> Any:
            mirrored = transpose(reshape(array, shape))
            if is_complex:
                return unflatten(conj(matmul(mirrored, conj(flatten(y)))))
            return unflatten(matmul(mirrored, flatten(y)))

        return adjoint

    def _vapply(self, xs: Any, leading: tuple[int, ...]) -> Any:
        dom, cod = self.domain, self.codomain
        if not (dom._holds_arrays and cod._holds_arrays):
            return super()._vapply(xs, leading)
        compiled = _of_rows(self.ops, self.ops.matrix_products(self._matrix()).rows, dom, cod)
        if are_vectors(dom, cod) and type(self)._vapply is DenseLinOp._vapply:
            vars(self)["_vapply"] = compiled  # kept, as the kernels of one element are
        return compiled(xs, leading)

    def _rvapply(self, ys: Any, leading: tuple[int, ...]) -> Any:
        dom, cod = self.domain, self.codomain
        if not (dom._holds_arrays and cod._holds_arrays and dom._weighs and cod._weighs):
            return super()._rvapply(ys, leading)
        product = self.ops.matrix_products(self._matrix()).rows_transposed
        pulled = _of_rows(self.ops, product, cod, dom)
        return self._pulled_back(lambda batch: pulled(batch, leading), self.array, ys)

    def to_matrix(self) -> Any:
        return self._matrix()

    def to_dense(self) -> Any:
        return self.array

    def _matrix(self) -> Any:
        """A with one axis for the codomain and one for the domain; a view where possible."""
        fits = tuple(self.array.shape) == self.shape
        return self.array if fits else self.ops.reshape(self.array, self.shape)


def _of_rows(
    ops: BackendOps, product: Kernel, source: Space, target: Space
) -> Callable[[Any, Shape], Any]:
    """A product with the rows of a matrix, as a function of a batch and its leading axes."""
    reshape, size, shape, flat = ops.reshape, source.size, target.shape, are_vectors(source, target)

    def compiled(xs: Any, leading: Shape) -> Any:
        if flat and len(leading) == 1:
            return product(xs)
        rows = reshape(xs, (prod(leading), size))
        return reshape(product(rows), (*leading, *shape))

    return compiled


def leading_axes(full: Shape, dom: Space) -> Shape:
    """Return the axes of an array that are left for the codomain."""
    return tuple(full)[: max(len(full) - len(dom.shape), 0)]
