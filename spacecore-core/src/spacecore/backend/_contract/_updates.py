"""Indexed updates that return a new array."""

from __future__ import annotations

from typing import Any

from spacecore._typing import Array, Scalar
from spacecore.backend._declare import section

__all__ = ["IndexedUpdates"]


@section("Indexed updates")
class IndexedUpdates:
    """Functional forms of `x[index] = values` and `x[index] += values`."""

    @staticmethod
    def index_set(x: Array, index: Any, values: Array | Scalar, /, *, copy: bool = True) -> Array:
        """Return `x` with `values` at `index`.

        Parameters
        ----------
        x : array
        index : int, slice, mask, integer array, or a tuple of these
        values : array or scalar
            Broadcast to the shape of `x[index]`, and cast to the dtype of `x`.
        copy : bool
            False lets a backend write into `x` itself; use the returned array either way.

        Raises
        ------
        CastError
            For complex values where `x` is real.
        OverflowError
            For a Python integer beyond the range of the dtype of `x`.
        """
        raise NotImplementedError

    @staticmethod
    def index_add(x: Array, index: Any, values: Array | Scalar, /, *, copy: bool = True) -> Array:
        """Return `x` with `values` added at `index`; indices that occur twice add twice.

        Parameters
        ----------
        x, index, values, copy
            As in `index_set`.

        Raises
        ------
        CastError, OverflowError
            As in `index_set`.
        """
        raise NotImplementedError
