"""Compiled, mapped and differentiated functions; tracers; the complex conventions."""

from __future__ import annotations

import numpy as np
import pytest

import spacecore as sc

jax = pytest.importorskip("jax")
pytest.importorskip("spacecore_jax")

ops = sc.JaxOps()
A = np.array([[1 + 2j, 3j], [2.0, 1 - 1j], [0.5j, 4.0]])


@pytest.mark.parametrize(
    "trace",
    [
        lambda f: jax.jit(f)(ops.ones(3)),
        lambda f: ops.vmap(f)(ops.ones((2, 3))),
        lambda f: ops.grad(lambda x: ops.sum(f(x)))(ops.ones(3)),
    ],
    ids=["jit", "vmap", "grad"],
)
def test_tracers_are_dense_arrays_without_values(trace):
    seen = []

    def f(x):
        seen.append((ops.is_traced(x), ops.is_dense(x), ops.is_array(x), ops.device_of(x)))
        seen.append(ops.is_on_host(x))
        for convert in (ops.to_numpy, ops.export_dense, sc.Context("numpy").asarray):
            with pytest.raises(sc.ConversionError, match=r"float64\[3\] inside"):
                convert(x)
        return x

    trace(f)
    assert seen == [(True, True, True, None), False]
    assert not ops.is_traced(ops.ones(3))
    assert not ops.is_traced(3.0)


def test_a_context_passes_tracers_through():
    ctx = sc.Context("jax:cpu")
    traced = jax.jit(lambda x: ctx.asarray(x) + ctx.asarray([1.0, 2.0]) + ctx.ones(2))
    np.testing.assert_array_equal(traced(ops.zeros(2)), [2.0, 3.0])


def test_ops_are_static_arguments_and_do_not_retrace():
    traces = []

    def f(x, ops):
        traces.append(ops)
        return ops.vdot(x, x) + ops.sum(ops.matmul(ops.eye(3), x))

    compiled = ops.jit(f, static_argnames="ops")
    for _ in range(3):
        compiled(ops.ones(3), ops=sc.JaxOps())
    assert len(traces) == 1
    compiled(ops.ones(3), ops=sc.JaxOps("cpu"))
    assert len(traces) == 2


def test_arrays_made_from_numbers_do_not_retrace_what_arrays_ran():
    traces = []

    @ops.jit
    def f(x):
        traces.append(x)
        return 2 * x

    f(ops.asarray(1.0))
    f(ops.zeros(()))
    f(ops.full((), 3.0))
    f(ops.asarray(np.float64(2.0)))
    assert len(traces) == 1


def test_gradient_of_a_complex_argument_gives_the_derivative_in_every_direction():
    matrix = ops.asarray(A)

    def f(z):
        return ops.real(ops.vdot(matrix @ z, ops.exp(matrix @ z)))

    z, h = ops.asarray([0.3 + 0.1j, -0.2j]), ops.asarray([0.7 - 0.4j, 0.2 + 0.5j])
    slope = ops.jvp(f, (z,), (h,))[1]
    np.testing.assert_allclose(ops.real(ops.vdot(ops.grad(f)(z), h)), slope, rtol=1e-12)
    value, gradient = ops.value_and_grad(f)(z)
    np.testing.assert_allclose(value, f(z))
    np.testing.assert_allclose(ops.real(ops.vdot(gradient, h)), slope, rtol=1e-12)


def test_gradient_of_a_squared_modulus_points_outward():
    gradient = ops.grad(lambda z: ops.abs(z) ** 2)(ops.asarray(3 + 4j))
    np.testing.assert_allclose(gradient, 6 + 8j)


def test_gradients_of_several_arguments_trees_and_auxiliary_values():
    def f(tree, scale):
        loss = ops.real(ops.sum(tree["z"] * (1 + 2j))) * scale + ops.sum(tree["x"] ** 2)
        return loss, {"double": 2 * loss}

    tree = {"z": ops.asarray([1 + 1j]), "x": ops.asarray([3.0])}
    (by_tree, by_scale), aux = ops.grad(f, argnums=(0, 1), has_aux=True)(tree, ops.asarray(2.0))
    np.testing.assert_allclose(by_tree["z"], [2 - 4j])
    np.testing.assert_allclose(by_tree["x"], [6.0])
    np.testing.assert_allclose(by_scale, -1.0)
    np.testing.assert_allclose(aux["double"], 14.0)
    (value, again), only = ops.value_and_grad(f, has_aux=True)(tree, ops.asarray(2.0))
    np.testing.assert_allclose((value, again["double"]), (7.0, 14.0))
    np.testing.assert_allclose(only["z"], by_tree["z"])


