"""Reductions: over no axis at all, over several, and of narrow integers as the standard has it.

Torch takes `axis=()` for every axis.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
import torch

from spacecore.backend import differs
from spacecore_torch._promotion import STORED_ONLY

__all__ = ["Reductions"]

_EMPTY_AXES = differs("Torch takes `axis=()` for every axis")


class Reductions:
    """Statistical functions, and logical reductions, of the standard."""

    @staticmethod
    @_EMPTY_AXES
    def sum(x: Any, /, *, axis: Any = None, dtype: Any = None, keepdims: Any = False) -> Any:
        if type(axis) is tuple and not axis:  # as below, in place
            return x.to(dtype or _widened(x.dtype), copy=True)
        return torch.sum(x, axis, keepdims, dtype=dtype)

    @staticmethod
    @differs("Torch multiplies over one axis or all")
    def prod(x: Any, /, *, axis: Any = None, dtype: Any = None, keepdims: Any = False) -> Any:
        if axis is None and not keepdims:
            return torch.prod(x, dtype=dtype)
        if isinstance(axis, int | np.integer):
            return torch.prod(x, int(axis), keepdims, dtype=dtype)
        axes = _places(range(x.ndim) if axis is None else axis, x.ndim)
        if len(axes) == x.ndim > 0 and not keepdims:
            return torch.prod(x, dtype=dtype)
        made = x.to(dtype or _widened(x.dtype), copy=not axes)
        return _over_each_axis(torch.prod, made, axes, keepdims)

    @staticmethod
    @_EMPTY_AXES
    def max(x: Any, /, *, axis: Any = None, keepdims: Any = False) -> Any:
        if axis is None:
            return torch.amax(x, keepdim=keepdims)
        return torch.clone(x) if _is_none(axis) else torch.amax(x, axis, keepdims)

    @staticmethod
    @_EMPTY_AXES
    def min(x: Any, /, *, axis: Any = None, keepdims: Any = False) -> Any:
        if axis is None:
            return torch.amin(x, keepdim=keepdims)
        return torch.clone(x) if _is_none(axis) else torch.amin(x, axis, keepdims)

    @staticmethod
    @_EMPTY_AXES
    def mean(x: Any, /, *, axis: Any = None, keepdims: Any = False) -> Any:
        return torch.clone(x) if _is_none(axis) else torch.mean(x, axis, keepdims)

    @staticmethod
    @differs("Torch's default is the variance of a sample, and it warns of too few elements")
    def var(x: Any, /, *, axis: Any = None, correction: float = 0.0, keepdims: Any = False) -> Any:
        if _is_none(axis) or x.numel() == 0 or _count(x, axis) <= max(correction, 0):
            return _plain_variance(x, axis, correction, keepdims)
        return torch.var(x, axis, correction=correction, keepdim=keepdims)

    @staticmethod
    @differs("Torch's default is the deviation of a sample, and it warns of too few elements")
    def std(x: Any, /, *, axis: Any = None, correction: float = 0.0, keepdims: Any = False) -> Any:
        if _is_none(axis) or x.numel() == 0 or _count(x, axis) <= max(correction, 0):
            return torch.sqrt(_plain_variance(x, axis, correction, keepdims))
        return torch.std(x, axis, correction=correction, keepdim=keepdims)

    @staticmethod
    @differs("Torch wants an axis, and starts with the first element")
    def cumulative_sum(
        x: Any, /, *, axis: Any = None, dtype: Any = None, include_initial: bool = False
    ) -> Any:
        where = _only_axis(x, "cumulative_sum") if axis is None else axis
        made = torch.cumsum(x, where) if dtype is None else torch.cumsum(x, where, dtype=dtype)
        return _with_initial(made, where, 0) if include_initial else made

    @staticmethod
    @differs("Torch wants an axis, and starts with the first element")
    def cumulative_prod(
        x: Any, /, *, axis: Any = None, dtype: Any = None, include_initial: bool = False
    ) -> Any:
        where = _only_axis(x, "cumulative_prod") if axis is None else axis
        made = torch.cumprod(x, where) if dtype is None else torch.cumprod(x, where, dtype=dtype)
        return _with_initial(made, where, 1) if include_initial else made

    @staticmethod
    @differs("Torch gives uint8 for uint8, and maps `axis=()` as every axis")
    def all(x: Any, /, *, axis: Any = None, keepdims: Any = False) -> Any:
        if _is_none(axis):
            return x != 0
        flags = x != 0 if x.dtype is torch.uint8 else x
        return torch.all(flags, axis, keepdims)

    @staticmethod
    @differs("Torch gives uint8 for uint8, and maps `axis=()` as every axis")
    def any(x: Any, /, *, axis: Any = None, keepdims: Any = False) -> Any:
        if _is_none(axis):
            return x != 0
        flags = x != 0 if x.dtype is torch.uint8 else x
        return torch.any(flags, axis, keepdims)

    @staticmethod
    @differs("Torch keeps no axes, and takes `axis=()` for every axis")
    def count_nonzero(x: Any, /, *, axis: Any = None, keepdims: Any = False) -> Any:
        if axis is None and not keepdims and x.dtype not in STORED_ONLY:
            return torch.count_nonzero(x)
        return Reductions.sum(x != 0, axis=axis, keepdims=keepdims)

    @staticmethod
    @differs("Torch wants an axis, and takes `axis=()` for every axis")
    def logsumexp(x: Any, /, axis: Any = None, keepdims: Any = False) -> Any:  # noqa: FBT002  NumPy's
        if axis is None:
            axis = tuple(range(x.ndim))
        if _is_none(axis):
            exact = not (x.is_floating_point() or x.is_complex())
            return x.to(torch.get_default_dtype()) if exact else torch.clone(x)
        return torch.logsumexp(x, axis, keepdims)


def _is_none(axis: Any) -> bool:
    """Whether the axes are none at all; compared with `()`, NumPy's integers are no single bool."""
    return type(axis) is tuple and not axis


