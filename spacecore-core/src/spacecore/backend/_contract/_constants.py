"""Constants and data types of the array API standard."""

from __future__ import annotations

from spacecore._typing import DType
from spacecore.backend._declare import section

__all__ = ["Constants", "DataTypes"]


@section("Constants", standard=True)
class Constants:
    """Numbers as Python floats, and the index that inserts an axis.

    Attributes
    ----------
    e : float
        The base of the natural logarithm.
    inf : float
        Positive infinity.
    nan : float
        Not a number; unequal to everything, itself included.
    pi : float
        The circumference of a circle of diameter one.
    newaxis : None
        In an index, inserts an axis of length 1.
    """

    e: float
    inf: float
    nan: float
    pi: float
    newaxis: None


@section("Data types", standard=True)
class DataTypes:
    """The library's own dtype objects; compare them with `==`, or ask `isdtype`.

    A library may lack some on some device; `__array_namespace_info__().dtypes()` says which exist.

    Attributes
    ----------
    bool : dtype
        True or false. Not numeric: arithmetic on it is outside the standard.
    int8, int16, int32, int64 : dtype
        Signed integers in two's complement.
    uint8, uint16, uint32, uint64 : dtype
        Unsigned integers.
    float32, float64 : dtype
        IEEE 754 binary floating-point, with 24 and 53 bits of precision.
    complex64, complex128 : dtype
        Pairs of `float32` and of `float64`.
    """

    bool: DType
    int8: DType
    int16: DType
    int32: DType
    int64: DType
    uint8: DType
    uint16: DType
    uint32: DType
    uint64: DType
    float32: DType
    float64: DType
    complex64: DType
    complex128: DType
