"""Every case of the public suite, on every backend that is installed."""

from __future__ import annotations

import pytest

import spacecore as sc
from spacecore.testing import contract_cases, stale_differences

CASES = contract_cases()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case, ops):
    try:
        case.run(ops)
    except sc.UnsupportedOperationError as declared:
        pytest.skip(str(declared).partition(" does not apply ")[2])


def test_every_declared_difference_is_still_one(ops):
    assert stale_differences(ops, CASES) == []
