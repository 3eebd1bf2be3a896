"""Distributions fabricated for one test, and fresh processes that see them."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from spacecore.testing import write_distribution, write_plugin

FOREIGN = ("SPACECORE_BACKENDS", "SPACECORE_DEFAULT", "SPACECORE_DISABLE", "SPACECORE_PLUGINS")
_numbers = itertools.count()


class Site:
    """A folder of installed distributions, and a name that no other test's backend has."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.name = f"toy{next(_numbers)}"

    def plugin(self, name: str = "", **options: Any) -> str:
        """Install a plugin; return the name of its backend."""
        write_plugin(self.folder, name or self.name, **options)
        return name or self.name

    def distribution(self, name: str, **options: Any) -> Path:
        """Install a distribution; return the folder of its metadata."""
        return write_distribution(self.folder, name, **options)

    def python(
        self, *arguments: str, timeout: float = 120, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run Python in a new process that finds these distributions first."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(FOREIGN)}
        return subprocess.run(
            [sys.executable, *arguments],
            env={**kept, "PYTHONPATH": str(self.folder), **variables},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def run(self, code: str, **options: Any) -> str:
        """Run code in a new process, warnings being errors; return what it printed."""
        done = self.python("-W", "error", "-c", code, **options)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def value(self, code: str, **options: Any) -> Any:
        """Run code that prints JSON in a new process; return what it printed."""
        return json.loads(self.run(code, **options))


@pytest.fixture
def elsewhere(tmp_path: Path) -> Site:
    """Distributions that new processes see, and this one does not."""
    folder = tmp_path / "site"
    folder.mkdir()
    return Site(folder)


@pytest.fixture
def site(elsewhere: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Distributions that this process sees too, until the test ends."""
    for variable in FOREIGN:
        for name in [name for name in os.environ if name.startswith(variable)]:
            monkeypatch.delenv(name)
    monkeypatch.setattr(sys, "path", [str(elsewhere.folder), *sys.path])
    modules = set(sys.modules)
    yield elsewhere
    for name in set(sys.modules) - modules:
        if str(elsewhere.folder) in str(sys.modules[name]):
            del sys.modules[name]
