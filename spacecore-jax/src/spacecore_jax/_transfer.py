"""Dense arrays to and from other libraries."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from spacecore.backend import differs, dtype_name
from spacecore.errors import ConversionError
from spacecore_jax._devices import is_on_cpu
from spacecore_jax._dtypes import refuse_wide
from spacecore_jax._host import from_host, is_shareable

__all__ = ["export_dense", "import_dense", "to_numpy"]

_HOST = 1  # the host's number in DLPack


@differs("NumPy's error for a traced array does not say what to do")
def to_numpy(x: Any) -> Any:
    """Return the values as a NumPy array, read-only over the same memory on the CPU.

    Raises
    ------
    ConversionError
        For a traced array.
    """
    try:
        return np.asarray(x)
    except jax.errors.TracerArrayConversionError:
        raise _no_values(x) from None


@differs("JAX exports no traced array, and none that lies on several devices")
def export_dense(x: Any, *, copy: bool | None = None) -> Any:
    """Return an array that other libraries can take through DLPack.

    Raises
    ------
    ConversionError
        For a traced array, or a refused copy.
    """
    if isinstance(x, Tracer):
        raise _no_values(x)
    devices = x.devices()
    whole = len(devices) == 1
    if copy is False and not whole:
        raise ConversionError(
            f"An array crosses without a copy if it lies on one device. Got one on "
            f"{len(devices)}. Pass copy=None."
        )
    if whole and copy is not True:
        return x
    # A copy is NumPy's where that will do: JAX's is read-only, and others may want to write.
    fit = dtype_name(x.dtype) != "bfloat16" and (not whole or all(map(is_on_cpu, devices)))
    return np.array(x) if fit else jnp.copy(x)


@differs("JAX narrows 64 bits, and copies from the host after returning")
def import_dense(x: Any, *, device: Any = None, copy: bool | None = None) -> Any:
    """Return a JAX array of another library's dense array, dtype kept.

    Raises
    ------
    CastError
        For 64 bits while JAX has them disabled.
    ConversionError
        If the copy that `copy=False` refuses is needed, or JAX can't take the array.
    """
    refuse_wide(x.dtype)
    on_host = isinstance(x, np.ndarray) or x.__dlpack_device__()[0] == _HOST
    if not on_host or dtype_name(x.dtype) == "bfloat16":  # NumPy reads no bfloat16
        return _from_dlpack(x, device, copy)
    try:
        array = np.from_dlpack(x) if not isinstance(x, np.ndarray) else x
    except (BufferError, RuntimeError) as error:
        raise _refusal(x, error) from error
    if copy is False and not is_shareable(array, device):
        raise ConversionError(
            "JAX shares memory of its own device, in row-major order and aligned to 64 bytes. "
            f"Got shape {array.shape}, strides {array.strides} at "
            f"{array.ctypes.data % 64} bytes past an aligned address. Pass copy=None."
        )
    return from_host(array, device, copy=copy)


def _from_dlpack(x: Any, device: Any, copy: bool | None) -> Any:
    try:
        made = jnp.from_dlpack(x, device=device, copy=False if copy is False else None)
        if copy:  # asked of `from_dlpack`, it is not always one
            made = jnp.array(made, copy=True)
    except jax.errors.JaxRuntimeError as error:  # gaps in memory, of which nothing tells before
        if copy is False:
            raise _refusal(x, error) from error
        made = jnp.from_dlpack(_Copied(x), device=device)
    except (BufferError, ValueError) as error:
        raise _refusal(x, error) from error
    # JAX may copy after returning, and the source may be written to: wait for it.
    return jax.block_until_ready(made)  # type: ignore[no-untyped-call]


class _Copied:
    """An array that hands out a copy of itself, made by its own library, without gaps."""

    def __init__(self, x: Any):
        self.x = x

    def __dlpack__(self, **options: Any) -> Any:
        return self.x.__dlpack__(**{**options, "copy": True})

    def __dlpack_device__(self) -> Any:
        return self.x.__dlpack_device__()


def _refusal(x: Any, error: Exception) -> ConversionError:
    return ConversionError(
        f"JAX can't take this {type(x).__name__} of dtype {dtype_name(x.dtype)}: {error}"
    )


def _no_values(x: Any) -> ConversionError:
    return ConversionError(
        f"A traced array has no values yet. Got {dtype_name(x.dtype)}{list(x.shape)} inside "
        "`jit`, `vmap` or `grad`. Convert outside the traced function."
    )
