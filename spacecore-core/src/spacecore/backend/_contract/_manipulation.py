"""Manipulation functions of the array API standard."""

from __future__ import annotations

from collections.abc import Sequence

from spacecore._typing import Array, Axes, Shape
from spacecore.backend._declare import section

__all__ = ["ManipulationFunctions"]


@section("Manipulation functions", standard=True)
class ManipulationFunctions:
    """New shapes and orders for the same elements.

    Negative axes count from the end. A result may share memory with its argument: it is up to the
    library, so write to neither.
    """

    @staticmethod
    def broadcast_arrays(*arrays: Array) -> Sequence[Array]:
        """Return the arrays broadcast against one another.

        Returns
        -------
        list or tuple of array, all of the common shape, each of its own dtype

        Raises
        ------
        Exception
            Of the library's own type, if the shapes do not broadcast.
        """
        raise NotImplementedError

    @staticmethod
    def broadcast_to(x: Array, /, shape: Shape) -> Array:
        """Return `x` broadcast to a shape.

        Returns
        -------
        array, shape `shape`, dtype of `x`

        Raises
        ------
        Exception
            Of the library's own type, if `x` does not broadcast to `shape`.
        """
        raise NotImplementedError

    @staticmethod
    def concat(arrays: tuple[Array, ...] | list[Array], /, *, axis: int | None = 0) -> Array:
        """Return arrays joined along an axis that they have.

        Parameters
        ----------
        arrays : tuple or list of array
            Of one shape but for the length along `axis`.
        axis : int or None, default 0
            None flattens each array first, in row-major order.

        Returns
        -------
        array, the promoted dtype, as long along `axis` as all of them together
        """
        raise NotImplementedError

    @staticmethod
    def expand_dims(x: Array, /, *, axis: int = 0) -> Array:
        """Return `x` with an axis of length 1 inserted.

        Parameters
        ----------
        axis : int, default 0
            Where the new axis stands in the result, from `-x.ndim - 1` to `x.ndim`. Pass it
            always: libraries differ on the default.

        Returns
        -------
        array, one more axis than `x`, dtype of `x`

        Raises
        ------
        IndexError
            If `axis` is out of range; some libraries raise `ValueError`.
        """
        raise NotImplementedError

    @staticmethod
    def flip(x: Array, /, *, axis: Axes = None) -> Array:
        """Return `x` with the order of its elements reversed along the given axes.

        Parameters
        ----------
        axis : int or tuple of int, optional
            Every axis by default.

        Returns
        -------
        array, shape and dtype of `x`
        """
        raise NotImplementedError

    @staticmethod
    def moveaxis(
        x: Array, source: int | tuple[int, ...], destination: int | tuple[int, ...], /
    ) -> Array:
        """Return `x` with some axes moved and the others left in their order.

        Parameters
        ----------
        source : int or tuple of int
            The axes to move, each once.
        destination : int or tuple of int
            Where each of them stands in the result.

        Returns
        -------
        array, dtype of `x`
        """
        raise NotImplementedError

    @staticmethod
    def permute_dims(x: Array, /, axes: tuple[int, ...]) -> Array:
        """Return `x` with its axes reordered.

        Parameters
        ----------
        axes : tuple of int
            A permutation of the axes: axis i of the result is axis `axes[i]` of `x`.

        Returns
        -------
        array, dtype of `x`
        """
        raise NotImplementedError

    @staticmethod
    def repeat(x: Array, repeats: int | Array, /, *, axis: int | None = None) -> Array:
        """Return `x` with each element repeated in place; `tile` repeats the whole.

        Parameters
        ----------
        repeats : int or array of integers, shape (n,) or (1,)
            How often, for each of the n entries along `axis`. The length of the result depends on
            the values of an array, so a compiler cannot trace it.
        axis : int, optional
            By default `x` is flattened first, in row-major order.

        Returns
        -------
        array, dtype of `x`, its shape but for `axis`, or 1-D
        """
        raise NotImplementedError

    @staticmethod
    def reshape(x: Array, /, shape: Shape, *, copy: bool | None = None) -> Array:
        """Return the elements of `x`, in row-major order, in another shape.

        Parameters
        ----------
        shape : tuple of int
            As many elements as `x` has. One entry may be -1, to be worked out.
        copy : bool, optional
            True always copies, False never does, None copies where it must.

        Returns
        -------
        array, shape `shape`, dtype of `x`

        Raises
        ------
        ValueError
            If `copy` is False and a copy cannot be avoided.
        """
        raise NotImplementedError

    @staticmethod
    def roll(x: Array, /, shift: int | tuple[int, ...], *, axis: Axes = None) -> Array:
        """Return `x` shifted cyclically: what leaves at one end enters at the other.

        Parameters
        ----------
        shift : int or tuple of int
            How far; positive is toward larger indices. A tuple goes with a tuple of axes.
        axis : int or tuple of int, optional
            By default `x` is shifted as if flat, and keeps its shape.

        Returns
        -------
        array, shape and dtype of `x`
        """
        raise NotImplementedError

    @staticmethod
    def squeeze(x: Array, /, axis: int | tuple[int, ...]) -> Array:
        """Return `x` without the given axes of length 1.

        Returns
        -------
        array, dtype of `x`

        Raises
        ------
        ValueError
            If a given axis has another length.
        """
        raise NotImplementedError

    @staticmethod
    def stack(arrays: tuple[Array, ...] | list[Array], /, *, axis: int = 0) -> Array:
        """Return arrays joined along a new axis.

        Parameters
        ----------
        arrays : tuple or list of array, all of one shape
        axis : int, default 0
            Where the new axis stands in the result.

        Returns
        -------
        array, one more axis than each, the promoted dtype
        """
        raise NotImplementedError

    @staticmethod
    def tile(x: Array, repetitions: tuple[int, ...], /) -> Array:
        """Return `x` repeated as a whole; `repeat` repeats each element.

        Parameters
        ----------
        repetitions : tuple of int
            How often along each axis. The shorter of this and the shape of `x` is filled up with
            ones in front.

        Returns
        -------
        array, shape: the shape of `x` times `repetitions`, dtype of `x`
        """
        raise NotImplementedError

    @staticmethod
    def unstack(x: Array, /, *, axis: int = 0) -> tuple[Array, ...]:
        """Return the slices of `x` along an axis: `stack` undone.

        Returns
        -------
        tuple of array, `x.shape[axis]` of them, each without that axis

        Raises
        ------
        Exception
            Of the library's own type, if `x` has no such axis.
        """
        raise NotImplementedError
