"""Whether the files of spacecore-core are its own. Needs none of them but this one."""

from __future__ import annotations

import csv
import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import importlib_metadata

__all__ = ["damage", "explanation", "remedy"]


def explanation(error: BaseException) -> str:
    """Say why the package can't be imported, and what mends it.

    Parameters
    ----------
    error : BaseException
        What the import raised.
    """
    said = f"{type(error).__name__}: {error}"
    return "\n".join(
        [f"spacecore-core can't be imported ({said}).", *damage(), f"To mend it: {remedy()}"]
    )


def damage() -> list[str]:
    """Return a line for each thing that is wrong with the installed files; empty if none is."""
    ours = _distribution("spacecore-core")
    if ours is None:
        return ["There is no metadata of spacecore-core."]
    missing, changed = [], []
    for name, digest in _record(ours):
        path = Path(str(ours.locate_file(name)))
        if not path.exists():
            missing.append(name)
        elif _sha256(path.read_bytes()) != digest:
            changed.append(name)
    return [
        f"{len(files)} of its files {what}: {_some(files)}."
        for files, what in ((missing, "are missing"), (changed, "are not its own"))
        if files
    ]


def remedy() -> str:
    """Return the commands that put every file of spacecore-core in its place."""
    ours = _distribution("spacecore-core")
    version = f"=={ours.version}" if ours is not None else ""
    reinstall = f"`pip install --force-reinstall --no-deps spacecore-core{version}`"
    if _distribution("spacecore") is None:
        return f"{reinstall}."
    return f"`pip uninstall -y spacecore`, then {reinstall}."


def _distribution(name: str) -> Any:
    return next(iter(importlib_metadata.distributions(name=name)), None)


def _record(distribution: Any) -> Iterator[tuple[str, str]]:
    """Names of the installed files, and what they held then; `files` leaves out missing ones."""
    for name, digest, _ in csv.reader((distribution.read_text("RECORD") or "").splitlines()):
        algorithm, _, value = digest.partition("=")
        if algorithm == "sha256":
            yield name, value


def _sha256(content: bytes) -> str:
    """The digest as a wheel's RECORD spells it."""
    return urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def _some(files: list[str]) -> str:
    shown = ", ".join(files[:_MOST])
    return shown if len(files) <= _MOST else f"{shown}, ..."


_MOST = 4
