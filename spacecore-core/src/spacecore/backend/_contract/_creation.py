"""Creation functions of the array API standard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from spacecore._typing import Array, Device, DType, Scalar, Shape
from spacecore.backend._declare import section

__all__ = ["CreationFunctions"]


@section("Creation functions", standard=True)
class CreationFunctions:
    """Arrays from Python data, from other libraries, and filled by a rule.

    `dtype=None` takes the library's default for the kind of value, and `device=None` its default
    device or, for the functions that are given an array, that array's.
    """

    @staticmethod
    def arange(
        start: float,
        /,
        stop: float | None = None,
        step: float = 1,
        *,
        dtype: DType | None = None,
        device: Device | None = None,
    ) -> Array:
        """Return evenly spaced values of the half-open interval [start, stop).

        Parameters
        ----------
        start : int or float
            The first value; with `stop` left out it is the end instead, and the first value is 0.
        step : int or float, default 1
            Not zero. Rounding of a fractional step may let `stop` in; `linspace` fixes the count.
        dtype : dtype, optional
            By default the default integer dtype if every argument is an int, else the default
            real one.

        Returns
        -------
        array, shape (ceil((stop - start) / step),), or (0,) where that is negative
        """
        raise NotImplementedError

    @staticmethod
    def asarray(
        obj: Array | Scalar | Sequence[Any] | Any,
        /,
        *,
        dtype: DType | None = None,
        device: Device | None = None,
        copy: bool | None = None,
    ) -> Array:
        """Return the data of `obj` as an array.

        Parameters
        ----------
        obj : array, scalar, nested sequence of scalars, or object with the buffer protocol
        dtype : dtype, optional
            By default inferred: an array's own; for Python scalars the default dtype of the widest
            kind present, of bool, int, float, complex.
        device : device, optional
            By default that of `obj` where it is an array.
        copy : bool, optional
            True always copies, False never does, None copies where it must.

        Returns
        -------
        array, shape of `obj`

        Raises
        ------
        ValueError
            If `copy` is False and a copy cannot be avoided.
        """
        raise NotImplementedError

    @staticmethod
    def empty(
        shape: int | Shape, *, dtype: DType | None = None, device: Device | None = None
    ) -> Array:
        """Return an array whose elements are not initialized.

        Returns
        -------
        array, shape `shape`, of the default real dtype unless `dtype` is given
        """
        raise NotImplementedError

    @staticmethod
    def empty_like(
        x: Array, /, *, dtype: DType | None = None, device: Device | None = None
    ) -> Array:
        """Return an uninitialized array like `x`.

        Returns
        -------
        array, with the shape of `x`, and its dtype and device unless they are given
        """
        raise NotImplementedError

    @staticmethod
    def eye(
        n_rows: int,
        n_cols: int | None = None,
        /,
        *,
        k: int = 0,
        dtype: DType | None = None,
        device: Device | None = None,
    ) -> Array:
        """Return a matrix with ones on one diagonal and zeros elsewhere.

        Parameters
        ----------
        n_cols : int, optional
            `n_rows` by default.
        k : int, default 0
            Which diagonal: positive is above the main one, negative below.

        Returns
        -------
        array, shape (n_rows, n_cols), of the default real dtype unless `dtype` is given
        """
        raise NotImplementedError

    @staticmethod
    def from_dlpack(
        x: object, /, *, device: Device | None = None, copy: bool | None = None
    ) -> Array:
        """Return an array over the data of another library's array, through DLPack.

        Parameters
        ----------
        x : object with `__dlpack__` and `__dlpack_device__`
        device : device, optional
            That of `x` by default, also for ops that name a device of their own.
        copy : bool, optional
            True always copies, False never does, None copies where it must. A result that is not
            a copy shares memory with `x`.

        Returns
        -------
        array, shape and dtype of `x`

        Raises
        ------
        BufferError
            If the data cannot be exported or imported, or not without the copy that is refused.
        AttributeError
            If `x` does not speak DLPack.
        ValueError
            If moving to `device` needs the copy that is refused.
        """
        raise NotImplementedError

    @staticmethod
    def full(
        shape: int | Shape,
        fill_value: Scalar,
        *,
        dtype: DType | None = None,
        device: Device | None = None,
    ) -> Array:
        """Return an array with every element `fill_value`.

        Parameters
        ----------
        dtype : dtype, optional
            By default the default dtype of the kind (bool, int, float, complex) of `fill_value`.

        Returns
        -------
        array, shape `shape`

        Raises
        ------
        CastError
            For a complex `fill_value` and a real dtype.
        """
        raise NotImplementedError

    @staticmethod
    def full_like(
        x: Array,
        /,
        fill_value: Scalar,
        *,
        dtype: DType | None = None,
        device: Device | None = None,
    ) -> Array:
        """Return an array like `x` with every element `fill_value`.

        The kind of `fill_value` must fit the dtype, which by default is that of `x`, not that
        of the value.

        Returns
        -------
        array, with the shape of `x`, and its dtype and device unless they are given

        Raises
        ------
        CastError
            For a complex `fill_value` and a real dtype.
        """
        raise NotImplementedError

    @staticmethod
    def linspace(
        start: complex,
        stop: complex,
        /,
        num: int,
        *,
        dtype: DType | None = None,
        device: Device | None = None,
        endpoint: bool = True,
    ) -> Array:
        """Return `num` evenly spaced values from `start` to `stop`.

        Parameters
        ----------
        dtype : dtype, optional
            By default the default complex dtype if an end is complex, else the default real one;
            never an integer dtype.
        endpoint : bool, default True
            Whether `stop` is the last value. Without it the step is `(stop - start) / num`,
            with it `(stop - start) / (num - 1)`.

        Returns
        -------
        array, shape (num,)
        """
        raise NotImplementedError

    @staticmethod
    def meshgrid(*arrays: Array, indexing: Literal["xy", "ij"] = "xy") -> Sequence[Array]:
        """Return the coordinate arrays of the grid that vectors span.

        Parameters
        ----------
        *arrays : array, shape (n_i,), all of one numeric dtype
        indexing : {"xy", "ij"}, default "xy"
            `"ij"`: axis i of the grid goes with vector i, so the shape is (n_1, n_2, n_3, ...).
            `"xy"`: the first two axes are swapped, so it is (n_2, n_1, n_3, ...).

        Returns
        -------
        list or tuple of array, one for each vector, of the grid's shape
        """
        raise NotImplementedError

    @staticmethod
    def ones(
        shape: int | Shape, *, dtype: DType | None = None, device: Device | None = None
    ) -> Array:
        """Return an array of ones.

        Returns
        -------
        array, shape `shape`, of the default real dtype unless `dtype` is given
        """
        raise NotImplementedError

    @staticmethod
    def ones_like(
        x: Array, /, *, dtype: DType | None = None, device: Device | None = None
    ) -> Array:
        """Return an array of ones like `x`.

        Returns
        -------
        array, with the shape of `x`, and its dtype and device unless they are given
        """
        raise NotImplementedError

    @staticmethod
    def tril(x: Array, /, *, k: int = 0) -> Array:
        """Return the lower triangle of each matrix, with zeros above it.

        Parameters
        ----------
        x : array, shape (..., m, n)
        k : int, default 0
            The highest diagonal that is kept: positive is above the main one, negative below.

        Returns
        -------
        array, shape and dtype of `x`
        """
        raise NotImplementedError

    @staticmethod
    def triu(x: Array, /, *, k: int = 0) -> Array:
        """Return the upper triangle of each matrix, with zeros below it.

        Parameters
        ----------
        x : array, shape (..., m, n)
        k : int, default 0
            The lowest diagonal that is kept: positive is above the main one, negative below.

        Returns
        -------
        array, shape and dtype of `x`
        """
        raise NotImplementedError

    @staticmethod
    def zeros(
        shape: int | Shape, *, dtype: DType | None = None, device: Device | None = None
    ) -> Array:
        """Return an array of zeros.

        Returns
        -------
        array, shape `shape`, of the default real dtype unless `dtype` is given
        """
        raise NotImplementedError

    @staticmethod
    def zeros_like(
        x: Array, /, *, dtype: DType | None = None, device: Device | None = None
    ) -> Array:
        """Return an array of zeros like `x`.

        Returns
        -------
        array, with the shape of `x`, and its dtype and device unless they are given
        """
        raise NotImplementedError
