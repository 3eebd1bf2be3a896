"""What is installed, from packaging metadata alone: no plugin is imported, so none can break it."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

from spacecore.errors import DuplicateBackendError, PluginWarning
from spacecore.plugins._discovery import Candidate
from spacecore.plugins._doors import REGISTRY
from spacecore.plugins._environment import BLOCK, DISABLE, blocked, plugins_disabled
from spacecore.plugins._known import KNOWN

__all__ = ["Listing", "Row", "listing"]


class Row(NamedTuple):
    """One backend: what state its installation is in, and what to know about that."""

    name: str
    state: str
    candidates: tuple[Candidate, ...]
    note: str

    @property
    def source(self) -> str:
        """The distributions that offer it."""
        return ", ".join(map(str, self.candidates))

    def data(self) -> dict[str, Any]:
        """Return the same for a machine."""
        return {
            "name": self.name,
            "state": self.state,
            "offers": [
                {
                    "distribution": candidate.distribution,
                    "version": candidate.version,
                    "entry_point": candidate.value,
                }
                for candidate in self.candidates
            ],
            "note": self.note,
        }


class Listing(NamedTuple):
    """Every backend that is installed or known, and what is odd about the installation."""

    rows: tuple[Row, ...]
    problems: tuple[str, ...]


def listing() -> Listing:
    """Read what is installed.

    Returns
    -------
    Listing
        With states `installed`, `several` (distributions offer the name, and none is pinned),
        `blocked` and `missing`.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        scan = REGISTRY.scan()
    names = sorted({*scan.candidates, *KNOWN}, key=lambda name: (name != "numpy", name))
    rows = tuple(_row(name, scan.candidates.get(name, ())) for name in names)
    said = [str(one.message) for one in caught if issubclass(one.category, PluginWarning)]
    if plugins_disabled():
        said.append(f"{DISABLE} is set, so that installed plugins are not looked for.")
    return Listing(rows, (*said, *scan.problems))


def _row(name: str, candidates: tuple[Candidate, ...]) -> Row:
    if name in blocked():
        return Row(name, "blocked", candidates, f"by the environment variable {BLOCK}")
    if not candidates and plugins_disabled():
        return Row(name, "blocked", (), f"by the environment variable {DISABLE}")
    if not candidates:
        return Row(name, "missing", (), KNOWN[name].install)
    try:
        chosen = REGISTRY.choose(name)
    except DuplicateBackendError as error:
        return Row(name, "several", candidates, str(error.hint))
    if len(candidates) == 1:
        return Row(name, "installed", candidates, "")
    others = ", ".join(str(other) for other in candidates if other != chosen)
    why = "built in" if chosen.distribution == "spacecore-core" else "pinned"
    return Row(name, "installed", (chosen,), f"{why}, before {others}")
