"""Like blocks held as one array: exact products, adjoints, batches, and what does not fit."""

from __future__ import annotations

import numpy as np
import pytest

import spacecore as sc


@pytest.fixture
def wide(ops):
    return sc.Context(ops, "float64")


def host(ops, x):
    return np.asarray(ops.to_numpy(x)).tolist()


BLOCKS = [[[1, 2], [3, 4], [0, 1]], [[5, 6], [7, 8], [1, 0]]]  # two of 3 by 2


def test_each_block_takes_its_element(wide):
    A = sc.DenseBlockDiagonalLinOp(wide.asarray(BLOCKS), sc.DenseVectorSpace(2, wide))
    assert A.domain == sc.DenseVectorSpace(2, wide).stacked(2)
    assert A.codomain == sc.DenseVectorSpace(3, wide).stacked(2)
    assert A.shape == (6, 4)
    x = wide.asarray([[1, 0], [1, 1]])
    assert host(A.ops, A @ x) == [[1, 3, 0], [11, 15, 1]]
    assert host(A.ops, A.H @ (A @ x)) == [[10, 14], [161, 186]]
    assert host(A.ops, A.to_matrix()) == [
        [1, 2, 0, 0],
        [3, 4, 0, 0],
        [0, 1, 0, 0],
        [0, 0, 5, 6],
        [0, 0, 7, 8],
        [0, 0, 1, 0],
    ]


def test_it_is_the_same_as_blocks_one_by_one(wide):
    ops = wide.ops
    X = sc.DenseVectorSpace(2, wide, sc.WeightedInnerProduct(wide.asarray([1, 4])))
    Y = sc.DenseVectorSpace(3, wide)
    A = sc.DenseBlockDiagonalLinOp(wide.asarray(BLOCKS), X, Y)
    B = sc.BlockDiagonalLinOp([sc.DenseLinOp(wide.asarray(block), X, Y) for block in BLOCKS])
    y = wide.asarray([[1, 2, 3], [4, 5, 6]])
    back = [host(ops, leaf) for leaf in B.rapply([y[0, ...], y[1, ...]])]
    assert host(ops, A.rapply(y)) == back
    assert host(ops, A.rvapply(ops.stack([y, 2 * y]))) == [back, [[2 * v for v in r] for r in back]]


def test_blocks_of_arrays_with_several_axes(wide):
    X, Y = sc.DenseCoordinateSpace((1, 2), wide), sc.DenseCoordinateSpace((3,), wide)
    array = np.asarray(BLOCKS, float).reshape(2, 3, 1, 2)
    A = sc.DenseBlockDiagonalLinOp(wide.asarray(array), X, Y)
    assert host(A.ops, A @ wide.asarray([[[1, 0]], [[1, 1]]])) == [[1, 3, 0], [11, 15, 1]]
    assert host(A.ops, A.H @ A.codomain.ones()) == [[[4, 7]], [[13, 14]]]


def test_complex_blocks_conjugate(ops):
    ctx = sc.Context(ops, "complex128")
    A = sc.DenseBlockDiagonalLinOp(ctx.asarray([[[1j]], [[2]]]), sc.DenseVectorSpace(1, ctx))
    assert A.domain is A.codomain
    assert host(ops, A.H @ ctx.asarray([[1], [1j]])) == [[-1j], [2j]]


def test_large_and_small_blocks_agree_with_one_by_one(wide):
    draw = np.random.default_rng(0)
    for n in (4, 40):  # which a backend may multiply in two ways
        array, x = draw.standard_normal((3, n, n)), draw.standard_normal((3, n))
        A = sc.DenseBlockDiagonalLinOp(wide.asarray(array), sc.DenseVectorSpace(n, wide))
        np.testing.assert_allclose(
            host(A.ops, A @ wide.asarray(x)), np.einsum("kij,kj->ki", array, x)
        )
        back = host(A.ops, A.H @ wide.asarray(x))
        np.testing.assert_allclose(back, np.einsum("kij,ki->kj", array, x))


def test_a_system_of_blocks_is_solved(wide):
    array = wide.asarray([[[2, 1], [1, 3]], [[4, 0], [0, 5]]])
    A = sc.DenseBlockDiagonalLinOp(array, sc.DenseVectorSpace(2, wide))
    b = wide.asarray([[3, 4], [4, 10]])
    np.testing.assert_allclose(host(A.ops, sc.cg(A, b, tol=1e-12).x), [[1, 1], [1, 2]], atol=1e-10)


