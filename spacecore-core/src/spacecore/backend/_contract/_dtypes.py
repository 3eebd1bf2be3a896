"""Data type functions of the array API standard."""

from __future__ import annotations

from typing import Protocol

from spacecore._typing import Array, Device, DType, Scalar
from spacecore.backend._declare import section

__all__ = ["DataTypeFunctions", "FloatInfo", "IntegerInfo"]


class FloatInfo(Protocol):
    """The limits of a real floating-point dtype.

    Attributes
    ----------
    bits : int
        The width.
    eps : float
        The gap from 1 to the next larger number.
    max, min : float
        The largest finite number, and its negative.
    smallest_normal : float
        The smallest positive number of full precision.
    dtype : dtype
        The real dtype that this describes.
    """

    @property
    def bits(self) -> int: ...
    @property
    def eps(self) -> float: ...
    @property
    def max(self) -> float: ...
    @property
    def min(self) -> float: ...
    @property
    def smallest_normal(self) -> float: ...
    @property
    def dtype(self) -> DType: ...


class IntegerInfo(Protocol):
    """The limits of an integer dtype.

    Attributes
    ----------
    bits : int
        The width.
    max, min : int
        The ends of the range, both in it.
    dtype : dtype
    """

    @property
    def bits(self) -> int: ...
    @property
    def max(self) -> int: ...
    @property
    def min(self) -> int: ...
    @property
    def dtype(self) -> DType: ...


@section("Data type functions", standard=True)
class DataTypeFunctions:
    """Casting, promotion, and what a dtype can hold."""

    @staticmethod
    def astype(
        x: Array, dtype: DType, /, *, copy: bool = True, device: Device | None = None
    ) -> Array:
        """Return `x` cast to `dtype`, whatever promotion would allow.

        A complex array is not cast to a real dtype: take `real` or `imag`. A cast to bool asks
        whether an element is nonzero. NaN and infinity have no defined integer value.

        Parameters
        ----------
        copy : bool, default True
            Whether to copy an array that has the dtype already. False returns `x` itself then.
        device : device, optional
            That of `x` by default.

        Returns
        -------
        array, shape of `x`, of dtype `dtype`
        """
        raise NotImplementedError

    @staticmethod
    def can_cast(from_: DType | Array, to: DType, /) -> bool:
        """Tell whether the rules of promotion lead from `from_` to `to`.

        For an array, only the dtypes of its device count; the answer may differ from that for
        its dtype.

        Returns
        -------
        bool
        """
        raise NotImplementedError

    @staticmethod
    def finfo(type: DType | Array, /) -> FloatInfo:
        """Return the limits of a floating-point dtype.

        Parameters
        ----------
        type : dtype or array, real floating-point or complex
            A complex dtype has the limits of its real and imaginary parts.

        Returns
        -------
        object with attributes `bits`, `eps`, `max`, `min`, `smallest_normal`, `dtype`
        """
        raise NotImplementedError

    @staticmethod
    def iinfo(type: DType | Array, /) -> IntegerInfo:
        """Return the limits of an integer dtype.

        Parameters
        ----------
        type : dtype or array, integer

        Returns
        -------
        object with attributes `bits`, `max`, `min`, `dtype`
        """
        raise NotImplementedError

    @staticmethod
    def isdtype(dtype: DType, kind: DType | str | tuple[DType | str, ...]) -> bool:
        """Tell whether a dtype is of a kind.

        Parameters
        ----------
        dtype : dtype
        kind : dtype, str, or tuple of these
            A dtype asks for equality, a tuple whether any entry holds. The strings are `"bool"`,
            `"signed integer"`, `"unsigned integer"`, `"integral"` (either), `"real floating"`,
            `"complex floating"` and `"numeric"` (all but bool).

        Returns
        -------
        bool
        """
        raise NotImplementedError

    @staticmethod
    def result_type(*arrays_and_dtypes: Array | Scalar | DType) -> DType:
        """Return the dtype that an operation on the arguments would have.

        At least one argument is an array or a dtype. A Python scalar takes the dtype of the
        others where its kind fits. Mixing kinds, say integer with floating-point, is up to the
        library.

        Returns
        -------
        dtype
        """
        raise NotImplementedError
