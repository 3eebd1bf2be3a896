"""What a solve costs, where it can be counted: products and memory."""

from __future__ import annotations

import gc
import tracemalloc
import weakref

import numpy as np
import pytest
from scipy.sparse.linalg import LinearOperator
from scipy.sparse.linalg import cg as scipy_cg

import spacecore as sc
from spacecore.backend import VectorArithmetic


class Products:
    """A product that counts how often it is asked for."""

    def __init__(self, matrix):
        self.matrix, self.count = matrix, 0

    def __call__(self, x):
        self.count += 1
        return self.matrix @ x


def products_beyond_scipys(matrix, rng, *, start):
    """How many products more than SciPy a solve takes."""
    n = matrix.shape[0]
    b, x0 = rng.standard_normal(n), rng.standard_normal(n) if start else None
    theirs, ours = Products(matrix), Products(matrix)
    scipy_cg(LinearOperator((n, n), matvec=theirs, dtype=float), b, x0=x0, rtol=1e-8)
    X = sc.DenseVectorSpace(n, "numpy")
    result = sc.cg(sc.MatrixFreeLinOp(ours, ours, X, X), b, x0=x0, tol=1e-8)
    assert result.converged
    return ours.count - theirs.count


@pytest.mark.parametrize("start", [False, True])
@pytest.mark.parametrize("name", ["poisson 2-D", "poisson 3-D", "graph"])
def test_at_most_scipys_products_and_one(systems, rng, name, start):
    assert products_beyond_scipys(systems[name](rng), rng, start=start) <= 1


@pytest.mark.parametrize("start", [False, True])
@pytest.mark.parametrize("name", ["clustered", "spread"])
def test_on_average_scipys_products_and_one(systems, rng, name, start):
    """Where eigenvalues repeat, or there are more steps than unknowns, rounding has its say.

    It takes a step from one solve and gives one to another: its spread is less than a step, and
    the mean of so many solves lies within an eighth of one.
    """
    extra = [products_beyond_scipys(systems[name](rng), rng, start=start) for _ in range(60)]
    assert np.mean(extra) <= 1.5


def test_products_of_a_batch_are_batched(rng):
    """One batched product a step, however many systems there are."""
    matrix = rng.standard_normal((20, 20))
    matrix = matrix @ matrix.T + 20 * np.eye(20)
    calls = []
    X = sc.DenseVectorSpace(20, "numpy")

    def many(xs):
        calls.append(xs.shape)
        return xs @ matrix

    A = sc.MatrixFreeLinOp(lambda x: matrix @ x, lambda x: matrix @ x, X, X, None, many, many)
    result = sc.cg(A, rng.standard_normal((7, 20)), tol=1e-8)
    assert result.converged.all()
    assert calls == [(7, 20)] * (int(result.num_iters.max()) + 1)


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex128"])
def test_numpy_allocates_nothing_in_a_step(rng, dtype):
    """Four steps and four hundred reach the same peak, which is a few vectors."""
    n = 400
    matrix = np.diag(np.geomspace(1, 1e7, n)).astype(dtype)
    ctx = sc.Context("numpy", dtype)
    A = sc.DenseLinOp(matrix, sc.DenseVectorSpace(n, ctx))
    b = rng.standard_normal(n).astype(dtype)
    sc.cg(A, b, maxiter=3)
    peaks, blocks = [], []
    for steps in (4, 400):
        tracemalloc.start()
        assert sc.cg(A, b, maxiter=steps, tol=0.0).num_iters == steps
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        blocks.append(peaks[-1] / b.nbytes)
    assert peaks[1] <= peaks[0] + 1024
    assert blocks[1] < 8


def test_an_accelerators_numbers_are_read_every_few_steps(rng, monkeypatch):
    """On a device that is waited for, `check_every` says how often."""
    reads = []

    def reading(x):
        reads.append(x)
        return float(x)

    monkeypatch.setattr("spacecore.linalg._cg_host.float", reading, raising=False)

    class Distant(sc.NumpyOps):
        def vector_arithmetic(self, example, /):
            return VectorArithmetic(np.dot, add, scale, lambda A: A.dot, on_host=False)

    def add(x, y, n, a):
        y += a * x

    def scale(x, a, y):
        x *= a
        x += y

    ctx = sc.Context(Distant(), "float64")
    matrix, b = np.diag(np.geomspace(1, 1e3, 60)), rng.standard_normal(60)
    A = sc.DenseLinOp(matrix, sc.DenseVectorSpace(60, ctx))
    counts = []
    for every in (1, 10):
        reads.clear()
        result = sc.cg(A, b, tol=1e-8, check_every=every)
        assert result.converged
        assert result.num_iters % every == 0
        assert np.linalg.norm(b - matrix @ result.x) <= 1e-8 * np.linalg.norm(b)
        counts.append(len(reads) / result.num_iters)
        looked = sc.cg(A, b, tol=1e-8, check_every=every, history=True)
        known = np.flatnonzero(np.isfinite(looked.history))
        assert known.tolist() == list(range(0, looked.num_iters + 1, every))
    assert counts[1] < counts[0] / 3
    flat = sc.cg(sc.DenseLinOp(-matrix, A.domain), b, check_every=10)
    assert flat.status is sc.SolveStatus.NOT_POSITIVE_DEFINITE
    assert np.array_equal(flat.x, np.zeros(60))


def test_a_solve_leaves_nothing_behind(ops):
    """What an operator holds is gone with it, without a search for cycles."""
    ctx = sc.Context(ops, "float64")
    X = sc.DenseVectorSpace(3, ctx)
    sc.cg(sc.DenseLinOp(ctx.eye(3), X), X.ones())  # what is compiled once is kept
    gc.collect()
    gc.disable()
    try:
        A = sc.DenseLinOp(2 * ctx.eye(3), X)
        gone = weakref.ref(A)
        sc.cg(A, X.ones())
        del A
        assert gone() is None
    finally:
        gc.enable()
