"""Searching functions of the array API standard."""

from __future__ import annotations

from typing import Literal

from spacecore._typing import Array, Axes, Scalar
from spacecore.backend._declare import section

__all__ = ["SearchingFunctions"]


@section("Searching functions", standard=True)
class SearchingFunctions:
    """Where elements are, and choosing between them; indices have the default index dtype."""

    @staticmethod
    def argmax(x: Array, /, *, axis: int | None = None, keepdims: bool = False) -> Array:
        """Return the index of the largest element along an axis.

        Of equal elements the first wins. A NaN counts as the largest in most libraries, though
        the standard leaves it open.

        Parameters
        ----------
        x : array, real
        axis : int, optional
            By default the index is into `x` flattened in row-major order.

        Returns
        -------
        array of indices, shape of `x` without `axis` (or with length 1 there under `keepdims`)
        """
        raise NotImplementedError

    @staticmethod
    def argmin(x: Array, /, *, axis: int | None = None, keepdims: bool = False) -> Array:
        """Return the index of the smallest element along an axis.

        Of equal elements the first wins. A NaN counts as the smallest in most libraries, though
        the standard leaves it open.

        Parameters
        ----------
        x : array, real
        axis : int, optional
            By default the index is into `x` flattened in row-major order.

        Returns
        -------
        array of indices, shape of `x` without `axis` (or with length 1 there under `keepdims`)
        """
        raise NotImplementedError

    @staticmethod
    def count_nonzero(x: Array, /, *, axis: Axes = None, keepdims: bool = False) -> Array:
        """Return the number of nonzero elements over the given axes.

        A complex element is nonzero if either part is; NaN is nonzero; True is nonzero.

        Parameters
        ----------
        x : array
        axis : int or tuple of int, optional
            Every axis by default.

        Returns
        -------
        array of integers, shape of `x` without `axis` (or with length 1 there under `keepdims`)
        """
        raise NotImplementedError

    @staticmethod
    def nonzero(x: Array, /) -> tuple[Array, ...]:
        """Return the indices of the nonzero elements, one array for each axis.

        The length k of the result depends on the values, so it cannot be traced by a compiler.

        Parameters
        ----------
        x : array, at least 1-D

        Returns
        -------
        tuple of `x.ndim` arrays of indices, each of shape (k,), in row-major order
        """
        raise NotImplementedError

    @staticmethod
    def searchsorted(
        x1: Array,
        x2: Array,
        /,
        *,
        side: Literal["left", "right"] = "left",
        sorter: Array | None = None,
    ) -> Array:
        """Return the positions in `x1` at which the elements of `x2` keep it sorted.

        Parameters
        ----------
        x1 : array, shape (n,), real, ascending unless `sorter` is given
        x2 : array, real
            The values to place.
        side : {"left", "right"}, default "left"
            Before or after elements equal to the value.
        sorter : array of integers, shape (n,), optional
            The order in which `x1` is ascending, as `argsort` returns it.

        Returns
        -------
        array of indices in [0, n], shape of `x2`
        """
        raise NotImplementedError

    @staticmethod
    def where(condition: Array, x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
        """Return elements of `x1` where the condition holds, and of `x2` elsewhere.

        Both branches are computed before the choice: a gradient through the branch not taken can
        still be NaN.

        Parameters
        ----------
        condition : array, bool
        x1, x2 : array or scalar
            The three operands broadcast.

        Returns
        -------
        array, the broadcast shape, the promoted dtype of `x1` and `x2`
        """
        raise NotImplementedError
