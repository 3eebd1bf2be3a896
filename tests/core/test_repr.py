"""How objects show themselves: mathematics in a line, sections in a notebook, never contents."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any, NamedTuple

import numpy as np
import pytest

import spacecore as sc


class Pair(NamedTuple):
    state: Any
    rest: Any


@dataclass
class Model:
    weight: Any
    bias: Any


class Page(HTMLParser):
    """Texts between tags, the style left out; an unbalanced page fails."""

    def __init__(self, html: str):
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []
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

    @property
    def pairs(self) -> dict[str, str]:
        return dict(zip(self.text[1::2], self.text[2::2], strict=True))

    def has(self, *texts: str) -> bool:
        """Whether the texts follow each other somewhere."""
        ends = range(len(self.text) - len(texts) + 1)
        return any(tuple(self.text[i : i + len(texts)]) == texts for i in ends)


def space(shape, dtype="float64", weights=None):
    geometry = None if weights is None else sc.WeightedInnerProduct(np.asarray(weights))
    return sc.DenseCoordinateSpace(shape, sc.Context("numpy", dtype), geometry)


X, Y = space(3), space(2)
W = space(3, weights=[1.0, 2.0, 3.0])
A = sc.DenseLinOp(np.ones((2, 3)), X, Y)
B = sc.DenseLinOp(np.ones((3, 3)), X, X)
D = sc.DiagonalLinOp(np.ones(3), X)


# Spaces.

SPACES = [
    (X, "ℝ^3"),
    (space((2, 3), "complex64"), "ℂ^(2×3)"),
    (space(()), "ℝ"),
    (W, "ℝ^3[weighted]"),
    (space(3).stacked(5), "(ℝ^3)^5"),
    (sc.TreeSpace.of({"state": Y, "rest": W}), "{state: ℝ^2, rest: ℝ^3[weighted]}"),
    (sc.TreeSpace.of((X,)), "(ℝ^3,)"),
    (sc.TreeSpace.of([Pair(X, Y), Y]), "[Pair(state: ℝ^3, rest: ℝ^2), ℝ^2]"),
    (sc.TreeSpace.of(Model(X, Y)), "Model(weight: ℝ^3, bias: ℝ^2)"),
    (sc.TreeSpace.of({"a b": X}), "{'a b': ℝ^3}"),
    (sc.TreeSpace.of((X, space(3, "float32"))), "(ℝ^3, ℝ^3[float32])"),
    (sc.TreeSpace.of([X] * 20), "[ℝ^3, ℝ^3, ℝ^3, … 16 more …, ℝ^3]"),
]


@pytest.mark.parametrize(("shown", "text"), SPACES, ids=[text for _, text in SPACES])
def test_space_is_written_as_mathematics(shown, text):
    assert str(shown) == text
    name = shown.ops.dtype_name(shown.dtype)
    assert repr(shown) == f"{type(shown).__name__}: {text} (numpy, {name})"


def test_repr_of_a_space_tells_family_and_dtype(ctx):
    name = ctx.ops.dtype_name(ctx.dtype)
    assert repr(sc.DenseVectorSpace(4, ctx)) == f"DenseVectorSpace: ℝ^4 ({ctx.ops.name}, {name})"


def test_geometry_of_ones_own_marks_the_space():
    class Tilted(sc.InnerProduct):
        def inner(self, ops, x, y):
            return ops.vdot(x, y)

    assert str(sc.DenseVectorSpace(2, "numpy", Tilted())) == "ℝ^2[Tilted]"
    by_operator = sc.DenseVectorSpace(3, "numpy", sc.OperatorInnerProduct(D))
    assert str(by_operator) == "ℝ^3[by operator]"


# Operators.

OPERATORS = [
    (A, "DenseLinOp: ℝ^3 → ℝ^2"),
    (A.H, "DenseLinOp.H: ℝ^2 → ℝ^3"),
    (sc.DenseLinOp(np.ones((3, 3)), X, W), "DenseLinOp: ℝ^3 → ℝ^3[weighted]"),
    (2 * B + B @ D, "2·DenseLinOp + DenseLinOp∘DiagonalLinOp: ℝ^3 → ℝ^3"),
    (2 * (B + D), "2·(DenseLinOp + DiagonalLinOp): ℝ^3 → ℝ^3"),
    ((B - 0.5 * D) @ B, "(DenseLinOp - 0.5·DiagonalLinOp)∘DenseLinOp: ℝ^3 → ℝ^3"),
    ((A @ B).H, "(DenseLinOp∘DenseLinOp).H: ℝ^2 → ℝ^3"),
    (np.asarray(2.0) * B, "a·DenseLinOp: ℝ^3 → ℝ^3"),
    (sc.IdentityLinOp(X) + B, "I + DenseLinOp: ℝ^3 → ℝ^3"),
    (sc.ZeroLinOp(X, Y), "0: ℝ^3 → ℝ^2"),
    (
        sc.BlockMatrixLinOp([[B, A.H], [A, None]]),
        "[[DenseLinOp, DenseLinOp.H], [DenseLinOp, 0]]: (ℝ^3, ℝ^2) → (ℝ^3, ℝ^2)",
    ),
    (
        sc.BlockDiagonalLinOp({"s": A, "t": D}),
        "BlockDiagonalLinOp{s: DenseLinOp, t: DiagonalLinOp}: {s: ℝ^3, t: ℝ^3} → {s: ℝ^2, t: ℝ^3}",
    ),
    (sc.StackedLinOp((A, D)), "StackedLinOp(DenseLinOp, DiagonalLinOp): ℝ^3 → (ℝ^2, ℝ^3)"),
    (
        sc.SumToSingleLinOp(Pair(B, D)),
        "SumToSingleLinOp(Pair(state: DenseLinOp, rest: DiagonalLinOp)): "
        "Pair(state: ℝ^3, rest: ℝ^3) → ℝ^3",
    ),
    (sc.MatrixFreeLinOp(np.flip, np.flip, X, X), "MatrixFreeLinOp(flip): ℝ^3 → ℝ^3"),
]


@pytest.mark.parametrize(("shown", "text"), OPERATORS, ids=[text for _, text in OPERATORS])
def test_operator_is_written_as_a_term_and_its_type(shown, text):
    assert str(shown) == text
    assert repr(shown) == f"{text} (numpy, float64)"


def test_operator_of_ones_own_goes_by_its_name():
    class Shift(sc.LinOp):
        def _apply(self, x):
            return self.ops.roll(x, 1)

        def _rapply(self, y):
            return self.ops.roll(y, -1)

    assert str(Shift(X, X) @ Shift(X, X).H) == "Shift∘Shift.H: ℝ^3 → ℝ^3"


def test_domain_of_another_dtype_says_so():
    single = space(3, "float32")
    assert str(sc.DenseLinOp(np.ones((3, 3)), single, X)) == "DenseLinOp: ℝ^3[float32] → ℝ^3"


def test_large_and_deep_things_stay_one_line():
    deep = X
    for _ in range(50):
        deep = sc.TreeSpace.of((deep,))
    nested = B
    for _ in range(50):
        nested = sc.BlockDiagonalLinOp([nested, B])
    for shown in (deep, nested, sc.BlockDiagonalLinOp([B] * 300), sum([B, D @ B] * 100)):
        text = repr(shown)
        assert len(text) < 400
        assert "\n" not in text
        assert len(shown._repr_html_()) < 200_000


def test_stand_ins_and_tracers_are_shown(ops):
    if not ops.supports("jit"):
        pytest.skip("nothing is traced")
    ctx = sc.Context(ops)
    C = sc.DenseLinOp(ctx.ones((2, 3)), sc.DenseVectorSpace(3, ctx))
    shown = []

    def look(op):
        shown.extend([repr(op), op._repr_html_()])
        return op.array

    ops.jit(look)(C)
    assert shown[0] == repr(C)
    assert "ℝ<sup>3</sup> → ℝ<sup>2</sup>" in shown[1]


# Errors: what differs is seen.


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (space(3, "float32"), "(numpy, float32)"),
        (space((3, 1)), "ℝ^(3×1)"),
        (W, "ℝ^3[weighted]"),
    ],
)
def test_spaces_that_do_not_fit_are_told_apart(other, told):
    with pytest.raises(sc.SpaceValidationError) as error:
        sc.IdentityLinOp(X) @ sc.IdentityLinOp(other)
    assert repr(X) in str(error.value)
    assert told in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "wrap", [lambda x: x, lambda x: sc.TreeSpace.of([X] * 20 + [x] + [X] * 20)]
)
def test_spaces_that_look_alike_are_told_apart(wrap):
    other = space(3, weights=[1.0, 2.0, 4.0])
    with pytest.raises(
        sc.SpaceValidationError, match=r"differ in the values of .*geometry\.weights"
    ):
        sc.IdentityLinOp(wrap(W)) @ sc.IdentityLinOp(wrap(other))


def test_leaf_that_is_left_out_of_a_long_line_is_told():
    one, other = (sc.TreeSpace.of([X] * 9 + [leaf] + [X] * 9) for leaf in (X, Y))
    with pytest.raises(
        sc.SpaceValidationError, match=r"`leaf_spaces\[9\].shape`: \(3,\) and \(2,\)"
    ):
        sc.IdentityLinOp(one) + sc.IdentityLinOp(other)


# Notebooks.


def test_context_shows_its_three_decisions(ctx):
    shown = Page(ctx._repr_html_())
    assert shown.text[0] == "Context"
    assert shown.pairs == {
        "ops": repr(ctx.ops),
        "dtype": ctx.ops.dtype_name(ctx.dtype),
        "check level": "standard",
    }
    assert repr(ctx).startswith(f"Context({type(ctx.ops).__name__}(), dtype=")


def test_ops_show_family_device_and_capabilities(ops):
    shown = Page(ops._repr_html_())
    assert shown.text[0] == type(ops).__name__
    assert shown.pairs["family"] == ops.family
    assert shown.pairs["capabilities"] == ", ".join(sorted(ops.capabilities))


def test_space_shows_where_it_lives_and_its_geometry(ctx):
    weights = ctx.asarray([1234.5, 4321.5])
    shown = Page(sc.DenseVectorSpace(2, ctx, sc.WeightedInnerProduct(weights))._repr_html_())
    name = ctx.ops.dtype_name(ctx.dtype)
    for pair in [("backend", ctx.ops.family), ("dtype", name), ("check level", "standard")]:
        assert shown.has(*pair)
    assert shown.has("geometry", "WeightedInnerProduct", "weights")
    assert any(text.startswith(f"{name}, shape (2,)") for text in shown.text)
    assert "1234" not in " ".join(shown.text)


def test_operator_opens_into_what_it_is_made_of():
    shown = Page(sc.BlockDiagonalLinOp({"s": A, "t": 3 * D})._repr_html_())
    assert shown.has("s", "DenseLinOp")
    assert shown.has("t", "ScaledLinOp")
    assert shown.has("array", "float64, shape (2, 3)")
    assert shown.has("term", "3·DiagonalLinOp")


def test_what_occurs_twice_is_shown_once():
    text = " ".join(Page((B + B @ B)._repr_html_()).text)
    assert text.count("float64, shape (3, 3)") == 1
    assert "the same object as operators[0]" in text
    assert text.count("backend") == 1


@pytest.mark.parametrize("wrap", [tuple, list, lambda x: {"a": x[0]}])
def test_arrays_inside_a_field_show_no_contents(ctx, wrap):
    class Held(sc.InnerProduct):
        def __init__(self, arrays):
            self.arrays = arrays

        def inner(self, ops, x, y):
            return ops.vdot(x, y)

    held = Held(wrap([ctx.asarray([1234.5])]))
    for shown in (repr(held), held._repr_html_()):
        assert "1234" not in shown
        assert "[1]" in shown


def test_text_is_escaped_and_cut():
    class Named(sc.InnerProduct):
        def __init__(self, name):
            self.name = name

        def inner(self, ops, x, y):
            return ops.vdot(x, y)

    shown = Page(Named("<script>" + "x" * 1000)._repr_html_())
    assert "script" not in shown.open
    assert len(shown.pairs["name"]) == 401
