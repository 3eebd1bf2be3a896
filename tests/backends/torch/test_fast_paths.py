"""Inputs that take another way than the commonest, and must come to the same end."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

import spacecore as sc

ops = sc.TorchOps()
NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("dtype", "low", "high", "expected"),
    [
        (torch.float64, 0, 1, [0, 0.5, 1, NAN]),
        (torch.float64, None, 1, [-3, 0.5, 1, NAN]),
        (torch.float64, 0.25, None, [0.25, 0.5, 3, NAN]),
        (torch.float64, 0, INF, [0, 0.5, 3, NAN]),
        (torch.float64, 10**400 // 10**390, None, [10**10] * 3 + [NAN]),
        (torch.float16, -1e6, 1e300, [-3, 0.5, 3, NAN]),
        (torch.float16, -1e300, 10**30, [-3, 0.5, 3, NAN]),
        (torch.float64, NAN, 1.0, [NAN] * 4),
        (torch.float64, torch.tensor(0.0), 1.0, [0, 0.5, 1, NAN]),
    ],
)
def test_clip_of_floats(dtype, low, high, expected):
    found = ops.clip(torch.tensor([-3, 0.5, 3, NAN], dtype=dtype), low, high)
    assert found.dtype is dtype
    assert torch.equal(found.isnan(), torch.tensor(expected).isnan())
    assert (
        found.nan_to_num(7).tolist() == torch.tensor(expected, dtype=dtype).nan_to_num(7).tolist()
    )


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 2, [0, 1, 2]),
        (None, 2, [-5, 1, 2]),
        (-1000, 1000, [-5, 1, 9]),
        (0.0, INF, [0, 1, 9]),
        (torch.tensor(0, dtype=torch.int8), 2, [0, 1, 2]),
    ],
)
def test_clip_of_integers(low, high, expected):
    found = ops.clip(torch.tensor([-5, 1, 9], dtype=torch.int8), low, high)
    assert found.dtype is torch.int8
    assert found.tolist() == expected


@pytest.mark.parametrize("bound", [1.5, NAN, torch.tensor(2.0), torch.tensor([1j, 0, 0])])
def test_clip_of_integers_cuts_no_bound_short(bound):
    x = torch.tensor([-5, 1, 9])
    for bounds in ({"min": bound}, {"max": bound}):
        with pytest.raises(sc.CastError, match="round the bounds"):
            ops.clip(x, **bounds)


def test_clip_of_integers_by_bounds_beyond_their_dtype():
    x = torch.tensor([-5, 1, 9], dtype=torch.int8)
    assert ops.clip(x, torch.tensor(-300), torch.tensor(300)).tolist() == [-5, 1, 9]
    assert ops.clip(x, torch.tensor(2, dtype=torch.uint8), torch.tensor(5)).tolist() == [2, 2, 5]


@pytest.mark.parametrize(
    ("value", "dtype"),
    [(True, torch.bool), (np.True_, torch.bool), (np.int8(1), torch.int64), (1j, torch.complex64)],
)
def test_full_takes_the_dtype_of_a_number(value, dtype):
    assert ops.full((2,), value).dtype is dtype


def test_transforms_of_nothing_keep_their_place_in_a_graph():
    x = torch.zeros(0, 4, requires_grad=True)
    for made in (ops.fft.rfft(x), ops.fft.fftn(x, axes=(1,)), ops.fft.irfft(x, n=6)):
        ops.sum(ops.abs(made)).backward()
        assert x.grad.shape == (0, 4)
    with pytest.raises(RuntimeError, match="data points"):
        ops.fft.fft(torch.zeros(2, 0))


def test_clip_without_bounds_is_a_copy():
    x = torch.ones(2)
    assert torch.equal(ops.clip(x), x)
    assert ops.clip(x).data_ptr() != x.data_ptr()


@pytest.mark.parametrize("name", ["take", "take_along_axis"])
def test_indices_out_of_bounds_are_errors_at_either_end(name):
    for x in (torch.arange(4), torch.eye(4)):
        for index in (4, -5):
            indices = torch.full((1,) * x.ndim if name == "take_along_axis" else (1,), index)
            with pytest.raises((IndexError, RuntimeError)):
                getattr(ops, name)(x, indices, axis=0)


@pytest.mark.parametrize("shape", [(3, 5), (3, 2), (1, 2), (3, 1), (1, 1)])
@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.uint8])
def test_take_along_axis_counts_from_the_end_and_broadcasts(shape, axis, dtype, rng):
    x = rng.standard_normal((3, 5))
    shape = shape if axis else (shape[1], 5 if shape[0] == 3 else 1)
    indices = rng.integers(0 if dtype is torch.uint8 else -3, 3, shape)
    expected = np.take_along_axis(x, indices, axis)
    found = ops.take_along_axis(torch.tensor(x), torch.tensor(indices, dtype=dtype), axis=axis)
    assert np.array_equal(found, expected)


def test_take_differentiates_through_each_way():
    x = torch.arange(6.0, requires_grad=True)
    index = torch.tensor([-1, 0, -1])
    ops.sum(ops.take(x, index) + ops.take_along_axis(x, index)).backward()
    assert x.grad.tolist() == [2, 0, 0, 0, 0, 4]


@pytest.mark.parametrize("value", [2, 2.5, True, 1j])
@pytest.mark.parametrize("dtype", [torch.int8, torch.float32, torch.complex64])
@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "equal", "not_equal"])
def test_a_scalar_first_gives_what_an_array_of_it_gives(name, dtype, value):
    x = torch.tensor([[0, 1], [2, 3]], dtype=dtype)
    if name == "subtract" and value is True:
        pytest.skip("Torch subtracts no booleans")
    function = getattr(ops, name)
    array = torch.full((2, 2), value, dtype=ops.result_type(x, value))
    found, expected = function(value, x), function(array, x)
    assert found.dtype is expected.dtype
    assert torch.equal(found, expected)


@pytest.mark.parametrize("name", ["greater", "greater_equal", "less", "less_equal"])
def test_comparisons_of_a_scalar_first(name):
    x = torch.tensor([1, 2, 3])
    assert torch.equal(getattr(ops, name)(2, x), getattr(ops, name)(torch.full((3,), 2), x))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (torch.uint16, torch.bfloat16, torch.bfloat16),
        (torch.uint32, torch.float32, torch.float32),
        (torch.complex64, torch.uint64, torch.complex64),
        (torch.uint32, torch.int32, torch.int64),
        (torch.uint16, torch.uint8, torch.uint16),
        (torch.bool, torch.uint64, torch.uint64),
    ],
)
def test_integers_that_are_only_stored_promote_like_others(one, other, expected):
    assert ops.result_type(one, other) is expected
    if not expected.is_floating_point:  # where not every integer is one of the numbers
        assert ops.can_cast(one, expected)


def test_a_float_of_eight_bits_has_limits():
    assert ops.finfo(torch.float8_e5m2).bits == 8
    assert ops.finfo(torch.ones(1, dtype=torch.complex64)).dtype is torch.float32
    with pytest.raises(TypeError):
        ops.finfo(torch.int64)


def test_distinct_elements_are_counted_each_nan_alone():
    values, counts = ops.unique_counts(torch.tensor([NAN, 1.0, NAN, 1.0]))
    assert values.isnan().tolist() == [False, True, True]
    assert counts.tolist() == [2, 1, 1]


@pytest.mark.parametrize("index", [0, slice(1, 3), ..., (slice(None), 0), (None, 1)])
@pytest.mark.parametrize("copy", [True, False])
def test_adding_to_a_view_changes_what_it_views(index, copy):
    x, ones = torch.zeros(4, 2), np.zeros((4, 2))
    ones[index] += 1.0
    found = ops.index_add(x, index, 1.0, copy=copy)
    assert (found is x) is not copy
    assert np.array_equal(found, ones)
    assert copy is not bool(x.any())


@pytest.mark.parametrize("copy", [True, False])
def test_adding_at_indices_counts_each(copy):
    x, index = torch.zeros(3), torch.tensor([0, -1, 0])
    found = ops.index_add(x, index, 1, copy=copy)
    assert found.tolist() == [2, 0, 1]
    assert (found is x) is not copy


def test_an_array_of_numpys_stays_on_the_default_device():
    given = np.ones(3)
    assert ops.asarray(given).data_ptr() == given.ctypes.data
    with torch.device("meta"):
        assert ops.asarray(given).is_meta
    assert ops.asarray(given, dtype=torch.float32).dtype is torch.float32


def test_real_multiples_of_complex_operators_compile_without_a_break():
    X = sc.DenseVectorSpace(2, sc.Context(ops, "complex64"))
    A = torch.tensor(2.0) * sc.DenseLinOp(X.ctx.eye(2), X)
    torch.compiler.reset()
    compiled = torch.compile(A.rapply, backend="eager", fullgraph=True)
    assert compiled(X.ones()).tolist() == [2, 2]


@pytest.mark.filterwarnings("ignore:Dynamo detected a call to a `functools.lru_cache`")
def test_operators_are_built_inside_a_compiled_function():
    X = sc.DenseVectorSpace(2, sc.Context(ops, "float32"))
    torch.compiler.reset()
    compiled = torch.compile(lambda a, x: sc.DenseLinOp(a, X).apply(x), backend="eager")
    assert compiled(X.ctx.asarray([[1, 2], [3, 4]]), X.ones()).tolist() == [3, 7]


def test_limits_compile_without_a_break():
    compiled = torch.compile(lambda x: x + ops.eps(x.dtype), backend="eager", fullgraph=True)
    assert compiled(torch.ones(1)).item() == 1 + ops.eps(torch.float32)


@pytest.mark.parametrize("dtype", [torch.float64, torch.complex128])
@pytest.mark.parametrize("shape", [(3, 3), (2, 3, 2), (2, 2, 4), (0, 3), (2, 0, 0)])
def test_vectors_are_turned_as_the_contract_turns_them(shape, dtype):
    torch.manual_seed(0)
    x = torch.randn(shape, dtype=dtype)
    for full in (True, False):
        U, s, Vh = ops.svd(x, full_matrices=full)
        paired = s.shape[-1]
        torch.testing.assert_close(U[..., :paired] * s[..., None, :] @ Vh[..., :paired, :], x)
        factors = sc.backend.phases(ops, U[..., :paired])
        torch.testing.assert_close(factors, torch.ones_like(factors))
    if shape[-1] == shape[-2]:
        values, vectors = ops.eigh(x + x.mH)
        torch.testing.assert_close((x + x.mH) @ vectors, vectors * values[..., None, :])
        factors = sc.backend.phases(ops, vectors)
        torch.testing.assert_close(factors, torch.ones_like(factors))
