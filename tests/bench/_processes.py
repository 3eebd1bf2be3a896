"""Fresh processes: what an import costs in time, memory and modules."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

__all__ = ["Run", "distributions", "fresh", "interleaved", "middle"]

_CHILD = """
import sys, time
{setup}
start = time.process_time()
{code}
whole = time.process_time()
taken = whole - start
import json
try:
    with open("/proc/self/status") as status:
        peak = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
except OSError:
    peak = 0
print(json.dumps([taken, whole, peak, sorted(sys.modules)]))
"""


class Run(NamedTuple):
    """One process: seconds of the code, of the whole, peak memory, modules at the end.

    The seconds are the processor's, which other processes disturb less than the clock's.
    """

    inside: float
    whole: float
    peak: int
    modules: list[str]


def fresh(code: str, setup: str = "", **environment: str) -> Run:
    """Run code in a new interpreter; what sets up is not timed inside."""
    done = subprocess.run(
        [sys.executable, "-c", _CHILD.format(code=code, setup=setup)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{code!r} failed:\n{done.stderr}")
    return Run(*json.loads(done.stdout.splitlines()[-1]))


def interleaved(
    codes: dict[str, tuple[str, dict[str, str]]], count: int, setup: str = ""
) -> dict[str, list[Run]]:
    """Run each code `count` times in turn, after once that nobody counts."""
    runs: dict[str, list[Run]] = {name: [] for name in codes}
    for turn in range(count + 1):
        for name, (code, variables) in codes.items():
            run = fresh(code, setup, **variables)
            if turn:
                runs[name].append(run)
    return runs


def middle(runs: list[Run], what: str) -> Any:
    """Return the median of one measure."""
    return median(getattr(run, what) for run in runs)


@contextmanager
def distributions(count: int) -> Iterator[str]:
    """Make a folder of installed distributions that have entry points, none of them ours."""
    with TemporaryDirectory() as folder:
        for i in range(count):
            info = Path(folder) / f"made_up_{i}-1.0.dist-info"
            info.mkdir()
            (info / "METADATA").write_text(
                f"Metadata-Version: 2.1\nName: made-up-{i}\nVersion: 1.0\n"
            )
            (info / "entry_points.txt").write_text(
                f"[console_scripts]\nmade-up-{i} = made_up:main\n"
            )
        yield folder
