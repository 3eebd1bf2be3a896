"""Elementwise functions of the array API standard: bits, comparison and logic."""

from __future__ import annotations

from spacecore._typing import Array, Scalar
from spacecore.backend._declare import section

__all__ = ["LogicFunctions"]


@section("Elementwise functions: bits, comparison and logic", standard=True)
class LogicFunctions:
    """Operations on bits, comparisons, tests of numbers, and logic.

    The operands of a binary function broadcast and are promoted, and at least one of them is an
    array; a Python scalar takes the dtype of the other where its kind fits. "Real" stands for
    integer and real floating-point, "numeric" for these and complex, "floating-point" for real
    floating-point and complex.
    """

    @staticmethod
    def bitwise_and(x1: Array | int, x2: Array | int, /) -> Array:
        """Return the bits set in both elements, `x1 & x2`.

        `x1`, `x2`: integer or bool, broadcast, at least one an array. Returns the promoted dtype.
        """
        raise NotImplementedError

    @staticmethod
    def bitwise_invert(x: Array, /) -> Array:
        """Return each element with every bit inverted, `~x`.

        `x`: integer or bool. Returns the dtype of `x`; a bool is negated.
        """
        raise NotImplementedError

    @staticmethod
    def bitwise_left_shift(x1: Array | int, x2: Array | int, /) -> Array:
        """Return `x1` with its bits moved `x2` places up, `x1 << x2`.

        `x1`, `x2`: integer, broadcast, at least one an array. Returns the promoted dtype. `x2` is
        not negative; a shift by the width or more is up to the library.
        """
        raise NotImplementedError

    @staticmethod
    def bitwise_or(x1: Array | int, x2: Array | int, /) -> Array:
        """Return the bits set in either element, `x1 | x2`.

        `x1`, `x2`: integer or bool, broadcast, at least one an array. Returns the promoted dtype.
        """
        raise NotImplementedError

    @staticmethod
    def bitwise_right_shift(x1: Array | int, x2: Array | int, /) -> Array:
        """Return `x1` with its bits moved `x2` places down, `x1 >> x2`.

        `x1`, `x2`: integer, broadcast, at least one an array. Returns the promoted dtype. `x2` is
        not negative. The sign is kept, so this is floor division by `2**x2`.
        """
        raise NotImplementedError

    @staticmethod
    def bitwise_xor(x1: Array | int, x2: Array | int, /) -> Array:
        """Return the bits set in exactly one element, `x1 ^ x2`.

        `x1`, `x2`: integer or bool, broadcast, at least one an array. Returns the promoted dtype.
        """
        raise NotImplementedError

    @staticmethod
    def equal(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
        """Return whether elements are equal, `x1 == x2`.

        `x1`, `x2`: any dtype, broadcast, at least one an array. Returns bool. NaN equals nothing,
        itself included; -0 equals +0. Complex numbers are equal when both parts are.
        """
        raise NotImplementedError

    @staticmethod
    def greater(x1: Array | float, x2: Array | float, /) -> Array:
        """Return whether elements are larger, `x1 > x2`.

        `x1`, `x2`: real, broadcast, at least one an array. Returns bool. Any comparison with NaN
        is False. Complex numbers have no order.
        """
        raise NotImplementedError

    @staticmethod
    def greater_equal(x1: Array | float, x2: Array | float, /) -> Array:
        """Return whether elements are larger or equal, `x1 >= x2`.

        `x1`, `x2`: real, broadcast, at least one an array. Returns bool. Any comparison with NaN
        is False. Complex numbers have no order.
        """
        raise NotImplementedError

    @staticmethod
    def isfinite(x: Array, /) -> Array:
        """Return whether each element is neither infinite nor NaN.

        `x`: numeric; a complex number needs both parts finite. Returns bool.
        """
        raise NotImplementedError

    @staticmethod
    def isinf(x: Array, /) -> Array:
        """Return whether each element is infinite, of either sign.

        `x`: numeric; for a complex number either part may be, even if the other is NaN. Returns
        bool.
        """
        raise NotImplementedError

    @staticmethod
    def isnan(x: Array, /) -> Array:
        """Return whether each element is NaN.

        `x`: numeric; for a complex number either part may be. Returns bool.
        """
        raise NotImplementedError

    @staticmethod
    def less(x1: Array | float, x2: Array | float, /) -> Array:
        """Return whether elements are smaller, `x1 < x2`.

        `x1`, `x2`: real, broadcast, at least one an array. Returns bool. Any comparison with NaN
        is False. Complex numbers have no order.
        """
        raise NotImplementedError

    @staticmethod
    def less_equal(x1: Array | float, x2: Array | float, /) -> Array:
        """Return whether elements are smaller or equal, `x1 <= x2`.

        `x1`, `x2`: real, broadcast, at least one an array. Returns bool. Any comparison with NaN
        is False. Complex numbers have no order.
        """
        raise NotImplementedError

    @staticmethod
    def logical_and(x1: Array | bool, x2: Array | bool, /) -> Array:
        """Return whether both elements are true.

        `x1`, `x2`: bool, broadcast, at least one an array. Returns bool. Other dtypes are up to
        the library, and mostly count nonzero as true.
        """
        raise NotImplementedError

    @staticmethod
    def logical_not(x: Array, /) -> Array:
        """Return whether each element is false.

        `x`: bool. Returns bool. Other dtypes are up to the library, and mostly count nonzero as
        true.
        """
        raise NotImplementedError

    @staticmethod
    def logical_or(x1: Array | bool, x2: Array | bool, /) -> Array:
        """Return whether either element is true.

        `x1`, `x2`: bool, broadcast, at least one an array. Returns bool. Other dtypes are up to
        the library, and mostly count nonzero as true.
        """
        raise NotImplementedError

    @staticmethod
    def logical_xor(x1: Array | bool, x2: Array | bool, /) -> Array:
        """Return whether exactly one element is true.

        `x1`, `x2`: bool, broadcast, at least one an array. Returns bool. Other dtypes are up to
        the library, and mostly count nonzero as true.
        """
        raise NotImplementedError

    @staticmethod
    def not_equal(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
        """Return whether elements differ, `x1 != x2`.

        `x1`, `x2`: any dtype, broadcast, at least one an array. Returns bool. NaN differs from
        everything, itself included; -0 does not differ from +0.
        """
        raise NotImplementedError

    @staticmethod
    def signbit(x: Array, /) -> Array:
        """Return whether the sign bit of each element is set.

        `x`: real floating-point. Returns bool. True for -0 and for a NaN with its sign bit set.
        """
        raise NotImplementedError
