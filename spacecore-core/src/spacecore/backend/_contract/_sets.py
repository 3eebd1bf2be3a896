"""Set functions of the array API standard."""

from __future__ import annotations

from spacecore._typing import Array
from spacecore.backend._declare import section

__all__ = ["SetFunctions"]


@section("Set functions", standard=True)
class SetFunctions:
    """Distinct elements of an array, taken as flat.

    Equal means `==`: every NaN is distinct and signed zeros are one. The order of the distinct
    elements is up to the library. Their number k depends on the values, so no compiler can trace
    these.
    """

    @staticmethod
    def unique_all(x: Array, /) -> tuple[Array, Array, Array, Array]:
        """Return the distinct elements, first indices, inverse and counts.

        The order of the elements is up to the library; each NaN is distinct.

        Returns
        -------
        named tuple
            `values`, shape (k,), dtype of `x`; `indices`, shape (k,), the first place of each in
            the flat `x`; `inverse_indices`, shape of `x`, with `values[inverse_indices] == x`
            (but for NaN); `counts`, shape (k,).
        """
        raise NotImplementedError

    @staticmethod
    def unique_counts(x: Array, /) -> tuple[Array, Array]:
        """Return the distinct elements, and how often each occurs.

        The order of the elements is up to the library; each NaN is distinct.

        Returns
        -------
        named tuple
            `values`, shape (k,), dtype of `x`; `counts`, shape (k,), in the same order.
        """
        raise NotImplementedError

    @staticmethod
    def unique_inverse(x: Array, /) -> tuple[Array, Array]:
        """Return the distinct elements, and the indices that rebuild `x` from them.

        The order of the elements is up to the library; each NaN is distinct.

        Returns
        -------
        named tuple
            `values`, shape (k,), dtype of `x`; `inverse_indices`, shape of `x`.
        """
        raise NotImplementedError

    @staticmethod
    def unique_values(x: Array, /) -> Array:
        """Return the distinct elements.

        Their order is up to the library; each NaN is distinct.

        Returns
        -------
        array, shape (k,), dtype of `x`
        """
        raise NotImplementedError
