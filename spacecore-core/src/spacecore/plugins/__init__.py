"""The plugin registry: how a name becomes a backend, and how to add one.

A plugin is a module that implements `spacecore_backends` with `hookimpl` and returns
`BackendSpec` data; its distribution names that module in the entry-point group
`spacecore.backends`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spacecore.plugins._doors import (
    available_backends,
    known_failures,
    ops_of_array,
    register_ops,
    resolve,
    spec_of,
    unregister_ops,
)
from spacecore.plugins._spec import API, GROUP, BackendSpec

if TYPE_CHECKING:
    from spacecore.plugins._hooks import hookimpl as hookimpl

__all__ = [
    "API",
    "BackendSpec",
    "GROUP",
    "available_backends",
    "hookimpl",
    "known_failures",
    "ops_of_array",
    "register_ops",
    "resolve",
    "spec_of",
    "unregister_ops",
]


def __getattr__(name: str) -> Any:
    if name == "hookimpl":  # pluggy is imported by those who write or load plugins
        from spacecore.plugins._hooks import hookimpl

        return hookimpl
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
