"""Named devices: several CPU devices in a process of their own."""

from __future__ import annotations

import pytest

import spacecore as sc

jax = pytest.importorskip("jax")
pytest.importorskip("spacecore_jax")

FOUR = {"XLA_FLAGS": "--xla_force_host_platform_device_count=4", "JAX_ENABLE_X64": "1"}


def test_names_and_devices_are_the_same_thing():
    ops = sc.JaxOps(device="cpu")
    assert ops.device_name == "cpu:0"
    assert ops.name == "jax:cpu:0"
    assert ops.device == jax.devices("cpu")[0] == ops.normalize_device(ops.device_name)
    assert ops.device_kind(ops.device) == "cpu"
    assert sc.normalize_ops("jax:cpu") == ops
    assert sc.JaxOps().device is sc.JaxOps().device_name is None


@pytest.mark.parametrize("name", ["cpu:7", "tpu", "cpu:x", "nonsense:0"])
def test_a_missing_device_lists_those_there_are(name):
    with pytest.raises(sc.BackendUnavailableError, match=rf"no device '{name}' here.*cpu:0"):
        sc.JaxOps(device=name)


def test_everything_is_made_on_the_named_device(run_python):
    code = """
import pickle
import jax, numpy as np
import spacecore as sc
one = sc.normalize_ops("jax:cpu:3")
assert one != sc.JaxOps("cpu:0") and pickle.loads(pickle.dumps(one)) == one
key = sc.JaxOps().random_key(0)
made = [
    one.zeros(2), one.ones(2), one.empty(2), one.eye(2), one.arange(3), one.linspace(0, 1, 3),
    one.full(2, 1.0), one.full((), True), one.full(2, 1, dtype="complex64"),
    one.full(2, sc.JaxOps().ones(2)), one.fft.fftfreq(4), one.fft.rfftfreq(4, dtype="float32"),
    one.asarray([1.0]), one.asarray(1.0), one.asarray(1, dtype="float32"), one.asarray(np.int8(1)),
    one.asarray(np.ones(3)), one.asarray(np.ones((3, 3)).T), one.asarray(np.ones((100, 100))),
    one.asarray(np.ones(3), dtype="float32"), one.asarray(sc.JaxOps().ones(2)),
    one.random_key(0), one.random_normal(key, (2,)), one.random_uniform(key, (2,)),
    one.random_integers(key, (2,), high=5), one.random_rademacher(key, (2,)),
    one.random_integers(key, (2,), "int64", low=-2**63, high=2**63),
    one.random_split(one.random_key(0), 3)[0], one.random_split(key)[1],
    one.assparse(np.eye(2)).data, one.sparse_to_dense(one.assparse(np.eye(2))),
    *(one.assparse(np.eye(2), format=form).indices for form in one.sparse_formats),
    *(one.assparse(sc.JaxOps().assparse(np.eye(2), format=form)).data
      for form in one.sparse_formats),
    one.linalg.matrix_rank(one.zeros((0, 3))), one.linalg.matrix_rank(one.eye(2), rtol=0.1),
    one.eigh(one.eye(2)).eigenvectors, one.svd(one.ones((3, 2))).U,
    one.copy(one.ones(2)), one.zeros_like(one.ones(2)), one.matmul(one.eye(2), one.ones(2)),
    sc.Context(one).asarray(np.ones(64)), sc.Context(one).asarray([1, 2]), sc.Context(one).eye(2),
    sc.Context(one).full(2, 1), sc.Context(one).assparse(np.eye(2)).data,
    sc.DenseVectorSpace(2, sc.Context("numpy")).convert("jax:cpu:3").zeros(),
]
for x in made:
    assert one.device_of(x) == jax.devices()[3], (x, one.device_of(x))
    assert x.committed, x
print("made")
"""
    assert run_python(code, **FOUR) == "made"


