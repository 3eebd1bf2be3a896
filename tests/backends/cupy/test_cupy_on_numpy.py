"""The Python around CuPy, run on NumPy in its place; the answers are NumPy's own."""

from __future__ import annotations

import pickle
import sys
from typing import Any

import numpy as np
import pytest
import scipy.sparse

import spacecore as sc
from spacecore.backend import transfer
from spacecore.testing import contract_cases, run_cases

NUMPY = sc.NumpyOps()
M = np.array([[4.0, 1.0], [1.0, 3.0]])
C = M + 1j * np.array([[0.0, 1.0], [-1.0, 0.0]])
V = np.array([3.0, -1.0, 2.0])


@pytest.fixture
def ops(cupy_ops: Any) -> Any:
    return cupy_ops()


def check(ops: Any, got: Any, want: Any) -> None:
    if isinstance(want, tuple | list):
        for one, other in zip(got, want, strict=True):
            check(ops, one, other)
    elif isinstance(want, np.ndarray | np.generic):
        assert got.dtype == want.dtype
        assert got.shape == want.shape
        np.testing.assert_allclose(np.asarray(got), want, atol=1e-12)
    else:
        assert str(got) == str(want)


@pytest.mark.parametrize("device", [None, "cuda:1"])
def test_the_contract(cupy_ops: Any, device: str | None) -> None:
    sc.register_ops(cupy_ops)  # a case pickles the ops, which find themselves again by name
    try:
        report = run_cases(cupy_ops(device), contract_cases())
    finally:
        sc.unregister_ops(cupy_ops)
    assert report.ok, "\n".join(report.lines())
    assert report.total("passed") > 1000


@pytest.mark.parametrize("name", ["zeros", "ones", "empty"])
def test_creation_lands_on_the_named_device(cupy_ops: Any, name: str) -> None:
    assert getattr(cupy_ops(), name)(2).device.id == 0
    assert getattr(cupy_ops("cuda:1"), name)(2).device.id == 1


def test_creation_like_another_stays_on_its_device(cupy_ops: Any) -> None:
    x = cupy_ops("cuda:1").zeros(2)
    ops = cupy_ops()
    assert ops.zeros_like(x).device.id == 1
    assert ops.asarray(x, dtype=np.float32).device.id == 1
    assert ops.asarray(x) is x
    assert ops.ones_like(x, device="cuda:0").device.id == 0
    assert ops.astype(x, np.float32, device="cuda:0").device.id == 0
    assert cupy_ops("cuda:1").fft.fftfreq(4).device.id == 1
    assert ops.linalg.matrix_rank(cupy_ops("cuda:1").zeros((2, 0, 3))).device.id == 1


def test_devices_are_named_by_index(cupy_ops: Any) -> None:
    ops = cupy_ops("cuda:1")
    assert ops == cupy_ops(1) == cupy_ops(ops.device) == cupy_ops(str(ops.device))
    assert ops != cupy_ops("cuda")
    assert cupy_ops("cuda").name == "cupy:cuda:0"
    assert hash(ops) == hash(cupy_ops(1))
    assert ops.device_kind(ops.device) == "cuda"
    assert not ops.is_on_host(ops.zeros(1))


@pytest.mark.parametrize("device", ["cpu", "cuda:2", "cuda:x", -1])
def test_a_device_that_is_not_there_is_refused(cupy_ops: Any, device: Any) -> None:
    with pytest.raises(sc.BackendUnavailableError, match="cuda:0"):
        cupy_ops(device)


def test_membership_sees_the_device(cupy_ops: Any) -> None:
    seen: list[object] = []
    ops = cupy_ops("cuda:1")
    test = ops.member_test((2,), np.dtype(np.float64), seen.append)
    test(ops.zeros(2))
    assert not seen
    test(cupy_ops().zeros(2))
    assert len(seen) == 1


def test_sanitize_dtype(ops: Any) -> None:
    assert ops.sanitize_dtype(None) == np.float64
    assert ops.sanitize_dtype("float32") == ops.sanitize_dtype(np.float32) == np.float32
    assert ops.sanitize_dtype(">f8").isnative
    for foreign in ("bfloat16", np.longdouble, "U3"):
        with pytest.raises(sc.CastError, match="CuPy has no dtype"):
            ops.sanitize_dtype(foreign)


def test_clip_passes_a_nan_bound_on(ops: Any) -> None:
    x = ops.asarray(V)
    assert ops.clip(x) is not x
    assert np.isnan(ops.clip(x, np.nan, 1.0)).all()


