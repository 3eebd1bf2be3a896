"""Arrays in and out: to the host by a copy, to other libraries on the GPU by sharing memory.

DLPack orders the streams: the consumer names the one that it will read on, and CuPy makes that
stream wait for what was asked of the array on its own.
"""

from __future__ import annotations

from typing import Any

import cupy
import numpy as np

from spacecore.backend import differs, dtype_name
from spacecore.errors import ConversionError
from spacecore_cupy._device import device_name, on

__all__ = ["Transfer"]


class Transfer:
    """What goes to and comes from other libraries."""

    @differs("other libraries take no negative or broadcast strides")
    def export_dense(self, x: Any, /, *, copy: bool | None = None) -> Any:
        fit = all(
            step >= 0 and (step > 0 or length <= 1)
            for step, length in zip(x.strides, x.shape, strict=True)
        )
        if fit and copy is not True:
            return x
        if copy is False:
            raise ConversionError(
                f"An array crosses without a copy if its strides are positive. "
                f"Got strides {x.strides}. Pass copy=None."
            )
        with on(x.device):
            return x.copy(order="C")

    @staticmethod
    @differs("CuPy's `from_dlpack` takes no arrays of the host")
    def import_dense(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Any:
        kind, index = x.__dlpack_device__()
        if kind in _ON_HOST:
            return _from_host(x, device, copy)
        try:
            shared = cupy.from_dlpack(x)
        except (BufferError, RuntimeError, TypeError, ValueError) as error:
            raise ConversionError(
                f"CuPy can't take this {type(x).__name__} of dtype {dtype_name(x.dtype)} "
                f"from DLPack device {(int(kind), index)}: {error}"
            ) from error
        moves = device is not None and shared.device != device
        if moves and copy is False:
            raise ConversionError(
                f"An array crosses without a copy to the device that it is on. "
                f"Got {device_name(shared.device)} and {device_name(device)}. Pass copy=None."
            )
        with on(shared.device if device is None else device):
            return shared.copy() if copy is True or moves else shared

    @differs("a library that queues its work has to be waited for")
    def block_until_ready(self, x: Any, /) -> Any:
        """Wait for the devices of the arrays in tuples, lists and dicts, or the current one."""
        devices = {leaf.device.id: leaf.device for leaf in _arrays(x)}
        for device in devices.values() or [cupy.cuda.Device()]:
            device.synchronize()
        return x


_ON_HOST = (1, 3)
"""DLPack's numbers for the host's memory, and for the host's that CUDA has pinned."""


def _from_host(x: Any, device: Any, copy: bool | None) -> Any:
    if copy is False:
        raise ConversionError(
            "The host and a GPU share no memory. Got an array on the host and copy=False. "
            "Pass copy=None."
        )
    with on(device):
        # blocking: `x` may be changed as soon as this returns
        return cupy.array(np.from_dlpack(x), copy=True, blocking=True)


def _arrays(tree: Any) -> Any:
    if isinstance(tree, cupy.ndarray):
        yield tree
    elif isinstance(tree, tuple | list):
        for item in tree:
            yield from _arrays(item)
    elif isinstance(tree, dict):
        yield from _arrays(list(tree.values()))
