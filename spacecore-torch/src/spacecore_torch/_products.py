"""Products of the main namespace and of `linalg`, with dtypes promoted as NumPy's are."""

from __future__ import annotations

from typing import Any

import torch

from spacecore.backend import differs
from spacecore_torch import _native
from spacecore_torch._promotion import SCALARS, STORED_ONLY, broadcastable, common
from spacecore_torch._tracing import is_batched, is_traced

__all__ = ["Products"]

# Torch sums these in int64 before it multiplies, and then has two dtypes.
_SUMMED_WIDER = STORED_ONLY | {torch.uint8, torch.int8, torch.int16, torch.int32}

_ONE_DTYPE = differs("Torch wants operands of one dtype")


class Products:
    """Products, and the comparison of arrays up to rounding."""

    @staticmethod
    @_ONE_DTYPE
    def matmul(x1: Any, x2: Any, /) -> Any:
        if x1.dtype is not x2.dtype:
            x1, x2 = common(x1, x2)
        try:
            return torch.matmul(x1, x2)
        except NotImplementedError:
            return _of_bools(torch.matmul, x1, x2)

    @staticmethod
    @differs("Torch wants operands of one dtype, calls the axes `dims`, and broadcasts along them")
    def tensordot(x1: Any, x2: Any, /, *, axes: Any = 2) -> Any:
        if x1.dtype is not x2.dtype:
            x1, x2 = common(x1, x2)
        if 1 in x1.shape or 1 in x2.shape:
            _refuse_unequal(x1, x2, axes)
        if x1.dtype is torch.bool:
            return torch.tensordot(x1.to(torch.int64), x2.to(torch.int64), dims=axes) != 0
        return torch.tensordot(x1, x2, dims=axes)

    @staticmethod
    @differs("Torch broadcasts along the axis too, and takes no integers")
    def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
        dtype = x1.dtype
        if dtype is x2.dtype and x1.ndim == 1 == x2.ndim and -1 <= axis <= 0:
            try:
                return _native.vdot(x1, x2)
            except NotImplementedError:
                return _of_bools(torch.vdot, x1, x2)
        if x1.shape[axis] != x2.shape[axis]:
            raise ValueError(
                f"`vecdot` needs vectors of one length. Got {x1.shape[axis]} and {x2.shape[axis]} "
                f"along axis {axis}."
            )
        if dtype is not x2.dtype:
            x1, x2 = common(x1, x2)
            dtype = x1.dtype
        if dtype.is_floating_point or dtype.is_complex:
            return (
                torch.linalg.vecdot(x1, x2) if axis == -1 else torch.linalg.vecdot(x1, x2, dim=axis)
            )
        return torch.sum(x1 * x2, axis, dtype=dtype)

    @staticmethod
    @differs("Torch wants vectors of one dtype")
    def vdot(x1: Any, x2: Any, /) -> Any:
        if x1.dtype is not x2.dtype:
            x1, x2 = common(x1, x2)
        if not x1.ndim == 1 == x2.ndim:
            x1, x2 = torch.ravel(x1), torch.ravel(x2)
        try:
            return _native.vdot(x1, x2)
        except NotImplementedError:
            return _of_bools(torch.vdot, x1, x2)

    @staticmethod
    @differs("Torch wants operands of one dtype, and may sum narrow integers in wider ones")
    def einsum(subscripts: str, /, *operands: Any) -> Any:
        dtype = operands[0].dtype
        for x in operands:
            if x.dtype is not dtype:
                return Products.einsum(subscripts, *common(*operands))
        if dtype in _SUMMED_WIDER or dtype is torch.bool:
            operands = tuple(x.to(torch.int64) for x in operands)
        made = torch.einsum(subscripts, *operands)
        return made if made.dtype is dtype else made.to(dtype)

    @staticmethod
    @differs("Torch wants memory in rows")
    def kron(x1: Any, x2: Any, /) -> Any:
        if x1.is_contiguous() and x2.is_contiguous():
            return torch.kron(x1, x2)
        return torch.kron(x1.contiguous(), x2.contiguous())

    @staticmethod
    @differs("Torch wants operands of one dtype, and no scalars")
    def isclose(
        x1: Any,
        x2: Any,
        /,
        rtol: float = 1e-5,
        atol: float = 1e-8,
        equal_nan: bool = False,  # noqa: FBT002  NumPy's
    ) -> Any:
        if not _share_dtype(x1, x2):
            x1, x2 = common(*broadcastable(x1, x2))
        return _isclose(x1, x2, rtol, atol, equal_nan)

    @staticmethod
    @differs("Torch wants operands of one dtype, no scalars, and values that can be read")
    def allclose(
        x1: Any,
        x2: Any,
        /,
        rtol: float = 1e-5,
        atol: float = 1e-8,
        equal_nan: bool = False,  # noqa: FBT002  NumPy's
    ) -> Any:
        if not _share_dtype(x1, x2):
            x1, x2 = common(*broadcastable(x1, x2))
        if is_traced(x1) or is_traced(x2):
            return torch.all(_isclose(x1, x2, rtol, atol, equal_nan))
        return torch.allclose(x1, x2, rtol, atol, equal_nan)


def _of_bools(product: Any, x1: Any, x2: Any) -> Any:
    """A product that Torch lacks of bools: whether any of what is added is true."""
    if x1.dtype is not torch.bool:
        raise  # noqa: PLE0704  the error of Torch's that is being handled
    return product(x1.to(torch.int64), x2.to(torch.int64)) != 0


def _refuse_unequal(x1: Any, x2: Any, axes: Any) -> None:
    """Raise if an axis of length 1 is paired with a longer one; Torch says what else is wrong."""
    pairs = (range(-axes, 0), range(axes)) if isinstance(axes, int) else axes
    for i, j in zip(*pairs, strict=False):
        if -x1.ndim <= i < x1.ndim and -x2.ndim <= j < x2.ndim and x1.shape[i] != x2.shape[j]:
            raise ValueError(
                f"`tensordot` needs paired axes of one length. Got {x1.shape[i]} along axis {i} "
                f"and {x2.shape[j]} along axis {j}."
            )


def _share_dtype(x1: Any, x2: Any) -> bool:
    return type(x1) not in SCALARS and type(x2) not in SCALARS and x1.dtype is x2.dtype


def _isclose(x1: Any, x2: Any, rtol: float, atol: float, equal_nan: Any) -> Any:
    if not (is_batched(x1) or is_batched(x2)):
        return torch.isclose(x1, x2, rtol, atol, equal_nan)
    finite = torch.isfinite(x1) & torch.isfinite(x2)  # in parts, for `vmap` knows no isclose
    close = (x1 == x2) | (finite & (torch.abs(x1 - x2) <= atol + rtol * torch.abs(x2)))
    return close | (torch.isnan(x1) & torch.isnan(x2)) if equal_nan else close
