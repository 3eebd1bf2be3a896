"""Searching, sorting, indexing by arrays, and distinct elements."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch

from spacecore.backend import differs
from spacecore_torch import _native
from spacecore_torch._promotion import STORED_ONLY, common
from spacecore_torch._quiet import quietly
from spacecore_torch._tracing import is_transforming
from spacecore_torch._updates import as_index

__all__ = ["Searching"]

_NEGATIVE = differs("Torch counts no indices from the end, and takes uint8 for a mask")
_KEPT = differs("Torch's `vmap` keeps one axis of however many there are")


_ONLY_AXIS = (None, 0, -1)
"""Spellings of the axis of an array that has one."""


class UniqueAll(NamedTuple):
    """What `unique_all` returns."""

    values: torch.Tensor
    indices: torch.Tensor
    inverse_indices: torch.Tensor
    counts: torch.Tensor


class UniqueCounts(NamedTuple):
    """What `unique_counts` returns."""

    values: torch.Tensor
    counts: torch.Tensor


class UniqueInverse(NamedTuple):
    """What `unique_inverse` returns."""

    values: torch.Tensor
    inverse_indices: torch.Tensor


class Searching:
    """Searching, sorting, indexing and set functions of the standard."""

    @staticmethod
    @_KEPT
    def argmax(x: Any, /, *, axis: int | None = None, keepdims: bool = False) -> Any:
        if axis is None and (not keepdims or is_transforming()):
            made = torch.argmax(x)
            return torch.reshape(made, (1,) * x.ndim) if keepdims else made
        return torch.argmax(x, axis, keepdims)

    @staticmethod
    @_KEPT
    def argmin(x: Any, /, *, axis: int | None = None, keepdims: bool = False) -> Any:
        if axis is None and (not keepdims or is_transforming()):
            made = torch.argmin(x)
            return torch.reshape(made, (1,) * x.ndim) if keepdims else made
        return torch.argmin(x, axis, keepdims)

    @staticmethod
    @differs("Torch gives one array of indices")
    def nonzero(x: Any, /) -> tuple[torch.Tensor, ...]:
        if x.ndim == 0:
            raise ValueError("`nonzero` needs an array with at least one axis. Got a 0-d array.")
        return torch.nonzero(x, as_tuple=True)

    @staticmethod
    @differs("Torch wants operands of one dtype")
    def searchsorted(x1: Any, x2: Any, /, *, side: Any = "left", sorter: Any = None) -> Any:
        if x1.dtype is not x2.dtype:
            x1, x2 = common(x1, x2)
        if sorter is None and side == "left":
            return _native.searchsorted(x1, x2)
        if sorter is not None:
            if sorter.dtype in _NO_INDICES:
                raise TypeError(f"`sorter` is an array of integers. Got {sorter.dtype}.")
            sorter = sorter.to(torch.int64)
        return _native.searchsorted(x1, x2, side=side, sorter=sorter)

    @staticmethod
    @differs("Torch returns values and indices")
    def sort(x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
        return torch.sort(x, dim=axis, descending=descending, stable=stable)[0]

    @staticmethod
    @differs("Torch's order is not stable by default")
    def argsort(x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
        return torch.argsort(x, dim=axis, descending=descending, stable=stable)

    @staticmethod
    @_NEGATIVE
    def take(x: Any, indices: Any, /, *, axis: int | None = None) -> Any:
        if (
            x.ndim == 1
            and axis in _ONLY_AXIS
            and type(indices) is not int  # the counter of a loop
            and indices.dtype is _native.int64
            and x.dtype not in STORED_ONLY  # which Torch's `take`, that counts from the end, lacks
        ):
            return _native.take(x, indices)
        indices = _as_indices(indices)
        if is_transforming() and indices.numel() == 0:
            return _none_of(x, indices, axis)
        if axis is None:
            axis = _only(x)
        if axis == 0:
            return x[indices]
        return x[(*(slice(None),) * _place(axis, x.ndim), indices)]

    @staticmethod
    @_NEGATIVE
    def take_along_axis(x: Any, indices: Any, /, *, axis: int = -1) -> Any:
        if indices.dtype is _native.int64:
            if x.ndim == 1 == indices.ndim and axis in _ONLY_AXIS and x.dtype not in STORED_ONLY:
                return _native.take(x, indices)
        else:
            indices = _as_indices(indices).to(torch.int64)
        # A shift makes -1 of what is negative, and 0 of the rest.
        places = torch.sub(indices, indices >> 63, alpha=x.shape[axis])
        if x.shape == places.shape or x.ndim == 1 == places.ndim:
            return torch.gather(x, axis, places)
        if x.ndim != places.ndim:
            raise ValueError(
                f"`take_along_axis` needs as many axes in both. Got {x.ndim} and {places.ndim}."
            )
        # Torch's `take_along_dim` takes an index beyond the end for one modulo the length.
        lines = torch.broadcast_shapes(  # type: ignore[no-untyped-call]
            _without(x.shape, axis), _without(places.shape, axis)
        )
        x, places = (
            torch.broadcast_to(each, _with(lines, axis, each.shape[axis])) for each in (x, places)
        )
        return torch.gather(x, axis, places)

    @staticmethod
    @differs("Torch has no first indices")
    def unique_all(x: Any, /) -> UniqueAll:
        flat = torch.ravel(x)
        order = _ascending(flat)
        runs = flat[order]
        starts = torch.ones_like(runs, dtype=torch.bool)
        starts[1:] = runs[1:] != runs[:-1]
        first = torch.nonzero(starts)[:, 0]
        inverse = torch.empty_like(order)
        inverse[order] = torch.cumsum(starts, 0) - 1
        ends = torch.cat((first[1:], first.new_full((1,), runs.shape[0])[: first.shape[0]]))
        return UniqueAll(runs[first], order[first], inverse.reshape(x.shape), ends - first)

    @staticmethod
    @differs("Torch returns a plain tuple, and orders no complex numbers")
    def unique_counts(x: Any, /) -> UniqueCounts:
        if x.dtype.is_complex:
            found = Searching.unique_all(x)
            return UniqueCounts(found.values, found.counts)
        return UniqueCounts(*torch.unique(x, return_counts=True))

    @staticmethod
    @differs("Torch returns a plain tuple, and orders no complex numbers")
    def unique_inverse(x: Any, /) -> UniqueInverse:
        if x.dtype.is_complex:
            found = Searching.unique_all(x)
            return UniqueInverse(found.values, found.inverse_indices)
        return UniqueInverse(*torch.unique(x, return_inverse=True))

    @staticmethod
    @differs("Torch calls this `unique`, and orders no complex numbers")
    def unique_values(x: Any, /) -> Any:
        if x.dtype.is_complex:
            return Searching.unique_all(x).values
        return torch.unique(x)


def _only(x: Any) -> int:
    if x.ndim != 1:
        raise ValueError(f"`take` needs `axis` unless x is 1-D. Got {x.ndim} axes.")
    return 0


def _place(axis: int, ndim: int) -> int:
    if not -ndim <= axis < ndim:
        raise IndexError(f"`take` has no axis {axis} in an array of {ndim} axes.")
    return axis % ndim


def _none_of(x: Any, indices: Any, axis: int | None) -> Any:
    """What `take` gives for no indices, of which `vmap` may lose the order of the axes."""
    place = _place(_only(x) if axis is None else axis, x.ndim)
    return x.new_zeros((*x.shape[:place], *indices.shape, *x.shape[place + 1 :]))


def _as_indices(indices: Any) -> Any:
    """Indices as Torch reads them.

    Raises
    ------
    IndexError
        For an array of bools or floats, which Torch would take for a mask or cut short.
    """
    if isinstance(indices, torch.Tensor) and indices.dtype in _NO_INDICES:
        raise IndexError(f"Indices are an array of integers. Got {indices.dtype}.")
    return as_index(indices)


_NO_INDICES = frozenset(
    {torch.bool, torch.float16, torch.bfloat16, torch.float32, torch.float64}
    | {torch.complex64, torch.complex128}
)


def _without(shape: Any, axis: int) -> list[int]:
    lengths = list(shape)
    del lengths[axis]
    return lengths


def _with(lines: Any, axis: int, length: int) -> list[int]:
    """The lengths of the lines along an axis, and of the axis itself."""
    lengths = list(lines)
    lengths.insert(axis if axis >= 0 else axis + len(lengths) + 1, length)
    return lengths


def _silence_strides() -> None:
    """Let Torch say here, unheard, what it says once a program: that it copies strided arrays."""
    with quietly():
        strided = torch.zeros(4, dtype=torch.int64, device="cpu")[::2]
        torch.searchsorted(strided, strided, sorter=strided)


_silence_strides()


def _ascending(flat: Any) -> Any:
    """The stable order of a flat array; complex numbers by real part, then by imaginary."""
    if not flat.dtype.is_complex:
        return torch.argsort(flat, stable=True)
    by_imaginary = torch.argsort(flat.imag, stable=True)
    return by_imaginary[torch.argsort(flat.real[by_imaginary], stable=True)]
