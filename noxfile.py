"""Other Pythons, and the oldest and newest libraries: what one environment can't show.

`nox` runs all sessions, `nox -s tests-3.13` one. What is tested is built and installed as a user
gets it, not linked to the source. `dev.py` has everything else.
"""

from __future__ import annotations

import nox

nox.options.default_venv_backend = "venv"

CORE = ("./spacecore-core", "./spacecore-cupy")  # CuPy's without CuPy, to hear what it says
HELD = ("--constraint", "tests/constraints.txt")
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
    session.install(
        *CORE, "./spacecore-jax", *TEST, *lower_bounds("spacecore-core", "spacecore-jax")
    )
    test(session, "numpy jax")


@nox.session(python="3.13")
def newest(session: nox.Session) -> None:
    """With the newest libraries there are."""
    session.install("--upgrade", *CORE, "./spacecore-jax", *TEST)
    test(session, "numpy jax")


def lower_bounds(*distributions: str) -> list[str]:
    """Pin each requirement `name>=version` of the distributions to that version's releases."""
    declared = [nox.project.load_toml(f"{name}/pyproject.toml") for name in distributions]
    needed = [line for one in declared for line in one["project"]["dependencies"]]
    bounds = [line.split(">=") for line in needed if "<" not in line]  # siblings have a ceiling
    return [f"{name}=={version}.*" for name, version in bounds]


def test(session: nox.Session, backends: str) -> None:
    chosen = session.posargs or ["tests/core", "tests/install"]
    variables = {"OMP_NUM_THREADS": "1", "SPACECORE_TEST_BACKENDS": backends}
    session.run("python", "-m", "pytest", *chosen, env=variables)
