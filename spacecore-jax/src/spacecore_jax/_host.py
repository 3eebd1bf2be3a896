"""From the host's memory into JAX: shared where it fits, else copied once, before returning.

JAX on the CPU takes rows of memory aligned to 64 bytes as they are. Anything else it would copy
itself, after returning: a caller who goes on writing to the source would change the result. So the
copy is made here, into memory that JAX then shares.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from spacecore_jax._devices import is_on_cpu

__all__ = ["aligned_copy", "from_host", "is_shareable"]

_ALIGNMENT = 64
_SMALL = 4096  # bytes that `asarray` takes in at once, faster than they are shared


def from_host(array: np.ndarray[Any, Any], device: Any = None, *, copy: bool | None = None) -> Any:
    """Return a JAX array of a NumPy array's values.

    Parameters
    ----------
    array : numpy.ndarray, of a dtype that JAX has now
    device : device, optional
    copy : bool or None
        True never shares; False shares, for the caller has asked `is_shareable`; None shares
        where that pays.
    """
    dtype = _canonical(array)
    array = array.view(dtype) if array.dtype.isnative else array.astype(dtype)
    if not is_on_cpu(device):
        # Waiting ends the transfer, after which the caller may write to the source.
        return jax.block_until_ready(jax.device_put(array, device))  # type: ignore[no-untyped-call]
    if copy is None and device is None and array.nbytes < _SMALL:
        return jnp.asarray(array)
    if copy is True or not _fits(array):
        array = aligned_copy(array)
    return jax.device_put(array, device)


def is_shareable(array: np.ndarray[Any, Any], device: Any = None) -> bool:
    """Tell whether JAX can use a NumPy array's memory as it is."""
    return is_on_cpu(device) and _fits(array)


def aligned_copy(array: np.ndarray[Any, Any], dtype: Any = None) -> np.ndarray[Any, Any]:
    """Return a copy, cast if a dtype is given, in memory that JAX can share."""
    dtype = _canonical(array) if dtype is None else dtype
    size = array.size * dtype.itemsize
    memory = np.empty(size + _ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % _ALIGNMENT
    made = memory[start : start + size].view(dtype).reshape(array.shape)
    np.copyto(made, array, casting="unsafe")
    return made


def _fits(array: np.ndarray[Any, Any]) -> bool:
    if array.size == 0:
        return array.dtype.isnative
    aligned = array.ctypes.data % _ALIGNMENT == 0
    return aligned and array.flags.c_contiguous and array.dtype.isnative


def _canonical(array: np.ndarray[Any, Any]) -> np.dtype[Any]:
    """The one object of a dtype, in native byte order; JAX's array keeps the source's."""
    return np.dtype(array.dtype.type)
