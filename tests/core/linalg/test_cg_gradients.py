"""Derivatives through a solve, against those of a dense solve and finite differences."""

from __future__ import annotations

import numpy as np
import pytest

import spacecore as sc

pytestmark = pytest.mark.filterwarnings("ignore:.*Sparse invariant checks:UserWarning")


@pytest.fixture
def ctx(ops):
    if not ops.supports("autodiff"):
        pytest.skip("the backend has no derivatives")
    return sc.Context(ops, "float64", check_level="cheap")


@pytest.fixture
def data(ctx, rng):
    """A matrix S, a right-hand side, weights, and coefficients of a loss."""
    S = rng.standard_normal((6, 6))
    S = S @ S.T + 3 * np.eye(6)
    arrays = (S, rng.standard_normal(6), np.linspace(1, 2, 6))
    return tuple(map(ctx.asarray, arrays)), ctx.asarray(rng.standard_normal(6))


def by_cg(ctx, **options):
    def solve(S, b, w):
        X = sc.DenseVectorSpace(6, ctx, sc.WeightedInnerProduct(w))
        return sc.cg(sc.DenseLinOp(S / w[:, None], X, X), b, tol=1e-13, **options).x

    return solve


def by_dense(ctx):
    """By the inverse: Torch's own `solve` gives a wrong gradient of a forward derivative."""
    return lambda S, b, w: ctx.ops.linalg.inv(S / w[:, None]) @ b


def loss(ctx, solve, c, size=1.0):
    return lambda *args: size * ctx.ops.sum(c * solve(*args) ** 2)


def agree(ops, found, expected, tol=1e-9):
    found, expected = (x if isinstance(x, tuple | list) else (x,) for x in (found, expected))
    for one, other in zip(found, expected, strict=True):
        u, v = ops.to_numpy(one), ops.to_numpy(other)
        assert u.shape == v.shape
        assert np.abs(u - v).max() <= tol * np.abs(v).max()


def test_gradients_by_operator_right_hand_side_and_weights(ctx, data):
    args, c = data
    gradients = [
        ctx.ops.grad(loss(ctx, solve, c), (0, 1, 2))(*args) for solve in (by_cg(ctx), by_dense(ctx))
    ]
    agree(ctx.ops, *gradients)


def test_gradients_are_those_of_finite_differences(ctx, data, rng):
    args, c = data
    ops, f = ctx.ops, loss(ctx, by_cg(ctx), c)
    slopes = ops.grad(f, (0, 1, 2))(*args)
    for i, slope in enumerate(slopes):
        step = rng.standard_normal(tuple(args[i].shape))
        step = ctx.asarray(step + step.T if i == 0 else step)  # A stays self-adjoint
        ends = []
        for h in (1e-5, -1e-5):
            moved = list(args)
            moved[i] = args[i] + h * step
            ends.append(float(f(*moved)))
        assert float(ops.vdot(slope, step)) == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-6)


@pytest.mark.parametrize("size", [1e-30, 1e30])
def test_cotangents_of_any_size(ctx, data, size):
    args, c = data
    f, plain = loss(ctx, by_cg(ctx, atol=1e-8), c, size), loss(ctx, by_dense(ctx), c)
    scaled = tuple(size * slope for slope in ctx.ops.grad(plain, (0, 1, 2))(*args))
    agree(ctx.ops, ctx.ops.grad(f, (0, 1, 2))(*args), scaled, 1e-6)


def test_a_good_start_does_not_hide_derivatives(ctx, data):
    """From the solution no step is taken, and the derivatives are the same."""
    args, c = data
    exact = by_dense(ctx)(*args)
    found = ctx.ops.grad(loss(ctx, by_cg(ctx, x0=exact), c), (0, 1, 2))(*args)
    agree(ctx.ops, found, ctx.ops.grad(loss(ctx, by_dense(ctx), c), (0, 1, 2))(*args), 1e-7)


def test_forward_mode(ctx, data):
    args, _ = data
    found, expected = (ctx.ops.jvp(solve, args, args) for solve in (by_cg(ctx), by_dense(ctx)))
    agree(ctx.ops, found, expected)


@pytest.mark.parametrize("which", [0, 1, 2])
def test_second_order(ctx, data, which):
    """The gradient of the size of the gradient, and its derivative in a direction."""
    args, c = data
    ops = ctx.ops
    twice, along = [], []
    for solve in (by_cg(ctx), by_dense(ctx)):
        slope = ops.grad(loss(ctx, solve, c), which)

        def size(x, slope=slope):
            filled = [*args[:which], x, *args[which + 1 :]]
            return ops.sum(slope(*filled) ** 2)

        twice.append(ops.grad(size)(args[which]))
        along.append(ops.jvp(size, (args[which],), (args[which],))[1])
    agree(ops, *twice)
    agree(ops, *along)


