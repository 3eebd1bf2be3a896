"""Which backends the installed distributions offer, read from packaging metadata alone.

Nothing of a plugin is imported here. A distribution whose metadata can't be read is noted for
`spacecore doctor`, and takes no other down.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Hashable, Iterable, Iterator
from typing import Any, NamedTuple

from spacecore._version import __version__
from spacecore.plugins import _environment
from spacecore.plugins._spec import GROUP, NAME

__all__ = ["BUILTIN", "Candidate", "Scan", "fingerprint", "scan"]


class Candidate(NamedTuple):
    """An entry point that offers a backend; nothing of it is imported yet."""

    name: str
    value: str
    distribution: str
    version: str

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}".strip()


class Scan(NamedTuple):
    """What the installed distributions offer.

    Attributes
    ----------
    candidates : dict of str to tuple of Candidate
        By the name of the backend.
    problems : tuple of str
        Metadata that could not be read or made sense of, a line each.
    namesake : str or None
        The version of the other distribution that owns the import package `spacecore`.
    """

    candidates: dict[str, tuple[Candidate, ...]]
    problems: tuple[str, ...]
    namesake: str | None


BUILTIN = Candidate("numpy", "spacecore.plugins._builtin", "spacecore-core", __version__)


def fingerprint() -> Hashable:
    """Return what changes when a distribution is installed or removed, without reading any."""
    stamps = tuple((path, _modified(path)) for path in sys.path)
    return stamps, _environment.plugins_disabled(), *_environment.development_modules()


def scan(more: Iterable[Candidate] = ()) -> Scan:
    """Read the entry points of every installed distribution.

    Parameters
    ----------
    more : iterable of Candidate
        Offers from elsewhere, which come before those of distributions.
    """
    if _environment.plugins_disabled():
        return Scan({BUILTIN.name: (BUILTIN,)}, (), None)
    problems: list[str] = []
    offers: dict[str, list[Candidate]] = {}
    for candidate in (BUILTIN, *more, *_installed(problems)):
        if NAME.fullmatch(candidate.name) is None:
            problems.append(
                f"{candidate} offers a backend under a name that can't be one: {candidate.name!r}"
            )
        elif candidate not in offers.setdefault(candidate.name, []):
            offers[candidate.name].append(candidate)
    candidates = {name: tuple(found) for name, found in offers.items()}
    return Scan(candidates, tuple(problems), _namesake())


def _installed(problems: list[str]) -> Iterator[Candidate]:
    import importlib_metadata

    seen: dict[str, tuple[str, str]] = {}
    for distribution in importlib_metadata.distributions():
        try:
            text = distribution.read_text("entry_points.txt")
            found = _offers(distribution) if text is not None and GROUP in text else []
        except Exception as error:  # noqa: BLE001  whatever a stranger's metadata provokes stays its own
            problems.append(f"{_where(distribution)} can't be read: {_reason(error)}")
            continue
        if not found:
            continue
        name, version = found[0].distribution, found[0].version
        if name not in seen:
            seen[name] = (version, _where(distribution))
            yield from found
        elif seen[name] != (version, _where(distribution)):
            problems.append(
                f"{name} is there twice, and the first counts: {seen[name][0]} in "
                f"{seen[name][1]}, {version} in {_where(distribution)}"
            )


def _offers(distribution: Any) -> list[Candidate]:
    entries = distribution.entry_points.select(group=GROUP)
    name, version = _identity(distribution)
    return [Candidate(entry.name, entry.value, name, version) for entry in entries]


def _identity(distribution: Any) -> tuple[str, str]:
    """Name and version; `distribution.name` would import the whole of `email`, 20 ms."""
    text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
    head = text.partition("\n\n")[0]
    found = [re.search(rf"^{field}:(.*)$", head, re.MULTILINE) for field in ("Name", "Version")]
    name, version = (match[1].strip() if match else "" for match in found)
    if not name or not version:
        raise ValueError("its METADATA says no name or no version")
    return _environment.normalized(name), version


def _namesake() -> str | None:
    import importlib_metadata

    for distribution in importlib_metadata.distributions(name="spacecore"):
        return _identity(distribution)[1]
    return None


def _where(distribution: Any) -> str:
    """The folder of the metadata; other kinds of distribution have none, and name themselves."""
    return str(getattr(distribution, "_path", distribution))


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".partition("\n")[0]


def _modified(path: str) -> int | None:
    from pathlib import Path  # four milliseconds, which `import spacecore` need not cost

    try:
        return Path(path).stat().st_mtime_ns
    except OSError:
        return None
