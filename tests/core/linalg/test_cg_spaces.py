"""Conjugate gradients in any space and geometry, on many right-hand sides, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import spacecore as sc


def spd(rng, count=8):
    matrix = rng.standard_normal((count, count))
    return matrix @ matrix.T + count * np.eye(count)


def close(ops, x, expected, tol=1e-8):
    return np.linalg.norm(ops.to_numpy(x) - expected) <= tol * np.linalg.norm(expected)


def test_weighted_geometry(ctx, make, rng):
    """S / w is self-adjoint where the weights are w; the residual is measured by them."""
    S, w, b = spd(rng), np.linspace(1, 5, 8), rng.standard_normal(8)
    A = make(ctx, S / w[:, None], weights=w)
    result = sc.cg(A, ctx.asarray(b), tol=1e-10)
    assert bool(result.converged)
    assert close(ctx.ops, result.x, np.linalg.solve(S / w[:, None], b))
    early = sc.cg(A, ctx.asarray(b), maxiter=2)
    residual = b - (S / w[:, None]) @ ctx.ops.to_numpy(early.x)
    assert float(early.residual_norm) == pytest.approx(np.sqrt(np.sum(w * residual**2)))


def test_steps_are_those_of_the_geometry(ctx, make, rng):
    """The same system in orthonormal coordinates takes the same steps."""
    S, w, b = spd(rng), np.linspace(1, 50, 8), rng.standard_normal(8)
    root = np.sqrt(w)
    weighted = sc.cg(make(ctx, S / w[:, None], weights=w), ctx.asarray(b), maxiter=3)
    plain = sc.cg(make(ctx, S / np.outer(root, root)), ctx.asarray(root * b), maxiter=3)
    assert close(ctx.ops, weighted.x, ctx.ops.to_numpy(plain.x) / root)


def test_operator_geometry(ctx, rng):
    X = sc.DenseVectorSpace(8, ctx)
    metric, S, b = spd(rng), spd(rng), rng.standard_normal(8)
    G = sc.OperatorInnerProduct(sc.DenseLinOp(ctx.asarray(metric), X, X))
    Y = sc.DenseVectorSpace(8, ctx, G)
    A = sc.DenseLinOp(ctx.asarray(np.linalg.solve(metric, S)), Y, Y)
    result = sc.cg(A, ctx.asarray(b), tol=1e-10)
    assert bool(result.converged)
    assert close(ctx.ops, result.x, np.linalg.solve(np.linalg.solve(metric, S), b))


def test_several_axes(ctx, rng):
    X = sc.DenseCoordinateSpace((2, 4), ctx)
    S, b = spd(rng), rng.standard_normal((2, 4))
    A = sc.DenseLinOp(ctx.asarray(S.reshape(2, 4, 2, 4)), X, X)
    result = sc.cg(A, ctx.asarray(b), tol=1e-10)
    X.check_member(result.x)
    assert close(ctx.ops, result.x, np.linalg.solve(S, b.ravel()).reshape(2, 4))


@pytest.mark.parametrize("leading", [(), (2,)])
def test_trees(ctx, rng, leading):
    """Two coupled unknowns of different shapes, as a tuple."""
    S, ops = spd(rng), ctx.ops
    X, Y = sc.DenseVectorSpace(3, ctx), sc.DenseVectorSpace(5, ctx)

    def block(rows, columns, domain, codomain):
        return sc.DenseLinOp(ctx.asarray(S[rows, columns].copy()), domain, codomain)

    upper, lower = slice(3), slice(3, 8)
    A = sc.BlockMatrixLinOp(
        [
            [block(upper, upper, X, X), block(upper, lower, Y, X)],
            [block(lower, upper, X, Y), block(lower, lower, Y, Y)],
        ]
    )
    b = rng.standard_normal((*leading, 8))
    result = sc.cg(A, (ctx.asarray(b[..., :3]), ctx.asarray(b[..., 3:])), tol=1e-10)
    assert A.domain.check_batch(result.x) == leading
    found = np.concatenate([ops.to_numpy(x) for x in A.domain.leaves(result.x)], axis=-1)
    expected = np.linalg.solve(S, b[..., None])[..., 0]
    assert np.linalg.norm(found - expected) <= 1e-8 * np.linalg.norm(expected)


@pytest.mark.parametrize("leading", [(), (3,), (2, 3)])
def test_stacked_space(ctx, rng, leading):
    base = sc.DenseVectorSpace(8, ctx)
    S, b = spd(rng), rng.standard_normal((*leading, 4, 8))
    each, X = sc.DenseLinOp(ctx.asarray(S), base, base), base.stacked(4)
    A = sc.MatrixFreeLinOp(each.vapply, each.rvapply, X, X)
    result = sc.cg(A, ctx.asarray(b), tol=1e-10)
    expected = np.linalg.solve(S, b[..., None])[..., 0]
    assert close(ctx.ops, result.x, expected)


@pytest.mark.parametrize("leading", [(5,), (2, 3), (0,)])
def test_a_batch_equals_one_by_one(ctx, make, matrix, rng, leading):
    A = make(ctx, matrix)
    bs = rng.standard_normal((*leading, matrix.shape[0])) * 10.0 ** rng.integers(
        -3, 3, (*leading, 1)
    )
    result = sc.cg(A, ctx.asarray(bs), tol=1e-9)
    X, ops = A.domain, ctx.ops
    assert X.check_batch(result.x) == leading
    for where in np.ndindex(leading):
        one = sc.cg(A, ctx.asarray(bs[where]), tol=1e-9)
        steps = int(one.num_iters)  # rounding differs between one product and many
        assert abs(steps - int(result.num_iters[where])) <= 1 + 0.06 * steps
        assert close(ops, result.x[where], ops.to_numpy(one.x), 1e-6)
        x = ops.to_numpy(result.x[where])
        truth = np.linalg.norm(bs[where] - matrix @ x)
        rounding = np.finfo(float).eps * abs(matrix).sum(axis=1).max() * np.linalg.norm(x)
        told = float(result.residual_norm[where])
        assert told == pytest.approx(truth, rel=1e-2, abs=rounding)
    assert ops.to_numpy(result.converged).all()


@pytest.mark.parametrize("weight", [1e-18, 1e18])
def test_weights_of_any_size(ops, weight):
    """In single precision; a residual is small or large by its weights alone."""
    ctx = sc.Context(ops, "float32")
    X = sc.DenseVectorSpace(3, ctx, sc.WeightedInnerProduct(ctx.asarray([weight] * 3)))
    A = sc.DiagonalLinOp(ctx.asarray([1.0, 2.0, 3.0]), X)
    for b in (X.ones(), ops.stack([X.ones(), 2 * X.ones()])):
        result = sc.cg(A, b)
        result.raise_for_status()
        assert close(ops, result.x, ops.to_numpy(b) / [1, 2, 3], 1e-5)


def test_a_condition_that_the_precision_just_holds(ops):
    """Positive definite is what has no eigenvalue below the rounding of the largest."""
    for dtype, least in (("float32", 1e-6), ("float64", 1e-14)):
        ctx = sc.Context(ops, dtype)
        A = sc.DiagonalLinOp(ctx.asarray([1.0, least]), sc.DenseVectorSpace(2, ctx))
        b = ctx.asarray([1.0, least**0.5])
        for given in (b, ops.stack([b, b])):
            result = sc.cg(A, given, tol=1e-4 * least**0.5)
            result.raise_for_status()
            assert close(ops, result.x[..., 1], np.full(given.shape[:-1], least**-0.5), 1e-3)


@pytest.mark.parametrize(("dtype", "penalty"), [("float32", 1e8), ("float64", 1e17)])
def test_a_preconditioner_takes_away_what_the_precision_does_not_hold(ops, dtype, penalty):
    ctx, n = sc.Context(ops, dtype), 10
    S = 2 * np.eye(n) - np.eye(n, k=1) - np.eye(n, k=-1)
    S[0, 0] += penalty
    X = sc.DenseVectorSpace(n, ctx)
    A, P = sc.DenseLinOp(ctx.asarray(S), X), sc.DiagonalLinOp(ctx.asarray(1 / np.diag(S)), X)
    result = sc.cg(A, X.ones(), x0=X.ones(), tol=0.0, atol=1e-4, preconditioner=P)
    assert result.status is sc.SolveStatus.CONVERGED
    assert close(ops, result.x, np.linalg.solve(S, np.ones(n)), 1e-4)


@pytest.mark.parametrize(("dtype", "unit"), [("float32", 1e-22), ("float64", 1e170)])
def test_a_preconditioner_in_any_units(ops, dtype, unit):
    ctx, S = sc.Context(ops, dtype), np.array([[4.0, 1.0], [1.0, 3.0]])
    X = sc.DenseVectorSpace(2, ctx)
    A = sc.DenseLinOp(ctx.asarray(unit * S), X)
    P = sc.DiagonalLinOp(ctx.asarray(1 / (unit * np.diag(S))), X)
    for b in (X.ones(), ops.stack([X.ones()])):
        result = sc.cg(A, b, preconditioner=P)
        result.raise_for_status()
        found = unit * ops.to_numpy(result.x).astype(float).reshape(2)
        assert np.allclose(found, np.linalg.solve(S, np.ones(2)), rtol=1e-5)


def test_numbers_of_half_the_width(ops, rng):
    ctx = sc.Context(ops, "float16")
    S = rng.standard_normal((20, 20))
    S, b = S @ S.T + 20 * np.eye(20), rng.standard_normal(20)
    A = sc.DenseLinOp(ctx.asarray(S), sc.DenseVectorSpace(20, ctx))
    one, many = (sc.cg(A, ctx.asarray(x), tol=1e-2) for x in (b, np.stack([b, 2 * b])))
    assert one.status is sc.SolveStatus.CONVERGED
    assert ops.to_numpy(many.converged).all()
    assert close(ops, one.x, np.linalg.solve(S, b), 5e-2)
    assert close(ops, many.x[1], 2 * np.linalg.solve(S, b), 5e-2)


def test_finished_systems_are_frozen(ctx, make):
    """One system needs a step, one needs eight, one none, one can't be solved."""
    A = make(ctx, np.diag(np.arange(1.0, 9.0)))
    first, spoiled = np.eye(8)[0], np.full(8, np.nan)
    bs = ctx.asarray(np.stack([first, np.ones(8), np.zeros(8), spoiled]))
    result = sc.cg(A, bs, tol=1e-12)
    ops = ctx.ops
    assert ops.to_numpy(result.num_iters).tolist() == [1, 8, 0, 0]
    codes = [sc.SolveStatus.CONVERGED.code] * 3 + [sc.SolveStatus.NOT_FINITE.code]
    assert ops.to_numpy(result.code).tolist() == codes
    assert np.array_equal(ops.to_numpy(result.x[0]), first)
    with pytest.raises(sc.SolveError, match="1 of 4 systems: An infinity"):
        result.raise_for_status()


