"""Fixtures of the tests of what is special to Torch."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.fixture
def run_python():
    """Run code in a fresh process, warnings as errors; return what it prints."""

    def run(code: str) -> str:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run
