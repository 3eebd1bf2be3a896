"""From a name, or an array, to the one `BackendOps` object.

A name that was resolved before is a dictionary hit. Anything else goes the whole way once:
explicit registration, environment, entry points, descriptor, API version, requirements, import,
probe, contract. Nothing is locked across an import; `setdefault` publishes, so that racing
threads get one object.
"""

from __future__ import annotations

import difflib
import re
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from spacecore.backend import BackendOps
from spacecore.errors import (
    BackendContractError,
    BackendError,
    BackendLoadError,
    BackendNotInstalledError,
    BackendUnavailableError,
    DuplicateBackendError,
    IncompatibleBackendError,
    UnknownBackendError,
)
from spacecore.plugins import _environment
from spacecore.plugins._discovery import BUILTIN, Candidate, Scan, load_descriptor, scan
from spacecore.plugins._known import KNOWN
from spacecore.plugins._spec import API, BackendSpec

__all__ = [
    "available_backends",
    "known_failures",
    "ops_of_array",
    "register_ops",
    "resolve",
    "spec_of",
    "unregister_ops",
]

_ready: dict[str, BackendOps] = {}
_by_type: dict[type, BackendOps] = {}
_explicit: dict[str, type[BackendOps]] = {}
_specs: dict[Candidate, BackendSpec] = {}
_failures: dict[str, BackendError] = {}
_scan: Scan | None = None


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
    return _resolve(name) if ops is None else ops


def available_backends() -> tuple[str, ...]:
    """Return the names that are installed or registered, sorted; no library is imported.

    A name is listed if a distribution offers it and the environment does not block it. Whether
    it works here is known once it is resolved.
    """
    names = {*_current_scan().candidates, *_explicit}
    return tuple(sorted(names - _environment.blocked()))


def register_ops(cls: type[BackendOps]) -> type[BackendOps]:
    """Register a backend class in this process, under its family; usable as a decorator.

    For an experiment or a test. What others shall find is registered by an entry point.

    Raises
    ------
    BackendContractError
        If `cls` is not a concrete `BackendOps`.
    DuplicateBackendError
        If another class is registered under the name.
    """
    _check_class(cls, getattr(cls, "family", ""), "register_ops")
    name = str(cls.family)
    if _explicit.setdefault(name, cls) is not cls:
        raise DuplicateBackendError(
            f'One class at a time is registered as "{name}". Got {cls.__name__} beside '
            f"{_explicit[name].__name__}.",
            backend=name,
            hint=f'Call unregister_ops("{name}") first.',
        )
    _forget(name)
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
        If no class is registered under the name.
    """
    name = which if isinstance(which, str) else str(which.family)
    if _explicit.pop(name, None) is None:
        raise UnknownBackendError(
            f'Only a class that register_ops registered can be unregistered. Got "{name}".',
            backend=name,
        )
    _forget(name)


def ops_of_array(x: object) -> BackendOps | None:
    """Return the ops whose array `x` is, or None; imports no array library.

    An array's type exists only where its library is imported, so the backends to ask are those
    that claim a module the type or one of its bases comes from.
    """
    known = _by_type.get(type(x))
    return known if known is not None else _ops_of_new_type(x)


def spec_of(name: str) -> BackendSpec:
    """Return the descriptor's data about an installed backend, importing no array library."""
    return _load_spec(_choose(name, _candidates(name)))


def known_failures() -> dict[str, BackendError]:
    """Return the last error of each name that failed to resolve."""
    return dict(_failures)


def _resolve(name: str) -> BackendOps:
    if not isinstance(name, str) or not name.strip():
        raise UnknownBackendError(f"A backend is named by a non-empty string. Got {name!r}.")
    family, _, device = name.partition(":")
    canonical = _canonical(family)
    base = _ready.get(canonical)
    if base is None:
        _environment.refuse_blocked(canonical)
        base = _load(canonical)
    ops = type(base)(device) if device else base
    return _ready.setdefault(name, ops)


def _load(name: str) -> BackendOps:
    try:
        cls = _explicit.get(name)
        if cls is None:
            cls = _load_class(_choose(name, _candidates(name)))
        ops = cls()
    except BackendError as error:
        _failures[name] = error
        raise
    _failures.pop(name, None)
    ops = _ready.setdefault(name, ops)
    for array_type in ops.array_types:
        _by_type.setdefault(array_type, ops)
    return ops


def _canonical(name: str) -> str:
    """The family that a name or alias stands for; an unknown name comes back unchanged."""
    if name in _ready or name in _explicit or name == BUILTIN.name:
        return name
    if name in _current_scan().candidates or name in KNOWN:
        return name
    for family, candidates in _current_scan().candidates.items():
        for candidate in candidates:
            if name in _aliases(candidate):
                return family
    return name


def _aliases(candidate: Candidate) -> tuple[str, ...]:
    try:
        return _load_spec(candidate).aliases
    except BackendError as error:  # a broken plugin is reported when it is asked for itself
        _failures[candidate.name] = error
        return ()


def _candidates(name: str) -> list[Candidate]:
    """The entry points of a name: the cached ones, else after one more scan."""
    if name == BUILTIN.name and name not in _environment.pins():
        return [BUILTIN]
    found = _current_scan().candidates.get(name) or _rescan().candidates.get(name)
    if found:
        return found
    if name in KNOWN and not _environment.plugins_disabled():
        raise BackendNotInstalledError(
            f'Backend "{name}" is not installed.',
            backend=name,
            hint=f"Install it: {KNOWN[name].install}",
        )
    raise _unknown(name)


