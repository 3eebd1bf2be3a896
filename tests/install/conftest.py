"""Wheels built once, and fresh environments made from them.

An environment holds what the wheels' own metadata asks for and nothing else: our wheels are
installed into it by pip, and the libraries that they require are linked to, file by file, from the
environment that runs the tests. So nothing is downloaded, and what is undeclared is not there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
DISTRIBUTIONS = ("spacecore-core", "spacecore-jax", "spacecore-torch", "spacecore-cupy")

# The variables that would change what a fresh environment does.
FOREIGN = ("PYTHON", "SPACECORE", "JAX", "VIRTUAL_ENV", "COVERAGE", "COV_")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep these tests in one worker, so that wheels and environments are made once."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("install"))


class Built(NamedTuple):
    """The two files of one distribution."""

    sdist: Path
    wheel: Path


class Environment(NamedTuple):
    """A fresh environment: the names of what is in it, and its Python."""

    backends: frozenset[str]
    python: Path

    def run(self, code: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run code in a new process of this environment, warnings being errors."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(FOREIGN)}
        return subprocess.run(
            [self.python, "-W", "error", "-c", code],
            env={**kept, **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    def value(self, code: str, **variables: str) -> Any:
        """Run code that prints JSON, and return what it printed."""
        done = self.run(code, **variables)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Built]:
    """Each distribution as an sdist, and as the wheel that is built from that sdist."""
    out = tmp_path_factory.mktemp("dist")
    for name in DISTRIBUTIONS:
        command = ["build", "--no-isolation", "--outdir", str(out), str(ROOT / name)]
        call([sys.executable, "-m", *command])
    return {
        name: Built(*out.glob(f"{name.replace('-', '_')}-*.tar.gz"), *wheels(out, name))
        for name in DISTRIBUTIONS
    }


@pytest.fixture(scope="session")
def make_environment(
    built: dict[str, Built], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Environment]:
    """A function that makes an environment from some of the wheels, and further libraries."""

    def make(*names: str, libraries: Iterable[str] = ()) -> Environment:
        home = tmp_path_factory.mktemp("environment")
        call([sys.executable, "-m", "venv", "--without-pip", str(home)])
        python = home / "bin" / "python"
        pip = [sys.executable, "-m", "pip", "--python", str(python)]
        for name in names:
            call([*pip, "install", "--no-index", "--no-deps", str(built[name].wheel)])
        (site,) = home.glob("lib/python*/site-packages")
        for library in required(site, libraries):
            link(library, site)
        call([*pip, "check"])
        return Environment(frozenset(name.partition("-")[2] for name in names) - {"core"}, python)

    return make


def wheels(folder: Path, name: str) -> list[Path]:
    return list(folder.glob(f"{name.replace('-', '_')}-*.whl"))


def required(site: Path, libraries: Iterable[str]) -> set[str]:
    """Names of what the distributions in `site` require, and what these do, and so on."""
    found: set[str] = set()
    ours = list(metadata.distributions(path=[str(site)]))
    names = {canonicalize_name(dist.name) for dist in ours}
    queue = [*libraries, *(line for dist in ours for line in dist.requires or [])]
    while queue:
        requirement = Requirement(queue.pop())
        name = canonicalize_name(requirement.name)
        wanted = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if wanted and name not in names | found:
            found.add(name)
            queue += metadata.requires(name) or []
    return found


def link(library: str, site: Path) -> None:
    """Put symbolic links to an installed library's files and metadata into an environment."""
    distribution = metadata.distribution(library)
    tops = {path.parts[0] for path in distribution.files or [] if path.parts[0] != ".."}
    for top in tops - {"__pycache__"}:
        (site / top).symlink_to(Path(str(distribution.locate_file(top))))


def call(command: list[str]) -> None:
    done = subprocess.run(
        command, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
