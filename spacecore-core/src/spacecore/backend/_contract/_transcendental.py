"""Elementwise functions of the array API standard: roots, powers and transcendental functions."""

from __future__ import annotations

from spacecore._typing import Array, Scalar
from spacecore.backend._declare import section

__all__ = ["TranscendentalFunctions"]


@section("Elementwise functions: transcendental", standard=True)
class TranscendentalFunctions:
    """Roots, powers, exponentials, logarithms and trigonometric functions.

    Angles are in radians. Outside the real domain of a function a real element gives NaN, never a
    complex number; cast to complex for the principal value.

    The operands of a binary function broadcast and are promoted, and at least one of them is an
    array; a Python scalar takes the dtype of the other where its kind fits. "Real" stands for
    integer and real floating-point, "numeric" for these and complex, "floating-point" for real
    floating-point and complex.
    """

    @staticmethod
    def acos(x: Array, /) -> Array:
        """Return the inverse cosine of each element, in [0, pi].

        `x`: floating-point. Returns the dtype of `x`. A real element outside [-1, 1] gives NaN;
        these are the branch cuts of the complex function.
        """
        raise NotImplementedError

    @staticmethod
    def acosh(x: Array, /) -> Array:
        """Return the inverse hyperbolic cosine of each element, at least 0.

        `x`: floating-point. Returns the dtype of `x`. A real element below 1 gives NaN; this is
        the branch cut of the complex function, which has imaginary part in [-pi, pi].
        """
        raise NotImplementedError

    @staticmethod
    def asin(x: Array, /) -> Array:
        """Return the inverse sine of each element, in [-pi/2, pi/2].

        `x`: floating-point. Returns the dtype of `x`. A real element outside [-1, 1] gives NaN;
        these are the branch cuts of the complex function.
        """
        raise NotImplementedError

    @staticmethod
    def asinh(x: Array, /) -> Array:
        """Return the inverse hyperbolic sine of each element.

        `x`: floating-point. Returns the dtype of `x`. The complex function has branch cuts on the
        imaginary axis beyond -i and i.
        """
        raise NotImplementedError

    @staticmethod
    def atan(x: Array, /) -> Array:
        """Return the inverse tangent of each element, in [-pi/2, pi/2].

        `x`: floating-point. Returns the dtype of `x`. The complex function has branch cuts on the
        imaginary axis beyond -i and i.
        """
        raise NotImplementedError

    @staticmethod
    def atan2(x1: Array | float, x2: Array | float, /) -> Array:
        """Return the angle of the point (x2, x1), in [-pi, pi].

        `x1`, `x2`: real floating-point, broadcast, at least one an array. Returns the promoted
        dtype. The ordinate comes first. The signs of both pick the quadrant, those of zeros
        included, so `atan2(0, -0.0)` is pi.
        """
        raise NotImplementedError

    @staticmethod
    def atanh(x: Array, /) -> Array:
        """Return the inverse hyperbolic tangent of each element.

        `x`: floating-point. Returns the dtype of `x`. -1 and 1 give infinities, and a real element
        beyond them NaN; these are the branch cuts of the complex function.
        """
        raise NotImplementedError

    @staticmethod
    def cos(x: Array, /) -> Array:
        """Return the cosine of each element.

        `x`: floating-point. Returns the dtype of `x`. An infinity gives NaN.
        """
        raise NotImplementedError

    @staticmethod
    def cosh(x: Array, /) -> Array:
        """Return the hyperbolic cosine of each element.

        `x`: floating-point. Returns the dtype of `x`.
        """
        raise NotImplementedError

    @staticmethod
    def exp(x: Array, /) -> Array:
        """Return e to the power of each element.

        `x`: floating-point. Returns the dtype of `x`.
        """
        raise NotImplementedError

    @staticmethod
    def expm1(x: Array, /) -> Array:
        """Return `exp(x) - 1` for each element, accurate near 0.

        `x`: floating-point. Returns the dtype of `x`.
        """
        raise NotImplementedError

    @staticmethod
    def hypot(x1: Array | float, x2: Array | float, /) -> Array:
        """Return `sqrt(x1**2 + x2**2)` without needless overflow or underflow.

        `x1`, `x2`: real floating-point, broadcast, at least one an array. Returns the promoted
        dtype. An infinity gives infinity, even with NaN.
        """
        raise NotImplementedError

    @staticmethod
    def log(x: Array, /) -> Array:
        """Return the natural logarithm of each element.

        `x`: floating-point. Returns the dtype of `x`. Zero gives minus infinity and a negative
        real number NaN. The complex function has imaginary part in [-pi, pi] and its branch cut on
        the negative real axis.
        """
        raise NotImplementedError

    @staticmethod
    def log10(x: Array, /) -> Array:
        """Return the logarithm to base 10 of each element.

        `x`: floating-point. Returns the dtype of `x`. Zero gives minus infinity and a negative
        real number NaN; a complex number is treated as by `log`.
        """
        raise NotImplementedError

    @staticmethod
    def log1p(x: Array, /) -> Array:
        """Return `log(1 + x)` for each element, accurate near 0.

        `x`: floating-point. Returns the dtype of `x`. -1 gives minus infinity and a real number
        below it NaN.
        """
        raise NotImplementedError

    @staticmethod
    def log2(x: Array, /) -> Array:
        """Return the logarithm to base 2 of each element.

        `x`: floating-point. Returns the dtype of `x`. Zero gives minus infinity and a negative
        real number NaN; a complex number is treated as by `log`.
        """
        raise NotImplementedError

    @staticmethod
    def logaddexp(x1: Array | float, x2: Array | float, /) -> Array:
        """Return `log(exp(x1) + exp(x2))` without overflow.

        `x1`, `x2`: real floating-point, broadcast, at least one an array. Returns the promoted
        dtype.
        """
        raise NotImplementedError

    @staticmethod
    def pow(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
        """Return `x1` to the power of `x2`.

        `x1`, `x2`: numeric, broadcast, at least one an array. Returns the promoted dtype. An
        integer to a negative integer power is up to the library: give one of them as
        floating-point. A negative real number to a fractional power is NaN. Anything to the power
        0 is 1, NaN included.
        """
        raise NotImplementedError

    @staticmethod
    def sin(x: Array, /) -> Array:
        """Return the sine of each element.

        `x`: floating-point. Returns the dtype of `x`. An infinity gives NaN.
        """
        raise NotImplementedError

    @staticmethod
    def sinh(x: Array, /) -> Array:
        """Return the hyperbolic sine of each element.

        `x`: floating-point. Returns the dtype of `x`.
        """
        raise NotImplementedError

    @staticmethod
    def sqrt(x: Array, /) -> Array:
        """Return the principal square root of each element.

        `x`: floating-point. Returns the dtype of `x`. A negative real number gives NaN. The
        complex root has a real part of at least 0; its branch cut is the negative real axis.
        """
        raise NotImplementedError

    @staticmethod
    def tan(x: Array, /) -> Array:
        """Return the tangent of each element.

        `x`: floating-point. Returns the dtype of `x`. An infinity gives NaN.
        """
        raise NotImplementedError

    @staticmethod
    def tanh(x: Array, /) -> Array:
        """Return the hyperbolic tangent of each element, in [-1, 1].

        `x`: floating-point. Returns the dtype of `x`.
        """
        raise NotImplementedError
