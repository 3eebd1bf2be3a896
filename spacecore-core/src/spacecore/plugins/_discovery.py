"""From packaging metadata to descriptors, one distribution at a time.

Stage one reads entry-point names and imports nothing of a plugin. Stage two imports one
plugin's descriptor module and asks its hook for `BackendSpec` data. A distribution that is
broken at either stage is noted and takes no other down.
"""

from __future__ import annotations

import re
import sys
import warnings
from importlib import import_module
from typing import Any, NamedTuple

from spacecore.errors import BackendContractError, BackendError, BackendLoadError, PluginWarning
from spacecore.plugins import _environment
from spacecore.plugins._spec import GROUP, BackendSpec

__all__ = ["Candidate", "Scan", "load_descriptor", "scan"]


class Candidate(NamedTuple):
    """An entry point that offers a backend; nothing of it is imported yet."""

    name: str
    value: str
    distribution: str
    version: str

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}".strip()


class Scan(NamedTuple):
    """The entry points found, by name, and what could not be read."""

    candidates: dict[str, list[Candidate]]
    unreadable: list[str]


BUILTIN = Candidate("numpy", "spacecore.plugins._builtin", "spacecore-core", "")


def scan() -> Scan:
    """Read the entry points of every installed distribution."""
    found = [BUILTIN]
    unreadable: list[str] = []
    if not _environment.plugins_disabled():
        found += _development_candidates()
        found += _installed_candidates(unreadable)
    candidates: dict[str, list[Candidate]] = {}
    for candidate in found:
        same_name = candidates.setdefault(candidate.name, [])
        if not any(_identical(candidate, other) for other in same_name):
            same_name.append(candidate)
    return Scan(candidates, unreadable)


def load_descriptor(candidate: Candidate) -> list[BackendSpec]:
    """Import one descriptor module and return the specs that its hook gives.

    Raises
    ------
    BackendLoadError
        If the import or the hook raises, `SystemExit` included.
    BackendContractError
        If it implements a hook that does not exist, or returns anything but specs.
    """
    plugin = _import_descriptor(candidate)
    results = _call_hook(plugin, candidate)
    specs = [spec for result in results for spec in _as_specs(result, candidate)]
    if not any(spec.name == candidate.name for spec in specs):
        names = ", ".join(f'"{spec.name}"' for spec in specs) or "none"
        raise BackendContractError(
            f'The entry point "{candidate.name}" of {candidate} must give a BackendSpec of that '
            f"name. Got {names}.",
            backend=candidate.name,
        )
    return [spec for spec in specs if spec.name == candidate.name]


def _development_candidates() -> list[Candidate]:
    """Uninstalled descriptor modules; to know their names they must be imported."""
    found = []
    for module in _environment.development_modules():
        probe = Candidate(module, module, f"{_environment.DEVELOPMENT}={module}", "")
        specs = _specs_or_warning(probe)
        found += [probe._replace(name=spec.name) for spec in specs]
    return found


def _specs_or_warning(candidate: Candidate) -> list[BackendSpec]:
    try:
        plugin = _import_descriptor(candidate)
        results = _call_hook(plugin, candidate)
        return [spec for result in results for spec in _as_specs(result, candidate)]
    except BackendError as error:
        warnings.warn(str(error), PluginWarning, stacklevel=2)
        return []


def _installed_candidates(unreadable: list[str]) -> list[Candidate]:
    import importlib_metadata

    found: list[Candidate] = []
    for distribution in importlib_metadata.distributions():
        try:
            text = distribution.read_text("entry_points.txt")
            if text is not None and GROUP in text:
                found += _candidates_of(distribution)
            elif distribution.metadata["Name"] == "spacecore":
                _warn_of_namesake()
        except Exception as error:  # whatever a stranger's metadata provokes stays its own
            unreadable.append(f"{_label(distribution)}: {type(error).__name__}: {error}")
    return found


def _candidates_of(distribution: Any) -> list[Candidate]:
    name = re.sub(r"[-_.]+", "-", distribution.name).lower()
    entries = distribution.entry_points.select(group=GROUP)
    return [Candidate(entry.name, entry.value, name, distribution.version) for entry in entries]


def _label(distribution: Any) -> str:
    return str(getattr(distribution, "_path", distribution))


def _identical(one: Candidate, other: Candidate) -> bool:
    """Whether two entries are one installation, seen twice on the path."""
    return (one.value, one.distribution) == (other.value, other.distribution)


def _import_descriptor(candidate: Candidate) -> Any:
    module, _, attribute = candidate.value.partition(":")
    try:
        plugin: Any = import_module(module.strip())
        for part in attribute.strip().split(".") if attribute.strip() else ():
            plugin = getattr(plugin, part)
    except (Exception, SystemExit) as error:  # any code may run at a plugin's import
        raise _load_error(
            candidate, f"importing its descriptor {candidate.value}", error
        ) from error
    return plugin


def _call_hook(plugin: Any, candidate: Candidate) -> list[Any]:
    import pluggy

    from spacecore.plugins import _hooks

    manager = pluggy.PluginManager(_hooks.PROJECT)
    manager.add_hookspecs(_hooks)
    try:
        manager.register(plugin, candidate.distribution)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise BackendContractError(
            f"A plugin implements hooks of spacecore only. {candidate}: {error}",
            backend=candidate.name,
        ) from error
    try:
        results: list[Any] = manager.hook.spacecore_backends()
    except (Exception, SystemExit) as error:  # any code may run in a plugin's hook
        raise _load_error(candidate, "calling its hook spacecore_backends", error) from error
    return results


def _as_specs(result: Any, candidate: Candidate) -> list[BackendSpec]:
    specs = list(result) if isinstance(result, list | tuple) else [result]
    for spec in specs:
        if not isinstance(spec, BackendSpec):
            raise BackendContractError(
                f"`spacecore_backends` returns a list of BackendSpec. "
                f"{candidate} gave {type(spec).__name__}.",
                backend=candidate.name,
            )
    return specs


def _load_error(candidate: Candidate, doing: str, error: BaseException) -> BackendLoadError:
    return BackendLoadError(
        f'Backend "{candidate.name}" of {candidate} failed at {doing}: '
        f"{type(error).__name__}: {error}.",
        backend=candidate.name,
        hint=f"Mend or remove {candidate.distribution}; other backends are unaffected.",
    )


def _warn_of_namesake() -> None:
    warnings.warn(
        "Another distribution called `spacecore` is installed, and it writes to the same import "
        "package as spacecore-core. To mend it: `pip uninstall -y spacecore spacecore-core`, then "
        "`pip install spacecore-core`.",
        PluginWarning,
        stacklevel=2,
    )


def library_loaded(spec: BackendSpec) -> bool:
    """Whether the libraries that a backend needs are imported already."""
    return all(name in sys.modules for name in spec.requires)
