"""What is loaded when, and what identifies the ops."""

from __future__ import annotations

import copy
import pickle

import pytest

import spacecore as sc

jax = pytest.importorskip("jax")
pytest.importorskip("spacecore_jax")


def test_importing_the_package_or_its_descriptor_loads_no_jax(run_python):
    code = """
import sys
import spacecore_jax, spacecore_jax._plugin
spacecore_jax._plugin.spacecore_backends()
print(sorted({"jax", "jaxlib"} & set(sys.modules)), "JaxOps" in dir(spacecore_jax))
"""
    assert run_python(code) == "[] True"


def test_the_ops_load_no_sparse_module_and_initialise_no_device(run_python):
    code = """
import sys
import spacecore as sc
ctx = sc.Context("jax")
ctx.ops.is_sparse(object())
print("jax.experimental.sparse" in sys.modules, "scipy.sparse" in sys.modules)
from jax._src import xla_bridge
print(xla_bridge.backends_are_initialized())
x = ctx.asarray([1.0, 2.0])
print(ctx.ops.is_sparse(x), "jax.experimental.sparse" in sys.modules)
a = ctx.assparse([[0.0, 1.0]])
print(ctx.ops.is_sparse(a), "jax.experimental.sparse" in sys.modules)
"""
    assert run_python(code).split() == [
        *("False", "False"),  # the two sparse modules
        "False",  # devices
        *("False", "False"),
        *("True", "True"),
    ]


def test_functions_are_jaxs_own():
    import jax.numpy as jnp

    assert sc.JaxOps.exp is jnp.exp
    assert sc.JaxOps.add is jnp.add
    assert sc.JaxOps.linalg.eigh is jnp.linalg.eigh
    assert sc.JaxOps.fft.fft is jnp.fft.fft
    assert sc.JaxOps.jit is jax.jit
    assert sc.JaxOps.while_loop is jax.lax.while_loop
    assert sc.JaxOps.block_until_ready is jax.block_until_ready


def test_the_commonest_array_type_is_the_one_that_jax_makes():
    assert type(jax.numpy.zeros(3)) is sc.JaxOps.array_types[0]


@pytest.mark.parametrize(
    "made",
    [
        sc.JaxOps,
        lambda: sc.JaxOps(device="cpu:0"),
        lambda: sc.JaxOps(matmul_precision="default"),
        lambda: sc.JaxOps("cpu", matmul_precision="high"),
    ],
)
def test_pickle_and_copy_restore_equal_ops(made):
    ops = made()
    for restored in (pickle.loads(pickle.dumps(ops)), copy.deepcopy(ops)):
        assert restored == ops
        assert hash(restored) == hash(ops)
        assert repr(restored) == repr(ops)
        assert restored.device == ops.device


def test_ops_differ_by_device_and_precision():
    assert sc.JaxOps("cpu") == sc.JaxOps("cpu:0") == sc.JaxOps(jax.devices("cpu")[0])
    assert sc.JaxOps("cpu") != sc.JaxOps()
    assert sc.JaxOps(matmul_precision="default") != sc.JaxOps()


def test_doctor_tells_versions_devices_and_settings():
    from spacecore_jax._plugin import spacecore_doctor

    facts = spacecore_doctor(backend="jax")
    assert facts["jax"] == jax.__version__
    assert facts["devices"][0] == "cpu:0"
    assert facts["jax_enable_x64"] is True
    assert facts["default dtype"] == "float64"
    assert facts["jaxlib"]
    assert spacecore_doctor(backend="torch") is None


def test_a_value_class_is_a_node_of_jaxs_trees_however_often_it_is_registered():
    class Pair:
        def __init__(self, one, two):
            self.one, self.two = one, two

        def tree_flatten(self):
            return (self.one, self.two), None

        @classmethod
        def tree_unflatten(cls, static, children):
            return cls(*children)

    ops = sc.JaxOps()
    ops.register_value_class(Pair)
    ops.register_value_class(Pair)
    doubled = jax.tree.map(lambda x: 2 * x, Pair(1, 2))
    assert (doubled.one, doubled.two) == (2, 4)
