"""SpaceCore's own products, stackings and reductions, in NumPy's and SciPy's meaning."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from spacecore.testing import _rules
from spacecore.testing._case import Case
from spacecore.testing._compare import check_array, check_raises
from spacecore.testing._inputs import (
    ALL,
    COMPLEX,
    FLOATING,
    INTEGER,
    NUMERIC,
    REAL_FLOATING,
    array,
    put,
)
from spacecore.testing._law import check_tree, floats, integers, law
from spacecore.testing._table import Row, call

__all__ = ["laws", "rows"]

_X = array(2, 3)
_INF = float("inf")


def rows() -> list[Row]:
    """Return the rows of the table."""
    return [*_products(), *_norms(), *_sums(), *_shapes(), *_stacks(), *_diagonals(), *_close()]


def _products() -> Iterator[Row]:
    pairs = (
        call(array(3), array(3)),
        call(_X, _X),
        call(array(2, 3), array(6)),
        call(array(), array()),
        call(array(0), array(0)),
        call(array(3, 2, layout="transposed"), array(2, 3, layout="strided")),
    )
    yield Row(name="vdot", dtypes=FLOATING, calls=pairs, reference=_vdot)
    kron = (
        call(_X, array(2, 2)),
        call(array(2), array(3)),
        call(array(2, 1), array(3)),
        call(array(1, 0), array(2, 2)),
        call(array(2, 2, 2), array(1, 2, 3)),
        call(array(3, 2, layout="transposed"), array(2, 2)),
        call(array(2, 3), array(3, 2, layout="transposed")),
        call(array(2, 3, layout="strided"), array(2, 3, layout="strided")),
    )
    yield Row(name="kron", dtypes=NUMERIC, calls=kron)
    summed = (
        call("ij,jk->ik", _X, array(3, 2)),
        call("ij,jk", _X, array(3, 2)),
        call("ij->ji", _X),
        call("ii->i", array(3, 3)),
        call("ii", array(3, 3)),
        call("ij->", _X),
        call("i,j->ij", array(2), array(3)),
        call("bij,bj->bi", array(2, 2, 3), array(2, 3)),
        call("...i,...i->...", _X, _X),
        call("ij,jk,kl->il", _X, array(3, 2), array(2, 2)),
        call("ij,j->i", array(0, 3), array(3)),
        call("ab,c,ac->c", array(2, 3), array(2), array(2, 2)),
        call("ab,c->c", array(2, 3), array(2)),
    )
    yield Row(name="einsum", dtypes=NUMERIC, calls=summed, loose=20)


def _vdot(x1: Any, x2: Any) -> Any:
    return np.sum(np.conj(x1.ravel()) * x2.ravel(), dtype=x1.dtype)


def _norms() -> Iterator[Row]:
    vector, box = array(4), array(2, 3, 2)
    calls = (
        call(_X),
        call(box),
        call(vector),
        *(call(vector, ord=kind) for kind in (1, 2, _INF, -_INF, 0, 3, 0.5)),
        *(call(_X, ord=kind) for kind in ("fro", "nuc", 1, 2, _INF, -1, -2, -_INF)),
        call(_X, axis=0),
        call(_X, axis=-1, keepdims=True),
        call(_X, ord=1, axis=1),
        call(box, axis=(0, 2)),
        call(box, ord="fro", axis=(0, -1), keepdims=True),
        call(box, ord=1, axis=(2, 0)),
        call(box, ord="nuc", axis=(1, 2), keepdims=True),
        call(_X, keepdims=True),
        call(_X, 1, 0),
        call(array(0, 3), axis=0),
    )
    yield Row(
        name="norm",
        dtypes=FLOATING,
        calls=calls,
        reference=np.linalg.norm,
        result=_rules.real_part,
        loose=20,
    )


def _sums() -> Iterator[Row]:
    box = array(2, 3, 2)
    calls = (
        call(_X),
        call(_X, axis=0),
        call(_X, axis=-1, keepdims=True),
        call(box, axis=(0, 2)),
        call(_X, 1),
        call(array()),
        call(_X, keepdims=True),
        call(array(0)),
        call(array(2, 0), axis=1),
        call(array(0, 3, 2), axis=(0, 2), keepdims=True),
        call(array(0, 3), axis=1),
        call(_X, axis=()),
    )
    yield Row(name="logsumexp", dtypes=REAL_FLOATING, calls=calls, reference=_logsumexp, loose=4)
    turns = ((1 + 1j, 2 - 3j, -1 + 2j), (1 + 4j, 1 + 4j, 1 - 9j), (700 + 1j, 699 - 2j, -1j))
    yield Row(
        name="logsumexp",
        dtypes=COMPLEX,
        calls=(call(array(values=turns), axis=1), call(_X), call(_X, 0, keepdims=True)),
        reference=_complex_logsumexp,
        loose=4,
        note="complex",
    )
    extremes = (
        (1000.0, 1000.0, 999.0),
        (-1000.0, -1001.0, -1000.0),
        (-_INF, -_INF, -_INF),
        (-_INF, 0.0, 1.0),
        (_INF, 0.0, -_INF),
        (float("nan"), 0.0, 1.0),
    )
    yield Row(
        name="logsumexp",
        dtypes=REAL_FLOATING,
        calls=(call(array(values=extremes), axis=1),),
        reference=_logsumexp,
        note="special",
    )


def _logsumexp(x: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    """Sum from the largest, in steps of `logaddexp`, which takes the infinities as they come."""
    axes = tuple(range(x.ndim)) if axis is None else axis
    add: Any = np.logaddexp
    return np.asarray(add.reduce(x, axis=axes, keepdims=keepdims), x.dtype)


def _complex_logsumexp(x: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    wide = x.astype("complex128")
    shift = wide.real.max(axis=axis, keepdims=True)
    total = np.log(np.sum(np.exp(wide - shift), axis=axis, keepdims=True)) + shift
    return np.asarray(total if keepdims else np.squeeze(total, axis), x.dtype)


def _shapes() -> Iterator[Row]:
    box = array(2, 3, 2)
    calls: dict[str, tuple[Any, ...]] = {
        "ravel": (
            call(_X),
            call(array()),
            call(array(0, 3)),
            call(array(3, 2, layout="transposed")),
            call(array(2, 3, layout="strided")),
        ),
        "transpose": (call(_X), call(box), call(box, (1, 2, 0)), call(array(3)), call(array(0, 3))),
        "swapaxes": (call(box, 0, 2), call(_X, 0, 1), call(box, -1, 1), call(box, 1, 1)),
    }
    for name, made in calls.items():
        yield Row(name=name, dtypes=ALL, calls=made)


def _stacks() -> Iterator[Row]:
    vectors, matrices = [array(3), array(3)], [_X, array(2, 3)]
    calls = (call(vectors), call(matrices), call([array(0), array(0)]), call([_X]))
    mixed = call([array(2, dtype="int8"), array(2, dtype="int32")])
    for name in ("hstack", "vstack", "dstack", "column_stack"):
        yield Row(name=name, dtypes=ALL, calls=(*calls, mixed))


def _diagonals() -> Iterator[Row]:
    box = array(2, 3, 4)
    offsets = (call(_X), call(_X, offset=1), call(_X, offset=-1), call(box), call(array(0, 3)))
    yield Row(name="diagonal", dtypes=ALL, calls=offsets, reference=_diagonal)
    yield Row(name="trace", dtypes=NUMERIC, calls=offsets, reference=_trace, result=_rules.widened)
    made = (
        call(array(3)),
        call(array(2), k=1),
        call(_X),
        call(_X, k=-1),
        call(array(0)),
        call(_X, 1),
    )
    yield Row(name="diag", dtypes=ALL, calls=made)


def _diagonal(x: Any, *, offset: int = 0) -> Any:
    return np.diagonal(x, offset, -2, -1)


def _trace(x: Any, *, offset: int = 0) -> Any:
    return np.trace(x, offset, -2, -1)


def _close() -> Iterator[Row]:
    x = array(values=(1.0, 1.0, 0.0, -_INF, _INF, 2.0, float("nan")))
    y = array(values=(1.0, 1.1, 1e-9, _INF, _INF, 2.00001, float("nan")))
    calls = (
        call(x, y),
        call(x, y, equal_nan=True),
        call(x, y, rtol=0.2),
        call(x, y, 0, 0.2),
        call(_X, _X),
        call(_X, array(3)),
    )
    yield Row(name="isclose", dtypes=FLOATING, calls=calls)
    x, y = array(values=(1, 3, 100, 0, 7)), array(values=(3, 1, 101, 0, 7))
    whole = (call(x, y), call(x, y, 0, 1), call(x, y, 0, 2), call(x, y, rtol=0.02))
    large = [array(dtype="int32", values=(2**24 + end, 5)) for end in (1, 0)]
    ends = [array(dtype="int8", values=end) for end in ((-128, -128), (127, -128))]
    exact = (call(*large, 0, 0), call(*ends, 0, 254), call(*ends, 0, 255))
    yield Row(name="isclose", dtypes=INTEGER, calls=(*whole, *exact), note="integers")


def laws() -> Iterator[Case]:
    """Yield the cases."""
    yield law("allclose[true-and-false]", _allclose)
    yield law("allclose[jit]", _allclose_traced, capabilities=("jit",))
    yield law("vdot[conjugates]", _conjugates, dtypes=("complex64",))
    yield law("matmul[full-precision]", partial(_precise, "matmul"), dtypes=("float32",))
    yield law("einsum[full-precision]", partial(_precise, "einsum"), dtypes=("float32",))
    yield law("logsumexp[integers]", _logsumexp_of_integers, dtypes=("uint8", "int8", "bool"))
    yield law("ix_[grid]", _grid)
    yield law("ix_[bools]", _grid_of_bools)
    yield law("ix_[two-axes]", _grid_refused)


def _logsumexp_of_integers(ops: Any) -> None:
    for values in (
        np.array([3, 5], "uint8"),
        np.array([-100, 100], "int8"),
        np.array([True, False]),
    ):
        got = float(ops.logsumexp(put(ops, values)))
        want = float(np.logaddexp.reduce(values.astype("float64")))
        assert abs(got - want) < 1e-5 * want, f"expected {want}, got {got}"


def _allclose(ops: Any) -> None:
    x = floats(ops, [1.0, 2.0])
    for other, options, want in (
        ([1.0, 2.0], {}, True),
        ([1.0, 2.1], {}, False),
        ([1.0, 2.1], {"rtol": 0.1}, True),
        ([1.0, 2.1], {"rtol": 0.0, "atol": 0.2}, True),
    ):
        got = ops.allclose(x, floats(ops, other), **options)
        assert bool(got) is want, f"expected {want} for {other} with {options}, got {got}"
    one, other = (ops.asarray([2**24 + end], dtype=ops.int32) for end in (1, 0))
    assert not bool(ops.allclose(one, other, 0, 0)), "expected integers compared exactly"
    missing = floats(ops, [float("nan")])
    assert not bool(ops.allclose(missing, missing)), "expected NaN to be close to nothing"
    assert bool(ops.allclose(missing, missing, equal_nan=True)), "expected equal_nan to accept it"


def _allclose_traced(ops: Any) -> None:
    x = floats(ops, [1.0, 2.0])
    got = ops.jit(lambda a, b: ops.where(ops.allclose(a, b), a, -a))(x, x)
    check_tree(ops, got, np.array([1.0, 2.0]))


def _conjugates(ops: Any) -> None:
    x = ops.asarray([1j, 2.0], dtype=ops.complex64)
    y = ops.asarray([1.0, 1j], dtype=ops.complex64)
    check_array(ops, ops.vdot(x, y), np.complex64(1j))


def _precise(name: str, ops: Any) -> None:
    """A product that drops bits of its factors, as some devices do, is off by 1e-3."""
    rng = np.random.default_rng(3)
    x, y = (rng.uniform(0.5, 1, (64, 64)).astype("float32") for _ in range(2))
    one, other = ops.asarray(x), ops.asarray(y)
    got = ops.matmul(one, other) if name == "matmul" else ops.einsum("ij,jk->ik", one, other)
    error = np.abs(ops.to_numpy(got) / (x.astype(float) @ y.astype(float)) - 1).max()
    assert error < 2e-6, f"expected the full precision of float32, got an error of {error:.1e}"


def _grid(ops: Any) -> None:
    rows, columns = integers(ops, [0, 2]), integers(ops, [1, 0, 2])
    first, second = ops.ix_(rows, columns)
    shapes = (tuple(first.shape), tuple(second.shape))
    assert shapes == ((2, 1), (1, 3)), f"expected shapes (2, 1) and (1, 3), got {shapes}"
    host = np.arange(9.0).reshape(3, 3)
    check_tree(ops, floats(ops, host)[first, second], host[np.ix_([0, 2], [1, 0, 2])])


def _grid_of_bools(ops: Any) -> None:
    rows = ops.asarray([True, False, True])
    first, second = ops.ix_(rows, integers(ops, [1, 2]))
    check_tree(ops, (first, second), (np.array([[0], [2]]), np.array([[1, 2]])))


def _grid_refused(ops: Any) -> None:
    check_raises(lambda: ops.ix_(integers(ops, [[0, 1]]), integers(ops, [0])), ValueError)
