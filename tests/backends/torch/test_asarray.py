"""`asarray` of everything that people hand over."""

from __future__ import annotations

import array

import numpy as np
import pytest

import spacecore as sc
from spacecore.errors import CastError

torch = pytest.importorskip("torch")
pytest.importorskip("spacecore_torch")

ops = sc.TorchOps()

DATA = {
    "bool": (True, torch.bool, True),
    "int": (3, torch.int64, 3),
    "float": (1.5, torch.float32, 1.5),
    "complex": (1j, torch.complex64, 1j),
    "mixed": ([1, 2.5], torch.float32, [1, 2.5]),
    "nested": ([[1, 2], (3, 4)], torch.int64, [[1, 2], [3, 4]]),
    "empty": ([], torch.float32, []),
    "range": (range(3), torch.int64, [0, 1, 2]),
    "numpy-scalar": (np.float32(2), torch.float32, 2),
    "numpy-scalars": ([np.float64(1), np.float64(2)], torch.float64, [1, 2]),
    "numpy-rows": ([np.arange(2), np.arange(2)], torch.int64, [[0, 1], [0, 1]]),
    "tensors": ([torch.tensor(1), torch.tensor(2)], torch.int64, [1, 2]),
    "rows": ([torch.ones(2), [0.0, 1.0]], torch.float32, [[1, 1], [0, 1]]),
    "tensors-nested": ([[torch.tensor(1.0)], [2]], torch.float32, [[1], [2]]),
    "buffer": (array.array("d", [1, 2]), torch.float64, [1, 2]),
    "bytes": (b"ab", torch.uint8, [97, 98]),
}


@pytest.mark.parametrize("name", DATA)
def test_data_becomes_a_tensor(name):
    data, dtype, values = DATA[name]
    made = ops.asarray(data)
    assert made.dtype is dtype
    assert made.tolist() == values


def test_a_tensor_that_fits_is_returned_itself():
    x = torch.ones(2)
    assert ops.asarray(x) is x
    assert ops.asarray(x, dtype=torch.float32, copy=False) is x
    assert ops.asarray(x, copy=True).data_ptr() != x.data_ptr()


def test_the_gradient_is_kept():
    x = torch.ones(2, requires_grad=True)
    for made in (
        ops.asarray(x * 2, dtype=torch.float64),
        ops.asarray(x * 2, copy=True),
        ops.asarray([x[0], x[1]]),
    ):
        assert made.requires_grad


@pytest.mark.parametrize("data", ["abc", None, object()], ids=["str", "none", "object"])
def test_what_is_no_data_is_refused(data):
    with pytest.raises(TypeError):
        ops.asarray(data)


@pytest.mark.parametrize("data", [[1.0], 1.0, np.float64(1)], ids=["list", "float", "scalar"])
def test_data_without_memory_of_its_own_needs_a_copy(data):
    with pytest.raises(ValueError, match="copy"):
        ops.asarray(data, copy=False)


def test_complex_into_real_is_refused():
    for x in (torch.ones(2) * 1j, np.array([1j])):
        with pytest.raises(CastError, match=r"ops\.real\(x\)"):
            ops.asarray(x, dtype=torch.float32)
    with pytest.raises(CastError, match=r"ops\.real\(x\)"):
        ops.astype(torch.ones(2) * 1j, torch.float32)
    assert ops.astype(torch.tensor([0j, 1j]), torch.bool).tolist() == [False, True]


@pytest.mark.parametrize(
    ("spelling", "dtype"),
    [
        *(
            (np.float32, torch.float32),
            (np.dtype("int8"), torch.int8),
            ("bfloat16", torch.bfloat16),
        ),
        *((float, torch.float64), (int, torch.int64), (bool, torch.bool)),
        *((complex, torch.complex128), (torch.float16, torch.float16), ("uint32", torch.uint32)),
    ],
)
def test_dtypes_are_taken_in_any_spelling(spelling, dtype):
    assert ops.sanitize_dtype(spelling) is dtype
    assert ops.sanitize_dtype(ops.dtype_name(dtype)) is dtype


def test_a_dtype_that_torch_lacks_is_refused():
    with pytest.raises(CastError, match="longdouble|float128"):
        ops.sanitize_dtype(np.longdouble)


def test_a_sparse_matrix_is_no_dense_array():
    ctx = sc.Context(ops, dtype="float32")
    a = ops.assparse(torch.eye(2))
    assert not ops.is_dense(a)
    with pytest.raises(TypeError, match="assparse"):
        ctx.asarray(a)
    with pytest.raises(TypeError, match="dense"):
        ctx.assert_dense(a)


def test_what_turns_itself_into_an_array_is_taken():
    class Reading:
        def __array__(self, dtype=None, copy=None):
            return np.ones(2)

    assert ops.asarray(Reading()).tolist() == [1, 1]
    with pytest.raises(TypeError, match="takes arrays, numbers, nested sequences"):
        ops.asarray(object())


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "complex64"])
def test_the_ends_of_a_range_may_be_tensors(dtype):
    dtype = getattr(ops, dtype)
    for stop in (ops.asarray(4.0), ops.asarray(4)):
        found = ops.linspace(ops.asarray(0), stop, 3, dtype=dtype)
        assert found.dtype is dtype
        assert found.tolist() == [0, 2, 4]
    with pytest.raises(CastError):
        ops.linspace(ops.asarray(0), ops.asarray(1j), 3, dtype=ops.float32)
