"""Linear algebra functions in the main namespace of the array API standard."""

from __future__ import annotations

from collections.abc import Sequence

from spacecore._typing import Array
from spacecore.backend._declare import section

__all__ = ["LinearAlgebraFunctions"]


@section("Linear algebra functions", standard=True)
class LinearAlgebraFunctions:
    """Products over axes; the results have the promoted dtype of the operands."""

    @staticmethod
    def matmul(x1: Array, x2: Array, /) -> Array:
        """Return the matrix product `x1 @ x2`, without conjugation.

        Parameters
        ----------
        x1 : array, shape (..., m, k) or (k,), numeric
        x2 : array, shape (..., k, n) or (k,), numeric
            The leading axes broadcast. A vector counts as a row on the left and as a column on
            the right, and its axis is absent from the result.

        Returns
        -------
        array, shape (..., m, n), (..., m), (..., n) or ()

        Raises
        ------
        Exception
            Of the library's own type, if an operand is 0-D or the inner lengths differ.
        """
        raise NotImplementedError

    @staticmethod
    def matrix_transpose(x: Array, /) -> Array:
        """Return each matrix transposed, without conjugation.

        Parameters
        ----------
        x : array, shape (..., m, n)

        Returns
        -------
        array, shape (..., n, m), dtype of `x`
        """
        raise NotImplementedError

    @staticmethod
    def tensordot(
        x1: Array, x2: Array, /, *, axes: int | tuple[Sequence[int], Sequence[int]] = 2
    ) -> Array:
        """Return the contraction of two arrays over pairs of axes, unconjugated.

        Parameters
        ----------
        x1, x2 : array, numeric
            Paired axes have equal lengths; they never broadcast.
        axes : int or pair of sequences of int, default 2
            An int n pairs the last n axes of `x1` with the first n of `x2`, in order, and 0 gives
            the outer product. A pair lists the axes of `x1` and their partners in `x2`.

        Returns
        -------
        array, shape: the other axes of `x1`, then the other axes of `x2`
        """
        raise NotImplementedError

    @staticmethod
    def vecdot(x1: Array, x2: Array, /, *, axis: int = -1) -> Array:
        """Return the dot products of vectors along an axis, `sum(conj(x1) * x2)`.

        Parameters
        ----------
        x1, x2 : array, numeric
            Of equal length along `axis`; the other axes broadcast.
        axis : int, default -1
            Negative, for it is counted from the end of each operand before broadcasting.

        Returns
        -------
        array, the broadcast shape without `axis`

        Raises
        ------
        Exception
            Of the library's own type, if the lengths along `axis` differ.
        """
        raise NotImplementedError
