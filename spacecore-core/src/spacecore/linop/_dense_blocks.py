"""Like blocks on a diagonal, held as one array."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from spacecore._context import ContextLike
from spacecore._typing import Shape
from spacecore.backend import BackendOps
from spacecore.errors import SpaceValidationError
from spacecore.linop._base import Kernel
from spacecore.linop._coordinate import CoordinateLinOp, codomain_of, context_of_dense
from spacecore.linop._dense import leading_axes
from spacecore.space import Space, StackedSpace

__all__ = ["DenseBlockDiagonalLinOp"]


class DenseBlockDiagonalLinOp(CoordinateLinOp, data=("array",)):
    """`(A x)_k = A_k x_k`: a matrix for each element of a stack, all multiplied at once.

    Domain and codomain are the stacks of one block's spaces, so that elements are arrays with
    one axis more. `BlockDiagonalLinOp` takes blocks of any kind, and trees of elements, one by one.
    The adjoint is `R_X⁻¹ A_kᴴ R_Y` in each block.

    Parameters
    ----------
    A : array, shape `(count,) + cod.shape + dom.shape`
        Kept as it is given: neither copied, cast nor moved.
    dom : Space
        Of one block; its elements are arrays.
    cod : Space, optional
        Of one block; by default the domain, with its geometry, where A has its axes twice, else
        the Euclidean space of the axes in between, in the dtype of the products.
    ctx : Context, optional

    Raises
    ------
    SpaceValidationError
        If A is no dense array of the backend, or shape, dtype or device do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> import spacecore as sc
    >>> X = sc.DenseVectorSpace(2, "numpy")
    >>> A = sc.DenseBlockDiagonalLinOp(np.arange(8.0).reshape(2, 2, 2), X)
    >>> A @ np.ones((2, 2))
    array([[ 1.,  5.],
           [ 9., 13.]])
    """

    array: Any

    _own_batch_forms = ()

    def __init__(
        self, A: Any, dom: Space, cod: Space | None = None, ctx: ContextLike | None = None
    ):
        context = context_of_dense(A, ctx, dom, cod)
        count, *full = tuple(A.shape) or (0,)
        if cod is None:
            cod = codomain_of(leading_axes(tuple(full), dom), A.dtype, dom)
        for space in (dom, cod):
            if not space._holds_arrays:
                raise SpaceValidationError(
                    f"Expected spaces of arrays for the blocks, got {space!r}. "
                    f"Use BlockDiagonalLinOp."
                )
        domain = StackedSpace(dom, count)
        codomain = domain if cod is dom else StackedSpace(cod, count)
        super().__init__(domain, codomain, context)
        self.array = A
        if tuple(full) != (*cod.shape, *dom.shape):
            raise SpaceValidationError(
                f"Expected shape {('count', *cod.shape, *dom.shape)}, the number of blocks and "
                f"the shape of one, got {tuple(A.shape)}"
            )
        self._check_coefficients(A)

    def _kernel(self) -> Kernel:
        ops, array = self.ops, self.array
        if len(array.shape) == 3:
            return ops.matrix_products(array).vector
        # Reshaped at each call: a copy that is made once would miss what the caller writes to A.
        shape = _three_axes(self.domain, self.codomain)
        return _reshaping(
            lambda x: ops.matrix_products(ops.reshape(array, shape)).vector(x),
            self.domain,
            self.codomain,
        )

    def _euclidean_adjoint_kernel(self) -> Kernel:
        ops, array, conj = self.ops, self.array, self.ops.conj
        if len(array.shape) == 3:
            product = ops.matrix_products(array).vector_transposed
        else:
            shape = _three_axes(self.domain, self.codomain)
            product = _reshaping(
                lambda y: ops.matrix_products(ops.reshape(array, shape)).vector_transposed(y),
                self.codomain,
                self.domain,
            )
        return (lambda y: conj(product(conj(y)))) if ops.is_complex_dtype(array.dtype) else product

    def _vapply(self, xs: Any, leading: Shape) -> Any:
        ops = self.ops
        rows = ops.matrix_products(self._matrices()).rows
        return _of_rows(ops, rows, self.domain, self.codomain)(xs, leading)

    def _rvapply(self, ys: Any, leading: Shape) -> Any:
        if not (self.domain._weighs and self.codomain._weighs):
            return super()._rvapply(ys, leading)
        product = self.ops.matrix_products(self._matrices()).rows_transposed
        pulled = _of_rows(self.ops, product, self.codomain, self.domain)
        return self._pulled_back(lambda batch: pulled(batch, leading), self.array, ys)

    def _matrices(self) -> Any:
        """A with one axis for the blocks, one for the codomain and one for the domain."""
        return self.ops.reshape(self.array, _three_axes(self.domain, self.codomain))


def _three_axes(domain: Space, codomain: Space) -> Shape:
    count = domain.shape[0]
    return count, prod(codomain.shape[1:]), prod(domain.shape[1:])


def _reshaping(product: Kernel, source: Space, target: Space) -> Kernel:
    """A product with vectors, as one with arrays of any number of axes."""
    flat, shape = (source.shape[0], prod(source.shape[1:])), target.shape
    reshape = source.ops.reshape
    return lambda x: reshape(product(reshape(x, flat)), shape)


def _of_rows(
    ops: BackendOps, product: Kernel, source: Space, target: Space
) -> Callable[[Any, Shape], Any]:
    """A product with rows for each block, as a function of a batch and its leading axes."""

    def compiled(xs: Any, leading: Shape) -> Any:
        batch = (prod(leading), source.shape[0], prod(source.shape[1:]))
        rows = ops.permute_dims(ops.reshape(xs, batch), (1, 0, 2))
        products = ops.permute_dims(product(rows), (1, 0, 2))
        return ops.reshape(products, (*leading, *target.shape))

    return compiled
