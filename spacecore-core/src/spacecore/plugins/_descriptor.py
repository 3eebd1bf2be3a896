"""From an entry point to descriptors: one plugin's module is imported and its hooks are called.

Any code may run in a plugin's module, so whatever it raises, `SystemExit` included, becomes an
error that names its distribution.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from spacecore.errors import BackendContractError, BackendError, BackendLoadError
from spacecore.plugins._discovery import Candidate
from spacecore.plugins._spec import BackendSpec

__all__ = ["ask_doctor", "import_reference", "load_descriptor", "plugin_errors"]


def load_descriptor(candidate: Candidate) -> list[BackendSpec]:
    """Import a descriptor module and return every spec that its hook gives.

    Raises
    ------
    BackendLoadError
        If the import or the hook raises.
    BackendContractError
        If it implements a hook that does not exist, or returns anything but a list of specs.
    """
    results = _registered(candidate).hook.spacecore_backends
    with plugin_errors(candidate, "calling its hook spacecore_backends"):
        return [spec for result in results() for spec in _as_specs(result)]


def ask_doctor(candidate: Candidate) -> Mapping[str, object]:
    """Return what the plugin says of its backend's state; empty if it says nothing.

    Raises
    ------
    BackendLoadError, BackendContractError
    """
    results = _registered(candidate).hook.spacecore_doctor
    with plugin_errors(candidate, "calling its hook spacecore_doctor"):
        answers = results(backend=candidate.name)
        for answer in answers:
            if not isinstance(answer, Mapping):
                raise BackendContractError(
                    f"`spacecore_doctor` returns a mapping or None. Got {type(answer).__name__}."
                )
        return {str(key): value for answer in answers for key, value in answer.items()}


@contextmanager
def plugin_errors(candidate: Candidate, doing: str, hint: str | None = None) -> Iterator[None]:
    """Turn what a plugin's code raises into an error that names the plugin.

    Parameters
    ----------
    candidate : Candidate
    doing : str
        What failed, after "failed at".
    hint : str, optional
    """
    try:
        yield
    except BackendContractError as error:
        raise BackendContractError(
            f'Backend "{candidate.name}" of {candidate} breaks the contract. {error.args[0]}',
            backend=candidate.name,
            hint=error.hint,
        ) from error
    except BackendError:
        raise
    except (Exception, SystemExit) as error:
        raise BackendLoadError(
            f'Backend "{candidate.name}" of {candidate} failed at {doing}: {_brief(error)}',
            backend=candidate.name,
            hint=hint or f"Mend or remove {candidate.distribution}; other backends are unaffected.",
        ) from error


def import_reference(reference: str) -> Any:
    """Return what `"package.module:name"` or `"package.module"` names."""
    module, _, attributes = reference.partition("[")[0].partition(":")
    found: Any = import_module(module.strip())
    for name in attributes.strip().split(".") if attributes.strip() else ():
        found = getattr(found, name)
    return found


def _brief(error: BaseException) -> str:
    """Say in one line what was raised."""
    lines = (line.strip() for line in str(error).splitlines())
    text = next((line for line in lines if any(map(str.isalnum, line))), "")
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}..."
    said = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return said if said.endswith(".") else f"{said}."


_LONGEST = 300


def _registered(candidate: Candidate) -> Any:
    """A plugin manager that holds this one plugin."""
    import pluggy

    from spacecore.plugins import _hooks

    with plugin_errors(candidate, f"importing its descriptor {candidate.value}"):
        plugin = import_reference(candidate.value)
        manager = pluggy.PluginManager(_hooks.PROJECT)
        manager.add_hookspecs(_hooks)
        try:
            manager.register(plugin, candidate.distribution)
            manager.check_pending()
        except pluggy.PluginValidationError as error:
            raise BackendContractError(_misspelt(error, _hooks.NAMES)) from error
        return manager


def _misspelt(error: Any, hooks: tuple[str, ...]) -> str:

    import difflib

    said = str(error).strip().splitlines()[-1]
    words = said.replace("'", " ").split()
    near = [name for word in words for name in difflib.get_close_matches(word, hooks, n=1)]
    meant = f' Did you mean "{near[0]}"?' if near and near[0] not in words else ""
    return f"A plugin implements the hooks {' and '.join(hooks)}. Got: {said}.{meant}"


def _as_specs(result: Any) -> list[BackendSpec]:
    if not isinstance(result, list | tuple):
        raise BackendContractError(
            f"`spacecore_backends` returns a list of BackendSpec. Got {type(result).__name__}."
        )
    for spec in result:
        if not isinstance(spec, BackendSpec):
            raise BackendContractError(
                "`spacecore_backends` returns a list of BackendSpec. "
                f"Got {type(spec).__name__} in it."
            )
    return list(result)
