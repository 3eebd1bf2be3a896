"""Indexed updates: every kind of index, duplicates, copies."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from spacecore.errors import CastError
from spacecore.testing._case import Case
from spacecore.testing._compare import check_array, check_raises
from spacecore.testing._inputs import put
from spacecore.testing._law import check_tree, floats, integers, law

__all__ = ["laws"]

_X = np.arange(12).reshape(4, 3)


class _Update(NamedTuple):
    """An index, NumPy arrays standing for the backend's, and what to put there."""

    label: str
    index: Any
    values: Any


_UPDATES = (
    _Update("int", 1, 9),
    _Update("negative-int", -1, [7, 8, 9]),
    _Update("element", (2, -2), 5),
    _Update("slice", slice(1, 3), 4),
    _Update("step", (slice(None, None, 2), 1), [6, 7]),
    _Update("ellipsis", (..., 0), 3),
    _Update("everything", slice(None), [[1], [2], [3], [4]]),
    _Update("empty-slice", slice(2, 2), 1),
    _Update("integers", np.array([2, 0]), [[9, 8, 7], [6, 5, 4]]),
    _Update("negative-integers", np.array([-1, -3]), 1),
    _Update("pairs", (np.array([0, 3]), np.array([2, 1])), [5, 6]),
    _Update("rows-of-slice", (np.array([1, 3]), slice(0, 2)), 2),
    _Update("int32-integers", np.array([3, 1], dtype="int32"), 2),
    _Update("no-integers", np.zeros(0, dtype="int64"), 2),
    _Update("mask", _X % 3 == 1, 7),
    _Update("row-mask", np.array([True, False, False, True]), 2),
    _Update("empty-mask", np.zeros((4, 3), dtype="bool"), 2),
)
_REPEATED = (
    _Update("duplicates", np.array([1, 1, 3, 1]), 2),
    _Update("duplicate-rows", np.array([0, 0]), [[1, 2, 3], [4, 5, 6]]),
    _Update("duplicate-pairs", (np.array([2, 2, 0]), np.array([1, 1, 0])), [5, 6, 7]),
    _Update("negative-duplicates", np.array([-1, 3]), 2),
)
_CASTS = (
    ("float32", "float64"),
    ("float64", "float32"),
    ("float32", "int64"),
    ("complex64", "float64"),
    ("int32", "int64"),
    ("int8", "uint8"),
)
_DTYPES = ("float64", "int64", "float32", "complex64", "int32", "uint8", "complex128")
_TRACEABLE = ("int", "slice", "step", "integers", "pairs", "mask", "duplicates", "duplicate-pairs")


def laws() -> Iterator[Case]:
    """Yield the cases."""
    for function in ("index_set", "index_add"):
        updates = _UPDATES if function == "index_set" else (*_UPDATES, *_REPEATED)
        for i, update in enumerate(updates):
            dtype = _DTYPES[i % len(_DTYPES)]
            for copy in (True, False):
                name = f"{function}[{dtype}-{update.label}{'' if copy else '-copy=False'}]"
                check = partial(_check, function, update, dtype, copy=copy)
                yield law(name, check, dtypes=(dtype,))
            if update.label in _TRACEABLE:
                check = partial(_compiled, function, update)
                yield law(f"{function}[float32-{update.label}-jit]", check, dtypes=("float32",))
        yield law(f"{function}[0-d]", partial(_zero_d, function), dtypes=("float32",))
        for dtype in ("uint8", "int16"):
            check = partial(_beyond_range, function, dtype)
            yield law(f"{function}[{dtype}-beyond-range]", check, dtypes=(dtype,))
        yield law(f"{function}[array-values]", partial(_array_values, function))
        for dtype, given in _CASTS:
            check = partial(_cast, function, dtype, given)
            yield law(f"{function}[{given}-into-{dtype}]", check, dtypes=(dtype, given))
        yield law(f"{function}[float-into-int32]", partial(_cut, function), dtypes=("int32",))
        check = partial(_complex_into_real, function)
        yield law(f"{function}[complex-into-real-refused]", check, dtypes=("float32", "complex64"))
        yield law(f"{function}[result-of-a-sum]", partial(_of_a_sum, function))
    yield law("index_set[bool]", _bool, dtypes=("bool",))
    yield law("index_add[bool]", _bools_added, dtypes=("bool",))
    yield law("index_add[20-duplicates]", _many, dtypes=("float32",))
    yield law("index_add[spread-over-two-axes]", _spread)


def _expected(function: str, x: Any, index: Any, values: Any) -> Any:
    out = x.copy()
    if function == "index_set":
        out[index] = values
    else:
        np.add.at(out, index, values)
    return out


def _on_backend(ops: Any, item: Any) -> Any:
    if isinstance(item, tuple):
        return tuple(_on_backend(ops, part) for part in item)
    if not isinstance(item, np.ndarray):
        return item
    return integers(ops, item) if item.dtype == np.int64 else put(ops, item)


def _values(ops: Any, values: Any, dtype: str) -> Any:
    return put(ops, np.asarray(values, dtype)) if isinstance(values, list) else values


