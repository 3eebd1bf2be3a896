"""`CuPyOps`: CuPy's own functions, and the few in which it differs."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

import array_api_compat.cupy
import cupy

from spacecore.backend import BackendFamily, BackendOps, differs, dtype_name, no_dtype
from spacecore.errors import CastError
from spacecore_cupy._creation import Creation
from spacecore_cupy._device import as_device, device_name, on
from spacecore_cupy._fft import CuPyFFT
from spacecore_cupy._linalg import CuPyLinalg, solve, vecdot
from spacecore_cupy._random import RandomNumbers
from spacecore_cupy._sparse import SparseMatrices
from spacecore_cupy._transfer import Transfer
from spacecore_cupy._updates import Updates

__all__ = ["CuPyOps"]

compat: Any = array_api_compat.cupy  # its names are made at run time


class FloatInfo(NamedTuple):
    """The limits of a floating-point dtype, as Python's floats."""

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: Any


class CuPyOps(Creation, Updates, RandomNumbers, SparseMatrices, Transfer, BackendOps):
    """CuPy: NumPy's functions on an NVIDIA GPU, eager; sparse matrices by cuSPARSE.

    Parameters
    ----------
    device : str, int or cupy.cuda.Device, optional
        `"cuda:1"`; `"cuda"` is the first. None leaves it to CuPy: its current device.

    Notes
    -----
    CuPy computes on the current device, also with arrays of another one. Ops that name a device
    make arrays there; to compute with them where it is not the first, make it current:
    `with ops.device: ...`, or `ops.device.use()` once.

    Making an instance without a device asks for none, so that an instance can be made, compared
    and pickled where there is no GPU. To resolve the name `"cupy"` one has to be there.
    """

    family = BackendFamily.CUPY
    xp = cupy
    array_types = (cupy.ndarray,)
    dtypes = frozenset(
        {"bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"}
        | {"float16", "float32", "float64", "complex64", "complex128"}
    )
    capabilities = frozenset({"sparse"})
    sparse_formats = ("csr", "csc", "coo")
    linalg = CuPyLinalg()
    fft = CuPyFFT()
    direct: ClassVar[dict[str, Any]] = {
        "__array_namespace_info__": compat.__array_namespace_info__,
        "allclose": cupy.allclose,
        "argsort": compat.argsort,
        "count_nonzero": compat.count_nonzero,
        "dtype_name": dtype_name,
        "iinfo": compat.iinfo,
        "isclose": cupy.isclose,
        "ix_": cupy.ix_,
        "ndim": cupy.ndim,
        "nonzero": compat.nonzero,
        "norm": cupy.linalg.norm,
        "ravel": cupy.ravel,
        "shape": cupy.shape,
        "size": cupy.size,
        "sort": compat.sort,
        "std": compat.std,
        "to_numpy": cupy.asnumpy,
        "transpose": cupy.transpose,
        "unstack": compat.unstack,
        "var": compat.var,
        "vdot": cupy.vdot,
    }

    differences: ClassVar[dict[str, str]] = {
        "take*[index-beyond-the-end]": "CuPy takes indices in an array modulo the axis's length",
    }

    solve = staticmethod(solve)
    vecdot = staticmethod(vecdot)

    @property
    def device_name(self) -> str | None:
        return None if self.device is None else device_name(self.device)

    @differs("CuPy names a device by its index")
    def normalize_device(self, device: Any, /) -> Any:
        return as_device(device)

    @differs("an array knows its device")
    def device_of(self, x: Any, /) -> Any:
        return x.device if isinstance(x, cupy.ndarray) else x.data.device  # cupyx's have none

    @differs("CuPy's device does not print as a name")
    def device_kind(self, device: Any, /) -> str:
        return "cuda"

    @staticmethod
    @differs("CuPy's dtypes are NumPy's")
    def sanitize_dtype(dtype: Any, /) -> Any:
        if dtype is None:
            return _FLOAT64
        if isinstance(dtype, cupy.dtype) and dtype in _DTYPES:
            return dtype
        name = dtype_name(dtype)
        if name not in CuPyOps.dtypes:
            raise CastError(no_dtype("CuPy", name, CuPyOps.dtypes))
        return cupy.dtype(name)

    @staticmethod
    @differs("CuPy has no `device` here, and drops imaginary parts without a word")
    def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
        if x.dtype.kind == "c" and cupy.dtype(dtype).kind in _REAL_KINDS:
            raise CastError(
                f"A cast keeps the imaginary part. Got {x.dtype} into {cupy.dtype(dtype)}. "
                f"Take the real part, `ops.real(x)`."
            )
        made = x.astype(dtype, copy=copy)
        if device is None:
            return made
        with on(device):
            return cupy.asarray(made)

    @staticmethod
    @differs("CuPy's `clip` calls the bounds otherwise, and passes over a NaN in them")
    def clip(x: Any, /, min: Any = None, max: Any = None) -> Any:
        above = cupy.positive(x) if min is None else cupy.maximum(x, min)
        return above if max is None else cupy.minimum(above, max)

    @staticmethod
    @differs("the limits of CuPy's `finfo`, which is NumPy's, are scalars of the dtype")
    def finfo(type: Any, /) -> FloatInfo:
        info = compat.finfo(type)
        return FloatInfo(
            bits=info.bits,
            eps=float(info.eps),
            max=float(info.max),
            min=float(info.min),
            smallest_normal=float(info.smallest_normal),
            dtype=info.dtype,
        )

    @staticmethod
    @differs("CuPy calls the second argument `newshape`")
    def reshape(x: Any, /, shape: Any, *, copy: bool | None = None) -> Any:
        return x.reshape(shape, copy=copy)

    @staticmethod
    @differs("CuPy has no default axis here")
    def take_along_axis(x: Any, indices: Any, /, *, axis: int = -1) -> Any:
        return cupy.take_along_axis(x, indices, axis)


_FLOAT64 = cupy.dtype(cupy.float64)
_DTYPES = frozenset(cupy.dtype(name) for name in CuPyOps.dtypes)
_REAL_KINDS = "iuf"
