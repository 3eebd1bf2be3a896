"""Creation functions, and data types: defaults, casts, promotion, limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from spacecore.testing import _rules
from spacecore.testing._inputs import ALL, BOOL, COMPLEX, FLOATING, NUMERIC, REAL, array
from spacecore.testing._table import Call, DTypeOf, Row, Rule, call

__all__ = ["rows"]

_SHAPES = ((2, 3), (), (0, 2), 4)


def rows() -> list[Row]:
    """Return the rows of the table."""
    return [*_filled(), *_full(), *_ranges(), *_likes(), *_from_python(), *_casts()]


def _with_dtypes(dtypes: tuple[str, ...], *made: Call) -> tuple[Call, ...]:
    """Each dtype once, the calls in turn."""
    return tuple(
        call(*made[i % len(made)].args, **made[i % len(made)].kwargs, dtype=DTypeOf(dtype))
        for i, dtype in enumerate(dtypes)
    )


def _filled() -> Iterator[Row]:
    made = tuple(call(shape) for shape in _SHAPES)
    for name in ("zeros", "ones"):
        yield Row(name=name, calls=made, result=_rules.default_real)
        yield Row(name=name, calls=_with_dtypes(ALL, *made))
    squares = (call(3), call(2, 4), call(2, 3, k=1), call(3, None, k=-1), call(0), call(2, 2, k=5))
    yield Row(name="eye", calls=squares, result=_rules.default_real)
    yield Row(name="eye", calls=_with_dtypes(NUMERIC, *squares))


def _full() -> Iterator[Row]:
    yield Row(name="full", calls=(call((2, 3), 1.5), call((), -2.0)), result=_rules.default_real)
    counted = call(np.int64(3), 1.5)  # as `numpy.prod` of a shape
    yield Row(name="full", calls=(counted,), result=_rules.default_real, note="numpy-length")
    yield Row(name="full", calls=(call((2,), 7), call(3, -1)), result=_rules.default_integer)
    yield Row(name="full", calls=(call((2, 3), 1 + 2j),), result=_rules.default_complex)
    yield Row(name="full", calls=(call((2, 3), True),))
    yield Row(name="full", calls=_with_dtypes(NUMERIC, call((2, 3), 2), call((), 3)))


def _ranges() -> Iterator[Row]:
    counts = (call(4), call(0), call(1, 5), call(5, 1, -2), call(3, 1), call(0, 7, 3))
    yield Row(name="arange", calls=counts, result=_rules.default_integer)
    steps = (call(4.0), call(0.5, 2.0, 0.5), call(1.0, -1.0, -0.5), call(0, 1, 0.25))
    yield Row(name="arange", calls=steps, result=_rules.default_real)
    yield Row(name="arange", calls=_with_dtypes(REAL, call(4), call(1, 6, 2), call(0)))
    yield Row(name="arange", calls=_with_dtypes(COMPLEX, call(4), call(1, 3, 0.5)))
    named = (call(1, stop=4), call(0, stop=6, step=2))
    yield Row(name="arange", calls=named, result=_rules.default_integer)
    spaced = (
        call(0, 1, 5),
        call(0.0, 1.0, 4, endpoint=False),
        call(2, -2, 3),
        call(0, 1, 1),
        call(0, 1, 0),
        call(-1.5, 2, num=3),
    )
    yield Row(name="linspace", calls=spaced, result=_rules.default_real)
    yield Row(name="linspace", calls=(call(0, 1j, 3),), result=_rules.default_complex)
    yield Row(name="linspace", calls=_with_dtypes(FLOATING, call(0, 1, 5), call(1, 3, 4)))
    half, single = DTypeOf("float16"), DTypeOf("float32")
    wide = (  # ranges wider than the largest number
        call(-40000.0, 40000.0, 5, dtype=half),
        call(40000, -40000, 5, dtype=half, endpoint=False),
        call(-3e38, 3e38, 4, dtype=single),
        call(3e38, -3e38, 3, dtype=single, endpoint=False),
    )
    yield Row(name="linspace", calls=wide)


def _likes() -> Iterator[Row]:
    x, other = array(2, 3), DTypeOf("float32")
    calls = (
        call(x),
        call(array()),
        call(array(0, 3)),
        call(array(3, 2, layout="transposed")),
        call(x, dtype=other),
    )
    for name in ("zeros_like", "ones_like"):
        yield Row(name=name, dtypes=ALL, calls=calls)
    filled = (call(x, 1), call(array(), 2), call(array(0, 3), 1), call(x, 3, dtype=other))
    yield Row(name="full_like", dtypes=NUMERIC, calls=filled)


def _from_python() -> Iterator[Row]:
    kinds: tuple[tuple[Any, Rule | None], ...] = (
        ([[1.5, 2.0], [0.0, -1.0]], _rules.default_real),
        ([1, 2.5, 3], _rules.default_real),
        ([1, 2, 3], _rules.default_integer),
        (7, _rules.default_integer),
        (2.5, _rules.default_real),
        ([1 + 2j, 3], _rules.default_complex),
        (1j, _rules.default_complex),
        ([True, False], None),
        (False, None),
    )
    for value, rule in kinds:
        yield Row(name="asarray", calls=(call(value),), result=rule)
    yield Row(name="asarray", calls=(call([]),), result=_rules.default_real)
    yield Row(name="asarray", calls=_with_dtypes(NUMERIC, call([[1, 2], [3, 4]]), call(5)))
    arrays = (
        call(array(2, 3)),
        call(array()),
        call(array(0, 2)),
        call(array(2, 3), copy=True),
        call(array(2, 3, layout="strided")),
    )
    yield Row(name="asarray", dtypes=ALL, calls=arrays)


def _casts() -> Iterator[Row]:
    kinds = {
        "bool": (*REAL, "bool"),
        "int32": (*BOOL, *NUMERIC[4:], "float64"),
        "uint8": ("int64", "float32", "bool"),
        "int64": ("uint8", "float64", "bool", "int16"),
        "float32": (*REAL, "bool"),
        "float64": ("float32", "int8", "bool"),
        "complex64": ("float64", "int32", "complex128", "bool"),
        "complex128": ("complex64", "float32", "uint16"),
    }
    shapes = (array(2, 3), array(), array(0, 3), array(2, 3, layout="strided"))
    for target, sources in kinds.items():
        calls = tuple(
            call(shapes[i % 4]._replace(dtype=source, domain="small"), DTypeOf(target))
            for i, source in enumerate(sources)
        )
        yield Row(name="astype", calls=calls, reference=_cast)
    kept = call(array(2, 3), DTypeOf("float32"), copy=False)
    yield Row(name="astype", dtypes=("float32", "float64"), calls=(kept,), reference=_cast)


def _cast(x: Any, dtype: Any, *, copy: bool = True) -> Any:
    return np.array(x, copy=True).astype(dtype)
