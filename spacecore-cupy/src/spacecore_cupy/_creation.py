"""Making arrays, on a device that is asked for.

CuPy makes an array on the current device and has no `device` argument, so that each function here
makes the device current first, and passes on what CuPy's own takes.
"""

from __future__ import annotations

from typing import Any

import cupy

from spacecore.backend import differs
from spacecore_cupy._device import on
from spacecore_cupy._updates import refuse_imaginary

__all__ = ["Creation"]

_PLACED = "CuPy makes arrays on the current device and takes no `device`"
_LIKE = "CuPy makes an array like another on the current device, the standard on the other's"


class Creation:
    """The standard's creation functions."""

    @staticmethod
    @differs(_PLACED)
    def arange(
        start: float,
        /,
        stop: float | None = None,
        step: float = 1,
        *,
        dtype: Any = None,
        device: Any = None,
    ) -> Any:
        with on(device):
            return cupy.arange(start, stop, step, dtype=dtype)

    @staticmethod
    @differs(f"{_PLACED}; an array stays on its own")
    def asarray(obj: Any, /, *, dtype: Any = None, device: Any = None, copy: Any = None) -> Any:
        if isinstance(obj, cupy.ndarray) and device is None:
            if copy is None and (dtype is None or obj.dtype == dtype):
                return obj
            device = obj.device
        with on(device):
            # blocking: the caller may change host memory as soon as this returns
            return cupy.asarray(obj, dtype=dtype, copy=copy, blocking=True)

    @staticmethod
    @differs(_PLACED)
    def empty(shape: Any, *, dtype: Any = None, device: Any = None) -> Any:
        with on(device):
            return cupy.empty(shape, cupy.float64 if dtype is None else dtype)

    @staticmethod
    @differs(_LIKE)
    def empty_like(x: Any, /, *, dtype: Any = None, device: Any = None) -> Any:
        with on(x.device if device is None else device):
            return cupy.empty_like(x, dtype)

    @staticmethod
    @differs(_PLACED)
    def eye(
        n_rows: int,
        n_cols: int | None = None,
        /,
        *,
        k: int = 0,
        dtype: Any = None,
        device: Any = None,
    ) -> Any:
        with on(device):
            return cupy.eye(n_rows, n_cols, k, cupy.float64 if dtype is None else dtype)

    @staticmethod
    @differs("CuPy names a device by DLPack's pair of numbers")
    def from_dlpack(x: object, /, *, device: Any = None, copy: bool | None = None) -> Any:
        if device is None:
            return cupy.from_dlpack(x, copy=copy)
        place: Any = on(device)
        with place:
            return cupy.from_dlpack(x, device=(_DLPACK_CUDA, place.id), copy=copy)

    @staticmethod
    @differs(f"{_PLACED}; it drops imaginary parts")
    def full(shape: Any, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Any:
        if dtype is not None:
            refuse_imaginary(fill_value, cupy.dtype(dtype))
        with on(device):
            return cupy.full(shape, fill_value, dtype)

    @staticmethod
    @differs(f"{_LIKE}; it drops imaginary parts")
    def full_like(x: Any, /, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Any:
        refuse_imaginary(fill_value, x.dtype if dtype is None else cupy.dtype(dtype))
        with on(x.device if device is None else device):
            return cupy.full_like(x, fill_value, dtype)

    @staticmethod
    @differs(f"{_PLACED}; its `linspace` casts the ends to float")
    def linspace(
        start: complex,
        stop: complex,
        /,
        num: int,
        *,
        dtype: Any = None,
        device: Any = None,
        endpoint: bool = True,
    ) -> Any:
        with on(device):
            if not (cupy.iscomplexobj(start) or cupy.iscomplexobj(stop)):
                return cupy.linspace(start, stop, num, endpoint=endpoint, dtype=dtype)
            real = cupy.linspace(start.real, stop.real, num, endpoint=endpoint)
            imag = cupy.linspace(start.imag, stop.imag, num, endpoint=endpoint)
            return (real + 1j * imag).astype(cupy.complex128 if dtype is None else dtype)

    @staticmethod
    @differs(_PLACED)
    def ones(shape: Any, *, dtype: Any = None, device: Any = None) -> Any:
        with on(device):
            return cupy.ones(shape, cupy.float64 if dtype is None else dtype)

    @staticmethod
    @differs(_LIKE)
    def ones_like(x: Any, /, *, dtype: Any = None, device: Any = None) -> Any:
        with on(x.device if device is None else device):
            return cupy.ones_like(x, dtype)

    @staticmethod
    @differs(_PLACED)
    def zeros(shape: Any, *, dtype: Any = None, device: Any = None) -> Any:
        with on(device):
            return cupy.zeros(shape, cupy.float64 if dtype is None else dtype)

    @staticmethod
    @differs(_LIKE)
    def zeros_like(x: Any, /, *, dtype: Any = None, device: Any = None) -> Any:
        with on(x.device if device is None else device):
            return cupy.zeros_like(x, dtype)


_DLPACK_CUDA = 2
