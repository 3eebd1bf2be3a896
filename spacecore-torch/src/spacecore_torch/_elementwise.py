"""Elementwise functions in which Torch differs from the standard."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite, isinf
from typing import Any

import torch

from spacecore.backend import differs
from spacecore.errors import CastError
from spacecore_torch._promotion import SCALARS, broadcastable, plain, scalar_like, single

__all__ = ["Elementwise"]

Binary = Callable[[Any, Any], torch.Tensor]


def _with_scalars(native: Any, mirrored: Any = None) -> Binary:
    """A binary function of which Torch takes a Python scalar as the second operand.

    `mirrored` is, where Torch has one, the function with its operands exchanged.
    """

    def function(x1: Any, x2: Any, /) -> Any:
        if type(x2) in SCALARS and type(x1) not in SCALARS:
            if type(x2) is complex and x1.dtype is torch.float16:
                x1 = single(x1)
            return native(x1, x2)
        if type(x1) not in SCALARS:
            if x1.dtype is x2.dtype:
                return native(x1, x2)
        elif mirrored is not None and type(x2) not in SCALARS:
            if type(x1) is complex and x2.dtype is torch.float16:
                x2 = single(x2)
            return mirrored(x2, x1)
        return native(*broadcastable(x1, x2, scalars=True))

    function.__name__ = native.__name__
    return differs("Torch lets arrays with axes overrule 0-d ones, and wants an array first")(
        function
    )


def _of_arrays(native: Any) -> Binary:
    """A binary function of which Torch takes no Python scalar."""

    def function(x1: Any, x2: Any, /) -> Any:
        if type(x1) not in SCALARS and type(x2) not in SCALARS and x1.dtype is x2.dtype:
            return native(x1, x2)
        return native(*broadcastable(x1, x2))

    function.__name__ = native.__name__
    return differs("Torch lets arrays with axes overrule 0-d ones, and takes no scalars")(function)


def _floor_divide(x1: Any, x2: Any) -> Any:
    """Torch's own of this name has no derivative."""
    return torch.div(x1, x2, rounding_mode="floor")


class Elementwise:
    """Elementwise functions, wrapped as thinly as the differences allow."""

    add = staticmethod(_with_scalars(torch.add, torch.add))
    bitwise_and = staticmethod(_with_scalars(torch.bitwise_and, torch.bitwise_and))
    bitwise_left_shift = staticmethod(_with_scalars(torch.bitwise_left_shift))
    bitwise_or = staticmethod(_with_scalars(torch.bitwise_or, torch.bitwise_or))
    bitwise_right_shift = staticmethod(_with_scalars(torch.bitwise_right_shift))
    bitwise_xor = staticmethod(_with_scalars(torch.bitwise_xor, torch.bitwise_xor))
    copysign = staticmethod(_with_scalars(torch.copysign))
    divide = staticmethod(_with_scalars(torch.divide))
    equal = staticmethod(_with_scalars(torch.eq, torch.eq))
    floor_divide = staticmethod(_with_scalars(_floor_divide))
    greater = staticmethod(_with_scalars(torch.gt, torch.lt))
    greater_equal = staticmethod(_with_scalars(torch.ge, torch.le))
    less = staticmethod(_with_scalars(torch.lt, torch.gt))
    less_equal = staticmethod(_with_scalars(torch.le, torch.ge))
    multiply = staticmethod(_with_scalars(torch.multiply, torch.multiply))
    not_equal = staticmethod(_with_scalars(torch.ne, torch.ne))
    pow = staticmethod(_with_scalars(torch.pow))
    remainder = staticmethod(_with_scalars(torch.remainder))
    subtract = staticmethod(_with_scalars(torch.subtract, torch.rsub))

    atan2 = staticmethod(_of_arrays(torch.atan2))
    hypot = staticmethod(_of_arrays(torch.hypot))
    logaddexp = staticmethod(_of_arrays(torch.logaddexp))
    logical_and = staticmethod(_of_arrays(torch.logical_and))
    logical_or = staticmethod(_of_arrays(torch.logical_or))
    logical_xor = staticmethod(_of_arrays(torch.logical_xor))
    maximum = staticmethod(_of_arrays(torch.maximum))
    minimum = staticmethod(_of_arrays(torch.minimum))
    nextafter = staticmethod(_of_arrays(torch.nextafter))

    @staticmethod
    @differs("Torch lets arrays with axes overrule 0-d ones, and takes no bool as condition")
    def where(condition: Any, x1: Any, x2: Any, /) -> Any:
        if type(condition) is bool:  # what `allclose` gives
            condition = torch.full((), condition)
        if type(x1) in SCALARS or type(x2) in SCALARS:
            x1, x2 = plain(x1), plain(x2)
            if type(x1) not in SCALARS:
                x1 = single(x1) if type(x2) is complex else x1
                x2 = scalar_like(x2, x1)
            elif type(x2) not in SCALARS:
                x2 = single(x2) if type(x1) is complex else x2
                x1 = scalar_like(x1, x2)
        elif x1.dtype is not x2.dtype:
            x1, x2 = broadcastable(x1, x2)
        return torch.where(condition, x1, x2)

    @staticmethod
    @differs("Torch takes no mixture of arrays and scalars, promotes `x`, and wants a bound")
    def clip(x: Any, /, min: Any = None, max: Any = None) -> Any:
        if min is None and max is None:
            return torch.clone(x)
        kinds = _BOUNDS.get(x.dtype, ())
        if type(min) in kinds and type(max) in kinds:
            lowest, highest = _RANGES[x.dtype]
            if (min is None or lowest <= min <= highest or isinf(min)) and (
                max is None or lowest <= max <= highest or isinf(max)
            ):
                return torch.clamp(x, min, max)
        elif _is_array_of(min, x.dtype) and _is_array_of(max, x.dtype):
            return torch.clamp(x, min, max)
        return torch.clamp(x, _bound(x, min), _bound(x, max)).to(x.dtype)

    @staticmethod
    @differs("Torch gives 0 for NaN, and splits real and complex into two functions")
    def sign(x: Any, /) -> Any:
        if x.dtype.is_floating_point:
            return torch.where(x == x, torch.sgn(x), x)  # noqa: PLR0124
        return torch.sgn(x)

    @staticmethod
    @differs("Torch rounds no complex numbers")
    def round(x: Any, /) -> Any:
        if x.dtype.is_complex:
            return torch.complex(torch.round(x.real), torch.round(x.imag))
        return torch.round(x)


