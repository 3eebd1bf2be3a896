"""Spellings of NumPy that people's code already uses, each another name of one function."""

from __future__ import annotations

from spacecore.backend._contract._elementwise import ElementwiseFunctions
from spacecore.backend._contract._manipulation import ManipulationFunctions
from spacecore.backend._contract._statistical import StatisticalFunctions
from spacecore.backend._declare import spellings

__all__ = ["NumpySpellings"]


@spellings("NumPy's spellings")
class NumpySpellings:
    """One table: the spelling, and the function that it is."""

    absolute = staticmethod(ElementwiseFunctions.abs)
    amax = staticmethod(StatisticalFunctions.max)
    amin = staticmethod(StatisticalFunctions.min)
    arccos = staticmethod(ElementwiseFunctions.acos)
    arccosh = staticmethod(ElementwiseFunctions.acosh)
    arcsin = staticmethod(ElementwiseFunctions.asin)
    arcsinh = staticmethod(ElementwiseFunctions.asinh)
    arctan = staticmethod(ElementwiseFunctions.atan)
    arctan2 = staticmethod(ElementwiseFunctions.atan2)
    arctanh = staticmethod(ElementwiseFunctions.atanh)
    concatenate = staticmethod(ManipulationFunctions.concat)
    conjugate = staticmethod(ElementwiseFunctions.conj)
    invert = staticmethod(ElementwiseFunctions.bitwise_invert)
    left_shift = staticmethod(ElementwiseFunctions.bitwise_left_shift)
    mod = staticmethod(ElementwiseFunctions.remainder)
    power = staticmethod(ElementwiseFunctions.pow)
    right_shift = staticmethod(ElementwiseFunctions.bitwise_right_shift)
    true_divide = staticmethod(ElementwiseFunctions.divide)
