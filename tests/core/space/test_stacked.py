"""Stacked spaces: several elements of one space, along a leading axis."""

from __future__ import annotations

import numpy as np
import pytest

import spacecore as sc


@pytest.fixture
def wide(ops):
    return sc.Context(ops, "float64")


def weighted(ctx):
    return sc.DenseVectorSpace(2, ctx, sc.WeightedInnerProduct(ctx.asarray([1.0, 3.0])))


def host(ops, x):
    return np.asarray(ops.to_numpy(x)).tolist()


def test_inner_sums_over_the_stack_in_the_bases_geometry(wide):
    Z = weighted(wide).stacked(2)
    x = wide.asarray([[1, 2], [3, 4]])
    assert (Z.shape, Z.size) == ((2, 2), 4)
    assert float(Z.inner(x, x)) == 1 + 12 + 9 + 48
    assert float(Z.norm(x)) == pytest.approx(70**0.5)
    assert host(Z.ops, Z.riesz(x)) == [[1, 6], [3, 12]]
    assert host(Z.ops, Z.riesz_inverse(Z.riesz(x))) == host(Z.ops, x)
    assert host(Z.ops, Z.flatten(x)) == [1, 2, 3, 4]


def test_membership(wide):
    Z = weighted(wide).stacked(3)
    Z.check_member(wide.ones((3, 2)))
    for shape in ((2, 2), (3, 3), (2,)):
        with pytest.raises(sc.SpaceValidationError, match=r"Expected shape \(3, 2\)"):
            Z.check_member(wide.ones(shape))
    pairs = sc.TreeSpace.of((weighted(wide),)).stacked(3)
    with pytest.raises(sc.SpaceValidationError, match="one leading axis of length 3"):
        pairs.check_member((wide.ones((2, 2)),))
    with pytest.raises(sc.SpaceValidationError, match="dtype"):
        Z.check_member(Z.ops.ones((3, 2), dtype=Z.ops.float32))


def test_a_stack_of_none(wide):
    Z = weighted(wide).stacked(0)
    x = Z.zeros()
    assert tuple(x.shape) == (0, 2)
    Z.check_member(x)
    assert float(Z.inner(x, x)) == 0
    assert tuple(Z.flatten(Z.random(wide.ops.random_key(0))).shape) == (0,)


def test_a_stack_of_trees_and_a_tree_of_stacks_hold_the_same_arrays(wide):
    X = weighted(wide)
    stack_of_trees = sc.TreeSpace.of({"a": X, "b": X}).stacked(3)
    tree_of_stacks = sc.TreeSpace.of({"a": X.stacked(3), "b": X.stacked(3)})
    x = {"a": wide.ones((3, 2)), "b": 2 * wide.ones((3, 2))}
    for Z in (stack_of_trees, tree_of_stacks):
        Z.check_member(x)
        assert float(Z.inner(x, x)) == 3 * 4 + 3 * 16
    assert stack_of_trees != tree_of_stacks
    assert host(X.ops, stack_of_trees.flatten(x)) == [1, 1, 2, 2] * 3
    assert host(X.ops, tree_of_stacks.flatten(x)) == [1] * 6 + [2] * 6


def test_equal_sets_are_equal_whatever_the_class(wide):
    X = sc.DenseVectorSpace(2, wide)
    same = [sc.DenseCoordinateSpace((3, 4, 2), wide), X.stacked(4).stacked(3)]
    same.append(sc.DenseCoordinateSpace((4, 2), wide).stacked(3))
    for one in same:
        for other in same:
            assert one == other
            assert hash(one) == hash(other)
    A = sc.IdentityLinOp(same[0]) + 2 * sc.IdentityLinOp(same[1]) @ sc.IdentityLinOp(same[2])
    assert float(A.domain.norm(A @ same[0].ones())) == pytest.approx(3 * 24**0.5)
    assert weighted(wide).stacked(3) != sc.DenseCoordinateSpace((3, 2), wide)
    assert X.stacked(3) != X.stacked(4)


def test_counts_and_bases_are_checked(wide):
    X = sc.DenseVectorSpace(2, wide)
    assert X.stacked(np.int64(2)).shape == (2, 2)
    with pytest.raises(ValueError, match="at least 0. Got -1"):
        X.stacked(-1)
    with pytest.raises(TypeError):
        X.stacked(1.5)
    with pytest.raises(TypeError, match="of a Space. Got int"):
        sc.StackedSpace(3, 2)
    narrow = X.convert(wide, dtype="float32")
    assert sc.StackedSpace(narrow, 2, narrow.ctx) == narrow.stacked(2)
    with pytest.raises(sc.SpaceValidationError, match="of float64 for a base of float32. Leave"):
        sc.StackedSpace(narrow, 2, wide)


def test_random_elements_differ_along_the_stack(wide):
    x = sc.DenseVectorSpace(5, wide).stacked(2).random(wide.ops.random_key(0))
    assert host(wide.ops, x)[0] != host(wide.ops, x)[1]
