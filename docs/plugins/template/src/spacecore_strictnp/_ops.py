"""The backend itself. Importing this imports the array library."""

from __future__ import annotations

from typing import Any, ClassVar

import array_api_strict as xp
import numpy as np

from spacecore import BackendFamily, BackendOps, BackendUnavailableError, NumpyOps
from spacecore.backend import differs, dtype_name
from spacecore.errors import CastError

xp.set_array_api_strict_flags(api_version="2024.12")  # the version that the contract is written in

HOST = NumpyOps()
Array = type(xp.zeros(()))


class StrictNumpyOps(BackendOps):
    """array-api-strict, on the host, eager."""

    # What the backend is. Every name of the contract that `xp` has is bound to it as it is.
    family = BackendFamily("strictnp")
    xp = xp
    array_types = (Array,)
    dtypes = HOST.dtypes - {"float16"}
    direct: ClassVar[dict[str, Any]] = {"dtype_name": dtype_name}

    # Where the library itself departs from the contract, by the cases that show it.
    differences: ClassVar[dict[str, str]] = {
        "full*[complex-into-real-refused]": "the library warns, and drops the imaginary part",
        "linalg.matrix_rank[*-(0,3)]": "the library finds no largest value of none",
        "linalg.matrix_rank[*-(2,3,0)]": "the library finds no largest value of none",
    }

    # --- dtypes and devices ---

    @staticmethod
    @differs("the library takes its own dtype objects alone")
    def sanitize_dtype(dtype: Any, /) -> Any:
        name = "float64" if dtype is None else dtype_name(dtype)
        if name not in StrictNumpyOps.dtypes:
            raise CastError(f"The standard has no dtype {name}. Choose one of its own.")
        return getattr(xp, name)

    @differs("one device, the host")
    def normalize_device(self, device: Any, /) -> None:
        if str(device) not in ("cpu", str(xp.Device("CPU_DEVICE"))):
            raise BackendUnavailableError(
                f"array-api-strict computes on the host only. Got device {str(device)!r}.",
                backend="strictnp",
            )

    @differs("an array knows its device")
    def device_of(self, x: Any, /) -> Any:
        return x.device

    @differs("the library's device has another name")
    def device_kind(self, device: Any, /) -> str:
        return "cpu"

    @differs("the library makes a new dtype object each time one is asked for")
    def member_test(self, shape: Any, dtype: Any, otherwise: Any, /) -> Any:
        def test(x: Any) -> None:
            if not (type(x) is Array and x.shape == shape and x.dtype == dtype):
                otherwise(x)

        return test

    # --- arrays that come and go ---

    @staticmethod
    def copy(x: Any, /) -> Any:
        return xp.asarray(x, copy=True)

    @staticmethod
    def to_numpy(x: Any, /) -> Any:
        return np.from_dlpack(x)

    @differs("the library exports through NumPy, and copies only by `asarray`")
    def export_dense(self, x: Any, /, *, copy: bool | None = None) -> Any:
        return xp.asarray(x, copy=True) if copy is True else x

    @staticmethod
    def import_dense(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Any:
        return xp.asarray(HOST.import_dense(x, copy=copy))

    # --- updates: the library writes to slices alone, NumPy to any index ---

    @staticmethod
    def index_set(x: Any, index: Any, values: Any, /, *, copy: bool = True) -> Any:
        target = xp.asarray(x, copy=True) if copy else x
        HOST.index_set(np.from_dlpack(target), on_host(index), on_host(values), copy=False)
        return target

    @staticmethod
    def index_add(x: Any, index: Any, values: Any, /, *, copy: bool = True) -> Any:
        target = xp.asarray(x, copy=True) if copy else x
        HOST.index_add(np.from_dlpack(target), on_host(index), on_host(values), copy=False)
        return target

    # --- random numbers: the contract's keys and NumPy's draws ---

    def random_normal(self, key: Any, shape: Any = (), /, dtype: Any = None) -> Any:
        return xp.asarray(HOST.random_normal(key, shape, dtype_name(self.sanitize_dtype(dtype))))

    def random_uniform(
        self,
        key: Any,
        shape: Any = (),
        /,
        dtype: Any = None,
        *,
        low: float = 0.0,
        high: float = 1.0,
    ) -> Any:
        name = dtype_name(self.sanitize_dtype(dtype))
        return xp.asarray(HOST.random_uniform(key, shape, name, low=low, high=high))

    def random_integers(
        self, key: Any, shape: Any = (), /, dtype: Any = None, *, low: int = 0, high: int
    ) -> Any:
        name = dtype_name(self.sanitize_dtype("int64" if dtype is None else dtype))
        return xp.asarray(HOST.random_integers(key, shape, name, low=low, high=high))

    def random_rademacher(self, key: Any, shape: Any = (), /, dtype: Any = None) -> Any:
        name = dtype_name(self.sanitize_dtype(dtype))
        return xp.asarray(HOST.random_rademacher(key, shape, name))


def on_host(x: Any) -> Any:
    """An index or values in which arrays are NumPy's."""
    if isinstance(x, tuple):
        return tuple(map(on_host, x))
    return np.from_dlpack(x) if isinstance(x, Array) else x