def test_weighted_batches(ctx, make, rng):
    S, w, bs = spd(rng), np.linspace(1, 5, 8), rng.standard_normal((3, 8))
    result = sc.cg(make(ctx, S / w[:, None], weights=w), ctx.asarray(bs), tol=1e-10)
    assert close(ctx.ops, result.x, np.linalg.solve(S / w[:, None], bs.T).T)


def test_batches_start_where_they_are_told_and_are_preconditioned(ctx, make, rng):
    S, bs = spd(rng), rng.standard_normal((3, 8))
    A, exact = make(ctx, S), np.linalg.solve(S, bs.T).T
    P = sc.DiagonalLinOp(1 / ctx.asarray(np.diag(S).copy()))
    result = sc.cg(A, ctx.asarray(bs), x0=ctx.asarray(exact), preconditioner=P, tol=1e-8)
    assert ctx.ops.to_numpy(result.num_iters).tolist() == [0, 0, 0]
    again = sc.cg(A, ctx.asarray(bs), preconditioner=P, tol=1e-10)
    assert close(ctx.ops, again.x, exact)


def test_a_stack_of_operators_by_vmap(ctx, make, rng):
    ops, X = ctx.ops, sc.DenseVectorSpace(8, ctx)
    matrices, bs = np.stack([spd(rng) * k for k in (1, 2, 3)]), rng.standard_normal((3, 8))

    def solve(matrix, b):
        result = sc.cg(sc.DenseLinOp(matrix, X, X), b, tol=1e-10)
        return result.x, result.num_iters

    xs, steps = ops.vmap(solve)(ctx.asarray(matrices), ctx.asarray(bs))
    assert close(ops, xs, np.linalg.solve(matrices, bs[..., None])[..., 0])
    singles = [
        int(solve(ctx.asarray(M), ctx.asarray(b))[1]) for M, b in zip(matrices, bs, strict=True)
    ]
    assert ops.to_numpy(steps).tolist() == singles


