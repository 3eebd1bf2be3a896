"""A reference backend that has the array API standard and nothing else.

Code that runs on it leans on no library's extras: it refuses flat indexing, NumPy arrays as
operands, mixed kinds of dtypes, and arrays of two devices. Its devices are pretended, so that
moving between devices can be tested on any machine.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import array_api_strict
import numpy as np

from spacecore._typing import Array, DType, Scalar, Shape
from spacecore.backend import BackendFamily, BackendOps, differs, dtype_name
from spacecore.backend.eager import RandomKey, check_drawn, check_interval, check_key, stretch
from spacecore.errors import BackendUnavailableError, CastError, ConversionError

__all__ = ["StrictOps"]

xp: Any = array_api_strict
# The flag is the process's: the library has no namespace of one version.
xp.set_array_api_strict_flags(api_version="2024.12")

_DEVICES = {
    "cpu": xp.Device("CPU_DEVICE"),
    "device1": xp.Device("device1"),
    "device2": xp.Device("device2"),
}
_HOST = _DEVICES["cpu"]
_ARRAY: Any = type(xp.zeros(()))  # the library does not export its class


class StrictOps(BackendOps):
    """`array_api_strict`, as a backend for tests and for authors of plugins.

    Register it where it is wanted: `sc.register_ops(StrictOps)`, then `sc.Context("strict")`.

    Parameters
    ----------
    device : {"cpu", "device1", "device2"} or array_api_strict.Device, optional
        All three compute on the host, and refuse arrays of each other. Floats are float32 by
        default on `"device2"`.

    Notes
    -----
    Importing the class sets the flag of `array_api_strict` to the version of the standard that the
    contract is written in, for the whole process.
    """

    family = BackendFamily("strict")
    xp = xp
    array_types = (_ARRAY,)
    dtypes = frozenset(
        {"bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"}
        | {"float32", "float64", "complex64", "complex128"}
    )
    direct: ClassVar[dict[str, Any]] = {"dtype_name": dtype_name}
    differences: ClassVar[dict[str, str]] = {
        "full*[complex-into-real-refused]": "the reference warns, and drops the imaginary part",
        **{
            f"linalg.matrix_rank[*-{shape}]": "the reference finds no largest value of none"
            for shape in ("(0,3)", "(2,3,0)")
        },
    }

    @property
    def device_name(self) -> str | None:
        return None if self.device is None else _name_of(self.device)

    @differs("the library's devices have other names")
    def normalize_device(self, device: Any, /) -> Any:
        found = next((d for n, d in _DEVICES.items() if device in (n, str(d), d)), None)
        if found is None:
            raise BackendUnavailableError(
                f"The devices of the strict reference are {', '.join(_DEVICES)}. Got {device!r}.",
                backend="strict",
            )
        return found

    @differs("an array knows its device")
    def device_of(self, x: Any, /) -> Any:
        return x.device

    @differs("the library's devices have other names")
    def device_kind(self, device: Any, /) -> str:
        return _name_of(device)

    @differs("the library takes its own dtype objects alone")
    def sanitize_dtype(self, dtype: DType | str | None, /) -> DType:  # type: ignore[override]
        if dtype is None:  # what is not static here: each device has a default of its own
            return xp.__array_namespace_info__().default_dtypes(device=self.device)["real floating"]
        name = dtype_name(dtype)
        if name not in self.dtypes:
            raise CastError(f"The standard has no dtype {name}. Choose one of its own.")
        return _DTYPES[name]

    @differs("the library makes a new dtype object each time one is asked for")
    def member_test(
        self, shape: Shape, dtype: DType, otherwise: Callable[[Any], None], /
    ) -> Callable[[Any], None]:
        def test(x: Any) -> None:
            member = self.is_dense(x) and x.shape == shape and x.dtype == dtype
            if not member or self.device not in (None, x.device):
                otherwise(x)

        return test

    @staticmethod
    @differs("the library pretends to move an array without a copy, unless by a method")
    def asarray(
        obj: Any, /, *, dtype: Any = None, device: Any = None, copy: bool | None = None
    ) -> Any:
        if not isinstance(obj, _ARRAY) or device is None or obj.device == device:
            return xp.asarray(obj, dtype=dtype, device=device, copy=copy)
        if copy is False:
            raise ValueError("An array moves to another device by a copy. Got copy=False.")
        return xp.asarray(obj.to_device(device), dtype=dtype)

    @staticmethod
    @differs("the standard copies by `asarray`")
    def copy(x: Array, /) -> Any:
        return xp.asarray(x, copy=True)

    @staticmethod
    @differs("only arrays of the host can be read")
    def to_numpy(x: Any, /) -> Any:
        return np.asarray(x.to_device(_HOST))

    @differs("only arrays of the host can be exported")
    def export_dense(self, x: Any, /, *, copy: bool | None = None) -> Any:
        if x.device != _HOST and copy is False:
            raise ConversionError(
                f"An array crosses without a copy if it is on the host. Got {_name_of(x.device)}. "
                f"Pass copy=None."
            )
        return xp.asarray(x.to_device(_HOST), copy=True) if copy is True else x.to_device(_HOST)

    @staticmethod
    @differs("arrays come to the host first, and refusals are in our words")
    def import_dense(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Any:
        try:
            made = xp.from_dlpack(x, device=_HOST, copy=copy)
        except (BufferError, TypeError, ValueError) as error:
            raise ConversionError(
                f"The strict reference can't take this {type(x).__name__} of dtype "
                f"{dtype_name(x.dtype)}: {error}"
            ) from error
        return made if device is None else made.to_device(device)

    @staticmethod
    @differs("the standard writes to slices and masks only")
    def index_set(x: Any, index: Any, values: Array | Scalar, /, *, copy: bool = True) -> Any:
        return _write(x, index, values, copy=copy, add=False)

    @staticmethod
    @differs("the standard writes to slices and masks only, and adds once for a repeated index")
    def index_add(x: Any, index: Any, values: Array | Scalar, /, *, copy: bool = True) -> Any:
        return _write(x, index, values, copy=copy, add=True)

    def random_normal(
        self, key: RandomKey, shape: Shape = (), /, dtype: DType | None = None
    ) -> Any:
        target = self.sanitize_dtype(dtype)
        check_drawn("random_normal", dtype_name(target))
        if not self.is_complex_dtype(target):
            return self._placed(check_key(key).generator().standard_normal(shape), target)
        parts = check_key(key).generator().standard_normal((2, *shape))
        return self._placed((parts[0] + 1j * parts[1]) * np.sqrt(0.5), target)

    def random_uniform(
        self,
        key: RandomKey,
        shape: Shape = (),
        /,
        dtype: DType | None = None,
        *,
        low: float = 0.0,
        high: float = 1.0,
    ) -> Any:
        target = self.sanitize_dtype(dtype)
        check_drawn("random_uniform", dtype_name(target))
        kind = np.dtype(dtype_name(target)).type
        wide = check_interval(low, high, float(np.finfo(kind).max))
        drawn = np.asarray(check_key(key).generator().random(shape))
        drawn = stretch(drawn, low, high, wide=wide).astype(kind)
        # rounding may have reached `high`, which is not in the interval
        return self._placed(np.minimum(drawn, np.nextafter(kind(high), kind(low))), target)

    def random_integers(
        self,
        key: RandomKey,
        shape: Shape = (),
        /,
        dtype: DType | None = None,
        *,
        low: int = 0,
        high: int,
    ) -> Any:
        target = self.sanitize_dtype("int64" if dtype is None else dtype)
        check_drawn("random_integers", dtype_name(target))
        drawn = check_key(key).generator().integers(low, high, size=shape, dtype=dtype_name(target))
        return self._placed(drawn, target)

    def random_rademacher(
        self, key: RandomKey, shape: Shape = (), /, dtype: DType | None = None
    ) -> Any:
        target = self.sanitize_dtype(dtype)
        check_drawn("random_rademacher", dtype_name(target))
        signs = 2 * check_key(key).generator().integers(0, 2, size=shape, dtype=np.int8) - 1
        return self._placed(signs, target)

    def _placed(self, drawn: Any, dtype: DType) -> Any:
        """NumPy's numbers as an array here, of a dtype that they are rounded to."""
        rounded = np.asarray(drawn).astype(dtype_name(dtype))
        return xp.asarray(rounded, dtype=dtype, device=self.device)