def test_gradient_of_a_derivative_in_a_direction(ctx, data):
    args, c = data
    ops = ctx.ops
    found = []
    for solve in (by_cg(ctx), by_dense(ctx)):
        f = loss(ctx, solve, c)
        found.append(ops.grad(lambda *a, f=f: ops.jvp(f, a, args)[1], (0, 1, 2))(*args))
    agree(ops, *found)


def test_mapped_gradients(ctx, data):
    args, c = data
    ops = ctx.ops
    S, b, w = args
    many = ops.stack([S, 2 * S, S + ctx.asarray(np.eye(6))]), ops.stack([b, 0 * b, 3 * b])
    slopes, of_totals = [], []
    for solve in (by_cg(ctx), by_dense(ctx)):
        slopes.append(ops.vmap(ops.grad(loss(ctx, solve, c), (0, 1, 2)), (0, 0, None))(*many, w))

        def total(S, bs, w, solve=solve):
            return ops.sum(ops.vmap(solve, (None, 0, None))(S, bs, w) ** 2)

        of_totals.append(ops.grad(total, (0, 1, 2))(S, many[1], w))
    agree(ops, *slopes)
    agree(ops, *of_totals)


def test_batches_with_leading_axes(ctx, data):
    (S, b, w), _ = data
    ops = ctx.ops
    bs = ops.stack([b, 0 * b, 3 * b])

    def expected(S, bs, w):
        return ops.sum(ops.vmap(by_dense(ctx), (None, 0, None))(S, bs, w) ** 2)

    found = ops.grad(lambda *a: ops.sum(by_cg(ctx)(*a) ** 2), (0, 1, 2))(S, bs, w)
    agree(ops, found, ops.grad(expected, (0, 1, 2))(S, bs, w))


def test_complex(ctx, rng):
    ops = ctx.ops
    wide = sc.Context(ops, "complex128", check_level="cheap")
    S = rng.standard_normal((6, 6)) + 1j * rng.standard_normal((6, 6))
    S = wide.asarray(S @ S.conj().T + 3 * np.eye(6))
    b, c = (wide.asarray(rng.standard_normal(6) + 1j * rng.standard_normal(6)) for _ in "bc")
    w = ctx.asarray(np.linspace(1, 2, 6))

    def distance(solve):
        return lambda *a: ops.sum(ops.abs(solve(*a) - c) ** 2)

    pair = [ops.grad(distance(f), (0, 1, 2))(S, b, w) for f in (by_cg(wide), by_dense(wide))]
    agree(ops, *pair)
    agree(ops, *(ops.jvp(f, (S, b, w), (S, b, w)) for f in (by_cg(wide), by_dense(wide))))


def test_operator_geometry_with_its_inverse(ctx, data):
    """Adjoint solves go through the Riesz map and back, for a metric that is no diagonal."""
    (S, b, _), c = data
    ops, E = ctx.ops, sc.DenseVectorSpace(6, ctx)
    M = ctx.asarray(np.eye(6) + 0.1)
    inverse = ctx.asarray(np.linalg.inv(np.eye(6) + 0.1))

    def solve(S, b):
        G = sc.OperatorInnerProduct(sc.DenseLinOp(M, E, E), sc.DenseLinOp(inverse, E, E))
        X = sc.DenseVectorSpace(6, ctx, G)
        return sc.cg(sc.DenseLinOp(inverse @ S, X, X), b, tol=1e-13).x

    def expected(S, b):
        return ops.solve(inverse @ S, b[:, None])[:, 0]

    agree(ops, *(ops.grad(loss(ctx, f, c), (0, 1))(S, b) for f in (solve, expected)))


def test_numbers_of_an_expression(ctx, data):
    """The derivative by a regularisation weight."""
    (S, b, _), c = data
    ops, X = ctx.ops, sc.DenseVectorSpace(6, ctx)

    def solve(weight):
        A = sc.DenseLinOp(S, X)
        return sc.cg(A.H @ A + weight * sc.IdentityLinOp(X), b, tol=1e-13).x

    def expected(weight):
        return ops.solve(S @ S + weight * ctx.asarray(np.eye(6)), b[:, None])[:, 0]

    weight = ctx.asarray(0.7)
    agree(ops, *(ops.grad(loss(ctx, f, c))(weight) for f in (solve, expected)))


def test_a_derivative_out_of_reach_is_nan(ctx, ops, rng):
    """The ring is singular: what it maps to sums to zero, which a cotangent may not."""
    n = 50
    ring = 2 * np.eye(n) - np.roll(np.eye(n), 1, axis=0) - np.roll(np.eye(n), -1, axis=0)
    A = sc.DenseLinOp(ctx.asarray(ring), sc.DenseVectorSpace(n, ctx))
    b = rng.standard_normal(n)
    b -= b.mean()
    for _ in range(12):
        w = ctx.asarray(rng.standard_normal(n) + 1)
        gradient = ops.grad(lambda b, w=w: ops.sum(w * sc.cg(A, b).x))(ctx.asarray(b))
        assert np.isnan(ops.to_numpy(gradient)).all()
