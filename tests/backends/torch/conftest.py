"""Fixtures of the tests of what is special to Torch."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.fixture(autouse=True, scope="session")
def forward_mode():
    """Torch loads its forward mode at the first use, and warns of its own code; `ops` does not."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("spacecore_torch").TorchOps().jvp(
        torch.sin, (torch.ones(()),), (torch.ones(()),)
    )


@pytest.fixture
def run_python():
    """Run code in a fresh process, warnings as errors; return what it prints."""

    def run(code: str) -> str:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run
