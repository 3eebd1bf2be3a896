"""Values: declared once, taken apart and put together by compiled and differentiated functions."""

from __future__ import annotations

import copy
import gc
import pickle
import shutil
import weakref
from dataclasses import dataclass
from inspect import signature
from typing import NamedTuple

import numpy as np
import pytest

import spacecore as sc


@pytest.fixture
def jitted(ops):
    """Ops whose `jit` compiles; tests that take it run where one does."""
    if "jit" not in ops.capabilities:
        pytest.skip("needs a compiler")
    return ops


@pytest.fixture
def differentiable(ops):
    if not ops.supports("autodiff"):
        pytest.skip("needs autodiff")
    return ops


def weighted(ops, weights=(1.0, 2.0, 4.0), level="standard"):
    ctx = sc.Context(ops, "float64", check_level=level)
    return sc.DenseVectorSpace(3, ctx, sc.WeightedInnerProduct(ctx.asarray(weights)))


def dense(ops, level="standard"):
    X = weighted(ops, level=level)
    return sc.DenseLinOp(X.ctx.asarray([[1, 2, 0], [0, 1, 0], [3, 0, 1]]), X, X)


def host(ops, x):
    return np.asarray(ops.to_numpy(x))


def mapped(function, value):
    """The value with a function of each leaf in its place."""
    leaves, recipe = value.tree_flatten()
    return type(value).tree_unflatten(recipe, [function(leaf) for leaf in leaves])


# A user's classes, in the ways that people write them.


class Ordinary(sc.LinOp):
    """An ordinary `__init__`, nothing declared."""

    def __init__(self, space, scale, factor, label):
        super().__init__(space, space)
        self.scale = scale
        self.factor = factor
        self.label = label

    def apply(self, x):
        return self.factor * self.scale * x

    def rapply(self, y):
        return self.factor * self.scale * y


class Declared(sc.LinOp, data=("scale", "factor"), static=("label",)):
    """Fields declared."""

    def __init__(self, space, scale, factor, label):
        super().__init__(space, space)
        self.scale = scale
        self.factor = factor
        self.label = label

    def _apply(self, x):
        return self.factor * self.scale * x

    _rapply = _apply


class ByHand(sc.LinOp):
    """Taken apart and put together by hand."""

    def __init__(self, space, scale, factor, label):
        super().__init__(space, space)
        self.scale = scale
        self.factor = factor
        self.label = label

    def apply(self, x):
        return self.factor * self.scale * x

    rapply = apply

    def tree_flatten(self):
        return (self.scale, self.factor), (self.dom, self.label)

    @classmethod
    def tree_unflatten(cls, aux, children):
        scale, factor = children
        space, label = aux
        return cls(space, scale, factor, label)


@dataclass
class Dataclass(sc.LinOp):
    """A dataclass."""

    space: sc.Space
    scale: object
    factor: float
    label: str

    def __post_init__(self):
        super().__init__(self.space, self.space)

    def apply(self, x):
        return self.factor * self.scale * x

    rapply = apply


@dataclass(frozen=True)
class Frozen(sc.LinOp):
    """A frozen dataclass."""

    space: sc.Space
    scale: object
    factor: float
    label: str

    def __post_init__(self):
        super().__init__(self.space, self.space)

    def apply(self, x):
        return self.factor * self.scale * x

    rapply = apply


USERS = [Ordinary, Declared, ByHand, Dataclass, Frozen]


def made(cls, ops, factor=2.0, level="standard"):
    ctx = sc.Context(ops, "float64", check_level=level)
    X = sc.DenseVectorSpace(3, ctx)
    return cls(X, ctx.asarray([1, 2, 3]), factor, "mine")


@pytest.mark.parametrize("cls", USERS)
def test_users_class_computes_and_is_checked(cls, ops):
    A = made(cls, ops)
    np.testing.assert_array_equal(host(ops, A @ A.domain.ones()), [2, 4, 6])
    np.testing.assert_array_equal(host(ops, A.H @ A.domain.ones()), [2, 4, 6])
    np.testing.assert_array_equal(host(ops, (A @ A + A)(A.domain.ones())), [6, 20, 42])
    with pytest.raises(sc.SpaceValidationError, match=r"Expected shape \(3,\), got \(4,\)"):
        A.apply(ops.zeros(4, dtype=A.dtype))