def test_complex_is_not_cast_to_real(ops: Any) -> None:
    with pytest.raises(sc.CastError, match=r"ops\.real"):
        ops.astype(ops.asarray(C), np.float64)
    assert ops.astype(ops.asarray(C), np.bool_).all()


def test_index_add_casts_what_it_adds(ops: Any) -> None:
    for value in (-2.5, ops.asarray([-2.5]), np.float64(-2.5)):
        assert ops.index_add(ops.ones(3, dtype=np.int64), slice(0, 1), value).tolist() == [-1, 1, 1]
    with pytest.raises(sc.CastError, match="real"):
        ops.index_add(ops.ones(3), 0, 1j)


def test_linspace_of_complex_scalars(ops: Any) -> None:
    for start in (1j, np.complex64(1j), ops.asarray(1j)):
        check(ops, ops.linspace(start, 1, 3), np.linspace(1j, 1, 3))


def test_lengths_that_stay_reach_cupy_as_lengths(cupy_ops: Any) -> None:
    fft = sys.modules["spacecore_cupy._fft"]
    seen: list[Any] = []
    call = fft._keeping(lambda *given: seen.append(given[1:]))
    x = cupy_ops().ones((4, 5))
    call(x, s=(-1, 3), axes=(1, 0), norm="ortho")
    call(x, s=(3, -1))
    call(x)
    assert seen == [((5, 3), (1, 0), "ortho"), ((3, 5), None, "backward"), (None, None, "backward")]


def test_solve_broadcasts_the_stack(ops: Any) -> None:
    stack = np.stack([M, 2 * M, 3 * M])
    for a, b in ((M, stack), (stack, M), (stack[:, None], stack[:2]), (stack, stack)):
        check(ops, ops.solve(ops.asarray(a), ops.asarray(b)), np.linalg.solve(a, b))


def test_updates_copy_unless_told_otherwise(ops: Any) -> None:
    for x in (ops.zeros(3), ops.zeros(3, dtype=np.int64), ops.zeros(3, dtype=np.int8)):
        assert ops.index_add(x, 0, 1) is not x
        assert ops.index_set(x, 0, 1) is not x
        assert not x.any()
        assert ops.index_add(x, 0, 1, copy=False) is x
        assert x[0] == 1


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "complex64", "complex128"])
def test_random_normal(cupy_ops: Any, dtype: str) -> None:
    ops = cupy_ops("cuda:1")
    key = ops.random_key(7)
    x = ops.random_normal(key, (4000,), dtype=dtype)
    assert (x.dtype.name, x.shape, x.device.id) == (dtype, (4000,), 1)
    assert np.std(x.astype(complex)) == pytest.approx(1, abs=0.1)
    assert (x == ops.random_normal(key, (4000,), dtype=dtype)).all()
    first, second = ops.random_split(key)
    assert (ops.random_normal(first, (9,)) != ops.random_normal(second, (9,))).all()


def test_random_numbers_of_other_kinds(ops: Any) -> None:
    key = ops.random_key(1)
    u = ops.random_uniform(key, (100,), dtype="float32", low=2.0, high=3.0)
    assert u.dtype == np.float32
    assert ((u >= 2) & (u < 3)).all()
    gap = float(np.nextafter(np.float32(1), np.float32(2)))
    assert (ops.random_uniform(key, (100,), dtype="float32", low=1.0, high=gap) == 1).all()
    n = ops.random_integers(key, (100,), low=-2, high=2)
    assert n.dtype == np.int64
    assert set(n.tolist()) == {-2, -1, 0, 1}
    r = ops.random_rademacher(key, (100,), dtype="complex64")
    assert r.dtype == np.complex64
    assert set(r.tolist()) == {1, -1}


@pytest.mark.parametrize("format", [None, "csr", "csc", "coo"])
def test_sparse_from_dense_and_from_scipy(ops: Any, format: str | None) -> None:
    sources = [ops.asarray(M), *(scipy.sparse.csr_array(M).asformat(f) for f in ("csc", "lil"))]
    for source in sources:
        a = ops.assparse(source, format=format)
        assert ops.is_sparse(a)
        assert ops.is_array(a)
        assert format is None or a.format == format
        check(ops, ops.sparse_to_dense(a), M)
        check(ops, ops.sparse_matmul(a, ops.asarray(V[:2])), M @ V[:2])
        back = ops.sparse_to_scipy(a)
        assert isinstance(back, scipy.sparse.sparray)
        np.testing.assert_array_equal(back.toarray(), M)


