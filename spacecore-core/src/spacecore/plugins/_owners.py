"""From an array to the ops of its library, by its type; no library is imported to answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol, runtime_checkable
from weakref import WeakSet

from spacecore.backend import BackendOps
from spacecore.errors import BackendError
from spacecore.plugins._discovery import BUILTIN
from spacecore.plugins._loading import library_loaded
from spacecore.plugins._registry import Registry
from spacecore.plugins._spec import BackendSpec

__all__ = ["Owners"]


@runtime_checkable
class _ArrayLike(Protocol):
    """What is told from other objects of a library by little: asking an array may cost or warn."""

    @property
    def dtype(self) -> Any: ...
    @property
    def shape(self) -> Any: ...
    def __getitem__(self, key: Any, /) -> Any: ...
    def __add__(self, other: Any, /) -> Any: ...
    def __matmul__(self, other: Any, /) -> Any: ...


class Owners:
    """Which backend the arrays of each type belong to.

    Parameters
    ----------
    registry : Registry

    Attributes
    ----------
    types : dict of type to BackendOps
        Every type of array that was seen.
    """

    def __init__(self, registry: Registry):
        self.types: dict[type, BackendOps] = {}
        self._foreign: WeakSet[type] = WeakSet()
        self._registry = registry
        registry.listeners.append(self._forget)

    def find(self, x: object) -> BackendOps | None:
        """Return the ops of an array whose type is not in `types` yet, or None.

        Raises
        ------
        BackendError
            If `x` is an array of a backend that does not resolve.
        """
        kind = type(x)
        if kind in self._foreign:
            return None
        failed = False
        for name in self._claimants(kind):
            try:
                ops = self._registry.resolve(name)
            except BackendError:
                if isinstance(x, _ArrayLike):
                    raise
                failed = True
                continue
            if ops.is_array(x):
                return self.types.setdefault(kind, ops)
        if not failed:
            self._foreign.add(kind)
        return None

    def _forget(self) -> None:
        self.types.clear()
        self._foreign.clear()

    def _claimants(self, kind: type) -> Iterator[str]:
        """Names of the backends that claim a type or a base of it; the nearest base decides.

        For one base: NumPy, then registered classes, then loaded and installed backends by name.
        """
        for base in kind.__mro__[:-1]:
            root = base.__module__.partition(".")[0]
            if root in ("numpy", "scipy"):
                yield BUILTIN.name
            for name, cls in self._registry.registered().items():
                if base in cls.array_types:
                    yield name
            if root not in ("builtins", "numpy", "spacecore"):
                yield from self._installed(base)

    def _installed(self, base: type) -> Iterator[str]:
        qualified = f"{base.__module__}.{base.__qualname__}"
        for name, candidates in sorted(self._registry.scan().candidates.items()):
            ops = self._registry.ready.get(name)
            if ops is not None and base in ops.array_types:
                yield name
                continue
            specs = map(self._registry.known_spec, candidates)
            if any(spec is not None and _claims(spec, qualified) for spec in specs):
                yield name


def _claims(spec: BackendSpec, qualified: str) -> bool:
    return library_loaded(spec) and any(
        qualified == claim or qualified.startswith(f"{claim}.") for claim in spec.array_types
    )
