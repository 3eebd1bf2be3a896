"""`BackendSpec`: what a plugin says of a backend before anything of it is imported."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from spacecore.errors import BackendContractError

__all__ = ["API", "BackendSpec", "GROUP", "NAME", "Requirement"]

API = (1, 0)
"""Version of the contract: a minor only adds functions that have a default."""

GROUP = "spacecore.backends"
"""The entry-point group. A next major version of the contract has another."""

NAME = re.compile(r"[a-z][a-z0-9_.-]*")
"""What a backend can be called; a colon would begin a device."""

_REFERENCE = re.compile(r"\w+(\.\w+)*:\w+(\.\w+)*")
_REQUIREMENT = re.compile(r"([A-Za-z_]\w*)\s*(?:>=\s*(\d+(?:\.\d+)*))?")


class Requirement(NamedTuple):
    """A library that a backend can't do without, by import name, and its oldest good version."""

    module: str
    minimum: str | None

    @classmethod
    def parse(cls, text: str) -> Requirement:
        """Read `"jax"` or `"jax>=0.6"`."""
        found = _REQUIREMENT.fullmatch(text.strip())
        if found is None:
            raise BackendContractError(
                f"A requirement is an import name, or one with the oldest version that will do: "
                f'"jax>=0.6". Got {text!r}.'
            )
        return cls(found[1], found[2])

    def met_by(self, version: str) -> bool:
        """Whether a version is new enough, by its release numbers; a pre-release counts as one."""
        return self.minimum is None or _release(version) >= _release(self.minimum)


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
        Import names of the libraries that it can't do without, each with the oldest version that
        will do where that matters: `("jax>=0.6",)`.
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

    Raises
    ------
    BackendContractError
        If a field is not of its form.
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

    def __post_init__(self) -> None:
        for name in (self.name, *_strings(self, "aliases")):
            if not isinstance(name, str) or NAME.fullmatch(name) is None:
                raise BackendContractError(
                    f"A backend's name is lower-case letters, digits and `_.-`. Got {name!r}."
                )
        for reference in (self.ops, self.probe):
            if reference is not None and not _is_reference(reference):
                raise BackendContractError(
                    f'An import reference is "package.module:name". Got {reference!r}.'
                )
        if not _is_version(self.api):
            raise BackendContractError(f"`api` is (major, minor). Got {self.api!r}.")
        _strings(self, "array_types")
        _strings(self, "capabilities")
        self.requirements()

    def requirements(self) -> tuple[Requirement, ...]:
        """Return `requires`, read."""
        return tuple(Requirement.parse(text) for text in _strings(self, "requires"))


def _strings(spec: BackendSpec, field: str) -> tuple[str, ...]:
    value: object = getattr(spec, field)
    if not isinstance(value, tuple) or not all(isinstance(item, str) for item in value):
        raise BackendContractError(f"`{field}` is a tuple of str. Got {value!r}.")
    return value


def _is_reference(value: object) -> bool:
    return isinstance(value, str) and _REFERENCE.fullmatch(value) is not None


def _is_version(value: object) -> bool:
    return (
        isinstance(value, tuple)
        and len(value) == 2
        and all(isinstance(part, int) for part in value)
    )


def _release(version: str) -> tuple[int, ...]:
    """The release numbers of a version, without trailing zeros: `1.2.0rc1` is (1, 2)."""
    found = re.match(r"\s*v?(?:\d+!)?(\d+(?:\.\d+)*)", version)
    numbers = [int(part) for part in found[1].split(".")] if found else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
