"""The strict reference: it is a backend, it holds the contract, and it is as strict as it says."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import spacecore as sc
from spacecore.backend import transfer
from spacecore.testing import StrictOps, contract_cases, run_cases

NUMPY = sc.NumpyOps()


@pytest.fixture
def ops() -> Iterator[sc.BackendOps]:
    sc.register_ops(StrictOps)
    yield sc.normalize_ops("strict")
    sc.unregister_ops(StrictOps)


def same(ops: Any, got: Any, want: Any) -> None:
    assert ops.is_dense(got)
    np.testing.assert_array_equal(ops.to_numpy(got), want)


def test_it_is_a_backend_once_it_is_registered(ops: sc.BackendOps) -> None:
    assert type(ops) is StrictOps
    assert sc.Context("strict:device1").ops == StrictOps("device1")
    assert "strict" in sc.available_backends()
    assert sc.ops_of(ops.zeros(2)) is ops
    assert pickle.loads(pickle.dumps(StrictOps("device2"))) == StrictOps("device2")
    assert not ops.supports("sparse")
    assert not ops.supports("grad")


def test_the_library_is_loaded_with_the_class_only() -> None:
    code = """
import sys, spacecore.testing
print("array_api_strict" in sys.modules)
from spacecore.testing import StrictOps
print("array_api_strict" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


@pytest.mark.parametrize("device", [None, "device1"])
def test_the_contract(ops: sc.BackendOps, device: str | None) -> None:
    report = run_cases(StrictOps(device), contract_cases())
    assert report.ok, "\n".join(report.lines())
    assert report.total("passed") > 1000


@pytest.mark.parametrize(
    "lax",
    [
        lambda ops: ops.zeros((2, 3))[0],
        lambda ops: ops.ones(2) + np.ones(2),
        lambda ops: ops.ones(2) + ops.ones(2, dtype=ops.int64),
        lambda ops: ops.ones(2) + StrictOps("device1").ones(2),
        lambda ops: ops.exp(1.0),
        lambda ops: ops.ones(2).sum(),
    ],
    ids=["flat index", "numpy operand", "mixed kinds", "two devices", "scalar", "method"],
)
def test_what_the_standard_lacks_is_refused(ops: sc.BackendOps, lax: Any) -> None:
    with pytest.raises((IndexError, TypeError, ValueError, AttributeError)):
        lax(ops)


def test_devices(ops: sc.BackendOps) -> None:
    here, there = StrictOps("cpu"), StrictOps("device1")
    x = there.asarray([1.0, 2.0])
    assert x.device == there.device
    assert there.name == "strict:device1"
    assert (there.is_on_host(x), here.is_on_host(here.zeros(1))) == (False, True)
    assert there.zeros_like(x).device == x.device
    moved = transfer(x, there, here)
    assert moved.device == here.device
    with pytest.raises(ValueError, match="copy"):
        here.asarray(x, device=here.device, copy=False)
    with pytest.raises(sc.BackendUnavailableError, match="cpu, device1, device2"):
        StrictOps("cuda")
    assert StrictOps("device2").default_dtype() == ops.float32


@pytest.mark.parametrize("device", ["cpu", "device1"])
@pytest.mark.parametrize("dtype", sorted(StrictOps.dtypes))
def test_there_and_back_is_exact(ops: sc.BackendOps, device: str, dtype: str) -> None:
    strict = StrictOps(device)
    x = np.arange(6).reshape(2, 3).astype(dtype)
    for source in (x, x[::-1], x.T):
        over = transfer(source, NUMPY, strict)
        assert (strict.dtype_name(over.dtype), over.device) == (dtype, strict.device)
        back = transfer(over, strict, NUMPY)
        assert back.dtype == x.dtype
        np.testing.assert_array_equal(back, source)


def test_memory_is_shared_on_the_host_alone(ops: sc.BackendOps) -> None:
    x = np.zeros(3)
    over = transfer(x, NUMPY, ops, copy=False)
    x[0] = 5.0
    same(ops, over, x)
    assert np.shares_memory(np.asarray(over), x)
    assert not np.shares_memory(ops.to_numpy(transfer(x, NUMPY, ops, copy=True)), x)
    there = StrictOps("device1")
    with pytest.raises(sc.ConversionError, match="Got device1"):
        transfer(there.zeros(2), there, NUMPY, copy=False)
    with pytest.raises(sc.ConversionError, match="datetime64"):
        ops.import_dense(np.zeros(2, "datetime64[s]"))


def test_dtypes_of_other_libraries_are_refused(ops: sc.BackendOps) -> None:
    with pytest.raises(sc.CastError, match="float16"):
        sc.Context("strict", "float16")
    assert sc.Context("strict", np.float32).dtype == ops.float32


def test_context_casts_and_places() -> None:
    ctx = sc.Context(StrictOps("device1"), "float32")
    for x in ([1, 2], np.array([1, 2]), StrictOps().asarray([1.0, 2.0])):
        made = ctx.asarray(x)
        assert (made.dtype, made.device) == (ctx.dtype, ctx.device)
        same(ctx.ops, made, [1, 2])


def test_eager_loops(ops: sc.BackendOps) -> None:
    m = ops.reshape(ops.arange(6, dtype=ops.float64), (2, 3))
    want = np.arange(6.0).reshape(2, 3)
    same(ops, ops.vmap(ops.sum)(m), want.sum(1))
    same(ops, ops.vmap(ops.sum, in_axes=1)(m), want.sum(0))
    same(ops, ops.vmap(lambda x: x + 1, out_axes=1)(m), (want + 1).T)
    same(ops, ops.vmap(ops.sum)(ops.zeros((0, 3))), np.zeros(0))
    carry, ys = ops.scan(lambda c, row: (c + row, c), ops.zeros(3), m, reverse=True)
    same(ops, carry, want.sum(0))
    same(ops, ys, [want[1], np.zeros(3)])
    same(ops, ops.while_loop(lambda x: x < 5, lambda x: 2 * x, ops.asarray(1.0)), 8)
    same(ops, ops.fori_loop(0, 3, lambda i, x: x + i, ops.asarray(0)), 3)
    same(ops, ops.cond(ops.asarray(True), lambda x: x, lambda x: -x, ops.ones(2)), [1, 1])
    same(ops, ops.vectorize(lambda a, b: a * b)(m, ops.ones(3)), want)


@pytest.mark.parametrize(
    ("index", "values"),
    [
        (1, 2.0),
        ((slice(None), 1), 3.0),
        ((0, slice(None, None, -1)), np.array([1.0, 2.0, 3.0])),
        (np.array([0, 0, 1]), 1.0),
        ((np.array([1, 1]), np.array([2, 2])), np.array([1.0, 2.0])),
        (np.arange(6).reshape(2, 3) % 2 == 0, 7.0),
        (..., 1.0),
    ],
)
def test_updates(ops: sc.BackendOps, index: Any, values: Any) -> None:
    start = np.arange(6.0).reshape(2, 3)
    x = ops.asarray(start)

    def over(item: Any) -> Any:
        if isinstance(item, tuple):
            return tuple(over(part) for part in item)
        return ops.asarray(item) if isinstance(item, np.ndarray) else item

    args = (over(index), over(values))
    added = start.copy()
    np.add.at(added, index, values)
    same(ops, ops.index_add(x, *args), added)
    put = start.copy()
    put[index] = values
    same(ops, ops.index_set(x, *args), put)
    same(ops, x, start)
    assert ops.index_set(x, *args, copy=False) is x
    same(ops, x, put)


@pytest.mark.parametrize("name", ["normal", "uniform", "rademacher", "integers"])
def test_random_numbers(ops: sc.BackendOps, name: str) -> None:
    strict = StrictOps("device1")
    draw = getattr(strict, f"random_{name}")
    options = {"high": 5} if name == "integers" else {}
    first, second = strict.random_split(strict.random_key(3))
    x = draw(first, (20,), **options)
    assert x.device == strict.device
    same(strict, draw(first, (20,), **options), strict.to_numpy(x))
    assert (strict.to_numpy(draw(second, (20,), **options)) != strict.to_numpy(x)).any()


EINSUM = [
    ("ij,jk->ik", (2, 3), (3, 4)),
    ("ij,jk", (2, 3), (3, 4)),
    ("ba", (2, 3)),
    ("ii->i", (3, 3)),
    ("ii", (3, 3)),
    ("iij->j", (3, 3, 2)),
    ("i,j->ji", (2,), (3,)),
    ("ij,k->i", (2, 3), (4,)),
    ("ij,jk,kl->il", (2, 3), (3, 4), (4, 2)),
    ("bij,bjk,bk->bi", (2, 3, 4), (2, 4, 5), (2, 5)),
    ("...ij,...jk", (5, 2, 3), (1, 3, 4)),
    ("a...b,b...->a...", (2, 5, 3), (3, 5)),
    ("i...->...", (2, 3, 4)),
    (",->", (), ()),
    ("ij,jk->ik", (2, 0), (0, 3)),
]


@pytest.mark.parametrize(("subscripts", "shapes"), [(s, shapes) for s, *shapes in EINSUM])
def test_einsum_of_the_contract(
    ops: sc.BackendOps, rng: np.random.Generator, subscripts: str, shapes: Any
) -> None:
    arrays = [rng.integers(-4, 5, size=shape).astype(float) for shape in shapes]
    got = ops.einsum(subscripts, *(ops.asarray(x) for x in arrays))
    want = np.einsum(subscripts, *arrays)
    assert got.shape == want.shape
    same(ops, got, want)


@pytest.mark.parametrize(
    ("subscripts", "count", "match"),
    [("ij,jk->ik", 1, "term for each"), ("i", 1, "letter for"), ("ij,ik->jk", 2, "one length")],
)
def test_einsum_refuses(ops: sc.BackendOps, subscripts: str, count: int, match: str) -> None:
    arrays = [ops.zeros((2, 3)), ops.zeros((4, 3))][:count]
    with pytest.raises(ValueError, match=match):
        ops.einsum(subscripts, *arrays)


@pytest.mark.parametrize("name", ["hstack", "vstack", "dstack", "column_stack"])
@pytest.mark.parametrize("shape", [(3,), (2, 2)])
def test_stacking_of_the_contract(ops: sc.BackendOps, name: str, shape: Any) -> None:
    arrays = [np.full(shape, 1.0), np.full(shape, 2.0)]
    got = getattr(ops, name)([ops.asarray(x) for x in arrays])
    want = getattr(np, name)(arrays)
    assert got.shape == want.shape
    same(ops, got, want)
    if name != "column_stack":  # NumPy's own takes 0-d arrays here
        points = [np.array(1.0), np.array(2.0)]
        same(ops, getattr(ops, name)([ops.asarray(x) for x in points]), getattr(np, name)(points))


@pytest.mark.parametrize("k", [-2, -1, 0, 1])
def test_diag_of_the_contract(ops: sc.BackendOps, k: int) -> None:
    v = np.array([1.0, np.inf, 3.0])
    same(ops, ops.diag(ops.asarray(v), k), np.diag(v, k))
    m = np.arange(12.0).reshape(3, 4)
    same(ops, ops.diag(ops.asarray(m), k), np.diag(m, k))


@pytest.mark.parametrize(("a", "b"), [((2, 3), (4, 5)), ((2,), (3, 2)), ((2, 1, 3), (2, 2))])
def test_kron_and_swapaxes_of_the_contract(
    ops: sc.BackendOps, rng: np.random.Generator, a: Any, b: Any
) -> None:
    x, y = rng.integers(0, 9, size=a), rng.integers(0, 9, size=b)
    same(ops, ops.kron(ops.asarray(x), ops.asarray(y)), np.kron(x, y))
    same(ops, ops.swapaxes(ops.asarray(y), -1, 0), np.swapaxes(y, -1, 0))