def test_objects_on_a_named_device_compute_there_and_report_arrays_of_another(run_python):
    code = """
import jax, numpy as np
import spacecore as sc
X = sc.DenseVectorSpace(3, sc.Context("jax:cpu:3"))
A = sc.DenseLinOp(X.ctx.asarray(np.diag([1.0, 2.0, 3.0])), X)
B = 2 * A + sc.IdentityLinOp(X) + sc.DiagonalLinOp(X.ones(), X)
for x in (X.zeros(), X.random(sc.JaxOps().random_key(0)), B @ X.ones(), B.H @ X.ones(),
          B.to_dense(), sc.cg(B, X.ones()).x, A.vapply(X.ctx.asarray(np.ones((2, 3))))):
    assert x.devices() == {jax.devices()[3]}, x.devices()
for foreign in (sc.JaxOps().ones(3), sc.JaxOps("cpu:0").ones(3)):
    for use in (X.check_member, A.apply, lambda b: sc.cg(A, b)):
        try:
            use(foreign)
        except sc.SpaceValidationError as error:
            print(error)
"""
    said = "Expected device cpu:3, got cpu:0"
    assert run_python(code, **FOUR) == "\n".join([said, said, f"b: {said}"] * 2)


def test_coefficients_on_another_device_are_reported_when_an_object_is_made(run_python):
    code = """
import jax
import spacecore as sc
here, there = sc.Context("jax:cpu:3"), sc.Context("jax:cpu:1")
X = sc.DenseVectorSpace(2, here)
for make in (
    lambda ctx: sc.DenseLinOp(ctx.eye(2), X),
    lambda ctx: sc.DenseBlockDiagonalLinOp(ctx.ones((2, 2, 2)), X),
    lambda ctx: sc.DiagonalLinOp(ctx.ones(2), X),
    *(lambda ctx, f=form: sc.SparseLinOp(ctx.assparse(ctx.eye(2), format=f), X)
      for form in ("coo", "csr", "csc")),
    lambda ctx: sc.DenseVectorSpace(2, here, sc.WeightedInnerProduct(ctx.ones(2))),
    lambda ctx: sc.DenseVectorSpace(
        2, here, sc.OperatorInnerProduct(sc.DiagonalLinOp(ctx.ones(2)))),
):
    make(here)
    try:
        make(there)
    except sc.SpaceValidationError as error:
        print(str(error)[:33])
traced = jax.make_jaxpr(lambda a: sc.DenseLinOp(a, X).apply(a[0]))  # on no device yet
print(len(traced(there.ones((2, 2))).out_avals))
"""
    wanted = "\n".join(["Expected device cpu:3, got cpu:1"] * 8)
    assert run_python(code, **FOUR).replace("1 ", "1") == f"{wanted}\n1"


def test_equality_of_spaces_does_not_ask_where_arrays_lie(run_python):
    code = """
import jax
import spacecore as sc
here, there = sc.Context("jax:cpu:0"), sc.Context("jax:cpu:1")
def space(ctx, weights=(1.0, 2.0)):
    return sc.DenseVectorSpace(2, ctx, sc.WeightedInnerProduct(ctx.asarray(weights)))
print(space(here) == space(there), space(here) == space(there, (1.0, 3.0)))
"""
    assert run_python(code, **FOUR) == "True False"


def test_an_array_crosses_to_another_device_by_a_copy_alone(run_python):
    code = """
import jax
import spacecore as sc
here = sc.Context("jax:cpu:0")
A, S = sc.DenseLinOp(here.eye(2), sc.DenseVectorSpace(2, here)), here.assparse(here.eye(2))
B = sc.SparseLinOp(S, A.domain)
for op in (A, B):
    try:
        op.convert("jax:cpu:1", copy=False)
    except sc.ConversionError as error:
        print(str(error).partition("Pass")[1:])
    kept = op.convert(sc.Context("jax:cpu:0", check_level="none"), copy=False)
    assert kept.ctx.check_level == "none"
    moved = op.convert("jax:cpu:1")
    assert {x.device for x in jax.tree.leaves(moved)} == {jax.devices()[1]}
own = A.convert(sc.Context("jax:cpu:0"), copy=True)
assert own.array.unsafe_buffer_pointer() != A.array.unsafe_buffer_pointer()
assert A.convert(sc.Context("jax"), copy=False).array is A.array
"""
    assert run_python(code, **FOUR) == "\n".join(["('Pass', ' copy=None.')"] * 2)


