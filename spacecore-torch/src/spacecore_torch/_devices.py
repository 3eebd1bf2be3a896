"""Which devices there are, and one spelling for each."""

from __future__ import annotations

from typing import Any

import torch

from spacecore.errors import BackendUnavailableError

__all__ = ["account", "devices", "normalize_device"]


def devices() -> list[torch.device]:
    """Return the devices that hold values: the host, then each accelerator."""
    kind = torch.accelerator.current_accelerator()
    count = torch.accelerator.device_count() if kind is not None else 0
    return [torch.device("cpu")] + [torch.device(kind.type, i) for i in range(count)]  # type: ignore[union-attr]


def normalize_device(device: Any) -> torch.device:
    """Return the device with its index: `cuda` is `cuda:0`; the host and `meta` have none.

    Raises
    ------
    BackendUnavailableError
        If there is no such device here.
    """
    try:
        named = torch.device(device)
    except (RuntimeError, TypeError, ValueError):
        raise _missing(device) from None
    if named.type in _WITHOUT_INDEX:
        return torch.device(named.type)
    found = torch.device(named.type, named.index or 0)
    if found not in devices():
        raise _missing(device)
    return found


def account() -> dict[str, object]:
    """Return what helps to diagnose the backend."""
    return {
        "torch": torch.__version__,
        "devices": [str(device) for device in devices()],
        "default device": str(torch.get_default_device()),
        "default dtype": str(torch.get_default_dtype()).removeprefix("torch."),
        "float32 matmul precision": torch.get_float32_matmul_precision(),
        "threads": torch.get_num_threads(),
    }


_WITHOUT_INDEX = ("cpu", "meta")


def _missing(device: Any) -> BackendUnavailableError:
    there = ", ".join(str(found) for found in [*devices(), "meta"])
    return BackendUnavailableError(
        f"Torch has no device {str(device)!r} here. There are: {there}.",
        backend="torch",
        hint="Choose one of these, or install a Torch built for this device.",
    )
