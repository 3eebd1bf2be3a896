"""Operators of blocks: exact systems, names, batches, zero blocks, nesting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import spacecore as sc


@pytest.fixture
def wide(ops):
    return sc.Context(ops, "float64")


def host(ops, x):
    return np.asarray(ops.to_numpy(x)).tolist()


def dense(ctx, rows, weights=None):
    array = ctx.asarray(rows)
    geometry = None if weights is None else sc.WeightedInnerProduct(ctx.asarray(weights))
    X = sc.DenseVectorSpace(array.shape[1], ctx, geometry)
    return sc.DenseLinOp(array, X, sc.DenseVectorSpace(array.shape[0], ctx))


def test_block_diagonal_pairs_by_name(wide):
    A, B = dense(wide, [[1, 2]]), dense(wide, [[3]])
    D = sc.BlockDiagonalLinOp({"u": A, "p": B})
    y = D @ {"p": wide.asarray([2]), "u": wide.asarray([1, 1])}
    assert (host(D.ops, y["u"]), host(D.ops, y["p"])) == ([3], [6])
    back = D.H @ y
    assert (host(D.ops, back["u"]), host(D.ops, back["p"])) == ([3, 6], [18])
    assert D.shape == (2, 3)
    assert host(D.ops, D.to_matrix()) == [[3, 0, 0], [0, 1, 2]]
    same = sc.BlockDiagonalLinOp((B, B))
    assert same.domain is same.codomain


def test_block_matrix(wide):
    A = dense(wide, [[1, 2], [3, 4]], weights=[1.0, 2.0])
    B = dense(wide, [[1], [1]])
    C = dense(wide, [[5, 6]], weights=[1.0, 2.0])
    K = sc.BlockMatrixLinOp([[A, B], [C, None]])
    y = K @ (wide.asarray([1, 1]), wide.asarray([10]))
    assert [host(K.ops, leaf) for leaf in y] == [[13, 17], [11]]
    assert host(K.ops, K.to_matrix()) == [[1, 2, 1], [3, 4, 1], [5, 6, 0]]
    back = K.H @ (wide.asarray([1, 0]), wide.asarray([1]))
    assert [host(K.ops, leaf) for leaf in back] == [[6, 4], [1]]  # the weights divide
    for zero in (None, 0, sc.ZeroLinOp(B.domain, C.codomain)):
        assert sc.BlockMatrixLinOp([[A, B], [C, zero]]) == K


def test_nested_blocks(wide):
    A = dense(wide, [[2]])
    inner = sc.BlockMatrixLinOp([[A, None], [A, A]])
    outer = sc.BlockMatrixLinOp([[inner, None], [None, sc.BlockDiagonalLinOp((A,))]])
    one = wide.ones(1)
    y = outer @ ((one, one), (one,))
    assert [[host(A.ops, leaf) for leaf in part] for part in y] == [[[2], [4]], [[2]]]
    assert host(A.ops, outer.to_matrix()) == [[2, 0, 0], [2, 2, 0], [0, 0, 2]]
    assert host(A.ops, outer.H.to_matrix()) == [[2, 2, 0], [0, 2, 0], [0, 0, 2]]
    assert host(A.ops, (outer.H @ outer).to_matrix()) == [[8, 4, 0], [4, 4, 0], [0, 0, 4]]


def test_stacked_and_summed_are_each_others_adjoints(wide):
    A, B = dense(wide, [[1, 2]]), dense(wide, [[3, 4], [5, 6]])
    S = sc.StackedLinOp({"b": B, "a": A})
    x = wide.asarray([1, 1])
    assert {key: host(A.ops, leaf) for key, leaf in (S @ x).items()} == {"a": [3], "b": [7, 11]}
    T = sc.SumToSingleLinOp({"b": B.H, "a": A.H})
    assert host(A.ops, S.H @ (S @ x)) == host(A.ops, T @ (S @ x)) == [79, 100]
    assert host(A.ops, S.to_matrix()) == [[1, 2], [3, 4], [5, 6]]
    pair = sc.StackedLinOp.from_operators([A, B])
    assert [host(A.ops, leaf) for leaf in pair @ x] == [[3], [7, 11]]
    assert host(A.ops, sc.SumToSingleLinOp.from_operators([A.H, B.H]) @ (pair @ x)) == [79, 100]


def test_batches_of_trees(wide):
    A, B = dense(wide, [[1, 2]]), dense(wide, [[3]])
    K = sc.BlockMatrixLinOp([[A, B], [None, B]])
    xs = (wide.asarray(np.arange(6.0).reshape(3, 2)), wide.ones((3, 1)))
    ys = K.vapply(xs)
    assert [host(A.ops, leaf) for leaf in ys] == [[[5], [11], [17]], [[3], [3], [3]]]
    one = K.H @ (ys[0][1], ys[1][1])
    back = K.rvapply(ys)
    assert [host(A.ops, leaf)[1] for leaf in back] == [host(A.ops, leaf) for leaf in one]
    with pytest.raises(sc.SpaceValidationError, match="same leading axes"):
        K.vapply((wide.ones((3, 2)), wide.ones((4, 1))))


def test_many_like_blocks(wide):
    ops, draw = wide.ops, np.random.default_rng(0)
    arrays = draw.standard_normal((20, 3, 3))
    D = sc.BlockDiagonalLinOp([dense(wide, array) for array in arrays])
    x = draw.standard_normal((20, 3))
    y = D @ [wide.asarray(row) for row in x]
    np.testing.assert_allclose([host(ops, leaf) for leaf in y], np.einsum("bij,bj->bi", arrays, x))
    back = D.H @ y
    want = np.einsum("bji,bjk,bk->bi", arrays, arrays, x)
    np.testing.assert_allclose([host(ops, leaf) for leaf in back], want)


def test_blocks_of_several_dtypes(ops):
    narrow, wide = sc.Context(ops, "float32"), sc.Context(ops, "float64")
    D = sc.BlockDiagonalLinOp((dense(narrow, [[2]]), dense(wide, [[3]])))
    y = (2 * D) @ D.domain.ones()
    assert [ops.dtype_name(leaf.dtype) for leaf in y] == ["float32", "float64"]
    assert [host(ops, leaf) for leaf in y] == [[4], [6]]


def test_hermitian_by_structure(wide):
    A = dense(wide, [[1, 2], [3, 4]])
    S = A.H @ A
    assert sc.BlockMatrixLinOp([[S, A], [A.H, None]]).is_hermitian() is True
    assert sc.BlockMatrixLinOp([[S, A], [A, None]]).is_hermitian() is None
    assert sc.BlockMatrixLinOp([[A, A], [A.H, None]]).is_hermitian() is None
    assert sc.BlockDiagonalLinOp((S, S)).is_hermitian() is True
    assert sc.BlockDiagonalLinOp((S, A)).is_hermitian() is None
    assert sc.BlockDiagonalLinOp((S, dense(wide, [[1, 2]]))).is_hermitian() is False


def test_what_does_not_fit_is_named(wide):
    A, B = dense(wide, [[1, 2]]), dense(wide, [[3]])
    wrong = {
        "one domain in column 0": lambda: sc.BlockMatrixLinOp([[A], [B]]),
        "one codomain in row 0": lambda: sc.BlockMatrixLinOp([[A, dense(wide, [[1], [2]])]]),
        "rows of one length": lambda: sc.BlockMatrixLinOp([[A, B], [A]]),
        "Got only zeros in row 1": lambda: sc.BlockMatrixLinOp([[A], [None]]),
        "at least one": lambda: sc.BlockDiagonalLinOp(()),
        "StackedLinOp` needs one domain": lambda: sc.StackedLinOp((A, B)),
        "SumToSingleLinOp` needs one codomain": lambda: sc.SumToSingleLinOp((A, A.H)),
    }
    for message, build in wrong.items():
        with pytest.raises(ValueError, match=message) as caught:
            build()
        assert "\n" not in str(caught.value)
    with pytest.raises(TypeError, match="A block is a LinOp. Got int"):
        sc.BlockDiagonalLinOp((A, 3))


def test_a_wrong_leaf_is_named_by_its_path(wide):
    A = dense(wide, [[1, 2]])
    D = sc.BlockDiagonalLinOp({"u": A, "p": [A]})
    with pytest.raises(sc.SpaceValidationError, match=r"\$\.p\[0\]: Expected shape \(2,\)"):
        D @ {"u": wide.ones(2), "p": [wide.ones(3)]}
    with pytest.raises(sc.SpaceValidationError, match="Expected tree"):
        D @ {"u": wide.ones(2)}
    with pytest.raises(sc.SpaceValidationError, match=r"\$\.u: Expected"):
        (D @ D.H) @ {"u": wide.ones(3), "p": [wide.ones(1)]}


def test_elements_with_arithmetic_are_elements(wide):
    A = dense(wide, [[1, 2]])
    D = sc.BlockDiagonalLinOp({"u": A})
    x = D.domain.element({"u": wide.ones(2)})
    assert host(A.ops, (D @ x)["u"]) == [3]
    assert host(A.ops, (D @ (2 * x))["u"]) == [6]
    with pytest.raises(TypeError, match="`x @ A` is not defined"):
        x @ D


@dataclass
class Pair:
    left: Any
    right: Any


def swapped(z):
    return Pair(z.right, z.left)


def test_batches_of_a_users_dataclass(wide):
    ops = wide.ops
    X = sc.DenseVectorSpace(2, wide, sc.WeightedInnerProduct(wide.asarray([1, 2])))
    Z = sc.TreeSpace.of(Pair(X, X))
    xs = Pair(wide.ones((2, 3, 2)), 2 * wide.ones((2, 3, 2)))
    swap = sc.MatrixFreeLinOp(swapped, swapped, Z, Z)
    blocks = sc.BlockDiagonalLinOp(Pair(3 * sc.IdentityLinOp(X), sc.IdentityLinOp(X)))
    for op in (swap, swap.H, blocks, blocks @ swap):
        ys = op.vapply(xs)
        one = op @ Pair(xs.left[1, 2, ...], xs.right[1, 2, ...])
        assert type(ys) is Pair
        assert host(ops, ys.left)[1][2] == host(ops, one.left)
        assert host(ops, ys.right)[1][2] == host(ops, one.right)
    assert host(ops, Z.vinner(xs, xs)) == [[15, 15, 15]] * 2
    assert host(ops, Z.vunflatten(Z.vflatten(xs)).right) == host(ops, xs.right)
    assert host(ops, Z.stacked(3).stacked(2).riesz(xs).left)[0][0] == [1, 2]
    assert tuple(swap.to_matrix().shape) == (4, 4)
