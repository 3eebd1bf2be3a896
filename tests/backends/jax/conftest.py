"""Fixtures of the tests of what is special to JAX."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.fixture
def run_python():
    """Run code in a fresh process, whose settings of JAX are its own; return what it prints."""

    def run(code: str, **environment: str) -> str:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("JAX_", "XLA_"))}
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            env={**inherited, "JAX_PLATFORMS": "cpu", **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run