@pytest.mark.parametrize("cls", USERS)
def test_users_class_is_closed_after_construction(cls, ops):
    A = made(cls, ops)
    for change in (
        lambda: setattr(A, "scale", None),
        lambda: setattr(A, "new", 1),
        lambda: delattr(A, "label"),
    ):
        with pytest.raises(AttributeError):
            change()


def test_a_class_that_forgot_its_parents_init_is_told(ops):
    class Forgetful(sc.LinOp):
        def __init__(self, scale):
            self.scale = scale

    with pytest.raises(TypeError, match=r"Got no `domain`\. Call `super\(\)\.__init__"):
        Forgetful(2.0)


def test_declarations_are_checked(ops):
    class Unset(sc.LinOp, static=("shift",)):
        pass

    X = weighted(ops)
    with pytest.raises(TypeError, match=r"Got no `shift`"):
        Unset(X, X)
    with pytest.raises(TypeError, match=r'Got data=\'gain\'\. Write `data=\("gain",\)`'):

        class Text(sc.LinOp, data="gain"):
            pass

    with pytest.raises(TypeError, match="declares `gain` as both"):

        class Both(sc.LinOp, data=("gain",), static=("gain",)):
            pass


def test_the_signature_of_a_class_is_that_of_its_init():
    assert str(signature(sc.EuclideanInnerProduct)) == "()"
    assert list(signature(sc.DenseVectorSpace).parameters) == ["shape", "ctx", "geometry"]


@pytest.mark.parametrize("cls", USERS)
def test_users_class_compares_hashes_and_shows_no_contents(cls, ops):
    A, B, C = made(cls, ops), made(cls, ops), made(cls, ops, 3.0)
    assert A == B
    assert hash(A) == hash(B)
    assert A != C
    assert len({A, B}) == 1
    assert "3." not in repr(A)


@pytest.mark.parametrize("cls", USERS)
def test_users_class_pickles_copies_and_converts(cls, backend):
    A = made(cls, sc.NumpyOps())
    for back in (
        pickle.loads(pickle.dumps(A)),
        copy.copy(A),
        copy.deepcopy(A),
        A.convert(backend).convert("numpy"),
    ):
        assert back == A
        np.testing.assert_array_equal(back @ np.ones(3), [2, 4, 6])
    there = A.convert(backend)
    assert (type(there), there.label, there.factor) == (cls, "mine", 2.0)
    assert there.ops.is_dense(there.scale)


@pytest.mark.parametrize("cls", USERS)
def test_users_class_passes_through_compiled_functions(cls, jitted):
    A = made(cls, jitted)
    traces = []

    def apply(B, x):
        traces.append(1)
        return B, B @ x

    compiled = jitted.jit(apply)
    B, y = compiled(A, A.domain.ones())
    assert type(B) is cls
    assert B.label == "mine"
    np.testing.assert_array_equal(host(jitted, y), [2, 4, 6])
    _, y = compiled(made(cls, jitted, 5.0), A.domain.ones())
    np.testing.assert_array_equal(host(jitted, y), [5, 10, 15])
    assert len(traces) == 1


@pytest.mark.parametrize("cls", USERS)
def test_users_class_is_differentiated(cls, differentiable):
    ops = differentiable
    A = made(cls, ops)

    def loss(scale):
        return ops.sum(cls(A.domain, scale, 2.0, "mine") @ A.domain.ones())

    np.testing.assert_array_equal(host(ops, ops.grad(loss)(A.scale)), [2, 2, 2])


def test_users_class_is_a_block_and_a_factor(ops):
    A = made(Dataclass, ops)
    B = sc.BlockDiagonalLinOp({"a": A, "b": A @ A})
    x = {"a": A.domain.ones(), "b": A.domain.ones()}
    np.testing.assert_array_equal(host(ops, (B @ x)["b"]), [4, 16, 36])


