"""The contract's own tests, one by one, on this backend."""

import pytest

import spacecore as sc
from spacecore.testing import contract_cases


@pytest.mark.parametrize("case", contract_cases(), ids=str)
def test_contract(case):
    try:
        case.run(sc.normalize_ops("strictnp"))
    except sc.UnsupportedOperationError as declared:
        pytest.skip(str(declared))


def test_array_leads_to_its_backend():
    ctx = sc.Context("strictnp")
    assert sc.ops_of(ctx.zeros(3)) is ctx.ops
