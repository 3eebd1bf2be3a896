"""`BackendSpec`: what a plugin says of a backend before anything of it is imported."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["API", "GROUP", "BackendSpec"]

API = (1, 0)
"""Version of the contract: a minor only adds functions that have a default."""

GROUP = "spacecore.backends"
"""The entry-point group. A next major version of the contract has another."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BackendSpec:
    """Data about a backend, cheap to make and to read.

    Parameters
    ----------
    name : str
        The entry point's name, which is also the family of the ops.
    ops : str
        Import reference of the `BackendOps` subclass, `"package.module:Class"`.
    api : tuple of int
        `(major, minor)` of the contract that the plugin needs.
    requires : tuple of str
        Import names of the libraries that it can't do without.
    aliases : tuple of str
        Other names for it.
    array_types : tuple of str
        Qualified names of its array types, or the packages that define them.
    capabilities : tuple of str
        As on the ops; for listings.
    probe : str or None
        Import reference of a function that returns None where the backend can run here, and
        otherwise the reason why not. Called once the ops are imported.
    install : str
        The command that installs it whole, as a user would type it.
    summary : str
        One line for listings.
    """

    name: str
    ops: str
    api: tuple[int, int] = API
    requires: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    array_types: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    probe: str | None = None
    install: str = ""
    summary: str = ""
