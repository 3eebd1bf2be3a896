"""Memory that is shared, memory that is copied once, and values that stay what they were."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import spacecore as sc
from spacecore.backend import transfer

jax = pytest.importorskip("jax")
pytest.importorskip("spacecore_jax")

ops = sc.JaxOps()
numpy = sc.NumpyOps()

DTYPES = [
    "bool",
    *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
    *("float16", "float32", "float64", "complex64", "complex128"),
]


def read_only(x):
    x = x.copy()
    x.flags.writeable = False
    return x


LAYOUTS = {
    "rows": lambda x: x,
    "fortran": np.asfortranarray,
    "slice": lambda x: x[1:, 1:3],
    "step": lambda x: x[::2],
    "reversed": lambda x: x[::-1, ::-1],
    "transposed": lambda x: x.T,
    "broadcast": lambda x: np.broadcast_to(x[0], (5, *x[0].shape)),
    "0-d": lambda x: x[1, 1],
    "empty": lambda x: x[:0],
    "foreign-endian": lambda x: x.astype(x.dtype.newbyteorder(">")),
    "read-only": read_only,
}


def aligned(shape, dtype="float64", offset=0):
    """Memory that starts `offset` bytes after a multiple of 64."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    memory = np.zeros(size + 128, np.uint8)
    start = -memory.ctypes.data % 64 + offset
    return memory[start : start + size].view(dtype).reshape(shape)


def address(x):
    return x.ctypes.data if isinstance(x, np.ndarray) else x.unsafe_buffer_pointer()


def values(dtype):
    rng = np.random.default_rng(0)
    raw = rng.integers(0, 2 if dtype == "bool" else 256, 4 * 6 * np.dtype(dtype).itemsize)
    with np.errstate(all="ignore"):
        return raw.astype("uint8").view(dtype).reshape(4, 6)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("copy", [None, True])
def test_every_bit_survives_the_way_there_and_back(dtype, layout, copy):
    source = np.asarray(LAYOUTS[layout](values(dtype)))
    there = transfer(source, numpy, ops, copy=copy)
    assert type(there) is ops.array_types[0]
    assert there.dtype == ops.sanitize_dtype(dtype)
    assert there.shape == source.shape
    back = transfer(there, ops, numpy, copy=copy)
    assert back.tobytes() == source.astype(dtype).tobytes()
    direct = ops.asarray(source)
    assert np.asarray(direct).tobytes() == back.tobytes()


def test_aligned_memory_is_shared_and_other_memory_copied_once():
    x = aligned((64, 64))
    for made in (ops.asarray(x), ops.import_dense(x), sc.Context("jax").asarray(x)):
        assert address(made) == address(x)
    for odd in (aligned((64, 64), offset=16), aligned((64, 64)).T, aligned((64, 64))[:, ::2]):
        made = ops.asarray(odd)
        assert address(made) != address(odd)
        odd[...] = 7  # the copy was made before returning
        assert float(ops.max(made)) == 0.0


def test_small_arrays_are_copied_before_returning():
    for _ in range(50):
        x = aligned((16,), offset=16)
        made = ops.asarray(x)
        x[...] = 1
        assert float(ops.sum(made)) == 0.0


def test_a_source_written_to_right_after_a_copy_changes_nothing():
    for _ in range(5):
        x = aligned((1 << 20,), offset=16)
        made = ops.asarray(x)
        x[...] = 1
        assert float(ops.sum(made)) == 0.0


def test_copying_shares_nothing():
    x = aligned((8,))
    for made in (ops.asarray(x, copy=True), ops.import_dense(x, copy=True)):
        assert address(made) != address(x)
    assert address(ops.asarray(made, copy=True)) != address(made)
    exported = ops.export_dense(made, copy=True)
    assert address(exported) != address(made)
    assert ops.asarray(made) is made


