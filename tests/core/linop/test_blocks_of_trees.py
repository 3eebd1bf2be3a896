"""Blocks whose shared space is itself one of trees: rows of a system, stacked; columns, summed."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

import spacecore as sc


class Pair(NamedTuple):
    state: Any
    multiplier: Any


@pytest.fixture
def system(ctx):
    """`[[2, Pᴴ], [P, 0]]` with names, P of ones from ℝ³ to ℝ² in two geometries."""
    X = sc.DenseVectorSpace(3, ctx, sc.WeightedInnerProduct(ctx.asarray([1.0, 2.0, 4.0])))
    Y = sc.DenseVectorSpace(2, ctx)
    P = sc.DenseLinOp(ctx.ones((2, 3)), X, Y)
    rows = Pair(
        sc.SumToSingleLinOp(Pair(2 * sc.IdentityLinOp(X), P.H)),
        sc.SumToSingleLinOp(Pair(P, sc.ZeroLinOp(Y, Y))),
    )
    return sc.StackedLinOp(rows)


def element(ctx):
    return Pair(ctx.asarray([1.0, 2.0, 3.0]), ctx.asarray([4.0, 6.0]))


def test_rows_are_applied_to_the_whole_element(ctx, system):
    result = system @ element(ctx)
    to_numpy = ctx.ops.to_numpy
    # Pᴴ y divides the sum of y by the weights.
    np.testing.assert_allclose(to_numpy(result.state), [12.0, 9.0, 8.5])
    np.testing.assert_allclose(to_numpy(result.multiplier), [6.0, 6.0])


def test_adjoint_adds_what_the_rows_give(ctx, system):
    x, y = element(ctx), Pair(ctx.asarray([1.0, -1.0, 0.5]), ctx.asarray([2.0, 0.0]))
    left = system.codomain.inner(system @ x, y)
    right = system.domain.inner(x, system.H @ y)
    np.testing.assert_allclose(float(left), float(right), rtol=1e-6)


def test_columns_give_the_whole_element(ctx, system):
    columns = sc.SumToSingleLinOp((system, 3.0 * system))
    x = element(ctx)
    fourfold = system.codomain.scale(4.0, system @ x)
    for one, other in zip(columns @ (x, x), fourfold, strict=True):
        np.testing.assert_allclose(ctx.ops.to_numpy(one), ctx.ops.to_numpy(other), rtol=1e-6)
    back, tripled = columns.H @ fourfold
    for one, other in zip(back, tripled, strict=True):
        np.testing.assert_allclose(3 * ctx.ops.to_numpy(one), ctx.ops.to_numpy(other), rtol=1e-6)


def test_batches_equal_one_by_one(ctx, system):
    x = element(ctx)
    batch = Pair(*(ctx.ops.stack([leaf, 2.0 * leaf]) for leaf in x))
    results = system.vapply(batch)
    twice = system @ system.domain.scale(2.0, x)
    for leaf, other in zip(results, twice, strict=True):
        np.testing.assert_allclose(ctx.ops.to_numpy(leaf[1]), ctx.ops.to_numpy(other), rtol=1e-6)
