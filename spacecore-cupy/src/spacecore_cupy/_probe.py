"""Whether a CUDA device answers, and what there is to say about it.

Devices are counted only: that starts the driver, but takes no memory on a device and makes no
context there, which a later fork of the process could not use.
"""

from __future__ import annotations

import cupy
from cupy.cuda import runtime

__all__ = ["describe", "device_count", "probe"]


def probe() -> str | None:
    """Return None where CuPy has a device to compute on, else the reason why not."""
    try:
        count = device_count()
    except runtime.CUDARuntimeError as error:
        return f"no CUDA device: {str(error).rstrip('.')}"
    return None if count else "no CUDA device: the driver is there and lists none"


def device_count() -> int:
    """Return how many devices CuPy sees.

    Raises
    ------
    cupy.cuda.runtime.CUDARuntimeError
        If there is no driver, or one too old for this CuPy.
    """
    return int(runtime.getDeviceCount())


def describe() -> dict[str, object]:
    """Return versions and devices, as `spacecore doctor` prints them."""
    reason = probe()
    return {
        "cupy": cupy.__version__,
        "cuda runtime": runtime.runtimeGetVersion(),
        "cuda driver": runtime.driverGetVersion(),
        "devices": [] if reason else [f"cuda:{i}" for i in range(device_count())],
        "reason": reason,
    }