_REAL = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
_WHOLE = (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64)
_BOUNDS = {
    **dict.fromkeys(_REAL, frozenset({int, float, type(None)})),
    **dict.fromkeys(_WHOLE, frozenset({int, type(None)})),
}
"""The types of scalar bounds that Torch takes beside an array of a dtype."""

_RANGES = {
    **{dtype: (torch.finfo(dtype).min, torch.finfo(dtype).max) for dtype in _REAL},
    **{dtype: (torch.iinfo(dtype).min, torch.iinfo(dtype).max) for dtype in _WHOLE},
}


def _is_array_of(bound: Any, dtype: torch.dtype) -> bool:
    return bound is None or (type(bound) not in SCALARS and bound.dtype is dtype)


def _refuse_kind(x: Any, dtype: torch.dtype) -> None:
    """Raise for a bound of a higher kind than `x`, which a cast would change."""
    if torch.can_cast(dtype, x.dtype):
        return
    raise CastError(
        f"`clip` keeps the dtype of `x`, and its bounds are of that kind. Got {dtype} for "
        f"{x.dtype}. Cast `x`, or round the bounds."
    )


def _within(bound: Any, dtype: torch.dtype) -> Any:
    """Whole bounds, moved into the range of another whole dtype."""
    if bound.dtype is dtype or bound.dtype not in _WHOLE or dtype not in _WHOLE:
        return bound
    one, other = _RANGES[bound.dtype], _RANGES[dtype]
    return torch.clamp(bound, max(one[0], other[0]), min(one[1], other[1]))


def _bound(x: Any, bound: Any) -> Any:
    """A bound of `clip` as an array of the dtype of `x`; one that nothing reaches is none."""
    if bound is None:
        return None
    if type(bound) not in SCALARS:
        bound = plain(bound)
    if type(bound) not in SCALARS:
        _refuse_kind(x, bound.dtype)
        return _within(bound, x.dtype).to(x.dtype)
    if x.dtype in _WHOLE and type(bound) is float and not (isinf(bound) or bound.is_integer()):
        _refuse_kind(x, torch.float64)
    if x.dtype in _WHOLE or (x.dtype in _REAL and isfinite(bound)):
        lowest, highest = _RANGES[x.dtype]
        bound = min(max(bound, lowest), highest)
    return x.new_full((), bound)
