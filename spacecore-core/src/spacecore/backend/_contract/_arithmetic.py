"""Elementwise functions of the array API standard: arithmetic, parts and rounding."""

from __future__ import annotations

from spacecore._typing import Array, Scalar
from spacecore.backend._declare import section

__all__ = ["ArithmeticFunctions"]


@section("Elementwise functions: arithmetic", standard=True)
class ArithmeticFunctions:
    """Arithmetic, the parts of a number, and rounding.

    The operands of a binary function broadcast and are promoted, and at least one of them is an
    array; a Python scalar takes the dtype of the other where its kind fits. "Real" stands for
    integer and real floating-point, "numeric" for these and complex, "floating-point" for real
    floating-point and complex.
    """

    @staticmethod
    def abs(x: Array, /) -> Array:
        """Return the absolute value of each element.

        `x`: numeric. Returns the dtype of `x`, or of its real part if complex. The smallest signed
        integer has no positive counterpart, and overflows.
        """
        raise NotImplementedError

    @staticmethod
    def add(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
        """Return the sum `x1 + x2` of elements.

        `x1`, `x2`: numeric, broadcast, at least one an array. Returns the promoted dtype.
        """
        raise NotImplementedError

    @staticmethod
    def ceil(x: Array, /) -> Array:
        """Return the smallest integer value not below each element.

        `x`: real. Returns the dtype of `x`; integers are returned as they are.
        """
        raise NotImplementedError

    @staticmethod
    def clip(
        x: Array, /, min: Array | float | None = None, max: Array | float | None = None
    ) -> Array:
        """Return each element moved into the interval [min, max].

        `x`: real. `min` and `max` broadcast with it and have its dtype, or are scalars of its
        kind; None leaves that side open. Returns the dtype of `x`.

        NaN in any of the three gives NaN. Where `min > max` the result is up to the library.
        """
        raise NotImplementedError

    @staticmethod
    def conj(x: Array, /) -> Array:
        """Return the complex conjugate of each element.

        `x`: numeric; a real array is returned unchanged. Returns the dtype of `x`, and may share
        its memory.
        """
        raise NotImplementedError

    @staticmethod
    def copysign(x1: Array | float, x2: Array | float, /) -> Array:
        """Return the magnitude of `x1` with the sign of `x2`.

        `x1`, `x2`: real floating-point, broadcast, at least one an array. Returns the promoted
        dtype. The signs of zero and of NaN count.
        """
        raise NotImplementedError

    @staticmethod
    def divide(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
        """Return the quotient `x1 / x2` of elements.

        `x1`, `x2`: numeric, broadcast, at least one an array. Returns the promoted dtype, which is
        floating-point: what integers become is up to the library, mostly the default real dtype.
        A real number over zero is infinite, with the sign of the quotient; 0 / 0 is NaN.
        """
        raise NotImplementedError

    @staticmethod
    def floor(x: Array, /) -> Array:
        """Return the largest integer value not above each element.

        `x`: real. Returns the dtype of `x`; integers are returned as they are.
        """
        raise NotImplementedError

    @staticmethod
    def floor_divide(x1: Array | float, x2: Array | float, /) -> Array:
        """Return the quotient `x1 / x2` rounded toward minus infinity.

        `x1`, `x2`: real, broadcast, at least one an array. Returns the promoted dtype. So `-7 //
        2` is -4, as in Python and unlike C. What an integer over zero gives is up to the library.
        """
        raise NotImplementedError

    @staticmethod
    def imag(x: Array, /) -> Array:
        """Return the imaginary part of each element.

        `x`: complex. Returns the real dtype of the same precision, and may share memory with `x`.
        """
        raise NotImplementedError

    @staticmethod
    def maximum(x1: Array | float, x2: Array | float, /) -> Array:
        """Return the larger of each two elements.

        `x1`, `x2`: real, broadcast, at least one an array. Returns the promoted dtype. NaN in
        either gives NaN. Which of -0 and +0 is taken is up to the library.
        """
        raise NotImplementedError

    @staticmethod
    def minimum(x1: Array | float, x2: Array | float, /) -> Array:
        """Return the smaller of each two elements.

        `x1`, `x2`: real, broadcast, at least one an array. Returns the promoted dtype. NaN in
        either gives NaN. Which of -0 and +0 is taken is up to the library.
        """
        raise NotImplementedError

    @staticmethod
    def multiply(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
        """Return the product `x1 * x2` of elements.

        `x1`, `x2`: numeric, broadcast, at least one an array. Returns the promoted dtype.
        """
        raise NotImplementedError

    @staticmethod
    def negative(x: Array, /) -> Array:
        """Return each element with its sign changed.

        `x`: numeric. Returns the dtype of `x`; an unsigned integer wraps around.
        """
        raise NotImplementedError

    @staticmethod
    def nextafter(x1: Array | float, x2: Array | float, /) -> Array:
        """Return the number next to `x1` in the direction of `x2`.

        `x1`, `x2`: real floating-point, broadcast, at least one an array. Returns the promoted
        dtype. Equal operands give `x2`; NaN in either gives NaN.
        """
        raise NotImplementedError

    @staticmethod
    def positive(x: Array, /) -> Array:
        """Return each element as it is.

        `x`: numeric. Returns the dtype of `x`.
        """
        raise NotImplementedError

    @staticmethod
    def real(x: Array, /) -> Array:
        """Return the real part of each element.

        `x`: numeric; a real array is returned unchanged. Returns the real dtype of the same
        precision, and may share memory with `x`.
        """
        raise NotImplementedError

    @staticmethod
    def reciprocal(x: Array, /) -> Array:
        """Return `1 / x` for each element.

        `x`: floating-point. Returns the dtype of `x`. Zero gives an infinity of its sign.
        """
        raise NotImplementedError

    @staticmethod
    def remainder(x1: Array | float, x2: Array | float, /) -> Array:
        """Return what remains of `x1` after floor division by `x2`.

        `x1`, `x2`: real, broadcast, at least one an array. Returns the promoted dtype. It has the
        sign of the divisor `x2`, as Python's `%` has and C's has not. An integer over zero is up
        to the library; a floating-point number over zero gives NaN.
        """
        raise NotImplementedError

    @staticmethod
    def round(x: Array, /) -> Array:
        """Return the integer value nearest to each element, ties to even.

        `x`: numeric; a complex number is rounded in both parts. Returns the dtype of `x`. So 0.5
        gives 0 and 1.5 gives 2.
        """
        raise NotImplementedError

    @staticmethod
    def sign(x: Array, /) -> Array:
        """Return the sign of each element: `x / abs(x)`, and 0 for 0.

        `x`: numeric. Returns the dtype of `x`. That is -1, 0 or 1 for a real number, and a point
        of the unit circle (or 0) for a complex one. NaN gives NaN.
        """
        raise NotImplementedError

    @staticmethod
    def square(x: Array, /) -> Array:
        """Return `x * x` for each element.

        `x`: numeric; nothing is conjugated. Returns the dtype of `x`.
        """
        raise NotImplementedError

    @staticmethod
    def subtract(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
        """Return the difference `x1 - x2` of elements.

        `x1`, `x2`: numeric, broadcast, at least one an array. Returns the promoted dtype.
        """
        raise NotImplementedError

    @staticmethod
    def trunc(x: Array, /) -> Array:
        """Return each element rounded toward zero to an integer value.

        `x`: real. Returns the dtype of `x`; integers are returned as they are.
        """
        raise NotImplementedError