def test_a_restart_in_a_batch_waits_for_nobodys_steps(ctx):
    """The first system needs a restart; the second takes all steps that it may."""
    X = sc.DenseVectorSpace(60, ctx)
    A = sc.DiagonalLinOp(ctx.asarray(np.geomspace(1, 1e6, 60)), X)
    bs, starts = np.ones((2, 60)), np.zeros((2, 60))
    bs[0, 4:] = 0
    starts[0, :4] = [1e9, -2e9, 3e9, 7e8]
    both, x0 = ctx.asarray(bs), ctx.asarray(starts)
    alone = [sc.cg(A, both[i], x0=x0[i], tol=1e-10, maxiter=60, history=True) for i in range(2)]
    many = sc.cg(A, both, x0=x0, tol=1e-10, maxiter=60, history=True)
    assert [int(code) for code in many.code] == [int(each.code) for each in alone] == [0, 1]
    assert [int(k) for k in many.num_iters] == [int(each.num_iters) for each in alone]
    for i, each in enumerate(alone):
        norms, kept = (ctx.ops.to_numpy(h) for h in (each.history, many.history[:, i]))
        count = int(each.num_iters) + 1
        assert np.allclose(kept[:4], norms[:4], rtol=1e-3)
        assert np.isfinite(kept).sum() == np.isfinite(norms).sum() == count
        assert np.isfinite(kept[:count]).all()


