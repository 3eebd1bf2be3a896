"""The hooks that a plugin implements. Importing this imports pluggy."""

from __future__ import annotations

from collections.abc import Mapping

import pluggy

from spacecore.plugins._spec import BackendSpec

__all__ = ["NAMES", "PROJECT", "hookimpl", "spacecore_backends", "spacecore_doctor"]

PROJECT = "spacecore"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def spacecore_backends() -> list[BackendSpec]:  # type: ignore[empty-body]
    """Return the backends of this plugin, as data; import no array library.

    Returns
    -------
    list of BackendSpec
    """


@hookspec
def spacecore_doctor(backend: str) -> Mapping[str, object] | None:
    """Return what helps to diagnose a backend: versions, devices, settings.

    Parameters
    ----------
    backend : str
        The name asked about.

    Returns
    -------
    mapping of str to object, or None
        None for a backend that is not this plugin's.
    """


NAMES = (spacecore_backends.__name__, spacecore_doctor.__name__)