def test_refusing_a_copy_shares_or_raises():
    x = aligned((8, 8))
    assert address(ops.import_dense(x, copy=False)) == address(x)
    assert address(ops.asarray(x, copy=False)) == address(x)
    assert ops.asarray(ops.asarray(x), copy=False) is not None
    for odd in (aligned((8,), offset=8), x.T, x[:, ::2], x[::-1], x.astype(">f8")):
        with pytest.raises(sc.ConversionError, match="aligned"):
            ops.import_dense(odd, copy=False)
        with pytest.raises(ValueError, match="copy=False"):
            ops.asarray(odd, copy=False)
    for data in (1.0, [1.0]):
        with pytest.raises(ValueError, match="copy=False"):
            ops.asarray(data, copy=False)
    with pytest.raises(ValueError, match="copy=False"):
        ops.asarray(ops.ones(2), dtype="float32", copy=False)


def test_numpy_sees_jaxs_memory_read_only():
    x = ops.arange(5.0)
    for seen in (ops.to_numpy(x), transfer(x, ops, numpy), numpy.import_dense(x, copy=False)):
        assert address(seen) == address(x)
        assert not seen.flags.writeable
    copied = transfer(x, ops, numpy, copy=True)
    copied[0] = 9.0
    assert float(x[0]) == 0.0


def test_an_array_from_numpy_is_not_given_away_by_donation():
    x = aligned((64, 64))
    assert address(ops.asarray(x)) == address(x)
    jax.jit(lambda v: v + 1, donate_argnums=0)(ops.asarray(x))
    assert not x.any()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's account")
def test_one_copy_is_the_most_memory_that_it_takes(run_python):
    code = """
import numpy as np
import spacecore as sc

def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))

ops = sc.JaxOps()
size = 1 << 27
x = np.ones(size // 4 + 1, np.float32)[1:]
ops.asarray(np.ones(2, np.float32)[1:]).block_until_ready()
before = peak()
y = ops.asarray(x).block_until_ready()
print((peak() - before) * 1024 / size)
"""
    assert 0.5 < float(run_python(code)) < 1.1


def test_bfloat16_keeps_its_bits():
    x = ops.asarray([1.5, -2.25, 3e38], dtype="bfloat16")
    host = ops.to_numpy(x)
    assert ops.asarray(host).dtype == x.dtype
    np.testing.assert_array_equal(np.asarray(ops.asarray(host)), host)
    with pytest.raises(sc.ConversionError, match="no dtype bfloat16"):
        transfer(x, ops, numpy)


class TestTorch:
    """Torch stands for the libraries that are neither JAX nor NumPy."""

    @pytest.fixture(autouse=True)
    def torch(self):
        pytest.importorskip("spacecore_torch")
        return pytest.importorskip("torch")

    @pytest.mark.parametrize("dtype", [*DTYPES, "bfloat16"])
    @pytest.mark.parametrize("layout", ["rows", "slice", "step", "transposed", "0-d", "empty"])
    def test_every_bit_survives(self, torch, dtype, layout):
        base = torch.arange(24).reshape(4, 6).to(getattr(torch, dtype))
        x = LAYOUTS[layout](base)
        there = transfer(x, sc.TorchOps(), ops)
        assert ops.dtype_name(there.dtype) == dtype
        back = transfer(there, ops, sc.TorchOps())
        assert back.dtype is x.dtype
        assert torch.equal(back, x)

    @pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
    def test_rows_are_shared_both_ways(self, torch, dtype):
        x = torch.ones(64, 64, dtype=getattr(torch, dtype))
        there = transfer(x, sc.TorchOps(), ops)
        assert address(there) == x.data_ptr()
        back = transfer(there, ops, sc.TorchOps())
        assert back.data_ptr() == x.data_ptr()
        assert address(transfer(x, sc.TorchOps(), ops, copy=True)) != x.data_ptr()
        with pytest.raises(sc.ConversionError):
            ops.import_dense(x[:, ::2], copy=False)
