"""Sorting functions of the array API standard."""

from __future__ import annotations

from spacecore._typing import Array
from spacecore.backend._declare import section

__all__ = ["SortingFunctions"]


@section("Sorting functions", standard=True)
class SortingFunctions:
    """Order along an axis; where NaN and signed zeros land is up to the library."""

    @staticmethod
    def argsort(
        x: Array, /, *, axis: int = -1, descending: bool = False, stable: bool = True
    ) -> Array:
        """Return the indices that sort along an axis; `take_along_axis` applies them.

        Parameters
        ----------
        x : array, real
        stable : bool, default True
            Whether equal elements keep their order, also under `descending`. False lets the
            library choose.

        Returns
        -------
        array of indices, shape of `x`
        """
        raise NotImplementedError

    @staticmethod
    def sort(
        x: Array, /, *, axis: int = -1, descending: bool = False, stable: bool = True
    ) -> Array:
        """Return a sorted copy along an axis.

        Parameters
        ----------
        x : array, real
        stable : bool, default True
            Whether equal elements keep their order, also under `descending`. False lets the
            library choose.

        Returns
        -------
        array, shape and dtype of `x`
        """
        raise NotImplementedError
