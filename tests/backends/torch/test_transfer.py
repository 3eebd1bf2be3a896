"""Memory that is shared, memory that is copied once, and what does not leave Torch."""

from __future__ import annotations

import numpy as np
import pytest

import spacecore as sc
from spacecore.backend import transfer
from spacecore.errors import ConversionError

torch = pytest.importorskip("torch")
pytest.importorskip("spacecore_torch")

ops = sc.TorchOps()
numpy = sc.NumpyOps()

DTYPES = [
    "bool",
    *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
    *("float16", "float32", "float64", "complex64", "complex128"),
]
BASE = np.arange(24.0).reshape(2, 3, 4)


def read_only(x):
    x = x.copy()
    x.flags.writeable = False
    return x


def packed(x):
    record = np.zeros(x.shape, dtype=[("flag", "i1"), ("value", x.dtype)])
    record["value"] = x
    return record["value"]


SHARED = {
    "rows": lambda x: x,
    "fortran": np.asfortranarray,
    "slice": lambda x: x[:, 1:, ::2],
    "transposed": lambda x: x.T,
    "0-d": lambda x: x[1, 1, 1, ...],
}
COPIED = {
    "reversed": lambda x: x[::-1],
    "reversed-last": lambda x: x[..., ::-2],
    "reversed-one": lambda x: x[0, 0, ::-4],
    "broadcast": lambda x: np.broadcast_to(x[0], (5, *x[0].shape)),
    "foreign-endian": lambda x: x.astype(">f8"),
    "read-only": read_only,
    "unaligned-steps": packed,
}
FORMS = {
    "import_dense": ops.import_dense,
    "asarray": ops.asarray,
    "from_dlpack": ops.from_dlpack,
}


class Stranger:
    """An array of a library that is nobody's, over NumPy's memory."""

    def __init__(self, x):
        self.x, self.dtype = x, x.dtype

    def __dlpack__(self, **options):
        return self.x.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.x.__dlpack_device__()


def bits(dtype):
    values = np.random.default_rng(0).integers(0, 256, 5 * np.dtype(dtype).itemsize, np.uint8)
    return values.view(dtype) if dtype != "bool" else values % 2 == 1


@pytest.fixture(params=FORMS)
def take(request):
    return FORMS[request.param]


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_crosses_to_numpy_and_back_bit_for_bit(dtype):
    x = bits(dtype)
    made = transfer(x, numpy, ops)
    assert ops.dtype_name(made.dtype) == dtype
    assert made.data_ptr() == x.ctypes.data
    back = transfer(made, ops, numpy)
    assert back.dtype == dtype
    assert back.ctypes.data == x.ctypes.data
    assert back.tobytes() == x.tobytes()


@pytest.mark.parametrize("dtype", [*DTYPES, "bfloat16"])
def test_every_dtype_crosses_to_jax_and_back(dtype):
    jax = pytest.importorskip("jax")
    x = torch.arange(5).to(getattr(torch, dtype))
    crossed = jax.numpy.from_dlpack(ops.export_dense(x))
    assert crossed.dtype.name == dtype
    assert torch.equal(ops.import_dense(crossed), x)
    theirs = jax.numpy.arange(5).astype(dtype)
    shared = ops.import_dense(theirs, copy=False)
    assert shared.data_ptr() == theirs.unsafe_buffer_pointer()
    assert ops.import_dense(theirs, copy=True).data_ptr() != shared.data_ptr()


def test_asarray_reads_a_jax_array_right():
    jax = pytest.importorskip("jax")
    x = jax.numpy.arange(6.0).reshape(2, 3)
    assert np.array_equal(ops.asarray(x).numpy(), np.asarray(x))
    assert np.array_equal(ops.asarray([x, x]).numpy(), np.stack([x, x]))


@pytest.mark.parametrize("layout", SHARED)
def test_memory_that_torch_can_hold_is_shared(take, layout):
    x = SHARED[layout](BASE.copy())
    made = take(x)
    assert made.data_ptr() == x.ctypes.data
    assert np.array_equal(made.numpy(), x)
    assert take(x, copy=False).data_ptr() == x.ctypes.data
    assert take(x, copy=True).data_ptr() != x.ctypes.data


@pytest.mark.parametrize("layout", COPIED)
def test_memory_that_torch_can_not_hold_is_copied(take, layout):
    x = COPIED[layout](BASE.copy())
    made = take(x)
    assert made.dtype is torch.float64
    assert np.array_equal(made.numpy(), x)
    assert not np.shares_memory(made.numpy(), x)
    assert np.array_equal(take(x, copy=True).numpy(), x)


@pytest.mark.parametrize("layout", COPIED)
def test_a_copy_that_is_refused_is_an_error(layout):
    x = COPIED[layout](BASE.copy())
    with pytest.raises(ConversionError, match="Pass copy=None"):
        ops.import_dense(x, copy=False)
    with pytest.raises(ValueError, match="Pass copy=None"):
        ops.asarray(x, copy=False)
    with pytest.raises(BufferError, match="Pass copy=None"):
        ops.from_dlpack(x, copy=False)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)])
