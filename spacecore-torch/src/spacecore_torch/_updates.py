"""Indexed updates, in place on a copy; by positions where in place is impossible."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.autograd import forward_ad

from spacecore.backend import differs
from spacecore.errors import CastError
from spacecore_torch._promotion import SCALARS, STORED_ONLY
from spacecore_torch._tracing import is_batched, is_transforming, is_wrapped

__all__ = ["Updates", "as_index", "refuse_number"]


class Updates:
    """`index_set` and `index_add`."""

    @staticmethod
    @differs("Torch updates in place, with forward slices only")
    def index_set(x: Any, index: Any, values: Any, /, *, copy: bool = True) -> Any:
        index = _checked(index)
        if copy and is_transforming() and _any_batched(x, index, values):
            return _put(x, index, values, accumulate=False)
        values = _fitted(x, values)
        if _is_differentiated(values) and any(map(_selects_often, _parts(index))):
            values = _written(x, index, values)
        out: torch.Tensor = x.clone() if copy else x
        out[index] = values
        return out

    @staticmethod
    @differs("Torch updates in place, and adds once for an index that occurs twice")
    def index_add(x: Any, index: Any, values: Any, /, *, copy: bool = True) -> Any:
        index = _checked(index)
        if copy and is_transforming() and _any_batched(x, index, values):
            return _put(x, index, values, accumulate=True)
        parts = _parts(index)
        is_basic = _BASIC.issuperset(map(type, parts))
        if not is_basic and all(map(_selects_often, parts)):
            put = torch.index_put if copy else torch.index_put_
            return put(x, parts, _as_values(x, values), accumulate=True)
        if type(values) is not float:
            values = _fitted(x, values)
        elif not (x.is_floating_point() or x.is_complex()):
            values = _as_values(x, values)  # which `+=` would refuse, and an array index cuts short
        out: torch.Tensor = x.clone() if copy else x
        if is_basic:
            selected = out[index]  # a view
            selected.add_(values)
            return out
        if all(map(_selects_once, parts)):
            out[index] += values
            return out
        places = _positions(x, index)
        filled = torch.broadcast_to(_as_values(x, values), places.shape)
        return out.put_(places, filled, accumulate=True)


def _put(x: Any, index: Any, values: Any, *, accumulate: bool) -> Any:
    """The update out of place: what `vmap` maps can't be written into what it doesn't."""
    values = _as_values(x, values)
    if any(isinstance(part, torch.Tensor) and part.numel() == 0 for part in _parts(index)):
        return x.clone()  # what `vmap` selects by no indices has its axes in another order
    places = _positions(x, index)
    filled = torch.broadcast_to(values, places.shape)
    if not accumulate and any(map(_selects_often, _parts(index))):
        filled = _written(x, index, filled)
    flat = torch.index_put(torch.ravel(x), (places,), filled, accumulate=accumulate)
    return flat.reshape(x.shape)


def _is_differentiated(values: Any) -> bool:
    if not isinstance(values, torch.Tensor):
        return False
    return values.requires_grad or is_wrapped(values) or forward_ad._current_level >= 0


def _written(x: Any, index: Any, values: Any) -> Any:
    """The values, of which those that others overwrite have no derivative.

    Torch gives the derivative of the last one to each that an index repeats.
    """
    places = _positions(x, index)
    order = torch.arange(places.numel(), device=x.device).reshape(places.shape)
    last = torch.index_put(torch.zeros_like(x, dtype=torch.int64).ravel(), (places,), order)
    values = torch.broadcast_to(values, places.shape)
    return torch.where(last[places] == order, values, values.detach())


def _parts(index: Any) -> tuple[Any, ...]:
    return index if isinstance(index, tuple) else (index,)


def _positions(x: Any, index: Any) -> Any:
    """Where the selected elements are in the flat array."""
    places = torch.arange(x.numel(), device=x.device).reshape(x.shape)
    if _selects_often(index) and index.ndim == 0:  # older `vmap`s read one index, and fail
        return places[index.reshape(1)][0]
    return places[index]


def _fitted(x: Any, values: Any) -> Any:
    """The values as Torch puts them into `x`: an array in its dtype, a number as it is.

    Raises
    ------
    CastError
        For complex values where `x` is real.
    """
    if isinstance(values, torch.Tensor):
        return values if values.dtype is x.dtype else _as_values(x, values)
    if type(values) not in SCALARS or x.dtype is torch.bool:  # NumPy's are cast, not written
        return _as_values(x, values)
    refuse_number(values, x.dtype)
    return values


def _as_values(x: Any, values: Any) -> Any:
    """The values as an array in the dtype of `x`.

    Raises
    ------
    CastError
        For complex values where `x` is real.
    """
    if isinstance(values, torch.Tensor):
        if values.dtype.is_complex and not x.dtype.is_complex:
            raise CastError(
                f"Values written into an array keep their imaginary part. Got {values.dtype} for "
                f"{x.dtype}. Take the real part, `ops.real(values)`."
            )
        return values.to(dtype=x.dtype, device=x.device)
    refuse_number(values, x.dtype)
    if isinstance(values, np.generic):  # which Torch asks for a number of its dtype
        values = np.asarray(values)
    return torch.as_tensor(values, dtype=x.dtype, device=x.device)


def refuse_number(number: Any, dtype: torch.dtype) -> None:
    """Raise for a number that an array of a dtype can't hold.

    Raises
    ------
    CastError
        For a complex number in a real dtype.
    OverflowError
        For an integer beyond the range of the dtype.
    """
    _refuse_imaginary(number, dtype)
    if type(number) is int and dtype in _WHOLE:
        limits = torch.iinfo(dtype)
        if not limits.min <= number <= limits.max:
            raise OverflowError(
                f"Values written into an array are within its dtype. Got {number} for {dtype}, "
                f"which holds {limits.min} to {limits.max}."
            )


def _refuse_imaginary(number: Any, dtype: torch.dtype) -> None:
    """Raise where a complex number would be written into an array of a real dtype.

    Raises
    ------
    CastError
    """
    if isinstance(number, _COMPLEX) and not (dtype.is_complex or dtype is torch.bool):
        raise CastError(
            f"Values written into an array keep their imaginary part. Got a complex number for "
            f"{dtype}. Take the real part, `value.real`."
        )


_COMPLEX = (complex, np.complexfloating)
_WHOLE = frozenset({torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, *STORED_ONLY})


def _selects_often(part: Any) -> bool:
    """Whether a part of an index is an array of indices, that can hold one twice."""
    return isinstance(part, torch.Tensor) and part.dtype is not torch.bool


_BASIC = frozenset({int, slice, type(...), type(None)})


def _selects_once(part: Any) -> bool:
    if isinstance(part, torch.Tensor):
        return part.dtype is torch.bool or part.ndim == 0
    return part is None or part is ... or isinstance(part, int | slice)


def _any_batched(x: Any, index: Any, values: Any) -> bool:
    if isinstance(index, tuple):
        return is_batched(x) or is_batched(values) or any(map(is_batched, index))
    return is_batched(x) or is_batched(values) or is_batched(index)


def as_index(part: Any) -> Any:
    """Return a part of an index as Torch reads it right.

    Raises
    ------
    ValueError
        For a slice that runs backwards.
    """
    if isinstance(part, torch.Tensor):
        return part.to(torch.int64) if part.dtype in _MISREAD else part
    if isinstance(part, slice) and part.step is not None and part.step < 0:
        raise ValueError(
            f"Torch indexes by slices that run forwards. Got {part}. Use a forward slice and "
            "`ops.flip` the values."
        )
    return part


# As an index, uint8 is a mask to Torch, and the others are nothing.
_MISREAD = frozenset({torch.uint8, torch.int8, torch.int16, *STORED_ONLY})


def _checked(index: Any) -> Any:
    return tuple(map(as_index, index)) if isinstance(index, tuple) else as_index(index)
