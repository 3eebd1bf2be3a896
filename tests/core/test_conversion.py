"""Conversion between every pair of libraries: exact, sharing kept, copies counted."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pytest

import spacecore as sc

FLOATING = ("float32", "float64", "complex64", "complex128")


def pytest_generate_tests(metafunc):
    if "pair" in metafunc.fixturenames:
        names = [n for n in ("numpy", "jax", "torch") if n in sc.available_backends()]
        pairs = [pair for pair in product(names, names) if pair[0] != pair[1]]
        metafunc.parametrize("pair", pairs, ids="-to-".join)


def host(ops, x):
    return np.asarray(ops.to_numpy(x))


def bits(x):
    """Every array of an object, as dtype, shape and bytes."""
    ops = x.ops
    arrays = []
    for leaf in x.tree_flatten()[0]:
        if isinstance(leaf, int | float):
            arrays.append(leaf)
            continue
        value = host(ops, ops.sparse_to_dense(leaf) if ops.is_sparse(leaf) else leaf)
        arrays.append((str(value.dtype), value.shape, value.tobytes()))
    return arrays


def pointer(ops, x):
    """Where the memory of a dense array begins."""
    if ops.family == "numpy":
        return x.__array_interface__["data"][0]
    return x.data_ptr() if ops.family == "torch" else x.unsafe_buffer_pointer()


def aligned(values, dtype="float64"):
    """A NumPy array large and aligned enough for any library to take its memory."""
    values = np.asarray(values, dtype)
    raw = np.empty(values.nbytes + 64, np.uint8)
    start = -raw.ctypes.data % 64
    made = raw[start : start + values.nbytes].view(dtype).reshape(values.shape)
    made[...] = values
    return made


def expression(name, dtype="float64", level="cheap"):
    """`2 A + D S A.H`, the metric shared by all: dense, sparse, diagonal, a view and a number."""
    ctx = sc.Context(name, dtype, check_level=level)
    ops = ctx.ops
    weights = ops.asarray([1.0, 2.0, 0.1], dtype=ops.real_dtype(ctx.dtype))
    X = sc.DenseVectorSpace(3, ctx, sc.WeightedInnerProduct(weights))
    draw = np.random.default_rng(1)
    A = sc.DenseLinOp(ctx.asarray(draw.standard_normal((3, 3))), X, X)
    S = sc.SparseLinOp(ctx.assparse(np.diag([0.1, 0.2, 0.3])), X, X)
    return 2 * A + sc.DiagonalLinOp(ctx.asarray([0.1, 1.0, -2.0]), X) @ S @ A.H


@pytest.mark.parametrize("dtype", FLOATING)
def test_expressions_come_back_to_the_last_bit(pair, dtype):
    source, target = pair
    A = expression(source, dtype)
    there = A.convert(target)
    assert there.ops.family == target
    back = there.convert(source)
    assert bits(back) == bits(A) == bits(there)
    assert back == A
    x = A.domain.ones()
    assert host(A.ops, back @ x).tobytes() == host(A.ops, A @ x).tobytes()
    np.testing.assert_allclose(
        host(there.ops, there.H @ there.domain.ones()), host(A.ops, A.H @ x), rtol=1e-5
    )


def test_conversion_keeps_dtype_level_structure_and_sharing(pair):
    source, target = pair
    A = expression(source, "float32", "strict")
    there = A.convert(target)
    assert (there.ctx.check_level, there.ctx.ops.dtype_name(there.dtype)) == ("strict", "float32")
    assert type(there) is sc.SumLinOp
    scaled, product = there.operators
    assert [type(op) for op in product.operators] == [
        sc.DiagonalLinOp,
        sc.SparseLinOp,
        sc.AdjointLinOp,
    ]
    assert product.operators[2].operator is scaled.operator  # A occurs twice
    assert there.domain is there.codomain is scaled.operator.domain
    assert len(there.tree_flatten()[0]) == len(A.tree_flatten()[0])


def test_trees_keep_their_names(pair):
    source, target = pair
    X = sc.DenseVectorSpace(2, sc.Context(source, "float64"))
    Z = sc.TreeSpace.of({"state": X, "parts": (X, X.stacked(3))})
    there = Z.convert(target)
    assert there.leaf_paths == Z.leaf_paths
    assert there.convert(source) == Z
    assert there.leaf_spaces[0] is there.leaf_spaces[2]
    A = sc.BlockDiagonalLinOp({"b": sc.IdentityLinOp(X), "a": sc.ZeroLinOp(X, X)})
    B = A.convert(target)
    assert set(B @ B.domain.ones()) == {"a", "b"}


@pytest.mark.parametrize(
    "dtype",
    ["bool", "int8", "int16", "int32", "int64", "uint8", "float16", *FLOATING],
)
@pytest.mark.parametrize("shape", [(), (0,), (2, 0), (3,), (2, 3)])
def test_arrays_of_every_common_dtype_cross_to_the_bit(pair, dtype, shape):
    source, target = (sc.normalize_ops(name) for name in pair)
    raw = np.random.default_rng(0).integers(0, 2**16, (*shape, 16), dtype=np.uint16)
    value = raw.astype(np.uint8).view(dtype)[..., 0] if dtype != "bool" else raw[..., 0] > 2**15
    x = source.asarray(np.ascontiguousarray(value).reshape(shape))
    A = Holder(sc.Context(source), x)
    there = A.convert(target)
    back = there.convert(source)
    assert there.ops.is_dense(there.array)
    assert bits(back) == bits(there) == bits(A)


class Holder(sc.LinOp):
    """Holds an array of any dtype."""

    def __init__(self, ctx, array):
        X = sc.DenseVectorSpace(1, ctx)
        super().__init__(X, X)
        self.array = array

    def apply(self, x):
        return x


@pytest.mark.parametrize("form", ["csr", "csc", "coo"])
@pytest.mark.parametrize("dtype", FLOATING)
def test_sparse_matrices_come_back_to_the_bit(pair, form, dtype):
    source, target = pair
    ctx = sc.Context(source, dtype)
    if form not in ctx.ops.sparse_formats:
        form = None
    matrix = np.zeros((3, 4))
    matrix[0, 1], matrix[2, 0], matrix[2, 3] = 0.1, -2.0, 1 / 3
    A = sc.SparseLinOp(ctx.assparse(matrix, format=form), sc.DenseVectorSpace(4, ctx))
    there = A.convert(target)
    back = there.convert(source)
    assert there.ops.is_sparse(there.matrix)
    assert bits(back) == bits(there) == bits(A)
    assert there.ops.sparse_to_scipy(there.matrix).nnz == 3
    if form in there.ops.sparse_formats:
        assert there.ops.sparse_to_scipy(there.matrix).format == form


# Memory.


def large(name):
    """An operator of 2 MiB on a library, its memory fit for any other."""
    ctx = sc.Context(name, "float64")
    X = sc.DenseVectorSpace(512, ctx)
    array = aligned(np.random.default_rng(0).standard_normal((512, 512)))
    return sc.DenseLinOp(ctx.ops.asarray(array), X, X)


def test_memory_is_shared_where_it_can_be(pair):
    source, target = pair
    A = large(source)
    there = A.convert(target)
    assert pointer(there.ops, there.array) == pointer(A.ops, A.array)
    assert A.convert(target, copy=False).array.shape == (512, 512)


# What is shared as it lies, and costs nothing; all else costs a copy.
SHARED = {
    ("numpy", "jax"): {"plain", "complex", "integers"},
    ("numpy", "torch"): {"plain", "complex", "integers", "transposed", "strided", "unaligned"},
    ("torch", "numpy"): {"plain", "transposed", "strided"},
    ("torch", "jax"): {"plain"},
    ("jax", "numpy"): {"plain"},
    ("jax", "torch"): {"plain"},
}


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's account of a process is Linux's")
def test_an_array_costs_no_memory_or_that_of_one_copy(pair):
    script = Path(__file__).with_name("_peaks.py")
    done = subprocess.run(
        [sys.executable, script, *pair], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    for layout, (peak, copied) in json.loads(done.stdout).items():
        wanted = 0 if layout in SHARED[pair] else 1
        assert peak == pytest.approx(wanted, abs=0.15), layout
        assert copied == pytest.approx(1, abs=0.15), layout


def test_an_array_that_several_hold_crosses_once(pair):
    source, target = pair
    ctx = sc.Context(source, "float64")
    array, X = ctx.asarray([[1.0, 2.0], [3.0, 4.0]]), sc.DenseVectorSpace(2, ctx)
    A, B = sc.DenseLinOp(array, X, X), sc.DenseLinOp(array, X, X)
    for there in ((A + B).convert(target, copy=True), (A + B).convert(source, copy=True)):
        one, other = (op.array for op in there.operators)
        assert one is other
        assert one is not array


def test_copy_true_never_shares(pair):
    source, target = pair
    A = large(source)
    for there in (A.convert(target, copy=True), A.convert(source, copy=True)):
        assert pointer(there.ops, there.array) != pointer(A.ops, A.array)
        assert bits(there) == bits(A)


def test_same_target_is_the_same_object(ops):
    A = expression(str(ops.family))
    for target in (A.ctx, A.ops, A.ops.family, str(A.ops.family), type(A.ops)):
        assert A.convert(target) is A
        assert A.domain.convert(target) is A.domain


def _locked(x):
    x.flags.writeable = False
    return x


def _shifted(x):
    raw = np.zeros(x.nbytes + 1, np.uint8)
    raw[1:] = np.frombuffer(x.tobytes(), np.uint8)
    return raw[1:].view(x.dtype).reshape(x.shape)


ODD = {
    "reversed": lambda x: x[::-1],
    "reversed-columns": lambda x: x[:, ::-1],
    "every-second": lambda x: np.repeat(x, 2, axis=1)[:, ::2],
    "transposed": lambda x: np.ascontiguousarray(x.T).T,
    "broadcast": lambda x: np.broadcast_to(x[0], x.shape),
    "read-only": lambda x: _locked(x.copy()),
    "big-endian": lambda x: x.astype(x.dtype.newbyteorder(">")),
    "unaligned": _shifted,
}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("dtype", ["float64", "complex64"])
@pytest.mark.filterwarnings("error")
def test_odd_numpy_memory_crosses_by_value(backend, odd, dtype):
    X = sc.DenseVectorSpace(4, sc.Context("numpy", dtype))
    values = np.random.default_rng(0).standard_normal((4, 4)).astype(dtype)
    array = ODD[odd](values)
    want = np.ascontiguousarray(array).astype(dtype)
    A = Holder(X.ctx, array)
    there = A.convert(backend)
    got = host(there.ops, there.array)
    assert got.astype(dtype).tobytes() == want.tobytes()
    assert there.ops.dtype_name(there.array.dtype) == dtype


def test_lazy_conjugates_and_negatives_cross_by_value():
    torch = pytest.importorskip("torch")
    x = torch.tensor([[1 + 2j, 3j], [4, 5 - 1j]])
    for odd in (x.conj(), x.mH, x.imag, x.conj().imag, x.real):
        there = Holder(sc.Context("torch"), odd).convert("numpy")
        np.testing.assert_array_equal(there.array, odd.resolve_conj().resolve_neg().numpy())


def test_arrays_that_require_a_gradient_are_named():
    torch = pytest.importorskip("torch")
    X = sc.DenseVectorSpace(2, sc.Context("torch", "float64"))
    weights = torch.ones(2, dtype=torch.float64, requires_grad=True)
    for held in (
        sc.DenseLinOp(torch.eye(2, dtype=torch.float64, requires_grad=True), X, X),
        sc.DenseVectorSpace(2, X.ctx, sc.WeightedInnerProduct(weights)),
    ):
        with pytest.raises(sc.ConversionError, match="detach"):
            held.convert("numpy")


def test_traced_arrays_are_refused():
    jax = pytest.importorskip("jax")

    def convert(x):
        return Holder(sc.Context("jax"), x).convert("numpy").array

    with pytest.raises(sc.ConversionError, match="traced|tracer"):
        jax.jit(convert)(np.ones(3))


# What is changed where it is asked for.


def test_dtype_and_level_change_in_every_part(ops):
    narrow = sc.DenseVectorSpace(2, sc.Context(ops, "float32"))
    wide = sc.DenseVectorSpace(2, sc.Context(ops, "float64", check_level="strict"))
    Z = sc.TreeSpace.of((narrow, wide))
    assert [s.dtype for s in Z.convert(ops, dtype="float64").leaf_spaces] == [wide.dtype] * 2
    levels = [s.ctx.check_level for s in Z.convert(ops, check_level="strict").leaf_spaces]
    assert levels == ["strict", "strict"]


def test_a_dtype_that_loses_something_is_refused(ops):
    A = expression(str(ops.family), "complex128")
    with pytest.raises(sc.CastError, match="complex128 into float64"):
        A.convert(ops, dtype="float64")
    narrow = A.convert(ops, dtype="complex64")
    assert {entry[0] for entry in bits(narrow) if entry != 2} == {"complex64", "float32"}
    assert ops.dtype_name(narrow.operators[0].operator.domain.geometry.weights.dtype) == "float32"


# Functions that users wrote.

STRAY = np.eye(2)


def test_functions_written_against_ops_convert(pair):
    source, target = pair

    def double(x):
        return x + x

    X = sc.DenseVectorSpace(2, source)
    there = sc.MatrixFreeLinOp(double, double, X, X).convert(target)
    np.testing.assert_array_equal(host(there.ops, there @ there.domain.ones()), [2, 2])


class Owner:
    def __init__(self, matrix):
        self.matrix = matrix

    def apply(self, x):
        return self.matrix @ x


@pytest.mark.parametrize("target", [n for n in ("jax", "torch") if n in sc.available_backends()])
def test_functions_that_hold_foreign_arrays_are_caught(target):
    matrix = np.eye(2)
    held_in_list = [np.eye(2)]
    X = sc.DenseVectorSpace(2, "numpy")
    inner = sc.DenseLinOp(matrix, X, X)

    def with_default(x, matrix=matrix):
        return matrix @ x

    def multiply(matrix, x):
        return matrix @ x

    holders = {
        "`matrix`": lambda x: matrix @ x,
        "`held_in_list`": lambda x: held_in_list[0] @ x,
        "`STRAY`": lambda x: STRAY @ x,
        "`inner`": lambda x: inner @ x,
        "`a default`": with_default,
        "`argument 0`": partial(multiply, matrix),
        "`self.matrix`": Owner(matrix).apply,
    }
    for name, function in holders.items():
        A = sc.MatrixFreeLinOp(function, lambda y: y, X, X)
        assert A.convert("numpy") is A
        with pytest.raises(sc.ConversionError, match=rf"written against `ops`.*{name}"):
            A.convert(target)


def test_a_derived_adjoint_stays_where_it_can_be_derived():
    if "torch" not in sc.available_backends():
        pytest.skip("needs a backend that transposes")
    X = sc.DenseVectorSpace(2, "torch")
    A = sc.MatrixFreeLinOp(lambda x: 3 * x, None, X, X)
    with pytest.raises(sc.UnsupportedOperationError, match="`rapply` before"):
        A.convert("numpy")