def _over_each_axis(reduction: Callable[..., Any], x: Any, axes: Any, keepdims: bool) -> Any:
    """A reduction that Torch does over one axis, over several, one after the other."""
    for a in axes:
        x = reduction(x, a, keepdims)
    return x


def _places(axes: Any, ndim: int) -> list[int]:
    """Axes counted from the front, the last first.

    Raises
    ------
    ValueError
        For an axis that is not there, or named twice.
    """
    places = sorted({a + ndim if a < 0 else a for a in axes}, reverse=True)
    if len(places) < len(axes) or (places and not 0 <= places[-1] <= places[0] < ndim):
        raise ValueError(
            "A reduction over axes names each once, of those there are. "
            f"Got {tuple(axes)} for {ndim} axes."
        )
    return places


def _count(x: Any, axis: Any) -> int:
    """The number of elements that go into each result."""
    if axis is None:
        return x.numel()
    if isinstance(axis, int | np.integer):
        return x.shape[axis]
    return prod(x.shape[a] for a in axis)


def _widened(dtype: torch.dtype) -> torch.dtype:
    """The dtype that sums and products are made in."""
    return dtype if dtype.is_floating_point or dtype.is_complex else torch.int64


def _plain_variance(x: Any, axis: Any, correction: float, keepdims: bool) -> Any:
    centred = x - Reductions.mean(x, axis=axis, keepdims=True)
    sizes = torch.abs(centred) if x.is_complex() else centred
    total = Reductions.sum(torch.square(sizes), axis=axis, keepdims=keepdims)
    return total / max(_count(x, axis) - correction, 0.0)


def _only_axis(x: Any, name: str) -> int:
    if x.ndim != 1:
        raise ValueError(f"`{name}` needs `axis` unless x is 1-D. Got {x.ndim} axes.")
    return 0


def _with_initial(x: Any, axis: int, value: int) -> Any:
    shape = list(x.shape)
    shape[axis] = 1
    return torch.cat((x.new_full(shape, value), x), axis)
