"""The registry of the process, as the functions that everyone calls."""

from __future__ import annotations

from spacecore.backend import BackendOps
from spacecore.errors import BackendError
from spacecore.plugins._owners import Owners
from spacecore.plugins._registry import Registry
from spacecore.plugins._spec import BackendSpec

__all__ = [
    "REGISTRY",
    "available_backends",
    "known_failures",
    "ops_of_array",
    "register_ops",
    "resolve",
    "spec_of",
    "unregister_ops",
]

REGISTRY = Registry()
OWNERS = Owners(REGISTRY)

_ready = REGISTRY.ready
_types = OWNERS.types


def resolve(name: str) -> BackendOps:
    """Return the ops of a backend, importing its library on first use.

    Parameters
    ----------
    name : str
        A family, an alias of one, or either with a device: `"torch:cuda:0"`.

    Returns
    -------
    BackendOps
        The same object for the same name, from any thread.

    Raises
    ------
    UnknownBackendError, BackendNotInstalledError, BackendBlockedError, DuplicateBackendError,
    BackendLoadError, IncompatibleBackendError, BackendUnavailableError, BackendContractError
    """
    ops = _ready.get(name)
    return REGISTRY.resolve(name) if ops is None else ops


def available_backends() -> tuple[str, ...]:
    """Return the names that are installed or registered, sorted; no library is imported.

    A name is listed if a distribution offers it and the environment does not block it. Whether
    it works here is known once it is resolved.
    """
    return REGISTRY.available()


def register_ops(cls: type[BackendOps]) -> type[BackendOps]:
    """Register a backend class in this process, under its family; usable as a decorator.

    For an experiment or a test. Register by an entry point what others are to find.

    Raises
    ------
    BackendContractError
        If `cls` is not a concrete `BackendOps`.
    DuplicateBackendError
        If another class is registered under the name.
    """
    REGISTRY.register(cls)
    return cls


def unregister_ops(which: str | type[BackendOps]) -> None:
    """Undo `register_ops`; an installed backend of the same name is found again.

    Parameters
    ----------
    which : str or class
        The name, or the class that was registered.

    Raises
    ------
    UnknownBackendError
        If it is not registered.
    """
    REGISTRY.unregister(which)


def ops_of_array(x: object) -> BackendOps | None:
    """Return the ops whose array `x` is, or None; imports no array library.

    Raises
    ------
    BackendError
        If `x` is an array of a backend that does not resolve.
    """
    ops = _types.get(type(x))
    return OWNERS.find(x) if ops is None else ops


def spec_of(name: str) -> BackendSpec:
    """Return the descriptor's data about an installed backend, importing no array library."""
    return REGISTRY.spec(name)


def known_failures() -> dict[str, BackendError]:
    """Return the last error of each name that failed to resolve, without its traceback."""
    return dict(REGISTRY.failures)
