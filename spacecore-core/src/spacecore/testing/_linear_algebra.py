"""Products and other functions of matrices whose results are unique."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from spacecore.testing import _rules
from spacecore.testing._inputs import ALL, FLOATING, NUMERIC, array
from spacecore.testing._table import Call, Row, call

__all__ = ["rows"]

_SQUARE = array(3, 3)
_STACK = array(2, 3, 3)
_EMPTY = array(0, 3, 3)
_MIXED = (("float32", "float64"), ("int8", "int32"), ("complex64", "float64"))


def rows() -> list[Row]:
    """Return the rows of the table."""
    return [*_products(), *_parts(), *_square(), *_norms(), *_truncated()]


def _products() -> Iterator[Row]:
    calls: dict[str, tuple[Call, ...]] = {
        "matmul": (
            call(array(2, 3), array(3, 2)),
            call(array(2, 3), array(3)),
            call(array(3), array(3, 2)),
            call(array(3), array(3)),
            call(array(2, 2, 3), array(3, 2)),
            call(array(2, 1, 2, 3), array(2, 3, 1)),
            call(array(2, 0), array(0, 3)),
            call(array(0, 2), array(2, 3)),
            call(array(3, 2, layout="transposed"), array(2, 3, layout="strided")),
            call(array(2, 3, layout="readonly"), array(3, 2, layout="reversed")),
        ),
        "tensordot": (
            call(array(2, 3), array(2, 3)),
            call(array(2, 3), array(3, 2), axes=1),
            call(array(2), array(3), axes=0),
            call(array(2, 3), array(3, 2), axes=((0, 1), (1, 0))),
            call(array(2, 3, 2), array(3, 2), axes=((1,), (0,))),
            call(array(2, 0), array(0, 3), axes=1),
        ),
        "vecdot": (
            call(array(2, 3), array(2, 3)),
            call(array(3), array(2, 3)),
            call(array(3, 2), array(3, 1), axis=-2),
            call(array(0, 3), array(3)),
            call(array(2, 0), array(2, 0)),
        ),
    }
    for name, made in calls.items():
        mixed = tuple(
            call(*(s._replace(dtype=d) for s, d in zip(made[0].args, pair, strict=True)))
            for pair in _MIXED
        )
        for full in (name, f"linalg.{name}"):
            yield Row(name=full, dtypes=NUMERIC, calls=(*made, *mixed), reference=getattr(np, name))
    yield Row(
        name="linalg.cross",
        dtypes=NUMERIC,
        calls=(
            call(array(3), array(3)),
            call(array(2, 3), array(3)),
            call(array(3, 2), array(3, 1), axis=-2),
            call(array(2, 3, 2), array(3, 1), axis=-2),
            call(array(0, 3), array(0, 3)),
        ),
        domain="small",
        reference=_cross,
    )
    outer = (call(array(2), array(3)), call(array(0), array(3)), call(array(1), array(1)))
    yield Row(name="linalg.outer", dtypes=NUMERIC, calls=outer, reference=np.multiply.outer)


def _cross(x1: Any, x2: Any, axis: int = -1) -> Any:
    one, other = (np.moveaxis(x, axis, 0) for x in np.broadcast_arrays(x1, x2))
    parts = [one[i - 2] * other[i - 1] - one[i - 1] * other[i - 2] for i in range(3)]
    return np.stack(parts, axis=axis).astype(np.result_type(x1, x2))


def _parts() -> Iterator[Row]:
    x = array(2, 3)
    offsets = (
        call(x),
        call(x, offset=1),
        call(x, offset=-1),
        call(array(2, 3, 4)),
        call(array(0, 3)),
        call(array(3, 2, layout="transposed")),
    )
    yield Row(name="linalg.diagonal", dtypes=ALL, calls=offsets, reference=_diagonal)
    yield Row(
        name="linalg.trace", dtypes=NUMERIC, calls=offsets, reference=_trace, result=_rules.widened
    )
    turned = (call(x), call(array(2, 3, 4)), call(array(0, 3)))
    yield Row(
        name="linalg.matrix_transpose", dtypes=ALL, calls=turned, reference=np.matrix_transpose
    )


def _diagonal(x: Any, *, offset: int = 0) -> Any:
    return np.diagonal(x, offset, -2, -1)


def _trace(x: Any, *, offset: int = 0) -> Any:
    return np.trace(x, offset, -2, -1)


def _square() -> Iterator[Row]:
    stacks = (call(_SQUARE), call(_STACK), call(_EMPTY), call(array(0, 0)), call(array(1, 1)))
    for name in ("det", "inv", "slogdet"):
        yield Row(
            name=f"linalg.{name}", dtypes=FLOATING, calls=stacks, domain="invertible", loose=20
        )
    right = (
        call(_SQUARE, array(3, domain="ordinary")),
        call(_SQUARE, array(3, 2, domain="ordinary")),
        call(_STACK, array(3, 2, domain="ordinary")),
        call(_STACK, array(2, 3, 1, domain="ordinary")),
        call(_STACK, array(3, domain="ordinary")),
        call(array(0, 0), array(0, domain="ordinary")),
    )
    for full in ("solve", "linalg.solve"):
        yield Row(
            name=full,
            dtypes=FLOATING,
            calls=right,
            domain="invertible",
            reference=np.linalg.solve,
            loose=20,
        )
    powers = (
        call(_SQUARE, 0),
        call(_SQUARE, 3),
        call(_STACK, -2),
        call(_SQUARE, 1),
        call(_EMPTY, 2),
    )
    yield Row(
        name="linalg.matrix_power", dtypes=FLOATING, calls=powers, domain="invertible", loose=50
    )
    yield Row(
        name="linalg.eigvalsh",
        dtypes=FLOATING,
        calls=(call(_SQUARE), call(_STACK), call(_EMPTY)),
        domain="hermitian",
        result=_rules.real_part,
        loose=20,
    )


def _norms() -> Iterator[Row]:
    x, inf = array(2, 3), float("inf")
    vectors = (
        call(x),
        call(x, axis=0),
        call(x, axis=-1, keepdims=True),
        call(array(2, 3, 2), axis=(0, 2)),
        call(x, ord=1, axis=1),
        call(x, ord=inf),
        call(x, ord=-inf, axis=0),
        call(x, ord=0),
        call(x, ord=3, axis=-1),
        call(x, keepdims=True),
        call(array(0, 3), axis=0),
        *(call(array(0), ord=kind) for kind in (inf, -1, 0.5)),
        call(array(2, 0), ord=inf, axis=1, keepdims=True),
        call(array(0, 3), ord=-2, axis=0),
        call(array(0, 3), ord=inf, axis=1),
    )
    yield Row(
        name="linalg.vector_norm",
        dtypes=FLOATING,
        calls=vectors,
        result=_rules.real_part,
        loose=4,
    )
    matrices = (
        call(x),
        *(call(x, ord=kind) for kind in ("fro", "nuc", 1, 2, inf, -1, -2, -inf)),
        call(array(2, 3, 4), keepdims=True),
        call(array(2, 3, 4), ord=2),
        call(array(2, 3, 4), ord=1, keepdims=True),
    )
    yield Row(
        name="linalg.matrix_norm",
        dtypes=FLOATING,
        calls=matrices,
        result=_rules.real_part,
        loose=20,
    )


def _truncated() -> Iterator[Row]:
    """Functions that neglect small singular values."""
    tall, tiny = array(4, 3), array(values=((1, 0, 0), (0, 1e-4, 0), (0, 0, 0)))
    yield Row(
        name="linalg.svdvals",
        dtypes=FLOATING,
        calls=(call(tall), call(array(2, 3, 4)), call(array(0, 3))),
        result=_rules.real_part,
        loose=20,
    )
    large = array(values=(((100, 0), (0, 3)), ((1, 0), (0, 1e-2))))
    ranks = (
        *(call(large, rtol=0.5), call(large, rtol=array(dtype="float32", values=(0.5, 1e-3)))),
        *(call(tall), call(tiny), call(tiny, rtol=1e-3), call(_STACK)),
        *(call(array(0, 3)), call(array(2, 3, 0))),
    )
    yield Row(
        name="linalg.matrix_rank",
        dtypes=FLOATING,
        calls=ranks,
        reference=_rank,
        result=_rules.default_integer,
    )
    single = array(dtype="float32", values=((1, 0), (0, 1e-8)))
    inverses = (call(single), call(tall), call(tiny, rtol=1e-3), call(_STACK), call(array(3, 4)))
    yield Row(name="linalg.pinv", dtypes=FLOATING, calls=inverses, reference=_inverse, loose=100)


def _rank(x: Any, *, rtol: Any = None) -> Any:
    if 0 in x.shape[-2:]:  # which NumPy before 2.4 refuses
        return np.zeros(x.shape[:-2], np.int64)
    return np.linalg.matrix_rank(x, rtol=rtol)


def _inverse(x: Any, *, rtol: Any = None) -> Any:
    return np.linalg.pinv(x, rtol=rtol)
