"""What Torch says of itself, as the standard asks."""

from __future__ import annotations

from typing import Any

import torch

from spacecore_torch._devices import devices
from spacecore_torch._dtypes import Dtypes

__all__ = ["TorchInfo"]


class TorchInfo:
    """The namespace info of the standard.

    Notes
    -----
    Torch stores uint16, uint32 and uint64, and computes nothing in them; they are not listed.
    """

    _NAMES = (
        "bool", "int8", "int16", "int32", "int64", "uint8",
        "float32", "float64", "complex64", "complex128",
    )  # fmt: skip

    def __init__(self, device: torch.device | None = None):
        self._device = device

    def capabilities(self) -> dict[str, Any]:
        """Return what Torch can do beyond the core of the standard."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self) -> torch.device:
        """Return the device that arrays are made on."""
        return torch.get_default_device() if self._device is None else self._device

    def default_dtypes(self, *, device: Any = None) -> dict[str, torch.dtype]:
        """Return the default dtype of each kind."""
        real = torch.get_default_dtype()
        return {
            "real floating": real,
            "complex floating": real.to_complex(),
            "integral": torch.int64,
            "indexing": torch.int64,
        }

    def devices(self) -> list[torch.device]:
        """Return the devices that hold values."""
        return devices()

    def dtypes(self, *, device: Any = None, kind: Any = None) -> dict[str, torch.dtype]:
        """Return the standard's dtypes that Torch computes in, by name."""
        where = self.default_device() if device is None else torch.device(device)
        without = ("float64", "complex128") if where.type == "mps" else ()
        found = {name: getattr(torch, name) for name in self._NAMES if name not in without}
        if kind is None:
            return found
        return {name: dtype for name, dtype in found.items() if Dtypes.isdtype(dtype, kind)}
