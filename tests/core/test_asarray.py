"""`ctx.asarray`: what it takes, what it casts, and what it refuses to lose."""

from __future__ import annotations

import numpy as np
import pytest

import spacecore as sc


def test_array_that_fits_comes_back_itself(ctx):
    x = ctx.zeros(3)
    assert ctx.asarray(x) is x


@pytest.mark.parametrize(
    "given",
    [3, 2.5, True, [1, 2, 3], (1.0, 2.0), [[1, 2], [3, 4]], [], [True, 0, 1.5], range(3)],
    ids=repr,
)
def test_python_data_takes_the_contexts_dtype(ctx, given):
    x = ctx.asarray(given)
    assert ctx.ops.is_dense(x)
    assert x.dtype == ctx.dtype
    np.testing.assert_array_equal(ctx.ops.to_numpy(x), np.asarray(given, dtype=float))


@pytest.mark.parametrize("source", ["bool", "int8", "int32", "uint8", "float32", "float64"])
@pytest.mark.parametrize("target", ["float32", "float64", "complex64", "complex128"])
def test_numpy_arrays_cast_within_a_kind_and_upwards(ops, source, target):
    ctx = sc.Context(ops, target)
    given = np.array([0, 1, 1], dtype=source)
    x = ctx.asarray(given)
    assert ops.dtype_name(x.dtype) == target
    np.testing.assert_array_equal(ops.to_numpy(x), given.astype(target))


@pytest.mark.parametrize(
    "given", [1j, [1.0, 2j], np.zeros(2, complex)], ids=["scalar", "list", "array"]
)
def test_complex_into_real_says_to_take_the_real_part(ctx, given):
    with pytest.raises(TypeError, match=r"complex128 into float\d\d.*real part"):
        ctx.asarray(given)


def test_own_complex_array_into_real_is_refused_too(ops):
    x = ops.zeros(2, dtype=ops.complex64)
    with pytest.raises(TypeError, match="real part"):
        sc.Context(ops, "float32").asarray(x)


@pytest.mark.parametrize("given", [1.0, [1.5], np.zeros(2)], ids=["scalar", "list", "array"])
def test_float_into_integer_is_refused(ops, given):
    with pytest.raises(TypeError, match=r"float64 into int32.*Round"):
        sc.Context(ops, "int32").asarray(given)


def test_integers_must_fit(ops):
    ctx = sc.Context(ops, "int8")
    np.testing.assert_array_equal(ops.to_numpy(ctx.asarray([127, -128])), [127, -128])
    with pytest.raises(sc.CastError, match="0 to 300 into int8"):
        ctx.asarray([0, 300])
    with pytest.raises(sc.CastError, match="-1 to 2 into uint8"):
        sc.Context(ops, "uint8").asarray(np.array([-1, 2]))


def test_numbers_into_bool_are_refused(ops):
    ctx = sc.Context(ops, "bool")
    assert ops.to_numpy(ctx.asarray([True, False])).tolist() == [True, False]
    with pytest.raises(sc.CastError, match="x != 0"):
        ctx.asarray([0, 1])


@pytest.mark.parametrize(
    "given", ["abc", ["a"], None, object(), {"a": 1}], ids=lambda given: type(given).__name__
)
def test_what_is_no_number_is_refused(ctx, given):
    with pytest.raises((TypeError, ValueError)):
        ctx.asarray(given)


@pytest.mark.parametrize(
    "given",
    [
        np.array([1, None], dtype=object),
        np.array(["1.5"]),
        np.array(["2020-01-01"], "M8[D]"),
        np.zeros(2, [("a", "f8"), ("b", "f8")]),
    ],
    ids=lambda given: given.dtype.kind,
)
def test_arrays_of_no_numbers_are_refused(ctx, given):
    with pytest.raises(sc.CastError, match="Make it an array of numbers"):
        ctx.asarray(given)


