"""From a name to the one `BackendOps` object.

A name that was resolved before is a dictionary hit. Anything else goes the whole way once:
explicit registration, environment, entry points, descriptor, API version, requirements, import,
probe, contract. No lock is held anywhere, since one held across an import deadlocks; `setdefault`
publishes, so that racing threads get one object.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Hashable, Iterator

from spacecore.backend import BackendOps
from spacecore.errors import (
    BackendBlockedError,
    BackendContractError,
    BackendError,
    BackendNotInstalledError,
    DuplicateBackendError,
    UnknownBackendError,
)
from spacecore.plugins import _environment
from spacecore.plugins._descriptor import load_descriptor
from spacecore.plugins._discovery import BUILTIN, Candidate, Scan, fingerprint, scan
from spacecore.plugins._known import KNOWN
from spacecore.plugins._loading import check_class, load_class, make
from spacecore.plugins._namesake import NAMESAKE
from spacecore.plugins._spec import BackendSpec

__all__ = ["Registry"]


class Registry:
    """What is known of backends in one process.

    Attributes
    ----------
    ready : dict of str to BackendOps
        Every name that was resolved, with and without a device.
    failures : dict of str to BackendError
        The last error of each backend that failed, without its traceback; kept for diagnosis,
        and tried again.
    listeners : list of callable
        Called whenever a name may stand for something else than it did.
    """

    def __init__(self) -> None:
        self.ready: dict[str, BackendOps] = {}
        self.failures: dict[str, BackendError] = {}
        self.listeners: list[Callable[[], None]] = []
        self._explicit: dict[str, type[BackendOps]] = {}
        self._specs: dict[Candidate, BackendSpec] = {}
        self._broken: set[Candidate] = set()
        self._scanned: tuple[Hashable, Scan] | None = None

    def resolve(self, name: str) -> BackendOps:
        """Return the ops of a name that is not in `ready` yet."""
        if not isinstance(name, str) or not name.strip():
            raise UnknownBackendError(f"A backend is named by a non-empty string. Got {name!r}.")
        family, colon, device = name.partition(":")
        if colon and not device:
            raise UnknownBackendError(
                f'A device follows the colon in the name of a backend. Got "{name}".',
                backend=family,
                hint=f'Write "{family}" to leave the device to the library.',
            )
        canonical = self.canonical(family)
        base = self.ready.get(canonical)
        if base is None:
            _environment.refuse_blocked(canonical)
            base = self._load(canonical)
        ops = base
        if device:
            placed = type(base)(device)
            ops = self.ready.setdefault(placed.name, placed)
        ops = self.ready.setdefault(name, ops)
        if self.ready.get(canonical) is not base:  # another class has the name in the meantime
            self._forget(canonical)
            return self.resolve(name)
        return ops

    def canonical(self, name: str) -> str:
        """Return the family that a name or alias stands for; an unknown name is returned itself.

        Raises
        ------
        DuplicateBackendError
            If several backends have the alias.
        """
        ready = self.ready.get(name)
        if ready is not None:
            return str(ready.family)
        candidates = self.scan().candidates if name != BUILTIN.name else {}
        if name in self._explicit or name in candidates or name in KNOWN or name == BUILTIN.name:
            return name
        families = sorted(family for family in candidates if self._has_alias(family, name))
        if len(families) > 1:
            raise DuplicateBackendError(
                f'An alias stands for one backend. "{name}" is one of {" and ".join(families)}.',
                backend=name,
                hint="Use their own names.",
            )
        return families[0] if families else name

    def available(self) -> tuple[str, ...]:
        """Return the names that are installed or registered, and not blocked."""
        names = {*self.scan().candidates, *self._explicit}
        return tuple(sorted(names - _environment.blocked()))

    def registered(self) -> dict[str, type[BackendOps]]:
        """Return the classes that were registered in this process, by name."""
        return dict(self._explicit)

    def register(self, cls: type[BackendOps]) -> None:
        """Put a class before everything that is installed under its family."""
        name = str(check_class(cls, getattr(cls, "family", "")).family)
        if self._explicit.setdefault(name, cls) is not cls:
            raise DuplicateBackendError(
                f'One class at a time is registered as "{name}". Got {cls.__name__} beside '
                f"{self._explicit[name].__name__}.",
                backend=name,
                hint=f'Call unregister_ops("{name}") first.',
            )
        self._forget(name)

    def unregister(self, which: str | type[BackendOps]) -> None:
        """Undo `register`."""
        name = which if isinstance(which, str) else str(which.family)
        cls = self._explicit.get(name)
        if cls is None or which not in (name, cls):
            raise UnknownBackendError(
                "Only a class that register_ops registered can be unregistered. Got "
                f"{name if isinstance(which, str) else which.__name__}.",
                backend=name,
            )
        self._explicit.pop(name, None)
        self._forget(name)

    def spec(self, name: str) -> BackendSpec:
        """Return the descriptor's data about an installed backend."""
        name = self.canonical(name)
        return self._load_spec(self.choose(name))

    def choose(self, name: str) -> Candidate:
        """Return the entry point that a family is loaded from: the only one, or the pinned one.

        Raises
        ------
        UnknownBackendError, BackendNotInstalledError, BackendBlockedError, DuplicateBackendError
        """
        candidates = self._candidates(name)
        pinned = _environment.pins().get(name)
        if pinned is not None:
            candidates = tuple(c for c in candidates if c.distribution == pinned) or candidates
        elif name == BUILTIN.name:
            return BUILTIN
        if len(candidates) == 1:
            return candidates[0]
        raise _duplicates(name, candidates)

    def scan(self, *, afresh: bool = False) -> Scan:
        """Return what distributions offer; read again once something was installed or removed."""
        mark = fingerprint()
        if self._scanned is not None and self._scanned[0] == mark and not afresh:
            return self._scanned[1]
        if afresh:
            importlib.invalidate_caches()
        found = scan(self._development())
        self._scanned = (fingerprint(), found)
        self._broken.clear()
        self._changed()
        self._warn(found)
        return found

    def _load(self, name: str) -> BackendOps:
        explicit = self._explicit.get(name)
        try:
            made = self._from_plugin(name) if explicit is None else explicit()
        except BackendError as error:
            self.failures[name] = _on_its_own(error)
            raise
        ops = self.ready.setdefault(name, made)
        self.failures.pop(name, None)
        if self._explicit.get(name) is not explicit:  # one was registered or removed meanwhile
            self._forget(name)
            return self._load(name)
        self._changed()
        return ops

    def _from_plugin(self, name: str) -> BackendOps:
        candidate = self.choose(name)
        return make(load_class(self._load_spec(candidate), candidate), candidate)

    def _load_spec(self, candidate: Candidate) -> BackendSpec:
        spec = self._specs.get(candidate)
        if spec is not None:
            return spec
        try:
            spec = _named(candidate, load_descriptor(candidate))
        except BackendError:
            self._broken.add(candidate)
            raise
        self._broken.discard(candidate)
        return self._specs.setdefault(candidate, spec)

    def known_spec(self, candidate: Candidate) -> BackendSpec | None:
        """The spec, or None where it fails, which is tried once: this backend wasn't asked for."""
        if candidate in self._broken:
            return None
        try:
            return self._load_spec(candidate)
        except BackendError as error:
            self.failures.setdefault(candidate.name, _on_its_own(error))
            return None

    def _candidates(self, name: str) -> tuple[Candidate, ...]:
        """The entry points of a name: the known ones, else after looking once more."""
        if name == BUILTIN.name and name not in _environment.pins():
            return (BUILTIN,)
        found = self.scan().candidates.get(name)
        found = found or self.scan(afresh=True).candidates.get(name)
        if found:
            return found
        if name not in KNOWN:
            raise self._unknown(name)
        if _environment.plugins_disabled():
            raise BackendBlockedError(
                f'Backend "{name}" is not looked for, because {_environment.DISABLE} is set.',
                backend=name,
                hint="Unset the variable to use installed backends.",
            )
        raise BackendNotInstalledError(
            f'Backend "{name}" is not installed.',
            backend=name,
            hint=f"Install it: {KNOWN[name].install}",
        )

    def _unknown(self, name: str) -> UnknownBackendError:
        import difflib

        there = self.available()
        hints = []
        nearest = difflib.get_close_matches(name.lower(), sorted({*there, *KNOWN}), n=1)
        if nearest:
            hints.append(f'Did you mean "{nearest[0]}"?')
        if _environment.plugins_disabled():
            hints.append(f"{_environment.DISABLE} is set, so that plugins are not looked for.")
        if name == _environment.default_backend().partition(":")[0]:
            hints.append(f"{_environment.DEFAULT} names it.")
        return UnknownBackendError(
            f'There is no backend "{name}". Available: {", ".join(there)}.',
            backend=name,
            hint=" ".join(hints) or None,
        )

    def _has_alias(self, family: str, name: str) -> bool:
        specs = (self.known_spec(candidate) for candidate in self.scan().candidates[family])
        return any(spec is not None and name in spec.aliases for spec in specs)

    def _development(self) -> Iterator[Candidate]:
        """Uninstalled descriptor modules; to know their names they must be imported."""
        if _environment.plugins_disabled():
            return
        for module in _environment.development_modules():
            source = Candidate(module, module, f"{_environment.DEVELOPMENT}={module}", "")
            try:
                specs = load_descriptor(source)
            except BackendError as error:
                self.failures[module] = _on_its_own(error)
                _environment.warn_once(str(error))
                continue
            if not specs:
                _environment.warn_once(
                    f"{source} gives no backend. Is its `spacecore_backends` marked with "
                    f"`@hookimpl`?"
                )
            for spec in specs:
                candidate = source._replace(name=spec.name)
                self._specs[candidate] = spec
                yield candidate

    def _warn(self, found: Scan) -> None:
        if found.namesake is not None:
            _environment.warn_once(NAMESAKE.format(version=found.namesake))
        offers = {
            name: tuple(candidate.distribution for candidate in candidates)
            for name, candidates in found.candidates.items()
        }
        _environment.warn_unmatched({**dict.fromkeys([*KNOWN, *self._explicit], ()), **offers})

    def _forget(self, name: str) -> None:
        """Drop what was resolved under a name, with its devices and every array's owner."""
        self.ready.pop(name, None)  # first: who has published a name after it looks for this one
        for key, ops in list(self.ready.items()):
            if ops.family == name:
                self.ready.pop(key, None)
        self._changed()

    def _changed(self) -> None:
        for listener in self.listeners:
            listener()