def test_without_a_name_nothing_is_placed(run_python):
    code = """
import jax, numpy as np
import spacecore as sc
ops = sc.JaxOps()
assert not any(x.committed for x in (ops.zeros(2), ops.asarray(np.ones(4)), ops.asarray([1.0])))
there = jax.device_put(ops.ones(4), jax.devices()[2])
assert ops.asarray(there) is there
assert ops.device_of(ops.asarray(np.ones(4)) + there) == jax.devices()[2]
with jax.default_device(jax.devices()[3]):
    assert ops.device_of(ops.asarray(np.ones(4))) == jax.devices()[3]
    assert ops.device_of(ops.zeros(4)) == jax.devices()[3]
print("free")
"""
    assert run_python(code, **FOUR) == "free"


def test_arrays_move_to_the_named_device_and_stay_if_they_are_there(run_python):
    code = """
import jax, numpy as np
import spacecore as sc
zero, one = sc.JaxOps("cpu:0"), sc.JaxOps("cpu:1")
x = zero.ones(3)
assert zero.asarray(x, device=zero.device) is x
assert sc.Context(zero).asarray(x) is x
moved = sc.Context(one).asarray(x)
assert one.device_of(moved) == one.device and np.array_equal(moved, x)
try:
    one.asarray(x, copy=False)
except ValueError:
    print("refused")
y = sc.JaxOps().ones(3)
assert zero.asarray(y, copy=True).unsafe_buffer_pointer() != y.unsafe_buffer_pointer()
handed = []
test = one.member_test((3,), one.sanitize_dtype("float64"), handed.append)
test(moved)
assert not handed
test(x)
assert handed[0] is x
traced = jax.jit(lambda v: v + one.zeros(3) + one.asarray(np.ones(3)) + one.arange(3.0))
assert one.device_of(traced(moved)) == one.device
"""
    assert run_python(code, **FOUR) == "refused"


def test_a_sharded_array_says_so_and_crosses_by_a_copy(run_python):
    code = """
import jax, numpy as np
import spacecore as sc
from jax.sharding import Mesh, NamedSharding, PartitionSpec
ops = sc.JaxOps()
sharding = NamedSharding(Mesh(np.array(jax.devices()), "d"), PartitionSpec("d"))
x = jax.device_put(np.arange(8.0), sharding)
assert ops.is_dense(x) and ops.device_of(x) == sharding and ops.is_on_host(x)
assert np.array_equal(ops.export_dense(x), np.arange(8.0))
assert np.array_equal(sc.Context("numpy").asarray(x), np.arange(8.0))
X = sc.DenseVectorSpace(8, sc.Context("jax"))
A = sc.DiagonalLinOp(jax.device_put(np.arange(1.0, 9.0), sharding), X)
for y in (A @ x, A.H @ x, X.axpy(2.0, x, x), jax.jit(lambda A, x: A @ x)(A, x), X.ctx.asarray(x)):
    assert y.sharding.is_equivalent_to(sharding, 1), y.sharding
assert abs(float(X.norm(x)) - float(np.linalg.norm(np.arange(8.0)))) < 1e-12
assert sc.cg(A, x).converged
assert sc.Context("jax:cpu:3").asarray(x).devices() == {jax.devices()[3]}
try:
    ops.export_dense(x, copy=False)
except sc.ConversionError as error:
    print(error)
"""
    assert "Got one on 4" in run_python(code, **FOUR)
