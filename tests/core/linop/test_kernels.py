"""What operators keep between calls: few Python frames, and nothing that could go stale."""

from __future__ import annotations

import numpy as np
import pytest

import spacecore as sc


@pytest.fixture
def wide(ops):
    return sc.Context(ops, "float64")


def host(ops, x):
    return np.asarray(ops.to_numpy(x)).tolist()


def square(ctx, geometry=None):
    X = sc.DenseVectorSpace(2, ctx, geometry)
    return sc.DenseLinOp(ctx.asarray([[1, 2], [3, 4]]), X)


def test_a_weighted_adjoint_runs_few_frames(wide, frames):
    X, Y = (
        sc.DenseVectorSpace(2, wide, sc.WeightedInnerProduct(wide.asarray(weights)))
        for weights in ([1, 2], [3, 4])
    )
    A = sc.DenseLinOp(wide.asarray([[1, 2], [3, 4]]), X, Y)
    x, H = X.ones(), A.H
    for call in (lambda: A.apply(x), lambda: H.rapply(x)):
        assert 1 <= frames(call) <= 3
    for call in (lambda: A.rapply(x), lambda: H.apply(x)):
        assert 1 <= frames(call) <= 6
    assert frames(lambda: X.inner(x, x)) <= 4
    assert frames(lambda: X.riesz(x)) <= 2


def test_a_weighted_sparse_adjoint_runs_as_few(wide, frames):
    if not wide.ops.allow_sparse:
        pytest.skip("has no sparse matrices")
    X, Y = (
        sc.DenseVectorSpace(2, wide, sc.WeightedInnerProduct(wide.asarray(weights)))
        for weights in ([1, 2], [3, 4])
    )
    A = sc.SparseLinOp(wide.assparse(wide.asarray([[1, 2], [3, 4]])), X, Y)
    x = X.ones()
    assert 1 <= frames(lambda: A.apply(x)) <= 4
    assert 1 <= frames(lambda: A.rapply(x)) <= 6
    assert host(A.ops, A.rapply(x)) == [15, 11]


@pytest.mark.parametrize("factor", [2, 0.5])
def test_an_operator_that_jit_closed_over_works_afterwards(wide, factor):
    ops = wide.ops
    scale = ops.asarray(factor, dtype=wide.dtype)  # an array, whose conjugate an adjoint takes
    A = square(wide)
    x = A.domain.ones()
    for op in (A, A.H, scale * A, A.H @ A, A + sc.DiagonalLinOp(wide.ones(2))):
        assert host(ops, ops.jit(op.rapply)(x)) == host(ops, op.rapply(x))
        assert host(ops, ops.jit(op.apply)(x)) == host(ops, op.apply(x))


def test_what_is_written_to_an_array_shows(ops):
    array = np.eye(2)
    A = sc.DenseLinOp(array, sc.DenseVectorSpace(2, "numpy"))
    B = sc.StackedLinOp((A, A))
    x = np.ones(2)
    for op in (A, A.H, B.H @ B):
        op.apply(x), op.rapply(x), op.vapply(np.ones((1, 2)))
    array[0, 1] = 5.0
    assert (A.apply(x).tolist(), A.rapply(x).tolist()) == ([6, 1], [1, 6])
    assert (A.H.apply(x).tolist(), A.vapply(np.ones((1, 2))).tolist()) == ([1, 6], [[6, 1]])
    assert (B.H @ B).apply(x).tolist() == [12, 62]


def test_a_gradient_reaches_a_tensor_first_used_without_one(ops):
    torch = pytest.importorskip("torch")
    pytest.importorskip("spacecore_torch")
    array = torch.eye(2, dtype=torch.float64, requires_grad=True)
    A = sc.DenseLinOp(array, sc.DenseVectorSpace(2, sc.Context("torch", "float64")))
    x = A.domain.ones()
    with torch.no_grad():
        A.apply(x), A.rapply(x)
    A.rapply(x).sum().backward()
    assert array.grad.tolist() == [[1, 1], [1, 1]]
    array.data = torch.tensor([[0.0, 1.0], [0.0, 0.0]], dtype=torch.float64)
    assert (A.apply(x).tolist(), A.rapply(x).tolist()) == ([1, 0], [0, 1])


class Shifted(sc.DenseLinOp):
    """A batch form over the one of a finished operator."""

    def _vapply(self, xs, leading):
        return super()._vapply(xs, leading) + 1


def test_a_batch_form_over_a_finished_one_stays(wide):
    A = Shifted(wide.asarray([[1, 2], [3, 4]]), sc.DenseVectorSpace(2, wide))
    for _ in range(2):
        assert host(A.ops, A.vapply(wide.ones((1, 2)))) == [[4, 8]]
        assert host(A.ops, A.vapply(wide.ones((1, 1, 2)))) == [[[4, 8]]]


def test_batches_of_every_rank_and_dtype(ops):
    for dtype, i in (("float64", 1), ("complex128", 1j)):
        ctx = sc.Context(ops, dtype)
        matrix = np.array([[1, 2], [3, 4]]) * i
        A = sc.DenseLinOp(ctx.asarray(matrix), sc.DenseVectorSpace(2, ctx))
        for leading in ((), (3,), (2, 3), (0,), (2, 0)):
            xs = np.arange(np.prod((*leading, 2), dtype=int)).reshape(*leading, 2) * (1 + i)
            got = A.vapply(ctx.asarray(xs)), A.rvapply(ctx.asarray(xs))
            for batch, want in zip(got, (xs @ matrix.T, xs @ matrix.conj()), strict=True):
                np.testing.assert_allclose(ops.to_numpy(batch), want)


class Listed(sc.LinOp):
    """An operator whose arrays lie in a list, which its owner may change."""

    def __init__(self, space, parts):
        super().__init__(space, space)
        self.parts = parts

    def _apply(self, x):
        return self.parts[0] * x

    _rapply = _apply


def test_a_list_of_arrays_is_read_anew(wide):
    ops, X = wide.ops, sc.DenseVectorSpace(2, wide)
    parts = [2 * X.ones()]
    A = Listed(X, parts)
    for factor in (2, 3):
        parts[0] = factor * X.ones()
        for _ in range(2):
            leaves, recipe = A.tree_flatten()
            assert [host(ops, leaf) for leaf in leaves] == [[factor, factor]]
            assert host(ops, type(A).tree_unflatten(recipe, leaves) @ X.ones()) == [factor] * 2
