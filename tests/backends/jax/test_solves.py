"""Solves on JAX: compiled once, inside every transformation, on several devices."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from types import ModuleType

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import spacecore as sc

CTX = sc.Context("jax", "float64")
X = sc.DenseVectorSpace(6, CTX)


@pytest.fixture
def matrix(rng):
    S = rng.standard_normal((6, 6))
    return jnp.asarray(S @ S.T + 3 * np.eye(6))


class Counted(sc.LinOp, data=("matrix",)):
    """A dense operator that counts how often it is traced."""

    traces = itertools.count()  # a number of the class's would be another each time

    def __init__(self, matrix, space):
        super().__init__(space, space)
        self.matrix = matrix

    def _apply(self, x):
        next(self.traces)
        return self.matrix @ x

    _rapply = _apply


def test_one_trace_for_ever(matrix, rng):
    """Other values, tolerances and iterations allowed; operators and spaces made anew."""
    b = jnp.asarray(rng.standard_normal(6))
    sc.cg(Counted(matrix, X), b)
    before = next(Counted.traces)
    for scale in (1.0, 2.0, 3.0):
        space = sc.DenseVectorSpace(6, sc.Context("jax", "float64"))
        result = sc.cg(
            Counted(scale * matrix, space), scale * b, tol=1e-3 * scale, maxiter=50 + int(scale)
        )
        assert bool(result.converged)
    assert next(Counted.traces) == before + 1


def weighted_by(w, matrix):
    Y = sc.DenseVectorSpace(6, CTX, sc.WeightedInnerProduct(w * jnp.ones(6)))
    return Counted(w * matrix, Y)


STRUCTURES = {
    "blocks": lambda D, P, b: ((sc.BlockDiagonalLinOp((D, D)), (b, b)), {}),
    "a matrix of blocks": lambda D, P, b: (
        (sc.BlockMatrixLinOp([[D, 0], [None, D]]), (b, 2 * b)),
        {},
    ),
    "an expression": lambda D, P, b: ((2 * D + P @ D @ P, b), {}),
    "weights": lambda D, P, b: ((weighted_by(float(b[0]), D.matrix), b), {}),
    "a preconditioner": lambda D, P, b: ((D, b), {"preconditioner": P}),
    "a start": lambda D, P, b: ((D, b), {"x0": 3 * b}),
    "a batch": lambda D, P, b: ((D, jnp.stack([b, 2 * b])), {}),
    "a history": lambda D, P, b: ((D, b), {"history": True}),
    "a callback": lambda D, P, b: ((D, b), {"callback": lambda *_: None}),
}


@pytest.mark.parametrize("structure", STRUCTURES)
def test_one_trace_for_every_structure(matrix, structure):
    for scale in (1.0, 2.0, 3.0):
        before = next(Counted.traces)
        space = sc.DenseVectorSpace(6, sc.Context("jax", "float64"))
        D, P = Counted(scale * matrix, space), sc.DiagonalLinOp(scale * jnp.ones(6), space)
        args, options = STRUCTURES[structure](D, P, scale * jnp.ones(6))
        sc.cg(*args, **options).raise_for_status()
        seen = next(Counted.traces) - before - 1
    assert seen == 0


@pytest.mark.parametrize("tol", [0, 1, np.float64(1e-3), np.float32(1e-3)])
def test_one_trace_for_numbers_of_every_kind(matrix, tol):
    sc.cg(Counted(matrix, X), jnp.ones(6))
    before = next(Counted.traces)
    sc.cg(Counted(matrix, X), jnp.ones(6), tol=tol, atol=tol)
    assert next(Counted.traces) == before + 1


def test_nothing_is_waited_for(matrix):
    """No value is read before a result is asked for one: it can be made where there are none."""
    solve = partial(sc.cg, sc.DenseLinOp(matrix, X))
    shapes = jax.eval_shape(solve, jax.ShapeDtypeStruct((6,), jnp.ones(6).dtype))
    assert shapes.x.shape == (6,)
    result = solve(jnp.ones(6))
    assert isinstance(result.num_iters, jax.Array)
    assert result.status is sc.SolveStatus.CONVERGED


def test_a_result_leaves_a_compiled_function(matrix):
    result = jax.jit(lambda b: sc.cg(sc.DenseLinOp(matrix, X), b, tol=1e-12))(jnp.ones(6))
    assert result.status is sc.SolveStatus.CONVERGED
    assert jnp.allclose(matrix @ result.x, jnp.ones(6))

    @jax.jit
    def inside(b):
        result = sc.cg(sc.DenseLinOp(matrix, X), b)
        assert repr(result) == "SolveResult(cg, traced)"
        return result.status, result.converged

    code, converged = inside(jnp.ones(6))
    assert (int(code), bool(converged)) == (0, True)


def test_a_callback_inside_a_compiled_function_is_refused(matrix):
    A = sc.DenseLinOp(matrix, X)
    with pytest.raises(sc.UnsupportedOperationError, match="callback and progress see values"):
        jax.jit(lambda b: sc.cg(A, b, callback=print).x)(jnp.ones(6))


def test_derivatives_of_every_kind_compiled(matrix):
    def loss(solve):
        return lambda S: jnp.sum(solve(S, jnp.arange(6.0)) ** 2)

    by_cg = loss(lambda S, b: sc.cg(sc.DenseLinOp(S, X), b, tol=1e-13).x)
    by_dense = loss(jnp.linalg.solve)
    for derive in (
        jax.grad,
        jax.jacfwd,
        jax.hessian,
        lambda f: jax.jacrev(jax.jacrev(f)),
        lambda f: jax.jacrev(jax.jacfwd(f)),
        lambda f: jax.jacfwd(jax.jacfwd(f)),
    ):
        expected = derive(by_dense)(matrix)
        for found in (derive(by_cg)(matrix), jax.jit(derive(by_cg))(matrix)):
            assert jnp.allclose(found, expected, rtol=1e-8, atol=1e-10 * jnp.abs(expected).max())


def test_products_of_a_value_and_its_gradient(matrix):
    """Counted as they run: a gradient costs one solve more."""
    count = [0]

    def product(x):
        jax.debug.callback(lambda: count.__setitem__(0, count[0] + 1))
        return matrix @ x

    A = sc.MatrixFreeLinOp(product, product, X, X)

    def loss(b):
        return jnp.sum(sc.cg(A, b, tol=1e-10).x ** 2)

    b = jnp.arange(6.0)
    loss(b).block_until_ready()
    jax.effects_barrier()
    forward, count[0] = count[0], 0
    jax.block_until_ready(jax.value_and_grad(loss)(b))
    jax.effects_barrier()
    assert forward > 3
    assert count[0] <= 2.3 * forward


def test_memory_of_a_gradient_does_not_grow_with_the_steps():
    """What is kept from the way there for the way back, counted."""
    n = 50
    Y = sc.DenseVectorSpace(n, CTX)

    def kept(steps):
        def solve(d):
            return sc.cg(sc.DiagonalLinOp(d, Y), jnp.ones(n), maxiter=steps, tol=0.0).x

        _, pull = jax.vjp(solve, jnp.logspace(0, 4, n))
        return sum(x.size for x in jax.tree.leaves(pull))

    assert kept(2) == kept(200) < 20 * n


def test_derivatives_by_what_a_function_closes_over(matrix):
    """Of operators that are functions, compiled or not, also of a preconditioner."""
    b, weight = jnp.arange(6.0), jnp.linspace(1.0, 2.0, 6)

    def by_cg(w, b):
        A = sc.MatrixFreeLinOp(lambda x: matrix @ x + w * x, lambda x: matrix @ x + w * x, X, X)
        P = sc.MatrixFreeLinOp(lambda x: x / (1 + w), lambda x: x / (1 + w), X, X)
        return jnp.sum(sc.cg(A, b, preconditioner=P, tol=1e-13).x ** 2)

    def by_dense(w, b):
        return jnp.sum(jnp.linalg.solve(matrix + jnp.diag(w), b) ** 2)

    for derive in (jax.jacfwd, jax.hessian):
        found, expected = (derive(f)(weight, b) for f in (by_cg, by_dense))
        assert jnp.allclose(found, expected, rtol=1e-8)
    bs = jnp.stack([b, 2 * b])
    found, expected = (jax.vmap(jax.grad(f), (None, 0))(weight, bs) for f in (by_cg, by_dense))
    assert jnp.allclose(found, expected, rtol=1e-8)
    compiled = jax.jit(lambda w, b: jax.grad(lambda b: by_cg(w, b))(b))
    assert jnp.allclose(compiled(weight, b), jax.grad(by_dense, 1)(weight, b), rtol=1e-8)
    assert jnp.allclose(jax.jit(jax.grad(by_cg))(weight, b), jax.grad(by_dense)(weight, b))


SHARDED = """
import re
import jax, jax.numpy as jnp, numpy as np
import spacecore as sc
from jax.sharding import Mesh, NamedSharding, PartitionSpec as P

