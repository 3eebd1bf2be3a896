"""The four distributions go together: their versions, their requirements, their changelogs."""

from __future__ import annotations

import re
from importlib.metadata import requires, version
from pathlib import Path

import pytest

import spacecore as sc

ROOT = Path(__file__).parents[2]
CORE = "spacecore-core"
PLUGINS = ("spacecore-jax", "spacecore-torch", "spacecore-cupy")
KINDS = {"added", "changed", "fixed", "removed"}


def sibling_requirements(distribution):
    """What a distribution says of the others: name, and the range it wants."""
    for line in requires(distribution) or []:
        match = re.match(r"(spacecore-\w+)([^;]*)", line)
        if match:
            yield match[1], set(match[2].strip().split(","))


def test_versions_are_in_lock_step():
    versions = {name: version(name) for name in (CORE, *PLUGINS)}
    assert set(versions.values()) == {sc.__version__}, versions


@pytest.mark.parametrize("distribution", [CORE, *PLUGINS])
def test_siblings_are_required_within_the_minor_version(distribution):
    major, minor = sc.__version__.split(".")[:2]
    wanted = {f">={major}.{minor}", f"<{major}.{int(minor) + 1}"}
    found = dict(sibling_requirements(distribution))
    assert set(found) == (set(PLUGINS) if distribution == CORE else {CORE})
    assert set(map(frozenset, found.values())) == {frozenset(wanted)}


@pytest.mark.parametrize("distribution", [CORE, *PLUGINS])
def test_changelog_fragments_are_named_by_what_they_tell(distribution):
    wrong = [
        path.name
        for path in (ROOT / distribution / "changes").glob("*")
        if not re.fullmatch(rf"[a-z0-9-]+\.({'|'.join(KINDS)})\.md", path.name)
    ]
    assert wrong == []