_DTYPES = {name: getattr(xp, name) for name in StrictOps.dtypes}


def _name_of(device: Any) -> str:
    return next(name for name, known in _DEVICES.items() if known == device)


def _write(x: Any, index: Any, values: Any, *, copy: bool, add: bool) -> Any:
    """Write one element at a time, so that any index NumPy knows will do, however often."""
    out = xp.asarray(x, copy=True) if copy else x
    flat = xp.reshape(out, (-1,), copy=False)
    places = np.arange(out.size).reshape(out.shape)[_on_host(index)]
    if _is_complex(values) and not _is_complex(out):
        raise CastError(
            f"Values written into an array keep their imaginary part. Got complex ones for "
            f"{out.dtype}. Take the real part, `ops.real(values)`."
        )
    if isinstance(values, bool | int | float | complex):
        values = xp.full((), values, dtype=out.dtype, device=out.device)
    elif values.dtype != out.dtype:
        values = xp.astype(values, out.dtype)
    spread = xp.reshape(xp.broadcast_to(values, places.shape), (-1,))
    summed = xp.logical_or if out.dtype == xp.bool else xp.add
    for i, place in enumerate(places.ravel().tolist()):
        flat[place] = summed(flat[place], spread[i]) if add else spread[i]
    return out


def _is_complex(x: Any) -> bool:
    if isinstance(x, _ARRAY):
        return bool(xp.isdtype(x.dtype, "complex floating"))
    return isinstance(x, complex)


def _on_host(index: Any) -> Any:
    """An index in which arrays are NumPy's."""
    if isinstance(index, tuple):
        return tuple(_on_host(item) for item in index)
    return StrictOps.to_numpy(index) if isinstance(index, _ARRAY) else index
