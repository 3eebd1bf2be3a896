"""Indexing functions of the array API standard."""

from __future__ import annotations

from spacecore._typing import Array
from spacecore.backend._declare import section

__all__ = ["IndexingFunctions"]


@section("Indexing functions", standard=True)
class IndexingFunctions:
    """Elements picked by arrays of indices.

    Negative indices count from the end. Indices out of bounds are not checked: what they give is
    up to the library, and need not be an error.
    """

    @staticmethod
    def take(x: Array, indices: Array, /, *, axis: int | None = None) -> Array:
        """Return the slices of `x` at the given indices along an axis.

        Parameters
        ----------
        x : array, at least 1-D
        indices : array, shape (k,), integer
            Out of bounds is not checked.
        axis : int, optional
            May be left out for a 1-D `x` only.

        Returns
        -------
        array, shape of `x` with length k along `axis`, dtype of `x`
        """
        raise NotImplementedError

    @staticmethod
    def take_along_axis(x: Array, indices: Array, /, *, axis: int = -1) -> Array:
        """Return elements of `x` at an index of their own for each line along an axis.

        With `axis=-1`, entry `[..., j]` is `x[..., indices[..., j]]`: what the result of `argsort`
        or of `argmax(..., keepdims=True)` is applied with.

        Parameters
        ----------
        x : array
        indices : array, integer
            As many axes as `x`, and broadcast with it on all but `axis`. Out of bounds is not
            checked.

        Returns
        -------
        array, dtype of `x`, with the length of `indices` along `axis`
        """
        raise NotImplementedError