def test_what_is_refused(ctx, make, rng):
    X, Y = sc.DenseVectorSpace(3, ctx), sc.DenseVectorSpace(4, ctx)
    A, b = make(ctx, np.eye(3)), ctx.ones(3)
    skew = sc.DenseLinOp(ctx.asarray(np.ones((4, 3))), X, Y)
    cases = [
        (TypeError, r"`cg` takes A as a LinOp\. Got .*DenseLinOp\(A, space, space\)", (b, b), {}),
        (sc.SpaceValidationError, r"needs A\.domain == A\.codomain", (skew, b), {}),
        (sc.SpaceValidationError, r"shape \(3,\)", (A, ctx.ones(4)), {}),
        (sc.SpaceValidationError, "one x0 for each", (A, ctx.ones((2, 3))), {"x0": b}),
        (TypeError, "takes preconditioner as a LinOp", (A, b), {"preconditioner": b}),
        (sc.SpaceValidationError, "maps A.domain to itself", (A, b), {"preconditioner": skew}),
        (ValueError, r"at least 0, and finite\. Got tol=-1", (A, b), {"tol": -1}),
        (ValueError, r"maxiter is at least 0\. Got -2", (A, b), {"maxiter": -2}),
        (ValueError, r"check_every is at least 1\. Got 0", (A, b), {"check_every": 0}),
        (TypeError, r"A callback is called with .* Got int", (A, b), {"callback": 3}),
    ]
    for error, message, args, options in cases:
        with pytest.raises(error, match=message) as caught:
            sc.cg(*args, **options)
        assert "\n" not in str(caught.value)


def test_what_is_known_not_to_be_hermitian_is_refused(ctx):
    class Turn(sc.LinOp):
        def _apply(self, x):
            return self.ops.flip(x) * self.ops.asarray([1.0, -1.0], dtype=self.dtype)

        def is_hermitian(self):
            return False

    X = sc.DenseVectorSpace(2, ctx)
    with pytest.raises(sc.SpaceValidationError, match=r"needs A = A\.H.*which is not Hermitian"):
        sc.cg(Turn(X, X), ctx.ones(2))