def test_containers_in_undeclared_fields_keep_what_is_data(ops):
    class Mixed(sc.LinOp):
        def __init__(self, space, parts):
            super().__init__(space, space)
            self.parts = parts

        def apply(self, x):
            return self.parts["a"] * x

    ctx = sc.Context(ops, "float64")
    A = Mixed(sc.DenseVectorSpace(3, ctx), {"a": ctx.ones(3), "n": 3, "name": "x"})
    for B in (A, A.convert(ctx, check_level="strict"), A.convert(ctx, copy=True)):
        leaves, _ = B.tree_flatten()
        assert len(leaves) == 1
        assert B.parts["name"] == "x"


# Sharing.


def test_a_shared_metric_has_one_gradient(differentiable):
    ops = differentiable
    A = dense(ops)
    x = A.domain.ones()
    leaves, recipe = A.tree_flatten()
    assert len(leaves) == 2

    def energy(*leaves):
        B = sc.DenseLinOp.tree_unflatten(recipe, leaves)
        return B.domain.inner(x, x) + B.codomain.inner(B @ x, B @ x)

    gradients = ops.grad(energy, argnums=(0, 1))(*leaves)
    weights = next(g for g in gradients if tuple(g.shape) == (3,))
    np.testing.assert_allclose(host(ops, weights), [1 + 9, 1 + 1, 1 + 16])


def test_domain_is_codomain_inside_jit(jitted):
    A = dense(jitted)
    seen = []

    def apply(B, x):
        seen.append((B.dom is B.cod, B.H.dom is B.dom, (B @ B).dom is B.dom))
        return B @ x

    jitted.jit(apply)(A, A.domain.ones())
    assert seen == [(True, True, True)]


def test_an_expression_is_taken_apart_once(ops):
    A = dense(ops)
    expression = 2 * A + A @ A.H + A**3
    leaves, recipe = expression.tree_flatten()
    assert len(leaves) == 3  # the matrix, the weights, the 2
    back = type(expression).tree_unflatten(recipe, leaves)
    factors = [back.operators[0].operator, *back.operators[2].operators]
    assert all(factor is factors[0] for factor in factors)


@pytest.mark.parametrize("make", [lambda C: C + C, lambda C: C.H @ C])
def test_what_takes_itself_apart_is_taken_apart_once(ops, make):
    C = ByHand(weighted(ops), ops.asarray([1.0, 2.0, 3.0]), 2.0, "by hand")
    twice = make(C)
    for _ in range(2):  # the second time, what was learnt in the first is used
        leaves, recipe = twice.tree_flatten()
        assert sum(leaf is C.scale for leaf in leaves) == 1
    again = type(twice).tree_unflatten(recipe, leaves)
    one, other = (
        next(op for op in (part, *part._data_values().values()) if type(op) is ByHand)
        for part in again.operators
    )
    assert one is other
    x = C.domain.ones()
    np.testing.assert_array_equal(host(ops, again @ x), host(ops, twice @ x))


def test_a_gradient_step_on_weights_keeps_the_operator_composable(differentiable):
    ops = differentiable
    A = dense(ops)
    x = A.domain.ones()
    leaves, recipe = A.tree_flatten()

    def loss(*leaves):
        B = sc.DenseLinOp.tree_unflatten(recipe, leaves)
        return B.codomain.norm(B @ x)

    gradients = ops.grad(loss, argnums=(0, 1))(*leaves)
    stepped = [leaf - 0.1 * gradient for leaf, gradient in zip(leaves, gradients, strict=True)]
    B = sc.DenseLinOp.tree_unflatten(recipe, stepped)
    assert B.domain is B.codomain
    assert B.domain != A.domain
    want = host(ops, B.array) @ host(ops, B.array) @ np.ones(3)
    np.testing.assert_allclose(host(ops, (B @ B) @ x), want)
    with pytest.raises(sc.SpaceValidationError, match="needs A.domain == B.codomain"):
        A @ B


