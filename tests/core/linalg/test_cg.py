"""Conjugate gradients: what it finds, and how it says that it found it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse import linalg as scipy_linalg

import spacecore as sc


def dense(matrix):
    return matrix if isinstance(matrix, np.ndarray) else matrix.toarray()


def spd(rng, count=8, dtype="float64"):
    matrix = rng.standard_normal((count, count))
    if dtype.startswith("complex"):
        matrix = matrix + 1j * rng.standard_normal((count, count))
    return (matrix @ matrix.conj().T + count * np.eye(count)).astype(dtype)


def with_small_eigenvalues(rng):
    directions, _ = np.linalg.qr(rng.standard_normal((30, 30)))
    matrix = (directions * np.geomspace(1e-8, 1, 30)) @ directions.T
    return (matrix + matrix.T) / 2


def relative(ops, x, expected):
    return np.linalg.norm(ops.to_numpy(x) - expected) / np.linalg.norm(expected)


def test_solves_as_a_dense_solve_does(ctx, matrix, make, rng):
    b = rng.standard_normal(matrix.shape[0])
    A = make(ctx, matrix)
    result = sc.cg(A, ctx.asarray(b), tol=1e-12)
    assert result.status is sc.SolveStatus.CONVERGED
    assert bool(result.converged)
    assert relative(ctx.ops, result.x, np.linalg.solve(dense(matrix), b)) < 1e-8
    x = ctx.ops.to_numpy(result.x)
    truth = np.linalg.norm(b - matrix @ x)
    rounding = np.finfo(float).eps * np.linalg.norm(dense(matrix)) * np.linalg.norm(x)
    assert truth <= 1e-12 * np.linalg.norm(b) + rounding
    assert float(result.residual_norm) == pytest.approx(truth, rel=1e-2, abs=rounding)


def test_takes_scipys_steps(ctx, matrix, make, rng):
    b = rng.standard_normal(matrix.shape[0])
    steps = []
    scipy_linalg.cg(matrix, b, rtol=1e-6, callback=steps.append)
    ours = int(sc.cg(make(ctx, matrix), ctx.asarray(b), tol=1e-6).num_iters)
    assert abs(ours - len(steps)) <= 2 + 0.05 * len(steps)  # rounding differs between libraries


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
def test_every_dtype(ops, rng, dtype):
    ctx = sc.Context(ops, dtype)
    matrix = spd(rng, dtype=dtype)
    X = sc.DenseVectorSpace(8, ctx)
    b = X.random(ops.random_key(0))
    tol = 1e-5 if dtype in ("float32", "complex64") else 1e-12
    result = sc.cg(sc.DenseLinOp(ctx.asarray(matrix), X), b, tol=tol)
    X.check_member(result.x)
    assert bool(result.converged)
    assert relative(ops, result.x, np.linalg.solve(matrix, ops.to_numpy(b))) < 100 * tol


def test_closed_form_on_a_line(ctx, make):
    """u'' = -1 with u = 0 at the ends: the second difference of a parabola is exact."""
    count = 31
    h = 1 / (count + 1)
    second = (2 * np.eye(count) - np.eye(count, k=1) - np.eye(count, k=-1)) / h**2
    x = h * np.arange(1, count + 1)
    result = sc.cg(make(ctx, second), ctx.ones(count), tol=1e-12)
    assert relative(ctx.ops, result.x, x * (1 - x) / 2) < 1e-10


def test_as_many_steps_as_distinct_eigenvalues(ctx, make):
    matrix = np.diag(np.repeat([1.0, 2.0, 5.0, 7.0], 5))
    assert int(sc.cg(make(ctx, matrix), ctx.ones(20), tol=1e-12).num_iters) == 4


@pytest.mark.parametrize("of_a", [1e-17, 1.0, 1e17])
@pytest.mark.parametrize("of_b", [1e-17, 1.0, 1e17])
def test_units_do_not_matter(ctx, make, rng, of_a, of_b):
    matrix, b = spd(rng), rng.standard_normal(8)
    plain = sc.cg(make(ctx, matrix), ctx.asarray(b), tol=1e-10)
    other = sc.cg(make(ctx, of_a * matrix), ctx.asarray(of_b * b), tol=1e-10)
    assert bool(other.converged)
    assert int(other.num_iters) == int(plain.num_iters)
    expected = ctx.ops.to_numpy(plain.x) * (of_b / of_a)
    assert relative(ctx.ops, other.x, expected) < 1e-9


@pytest.mark.parametrize("unit", [1e-8, 1e-25, 1e25])
def test_units_do_not_matter_in_single_precision(ops, make, rng, unit):
    ctx = sc.Context(ops, "float32")
    matrix, b = spd(rng), rng.standard_normal(8)
    plain = sc.cg(make(ctx, matrix), ctx.asarray(b), tol=1e-4)
    other = sc.cg(make(ctx, matrix), ctx.asarray(unit * b), tol=1e-4)
    assert bool(other.converged)
    assert int(other.num_iters) == int(plain.num_iters)
    assert relative(ops, other.x, ops.to_numpy(plain.x).astype(float) * unit) < 1e-4


@pytest.mark.parametrize("leading", [(), (1,)])
@pytest.mark.parametrize("of_a", [1e-17, 1.0, 1e17, 1e30])
def test_a_tolerance_of_zero_ends_where_precision_does(ops, make, rng, of_a, leading):
    """A recurrence goes down until its squares leave the range: that is no breakdown."""
    ctx = sc.Context(ops, "float32")
    matrix, b = np.diag(np.geomspace(1, 10, 40)), rng.standard_normal(40)
    rhs = ctx.ops.reshape(ctx.asarray(b), (*leading, 40))
    result = sc.cg(make(ctx, of_a * matrix), rhs, tol=0.0, maxiter=400)
    code = int(ops.to_numpy(ops.asarray(result.code)).reshape(()))
    assert code in (sc.SolveStatus.STAGNATED.code, sc.SolveStatus.CONVERGED.code)
    found = ops.to_numpy(result.x).reshape(40).astype(float) * of_a
    assert np.linalg.norm(found - b / np.diag(matrix)) < 3e-7 * np.linalg.norm(b)


def test_zero_right_hand_side(ctx, make, rng):
    result = sc.cg(make(ctx, spd(rng)), ctx.zeros(8))
    assert (result.status, int(result.num_iters)) == (sc.SolveStatus.CONVERGED, 0)
    assert float(ctx.ops.max(ctx.ops.abs(result.x))) == 0.0


def test_starts_where_it_is_told(ctx, make, rng):
    matrix, b = spd(rng), rng.standard_normal(8)
    A, rhs = make(ctx, matrix), ctx.asarray(b)
    exact = ctx.asarray(np.linalg.solve(matrix, b))
    kept = ctx.ops.to_numpy(exact).copy()
    result = sc.cg(A, rhs, x0=exact, tol=1e-10)
    assert (result.status, int(result.num_iters)) == (sc.SolveStatus.CONVERGED, 0)
    near = sc.cg(A, rhs, x0=exact + 1e-6 * ctx.ones(8), tol=1e-10)
    far = sc.cg(A, rhs, tol=1e-10)
    assert bool(near.converged)
    assert int(near.num_iters) <= int(far.num_iters)
    assert np.array_equal(ctx.ops.to_numpy(exact), kept)
    assert np.array_equal(ctx.ops.to_numpy(rhs), b)


def test_absolute_tolerance(ctx, make, rng):
    matrix, b = np.diag(np.geomspace(1, 1e3, 60)), rng.standard_normal(60)
    result = sc.cg(make(ctx, matrix), ctx.asarray(b), tol=0.0, atol=1e-3)
    assert bool(result.converged)
    assert 1e-7 < float(result.residual_norm) <= 1e-3


@pytest.mark.parametrize("shape", [(8,), (2, 4)], ids=str)
def test_a_function_that_gives_no_element_is_refused(ctx, shape):
    X, ops = sc.DenseCoordinateSpace(shape, ctx), ctx.ops
    for wrong in (lambda x: x[:1], lambda x: ops.concat([x, x]), lambda x: x[..., None]):
        with pytest.raises(sc.SpaceValidationError, match="Expected shape"):
            sc.cg(sc.MatrixFreeLinOp(wrong, wrong, X, X), X.ones())


def test_what_is_no_operator_is_told_how_to_become_one(ctx):
    X = sc.DenseVectorSpace(3, ctx)
    with pytest.raises(TypeError, match=r"Got function\. Wrap a function: `MatrixFreeLinOp"):
        sc.cg(lambda x: x, X.ones())
    with pytest.raises(TypeError, match=r"Wrap a matrix: `DenseLinOp\(A, space, space\)"):
        sc.cg(ctx.eye(3), X.ones())
    with pytest.raises(TypeError, match=r"Wrap a matrix: `SparseLinOp\(A, space, space\)"):
        sc.cg(sparse.eye_array(3), X.ones())


def test_what_is_of_no_space_is_named(ctx, make, rng):
    A, b = make(ctx, spd(rng)), ctx.ones(8)
    with pytest.raises(sc.SpaceValidationError, match=r"b: Expected shape"):
        sc.cg(A, ctx.ones(7))
    with pytest.raises(sc.SpaceValidationError, match=r"x0: Expected shape"):
        sc.cg(A, b, x0=ctx.ones(7))


def test_integers_are_refused_for_what_they_are(ctx):
    whole = ctx.ops.asarray([1, 2, 3], dtype=ctx.ops.int64)
    with pytest.raises(sc.SpaceValidationError, match="floating-point numbers. Got dtype int64"):
        sc.cg(sc.DiagonalLinOp(whole), whole)


@pytest.mark.parametrize("name", ["maxiter", "check_every"])
def test_numbers_of_steps_are_whole(ctx, make, rng, name):
    A, b = make(ctx, spd(rng)), ctx.ones(8)
    with pytest.raises(TypeError, match=f"{name} is a whole number. Got float"):
        sc.cg(A, b, **{name: 10.0})
    with pytest.raises(ValueError, match=f"{name} is at least"):
        sc.cg(A, b, **{name: -1})


@pytest.mark.parametrize("name", ["tol", "atol"])
def test_a_tolerance_is_a_number(ctx, make, rng, name):
    A, b = make(ctx, spd(rng)), ctx.ones(8)
    for bad in (-1, -1.0, math.nan, math.inf, np.float32(-1), ctx.asarray(-1.0)):
        with pytest.raises(ValueError, match=f"number of at least 0, and finite. Got {name}"):
            sc.cg(A, b, **{name: bad})
    for bad in (None, "1e-6", 1j, ctx.ops.asarray(1j)):
        with pytest.raises(TypeError, match=f"Got {name} of type"):
            sc.cg(A, b, **{name: bad})
    with pytest.raises(ValueError, match=f"Got {name} of shape"):
        sc.cg(A, b, **{name: ctx.ones(2)})
    result = sc.cg(A, b, **{name: ctx.asarray(1e-3)})
    assert int(result.num_iters) == int(sc.cg(A, b, **{name: 1e-3}).num_iters)


def test_more_iterations_than_32_bits_count(ctx, make, rng):
    matrix, b = spd(rng), rng.standard_normal(8)
    assert bool(sc.cg(make(ctx, matrix), ctx.asarray(b), maxiter=10**12).converged)


def test_no_iterations_allowed(ctx, make, rng):
    b = rng.standard_normal(8)
    result = sc.cg(make(ctx, spd(rng)), ctx.asarray(b), maxiter=0)
    assert result.status is sc.SolveStatus.MAX_ITERATIONS
    assert float(result.residual_norm) == pytest.approx(np.linalg.norm(b))
    with pytest.raises(sc.SolveError, match=r"cg did not converge\. The iterations ran out"):
        result.raise_for_status()


def test_out_of_iterations_keeps_the_best(ctx, make, rng):
    matrix, b = np.diag(np.geomspace(1, 1e4, 50)), rng.standard_normal(50)
    result = sc.cg(make(ctx, matrix), ctx.asarray(b), maxiter=7, tol=1e-12)
    assert (result.status, int(result.num_iters)) == (sc.SolveStatus.MAX_ITERATIONS, 7)
    truth = np.linalg.norm(b - matrix @ ctx.ops.to_numpy(result.x))
    assert float(result.residual_norm) == pytest.approx(truth)


@pytest.mark.parametrize("spectrum", [[-1.0, -2.0, -3.0], [1.0, -2.0, 3.0], [0.0, 0.0, 0.0]])
def test_what_is_not_positive_definite_is_a_status(ctx, make, spectrum):
    result = sc.cg(make(ctx, np.diag(spectrum)), ctx.ones(3))
    assert result.status is sc.SolveStatus.NOT_POSITIVE_DEFINITE
    assert np.all(np.isfinite(ctx.ops.to_numpy(result.x)))


def singular_systems():
    """A zero on the diagonal, and periodic differences, with right-hand sides out of reach."""
    ring = 2 * np.eye(50) - np.roll(np.eye(50), 1, axis=0) - np.roll(np.eye(50), -1, axis=0)
    rng = np.random.default_rng(0)
    return [(np.diag([1.0, 2, 3, 0, 5, 6]), np.ones(6)), (ring, rng.standard_normal(50))]


@pytest.mark.parametrize("system", singular_systems(), ids=["diagonal", "ring"])
def test_what_is_singular_does_not_blow_up(ctx, make, system):
    matrix, b = system
    A, rhs = make(ctx, matrix), ctx.asarray(b)
    # Rounding tells whether a step is too long, or one that just passes leads nowhere.
    told = {sc.SolveStatus.NOT_POSITIVE_DEFINITE.code, sc.SolveStatus.STAGNATED.code}
    for result in (sc.cg(A, rhs), sc.cg(A, ctx.ops.stack([rhs, rhs]))):
        codes = np.atleast_1d(ctx.ops.to_numpy(ctx.ops.asarray(result.code)))
        assert set(codes.tolist()) <= told
        assert np.abs(ctx.ops.to_numpy(result.x)).max() < 1e20


def test_what_is_singular_and_within_reach_is_solved(ctx, make):
    matrix, b = singular_systems()[1]
    result = sc.cg(make(ctx, matrix), ctx.asarray(b - b.mean()))
    assert result.status is sc.SolveStatus.CONVERGED


def test_zero_is_solved_by_zero_from_anywhere(ctx, make, rng):
    A, start = make(ctx, spd(rng)), ctx.asarray(rng.standard_normal(8))
    result = sc.cg(A, 0 * start, x0=start)
    assert (result.status, int(result.num_iters)) == (sc.SolveStatus.CONVERGED, 0)
    assert float(result.residual_norm) == 0
    assert not np.any(ctx.ops.to_numpy(result.x))
    starts = ctx.ops.stack([start, start])
    many = sc.cg(A, ctx.ops.stack([0 * start, start]), x0=starts)
    assert ctx.ops.to_numpy(many.converged).tolist() == [True, True]
    assert not np.any(ctx.ops.to_numpy(many.x)[0])


def test_indefinite_preconditioner_is_a_status(ctx, make, rng):
    P = sc.DiagonalLinOp(-ctx.ones(8))
    result = sc.cg(make(ctx, spd(rng)), ctx.ones(8), preconditioner=P)
    assert result.status is sc.SolveStatus.NOT_POSITIVE_DEFINITE


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_not_finite_is_a_status(ctx, make, rng, bad):
    matrix, b = spd(rng), rng.standard_normal(8)
    spoiled = b.copy()
    spoiled[3] = bad
    A = make(ctx, matrix)
    assert sc.cg(A, ctx.asarray(spoiled)).status is sc.SolveStatus.NOT_FINITE
    matrix[2, 2] = bad
    with np.errstate(invalid="ignore"):
        assert sc.cg(make(ctx, matrix), ctx.asarray(b)).status is sc.SolveStatus.NOT_FINITE


def test_a_residual_that_lies_is_not_believed(ctx, make, rng):
    """Where rounding hides the truth, the recurrence converges and the true residual does not."""
    matrix = with_small_eigenvalues(rng)
    b = ctx.asarray(rng.standard_normal(30))
    result = sc.cg(make(ctx, matrix), b, tol=1e-14, maxiter=10**5)
    x = ctx.ops.to_numpy(result.x)
    truth = np.linalg.norm(ctx.ops.to_numpy(b) - matrix @ x)
    assert result.status is sc.SolveStatus.STAGNATED
    rounding = 10 * np.finfo(float).eps * np.linalg.norm(x)  # of the product, whose norm is 1
    assert float(result.residual_norm) == pytest.approx(truth, rel=0.1, abs=rounding)


def test_restarts_where_the_recurrence_drifts(ctx, make, rng):
    """A start far away leaves an error in the recurrence that only a restart removes."""
    matrix, b = spd(rng), rng.standard_normal(8)
    start = ctx.asarray(1e9 * rng.standard_normal(8))
    result = sc.cg(make(ctx, matrix), ctx.asarray(b), x0=start, tol=1e-10)
    assert bool(result.converged)
    assert np.linalg.norm(b - matrix @ ctx.ops.to_numpy(result.x)) <= 1e-10 * np.linalg.norm(b)


def test_preconditioners_save_steps(ctx, make, rng):
    scales = np.geomspace(1, 1e6, 60)
    matrix = np.diag(scales) + 0.1 * spd(rng, 60) / 60
    A, b = make(ctx, matrix), ctx.asarray(rng.standard_normal(60))
    plain = sc.cg(A, b, tol=1e-10)
    jacobi = sc.cg(A, b, tol=1e-10, preconditioner=sc.DiagonalLinOp(1 / ctx.asarray(scales)))
    assert bool(jacobi.converged)
    assert int(jacobi.num_iters) < int(plain.num_iters) / 3
    expected = np.linalg.solve(matrix, ctx.ops.to_numpy(b))
    assert relative(ctx.ops, jacobi.x, expected) < 1e-6


def test_scipys_incomplete_factorisation_preconditions(rng):
    n = 30
    ones = np.ones(n)
    line = sparse.diags_array([-ones[1:], 2 * ones, -ones[1:]], offsets=[-1, 0, 1])
    matrix = (
        sparse.kron(line, sparse.eye_array(n)) + sparse.kron(sparse.eye_array(n), line)
    ).tocsc()
    factors = scipy_linalg.spilu(matrix, drop_tol=1e-3, fill_factor=8, diag_pivot_thresh=0)
    X = sc.DenseVectorSpace(n * n, "numpy")
    F = sc.MatrixFreeLinOp(factors.solve, lambda y: factors.solve(y, "T"), X, X)
    P = 0.5 * (F + F.H)  # what is dropped is not symmetric
    A, b = sc.SparseLinOp(matrix.tocsr(), X), rng.standard_normal(n * n)
    plain, better = sc.cg(A, b, tol=1e-10), sc.cg(A, b, tol=1e-10, preconditioner=P)
    assert better.converged
    assert better.num_iters < plain.num_iters / 3


def test_ridge_regression_on_real_prices(ctx):
    cbook = pytest.importorskip("matplotlib.cbook")
    table = cbook.get_sample_data("goog.npz")["price_data"]
    volume, close = np.log(table["volume"].astype(float)), np.log(table["adj_close"].astype(float))
    lags = np.column_stack(
        [close[i : i - 11] for i in range(10)] + [volume[10:-1], 0 * volume[11:] + 1]
    )
    target, weight = close[11:], 1e-2
    X = sc.DenseVectorSpace(lags.shape[1], ctx)
    F = sc.DenseLinOp(ctx.asarray(lags), X)
    A = F.H @ F + weight * sc.IdentityLinOp(X)
    result = sc.cg(A, F.rapply(ctx.asarray(target)), tol=1e-10)
    result.raise_for_status()
    expected = np.linalg.solve(lags.T @ lags + weight * np.eye(X.size), lags.T @ target)
    assert relative(ctx.ops, result.x, expected) < 1e-4


def test_space_without_coordinates(ctx):
    X = sc.DenseVectorSpace(0, ctx)
    result = sc.cg(sc.IdentityLinOp(X), ctx.zeros(0))
    assert (result.status, int(result.num_iters)) == (sc.SolveStatus.CONVERGED, 0)


def test_memory_of_any_layout_is_read_and_left_alone(make, rng):
    """Strided, reversed and read-only vectors, which BLAS can't take as they are."""
    matrix, both = np.asfortranarray(spd(rng)), rng.standard_normal((8, 2))
    ctx = sc.Context("numpy")
    A, kept = make(ctx, matrix), both.copy()
    both.setflags(write=False)
    for b, x0 in ((both[:, 0], both[:, 1]), (both[::-1, 0], both[::-1, 1])):
        result = sc.cg(A, b, x0=x0, tol=1e-10)
        assert relative(ctx.ops, result.x, np.linalg.solve(matrix, b)) < 1e-8
    assert np.array_equal(both, kept)


@pytest.mark.filterwarnings("error")
def test_a_singular_system_without_a_solution_ends_before_anything_overflows(ctx):
    """Its residual grows, and no step is much longer than another."""
    space = sc.DenseVectorSpace(50, ctx)
    values = np.arange(1.0, 51)
    values[3] = 0
    A, b = sc.DiagonalLinOp(ctx.asarray(values), space), space.ones()
    for rhs in (b, ctx.ops.stack([b, 2 * b])):
        result = sc.cg(A, rhs)
        assert {int(code) for code in np.ravel(ctx.ops.to_numpy(ctx.ops.asarray(result.code)))} == {
            sc.SolveStatus.NOT_POSITIVE_DEFINITE.code
        }
        assert bool(ctx.ops.all(ctx.ops.abs(result.x) < 1e40))
