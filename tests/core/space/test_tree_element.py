"""Elements of tree spaces with arithmetic: values like spaces and operators."""

from __future__ import annotations

import copy
import importlib
import os
import pickle
import subprocess
import sys
from collections import OrderedDict, deque
from dataclasses import dataclass
from html.parser import HTMLParser
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


FORMS = {
    "tuple": lambda x, y: (x, y),
    "list": lambda x, y: [x, y],
    "dict": lambda x, y: {"b": x, "a": y},
    "ordered": lambda x, y: OrderedDict(q=x, p=y),
    "named": KKT,
    "dataclass": Pair,
    "nested": lambda x, y: {"u": [x, Pair(y, None)], "t": (KKT(x, ()),)},
    "deque": lambda x, y: deque([x, y]),
}


@pytest.fixture
def wide(ops):
    return sc.Context(ops, "float64")


def element(ctx, form="dict"):
    """Two numbers weighted 1 and 2, and one plain number."""
    weights = sc.WeightedInnerProduct(ctx.asarray([1.0, 2.0]))
    X, Y = sc.DenseVectorSpace(2, ctx, weights), sc.DenseVectorSpace(1, ctx)
    Z = sc.TreeSpace.of(FORMS[form](X, Y))
    return Z.element(FORMS[form](ctx.asarray([1.0, 2.0]), ctx.asarray([3.0])))


def flat(x):
    return np.asarray(x.space.ops.to_numpy(x.space.flatten(x))).tolist()


def host(ops, x):
    return np.asarray(ops.to_numpy(x)).tolist()


@pytest.mark.parametrize("form", FORMS)
def test_arithmetic_in_every_form(wide, form):
    x = element(wide, form)
    one = flat(x)
    assert type(x.value) is type(x.space.zeros())
    cases = {
        1: [x + 0 * x, x / 1, +1 * x],
        2: [x + x, x + x.value, 2 * x, x * 2, x / 0.5, x - (-x)],
        0: [x - x, x - x.value, 0 * x],
        -1: [-x, x.space.zeros() - x, x - 2 * x],
    }
    for times, results in cases.items():
        for result in results:
            assert type(result) is sc.TreeElement
            assert flat(result) == [times * number for number in one]


def test_values_keep_the_order_of_their_keys(wide):
    assert list((2 * element(wide)).value) == ["b", "a"]


def test_numbers_of_every_kind_scale_from_both_sides(wide):
    ops, x = wide.ops, element(wide)
    twice = 2 * x
    numbers = [np.float64(2), np.float32(2), np.int64(2), wide.asarray(2.0)]
    for number in [*numbers, ops.asarray(2, dtype=ops.int32)]:
        assert number * x == x * number == twice
        assert twice / number == x
        (number * x).space.check_member(number * x)
    third = x / ops.asarray(3, dtype=ops.int32)
    np.testing.assert_allclose(flat(third), [1, 1 / 3, 2 / 3], rtol=1e-15)


def test_what_is_no_number_is_refused(wide):
    x = element(wide)
    for wrong in (wide.ones(2), 1j, [1.0]):
        with pytest.raises(sc.SpaceValidationError, match="scaled by"):
            x * wrong
        with pytest.raises(sc.SpaceValidationError, match="scaled by"):
            x / wrong


def test_equality_hash_copies_and_pickles(wide):
    x, y = element(wide), element(wide)
    assert x == y
    assert hash(x) == hash(y)
    assert x != 2 * y
    assert x != x.value
    other = sc.TreeSpace.of({"b": sc.DenseVectorSpace(2, wide), "a": sc.DenseVectorSpace(1, wide)})
    assert x != other.element(x.value)
    for form in FORMS:
        z = element(wide, form)
        for back in (pickle.loads(pickle.dumps(z)), copy.copy(z), copy.deepcopy(z)):
            assert back == z
            assert flat(2 * back) == flat(2 * z)


def test_an_element_is_immutable(wide):
    x = element(wide)
    for change in (lambda: setattr(x, "space", None), lambda: setattr(x, "value", {})):
        with pytest.raises(AttributeError):
            change()


@pytest.mark.parametrize("form", FORMS)
def test_elements_convert_there_and_back(backend, form):
    x = element(sc.Context("numpy"), form)
    there = x.convert(backend)
    assert there.space.ops.family == backend
    assert there.space == x.space.convert(backend)
    assert flat(there) == flat(x)
    assert there.convert("numpy") == x
    assert x.convert("numpy") is x
    assert there.space.ops.dtype_name(there.convert(backend, dtype="float32").parts[0].dtype) == (
        "float32"
    )


# Pytrees.


@pytest.mark.parametrize("form", FORMS)
def test_taken_apart_and_put_together(wide, form):
    x = element(wide, form)
    leaves, recipe = x.tree_flatten()
    assert len(leaves) == 1 + len(x.parts)  # the weights of its space, and what it is made of
    assert sc.TreeElement.tree_unflatten(recipe, leaves) == x
    for stand_in in (None, object()):
        empty = sc.TreeElement.tree_unflatten(recipe, [stand_in] * len(leaves))
        assert empty.tree_flatten() == ((stand_in,) * len(leaves), recipe)


