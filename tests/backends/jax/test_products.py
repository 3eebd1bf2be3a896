"""The precision that products run in, as the compiled program says it."""

from __future__ import annotations

import numpy as np
import pytest

import spacecore as sc

jax = pytest.importorskip("jax")
pytest.importorskip("spacecore_jax")

A, x = np.eye(2), np.ones(2)

PRODUCTS = {
    "einsum": lambda ops: jax.make_jaxpr(lambda a, b: ops.einsum("ij,j", a, b))(A, x),
    "linalg.matmul": lambda ops: jax.make_jaxpr(ops.linalg.matmul)(A, x),
    "linalg.matrix_power": lambda ops: jax.make_jaxpr(lambda a: ops.linalg.matrix_power(a, 3))(A),
    "linalg.tensordot": lambda ops: jax.make_jaxpr(
        lambda a, b: ops.linalg.tensordot(a, b, axes=([1], [0]))
    )(A, x),
    "linalg.vecdot": lambda ops: jax.make_jaxpr(ops.linalg.vecdot)(x, x),
    "matmul": lambda ops: jax.make_jaxpr(ops.matmul)(A, x),
    "tensordot": lambda ops: jax.make_jaxpr(lambda a, b: ops.tensordot(a, b, axes=1))(A, x),
    "vdot": lambda ops: jax.make_jaxpr(ops.vdot)(x, x),
    "vecdot": lambda ops: jax.make_jaxpr(lambda a, b: ops.vecdot(a, b, axis=-1))(x, x),
}


@pytest.mark.parametrize("name", PRODUCTS)
def test_products_are_in_full_precision_unless_another_is_asked_for(name):
    assert "HIGHEST" in str(PRODUCTS[name](sc.JaxOps()))
    assert "HIGHEST" in str(PRODUCTS[name](sc.JaxOps("cpu")))
    high = str(PRODUCTS[name](sc.JaxOps(matmul_precision="high")))
    assert "Precision.HIGH," in high
    assert "HIGHEST" not in high


def test_an_unknown_precision_lists_those_there_are():
    with pytest.raises(ValueError, match="default, high, highest.*Got 'double'"):
        sc.JaxOps(matmul_precision="double")


def test_products_add_no_level_to_a_compiled_program():
    text = str(jax.make_jaxpr(sc.JaxOps().matmul)(A, x))
    assert "jit[" not in text
    assert "pjit[" not in text


def test_norms_of_integers_are_those_of_numbers():
    norm, asarray = sc.JaxOps().linalg.vector_norm, sc.JaxOps().asarray
    assert norm(asarray(np.array([100, 100], dtype="int8"))) > 141
    assert float(norm(asarray(np.array([-128], dtype="int8")), ord=1)) == 128
