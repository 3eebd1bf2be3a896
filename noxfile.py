"""Other Pythons, and the oldest and newest libraries: what one environment can't show.

`nox` runs all sessions, `nox -s tests-3.13` one. What is tested is built and installed as a user
gets it, not linked to the source. `dev.py` has everything else.
"""

from __future__ import annotations

import nox

nox.options.default_venv_backend = "venv"

CORE = ("./spacecore-core", "./spacecore-cupy")  # CuPy's without CuPy, to hear what it says
HELD = ("--constraint", "tests/constraints.txt")
OLDEST = ("numpy==2.1.*", "scipy==1.13.*", "jax==0.6.0", "pluggy==1.5.*", "optree==0.14.*")
TEST = nox.project.load_toml("pyproject.toml")["dependency-groups"]["test"]


@nox.session(python=["3.11", "3.12", "3.13"])
def tests(session: nox.Session) -> None:
    """On NumPy and JAX, for each version of Python."""
    session.install(*CORE, "./spacecore-jax", *TEST, *HELD)
    test(session, "numpy jax")


@nox.session(python="3.11")
def torch(session: nox.Session) -> None:
    """On NumPy and Torch, JAX not being there."""
    session.install(*CORE, "./spacecore-torch", *TEST, *HELD)
    test(session, "numpy torch")


@nox.session(python="3.11")
def oldest(session: nox.Session) -> None:
    """With the oldest libraries that the distributions allow."""
    session.install(*CORE, "./spacecore-jax", *TEST, *OLDEST)
    test(session, "numpy jax")


@nox.session(python="3.13")
def newest(session: nox.Session) -> None:
    """With the newest libraries there are."""
    session.install("--upgrade", *CORE, "./spacecore-jax", *TEST)
    test(session, "numpy jax")


def test(session: nox.Session, backends: str) -> None:
    chosen = session.posargs or ["tests/core", "tests/install"]
    variables = {"OMP_NUM_THREADS": "1", "SPACECORE_TEST_BACKENDS": backends}
    session.run("python", "-m", "pytest", *chosen, env=variables)
