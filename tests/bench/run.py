"""Measure what SpaceCore costs over the libraries it calls.

A benchmark is a file beside this one whose name does not begin with `_`: it has a `TITLE` and a
function `measure(budget)` that returns a `Table`. Each runs in a process of its own, on one
thread and one CPU. Nothing here passes or fails; targets that are missed are marked.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_PLATFORMS": "cpu",
    "JAX_ENABLE_X64": "1",  # the same double precision everywhere
}


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure SpaceCore against the raw libraries.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(benchmarks())}")
    parser.add_argument(
        "--quick", action="store_true", help="see that it runs; the numbers say little"
    )
    parser.add_argument(
        "--results", type=Path, default=RESULTS, help="the folder for the JSON files"
    )
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    for name in args.names:
        if name not in benchmarks():
            parser.error(f"There is no benchmark {name!r}. There are {', '.join(benchmarks())}.")
    if args.inside:
        measure(args.names[0], quick=args.quick, results=args.results)
        return 0
    status = 0
    for name in args.names or benchmarks():
        command = [sys.executable, __file__, name, "--inside", "--results", str(args.results)]
        command += ["--quick"] if args.quick else []
        status = max(
            status, abs(subprocess.run(command, env=environment(), check=False).returncode)
        )
    return status


def benchmarks() -> list[str]:
    """Return the names of the files that are benchmarks."""
    names = (path.stem for path in HERE.glob("*.py"))
    return sorted(name for name in names if not name.startswith("_") and name != "run")


def environment() -> dict[str, str]:
    """Return the variables a benchmark runs with.

    Overrides that choose a linear algebra library's kernels would distort the comparison of
    processes, and code that is compiled anew at every import would hide what an import costs.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("OPENBLAS_") and name != "PYTHONDONTWRITEBYTECODE"
    }
    return {**kept, **ONE_THREAD}


def measure(name: str, *, quick: bool, results: Path) -> None:
    """Run one benchmark in this process, print its table and save it."""
    sys.path.insert(0, str(HERE))
    from _measure import FULL, QUICK
    from _report import render, save

    pinned = pin()
    table = import_module(name).measure(QUICK if quick else FULL)
    save(table, results / f"{name}.json", {**conditions(), "cpu": pinned, "quick": quick})
    sys.stdout.write(render(table) + "\n")


def pin() -> int | None:
    """Keep this process and its children on one CPU, where the system can."""
    if sys.platform != "linux":
        return None
    cpu = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cpu})
    return cpu


def conditions() -> dict[str, str]:
    """Return the versions that the numbers depend on."""
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for name in ("spacecore-core", "numpy", "jax", "torch", "array-api-compat"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


if __name__ == "__main__":
    sys.exit(main())