@pytest.mark.parametrize("form", FORMS)
def test_arithmetic_inside_jit(wide, form):
    if "jit" not in wide.ops.capabilities:
        pytest.skip("needs a compiler")
    x, traces = element(wide, form), []

    def step(x, y, a):
        traces.append(1)
        return a * x - y / 2, x.space.inner(x, y)

    compiled = wide.ops.jit(step)
    for factor in (2.0, 3.0):
        y, inner = compiled(x, factor * x, wide.asarray(2.0))
        assert y == (2 - factor / 2) * x
        assert float(inner) == factor * float(x.space.inner(x, x))
    assert len(traces) == 1


def test_gradients_with_respect_to_an_element(wide):
    ops = wide.ops
    if not ops.supports("autodiff"):
        pytest.skip("needs autodiff")
    x = element(wide)
    slope = ops.grad(lambda x: x.space.inner(x, 3 * x))(x)
    assert type(slope) is sc.TreeElement
    assert [host(ops, part) for part in slope.parts] == [[18], [6, 24]]
    assert host(ops, slope.space.leaf_spaces[1].geometry.weights) == [3, 12]  # 3 x_i²


def test_elements_are_mapped_over_a_batch(wide):
    ops = wide.ops
    if not ops.has_native_vmap:
        pytest.skip("needs a backend that traces")
    X = sc.DenseVectorSpace(2, wide)
    Z = sc.TreeSpace.of(Pair(X, X))
    batch = sc.TreeElement(Z, Pair(wide.ones((3, 2)), 2 * wide.ones((3, 2))))
    doubled = ops.vmap(lambda x: 2 * x + x)(batch)
    assert type(doubled) is sc.TreeElement
    assert host(ops, doubled.value.right) == [[6, 6]] * 3
    norms = ops.vmap(lambda x: x.space.inner(x, x))(batch)
    assert host(ops, norms) == [10, 10, 10]
    assert host(ops, Z.vinner(batch, batch)) == [10, 10, 10]


def test_jax_maps_the_leaves_of_an_element():
    jax = pytest.importorskip("jax")
    x = element(sc.Context("jax", "float64"))
    assert jax.tree.map(lambda leaf: leaf, x) == x
    shapes = jax.eval_shape(lambda x: 2 * x, x)
    assert [part.shape for part in shapes.parts] == [(1,), (2,)]


def test_torch_takes_an_element_apart():
    torch = pytest.importorskip("torch")
    from torch.utils import _pytree as pytree

    x = element(sc.Context("torch", "float64"))
    leaves, structure = pytree.tree_flatten(x)
    assert all(isinstance(leaf, torch.Tensor) for leaf in leaves)
    assert pytree.tree_unflatten(leaves, structure) == x


# As arguments.


def test_functions_of_a_users_operator_get_the_plain_tree(wide):
    X = sc.DenseVectorSpace(2, wide)
    Z = sc.TreeSpace.of({"q": X, "p": X})

    def turn(z):
        return {"q": z["p"], "p": z["q"]}

    class Hooks(sc.LinOp):
        def _apply(self, z):
            return turn(z)

        _rapply = _apply

    class Public(sc.LinOp):
        def apply(self, z):
            return turn(z)

        rapply = apply

    value = {"q": wide.asarray([1, 2]), "p": wide.asarray([3, 4])}
    x = Z.element(value)
    batch = {key: wide.ops.stack([leaf, leaf]) for key, leaf in value.items()}
    for A in (sc.MatrixFreeLinOp(turn, turn, Z, Z), Hooks(Z, Z), Public(Z, Z)):
        for op in (A, A.H, A @ A @ A):
            assert host(wide.ops, (op @ x)["q"]) == [3, 4]
            many = op.vapply(sc.TreeElement(Z, batch))
            assert host(wide.ops, many["p"]) == [[1, 2], [1, 2]]


def test_a_solver_takes_an_element(wide):
    x = element(wide)
    A = 2 * sc.IdentityLinOp(x.space)
    assert flat(x.space.element(sc.cg(A, x).x)) == [number / 2 for number in flat(x)]


# Shown.


class Text(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.open, self.text = [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text.append(data)


def test_an_element_is_shown_by_its_space_and_its_parts():
    x = 1234.5 * element(sc.Context("numpy"), "nested")
    assert repr(x) == f"TreeElement of {x.space!r}"
    text = Text(x._repr_html_()).text
    assert text[:2] == ["TreeElement", "∈ {u: [ℝ"]
    for part in ("u[0]", "u[1].left", "t[0].state", "float64, shape (2,)", "space", "TreeSpace"):
        assert part in text
    assert "1234" not in " ".join(text)


def test_a_process_that_has_not_seen_the_class_reads_the_pickle(tmp_path, monkeypatch):
    (tmp_path / "shapes_of_mine.py").write_text(
        "from dataclasses import dataclass\n\n\n"
        "@dataclass\nclass Box:\n    b: object\n    a: object\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    Box = importlib.import_module("shapes_of_mine").Box
    X, Y = sc.DenseVectorSpace(2, "numpy"), sc.DenseVectorSpace(1, "numpy")
    Z = sc.TreeSpace.of({"in": Box(X, [Y, None])})
    A = sc.BlockDiagonalLinOp({"in": Box(2 * sc.IdentityLinOp(X), [sc.IdentityLinOp(Y), None])})
    (tmp_path / "kept").write_bytes(pickle.dumps((Z, Z.element(Z.ones()), A)))
    code = (
        "import pickle; Z, x, A = pickle.load(open('kept', 'rb')); "
        "print(Z == x.space == A.domain, Z.flatten(A @ (3 * x)).tolist(), Z.zeros()['in'].a)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "True [6.0, 6.0, 3.0] [array([0.]), None]", done.stderr
