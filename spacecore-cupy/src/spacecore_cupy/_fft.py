"""The `fft` extension: CuPy's functions are the standard's, but for the frequencies."""

from __future__ import annotations

from typing import Any

from cupy import fft

from spacecore.backend import FFTNamespace, differs
from spacecore_cupy._device import on

__all__ = ["CuPyFFT"]

_PLACED = "CuPy gives float64 on the current device and takes neither `dtype` nor `device`"


class CuPyFFT(FFTNamespace):
    """Transforms by cuFFT."""

    xp = fft

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
