"""Solves on JAX: compiled once, inside every transformation, on several devices."""

from __future__ import annotations

import os
import subprocess
import sys

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

    traces = 0

    def __init__(self, matrix, space):
        super().__init__(space, space)
        self.matrix = matrix

    def _apply(self, x):
        type(self).traces += 1
        return self.matrix @ x

    _rapply = _apply


def test_one_trace_for_ever(matrix, rng):
    """Other values, tolerances and iterations allowed; operators and spaces made anew."""
    b = jnp.asarray(rng.standard_normal(6))
    sc.cg(Counted(matrix, X), b)
    Counted.traces = 0
    for scale in (1.0, 2.0, 3.0):
        space = sc.DenseVectorSpace(6, sc.Context("jax", "float64"))
        result = sc.cg(
            Counted(scale * matrix, space), scale * b, tol=1e-3 * scale, maxiter=50 + int(scale)
        )
        assert bool(result.converged)
    assert Counted.traces == 0


def test_nothing_is_waited_for(matrix):
    """A result stays on its device until it is asked: it can be made where nothing can be read."""
    with jax.transfer_guard_device_to_host("disallow"):
        result = sc.cg(sc.DenseLinOp(matrix, X), jnp.ones(6))
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


def test_sharded_right_hand_sides():
    """Two devices, each with half of the systems, and the solution stays there."""
    code = """
import jax, jax.numpy as jnp, numpy as np
import spacecore as sc
from jax.sharding import Mesh, NamedSharding, PartitionSpec as P
mesh = Mesh(np.array(jax.devices()), ("i",))
X = sc.DenseVectorSpace(8, "jax")
A = sc.DiagonalLinOp(jnp.arange(1.0, 9.0), X)
b = jax.device_put(jnp.ones((4, 8)), NamedSharding(mesh, P("i")))
result = sc.cg(A, b)
assert len(result.x.sharding.device_set) == 2, result.x.sharding
assert jnp.allclose(result.x, 1 / jnp.arange(1.0, 9.0), rtol=1e-4)
"""
    flags = {"XLA_FLAGS": "--xla_force_host_platform_device_count=2", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **flags},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
