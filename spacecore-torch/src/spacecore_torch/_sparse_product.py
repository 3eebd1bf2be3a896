"""The product of a sparse matrix with a dense vector or matrix, also inside Torch's transforms.

`torch.func` can't take hold of a compressed sparse tensor, so there the matrix goes in as a
constant of a function that knows its own derivative and its own batching.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch

from spacecore_torch._tracing import is_wrapped

__all__ = ["matmul"]

# What Torch multiplies compressed layouts in; it multiplies COO in every numeric dtype.
_COMPRESSED_DTYPES = frozenset({torch.float32, torch.float64, torch.complex64, torch.complex128})


def matmul(a: Any, x: Any) -> torch.Tensor:
    """Return the dense `a @ x` of a sparse matrix and a dense vector or matrix of its dtype."""
    if is_wrapped(x):
        return _Product.apply(_Constant(a), x)  # type: ignore[no-any-return,no-untyped-call]
    return _native(a, x)


def _native(a: Any, x: Any) -> torch.Tensor:
    if a.layout is not torch.sparse_coo and a.dtype not in _COMPRESSED_DTYPES:
        a = a.to_sparse_coo()
    return a @ x  # type: ignore[no-any-return]


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
        return _native(a.matrix.mH if a.adjoint else a.matrix, x)

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
        columns = batch_last.reshape(batch_last.shape[0], -1)
        product = _Product.apply(a, columns)  # type: ignore[no-untyped-call]
        return product.reshape(-1, *batch_last.shape[1:]), batch_last.ndim - 1
