"""`python -m spacecore.testing NAME`: hold one backend to the contract."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from spacecore._output import write_anything
from spacecore.errors import BackendError
from spacecore.plugins import resolve
from spacecore.testing._laws import law_cases
from spacecore.testing._report import run_cases, stale_differences
from spacecore.testing._suite import contract_cases

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the suite as the command line asks, and print what came out.

    Returns
    -------
    int
        0 if at least one case passed and none failed, 1 otherwise.
    """
    write_anything()
    options = _parser().parse_args(arguments)
    try:
        ops = resolve(options.name)
    except BackendError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 1
    chosen = {"thorough": options.thorough, "pattern": _pattern(options.filter)}
    cases = [*contract_cases(**chosen), *law_cases(**chosen)]
    started = time.perf_counter()
    report = run_cases(ops, cases, stop=options.x)
    if options.thorough and options.filter is None and not report.failures:
        report.stale = stale_differences(ops, cases)
    for line in report.lines():
        sys.stdout.write(f"{line}\n")
    sys.stdout.write(f"\n{len(cases)} cases on {ops!r} in {time.perf_counter() - started:.1f} s\n")
    if report.total("passed") == 0:
        sys.stdout.write("No case passed, so nothing was shown.\n")
    return 0 if report.ok else 1


def _pattern(text: str | None) -> str:
    """A filter without a wildcard is a part of the name."""
    if text is None:
        return "*"
    return text if "*" in text or "?" in text else f"*{text}*"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m spacecore.testing",
        description="Hold one backend to the contract, case by case.",
    )
    parser.add_argument("name", help='a registered name, with a device or not: "jax:cpu:0"')
    parser.add_argument(
        "--filter", metavar="PATTERN", help="only cases whose names match, such as 'sum[*' or scan"
    )
    parser.add_argument("-x", action="store_true", help="stop at the first failure")
    parser.add_argument(
        "--thorough", action="store_true", help="every call with every dtype, not each once"
    )
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