def test_empty_arrays_cross_both_ways(take, shape):
    for x in (np.zeros(shape), np.zeros(shape)[::-1]):
        assert take(x).shape == shape
    assert transfer(torch.zeros(shape), ops, numpy).shape == shape


def test_a_stranger_that_runs_backwards_does_not_reach_torch(take):
    """Torch would end the process."""
    assert take(Stranger(np.arange(3.0)[::-1])).tolist() == [2, 1, 0]
    x = np.arange(3.0)
    assert take(Stranger(x)).data_ptr() == x.ctypes.data


def test_what_does_not_speak_dlpack_is_no_array():
    with pytest.raises(AttributeError, match="__dlpack__"):
        ops.from_dlpack([1.0])


@pytest.mark.filterwarnings("error")
def test_read_only_memory_makes_no_warning():
    ctx = sc.Context("torch", dtype="float64")
    assert ctx.asarray(read_only(BASE)).shape == (2, 3, 4)


LAZY = {
    "conjugate": lambda x: torch.complex(x, 2 * x).conj(),
    "negative": lambda x: torch.complex(x, 2 * x).conj().imag,
    "broadcast": lambda x: x[:, :1].expand(2, 3),
}


@pytest.mark.parametrize("form", LAZY)
def test_lazy_tensors_leave_as_one_copy(form):
    x = LAZY[form](torch.arange(6.0).reshape(2, 3))
    expected = np.array(x.tolist())
    assert np.array_equal(transfer(x, ops, numpy), expected)
    assert np.array_equal(ops.to_numpy(x), expected)
    with pytest.raises(ConversionError, match="Pass copy=None"):
        ops.export_dense(x, copy=False)


def test_copy_says_whether_memory_is_shared_on_the_way_out():
    x = torch.arange(6.0).reshape(2, 3)
    assert ops.export_dense(x) is x
    assert ops.export_dense(x.T, copy=False).data_ptr() == x.data_ptr()
    assert ops.export_dense(x, copy=True).data_ptr() != x.data_ptr()


@pytest.mark.parametrize("out", [ops.export_dense, ops.to_numpy], ids=["export_dense", "to_numpy"])
def test_a_tensor_that_requires_a_gradient_stays(out):
    x = torch.ones(2, requires_grad=True)
    with pytest.raises(ConversionError, match=r"x\.detach\(\)"):
        out(x)
    assert out(x.detach()).shape == (2,)


def test_a_parameter_without_a_gradient_leaves():
    x = torch.nn.Parameter(torch.ones(2), requires_grad=False)
    assert transfer(x, ops, numpy).tolist() == [1, 1]


@pytest.mark.parametrize("out", [ops.export_dense, ops.to_numpy], ids=["export_dense", "to_numpy"])
def test_traced_and_meta_tensors_stay(out):
    def leak(x):
        out(x)
        return x.sum()

    for transform in (torch.func.vmap, torch.func.grad):
        with pytest.raises(ConversionError, match="traced"):
            transform(leak)(torch.ones(3) if transform is torch.func.grad else torch.ones(3, 2))
    with pytest.raises(ConversionError, match="meta"):
        out(torch.ones(2, device="meta"))


def test_a_dtype_that_numpy_lacks_is_named():
    with pytest.raises(ConversionError, match="bfloat16"):
        ops.to_numpy(torch.ones(2, dtype=torch.bfloat16))
    with pytest.raises(ConversionError, match="bfloat16"):
        transfer(torch.ones(2, dtype=torch.bfloat16), ops, numpy)
    with pytest.raises(ConversionError, match="object"):
        ops.asarray(np.array([None]))


def test_moving_to_another_device_is_a_copy():
    x = np.ones(2)
    assert ops.import_dense(x, device="meta").device.type == "meta"
    with pytest.raises(ConversionError, match="by a copy only"):
        ops.import_dense(x, device="meta", copy=False)


def test_a_sparse_matrix_that_is_there_already_is_kept():
    here = sc.Context("torch:cpu", "float64")
    matrix = here.assparse(here.eye(2)).requires_grad_()
    S = sc.SparseLinOp(matrix, sc.DenseVectorSpace(2, here))
    for target in (sc.Context("torch:cpu", "float64", check_level="none"), "torch"):
        for copy in (None, False):
            there = S.convert(target, copy=copy)
            assert there.matrix is matrix


def test_an_array_crosses_to_another_device_by_a_copy_alone():
    A = sc.DenseLinOp(torch.eye(2), sc.DenseVectorSpace(2, sc.Context("torch", "float32")))
    with pytest.raises(sc.ConversionError, match="on cpu for meta. Pass copy=None"):
        A.convert("torch:meta", copy=False)
    assert A.convert("torch:cpu", copy=False).array is A.array
    assert A.convert("torch:meta").array.device.type == "meta"
