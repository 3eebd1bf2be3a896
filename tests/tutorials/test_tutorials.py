"""Every tutorial runs, as the script that its readers download."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TUTORIALS = Path(__file__).resolve().parents[2] / "docs" / "tutorials"
SCRIPTS = sorted(TUTORIALS.glob("[0-9][0-9]_*.py"))

# Lines that a tutorial promises to print; the story rests on them.
PROMISED = {
    "01_backend_and_context": [
        "backend family : numpy",
        "default dtype  : float64",
        "check level    : standard",
        "asarray dtype  : float64 -> [1. 2. 3.]",
        "numpy output dtype: float64",
        "jax output type : ArrayImpl",
        "torch output type : Tensor",
        "standard -> Expected shape (3,), got (4,)",
        "none -> accepted silently (no exception raised)",
        "strict   a nan    -> Expected finite elements, got inf or nan",
        "original : numpy",
        "converted: jax (new object: True )",
        "same ctx returns self: True",
    ],
}


def test_there_are_tutorials() -> None:
    assert {script.stem for script in SCRIPTS} >= PROMISED.keys()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_tutorial_runs(script: Path, tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "JAX_ENABLE_X64"}
    environment |= {"MPLBACKEND": "Agg", "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, "-W", "error", "-W", "ignore:FigureCanvasAgg is non-interactive"]
    done = subprocess.run(
        [*command, str(script)],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    printed = done.stdout.splitlines()
    missing = [line for line in PROMISED.get(script.stem, []) if line not in printed]
    assert not missing, done.stdout
    differences = [line for line in printed if line.startswith("max abs")]
    assert all(float(line.partition(":")[2]) < 1e-13 for line in differences), done.stdout
