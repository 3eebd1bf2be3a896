"""Creation functions: the standard's signatures over Torch's."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch

from spacecore.backend import differs
from spacecore.errors import CastError, ConversionError
from spacecore_torch._promotion import SCALARS, STORED_ONLY, plain, result_type
from spacecore_torch._tracing import default_device
from spacecore_torch._transfer import from_foreign
from spacecore_torch._updates import refuse_number

__all__ = ["Creation"]

_SHAPE = differs("Torch calls the shape `size`")
_CAST = STORED_ONLY | {torch.complex64, torch.complex128}
"""The dtypes that Torch counts in by casting."""
_DIAGONAL = differs("Torch calls `k` `diagonal`")


class Creation:
    """Creation functions of the standard."""

    @staticmethod
    @_SHAPE
    def empty(shape: Any, *, dtype: Any = None, device: Any = None) -> torch.Tensor:
        if dtype is None and device is None:  # Torch spends a sixth of its time on reading None
            return torch.empty(shape)
        return torch.empty(shape, dtype=dtype, device=device)

    @staticmethod
    @_SHAPE
    def ones(shape: Any, *, dtype: Any = None, device: Any = None) -> torch.Tensor:
        if dtype is None and device is None:
            return torch.ones(shape)
        return torch.ones(shape, dtype=dtype, device=device)

    @staticmethod
    @_SHAPE
    def zeros(shape: Any, *, dtype: Any = None, device: Any = None) -> torch.Tensor:
        if dtype is None and device is None:
            return torch.zeros(shape)
        return torch.zeros(shape, dtype=dtype, device=device)

    @staticmethod
    @differs("Torch calls the shape `size`, takes no int for it, and tells of an overflow of 1j")
    def full(shape: Any, fill_value: Any, *, dtype: Any = None, device: Any = None) -> torch.Tensor:
        size = shape if isinstance(shape, tuple | list) else (shape,)
        if type(fill_value) not in SCALARS:
            if isinstance(fill_value, torch.Tensor):
                return _filled(size, fill_value, dtype, device)
            fill_value = plain(fill_value)  # for Torch makes a float of a bool of NumPy's
        if dtype is not None:
            refuse_number(fill_value, dtype)
        if dtype is None and device is None:
            return torch.full(size, fill_value)
        return torch.full(size, fill_value, dtype=dtype, device=device)

    @staticmethod
    @differs("Torch tells of an overflow of 1j")
    def full_like(x: Any, /, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Any:
        if type(fill_value) is not float:
            if isinstance(fill_value, torch.Tensor):
                return _filled(x.shape, fill_value, dtype or x.dtype, device or x.device)
            fill_value = plain(fill_value)
            refuse_number(fill_value, x.dtype if dtype is None else dtype)
        if dtype is None and device is None:
            return torch.full_like(x, fill_value)
        return torch.full_like(x, fill_value, dtype=dtype, device=device)

    @staticmethod
    @differs("Torch refuses an empty range, and has no keyword `stop`")
    def arange(
        start: Any,
        /,
        stop: Any = None,
        step: Any = 1,
        *,
        dtype: Any = None,
        device: Any = None,
    ) -> torch.Tensor:
        if stop is None:
            if step == 1 and start >= 0 and dtype not in _CAST:
                return torch.arange(start, dtype=dtype, device=device)
            start, stop = 0, start
        if (stop - start) * step < 0:
            stop = start
        if dtype in _CAST:
            drawn = dtype.to_real() if dtype.is_complex else None
            return torch.arange(start, stop, step, dtype=drawn, device=device).to(dtype)
        return torch.arange(start, stop, step, dtype=dtype, device=device)

    @staticmethod
    @differs("Torch takes no None for a length, and has the main diagonal only")
    def eye(
        n_rows: int,
        n_cols: int | None = None,
        /,
        *,
        k: int = 0,
        dtype: Any = None,
        device: Any = None,
    ) -> torch.Tensor:
        if n_cols is None and k == 0 and dtype is None and device is None:
            return torch.eye(n_rows)
        columns = n_rows if n_cols is None else n_cols
        if k == 0 and dtype not in STORED_ONLY:
            return torch.eye(n_rows, columns, dtype=dtype, device=device)
        made = torch.zeros((n_rows, columns), dtype=dtype, device=device)
        if -n_rows < k < columns:
            made.diagonal(k).fill_(1)
        return made

    @staticmethod
    @differs("Torch always includes the end, and its steps overflow")
    def linspace(
        start: Any,
        stop: Any,
        /,
        num: int,
        *,
        dtype: Any = None,
        device: Any = None,
        endpoint: bool = True,
    ) -> torch.Tensor:
        width = stop - start
        if type(width) not in _REAL:
            if isinstance(width, torch.Tensor):
                return _between(start, stop, num, dtype, device, endpoint=endpoint)
        elif not -_NARROW <= width <= _NARROW:
            wide = _widened(start, stop, num + (not endpoint), dtype, device)
            if wide is not None:
                return wide if endpoint else wide[:-1]
        if endpoint:
            return torch.linspace(start, stop, num, dtype=dtype, device=device)
        return torch.linspace(start, stop, num + 1, dtype=dtype, device=device)[:-1]

    @staticmethod
    @differs("Torch has no default indexing, and takes at least one array")
    def meshgrid(*arrays: Any, indexing: Any = "xy") -> Any:
        return torch.meshgrid(*arrays, indexing=indexing) if arrays else ()

    @staticmethod
    @_DIAGONAL
    def tril(x: Any, /, *, k: int = 0) -> torch.Tensor:
        return torch.tril(x, k) if k else torch.tril(x)

    @staticmethod
    @_DIAGONAL
    def triu(x: Any, /, *, k: int = 0) -> torch.Tensor:
        return torch.triu(x, k) if k else torch.triu(x)

    @staticmethod
    @differs("Torch misreads arrays of other libraries, and moves tensors to the default device")
    def asarray(
        obj: Any, /, *, dtype: Any = None, device: Any = None, copy: bool | None = None
    ) -> torch.Tensor:
        if isinstance(obj, torch.Tensor):
            if device is None and not copy and (dtype is None or dtype is obj.dtype):
                return obj
            return _from_tensor(obj, dtype, device, copy)
        if type(obj) in SCALARS:
            if copy is False:
                raise _uncopied(obj)
            return torch.full((), obj, dtype=dtype, device=device)
        return _from_data(obj, dtype, device, copy)

    @staticmethod
    @differs("Torch aborts the process on negative strides")
    def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> torch.Tensor:
        if not isinstance(x, _Array):
            raise AttributeError(f"`from_dlpack` needs an array with `__dlpack__`. Got {x!r}.")
        if isinstance(x, torch.Tensor):
            return _from_tensor(x, None, device, copy)
        try:
            return from_foreign(x, device=device, copy=copy)
        except ConversionError as error:
            raise BufferError(str(error)) from error


def _filled(size: Any, value: torch.Tensor, dtype: Any, device: Any) -> torch.Tensor:
    """A tensor of another one's value, with its derivative."""
    made = _from_tensor(value, dtype, device, None)
    return torch.broadcast_to(made, tuple(size)).clone(memory_format=torch.contiguous_format)


