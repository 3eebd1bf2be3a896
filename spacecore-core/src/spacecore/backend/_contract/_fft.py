"""The `fft` extension of the array API standard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from spacecore._typing import Array, Device, DType
from spacecore.backend._bind import Bound
from spacecore.backend._declare import section

__all__ = ["FFTNamespace"]

Norm: TypeAlias = Literal["backward", "ortho", "forward"]


@section("fft extension", standard=True)
class FFTNamespace(Bound, declaration=True):
    """Discrete Fourier transforms, their frequencies and shifts.

    The forward transform of length n is `X[k] = sum_j x[j] exp(-2 pi i j k / n)`. `norm` says which
    way the factor 1/n goes: `"backward"`, on the inverse; `"forward"`, on the forward transform;
    `"ortho"`, its square root on each, which makes them unitary. Precision is kept: `float32` goes
    with `complex64`, `float64` with `complex128`.
    """

    @staticmethod
    def fft(x: Array, /, *, n: int | None = None, axis: int = -1, norm: Norm = "backward") -> Array:
        """Return the discrete Fourier transform along an axis.

        Parameters
        ----------
        x : array, complex
        n : int, optional
            The length of the transform: `x` is cut or padded with zeros to it. That of `x` along
            `axis` by default.
        norm : {"backward", "ortho", "forward"}, default "backward"
            Where the factor 1/n goes: on the inverse, its root on both, or on the forward one.

        Returns
        -------
        array, complex, shape of `x` with length n along `axis`
        """
        raise NotImplementedError

    @staticmethod
    def ifft(
        x: Array, /, *, n: int | None = None, axis: int = -1, norm: Norm = "backward"
    ) -> Array:
        """Return the inverse discrete Fourier transform along an axis.

        Parameters
        ----------
        x : array, complex
        n : int, optional
            The length of the transform: `x` is cut or padded with zeros to it. That of `x` along
            `axis` by default.
        norm : {"backward", "ortho", "forward"}, default "backward"
            Where the factor 1/n goes: on the inverse, its root on both, or on the forward one.

        Returns
        -------
        array, complex, shape of `x` with length n along `axis`
        """
        raise NotImplementedError

    @staticmethod
    def fftn(
        x: Array,
        /,
        *,
        s: Sequence[int] | None = None,
        axes: Sequence[int] | None = None,
        norm: Norm = "backward",
    ) -> Array:
        """Return the discrete Fourier transform over several axes.

        Parameters
        ----------
        x : array, complex
        s : sequence of int, optional
            The lengths of the transform along `axes`, cutting or padding with zeros; -1 keeps one.
            Those of `x` by default.
        axes : sequence of int, optional
            Every axis by default; required with `s`.
        norm : {"backward", "ortho", "forward"}, default "backward"
            Where the factor 1/n goes: on the inverse, its root on both, or on the forward one.

        Returns
        -------
        array, complex, shape of `x` with lengths `s` along `axes`
        """
        raise NotImplementedError

    @staticmethod
    def ifftn(
        x: Array,
        /,
        *,
        s: Sequence[int] | None = None,
        axes: Sequence[int] | None = None,
        norm: Norm = "backward",
    ) -> Array:
        """Return the inverse discrete Fourier transform over several axes.

        Parameters
        ----------
        x : array, complex
        s : sequence of int, optional
            The lengths of the transform along `axes`, cutting or padding with zeros; -1 keeps one.
            Those of `x` by default.
        axes : sequence of int, optional
            Every axis by default; required with `s`.
        norm : {"backward", "ortho", "forward"}, default "backward"
            Where the factor 1/n goes: on the inverse, its root on both, or on the forward one.

        Returns
        -------
        array, complex, shape of `x` with lengths `s` along `axes`
        """
        raise NotImplementedError

    @staticmethod
    def rfft(
        x: Array, /, *, n: int | None = None, axis: int = -1, norm: Norm = "backward"
    ) -> Array:
        """Return the nonnegative half of the spectrum of a real signal.

        The other half is its conjugate mirror image, and is not computed.

        Parameters
        ----------
        x : array, real floating-point
        n : int, optional
            The length of the transform: `x` is cut or padded with zeros to it. That of `x` along
            `axis` by default.
        norm : {"backward", "ortho", "forward"}, default "backward"
            Where the factor 1/n goes: on the inverse, its root on both, or on the forward one.

        Returns
        -------
        array, complex, shape of `x` with length n // 2 + 1 along `axis`
        """
        raise NotImplementedError

    @staticmethod
    def irfft(
        x: Array, /, *, n: int | None = None, axis: int = -1, norm: Norm = "backward"
    ) -> Array:
        """Return the real signal with the given half spectrum: `rfft` undone.

        The imaginary part of the first entry, and of the last for an even n, is ignored.

        Parameters
        ----------
        x : array, complex
        n : int, optional
            The length of the result. `2 * (m - 1)` by default, for m entries along `axis`; give an
            odd n to get an odd length back. `x` is cut or padded to `n // 2 + 1`.
        norm : {"backward", "ortho", "forward"}, default "backward"
            Where the factor 1/n goes: on the inverse, its root on both, or on the forward one.

        Returns
        -------
        array, real, shape of `x` with length n along `axis`
        """
        raise NotImplementedError

    @staticmethod
    def rfftn(
        x: Array,
        /,
        *,
        s: Sequence[int] | None = None,
        axes: Sequence[int] | None = None,
        norm: Norm = "backward",
    ) -> Array:
        """Return half of the spectrum of a real signal over several axes.

        `rfft` is taken along the last of `axes` and `fft` along the others.

        Parameters
        ----------
        x : array, real floating-point
        s : sequence of int, optional
            The lengths of the transform along `axes`, cutting or padding with zeros; -1 keeps one.
            Those of `x` by default.
        axes : sequence of int, optional
            Every axis by default; required with `s`.
        norm : {"backward", "ortho", "forward"}, default "backward"
            Where the factor 1/n goes: on the inverse, its root on both, or on the forward one.

        Returns
        -------
        array, complex, lengths `s` along `axes` but `s[-1] // 2 + 1` along the last
        """
        raise NotImplementedError

    @staticmethod
    def irfftn(
        x: Array,
        /,
        *,
        s: Sequence[int] | None = None,
        axes: Sequence[int] | None = None,
        norm: Norm = "backward",
    ) -> Array:
        """Return the real signal with the given half spectrum: `rfftn` undone.

        `ifft` is taken along all but the last of `axes`, then `irfft` along that.

        Parameters
        ----------
        x : array, complex
        s : sequence of int, optional
            The lengths of the result along `axes`. Those of `x` by default, and `2 * (m - 1)`
            along the last axis; give an odd last entry to get an odd length back.
            -1 is the length of `x`.
        axes : sequence of int, optional
            Every axis by default; required with `s`.
        norm : {"backward", "ortho", "forward"}, default "backward"
            Where the factor 1/n goes: on the inverse, its root on both, or on the forward one.

        Returns
        -------
        array, real, shape of `x` with lengths `s` along `axes`
        """
        raise NotImplementedError

    @staticmethod
    def hfft(
        x: Array, /, *, n: int | None = None, axis: int = -1, norm: Norm = "backward"
    ) -> Array:
        """Return the real spectrum of a signal with Hermitian symmetry.

        `x` is the nonnegative half of the signal, whose other half is its conjugate mirror image.

        Parameters
        ----------
        x : array, complex
        n : int, optional
            The length of the result. `2 * (m - 1)` by default, for m entries along `axis`; give an
            odd n to get an odd length back. `x` is cut or padded to `n // 2 + 1`.
        norm : {"backward", "ortho", "forward"}, default "backward"
            Where the factor 1/n goes: on the inverse, its root on both, or on the forward one.

        Returns
        -------
        array, real, shape of `x` with length n along `axis`
        """
        raise NotImplementedError

    @staticmethod
    def ihfft(
        x: Array, /, *, n: int | None = None, axis: int = -1, norm: Norm = "backward"
    ) -> Array:
        """Return half of the Hermitian signal with a real spectrum: `hfft` undone.

        Parameters
        ----------
        x : array, real floating-point
        n : int, optional
            The length of the transform: `x` is cut or padded with zeros to it. That of `x` along
            `axis` by default.
        norm : {"backward", "ortho", "forward"}, default "backward"
            Where the factor 1/n goes: on the inverse, its root on both, or on the forward one.

        Returns
        -------
        array, complex, shape of `x` with length n // 2 + 1 along `axis`
        """
        raise NotImplementedError

    @staticmethod
    def fftfreq(
        n: int, /, *, d: float = 1.0, dtype: DType | None = None, device: Device | None = None
    ) -> Array:
        """Return the frequencies of the entries of `fft`, in cycles per unit of `d`.

        They are 0, 1, ..., then the negative ones up to -1, over `n * d`. For an even n the
        frequency n / 2 counts as negative.

        Parameters
        ----------
        n : int
            The length of the transform.
        d : float, default 1
            The spacing of the samples.
        dtype : dtype, optional
            The default real dtype by default.

        Returns
        -------
        array, shape (n,), real floating-point
        """
        raise NotImplementedError

    @staticmethod
    def rfftfreq(
        n: int, /, *, d: float = 1.0, dtype: DType | None = None, device: Device | None = None
    ) -> Array:
        """Return the frequencies of the entries of `rfft`, in cycles per unit of `d`.

        They are 0, 1, ..., n // 2 over `n * d`; none is negative.

        Parameters
        ----------
        n : int
            The length of the signal, not of the half spectrum.
        d : float, default 1
            The spacing of the samples.
        dtype : dtype, optional
            The default real dtype by default.

        Returns
        -------
        array, shape (n // 2 + 1,), real floating-point
        """
        raise NotImplementedError

    @staticmethod
    def fftshift(x: Array, /, *, axes: int | Sequence[int] | None = None) -> Array:
        """Return `x` rolled so that frequency 0 moves from the start to the middle.

        Parameters
        ----------
        x : array, floating-point or complex
        axes : int or sequence of int, optional
            Every axis by default.

        Returns
        -------
        array, shape and dtype of `x`
        """
        raise NotImplementedError

    @staticmethod
    def ifftshift(x: Array, /, *, axes: int | Sequence[int] | None = None) -> Array:
        """Return `x` rolled so that frequency 0 moves back: `fftshift` undone.

        The two differ for odd lengths.

        Parameters
        ----------
        x : array, floating-point or complex
        axes : int or sequence of int, optional
            Every axis by default.

        Returns
        -------
        array, shape and dtype of `x`
        """
        raise NotImplementedError
