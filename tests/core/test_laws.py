"""The laws of spaces and operators, generated: every class, geometry, dtype and backend.

By default a cover of pairs; `--all` runs the whole product.
"""

from __future__ import annotations

import pytest

import spacecore as sc
from spacecore.testing import Factory, law_cases, run_cases


def test_law(law, ops):
    try:
        law.run(ops)
    except sc.UnsupportedOperationError as declared:
        pytest.skip(str(declared).partition(" does not apply ")[2])


def parts(case):
    """The law, the class and the dtype that a case's name tells."""
    name, _, rest = case.name.partition("[")
    made, _, dtype = rest.rstrip("]").rpartition("-")
    return name, made, dtype


def test_default_cases_cover_every_pair():
    cases = [parts(case) for case in law_cases()]
    everything = [parts(case) for case in law_cases(thorough=True)]
    assert len(everything) == 4 * len(cases)
    for pick in ((0, 1), (0, 2), (1, 2)):
        pairs = {tuple(case[i] for i in pick) for case in cases}
        assert pairs == {tuple(case[i] for i in pick) for case in everything}


class Tripled(sc.LinOp):
    """`A x = 3 x`, with an adjoint that may be wrong, and a batch form that may be too."""

    def __init__(self, space, back=3.0, batch=3.0):
        super().__init__(space, space)
        self.back = back
        self.batch = batch

    def _apply(self, x):
        return 3.0 * x

    def _rapply(self, y):
        return self.back * y

    def _vapply(self, xs, leading):
        return self.batch * xs


class Skewed(sc.InnerProduct):
    """A geometry whose Riesz map is another geometry's."""

    def inner(self, ops, x, y):
        return 2 * ops.vdot(x, y)

    def riesz(self, ops, x):
        return 3 * x

    def riesz_inverse(self, ops, x):
        return x / 2


def failing(**factories):
    report = run_cases(sc.NumpyOps(), law_cases(**{"spaces": (), "operators": (), **factories}))
    return {line.partition("[")[0] for line in report.failures}


def operator(**options):
    return [Factory("mine", lambda ctx: Tripled(sc.DenseVectorSpace(3, ctx), **options))]


def test_a_class_of_ones_own_is_held_to_the_laws_by_one_line():
    assert failing(operators=operator()) == set()


def test_a_wrong_adjoint_is_caught():
    assert "linop.adjoint" in failing(operators=operator(back=2.0))


def test_a_wrong_batch_form_is_caught():
    assert "linop.batches" in failing(operators=operator(batch=2.0))


def test_a_wrong_riesz_map_is_caught():
    wrong = Factory("mine", lambda ctx: sc.DenseVectorSpace(3, ctx, Skewed()))
    assert "space.riesz" in failing(spaces=[wrong])