def test_sparse_dtypes(ops: Any) -> None:
    counts = scipy.sparse.csr_array(np.eye(2, dtype=np.int64))
    with pytest.raises(sc.CastError, match=r"Got int64. Pass `dtype=`"):
        ops.assparse(counts)
    assert ops.assparse(counts, dtype="float32").dtype == np.float32
    assert ops.assparse(ops.eye(2, dtype=np.int8), dtype="complex64").dtype == np.complex64
    with pytest.raises(ValueError, match="csr, csc, coo"):
        ops.assparse(counts, format="bsr")


def test_dense_arrays_come_from_the_host(ops: Any) -> None:
    for x in (M, M[::-1], np.broadcast_to(V, (2, 3))):
        check(ops, transfer(x, NUMPY, ops), x)
    with pytest.raises(sc.ConversionError, match="share no memory"):
        transfer(M, NUMPY, ops, copy=False)


class OnGPU:
    """An array of another library on a GPU, as far as DLPack tells."""

    dtype = "float64"

    def __init__(self, kind: int = 2):
        self.kind = kind

    def __dlpack_device__(self) -> tuple[int, int]:
        return (self.kind, 0)

    def __dlpack__(self, **kwargs: Any) -> Any:
        if self.kind != 2:
            raise BufferError("no such device")
        return V.__dlpack__(**kwargs)


def test_dense_arrays_come_from_another_library_on_the_gpu(cupy_ops: Any) -> None:
    ops = cupy_ops()
    shared = ops.import_dense(OnGPU())
    assert np.shares_memory(shared, V)
    assert not np.shares_memory(ops.import_dense(OnGPU(), copy=True), V)
    second = cupy_ops("cuda:1").device
    assert ops.import_dense(OnGPU(), device=second).device == second
    with pytest.raises(sc.ConversionError, match="cuda:0 and cuda:1"):
        ops.import_dense(OnGPU(), device=second, copy=False)
    with pytest.raises(sc.ConversionError, match="OnGPU of dtype float64"):
        ops.import_dense(OnGPU(kind=7))
    check(ops, ops.from_dlpack(OnGPU(), device="cuda:0"), V)


def test_numpy_asks_a_gpu_for_a_copy_on_the_host() -> None:
    class Producer(OnGPU):
        def __dlpack__(self, *, dl_device: Any = None, **kwargs: Any) -> Any:
            if dl_device != (1, 0) or kwargs["copy"] is False:
                raise BufferError("the memory is on a GPU")
            return V.__dlpack__()

    np.testing.assert_array_equal(NUMPY.import_dense(Producer()), V)
    with pytest.raises(sc.ConversionError, match="on a GPU"):
        NUMPY.import_dense(Producer(), copy=False)


def test_export_copies_what_others_cannot_take(ops: Any) -> None:
    x = ops.asarray(M)
    assert ops.export_dense(x) is x
    assert ops.export_dense(x.T).strides == x.T.strides
    assert not np.shares_memory(ops.export_dense(x, copy=True), x)
    for odd in (x[::-1], ops.broadcast_to(x[0], (3, 2))):
        assert ops.export_dense(odd).flags.c_contiguous
        with pytest.raises(sc.ConversionError, match="copy=None"):
            ops.export_dense(odd, copy=False)


def test_waiting_reaches_every_device(cupy_ops: Any) -> None:
    import cupy

    waited = []
    cupy.cuda.Device.synchronize = lambda device: waited.append(device.id)  # type: ignore
    tree = {"a": [cupy_ops("cuda:1").zeros(1)], "b": (cupy_ops().zeros(1), 3)}
    assert cupy_ops().block_until_ready(tree) is tree
    assert sorted(waited) == [0, 1]
    cupy_ops().block_until_ready(None)
    assert sorted(waited) == [0, 0, 1]


def test_eager_transforms(ops: Any) -> None:
    x = ops.asarray(M)
    check(ops, ops.vmap(lambda row: row @ row)(x), (M * M).sum(1))
    check(ops, ops.vectorize(lambda a, b: a * b)(x, 2.0), 2 * M)
    carry, ys = ops.scan(lambda c, row: (c + row, c), ops.zeros(2), x)
    check(ops, carry, M.sum(0))
    check(ops, ys, np.stack([np.zeros(2), M[0]]))


def test_context_makes_arrays_on_its_device(cupy_ops: Any) -> None:
    ctx = sc.Context(cupy_ops("cuda:1"), dtype="float32")
    assert ctx.asarray(M).device.id == 1
    assert ctx.asarray([1, 2]).dtype == np.float32
    assert ctx.zeros(3).device.id == 1
    assert pickle.dumps(cupy_ops())
