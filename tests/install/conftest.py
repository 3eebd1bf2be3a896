"""Wheels built once, and fresh environments made from them.

An environment holds what the wheels' own metadata asks for and nothing else: our wheels are
installed into it by pip, and the libraries that they require are linked to, file by file, from the
environment that runs the tests. So nothing is downloaded, and what is undeclared is not there.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
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
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this run, common to its worker processes."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@contextmanager
def unless_done(folder: Path) -> Iterator[bool]:
    """Tell whether a folder is still to be filled, and let one process at a time fill it."""
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder.with_suffix(".done")
        yield not done.exists()
        done.touch()


@pytest.fixture(scope="session")
def built(shared: Path) -> dict[str, Built]:
    """Each distribution as an sdist, and as the wheel that is built from that sdist."""
    out = shared / "distributions"
    with unless_done(out) as to_do:
        for name in DISTRIBUTIONS if to_do else ():
            options = ["--no-isolation", "--outdir", str(out)]
            call([sys.executable, "-m", "build", *options, str(ROOT / name)])
    files = {name: name.replace("-", "_") for name in DISTRIBUTIONS}
    return {
        name: Built(*out.glob(f"{stem}-*.tar.gz"), *out.glob(f"{stem}-*.whl"))
        for name, stem in files.items()
    }


@pytest.fixture(scope="session")
def make_environment(built: dict[str, Built], shared: Path) -> Callable[..., Environment]:
    """A function that makes an environment from some of the wheels, and further libraries."""

    def make(label: str, *names: str, libraries: Iterable[str] = ()) -> Environment:
        home = shared / f"environment-{label}"
        python = home / "bin" / "python"
        with unless_done(home) as to_do:
            if to_do:
                call([sys.executable, "-m", "venv", "--without-pip", str(home)])
                fill(home, python, [built[name].wheel for name in names], libraries)
        return Environment(frozenset(name.partition("-")[2] for name in names) - {"core"}, python)

    return make


def fill(home: Path, python: Path, wheels: list[Path], libraries: Iterable[str]) -> None:
    """Install wheels into an environment, and link what their metadata asks for."""
    pip = [sys.executable, "-m", "pip", "--python", str(python)]
    if wheels:
        call([*pip, "install", "--no-index", "--no-deps", *map(str, wheels)])
    (site,) = home.glob("lib/python*/site-packages")
    for library in required(site, libraries):
        link(library, site)
    call([*pip, "check"])


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
