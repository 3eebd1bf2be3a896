"""Every benchmark runs and hands over its numbers; what they are is nobody's business here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[1] / "bench"
NAMES = sorted(
    path.stem for path in BENCH.glob("*.py") if path.stem != "run" and path.stem[0] != "_"
)


@pytest.mark.parametrize("name", NAMES)
def test_benchmark_gives_rows_when_it_is_quick(name: str, tmp_path: Path) -> None:
    command = [sys.executable, BENCH / "run.py", name, "--quick", "--results", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    saved = json.loads((tmp_path / f"{name}.json").read_text())
    assert saved["title"] in done.stdout
    assert saved["rows"]
    assert all(row["raw"] is None or row["raw"] > 0 for row in saved["rows"])


def test_unknown_benchmark_is_refused_with_the_names_that_exist() -> None:
    command = [sys.executable, BENCH / "run.py", "nothing"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert all(name in done.stderr for name in NAMES)
