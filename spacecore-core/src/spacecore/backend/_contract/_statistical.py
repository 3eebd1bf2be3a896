"""Statistical functions of the array API standard."""

from __future__ import annotations

from spacecore._typing import Array, Axes, DType
from spacecore.backend._declare import section

__all__ = ["StatisticalFunctions"]


@section("Statistical functions", standard=True)
class StatisticalFunctions:
    """Reductions and running reductions."""

    @staticmethod
    def cumulative_prod(
        x: Array,
        /,
        *,
        axis: int | None = None,
        dtype: DType | None = None,
        include_initial: bool = False,
    ) -> Array:
        """Return the running products along an axis.

        Parameters
        ----------
        x : array, at least 1-D, numeric
        axis : int, optional
            May be left out for a 1-D `x` only.
        dtype : dtype, optional
            That of `x` by default, except that a narrow integer is widened to the default width.
        include_initial : bool, default False
            Whether the empty product, 1, comes first.

        Returns
        -------
        array, shape of `x`, one longer along `axis` under `include_initial`
        """
        raise NotImplementedError

    @staticmethod
    def cumulative_sum(
        x: Array,
        /,
        *,
        axis: int | None = None,
        dtype: DType | None = None,
        include_initial: bool = False,
    ) -> Array:
        """Return the running sums along an axis.

        Parameters
        ----------
        x : array, at least 1-D, numeric
        axis : int, optional
            May be left out for a 1-D `x` only.
        dtype : dtype, optional
            That of `x` by default, except that a narrow integer is widened to the default width.
        include_initial : bool, default False
            Whether the empty sum, 0, comes first.

        Returns
        -------
        array, shape of `x`, one longer along `axis` under `include_initial`
        """
        raise NotImplementedError

    @staticmethod
    def max(x: Array, /, *, axis: Axes = None, keepdims: bool = False) -> Array:
        """Return the largest element over the given axes.

        NaN anywhere gives NaN. What an empty reduction gives is up to the library: mostly an error.

        Parameters
        ----------
        x : array, real
        axis : int or tuple of int, optional
            Every axis by default.

        Returns
        -------
        array, dtype of `x`, its shape without `axis` (or with length 1 there under `keepdims`)
        """
        raise NotImplementedError

    @staticmethod
    def mean(x: Array, /, *, axis: Axes = None, keepdims: bool = False) -> Array:
        """Return the arithmetic mean over the given axes.

        The mean of nothing is NaN.

        Parameters
        ----------
        x : array, floating-point or complex
        axis : int or tuple of int, optional
            Every axis by default.

        Returns
        -------
        array, dtype of `x`, its shape without `axis` (or with length 1 there under `keepdims`)
        """
        raise NotImplementedError

    @staticmethod
    def min(x: Array, /, *, axis: Axes = None, keepdims: bool = False) -> Array:
        """Return the smallest element over the given axes.

        NaN anywhere gives NaN. What an empty reduction gives is up to the library: mostly an error.

        Parameters
        ----------
        x : array, real
        axis : int or tuple of int, optional
            Every axis by default.

        Returns
        -------
        array, dtype of `x`, its shape without `axis` (or with length 1 there under `keepdims`)
        """
        raise NotImplementedError

    @staticmethod
    def prod(
        x: Array, /, *, axis: Axes = None, dtype: DType | None = None, keepdims: bool = False
    ) -> Array:
        """Return the product of the elements over the given axes.

        The product of nothing is 1.

        Parameters
        ----------
        x : array, numeric
        axis : int or tuple of int, optional
            Every axis by default.
        dtype : dtype, optional
            What to multiply in. That of `x` by default, except that an integer narrower than the
            default integer is widened to that width, with its signedness.

        Returns
        -------
        array, shape of `x` without `axis` (or with length 1 there under `keepdims`)
        """
        raise NotImplementedError

    @staticmethod
    def std(
        x: Array, /, *, axis: Axes = None, correction: float = 0.0, keepdims: bool = False
    ) -> Array:
        """Return the standard deviation over the given axes, `sqrt(var(x))`.

        Parameters
        ----------
        x : array, real floating-point
        axis : int or tuple of int, optional
            Every axis by default.
        correction : int or float, default 0
            Subtracted from the number n of elements in the divisor: 0 for a population, 1 for the
            unbiased variance of a sample. Where n is not larger, the standard's NaN or an infinity.

        Returns
        -------
        array, dtype of `x`, its shape without `axis` (or with length 1 there under `keepdims`)
        """
        raise NotImplementedError

    @staticmethod
    def sum(
        x: Array, /, *, axis: Axes = None, dtype: DType | None = None, keepdims: bool = False
    ) -> Array:
        """Return the sum of the elements over the given axes.

        The sum of nothing is 0.

        Parameters
        ----------
        x : array, numeric
        axis : int or tuple of int, optional
            Every axis by default.
        dtype : dtype, optional
            What to add in. That of `x` by default, except that an integer narrower than the
            default integer is widened to that width, with its signedness.

        Returns
        -------
        array, shape of `x` without `axis` (or with length 1 there under `keepdims`)
        """
        raise NotImplementedError

    @staticmethod
    def var(
        x: Array, /, *, axis: Axes = None, correction: float = 0.0, keepdims: bool = False
    ) -> Array:
        """Return the variance over the given axes.

        It is `sum((x - mean(x)) ** 2) / (n - correction)` for n elements.

        Parameters
        ----------
        x : array, real floating-point
        axis : int or tuple of int, optional
            Every axis by default.
        correction : int or float, default 0
            0 for a population, 1 for the unbiased variance of a sample. Where n is not larger, the
            standard's NaN or an infinity.

        Returns
        -------
        array, dtype of `x`, its shape without `axis` (or with length 1 there under `keepdims`)
        """
        raise NotImplementedError
