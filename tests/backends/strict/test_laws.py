"""The laws of spaces and operators on the strict reference: the core asks for nothing else."""

from __future__ import annotations

import pytest

import spacecore as sc
from spacecore.testing import law_cases, run_cases

pytest.importorskip("array_api_strict")


def test_spaces_and_operators_need_nothing_but_the_contract():
    from spacecore.testing import StrictOps

    sc.register_ops(StrictOps)
    report = run_cases(StrictOps(), law_cases())
    assert report.failures == []
    assert report.total("passed") > 800
    assert set(report.declared) <= {"it has no sparse", "it has no autodiff"}
