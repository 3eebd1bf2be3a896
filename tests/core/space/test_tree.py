"""Spaces of trees: forms, names, membership with a path, geometry leaf by leaf."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

import spacecore as sc


class KKT(NamedTuple):
    state: Any
    multiplier: Any


@dataclass
class Pair:
    left: Any
    right: Any


@pytest.fixture
def wide(ops):
    return sc.Context(ops, "float64")


def space(ctx):
    """Two numbers weighted 1 and 2 in `b`; one plain number in `a`."""
    weights = sc.WeightedInnerProduct(ctx.asarray([1.0, 2.0]))
    return sc.TreeSpace.of(
        {"b": sc.DenseVectorSpace(2, ctx, weights), "a": sc.DenseVectorSpace(1, ctx)}
    )


def element(ctx, b, a):
    return {"b": ctx.asarray(b), "a": ctx.asarray(a)}


def host(ops, x):
    return np.asarray(ops.to_numpy(x)).tolist()


def test_inner_sums_over_leaves_in_their_geometry(wide):
    Z = space(wide)
    x, y = element(wide, [1, 2], [3]), element(wide, [4, 5], [6])
    assert float(Z.inner(x, y)) == 4 + 2 * 10 + 18
    assert float(Z.norm(x)) == pytest.approx((1 + 8 + 9) ** 0.5)
    assert host(Z.ops, Z.riesz(x)["b"]) == [1, 4]
    assert host(Z.ops, Z.riesz_inverse(x)["b"]) == [1, 1]
    assert (Z.shape, Z.size, Z.arity, Z.field, Z.is_euclidean) == ((3,), 3, 2, "real", False)


def test_dict_keys_pair_by_name_in_any_order(wide):
    Z = space(wide)
    x = element(wide, [1, 2], [3])
    turned = dict(reversed(list(x.items())))
    assert list(turned) != list(x)
    assert float(Z.inner(turned, x)) == float(Z.inner(x, x))
    assert host(Z.ops, Z.flatten(turned)) == host(Z.ops, Z.flatten(x)) == [3, 1, 2]
    assert host(Z.ops, Z.add(turned, x)["b"]) == [2, 4]
    same = sc.TreeSpace.of({"a": Z.leaf_spaces[0], "b": Z.leaf_spaces[1]})
    assert same == Z
    assert hash(same) == hash(Z)


@pytest.mark.parametrize(
    ("form", "paths"),
    [
        (lambda x, y: (x, y), ((0,), (1,))),
        (lambda x, y: [x, y], ((0,), (1,))),
        (KKT, ((0,), (1,))),
        (Pair, (("left",), ("right",))),
        (lambda x, y: {"u": {"v": x}, "w": (y,)}, (("u", "v"), ("w", 0))),
        (lambda x, y: OrderedDict(q=x, p=y), (("q",), ("p",))),
        (lambda x, y: (None, [Pair(x, KKT(y, ()))]), None),
    ],
    ids=["tuple", "list", "named", "dataclass", "nested", "ordered", "mixed"],
)
def test_trees_of_every_form(wide, form, paths):
    X, S = sc.DenseVectorSpace(2, wide), sc.DenseVectorSpace(1, wide)
    Z = sc.TreeSpace.of(form(X, S))
    x = form(wide.asarray([1, 2]), wide.asarray([3]))
    Z.check_member(x)
    assert float(Z.inner(x, x)) == 14
    back = Z.unflatten(Z.flatten(x))
    assert type(back) is type(x)
    assert host(Z.ops, Z.flatten(back)) == [1, 2, 3]
    assert host(Z.ops, Z.flatten(Z.scale(2, x))) == [2, 4, 6]
    if paths is not None:
        assert Z.leaf_paths == paths
    assert sc.TreeSpace.from_template(form(0, 0), (X, S), ctx=wide) == Z


def test_leaf_spaces_and_tuples(wide):
    X, S = sc.DenseVectorSpace(2, wide), sc.DenseVectorSpace(1, wide)
    Z = sc.TreeSpace.from_leaf_spaces((X, S))
    assert Z.leaf_paths == ((0,), (1,))
    assert sc.TreeSpace(Z.treedef, (X, S)) == Z
    assert Z != sc.TreeSpace.of([X, S])
    assert Z != sc.TreeSpace.from_leaf_spaces((S, X))


def test_what_is_no_element_is_named_with_its_path(wide):
    X = sc.DenseVectorSpace(2, wide)
    Z = sc.TreeSpace.of({"b": (X, X), "x y": X})
    x = Z.ones()
    cases = {
        r"\$\.b\[1\]: Expected shape \(2,\), got \(3,\)": {**x, "b": (X.ones(), wide.ones(3))},
        r"\$\['x y'\]: Expected dense array for \w+, got list": {**x, "x y": [1.0, 2.0]},
        r"\$\.b\[0\]: Expected dtype float64, got float32": {
            **x,
            "b": (Z.ops.ones(2, dtype=Z.ops.float32), X.ones()),
        },
        "Expected tree .*, got tuple": (X.ones(), X.ones()),
        "Expected tree .*, got .*'b': list": {**x, "b": [X.ones(), X.ones()]},
        "Expected tree .*'c'": {"b": x["b"], "c": X.ones()},
    }
    for message, wrong in cases.items():
        with pytest.raises(sc.SpaceValidationError, match=message) as caught:
            Z.check_member(wrong)
        assert "\n" not in str(caught.value)


def test_paths_lead_through_nested_tree_spaces(wide):
    X = sc.DenseVectorSpace(2, wide)
    inner = sc.TreeSpace.of([X, X])
    Z = sc.TreeSpace.of({"outer": inner})
    with pytest.raises(sc.SpaceValidationError, match=r"\$\.outer\[1\]: Expected shape"):
        Z.check_member({"outer": [X.ones(), wide.ones(5)]})
    assert host(Z.ops, Z.flatten({"outer": [X.ones(), 2 * X.ones()]})) == [1, 1, 2, 2]


def test_arrays_of_another_backend_are_named_with_their_path(ops, foreign_ops):
    Z = sc.TreeSpace.of([sc.DenseVectorSpace(2, sc.Context(ops, "float64"))])
    with pytest.raises(sc.SpaceValidationError, match=rf"\$\[0\]: .* for {ops.family}"):
        Z.check_member([foreign_ops.ones(2)])


def test_none_trusts_the_caller(ops):
    X = sc.DenseVectorSpace(2, sc.Context(ops, "float64", check_level="none"))
    Z = sc.TreeSpace.of([X])
    for x in ([1.0], "x", None):
        assert Z.check_member(x) is None


def test_spaces_are_refused_that_do_not_fit(wide, foreign_ops):
    X = sc.DenseVectorSpace(2, wide)
    with pytest.raises(ValueError, match="one space for each leaf. Got 1 spaces for 2 leaves"):
        sc.TreeSpace((0, 0), (X,))
    with pytest.raises(TypeError, match="are Spaces. Got int"):
        sc.TreeSpace((0,), (3,))
    other = sc.DenseVectorSpace(2, foreign_ops)
    with pytest.raises(ValueError, match="family"):
        sc.TreeSpace((0, 0), (X, other))


def test_leaves_of_several_dtypes_keep_theirs(ops):
    X = sc.DenseVectorSpace(2, sc.Context(ops, "float32"))
    Y = sc.DenseVectorSpace(1, sc.Context(ops, "float64"))
    Z = sc.TreeSpace.of((X, Y))
    assert ops.dtype_name(Z.dtype) == "float64"
    x = Z.ones()
    for factor in (2.5, np.float64(2.5), ops.asarray(2.5, dtype=ops.float64)):
        scaled = Z.scale(factor, x)
        Z.check_member(scaled)
        Z.check_member((factor * sc.IdentityLinOp(Z)) @ x)
    assert ops.dtype_name(Z.flatten(x).dtype) == "float64"
    Z.check_member(Z.unflatten(Z.flatten(x)))


def test_real_and_complex_leaves(ops):
    X = sc.DenseVectorSpace(1, sc.Context(ops, "complex128"))
    Y = sc.DenseVectorSpace(1, sc.Context(ops, "float64"))
    Z = sc.TreeSpace.of((X, Y))
    assert Z.field == "real"
    x = (X.ctx.asarray([1j]), Y.ctx.asarray([2.0]))
    assert float(Z.norm(x)) == pytest.approx(5**0.5)
    with pytest.raises(sc.SpaceValidationError, match="real space is scaled by real"):
        Z.scale(1j, x)
    back = Z.unflatten(Z.flatten(x))
    Z.check_member(back)
    assert host(ops, back[0]) == [1j]
    y = (X.ctx.asarray([3 + 4j]), Y.ctx.asarray([5.0]))
    for inner in (Z.inner(x, y), Z.inner(y, x)):  # over real numbers it is real, and symmetric
        assert not ops.is_complex_dtype(inner.dtype)
        assert float(inner) == pytest.approx(4 + 10)


def test_batches_have_the_same_leading_axes_in_every_leaf(wide):
    Z = space(wide)
    batch = {"b": wide.ones((4, 5, 2)), "a": wide.ones((4, 5, 1))}
    assert Z.check_batch(batch) == (4, 5)
    assert tuple(Z.vinner(batch, batch).shape) == (4, 5)
    assert float(Z.vinner(batch, batch)[0, 0]) == 4
    with pytest.raises(sc.SpaceValidationError, match="same leading axes"):
        Z.check_batch({"b": wide.ones((4, 2)), "a": wide.ones((5, 1))})
    with pytest.raises(sc.SpaceValidationError, match=r"\$\.a: Expected shape"):
        Z.check_batch({"b": wide.ones((4, 2)), "a": wide.ones((4, 3))})
    with pytest.raises(sc.SpaceValidationError, match=r"^\$\[1\]\.a: Expected shape"):
        sc.TreeSpace.of((Z, Z)).check_batch((batch, {"b": wide.ones((4, 2)), "a": wide.ones(4)}))


def test_elements_with_arithmetic(wide):
    Z = space(wide)
    x = Z.element(element(wide, [1, 2], [3]))
    y = (2 * x + x / 2 - x) * 2
    assert host(Z.ops, Z.flatten(y.value)) == [9, 3, 6]
    assert host(Z.ops, Z.flatten((-x).value)) == [-3, -1, -2]
    assert float(Z.inner(x, y.value)) == float(Z.inner(x.value, y))
    assert [host(Z.ops, leaf) for leaf in x.leaves] == [[3], [1, 2]]
    with pytest.raises(sc.SpaceValidationError, match="tree"):
        Z.element((1, 2))


def test_unflatten_takes_coordinates_of_the_spaces_dtype(wide):
    Z = space(wide)
    with pytest.raises(sc.SpaceValidationError, match="Expected dtype float64, got float32"):
        Z.unflatten(Z.ops.ones(3, dtype=Z.ops.float32))
    with pytest.raises(sc.SpaceValidationError, match=r"Expected shape \(3,\), got \(4,\)"):
        Z.unflatten(wide.ones(4))
    with pytest.raises(sc.SpaceValidationError, match=r"Expected shape \(2, 3\), got \(2, 4\)"):
        Z.vunflatten(wide.ones((2, 4)))


def test_a_tree_space_passes_through_jit(wide):
    if "jit" not in wide.ops.capabilities:
        pytest.skip("needs a compiler")
    Z = space(wide)
    back, value = wide.ops.jit(lambda Z, x: (Z, Z.inner(x, x)))(Z, Z.ones())
    assert back == Z
    assert float(value) == 4


# Spaces that hold one space several times.


def nested(ctx, depth):
    made = sc.DenseVectorSpace(2, ctx)
    for _ in range(depth):
        made = sc.TreeSpace.from_leaf_spaces((made, made))
    return made


def test_a_space_held_twice_at_each_of_many_levels_is_asked_once(wide):
    Z, other = nested(wide, 40), nested(wide, 40)  # in 2**40 places
    assert Z.size == 2**41
    assert Z.shape == (2**41,)
    assert Z.stacked(3).size == 3 * 2**41
    assert (Z.field, Z.is_euclidean) == ("real", True)
    assert Z == other
    assert hash(Z) == hash(other)
    assert Z.stacked(3) == other.stacked(3)
    assert nested(wide, 39) != Z
    assert Z.convert(wide, dtype="complex64").field == "complex"
    assert sc.IdentityLinOp(Z).shape == (2**41, 2**41)
    assert sc.BlockDiagonalLinOp((sc.IdentityLinOp(Z),) * 2).shape == (2**42, 2**42)


class Sized(sc.TreeSpace):
    """A subclass that asks for its size before it is finished."""

    def __init__(self, leaf_spaces):
        super().__init__(tuple(range(len(leaf_spaces))), leaf_spaces)
        self.half = self.size / 2


def test_a_subclass_may_ask_while_it_is_made(wide):
    Z = Sized([sc.DenseVectorSpace(2, wide), sc.DenseVectorSpace(4, wide)])
    assert (Z.half, Z.size) == (3, 6)
    assert Z.convert(wide, dtype="complex64").field == "complex"
