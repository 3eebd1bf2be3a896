"""Elementwise functions in which Torch differs from the standard."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch

from spacecore.backend import differs
from spacecore_torch._promotion import SCALARS, broadcastable

__all__ = ["Elementwise"]

Binary = Callable[[Any, Any], torch.Tensor]


def _with_scalars(native: Any) -> Binary:
    """A binary function of which Torch takes a Python scalar as the second operand."""

    def function(x1: Any, x2: Any, /) -> Any:
        if type(x2) in SCALARS and type(x1) not in SCALARS:
            return native(x1, x2)
        if type(x1) not in SCALARS and x1.dtype is x2.dtype:
            return native(x1, x2)
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

    add = staticmethod(_with_scalars(torch.add))
    bitwise_and = staticmethod(_with_scalars(torch.bitwise_and))
    bitwise_left_shift = staticmethod(_with_scalars(torch.bitwise_left_shift))
    bitwise_or = staticmethod(_with_scalars(torch.bitwise_or))
    bitwise_right_shift = staticmethod(_with_scalars(torch.bitwise_right_shift))
    bitwise_xor = staticmethod(_with_scalars(torch.bitwise_xor))
    copysign = staticmethod(_with_scalars(torch.copysign))
    divide = staticmethod(_with_scalars(torch.divide))
    equal = staticmethod(_with_scalars(torch.eq))
    floor_divide = staticmethod(_with_scalars(_floor_divide))
    greater = staticmethod(_with_scalars(torch.gt))
    greater_equal = staticmethod(_with_scalars(torch.ge))
    less = staticmethod(_with_scalars(torch.lt))
    less_equal = staticmethod(_with_scalars(torch.le))
    multiply = staticmethod(_with_scalars(torch.multiply))
    not_equal = staticmethod(_with_scalars(torch.ne))
    pow = staticmethod(_with_scalars(torch.pow))
    remainder = staticmethod(_with_scalars(torch.remainder))
    subtract = staticmethod(_with_scalars(torch.subtract))

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
        if type(x1) in SCALARS:
            if type(x2) in SCALARS:
                return torch.where(condition, x1, x2)
        elif type(x2) not in SCALARS and x1.dtype is x2.dtype:
            return torch.where(condition, x1, x2)
        return torch.where(condition, *broadcastable(x1, x2))

    @staticmethod
    @differs("Torch takes no mixture of arrays and scalars, promotes `x`, and wants a bound")
    def clip(x: Any, /, min: Any = None, max: Any = None) -> Any:
        dtype = x.dtype
        if type(min) is float is type(max):
            if dtype.is_floating_point:
                return torch.clamp(x, min, max)
        elif _is_array_of(min, dtype) and _is_array_of(max, dtype):
            return torch.clamp(x, min, max)
        if min is None and max is None:
            return torch.clone(x)
        low, high = _bound(x, min), _bound(x, max)
        return torch.clamp(x, low, high).to(dtype)

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


def _is_array_of(bound: Any, dtype: torch.dtype) -> bool:
    return type(bound) not in SCALARS and bound is not None and bound.dtype is dtype


def _bound(x: Any, bound: Any) -> Any:
    """A bound of `clip` as an array of the dtype of `x`; one that no integer reaches is none."""
    if bound is None:
        return None
    if type(bound) not in SCALARS:
        return bound.to(x.dtype)
    if not x.dtype.is_floating_point and math.isfinite(bound):
        limits = torch.iinfo(x.dtype)
        bound = min(max(bound, limits.min), limits.max)
    return torch.full((), bound, dtype=x.dtype, device=x.device)
