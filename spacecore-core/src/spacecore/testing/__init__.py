"""The conformance suite: what a backend must do, as cases that anyone can run.

`python -m spacecore.testing NAME` runs it on a registered backend. A plugin's own tests take the
cases one by one:

    import pytest
    from spacecore.errors import UnsupportedOperationError
    from spacecore.testing import contract_cases, law_cases

    @pytest.mark.parametrize("case", [*contract_cases(), *law_cases()], ids=str)
    def test_contract(case):
        try:
            case.run(MyOps())
        except UnsupportedOperationError as declared:
            pytest.skip(str(declared))
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spacecore.testing._case import Case, Requirement
from spacecore.testing._distributions import write_distribution, write_plugin
from spacecore.testing._factories import Factory
from spacecore.testing._laws import law_cases
from spacecore.testing._report import Report, run_cases, stale_differences
from spacecore.testing._suite import contract_cases

if TYPE_CHECKING:
    from spacecore.testing._strict import StrictOps as StrictOps

__all__ = [
    "Case",
    "Factory",
    "Report",
    "Requirement",
    "contract_cases",
    "law_cases",
    "run_cases",
    "stale_differences",
    "write_distribution",
    "write_plugin",
]


def __getattr__(name: str) -> Any:
    """Import the strict reference on first use: it needs `spacecore-core[testing]`."""
    if name == "StrictOps":
        from spacecore.testing._strict import StrictOps

        return StrictOps
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "StrictOps"])