def _unknown(name: str) -> UnknownBackendError:
    there = available_backends()
    nearest = difflib.get_close_matches(name, {*there, *KNOWN}, n=1)
    hint = f'Did you mean "{nearest[0]}"? ' if nearest else ""
    if _environment.plugins_disabled():
        hint += f"{_environment.DISABLE} is set, so that plugins are not looked for. "
    return UnknownBackendError(
        f'There is no backend "{name}". Available: {", ".join(there)}.',
        backend=name,
        hint=hint.strip() or None,
    )


def _choose(name: str, candidates: list[Candidate]) -> Candidate:
    """The only candidate, or the pinned one."""
    pinned = _environment.pins().get(name)
    if pinned is not None:
        wanted = re.sub(r"[-_.]+", "-", pinned).lower()
        candidates = [c for c in candidates if c.distribution == wanted] or candidates
    if len(candidates) == 1:
        return candidates[0]
    offers = ", ".join(f"{c} ({c.value})" for c in candidates)
    raise DuplicateBackendError(
        f'One distribution provides a backend. "{name}" is offered by {offers}.',
        backend=name,
        hint=f"Uninstall all but one, or set {_environment.PIN}={name}="
        f"{candidates[0].distribution}.",
    )


def _load_spec(candidate: Candidate) -> BackendSpec:
    spec = _specs.get(candidate)
    if spec is not None:
        return spec
    specs = load_descriptor(candidate)
    if len(specs) > 1:
        raise DuplicateBackendError(
            f"A plugin gives one BackendSpec a name. {candidate} gives {len(specs)} of "
            f'"{candidate.name}".',
            backend=candidate.name,
        )
    return _specs.setdefault(candidate, specs[0])


def _load_class(candidate: Candidate) -> type[BackendOps]:
    spec = _load_spec(candidate)
    _check_api(spec, candidate)
    _check_requirements(spec, candidate)
    cls = _import(spec.ops, spec, candidate)
    if spec.probe is not None:
        reason = _import(spec.probe, spec, candidate)()
        if reason is not None:
            raise BackendUnavailableError(
                f'Backend "{spec.name}" can\'t run here: {reason}.', backend=spec.name
            )
    return _check_class(cls, spec.name, str(candidate))


def _check_api(spec: BackendSpec, candidate: Candidate) -> None:
    major, minor = spec.api
    if major == API[0] and minor <= API[1]:
        return
    newer = spec.api > API
    raise IncompatibleBackendError(
        f"This spacecore-core has version {API[0]}.{API[1]} of the contract. Backend "
        f'"{spec.name}" of {candidate} needs {major}.{minor}.',
        backend=spec.name,
        hint=f"pip install --upgrade {'spacecore-core' if newer else candidate.distribution}",
    )


def _check_requirements(spec: BackendSpec, candidate: Candidate) -> None:
    missing = [name for name in spec.requires if find_spec(name) is None]
    if missing:
        raise BackendUnavailableError(
            f'Backend "{spec.name}" of {candidate} needs {", ".join(missing)}, which is not '
            f"installed.",
            backend=spec.name,
            hint=f"Install it: {spec.install}" if spec.install else None,
        )


def _import(reference: str, spec: BackendSpec, candidate: Candidate) -> Any:
    module, _, attribute = reference.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except BackendError:
        raise
    except (Exception, SystemExit) as error:  # any code may run at a plugin's import
        raise BackendLoadError(
            f'Backend "{spec.name}" of {candidate} failed at importing {reference}: '
            f"{type(error).__name__}: {error}.",
            backend=spec.name,
            hint=f"Reinstall it: {spec.install}" if spec.install else None,
        ) from error


def _check_class(cls: Any, name: str, source: str) -> type[BackendOps]:
    if not (isinstance(cls, type) and issubclass(cls, BackendOps)):
        raise BackendContractError(
            f"A backend is a subclass of BackendOps. {source} gives {cls!r}.", backend=name
        )
    if getattr(cls, "family", None) != name:
        raise BackendContractError(
            f'The family of a backend is the name it is registered by, "{name}". '
            f"{cls.__name__} of {source} has {getattr(cls, 'family', None)!r}.",
            backend=name,
        )
    return cls


def _current_scan() -> Scan:
    return _scan if _scan is not None else _rescan()


def _rescan() -> Scan:
    global _scan
    _scan = scan()
    _environment.warn_unmatched({*_scan.candidates, *_explicit, *KNOWN})
    return _scan


def _forget(name: str) -> None:
    """Drop what was resolved under a name, with its devices and array types."""
    for key, ops in list(_ready.items()):
        if ops.family == name:
            del _ready[key]
    for array_type, ops in list(_by_type.items()):
        if ops.family == name:
            del _by_type[array_type]


def _ops_of_new_type(x: object) -> BackendOps | None:
    names = [f"{base.__module__}.{base.__qualname__}" for base in type(x).__mro__[:-1]]
    for name in _claimants(names):
        ops = resolve(name)
        if ops.is_array(x):
            return _by_type.setdefault(type(x), ops)
    return None


def _claimants(type_names: list[str]) -> list[str]:
    """The backends, registered ones first, that claim one of the types."""
    found = [
        name
        for name, cls in _explicit.items()
        if any(f"{t.__module__}.{t.__qualname__}" in type_names for t in cls.array_types)
    ]
    if all(name.startswith("builtins.") for name in type_names):
        return found
    for candidates in _current_scan().candidates.values():
        for candidate in candidates:
            spec = _spec_or_none(candidate)
            if spec is not None and _claims(spec.array_types, type_names):
                found.append(spec.name)
    return found


def _spec_or_none(candidate: Candidate) -> BackendSpec | None:
    try:
        return _load_spec(candidate)
    except BackendError as error:
        _failures[candidate.name] = error
        return None


def _claims(claims: tuple[str, ...], type_names: list[str]) -> bool:
    return any(
        name == claim or name.startswith(f"{claim}.") for claim in claims for name in type_names
    )