def test_vjp_is_the_adjoint_and_linear_transpose_the_transpose():
    matrix = ops.asarray(A)
    y = ops.asarray([1 + 1j, 2j, -1.0])
    value, pullback = ops.vjp(lambda z: matrix @ z, ops.asarray([1.0 + 0j, 1j]))
    np.testing.assert_allclose(value, A @ [1.0, 1j])
    np.testing.assert_allclose(pullback(y)[0], A.conj().T @ np.asarray(y))
    transpose = ops.linear_transpose(lambda z: matrix @ z, ops.zeros(2, dtype="complex128"))
    np.testing.assert_allclose(transpose(y)[0], A.T @ np.asarray(y))


@pytest.mark.parametrize(
    ("nonlinear", "said"),
    [
        (lambda x: x * x, "a product"),
        (lambda x: ops.where(x > 0, x, 2 * x), "a product"),
        (ops.exp, "rule .* for 'exp' not implemented"),
    ],
)
def test_what_is_not_linear_is_not_transposed(nonlinear, said):
    X = sc.DenseVectorSpace(2, ops)
    A = sc.MatrixFreeLinOp(nonlinear, None, X, X)
    for adjoint in (A.rapply, ops.jit(A.rapply), A.H.apply):
        with pytest.raises(ValueError, match=f"Got one that is not: .*{said}.*`rapply`"):
            adjoint(X.ones())


def test_a_transpose_can_leave_a_compiled_function():
    made = ops.jit(lambda a: ops.linear_transpose(lambda x: a * x, a))(ops.full((2,), 3.0))
    assert made(ops.ones(2))[0].tolist() == [3, 3]


def test_a_pullback_can_leave_a_compiled_function():
    _, pullback = ops.jit(lambda z: ops.vjp(lambda w: w * (1 + 2j), z))(ops.asarray(1j))
    np.testing.assert_allclose(pullback(ops.asarray(1.0 + 0j))[0], 1 - 2j)


def test_vjp_passes_integer_arguments_by():
    _, pullback = ops.vjp(lambda x, n: x * n, ops.asarray(2.0), ops.asarray(3))
    assert float(pullback(ops.asarray(1.0))[0]) == 3.0


def test_loops_work_on_trees_inside_compiled_functions():
    @ops.jit
    def collatz(n):
        def step(state):
            n = state["n"]
            return {"n": ops.where(n % 2 == 0, n // 2, 3 * n + 1), "count": state["count"] + 1}

        return ops.while_loop(lambda s: s["n"] != 1, step, {"n": n, "count": 0})["count"]

    assert int(collatz(ops.asarray(6))) == 8
    carry, ys = ops.scan(lambda c, x: (c + x, c), ops.asarray(0.0), ops.arange(4.0), reverse=True)
    assert float(carry) == 6.0
    np.testing.assert_array_equal(ys, [6.0, 5.0, 3.0, 0.0])
    assert float(ops.cond(ops.asarray(False), ops.sin, ops.cos, ops.asarray(0.0))) == 1.0
    assert float(ops.fori_loop(0, 5, lambda i, s: s + i, ops.asarray(0.0))) == 10.0


def test_updates_differentiate_and_leave_their_argument():
    x = ops.zeros(3)
    there = ops.asarray([0, 0, 2])
    gradient = ops.grad(lambda v: ops.index_add(x, there, v) @ ops.asarray([1.0, 2.0, 3.0]))
    np.testing.assert_array_equal(gradient(ops.ones(3)), [1.0, 1.0, 3.0])
    ops.index_set(x, 0, 5.0, copy=False)
    assert float(x[0]) == 0.0


def test_a_named_device_passes_tracers_to_the_rarer_checks():
    placed = sc.JaxOps("cpu")
    handed = []
    test = placed.member_test((2,), placed.sanitize_dtype("float64"), handed.append)
    test(placed.ones(2))
    assert handed == []
    jax.jit(test)(placed.ones(2))
    assert placed.is_traced(handed[0])
