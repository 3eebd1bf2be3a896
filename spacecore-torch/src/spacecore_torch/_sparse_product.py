"""The product of a sparse matrix with a dense vector or matrix, also inside Torch's transforms.

`torch.func` can't take hold of a compressed sparse tensor, so there the matrix goes in as a
constant of a function that knows its own derivative and its own batching.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import torch
from torch.compiler import is_compiling

from spacecore_torch._tracing import is_transforming, is_wrapped

__all__ = [
    "BLOCKS",
    "COMPRESSED_DTYPES",
    "Pattern",
    "below_transforms",
    "matmul",
    "unblocked",
    "values_of",
]

BLOCKS = frozenset({torch.sparse_bsr, torch.sparse_bsc})
"""The layouts of blocks."""

# What Torch multiplies compressed layouts in; it multiplies COO in every numeric dtype.
COMPRESSED_DTYPES = frozenset({torch.float32, torch.float64, torch.complex64, torch.complex128})


def matmul(a: Any, x: Any) -> torch.Tensor:
    """Return the dense `a @ x` of a sparse matrix and a dense vector or matrix of its dtype."""
    if isinstance(a, _Entries):
        return a.product(x)
    if is_wrapped(x):
        return _Product.apply(_Constant(a), x)  # type: ignore[no-untyped-call]
    return below_transforms(_native, a, x)


def below_transforms(function: Callable[..., Any], a: Any, *args: Any) -> Any:
    """Return a function of a matrix and of constants, which the transforms don't get to see.

    One that the transforms are about is left to them: Torch has some for COO.
    """
    if not is_transforming() or is_compiling() or is_wrapped(a):
        return function(a, *args)
    with torch._C._DisableFuncTorch():
        return function(a, *args)


def _native(a: Any, x: Any) -> torch.Tensor:
    a = unblocked(a)
    if a.layout is not torch.sparse_coo and a.dtype not in COMPRESSED_DTYPES:
        a = a.to_sparse_coo()
    return a @ x


def unblocked(a: Any) -> Any:
    """A matrix in a layout that Torch has products and conversions of: of blocks it has few."""
    return a.to_sparse_coo() if a.layout in BLOCKS else a


@dataclass(frozen=True, slots=True)
class _Constant:
    """A matrix, or its adjoint, that the transforms don't look into: they would into a tuple."""

    matrix: Any
    adjoint: bool = False


class _Product(torch.autograd.Function):
    """`x -> a @ x` for a constant `a`.

    Sparse tensors are touched in `forward` only, which runs below the transforms.
    """

    @staticmethod
    def forward(a: Any, x: Any) -> Any:
        matrix = unblocked(a.matrix)
        return _native(matrix.mH if a.adjoint else matrix, x)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.a = inputs[0]

    @staticmethod
    def backward(ctx: Any, gradient: Any) -> Any:
        transposed = replace(ctx.a, adjoint=not ctx.a.adjoint)
        return None, _Product.apply(transposed, gradient)  # type: ignore[no-untyped-call]

    @staticmethod
    def jvp(ctx: Any, _: Any, tangent: Any) -> Any:
        return _Product.apply(ctx.a, tangent)  # type: ignore[no-untyped-call]

    @staticmethod
    def vmap(info: Any, in_dims: Any, a: Any, x: Any) -> Any:
        batch_last = torch.movedim(x, in_dims[1], -1)
        length, *others = batch_last.shape
        columns = batch_last.reshape(length, prod(others))
        product = _Product.apply(a, columns)  # type: ignore[no-untyped-call]
        return product.reshape(product.shape[0], *others), batch_last.ndim - 1


def values_of(x: Any) -> Any:
    """The stored values of a sparse tensor, differentiable by it; a dense one itself."""
    if isinstance(x, _Entries):
        return x.values
    if x.layout is torch.strided:
        return x
    x = unblocked(x)
    return x.coalesce().values() if x.layout is torch.sparse_coo else x.values()


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """Where the values of a sparse matrix stand.

    Attributes
    ----------
    rows, columns : Tensor of int64, shape (count,)
    shape : tuple of int
    matrix : Tensor
        The sparse tensor that it is the pattern of.
    """

    rows: Any
    columns: Any
    shape: tuple[int, int]
    matrix: Any

    @classmethod
    def of(cls, matrix: Any) -> Pattern:
        """Return the pattern of a sparse tensor, in the order of its values."""
        matrix = unblocked(matrix.detach())
        if matrix.layout is torch.sparse_coo:
            matrix = matrix.coalesce()
            rows, columns = matrix.indices()
        elif matrix.layout is torch.sparse_csr:
            rows, columns = _expanded(matrix.crow_indices()), matrix.col_indices()
        else:
            rows, columns = matrix.row_indices(), _expanded(matrix.ccol_indices())
        return cls(rows.long(), columns.long(), tuple(matrix.shape), matrix)

    def filled(self, values: Any, *, below: bool) -> Any:
        """Return the matrix with these values; `below` every transform a tensor of Torch's."""
        if not below:
            return _Entries(self, values)
        made = self.matrix.clone()
        values_of(made).copy_(values)
        return made


@dataclass(frozen=True, slots=True, eq=False)
class _Entries:
    """A sparse matrix that the transforms can take derivatives by: its values are a tensor."""

    pattern: Pattern
    values: Any
    transposed: bool = False

    @property
    def dtype(self) -> Any:
        return self.values.dtype

    @property
    def shape(self) -> tuple[int, int]:
        return self.pattern.shape[::-1] if self.transposed else self.pattern.shape

    def transpose(self, *_: int) -> _Entries:
        return replace(self, transposed=not self.transposed)

    def product(self, x: Any) -> Any:
        """Multiply a vector, or a matrix from the left."""
        to, of = self.pattern.rows, self.pattern.columns
        if self.transposed:
            to, of = of, to
        values = self.values if x.ndim == 1 else self.values[:, None]
        out = torch.zeros((self.shape[0], *x.shape[1:]), dtype=x.dtype, device=x.device)
        return torch.index_add(out, 0, to, values * x[of])


def _expanded(starts: Any) -> Any:
    """The index along the compressed axis of every value."""
    return torch.repeat_interleave(torch.diff(starts))
