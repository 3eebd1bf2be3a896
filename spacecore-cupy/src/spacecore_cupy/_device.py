"""CUDA devices: from a name to CuPy's object, and making one current for a block."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from cupy import cuda

from spacecore.errors import BackendUnavailableError
from spacecore_cupy._probe import device_count, probe

__all__ = ["as_device", "device_name", "on"]

_NOTHING = nullcontext()
_NAME = re.compile(r"cuda(?::(\d+))?|<CUDA Device (\d+)>")  # the second is how CuPy prints one


def as_device(device: Any) -> Any:
    """Return CuPy's device object for one, an index, `"cuda"` (the first) or `"cuda:1"`.

    Raises
    ------
    BackendUnavailableError
        If it is no CUDA device, or not there.
    """
    index = _index(device)
    reason = probe()
    if reason is not None:
        raise _unavailable(f"CuPy can't use {device!r}: {reason}.")
    count = device_count()
    if not 0 <= index < count:
        raise _unavailable(f"CuPy sees {count} devices, from cuda:0 on. Got {device!r}.")
    return cuda.Device(index)


def device_name(device: Any) -> str:
    """Return `"cuda:0"` for CuPy's device object of index 0."""
    return f"cuda:{device.id}"


def on(device: Any) -> AbstractContextManager[Any]:
    """Return a context in which a device is the current one; None leaves it as it is."""
    if device is None:
        return _NOTHING
    return device if isinstance(device, cuda.Device) else as_device(device)


def _index(device: Any) -> int:
    if isinstance(device, cuda.Device):
        return int(device.id)
    if isinstance(device, int) and not isinstance(device, bool):
        return device
    named = _NAME.fullmatch(str(device))
    if named is None:
        raise _unavailable(f"CuPy computes on CUDA devices only. Got {device!r}.")
    return int(named[1] or named[2] or 0)


def _unavailable(message: str) -> BackendUnavailableError:
    return BackendUnavailableError(
        message, backend="cupy", hint='Devices are named "cuda:0", "cuda:1", ...'
    )
