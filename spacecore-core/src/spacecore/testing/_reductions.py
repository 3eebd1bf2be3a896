"""Reductions, running reductions, and searches along axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from spacecore.testing import _rules
from spacecore.testing._inputs import ALL, FLOATING, NUMERIC, REAL, REAL_FLOATING, array
from spacecore.testing._table import Call, DTypeOf, Row, call

__all__ = ["rows"]

_X = array(2, 3)
_BOX = array(2, 3, 2)

_NONEMPTY = (
    call(_X),
    call(_X, axis=0),
    call(_X, axis=-1, keepdims=True),
    call(_BOX, axis=(0, -1)),
    call(_BOX, axis=(2, 0), keepdims=True),
    call(_X, keepdims=True),
    call(array()),
    call(array(3, 2, layout="transposed"), axis=1),
    call(array(2, 3, layout="strided"), axis=0),
    call(array(2, 3, layout="readonly"), axis=0),
    call(array(2, 3, layout="reversed"), axis=1),
    call(array(3, 0, 2), axis=-1),
)
_CALLS = (
    *_NONEMPTY,
    call(array(0, 3)),
    call(array(0, 3), axis=0),
    call(array(0, 3), axis=-1, keepdims=True),
    call(_BOX, axis=()),
)


def rows() -> list[Row]:
    """Return the rows of the table."""
    return [
        *(_sum_like(name) for name in ("sum", "prod")),
        *(_in_dtype(name) for name in ("sum", "prod", "cumulative_sum", "cumulative_prod")),
        *(Row(name=name, dtypes=REAL, calls=_NONEMPTY) for name in ("max", "min")),
        Row(name="mean", dtypes=FLOATING, calls=_CALLS, result=_first),
        *(_spread(name) for name in ("std", "var")),
        *(Row(name=name, dtypes=ALL, calls=_CALLS, domain="repeating") for name in ("all", "any")),
        Row(
            name="count_nonzero",
            dtypes=ALL,
            calls=_CALLS,
            domain="repeating",
            result=_rules.default_integer,
        ),
        *(_running(name) for name in ("cumulative_sum", "cumulative_prod")),
        _difference(),
        *(_arg(name) for name in ("argmax", "argmin")),
    ]


def _first(ops: Any, dtypes: Any, reference: str) -> str:
    name: str = dtypes[0]
    return name


def _sum_like(name: str) -> Row:
    return Row(
        name=name,
        dtypes=NUMERIC,
        calls=_CALLS,
        domain="small",
        result=_rules.widened,
    )


def _in_dtype(name: str) -> Row:
    """The dtype to add in is chosen, so it is the result's."""
    calls: tuple[Call, ...] = (
        call(array(2, 3, dtype="int32"), dtype=DTypeOf("int64")),
        call(array(2, 3, dtype="int8"), dtype=DTypeOf("int8"), axis=0),
        call(array(2, 3, dtype="float32"), dtype=DTypeOf("float64")),
        call(array(0, dtype="float64"), dtype=DTypeOf("float32")),
        call(array(2, 3, dtype="complex64"), dtype=DTypeOf("complex128"), axis=-1),
    )
    if name.startswith("cumulative"):
        calls = tuple(c for c in calls if "axis" in c.kwargs)
    return Row(name=name, calls=calls, domain="small")


def _spread(name: str) -> Row:
    calls = (
        *_NONEMPTY[:-1],
        call(array(0, 3), axis=1),
        call(_X, correction=1),
        call(_X, axis=0, correction=0.5, keepdims=True),
        call(_BOX, axis=(0, 1), correction=1.0),
    )
    return Row(name=name, dtypes=REAL_FLOATING, calls=calls, result=_first, loose=4)


def _running(name: str) -> Row:
    x = array(4)
    calls = (
        call(x),
        call(_X, axis=0),
        call(_X, axis=-1),
        call(_X, axis=1, include_initial=True),
        call(x, include_initial=True),
        call(array(0)),
        call(array(0, 3), axis=0, include_initial=True),
        call(array(2, 3, layout="strided"), axis=1),
    )
    return Row(name=name, dtypes=NUMERIC, calls=calls, domain="small", result=_rules.widened)


def _difference() -> Row:
    calls = (
        call(array(5)),
        call(_X, axis=0),
        call(_X, axis=-1, n=2),
        call(_X, n=0),
        call(array(4), prepend=array(1), append=array(2)),
        call(_X, axis=0, append=array(1, 3)),
        call(array(2, 3, layout="strided")),
        call(array(4), prepend=None, append=None),
        call(array(4), prepend=None, append=array(1)),
    )
    return Row(name="diff", dtypes=NUMERIC, calls=calls, reference=_differences)


def _differences(x: Any, **options: Any) -> Any:
    given = {name: value for name, value in options.items() if value is not None}
    return np.diff(x, **given)


def _arg(name: str) -> Row:
    calls = (
        call(_X),
        call(_X, axis=0),
        call(_X, axis=-1, keepdims=True),
        call(_X, keepdims=True),
        call(array()),
        call(array(3, 2, layout="transposed"), axis=1),
        call(array(0, 3), axis=1),
        call(array(values=(2, 5, 1, 5, 1)), axis=0),
    )
    return Row(name=name, dtypes=REAL, calls=calls, domain="distinct", result=_rules.index)
