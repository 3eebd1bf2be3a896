"""Running the suite on one backend, and the table of what came out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from spacecore.backend import BackendOps
from spacecore.errors import UnsupportedOperationError
from spacecore.testing._case import Case

__all__ = ["Report", "run_cases", "stale_differences"]

_FORGETTING = 100
"""Cases after which compiled code is freed: each compiles its own, and few use another's."""

_COLUMNS = ("passed", "failed", "unsupported")


@dataclass(slots=True)
class Report:
    """What came out of a run.

    Attributes
    ----------
    counts : dict of str to dict of str to int
        For each section, how many cases passed, failed, and were declared unsupported.
    failures : list of str
        One line each.
    declared : dict of str to int
        Why cases did not apply, and how many for each reason.
    stale : list of str
        Declared differences that no case shows any more.
    """

    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    declared: dict[str, int] = field(default_factory=dict)
    stale: list[str] = field(default_factory=list)

    def add(self, case: Case, outcome: str) -> None:
        """Count a case under its section."""
        row = self.counts.setdefault(case.section, dict.fromkeys(_COLUMNS, 0))
        row[outcome] += 1

    def total(self, outcome: str) -> int:
        """Return how many cases had an outcome."""
        return sum(row[outcome] for row in self.counts.values())

    @property
    def ok(self) -> bool:
        """Whether at least one case passed, none failed, and every declaration is true."""
        return self.total("passed") > 0 and not self.failures and not self.stale

    def lines(self) -> Iterator[str]:
        """Yield the lines of the table, then the failures."""
        width = max([len(section) for section in self.counts] + [len("section")])
        yield f"{'section':<{width}}  " + "  ".join(f"{name:>11}" for name in _COLUMNS)
        for section, row in self.counts.items():
            yield f"{section:<{width}}  " + "  ".join(f"{row[name]:>11}" for name in _COLUMNS)
        totals = "  ".join(f"{self.total(name):>11}" for name in _COLUMNS)
        yield f"{'total':<{width}}  {totals}"
        if self.declared:
            yield ""
            yield "Unsupported by declaration:"
            for reason, count in sorted(self.declared.items(), key=lambda item: -item[1]):
                yield f"  {count:>4}  {reason}"
        if self.failures:
            yield ""
            yield "Failed:"
            yield from (f"  {line}" for line in self.failures)
        if self.stale:
            yield ""
            yield "Declared differences that no case shows; take them out:"
            yield from (f"  {pattern}" for pattern in self.stale)


def run_cases(ops: BackendOps, cases: Sequence[Case], *, stop: bool = False) -> Report:
    """Run cases on a backend.

    Parameters
    ----------
    ops : BackendOps
    cases : sequence of Case
    stop : bool
        Stop at the first failure.

    Returns
    -------
    Report
    """
    report = Report()
    for number, case in enumerate(cases, start=1):
        if number % _FORGETTING == 0:
            ops.forget_compiled()
        try:
            case.run(ops)
        except UnsupportedOperationError:
            reason = case.unsupported(ops) or ""
            report.declared[reason] = report.declared.get(reason, 0) + 1
            report.add(case, "unsupported")
        except AssertionError as error:
            report.add(case, "failed")
            report.failures.append(str(error))
            if stop:
                break
        else:
            report.add(case, "passed")
    return report


def stale_differences(ops: BackendOps, cases: Sequence[Case]) -> list[str]:
    """Return the declared differences that no case shows.

    A pattern that matches none of the cases at all is stale too, so give all of them.
    """
    return [
        pattern
        for pattern in ops.differences
        if not any(
            _fails(case, ops)
            for case in cases
            if case.matches(pattern) and case.requirement.unmet(ops) is None
        )
    ]


def _fails(case: Case, ops: BackendOps) -> bool:
    try:
        case.verify(ops)
    except AssertionError:
        return True
    return False
