"""Every tutorial runs, as the script that its readers download."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
TUTORIALS = DOCS / "tutorials"
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
    "02_spaces_and_geometry": [
        "DenseVectorSpace: ℝ^3 (numpy, float64)",
        "{state: ℝ^3[float64], image: ℂ^(2×3)}   9 coordinates, over the real numbers",
        "equal: True",
        "equal: False",
        "DenseVectorSpace: ℝ^65[weighted] (torch, float64)",
    ],
    "03_operators_and_adjoints": [
        "DenseLinOp: ℝ^3 → ℝ^2[weighted]",
        "both sides agree: True",
        "relative error of D.H @ D: 0.003",
        "0.1·DenseLinOp.H∘DenseLinOp + I: ℝ^40[weighted] → ℝ^40[weighted]",
        "Hermitian by structure: True",
        "batch: (5, 41)",
        "relative difference to the matrix's below 1e-12: True",
        "the Riesz maps added: True",
    ],
    "04_trees_and_block_systems": [
        "$.load[1]: Expected shape (3,), got (4,)",
        "KKT(state: ℝ^201[weighted], multiplier: ℝ^6)",
        "is its own adjoint: True",
        "Hermitian by structure: True",
        "the same matrix: True",
        "largest difference below 1e-9: True",
        "compiled 1 time for two systems",
        "Tensor True",
    ],
    "05_write_your_own": [
        "Convolution: ℝ^128 → ℝ^128",
        "2·Convolution.H∘Convolution + I: ℝ^128 → ℝ^128",
        "pickled: True",
        "and back: True",
        "compiled: ['Convolution: ℝ^128 → ℝ^128 (jax, float64)']",
        "Convolution is the gradient's form",
        "four operators, compiled for the powers [1, 2]",
        "derivative by the decay: True",
        "MatrixFreeLinOp(λ): ℝ^128[Sobolev] → ℝ^128[Sobolev]",
    ],
    "06_watching_conjugate_gradients": [
        "converged: True  status: converged",
    ],
    "07_deblurring_by_weighted_tikhonov": [
        "MatrixFreeLinOp(blur): ℝ^(160×144×3) → ℝ^(160×144×3)[weighted]",
        "Hermitian by structure: True",
        "largest difference below 1e-9: True",
    ],
    "08_learning_a_regularisation_weight": [
        "numpy ['-0.013537', '-0.023927']",
        "jax   ['-0.013537', '-0.023927']",
        "torch ['-0.013537', '-0.023927']",
        "no point is lower by a hundred-thousandth: True",
    ],
}


def test_there_are_tutorials() -> None:
    assert {script.stem for script in SCRIPTS} >= PROMISED.keys()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_tutorial_runs(script: Path, tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "JAX_ENABLE_X64"}
    environment |= {"MPLBACKEND": "Agg", "JAX_PLATFORMS": "cpu"}
    environment |= {"MATPLOTLIBRC": str(DOCS / "tutorials.mplstyle")}  # as in the gallery
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