def test_masked_values_are_refused(ctx):
    masked = np.ma.array([1.0, 2.0], mask=[False, True])
    with pytest.raises(sc.CastError, match=r"x\.filled\(value\)"):
        ctx.asarray(masked)
    assert ctx.ops.to_numpy(ctx.asarray(masked[:1])).tolist() == [1.0]


def test_bytes_in_the_other_order_are_taken(ctx):
    swapped = np.asarray([1.0, 2.0], np.dtype(np.float64).newbyteorder())
    assert ctx.ops.to_numpy(ctx.asarray(swapped)).tolist() == [1.0, 2.0]


def test_ragged_sequences_are_refused(ctx):
    with pytest.raises(ValueError, match="inhomogeneous"):
        ctx.asarray([[1, 2], [3]])


def test_arrays_of_every_backend_are_taken(ctx):
    for name in sc.available_backends():
        try:
            other = sc.normalize_ops(name)
        except sc.BackendUnavailableError:
            continue
        x = ctx.asarray(other.asarray([1.0, 2.0, 3.0]))
        assert ctx.ops.is_dense(x)
        assert x.dtype == ctx.dtype
        np.testing.assert_array_equal(ctx.ops.to_numpy(x), [1, 2, 3])


def test_sequences_may_hold_arrays(ctx):
    ops = ctx.ops
    x = ctx.asarray([ops.asarray(1.0), 2, np.float64(3)])
    np.testing.assert_array_equal(ops.to_numpy(x), [1, 2, 3])
    rows = ctx.asarray([ops.ones(2), [3.0, 4.0]])
    np.testing.assert_array_equal(ops.to_numpy(rows), [[1, 1], [3, 4]])


def test_foreign_layouts_cross_intact(ctx):
    base = np.arange(24.0).reshape(2, 3, 4)
    layouts = {
        "fortran": np.asfortranarray(base),
        "transposed": base.T,
        "sliced": base[:, ::2, 1:],
        "reversed": base[::-1, :, ::-1],
        "broadcast": np.broadcast_to(base[0], (2, 3, 4)),
        "big-endian": base.astype(">f8"),
        "empty": base[:0],
        "0-d": np.array(3.0),
        "scalar": np.float64(2.0),
    }
    for name, given in layouts.items():
        got = ctx.ops.to_numpy(ctx.asarray(given))
        np.testing.assert_array_equal(got, given, err_msg=name)


def test_read_only_arrays_are_never_made_writeable(ctx):
    given = np.arange(3.0)
    given.flags.writeable = False
    x = ctx.asarray(given)
    changed = ctx.ops.index_set(x, 0, 9.0, copy=True)
    np.testing.assert_array_equal(given, [0, 1, 2])
    np.testing.assert_array_equal(ctx.ops.to_numpy(changed), [9, 1, 2])


def test_sparse_is_told_to_use_assparse(ctx):
    sparse = pytest.importorskip("scipy.sparse")
    with pytest.raises(TypeError, match="assparse"):
        ctx.asarray(sparse.eye_array(3, format="csr"))


def test_assert_dense_and_sparse(ctx):
    ctx.assert_dense(ctx.zeros(3))
    with pytest.raises(TypeError, match="Expected dense array for .*, got list"):
        ctx.assert_dense([1.0])
    with pytest.raises(TypeError, match="Expected sparse matrix for"):
        ctx.assert_sparse(ctx.zeros(3))


def test_assparse_from_scipy_and_dense(ctx):
    sparse = pytest.importorskip("scipy.sparse")
    if not ctx.ops.supports("sparse"):
        pytest.skip("needs sparse")
    dense = np.array([[0.0, 2.0, 0.0], [1.0, 0.0, 3.0]])
    for given in (sparse.csr_array(dense), sparse.coo_array(dense), dense, ctx.asarray(dense)):
        a = ctx.assparse(given)
        ctx.assert_sparse(a)
        assert a.dtype == ctx.dtype
        np.testing.assert_array_equal(ctx.ops.to_numpy(ctx.ops.sparse_to_dense(a)), dense)