def _between(
    start: Any, stop: Any, num: int, dtype: Any, device: Any, *, endpoint: bool
) -> torch.Tensor:
    """Numbers between ends of which one is a tensor, with their derivatives."""
    dtype = result_type(start, stop, torch.get_default_dtype()) if dtype is None else dtype
    of = start if isinstance(start, torch.Tensor) else stop
    real = dtype.to_real() if dtype.is_complex else dtype
    real = real if real.is_floating_point else torch.get_default_dtype()
    steps = torch.arange(num, dtype=real, device=of.device if device is None else device)
    parts = steps / max(num - 1 if endpoint else num, 1)
    made = (1 - parts) * start + parts * stop
    return made if made.dtype is dtype else _from_tensor(made, dtype, None, None)


_REAL = frozenset({int, float})
_NARROW = 65504
"""The largest number of the narrowest dtype."""


def _widened(start: Any, stop: Any, num: int, dtype: Any, device: Any) -> torch.Tensor | None:
    """Numbers over a range wider than the largest number of their dtype; None over a narrower."""
    dtype = torch.get_default_dtype() if dtype is None else dtype
    if not dtype.is_floating_point or abs(stop - start) <= torch.finfo(dtype).max:
        return None
    return 2 * torch.linspace(start / 2, stop / 2, num, dtype=dtype, device=device)


def _from_tensor(x: torch.Tensor, dtype: Any, device: Any, copy: bool | None) -> torch.Tensor:
    if dtype is not None and x.dtype.is_complex and not dtype.is_complex:
        raise CastError(
            f"A complex array is not cast to a real dtype. Got {x.dtype} into {dtype}. "
            "Take the real part first: `ops.real(x)`."
        )
    made = x.to(dtype=dtype, device=device, copy=bool(copy))
    if copy is False and made is not x:
        raise _uncopied(x)
    return made


def _from_data(obj: Any, dtype: Any, device: Any, copy: bool | None) -> torch.Tensor:
    """A tensor from a sequence, an array of another library, or a buffer."""
    if isinstance(obj, _SEQUENCES):
        if copy is False:
            raise _uncopied(obj)
        if _holds_arrays(obj):
            made = torch.stack([Creation.asarray(item) for item in obj])
            return _from_tensor(made, dtype, device, None)
        return torch.asarray(obj, dtype=dtype, device=device)
    source = obj if isinstance(obj, _ARRAYS) else _from_buffer(obj)
    try:
        made = from_foreign(source, copy=copy)
    except ConversionError as error:
        if copy is False:
            raise ValueError(str(error)) from error
        raise
    where = default_device() if device is None else device
    if where == made.device and (dtype is None or dtype is made.dtype):
        return made
    return _from_tensor(made, dtype, where, False if copy is False else None)


def _from_buffer(obj: Any) -> Any:
    """The NumPy array of what has one, or memory that can be read."""
    try:
        return np.asarray(memoryview(obj))
    except TypeError:
        if hasattr(obj, "__array__"):
            return np.asarray(obj)
        raise TypeError(
            "`asarray` takes arrays, numbers, nested sequences of them, and buffers. "
            f"Got {type(obj).__name__}."
        ) from None


@runtime_checkable
class _Array(Protocol):
    """An array of any library that speaks DLPack; NumPy's scalars are arrays without axes."""

    def __dlpack__(self) -> Any: ...
    def __dlpack_device__(self) -> tuple[int, int]: ...


_SEQUENCES = (list, tuple, range)
_ARRAYS = (np.ndarray, torch.Tensor, _Array)  # to ask about a protocol takes long


def _holds_arrays(items: Any) -> bool:
    if SCALARS.issuperset(map(type, items)):
        return False
    return any(_is_or_holds_array(item) for item in items if type(item) not in SCALARS)


def _is_or_holds_array(item: Any) -> bool:
    return _holds_arrays(item) if isinstance(item, (list, tuple)) else isinstance(item, _ARRAYS)


def _uncopied(obj: Any) -> ValueError:
    return ValueError(
        f"`asarray` without a copy needs an array of this dtype on this device. "
        f"Got {type(obj).__name__}. Pass copy=None."
    )
