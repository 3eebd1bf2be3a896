"""The `fft` extension: CuPy's functions, but for the frequencies and for lengths that stay."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from cupy import fft

from spacecore.backend import FFTNamespace, differs
from spacecore_cupy._device import on

__all__ = ["CuPyFFT"]

_PLACED = "CuPy gives float64 on the current device and takes neither `dtype` nor `device`"


def _keeping(function: Callable[..., Any]) -> Callable[..., Any]:
    @differs("CuPy takes a -1 among lengths, for one that stays, as the end of a slice")
    @wraps(function)
    def call(x: Any, /, *, s: Any = None, axes: Any = None, norm: str = "backward") -> Any:
        if s is not None:
            along = range(-len(s), 0) if axes is None else axes
            s = tuple(x.shape[axis] if n == -1 else n for n, axis in zip(s, along, strict=True))
        return function(x, s, axes, norm)

    return call


class CuPyFFT(FFTNamespace):
    """Transforms by cuFFT."""

    xp = fft

    fftn = staticmethod(_keeping(fft.fftn))
    ifftn = staticmethod(_keeping(fft.ifftn))
    irfftn = staticmethod(_keeping(fft.irfftn))
    rfftn = staticmethod(_keeping(fft.rfftn))

    @staticmethod
    @differs(_PLACED)
    def fftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Any:
        with on(device):
            made = fft.fftfreq(n, d)
            return made if dtype is None else made.astype(dtype, copy=False)

    @staticmethod
    @differs(_PLACED)
    def rfftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Any:
        with on(device):
            made = fft.rfftfreq(n, d)
            return made if dtype is None else made.astype(dtype, copy=False)