def _on_its_own(error: BackendError) -> BackendError:
    """The same error without frames, whose variables are the caller's arrays."""
    twin = type(error).__new__(type(error), *error.args)
    vars(twin).update(vars(error))
    return twin


def _named(candidate: Candidate, specs: list[BackendSpec]) -> BackendSpec:
    """The one spec that has the entry point's name."""
    named = [spec for spec in specs if spec.name == candidate.name]
    if len(named) == 1:
        return named[0]
    if named:
        raise DuplicateBackendError(
            f"A plugin gives each name to one BackendSpec. {candidate} gives "
            f'"{candidate.name}" to {len(named)}.',
            backend=candidate.name,
            hint=f"Report it to the authors of {candidate.distribution}.",
        )
    got = ", ".join(f'"{spec.name}"' for spec in specs)
    raise BackendContractError(
        f'The entry point "{candidate.name}" of {candidate} must give a BackendSpec of that name. '
        + (f"Got {got}." if got else "Got none."),
        backend=candidate.name,
        hint=None if got else "Is its `spacecore_backends` marked with `@hookimpl`?",
    )


def _duplicates(name: str, candidates: tuple[Candidate, ...]) -> DuplicateBackendError:
    offers = ", ".join(f"{candidate} ({candidate.value})" for candidate in candidates)
    distributions = list(dict.fromkeys(candidate.distribution for candidate in candidates))
    if len(distributions) == 1:
        hint = f"Report it to the authors of {distributions[0]}, or uninstall it."
    else:
        hint = f"Uninstall all but one, or set {_environment.PIN}={name}={distributions[0]}."
    return DuplicateBackendError(
        f'A backend\'s name must come from one distribution. "{name}" is offered by {offers}.',
        backend=name,
        hint=hint,
    )
