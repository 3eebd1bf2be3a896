"""Which dtype operands meet in, and operands brought to it.

Torch lets an array with axes overrule a 0-d one of its kind, and takes Python scalars in some
places only; the standard treats every array alike and takes a scalar on either side.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from spacecore.backend import dtype_name

__all__ = [
    "SCALARS",
    "STORED_ONLY",
    "broadcastable",
    "common",
    "plain",
    "promote_dtypes",
    "result_type",
    "scalar_like",
    "single",
]

SCALARS = frozenset({bool, int, float, complex})
"""The types of numbers that have no dtype of their own."""

STORED_ONLY = frozenset({torch.uint16, torch.uint32, torch.uint64})
"""The dtypes that Torch computes next to nothing in."""


def promote_dtypes(one: torch.dtype, other: torch.dtype) -> torch.dtype:
    """Return the dtype that two meet in."""
    if one is other:
        return one
    made = _PROMOTED.get((one, other))
    if made is None:
        made = _PROMOTED[one, other] = _promoted(one, other)
    return made


_PROMOTED: dict[tuple[torch.dtype, torch.dtype], torch.dtype] = {}


def _promoted(one: torch.dtype, other: torch.dtype) -> torch.dtype:
    if one in STORED_ONLY or other in STORED_ONLY:  # Torch has no rule for these
        for dtype in (one, other):
            if dtype.is_floating_point or dtype.is_complex:
                return dtype
        name = np.promote_types(dtype_name(one), dtype_name(other)).name
        return getattr(torch, name)
    return torch.promote_types(one, other)


def result_type(*operands: Any) -> torch.dtype:
    """Return the dtype of an operation on arrays, dtypes and Python scalars."""
    if len(operands) == 2:
        x1, x2 = operands
        if type(x1) is torch.Tensor is type(x2):
            return promote_dtypes(x1.dtype, x2.dtype)
    joined = None
    scalars = []
    for x in operands:
        if type(x) in SCALARS or _is_scalar(x) or isinstance(x, np.generic):
            scalars.append(plain(x))
            continue
        dtype = x if isinstance(x, torch.dtype) else x.dtype
        joined = dtype if joined is None or joined is dtype else promote_dtypes(joined, dtype)
    if joined is None:
        raise ValueError("`result_type` needs an array or a dtype among its arguments.")
    for scalar in scalars:
        joined = _with_scalar(joined, scalar)
    return joined


def broadcastable(x1: Any, x2: Any, *, scalars: bool = False) -> tuple[Any, ...]:
    """Return two operands that Torch promotes as the standard does.

    Parameters
    ----------
    x1, x2 : array or scalar
    scalars : bool
        Whether the function takes a Python scalar as its second operand.
    """
    if type(x1) is torch.Tensor is type(x2):
        return tuple(common(x1, x2)) if x1.ndim == 0 or x2.ndim == 0 else (x1, x2)
    x1, x2 = plain(x1), plain(x2)
    if isinstance(x1, complex) or isinstance(x2, complex):
        x1, x2 = single(x1), single(x2)
    if _is_scalar(x2):
        return x1, (x2 if scalars else scalar_like(x2, x1))
    if _is_scalar(x1):
        return scalar_like(x1, x2), x2
    return tuple(common(x1, x2)) if x1.ndim == 0 or x2.ndim == 0 else (x1, x2)


def plain(x: Any) -> Any:
    """Return a NumPy scalar as Python's, which Torch takes; anything else as it is."""
    return x.item() if isinstance(x, np.generic) else x


def single(x: Any) -> Any:
    """Return an array of float16 in complex64, since Torch's own complex dtype computes little."""
    is_half = isinstance(x, torch.Tensor) and x.dtype is torch.float16
    return x.to(torch.complex64) if is_half else x


def common(*arrays: Any) -> list[Any]:
    """Return arrays cast to the dtype that they meet in."""
    dtype = result_type(*arrays)
    return [x if x.dtype is dtype else x.to(dtype) for x in arrays]  # a cast to itself costs too


def _is_scalar(x: Any) -> bool:
    return isinstance(x, int | float | complex)


def scalar_like(scalar: Any, like: Any) -> torch.Tensor:
    """Return a scalar as an array beside another, of the dtype that the two meet in."""
    dtype: torch.dtype = like.dtype
    if type(scalar) is float and dtype.is_floating_point:
        return like.new_full((), scalar)
    return like.new_full((), scalar, dtype=_with_scalar(dtype, scalar))


def _with_scalar(dtype: torch.dtype, scalar: Any) -> torch.dtype:
    if isinstance(scalar, bool) or dtype.is_complex:
        return dtype
    if isinstance(scalar, int):
        return torch.int64 if dtype is torch.bool else dtype
    if not dtype.is_floating_point:
        dtype = torch.get_default_dtype()
    if not isinstance(scalar, complex):
        return dtype
    return torch.complex64 if dtype is torch.float16 else dtype.to_complex()
