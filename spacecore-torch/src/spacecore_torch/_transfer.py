"""Arrays in and out of Torch, by DLPack or from NumPy, without a copy where that is safe.

Torch aborts the process on negative strides that come through DLPack, and reads a JAX array that
is given to `torch.asarray` as other numbers; nothing foreign gets to Torch but through here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.compiler import is_dynamo_compiling

from spacecore.backend import dtype_name
from spacecore.errors import ConversionError
from spacecore_torch._tracing import is_traced

__all__ = ["export", "from_foreign", "from_numpy", "to_numpy"]

_ON_HOST = 1  # DLPack's number for the host's memory


def export(x: torch.Tensor, *, copy: bool | None = None) -> torch.Tensor:
    """Return the tensor, or a copy of it, that other libraries take through DLPack.

    Raises
    ------
    ConversionError
    """
    _refuse_unreadable(x)
    fit = not (x.is_conj() or x.is_neg() or _repeats_memory(x))
    if fit and copy is not True:
        return x
    if copy is False:
        raise ConversionError(
            "A tensor crosses without a copy if it is neither a lazy conjugate or negative nor "
            f"broadcast. Got strides {x.stride()}, is_conj={x.is_conj()}, is_neg={x.is_neg()}. "
            "Pass copy=None."
        )
    return torch.empty(x.shape, dtype=x.dtype, device=x.device).copy_(x)  # lazy bits and all


def to_numpy(x: Any, /) -> Any:
    """Return the values as a NumPy array, sharing the host's memory.

    Raises
    ------
    ConversionError
        For a tensor that `export` refuses, or of a dtype that NumPy lacks.
    """
    if not is_dynamo_compiling():  # where Torch would make it part of the graph
        try:
            return x.numpy()
        except (RuntimeError, TypeError):
            pass  # not in the host's memory as NumPy reads it, or refused; which, is told below
    _refuse_unreadable(x)
    try:
        return x.numpy(force=True)  # to the host, with lazy conjugates resolved
    except TypeError as error:
        raise ConversionError(
            f"NumPy has no dtype {dtype_name(x.dtype)}. Cast the tensor first."
        ) from error


def from_foreign(x: Any, *, device: Any = None, copy: bool | None = None) -> torch.Tensor:
    """Return a tensor over the data of another library's array, dtype kept.

    Raises
    ------
    ConversionError
    """
    if isinstance(x, np.ndarray):
        made, copied = from_numpy(x, copy=copy)
    elif isinstance(x, np.generic):
        if copy is False:
            raise ConversionError(f"A NumPy scalar crosses by a copy only. Got {x!r}.")
        made, copied = from_numpy(np.asarray(x))[0], True
    else:
        made, copied = _from_dlpack(x, copy=copy)
    if copy is True and not copied:
        made = made.clone()
    return made if device is None else _moved(made, device, copy=copy)


def from_numpy(x: Any, *, copy: bool | None = None) -> tuple[torch.Tensor, bool]:
    """Return a tensor over a NumPy array, and whether its memory is a new one.

    Raises
    ------
    ConversionError
        For a dtype that Torch lacks, or a refused copy.
    """
    fit = x.flags.writeable and x.dtype.isnative and _fits(x)
    if not fit:
        if copy is False:
            raise ConversionError(
                "A NumPy array becomes a tensor without a copy if it is writeable, in native byte "
                f"order, with positive strides of whole elements. Got strides {x.strides}, dtype "
                f"{x.dtype.str}, writeable={x.flags.writeable}. Pass copy=None."
            )
        x = np.array(x, dtype=x.dtype.newbyteorder("="), order="C", copy=True)
    try:
        return torch.from_numpy(x), not fit
    except TypeError as error:
        raise ConversionError(
            f"Torch has no dtype {dtype_name(x.dtype)}. Cast the array first."
        ) from error


def _from_dlpack(x: Any, *, copy: bool | None) -> tuple[torch.Tensor, bool]:
    try:
        if x.__dlpack_device__()[0] == _ON_HOST and _has_negative_strides(x):
            return from_numpy(np.from_dlpack(x), copy=copy)
        return torch.from_dlpack(x), False  # type: ignore[attr-defined]
    except (BufferError, RuntimeError, TypeError, ValueError) as error:
        raise ConversionError(f"Torch can't take this {type(x).__name__}: {error}") from error


def _has_negative_strides(x: Any) -> bool:
    """Whether an array on the host runs backwards, as a NumPy view of its memory tells.

    The libraries with dtypes that NumPy lacks have no negative strides.
    """
    try:
        return any(step < 0 for step in np.from_dlpack(x).strides)
    except (BufferError, RuntimeError):
        return False


def _fits(x: Any) -> bool:
    return all(step >= 0 and step % x.itemsize == 0 for step in x.strides)


def _moved(x: torch.Tensor, device: Any, *, copy: bool | None) -> torch.Tensor:
    moved = x.to(device)
    if copy is False and moved is not x:
        raise ConversionError(
            f"An array moves from {x.device} to {device} by a copy only. Pass copy=None."
        )
    return moved


def _refuse_unreadable(x: torch.Tensor) -> None:
    if is_traced(x):
        raise ConversionError(
            "A traced or meta tensor has no values that could leave Torch. Convert outside of "
            "`vmap`, `grad` and `jit`."
        )
    if x.requires_grad:
        raise ConversionError(
            "A tensor that requires a gradient does not leave Torch, where its gradient would be "
            "lost. Pass `x.detach()`."
        )


def _repeats_memory(x: torch.Tensor) -> bool:
    return any(step == 0 and n > 1 for step, n in zip(x.stride(), x.shape, strict=True))
