"""CuPy without a GPU: NumPy stands in for it, so that what is written around CuPy has run once.

The stand-in answers for the library's arithmetic, not for its semantics: what it shows is that
our Python runs, and that CuPy's own signatures take the arguments that it passes.
"""

from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import cupy
import numpy as np
import pytest
import scipy.sparse

_current = threading.local()
_OURS = ("cupy", "cupyx", "array_api_compat", "spacecore_cupy")


class Device:
    """One of two devices; the current one is where arrays are made."""

    def __init__(self, device: Any = None):
        self.id = int(
            getattr(_current, "id", 0) if device is None else getattr(device, "id", device)
        )
        self._before: list[int] = []

    def __enter__(self) -> None:
        self._before.append(getattr(_current, "id", 0))
        _current.id = self.id

    def __exit__(self, *_: object) -> None:
        _current.id = self._before.pop()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and self.id == other.id

    __hash__ = None  # type: ignore[assignment]  # CuPy's has none either

    def __repr__(self) -> str:
        return f"<CUDA Device {self.id}>"

    def synchronize(self) -> None:
        """Wait for nothing: NumPy has computed already."""


class Array(np.ndarray):
    """An array that knows on which device it was made."""

    def __array_finalize__(self, obj: Any) -> None:
        self._made_on = Device()

    @property
    def device(self) -> Device:  # type: ignore[override]
        return self._made_on

    def __getitem__(self, index: Any) -> Any:
        return _on_device(super().__getitem__(index))  # CuPy has no scalars

    def get(self) -> np.ndarray:
        return np.array(self)


class CUDARuntimeError(RuntimeError):
    pass


class Random(np.random.Generator):
    def standard_normal(self, *args: Any, **kwargs: Any) -> Any:
        return _on_device(super().standard_normal(*args, **kwargs))

    def random(self, *args: Any, **kwargs: Any) -> Any:
        return _on_device(super().random(*args, **kwargs))

    def integers(self, *args: Any, **kwargs: Any) -> Any:
        return _on_device(super().integers(*args, **kwargs))


def _on_device(made: Any) -> Any:
    if isinstance(made, tuple) and hasattr(made, "_fields"):
        return type(made)(*(_on_device(item) for item in made))
    if isinstance(made, tuple | list):
        return type(made)(_on_device(item) for item in made)
    return np.asarray(made).view(Array) if isinstance(made, np.ndarray | np.generic) else made


def _checked(theirs: Any, ours: Callable[..., Any]) -> Callable[..., Any]:
    """NumPy's function, called only with what CuPy's function of the name takes."""
    signature = inspect.signature(theirs) if inspect.isfunction(theirs) else None

    def call(*args: Any, **kwargs: Any) -> Any:
        if signature is not None:
            signature.bind(*args, **kwargs)
        kwargs.pop("blocking", None)
        return _on_device(ours(*args, **kwargs))

    return call


def _stand_in(name: str, theirs: Any, ours: Any) -> ModuleType:
    """A module with the names that both have: NumPy's types, constants and ufuncs as they are."""
    module = ModuleType(name)
    for key in set(dir(theirs)) & set(dir(ours)):
        if key.startswith("_"):
            continue
        found = getattr(ours, key)
        plain = isinstance(found, type | np.ufunc | ModuleType) or not callable(found)
        setattr(module, key, found if plain else _checked(getattr(theirs, key), found))
    return module


def _asarray(a: Any, dtype: Any = None, copy: Any = None, blocking: bool = False) -> Any:
    moved = isinstance(a, Array) and a.device != Device()
    return _on_device(np.array(a, dtype=dtype)) if moved else _as_is(a, dtype, copy)


def _as_is(a: Any, dtype: Any, copy: Any) -> Any:
    made = np.asarray(a, dtype=dtype, copy=copy)
    return made if isinstance(made, Array) else _on_device(made)


def _diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    ends = {"prepend": prepend, "append": append}  # which NumPy can't be told that there is none of
    given = {name: end for name, end in ends.items() if end is not None}
    return _on_device(np.diff(a, n, axis, **given))


