"""Spellings of NumPy that people's code already uses, each another name of one function."""

from __future__ import annotations

from spacecore.backend._contract._elementwise import ElementwiseFunctions as _E
from spacecore.backend._contract._manipulation import ManipulationFunctions as _M
from spacecore.backend._contract._statistical import StatisticalFunctions as _S
from spacecore.backend._declare import spellings

__all__ = ["NumpySpellings"]


@spellings("NumPy's spellings")
class NumpySpellings:
    """One table: the spelling, and the function that it is."""

    absolute = staticmethod(_E.abs)
    amax = staticmethod(_S.max)
    amin = staticmethod(_S.min)
    arccos = staticmethod(_E.acos)
    arccosh = staticmethod(_E.acosh)
    arcsin = staticmethod(_E.asin)
    arcsinh = staticmethod(_E.asinh)
    arctan = staticmethod(_E.atan)
    arctan2 = staticmethod(_E.atan2)
    arctanh = staticmethod(_E.atanh)
    concatenate = staticmethod(_M.concat)
    conjugate = staticmethod(_E.conj)
    invert = staticmethod(_E.bitwise_invert)
    left_shift = staticmethod(_E.bitwise_left_shift)
    mod = staticmethod(_E.remainder)
    power = staticmethod(_E.pow)
    right_shift = staticmethod(_E.bitwise_right_shift)
    true_divide = staticmethod(_E.divide)