mesh = Mesh(np.array(jax.devices()), ("i",))
n, draw = 4096, np.random.default_rng(0)
ctx = sc.Context("jax", "float64")
X, Z = sc.DenseVectorSpace(n, ctx), sc.DenseCoordinateSpace((64, 64), ctx)

def put(x, *axes):
    return jax.device_put(x, NamedSharding(mesh, P(*axes)))

def laplace(u):
    z = jnp.pad(u, 1)
    return 4 * u - z[2:, 1:-1] - z[:-2, 1:-1] - z[1:-1, 2:] - z[1:-1, :-2]

L = sc.MatrixFreeLinOp(laplace, laplace, Z, Z)
d, b = jnp.linspace(1.0, 9.0, n), jnp.asarray(draw.standard_normal(n))
u = jnp.asarray(draw.standard_normal((64, 64)))
bs = jnp.asarray(draw.standard_normal((8, n)))
cases = [
    (lambda d, b: sc.cg(sc.DiagonalLinOp(d, X), b, tol=1e-10), (d, b), [("i",), ("i",)]),
    (lambda u: sc.cg(L, u, tol=1e-8), (u,), [("i", None)]),
    (lambda d, bs: sc.cg(sc.DiagonalLinOp(d, X), bs, tol=1e-10), (d, bs), [(), ("i", None)]),
]
for solve, whole, axes in cases:
    parts = tuple(put(x, *names) for x, names in zip(whole, axes))
    expected = solve(*whole)
    compiled = jax.jit(lambda *args: solve(*args).x)
    for x in (solve(*parts).x, compiled(*parts)):
        assert len(x.sharding.device_set) == 4, x.sharding
        assert {s.data.size for s in x.addressable_shards} == {x.size // 4}
        assert jnp.allclose(x, expected.x, rtol=1e-8, atol=1e-10), jnp.abs(x - expected.x).max()
    text = compiled.lower(*parts).compile().as_text()
    assert "all-gather" not in text
    # Neighbours' numbers are sent about by the stencil alone.
    assert ("collective-permute" in text) == (whole[0] is u)
    shapes = re.findall(r"f64\\[([\\d,]+)\\]", text)
    sizes = [np.prod([int(k) for k in shape.split(",")]) for shape in shapes]
    assert max(sizes) < whole[-1].size, max(sizes)

def each(d, bs):
    return jax.vmap(lambda b: sc.cg(sc.DiagonalLinOp(d, X), b, tol=1e-10).x)(bs)

split = jax.shard_map(each, mesh=mesh, in_specs=(P(), P("i")), out_specs=P("i"))
assert jnp.allclose(split(d, bs), bs / d, rtol=1e-8)
one = jax.shard_map(lambda d, bs: sc.cg(sc.DiagonalLinOp(d, X), bs[0]).x[None], mesh=mesh,
                    in_specs=(P(), P("i")), out_specs=P("i"))
assert jnp.allclose(one(d, bs[:4]), bs[:4] / d, rtol=1e-4)
"""


def first(op):
    return float(sc.cg(op, X.ones()).x[0])


def scaled():
    return FACTOR


def one_of_many(depth):
    return again(depth - 1) if depth else FACTOR


def again(depth):
    return one_of_many(depth)


def test_what_functions_hold_is_seen_when_it_changes():
    """Nobody wrote `jit` here: a function that was compiled goes by what it holds now."""
    global FACTOR
    factor, box = 1.0, [1.0]

    class Held:
        factor = 1.0

        def apply(self, x):
            return self.factor * x

    class Own(sc.LinOp):
        def __init__(self, space, box):
            super().__init__(space, space)
            self.box = box

        def _apply(self, x):
            return self.box[0] * x

        _rapply = _apply

    @dataclass(slots=True)
    class Slotted:
        factor: float

    class Deep(sc.LinOp):
        scale = 1.0

        def _apply(self, x):
            return one_of_many(6) * x

        _rapply = _apply

    class OfClass(Deep):
        def _apply(self, x):
            return self.scale * x

        _rapply = _apply

    class OfProperty(Deep):
        @property
        def twice(self):
            return 2 * FACTOR

        def _apply(self, x):
            return self.twice / 2 * x

        _rapply = _apply

    module = ModuleType("settings_of_a_user")
    module.inner = ModuleType("settings_of_a_user.inner")

    held, slotted = Held(), Slotted(1.0)
    ops = {
        "slots": sc.MatrixFreeLinOp(
            lambda x: slotted.factor * x, lambda x: slotted.factor * x, X, X
        ),
        "a closure": sc.MatrixFreeLinOp(lambda x: factor * x, lambda x: factor * x, X, X),
        "an object": sc.MatrixFreeLinOp(held.apply, held.apply, X, X),
        "a list": Own(X, box),
        "a global": sc.MatrixFreeLinOp(lambda x: FACTOR * x, lambda x: FACTOR * x, X, X),
        "a helper": sc.MatrixFreeLinOp(lambda x: scaled() * x, lambda x: scaled() * x, X, X),
        "functions of functions": Deep(X, X),
        "an attribute of its class": OfClass(X, X),
        "a property": OfProperty(X, X),
        "a module": sc.MatrixFreeLinOp(
            lambda x: module.inner.factor * x, lambda x: module.inner.factor * x, X, X
        ),
        "a class": sc.MatrixFreeLinOp(lambda x: Held.factor * x, lambda x: Held.factor * x, X, X),
    }
    for factor in (1.0, 2.0, 4.0):
        FACTOR = held.factor = slotted.factor = box[0] = factor
        Deep.scale = Held.factor = module.inner.factor = factor
        assert {name: first(op) for name, op in ops.items()} == dict.fromkeys(ops, 1 / factor)


def test_what_a_geometry_holds_is_seen_when_it_changes():
    global FACTOR

    class Scaled(sc.InnerProduct):
        def inner(self, space, x, y):
            return FACTOR * jnp.vdot(x, y)

        def riesz(self, space, x):
            return FACTOR * x

        def riesz_inverse(self, space, y):
            return y / FACTOR

    Y = sc.DenseVectorSpace(6, CTX, Scaled())
    A = sc.MatrixFreeLinOp(lambda x: 2 * x, lambda x: 2 * x, Y, Y)
    for factor in (1.0, 4.0, 9.0):
        FACTOR = factor
        norm = float(sc.cg(A, Y.ones(), maxiter=0).residual_norm)
        assert norm == pytest.approx(np.sqrt(6 * factor))


def test_a_method_of_the_same_object_is_compiled_once():
    seen = itertools.count()  # a number that a method changes would be another each time

    class Counting:
        def apply(self, x):
            next(seen)
            return 2 * x

    counting, traces = Counting(), []
    for _ in range(3):
        assert first(sc.MatrixFreeLinOp(counting.apply, counting.apply, X, X)) == 1 / 2
        traces.append(next(seen))
    assert traces[2] - traces[0] == 2


def test_what_a_function_holds_may_be_traced_anew_each_time():
    class Held:
        factor = 1.0

        def apply(self, x):
            return self.factor * x

    held = Held()
    op = sc.MatrixFreeLinOp(held.apply, held.apply, X, X)

    def loss(factor):
        held.factor = factor
        return sc.cg(op, X.ones()).x.sum()

    for _ in range(2):
        assert float(jax.grad(loss)(2.0)) == pytest.approx(-6 / 4)
    held.factor = 4.0
    assert first(op) == 1 / 4


def test_a_function_may_close_over_traced_integers():
    def solved(w, i):
        def apply(x):
            return jnp.where(jnp.arange(6) == i, w, 1.0) * x

        return sc.cg(sc.MatrixFreeLinOp(apply, apply, X, X), X.ones()).x.sum()

    assert float(jax.jit(jax.grad(solved))(2.0, 1)) == pytest.approx(-1 / 4)
    slopes = jax.vmap(jax.grad(solved))(jnp.asarray([2.0, 4.0]), jnp.asarray([0, 5]))
    assert np.allclose(slopes, [-1 / 4, -1 / 16])
    assert float(jax.hessian(solved)(2.0, 1)) == pytest.approx(1 / 4)


def test_constants_are_taken_inside_compiled_functions():
    """What is there before a function is traced can be asked for little while it is."""
    tol, weights, b = jnp.asarray(1e-8), jnp.linspace(1.0, 2.0, 6), jnp.ones(6)
    integers, many = jnp.arange(6), jnp.arange(1000)

    @jax.jit
    def inside(b):
        Y = sc.DenseVectorSpace(6, CTX, sc.WeightedInnerProduct(weights))
        A = sc.DiagonalLinOp(CTX.asarray(integers) + 1.0, Y)
        return sc.cg(A, b, tol=tol).x

    assert jnp.allclose(inside(b), 1 / jnp.arange(1.0, 7.0), rtol=1e-6)
    narrow = sc.Context("jax", "int8")
    assert jax.jit(lambda: narrow.asarray(integers))().dtype == jnp.int8
    with pytest.raises(sc.CastError, match="must fit"):
        jax.jit(lambda: narrow.asarray(many))()


def test_a_callback_is_refused_where_an_operand_is_traced(matrix):
    b = jnp.ones(6)
    for traced in (
        lambda m: sc.cg(sc.DenseLinOp(m, X), b, callback=print).x,
        lambda m: sc.cg(sc.DenseLinOp(matrix, X), b, x0=m[0], callback=print).x,
        lambda m: sc.cg(sc.DenseLinOp(matrix, X), b, tol=m[0, 0], callback=print).x,
        lambda m: (
            sc.cg(sc.MatrixFreeLinOp(lambda x: m @ x, lambda x: m @ x, X, X), b, callback=print).x
        ),
    ):
        with pytest.raises(sc.UnsupportedOperationError, match="there are none"):
            jax.jit(traced)(matrix)


def test_a_derivative_takes_the_steps_it_needs(matrix):
    def loss(b):
        return sc.cg(sc.DenseLinOp(matrix, X), b, x0=jnp.linalg.solve(matrix, b), maxiter=1).x.sum()

    slope = jax.grad(loss)(jnp.ones(6))
    assert np.allclose(slope, np.linalg.solve(matrix, np.ones(6)), rtol=1e-4)
    flat = sc.DenseLinOp(jnp.diag(jnp.asarray([1.0, 2, 3, 4, 5, 0])), X)
    within = jnp.asarray([1.0, 1, 1, 1, 1, 0])
    assert np.isnan(jax.grad(lambda b: sc.cg(flat, b).x.sum())(within)).all()


def test_sharded_over_four_devices():
    """Plainly and compiled, each device holds its part and no more; numbers are the same."""
    flags = {"XLA_FLAGS": "--xla_force_host_platform_device_count=4", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [sys.executable, "-c", SHARDED],
        env={**os.environ, **flags},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