def test_a_step_over_the_tree_of_jax():
    jax = pytest.importorskip("jax")
    A = dense(sc.normalize_ops("jax"))
    x = A.domain.ones()
    gradient = jax.grad(lambda B: B.codomain.norm(B @ x))(A)
    assert type(gradient) is sc.DenseLinOp
    assert gradient.domain is gradient.codomain
    B = jax.tree.map(lambda leaf, slope: leaf - 0.1 * slope, A, gradient)
    assert (B @ B).shape == (3, 3)


# Exact keys: what a compiled function is cached by.


def test_a_compiled_function_returns_the_class_and_level_it_was_given(jitted):
    returned = jitted.jit(lambda X: X)
    for cls in (sc.DenseVectorSpace, sc.DenseCoordinateSpace):
        for level in sc.CHECK_LEVELS:
            X = cls((3,), sc.Context(jitted, "float64", check_level=level))
            Y = returned(X)
            assert Y == X
            assert (type(Y), Y.ctx.check_level) == (cls, level)


def test_new_data_is_no_new_trace(jitted):
    traces = []

    def apply(B, x):
        traces.append(1)
        return B @ x

    compiled = jitted.jit(apply)
    results = []
    for scale in (2.0, 3.0, 0.5):
        for weights in ((1.0, 2.0, 3.0), (1.0, 1.0, 1.0)):
            W = weighted(jitted, weights)
            A = sc.DenseLinOp(scale * dense(jitted).array, W, W)
            B = Ordinary(W, W.ones(), scale, "mine")  # a Python float is data as well
            results.append(compiled(A + scale * B, W.ones()))
    assert len(traces) == 1
    np.testing.assert_allclose(host(jitted, results[0]), [6 + 4, 2 + 4, 8 + 4])


def test_another_structure_is_another_trace(jitted):
    traces = []

    def apply(B, x):
        traces.append(type(B).__name__)
        return B @ x

    compiled = jitted.jit(apply)
    A, x = dense(jitted), weighted(jitted).ones()
    for B in (A, A.H, A @ A, 2 * A, A + A, A.convert(jitted, check_level="none")):
        compiled(B, x)
        compiled(B, x)
    assert len(traces) == 6


# Transformations of the tree.


def test_a_tree_maps_to_none_and_to_placeholders(ops):
    expression = 2 * dense(ops) @ dense(ops).H
    empty = mapped(lambda _: None, expression)
    assert type(empty) is type(expression)
    assert set(empty.tree_flatten()[0]) == {None}
    names = mapped(lambda leaf: f"leaf of {type(leaf).__name__}", expression)
    assert names.tree_flatten()[1] == expression.tree_flatten()[1]
    assert names.domain.shape == (3,)


def test_jax_maps_operators_over_a_batch_of_them():
    jax = pytest.importorskip("jax")
    ops = sc.normalize_ops("jax")
    X = weighted(ops)
    stack = [sc.DenseLinOp(ops.eye(3, dtype=X.dtype) * k, X, X) for k in range(1, 5)]
    batch = jax.tree.map(lambda *leaves: jax.numpy.stack(leaves), *stack)
    axes = jax.tree.map(lambda _: 0, batch)
    got = jax.vmap(lambda A, x: A @ x, in_axes=(axes, None))(batch, X.ones())
    np.testing.assert_array_equal(got, [[k] * 3 for k in range(1, 5)])
    one_metric = sc.DenseLinOp.tree_unflatten(
        batch.tree_flatten()[1],
        [x if x.ndim == 3 else x[0] for x in batch.tree_flatten()[0]],
    )
    axes = jax.tree.map(lambda leaf: 0 if leaf.ndim == 3 else None, one_metric)
    got = jax.vmap(lambda A, x: A.H @ x, in_axes=(axes, None))(one_metric, X.ones())
    np.testing.assert_array_equal(got, [[k] * 3 for k in range(1, 5)])


def test_eval_shape_of_an_operator():
    jax = pytest.importorskip("jax")
    A = dense(sc.normalize_ops("jax"))
    B, y = jax.eval_shape(lambda B, x: (B @ B, B.H @ x), A, A.domain.ones())
    assert (type(B), y.shape, y.dtype) == (sc.ComposedLinOp, (3,), np.float64)
    assert B.domain is B.codomain