def test_what_does_not_fit_is_named(wide):
    X = sc.DenseVectorSpace(2, wide)
    for shape in ((2,), (3, 2, 3), (2, 2), ()):
        with pytest.raises(sc.SpaceValidationError, match=r"Expected shape \('count', .*, 2\)"):
            sc.DenseBlockDiagonalLinOp(wide.ones(shape), X, X)
    with pytest.raises(sc.SpaceValidationError, match="Use BlockDiagonalLinOp"):
        sc.DenseBlockDiagonalLinOp(wide.ones((1, 2, 2)), sc.TreeSpace.of((X,)), X)
    with pytest.raises(sc.SpaceValidationError, match="Expected dense array"):
        sc.DenseBlockDiagonalLinOp([[[1.0]]], X)
    A = sc.DenseBlockDiagonalLinOp(wide.ones((3, 2, 2)), X)
    with pytest.raises(sc.SpaceValidationError, match=r"Expected shape \(3, 2\)"):
        A @ wide.ones((2, 2))


# Stacks of arrays, which compute on all elements at once.


def test_stacks_with_weights_compute_as_one_by_one(wide):
    ops = wide.ops
    X = sc.DenseVectorSpace(2, wide, sc.WeightedInnerProduct(wide.asarray([1, 4])))
    S = X.stacked(3).stacked(2)
    x = ops.reshape(ops.arange(12, dtype=wide.dtype), (2, 3, 2))
    rows = [x[i, j, ...] for i in range(2) for j in range(3)]
    assert float(S.inner(x, x)) == sum(float(X.inner(row, row)) for row in rows)
    assert float(S.norm(x)) == pytest.approx(float(S.inner(x, x)) ** 0.5)
    assert host(ops, S.riesz(x))[1][2] == host(ops, X.riesz(rows[5]))
    assert host(ops, S.riesz_inverse(S.riesz(x))) == host(ops, x)
    assert host(ops, S.unflatten(S.flatten(x))) == host(ops, x)
    with pytest.raises(sc.SpaceValidationError, match=r"Expected shape \(2, 3, 2\), got"):
        S.check_member(x[0, ...])


class Doubling(sc.InnerProduct):
    """A geometry that is no weight of each entry: it must see elements one by one."""

    def inner(self, ops, x, y):
        return ops.sum(ops.conj(x)) * ops.sum(y) + ops.vdot(x, y)


def test_stacks_with_a_geometry_of_ones_own_see_elements_one_by_one(wide):
    X = sc.DenseVectorSpace(2, wide, Doubling())
    x = wide.asarray([[1, 2], [3, 4]])
    assert float(X.stacked(2).inner(x, x)) == (9 + 5) + (49 + 25)


def test_the_adjoint_of_no_blocks_fuses(wide):
    A = sc.DenseBlockDiagonalLinOp(wide.zeros((0, 3, 2)), sc.DenseVectorSpace(2, wide))
    assert tuple(A.H.fuse().array.shape) == (0, 2, 3)


def test_sums_products_and_adjoints_of_blocks_fuse_to_blocks(wide):
    X = sc.DenseVectorSpace(2, wide, sc.WeightedInnerProduct(wide.asarray([1, 4])))
    array = wide.asarray(np.reshape(BLOCKS, (2, 3, 1, 2)))
    A = sc.DenseBlockDiagonalLinOp(array, X, sc.DenseCoordinateSpace((3, 1), wide))
    x, y = A.domain.ones(), A.codomain.ones()
    for op in (3 * A, A + 2 * A, A.H @ A, (A @ A.H) @ A, A.H):
        fused = op.fuse()
        assert type(fused) is sc.DenseBlockDiagonalLinOp
        assert (fused.domain, fused.codomain) == (op.domain, op.codomain)
        forth, back = (x, y) if op.domain == A.domain else (y, x)
        back = forth if op.domain == op.codomain else back
        assert host(wide.ops, fused @ forth) == host(wide.ops, op @ forth)
        assert host(wide.ops, fused.H @ back) == host(wide.ops, op.H @ back)
