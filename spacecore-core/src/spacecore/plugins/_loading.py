"""From a descriptor to the class of a backend: the one step that imports an array library."""

from __future__ import annotations

import sys
from importlib.util import find_spec

from spacecore.backend import BackendOps
from spacecore.errors import (
    BackendContractError,
    BackendLoadError,
    BackendUnavailableError,
    IncompatibleBackendError,
)
from spacecore.plugins._descriptor import import_reference, plugin_errors
from spacecore.plugins._discovery import Candidate
from spacecore.plugins._spec import API, NAME, BackendSpec, Requirement

__all__ = ["check_class", "library_loaded", "load_class", "make"]


def load_class(spec: BackendSpec, candidate: Candidate) -> type[BackendOps]:
    """Return the class that a spec refers to, importing its library.

    Raises
    ------
    IncompatibleBackendError
        If it needs another version of the contract.
    BackendUnavailableError
        If a library is absent or too old, or the probe says why the backend can't run here.
    BackendLoadError
        If the import or the probe raises.
    BackendContractError
        If what is imported is not a backend of that name.
    """
    _check_api(spec, candidate)
    _check_libraries(spec, candidate)
    hint = f"To install it anew: {spec.install}" if spec.install else None
    try:
        with plugin_errors(candidate, f"importing {spec.ops}", hint):
            cls: object = import_reference(spec.ops)
    except BackendLoadError:
        _check_versions(spec, candidate)  # an old library fails by what it lacks; say that instead
        raise
    _check_versions(spec, candidate)
    _probe(spec, candidate)
    with plugin_errors(candidate, f"checking {spec.ops}"):
        return check_class(cls, spec.name)


def make(cls: type[BackendOps], candidate: Candidate) -> BackendOps:
    """Return an instance; a plugin's constructor may raise anything."""
    with plugin_errors(candidate, f"constructing {cls.__name__}()"):
        return cls()


def check_class(cls: object, name: str) -> type[BackendOps]:
    """Return `cls` if it is a backend class whose family is `name`.

    Raises
    ------
    BackendContractError
    """
    if not (isinstance(cls, type) and issubclass(cls, BackendOps)) or cls is BackendOps:
        raise BackendContractError(
            f"A backend is a subclass of BackendOps. Got {cls!r}.", backend=name or None
        )
    family = getattr(cls, "family", None)
    if family != name or NAME.fullmatch(str(family)) is None:
        raise BackendContractError(
            f'The family of a backend is the name it is registered by, "{name}", in lower-case '
            f"letters, digits and `_.-`. {cls.__name__} has {family!r}.",
            backend=name,
        )
    return cls


def library_loaded(spec: BackendSpec) -> bool:
    """Whether the libraries that a backend needs are imported already."""
    return all(library.module in sys.modules for library in spec.requirements())


def _check_api(spec: BackendSpec, candidate: Candidate) -> None:
    major, minor = spec.api
    if major == API[0] and minor <= API[1]:
        return
    stale = candidate.distribution if spec.api < API else "spacecore-core"
    raise IncompatibleBackendError(
        f"This spacecore-core has version {API[0]}.{API[1]} of the contract. Backend "
        f'"{spec.name}" of {candidate} needs {major}.{minor}.',
        backend=spec.name,
        hint=f"Update {stale}: pip install --upgrade {stale}",
    )


def _check_libraries(spec: BackendSpec, candidate: Candidate) -> None:
    absent = [library for library in spec.requirements() if not _is_there(library.module)]
    if absent:
        modules = [library.module for library in absent]
        raise BackendUnavailableError(
            f'Backend "{spec.name}" of {candidate} needs {", ".join(modules)}, not installed here.',
            backend=spec.name,
            hint=f"Install it: {spec.install or ' '.join(['pip install', *modules])}",
        )
    _check_versions(spec, candidate)


def _check_versions(spec: BackendSpec, candidate: Candidate) -> None:
    for library in spec.requirements():
        version = None if library.minimum is None else _version(library)
        if version is not None and not library.met_by(version):
            raise BackendUnavailableError(
                f'Backend "{spec.name}" of {candidate} needs {library.module} '
                f"{library.minimum} or newer. Got {version}.",
                backend=spec.name,
                hint=f'Update it: pip install --upgrade "{library.module}>={library.minimum}"',
            )


def _is_there(module: str) -> bool:
    """Whether a top-level module can be found; one set to None in `sys.modules` can't."""
    if module in sys.modules:
        return sys.modules[module] is not None
    return find_spec(module) is not None


def _version(library: Requirement) -> str | None:
    """The version of a library: what the module says once loaded, else its distribution."""
    version = getattr(sys.modules.get(library.module), "__version__", None)
    if isinstance(version, str):
        return version
    import importlib_metadata

    try:
        return importlib_metadata.version(library.module)
    except importlib_metadata.PackageNotFoundError:
        return None  # distributed under another name, which is known once it is loaded


def _probe(spec: BackendSpec, candidate: Candidate) -> None:
    if spec.probe is None:
        return
    with plugin_errors(candidate, f"probing by {spec.probe}"):
        reason = import_reference(spec.probe)()
    if reason is not None:
        said = str(reason).rstrip(".")
        raise BackendUnavailableError(
            f'Backend "{spec.name}" of {candidate} can\'t run here: {said}.', backend=spec.name
        )