def test_torch_swaps_the_tensors_of_an_operator():
    torch = pytest.importorskip("torch")
    from torch.utils import _pytree as pytree

    A = dense(sc.normalize_ops("torch"))
    leaves, structure = pytree.tree_flatten(A)
    x = A.domain.ones()

    def apply(leaves, x):
        return pytree.tree_unflatten(leaves, structure) @ x

    doubled = apply([2 * leaf for leaf in leaves], x)
    torch.testing.assert_close(doubled, 2 * (A @ x))
    slopes = torch.func.grad(lambda leaves: apply(leaves, x).sum())(leaves)
    assert len(slopes) == 2
    stacked = [torch.stack([leaf, 2 * leaf]) for leaf in leaves]
    both = torch.func.vmap(apply, in_dims=(0, None))(stacked, x)
    torch.testing.assert_close(both[1], 2 * (A @ x))


class Module:
    """A module that holds an operator whose matrix is its parameter."""

    def __new__(cls, torch, space):
        class Layer(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.matrix = torch.nn.Parameter(torch.eye(3, dtype=torch.float64))

            def forward(self, x):
                return sc.DenseLinOp(self.matrix, space, space) @ x

        return Layer()


def test_functional_call_swaps_a_modules_parameter():
    torch = pytest.importorskip("torch")
    X = weighted(sc.normalize_ops("torch"))
    layer = Module(torch, X)
    swapped = {"matrix": 3 * torch.eye(3, dtype=torch.float64)}
    got = torch.func.functional_call(layer, swapped, (X.ones(),))
    torch.testing.assert_close(got, 3 * X.ones())
    slope = torch.func.grad(lambda p: torch.func.functional_call(layer, p, (X.ones(),)).sum())(
        swapped
    )
    torch.testing.assert_close(slope["matrix"], torch.ones(3, 3, dtype=torch.float64))


def expressions(ctx):
    """Every kind of operator whose data are dense tensors, and an element for each."""
    X = weighted(ctx.ops).convert(ctx)
    A = sc.DenseLinOp(ctx.asarray([[1, 2, 0], [0, 1, 0], [3, 0, 1]]), X, X)
    free = sc.MatrixFreeLinOp(lambda x: 2 * x, None, X, X)
    operators = [
        A,
        2 * A + A @ A.H,
        A / ctx.asarray(3.0),
        sc.DiagonalLinOp(ctx.ones(3), X),
        sc.IdentityLinOp(X) + sc.ZeroLinOp(X, X).H.H,
        free + free.H @ free,
        Ordinary(X, ctx.ones(3), 2.0, "mine"),
        sc.BlockDiagonalLinOp({"b": A, "a": [A.H]}),
        sc.BlockMatrixLinOp([[A, None], [A.H, A @ A]]),
        sc.StackedLinOp(Split(A, A.H)),
        sc.SumToSingleLinOp(Rest(A, (A.H,))),
    ]
    return [(op, op.domain.ones()) for op in operators]


class Split(NamedTuple):
    left: object
    right: object


@dataclass
class Rest:
    first: object
    others: object


@pytest.mark.parametrize("level", ["none", "strict"])
@pytest.mark.filterwarnings("error")
def test_torch_compiles_apply_without_a_break(level):
    torch = pytest.importorskip("torch")
    for op, x in expressions(sc.Context("torch", "float64", check_level=level)):
        torch.compiler.reset()
        for direction, given in ((op.apply, x), (op.rapply, op.codomain.ones())):
            compiled = torch.compile(direction, fullgraph=True, backend="eager")
            torch.testing.assert_close(leaves(compiled(given)), leaves(direction(given)))


def leaves(x):
    """The tensors of an element."""
    if isinstance(x, Rest):
        return [*leaves(x.first), *leaves(x.others)]
    parts = list(x.values()) if isinstance(x, dict) else x
    return [t for part in parts for t in leaves(part)] if isinstance(parts, list | tuple) else [x]


@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")
def test_torch_compiles_apply_to_machine_code():
    torch = pytest.importorskip("torch")
    if shutil.which("g++") is None and shutil.which("clang++") is None:
        pytest.skip("needs a C++ compiler")
    op, x = expressions(sc.Context("torch", "float64"))[8]
    torch.compiler.reset()
    compiled = torch.compile(op.apply, fullgraph=True)
    torch.testing.assert_close(leaves(compiled(x)), leaves(op.apply(x)))


def test_torch_compiles_arithmetic_of_elements():
    torch = pytest.importorskip("torch")
    X = weighted(sc.normalize_ops("torch"))
    x = sc.TreeSpace.of({"a": X, "b": Rest(X, X)}).element(
        {"a": X.ones(), "b": Rest(X.ones(), X.ones())}
    )
    compiled = torch.compile(lambda x: (2 * x - x / 2).value["b"].first, backend="eager")
    torch.testing.assert_close(compiled(x), 1.5 * X.ones())


# Equality and hashes.


def test_equality_and_hash_agree_with_traced_data(jitted):
    X = weighted(jitted)
    seen = []

    def compare(Y, Z):
        seen.append((Y == Z, hash(Y) == hash(Z), X == Y, hash(X) == hash(Y), Y in {X}))
        return Y.inner(Y.ones(), Z.ones())

    jitted.jit(compare)(weighted(jitted), weighted(jitted, (5.0, 5.0, 5.0)))
    assert seen == [(True, True, True, True, True)]  # static facts decide where data are traced
    assert weighted(jitted) != weighted(jitted, (5.0, 5.0, 5.0))
    assert hash(weighted(jitted)) == hash(weighted(jitted, (5.0, 5.0, 5.0)))


def test_equality_of_operators_is_by_class_spaces_and_values(ops):
    A = dense(ops)
    assert A == dense(ops)
    assert A != 2 * A
    assert A != A.H
    assert A.H == dense(ops).H
    assert hash(2 * A) == hash(2 * dense(ops))
    X = sc.DenseVectorSpace(3, A.ctx)
    assert A != sc.DenseLinOp(A.array, X, X)


class Labelled(sc.LinOp, static=("label",)):
    """A static field of whatever kind."""

    def __init__(self, space, label):
        super().__init__(space, space)
        self.label = label

    def _apply(self, x):
        return x

    _rapply = _apply


@pytest.mark.parametrize(
    ("label", "same"),
    [
        ({1: "x", "a": 2}, {"a": 2, 1: "x"}),
        ((1, [2]), (1, [2])),
        ({"a", 1}, {1, "a"}),
        ([{"a": ({1}, [])}], [{"a": ({1}, [])}]),
    ],
)
def test_static_fields_of_every_kind_hash(label, same):
    X = sc.DenseVectorSpace(2, "numpy")
    assert Labelled(X, label) == Labelled(X, same) != Labelled(X, "other")
    assert hash(Labelled(X, label)) == hash(Labelled(X, same))


def test_sparse_fields_compare_by_value(ops):
    if not ops.allow_sparse:
        pytest.skip("needs sparse matrices")
    ctx = sc.Context(ops, "float64")
    X = sc.DenseVectorSpace(2, ctx)
    one, same, other = (sc.SparseLinOp(ctx.assparse([[1, 0], [a, 2]]), X, X) for a in (3, 3, 4))
    assert one == same
    assert one != other


def test_sparse_fields_pass_through_compiled_functions(jitted):
    ctx = sc.Context(jitted, "float64")
    X = sc.DenseVectorSpace(2, ctx)
    A = sc.SparseLinOp(ctx.assparse([[1, 0], [3, 2]]), X, X)
    seen = []

    def apply(B, x):
        seen.append(B == A)
        return B @ x

    np.testing.assert_array_equal(host(jitted, jitted.jit(apply)(A, X.ones())), [1, 5])
    assert seen == [True]


# Lifetime and cost.


@pytest.mark.parametrize("view", ["H", "product", "sum", "blocks"])
def test_no_reference_cycle(ops, view):
    A = dense(ops)
    makers = {
        "H": lambda: A.H,
        "product": lambda: A @ A.H,
        "sum": lambda: 2 * A + A,
        "blocks": lambda: sc.BlockDiagonalLinOp((A, A)),
    }
    op = makers[view]()
    x = op.domain.ones()
    gc.collect()
    gc.disable()
    try:
        op.apply(x)
        op.rapply(op.codomain.ones())
        leaves, recipe = op.tree_flatten()
        made = type(op).tree_unflatten(recipe, leaves)
        made.apply(x)
        hash(op)
        died = [weakref.ref(op), weakref.ref(made)]
        del op, made, leaves, recipe
        assert [ref() for ref in died] == [None, None]
        space = weakref.ref(X := weighted(ops))
        X.norm(X.ones())
        del X
        assert space() is None
    finally:
        gc.enable()


def test_a_checked_apply_runs_few_frames(ops, frames):
    A = dense(ops)
    x = A.domain.ones()
    assert frames(lambda: A.apply(x)) <= 5
    assert frames(lambda: made(Ordinary, ops).apply) >= 1  # the count counts
    B = made(Ordinary, ops)
    assert frames(lambda: B.apply(x)) <= 5
    C = sc.DenseLinOp(ops.ones((2, 2, 3), dtype=A.dtype), A.domain)
    assert frames(lambda: C.apply(x)) <= 5
    X, ctx = sc.DenseVectorSpace(3, A.ctx), A.ctx
    operators = [
        sc.DenseLinOp(A.array, X).H,
        2 * A,
        sc.DiagonalLinOp(ctx.ones(3), X),
        sc.IdentityLinOp(X),
        sc.ZeroLinOp(X, X),
        sc.MatrixFreeLinOp(lambda x: x, lambda y: y, X, X),
    ]
    if ops.allow_sparse:
        operators.append(sc.SparseLinOp(ctx.assparse(np.eye(3)), X, X))
    for op in operators:
        assert frames(lambda op=op: op.apply(x)) <= 5, op


# Subclasses of finished operators.


class Doubled(sc.DenseLinOp):
    """A finished operator whose application is written anew, over the one it has."""

    def apply(self, x):
        return 2 * super().apply(x)

    def rapply(self, y):
        return 2 * super().rapply(y)


class DoubledHooks(sc.DenseLinOp):
    def _apply(self, x):
        return 2 * super()._apply(x)

    def _rapply(self, y):
        return 2 * super()._rapply(y)


class Quadrupled(Doubled):
    def apply(self, x):
        return 2 * super().apply(x)

    def rapply(self, y):
        return 2 * super().rapply(y)


@pytest.mark.parametrize(("cls", "times"), [(Doubled, 2), (DoubledHooks, 2), (Quadrupled, 4)])
@pytest.mark.parametrize("level", sc.CHECK_LEVELS)
def test_a_subclass_of_a_finished_operator_is_honoured_everywhere(ops, cls, times, level):
    A = dense(ops, level)
    B = cls(A.array, A.domain, A.codomain)
    x = A.domain.ones()
    want = times * host(ops, A @ x)
    for _ in range(2):
        np.testing.assert_allclose(host(ops, B @ x), want)
        np.testing.assert_allclose(host(ops, B.H @ x), times * host(ops, A.H @ x))
    identity = sc.IdentityLinOp(A.domain)
    for expression in (B + 0 * B, identity @ B, 1 * B, B.H.H, (B @ A - B @ A) + B, B.fuse()):
        np.testing.assert_allclose(host(ops, expression @ x), want)
    np.testing.assert_allclose(host(ops, (3 * B).fuse() @ x), 3 * want)
    np.testing.assert_allclose(host(ops, B.to_matrix()), times * host(ops, A.array))
    np.testing.assert_allclose(host(ops, B.vapply(ops.stack([x, x])))[1], want)
    np.testing.assert_allclose(host(ops, (B @ B.H @ A) @ x), times**2 * host(ops, A @ A.H @ A @ x))


def test_super_apply_above_which_nothing_is_says_so(ops):
    class Hollow(sc.LinOp):
        def apply(self, x):
            return super().apply(x)

    X = sc.DenseVectorSpace(3, ops)
    with pytest.raises(NotImplementedError, match="no class has `apply`"):
        Hollow(X, X).apply(X.ones())
