"""Shapes and orders: manipulation, indexing, sorting, searching and set functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from spacecore.testing import _rules
from spacecore.testing._inputs import ALL, NUMERIC, REAL, array
from spacecore.testing._table import Row, call

__all__ = ["rows"]

_X = array(2, 3)
_BOX = array(2, 3, 2)


def rows() -> list[Row]:
    """Return the rows of the table."""
    return [*_shapes(), *_joining(), *_repeating(), *_indexing(), *_sorting(), *_searching()]


def _shapes() -> list[Row]:
    empty, strided = array(0, 3), array(2, 3, layout="strided")
    calls: dict[str, tuple[Any, ...]] = {
        "broadcast_arrays": (
            call(array(2, 1), array(3)),
            call(array(), array(0, 3)),
            call(array(2, 3)),
        ),
        "broadcast_to": (
            call(array(3), (2, 3)),
            call(array(), (0, 2)),
            call(array(2, 1), (4, 2, 3)),
        ),
        "expand_dims": (
            call(_X, axis=0),
            call(_X, axis=-1),
            call(_X, axis=1),
            call(array(), axis=0),
            call(empty, axis=-3),
        ),
        "flip": (
            call(_X),
            call(_X, axis=0),
            call(_X, axis=-1),
            call(_BOX, axis=(0, -1)),
            call(empty, axis=1),
            call(array()),
        ),
        "moveaxis": (
            call(_BOX, 0, -1),
            call(_BOX, (0, 1), (-1, 0)),
            call(_BOX, -1, 0),
            call(empty, 0, 1),
        ),
        "permute_dims": (
            call(_BOX, (2, 0, 1)),
            call(_X, (1, 0)),
            call(_BOX, axes=(1, 2, 0)),
            call(array(), ()),
            call(empty, (1, 0)),
        ),
        "reshape": (
            call(_X, (3, 2)),
            call(_X, (-1,)),
            call(array(), (1, 1)),
            call(array(1), ()),
            call(empty, (3, 0)),
            call(strided, (6,)),
            call(array(3, 2, layout="transposed"), (2, 3)),
            call(_X, (6,), copy=True),
        ),
        "roll": (
            call(_X, 1),
            call(_X, -1, axis=0),
            call(_X, (1, 2), axis=(0, -1)),
            call(_X, 7, axis=1),
            call(_X, 1, axis=()),
            call(_X, (4,)),
            call(array(), 1),
            call(empty, 1, axis=0),
        ),
        "squeeze": (
            call(array(1, 3), 0),
            call(array(2, 1, 3), axis=1),
            call(array(1, 3, 1), (0, -1)),
            call(array(1, 0), axis=0),
        ),
        "unstack": (call(_X), call(_X, axis=1), call(_BOX, axis=-1), call(array(2, 0), axis=0)),
        "matrix_transpose": (call(_X), call(_BOX), call(empty), call(strided)),
        "tril": (call(_X), call(_BOX, k=1), call(_X, k=-1), call(empty)),
        "triu": (call(_X), call(_BOX, k=1), call(_X, k=-1), call(empty)),
    }
    return [Row(name=name, dtypes=ALL, calls=made) for name, made in calls.items()]


def _joining() -> list[Row]:
    one, two = array(2, 3), array(1, 3)
    joined = (
        call([one, two]),
        call([one, one], axis=1),
        call([one, one], axis=-1),
        call([one, two], axis=None),
        call([one]),
        call([array(0, 3), one]),
        call([one, array(2, 3, layout="strided")], axis=0),
        call([array(2, 3, dtype="int8"), array(2, 3, dtype="int32")]),
        call([array(2, dtype="float32"), array(3, dtype="float64")]),
        call([array(2, dtype="complex64"), array(3, dtype="float64")]),
    )
    stacked = (
        call([one, one]),
        call([one, one], axis=1),
        call([one, one], axis=-1),
        call([array(), array()]),
        call([array(0), array(0)], axis=0),
        call([array(2, dtype="uint8"), array(2, dtype="int8")]),
    )
    grids = (
        call(array(2), array(3)),
        call(array(2), array(3), indexing="ij"),
        call(array(2), array(3), array(1), indexing="xy"),
        call(array(2)),
    )
    return [
        Row(name="concat", dtypes=ALL, calls=joined),
        Row(name="stack", dtypes=ALL, calls=stacked),
        Row(name="meshgrid", dtypes=NUMERIC, calls=grids),
    ]


def _repeating() -> list[Row]:
    counts = array(dtype="index", values=(1, 0, 2))
    repeated = (
        call(_X, 2),
        call(_X, 2, axis=0),
        call(_X, 0, axis=1),
        call(_X, counts, axis=-1),
        call(array(0, 3), 2, axis=0),
    )
    tiled = (
        call(_X, (2, 1)),
        call(_X, (2,)),
        call(array(3), (2, 2)),
        call(array(), (3,)),
        call(_X, (0, 1)),
    )
    return [
        Row(name="repeat", dtypes=ALL, calls=repeated),
        Row(name="tile", dtypes=ALL, calls=tiled),
    ]


def _indexing() -> list[Row]:
    places = array(dtype="index", values=(2, 0, -1, 2))
    taken = (
        call(array(4), places),
        call(_X, array(dtype="int32", values=(1, 0)), axis=0),
        call(_X, places._replace(values=(2, 0, -1), shape=(3,)), axis=-1),
        call(_X, array(0, dtype="index"), axis=1),
        call(_X, array(dtype="index", values=(0, 1, 1)), axis=-2),
    )
    each = array(dtype="index", values=((2, 0), (-1, 1)))
    along = (
        call(_X, each),
        call(_X, each, axis=-1),
        call(_X, array(dtype="index", values=((1, 0, 1),)), axis=0),
        call(_X, array(dtype="int32", values=((0, 1, 2), (2, 2, 2))), axis=1),
    )
    return [
        Row(name="take", dtypes=ALL, calls=taken),
        Row(name="take_along_axis", dtypes=ALL, calls=along, reference=_along),
    ]


def _along(x: Any, indices: Any, axis: int = -1) -> Any:
    return np.take_along_axis(x, indices, axis=axis)


def _sorting() -> list[Row]:
    orders = (
        call(_X),
        call(_X, axis=0),
        call(array(6), descending=True),
        call(_X, axis=-1, descending=True),
        call(array(2, 5), axis=1, stable=False),
        call(array(0, 3), axis=0),
        call(array(3, 2, layout="transposed"), axis=0),
        call(array(2, 3, layout="readonly")),
    )
    ties = (
        call(array(8, domain="repeating")),
        call(array(8, domain="repeating"), descending=True),
        call(array(2, 6, domain="repeating"), axis=1, descending=True, stable=True),
    )
    return [
        Row(name="sort", dtypes=REAL, calls=(*orders, *ties), reference=_sorted, domain="distinct"),
        Row(
            name="argsort",
            dtypes=REAL,
            calls=(*orders, *ties),
            reference=_order,
            domain="distinct",
            result=_rules.index,
        ),
    ]


def _order(x: Any, axis: int = -1, *, descending: bool = False, stable: bool = True) -> Any:
    """Sort keys that run the other way when descending, so that ties keep their order."""
    keys = -x.astype(np.float64) if descending else x
    return np.argsort(keys, axis=axis, stable=True)


def _sorted(x: Any, axis: int = -1, **options: Any) -> Any:
    return np.take_along_axis(x, _order(x, axis, **options), axis=axis)


def _searching() -> list[Row]:
    steps = array(values=(1, 2, 2, 5))
    placed = (
        call(steps, array(2, 3, domain="small")),
        call(steps, array(4, domain="small"), side="right"),
        call(array(values=(5, 1, 2)), array(3), sorter=array(dtype="index", values=(1, 2, 0))),
        call(steps, array()),
        call(array(0), array(2)),
    )
    mask = array(2, 3, dtype="bool")
    chosen = (
        call(mask, _X, _X),
        call(mask, array(3), array(2, 1)),
        call(mask, _X, 1),
        call(array(dtype="bool"), _X, array()),
        call(array(0, 3, dtype="bool"), array(0, 3), array(3)),
        call(mask, array(2, 3, dtype="int8"), array(2, 3, dtype="int32")),
        call(mask, array(2, 3, dtype="float32"), array(3, dtype="complex128")),
    )
    repeated = (
        call(array(2, 4)),
        call(array(5)),
        call(array(0)),
        call(array(2, 3, layout="strided")),
    )
    return [
        Row(name="searchsorted", dtypes=REAL, calls=placed, result=_rules.index),
        Row(name="where", dtypes=NUMERIC, calls=chosen),
        Row(name="nonzero", dtypes=ALL, calls=repeated, domain="repeating", result=_rules.index),
    ]