def _check(function: str, update: _Update, dtype: str, ops: Any, *, copy: bool) -> None:
    host = _X.astype(dtype)
    x, index = put(ops, host), _on_backend(ops, update.index)
    values = _values(ops, update.values, dtype)
    got = getattr(ops, function)(x, index, values, copy=copy)
    want = _expected(function, host, update.index, np.asarray(update.values, dtype))
    check_array(ops, got, want)
    if copy:
        untouched = np.array_equal(ops.to_numpy(x), host)
        assert untouched, "expected x unchanged with copy=True, got it changed"


def _compiled(function: str, update: _Update, ops: Any) -> None:
    host = _X.astype("float32")
    index = _on_backend(ops, update.index)
    values = _values(ops, update.values, "float32")
    traced = ops.jit(lambda x: getattr(ops, function)(x, index, values))
    want = _expected(function, host, update.index, np.asarray(update.values, "float32"))
    check_array(ops, traced(put(ops, host)), want)


def _beyond_range(function: str, dtype: str, ops: Any) -> None:
    limits = np.iinfo(dtype)
    x, update = put(ops, np.zeros(4, dtype)), getattr(ops, function)
    for index in (0, slice(0, 2), put(ops, np.array([0, 3]))):
        for number in (int(limits.min) - 1, int(limits.max) + 1):
            check_raises(partial(update, x, index, number), OverflowError)
        kept = update(x, index, int(limits.max))
        check_array(ops, kept[0], np.array(limits.max, dtype))


def _zero_d(function: str, ops: Any) -> None:
    x = put(ops, np.float32(2))
    check_array(ops, getattr(ops, function)(x, (), 3), np.float32(3 if "set" in function else 5))


def _array_values(function: str, ops: Any) -> None:
    """The values broadcast, and take the dtype of x."""
    x = ops.zeros((2, 3), dtype=ops.float32)
    values = ops.ones((3,), dtype=ops.float32)
    got = getattr(ops, function)(x, (slice(None),), values)
    check_array(ops, got, np.ones((2, 3), "float32"))


def _cast(function: str, dtype: str, given: str, ops: Any) -> None:
    """Values of another dtype become those of x, by whatever index."""
    host, values = np.array([5, 6, 7], dtype), np.array([1, 2], given)
    for index in (slice(0, 2), np.array([2, 0]), np.array([True, False, True])):
        made = getattr(ops, function)(put(ops, host), _on_backend(ops, index), put(ops, values))
        check_array(ops, made, _expected(function, host, index, values.astype(dtype)))


def _cut(function: str, ops: Any) -> None:
    """Values are cast, and then added."""
    x, values = put(ops, np.array([3, 4], "int32")), floats(ops, [-2.5])
    got = getattr(ops, function)(x, slice(0, 1), values)
    check_array(ops, got, np.array([-2 if function == "index_set" else 1, 4], "int32"))


def _complex_into_real(function: str, ops: Any) -> None:
    x, values = put(ops, np.zeros(3, "float32")), put(ops, np.array([1j, 2], "complex64"))
    for index in (slice(0, 2), integers(ops, [1, 1])):
        for copy in (True, False):
            update = partial(getattr(ops, function), copy=copy)
            check_raises(lambda u=update, i=index: u(x, i, values), CastError)
            check_raises(lambda u=update, i=index: u(x, i, 1j), CastError)
    check_array(ops, x, np.zeros(3, "float32"))


def _of_a_sum(function: str, ops: Any) -> None:
    """A result without axes may be no array that can be written to."""
    total = ops.sum(ops.ones((2,), dtype=ops.float32))
    got = getattr(ops, function)(total, (), 3, copy=False)
    check_array(ops, got, np.float32(3 if "set" in function else 5))


def _spread(ops: Any) -> None:
    """An array of indices has axes of its own, and the values broadcast to them."""
    x, index = floats(ops, [1, 2, 3]), integers(ops, [[0, 1], [2, 1], [0, 1]])
    for values, want in (
        ([10, 20], [21.0, 62.0, 13.0]),
        ([[10], [20], [30]], [41.0, 62.0, 23.0]),
        ([7], [15.0, 23.0, 10.0]),
    ):
        for copy in (True, False):
            for place in (index, (index,)):
                made = ops.index_add(ops.copy(x), place, floats(ops, values), copy=copy)
                check_tree(ops, made, np.array(want))


def _bool(ops: Any) -> None:
    host = np.array([True, False, True])
    got = ops.index_set(put(ops, host), integers(ops, [0, 1]), True)
    check_array(ops, got, np.array([True, True, True]))


def _bools_added(ops: Any) -> None:
    x = put(ops, np.array([True, False, False, False]))
    got = ops.index_add(
        x, integers(ops, [0, 1, 1, 2]), put(ops, np.array([True, True, True, False]))
    )
    check_array(ops, got, np.array([True, True, False, False]))


def _many(ops: Any) -> None:
    places = np.arange(20) % 3
    got = ops.index_add(put(ops, np.zeros(4, "float32")), integers(ops, places), 1.0)
    check_array(ops, got, np.array([7, 7, 6, 0], "float32"))
