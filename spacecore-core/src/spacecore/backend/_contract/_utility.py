"""Utility functions of the array API standard."""

from __future__ import annotations

from spacecore._typing import Array, Axes
from spacecore.backend._declare import section

__all__ = ["UtilityFunctions"]


@section("Utility functions", standard=True)
class UtilityFunctions:
    """Logical reductions, and differences."""

    @staticmethod
    def all(x: Array, /, *, axis: Axes = None, keepdims: bool = False) -> Array:
        """Return whether every element over the given axes is true.

        Nonzero is true, NaN included. All of nothing is True.

        Parameters
        ----------
        x : array
        axis : int or tuple of int, optional
            Every axis by default.

        Returns
        -------
        array of bool, shape of `x` without `axis` (or with length 1 there under `keepdims`)
        """
        raise NotImplementedError

    @staticmethod
    def any(x: Array, /, *, axis: Axes = None, keepdims: bool = False) -> Array:
        """Return whether some element over the given axes is true.

        Nonzero is true, NaN included. Any of nothing is False.

        Parameters
        ----------
        x : array
        axis : int or tuple of int, optional
            Every axis by default.

        Returns
        -------
        array of bool, shape of `x` without `axis` (or with length 1 there under `keepdims`)
        """
        raise NotImplementedError

    @staticmethod
    def diff(
        x: Array,
        /,
        *,
        axis: int = -1,
        n: int = 1,
        prepend: Array | None = None,
        append: Array | None = None,
    ) -> Array:
        """Return the n-th differences of neighbours along an axis.

        Parameters
        ----------
        x : array, at least 1-D, numeric
        n : int, default 1
            How many times to take `x[i + 1] - x[i]`; 0 gives `x` back.
        prepend, append : array, optional
            Put before and after `x` along `axis` first; of its shape on the other axes.

        Returns
        -------
        array, dtype of `x`, shorter by n along `axis` than `x` with what was joined to it
        """
        raise NotImplementedError