class _Add:
    """Addition, and at indices as CuPy adds, who broadcasts the values first."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return np.add(*args, **kwargs)

    @staticmethod
    def at(x: Any, index: Any, values: Any) -> None:
        np.add.at(x, index, np.broadcast_to(values, x[index].shape))


def _sparse_types() -> dict[str, type]:
    """SciPy's sparse arrays with the methods that cupyx adds."""
    types: dict[str, type] = {}
    for base in (scipy.sparse.csr_array, scipy.sparse.csc_array, scipy.sparse.coo_array):
        types[base.__name__] = type(base.__name__, (_OnDevice, base), {"host": base})
    _OnDevice.types = types
    return types


class _OnDevice:
    """What cupyx adds to a sparse array, and that its results are of its own types."""

    types: dict[str, type]
    host: type
    format: str

    def get(self) -> Any:
        return self.host(self)

    def toarray(self) -> Any:
        return _on_device(super().toarray())  # type: ignore[misc]

    def __matmul__(self, other: Any) -> Any:
        return _on_device(super().__matmul__(np.asarray(other)))  # type: ignore[misc]

    @property
    def T(self) -> Any:
        made = super().transpose()  # type: ignore[misc]
        return self.types[f"{made.format}_array"](made)

    def asformat(self, name: str) -> Any:
        if name == self.format:
            return self
        return self.types[f"{name}_array"](super().asformat(name))  # type: ignore[misc]


def _modules() -> dict[str, ModuleType]:
    main = _stand_in("cupy", cupy, np)
    main.__version__ = "stand-in"  # type: ignore[attr-defined]
    linalg = _stand_in("cupy.linalg", cupy.linalg, np.linalg)
    fft = _stand_in("cupy.fft", cupy.fft, np.fft)
    cuda, runtime = ModuleType("cupy.cuda"), ModuleType("cupy.cuda.runtime")
    device, random = ModuleType("cupy.cuda.device"), ModuleType("cupy.random")
    cupyx = ModuleType("cupyx")
    types = _sparse_types()
    cupyx_scipy, sparse = ModuleType("cupyx.scipy"), ModuleType("cupyx.scipy.sparse")
    for parent, children in (
        (runtime, {"CUDARuntimeError": CUDARuntimeError, "getDeviceCount": lambda: 2}),
        (device, {"Device": Device}),
        (cuda, {"Device": Device, "device": device, "runtime": runtime}),
        (random, {"Generator": Random, "Philox4x3210": np.random.Philox}),
        (main, {"cuda": cuda, "fft": fft, "linalg": linalg, "random": random, "ndarray": Array}),
        (main, {"asarray": _asarray, "asnumpy": np.array, "matmul": np.matmul}),
        (main, {"add": _Add(), "diff": _diff}),
        (main, {"from_dlpack": lambda x, device=None, copy=None: _on_device(np.from_dlpack(x))}),
        (sparse, types),
        (sparse, {"issparse": lambda x: isinstance(x, tuple(types.values()))}),
        (cupyx_scipy, {"sparse": sparse}),
        (cupyx, {"scipy": cupyx_scipy}),
    ):
        vars(parent).update(children)
    every = (main, linalg, fft, cuda, device, runtime, random, cupyx, cupyx_scipy, sparse)
    return {module.__name__: module for module in every}


@pytest.fixture(scope="module")
def cupy_ops() -> Iterator[Any]:
    """`CuPyOps` with NumPy in the place of CuPy."""
    modules = _modules()
    kept = {n: m for n, m in sys.modules.items() if n.partition(".")[0] in _OURS}
    for name in kept:
        del sys.modules[name]
    sys.modules.update(modules)
    try:
        from spacecore_cupy._ops import CuPyOps

        yield CuPyOps
    finally:
        for name in [n for n in sys.modules if n.partition(".")[0] in _OURS]:
            del sys.modules[name]
        sys.modules.update(kept)
