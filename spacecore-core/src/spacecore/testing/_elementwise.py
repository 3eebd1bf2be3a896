"""The elementwise functions: operands of every dtype, promoted, broadcast, empty, 0-d, strided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from spacecore.testing._inputs import (
    ALL,
    BOOL,
    FLOATING,
    INTEGER,
    NUMERIC,
    REAL,
    REAL_FLOATING,
    array,
)
from spacecore.testing._table import Row, Rule, call

__all__ = ["rows"]


def rows() -> list[Row]:
    """Return the rows of the table."""
    made = [_unary(*each) for each in _UNARY]
    made += [row for each in _BINARY for row in _binary(*each)]
    return made + _clip_rows() + _scalar_rows()


_UNARY_CALLS = (
    call(array(2, 3)),
    call(array()),
    call(array(0, 3)),
    call(array(2, 3, layout="strided")),
    call(array(3, 2, layout="transposed")),
    call(array(4, layout="reversed")),
    call(array(2, 3, layout="readonly")),
    call(array(2, 1, 3)),
)

# name, dtypes, domain, reference where NumPy has another meaning
_UNARY: list[tuple[Any, ...]] = [
    ("abs", NUMERIC, "ordinary"),
    ("acos", FLOATING, "unit"),
    ("acosh", FLOATING, "above one"),
    ("asin", FLOATING, "unit"),
    ("asinh", FLOATING, "ordinary"),
    ("atan", FLOATING, "ordinary"),
    ("atanh", FLOATING, "unit"),
    ("bitwise_invert", (*BOOL, *INTEGER), "ordinary"),
    ("ceil", REAL, "ordinary"),
    ("conj", NUMERIC, "ordinary"),
    ("cos", FLOATING, "ordinary"),
    ("cosh", FLOATING, "ordinary"),
    ("exp", FLOATING, "ordinary"),
    ("expm1", FLOATING, "ordinary"),
    ("floor", REAL, "ordinary"),
    ("imag", ("complex128", "complex64"), "ordinary"),
    ("isfinite", NUMERIC, "ordinary"),
    ("isinf", NUMERIC, "ordinary"),
    ("isnan", NUMERIC, "ordinary"),
    ("log", FLOATING, "positive"),
    ("log10", FLOATING, "positive"),
    ("log1p", FLOATING, "positive"),
    ("log2", FLOATING, "positive"),
    ("logical_not", BOOL, "ordinary"),
    ("negative", NUMERIC, "ordinary"),
    ("positive", NUMERIC, "ordinary"),
    ("real", NUMERIC, "ordinary"),
    ("reciprocal", FLOATING, "nonzero"),
    ("round", NUMERIC, "halves"),
    ("sign", NUMERIC, "ordinary"),
    ("signbit", REAL_FLOATING, "ordinary"),
    ("sin", FLOATING, "ordinary"),
    ("sinh", FLOATING, "ordinary"),
    ("sqrt", FLOATING, "positive"),
    ("square", NUMERIC, "ordinary"),
    ("tan", FLOATING, "unit"),
    ("tanh", FLOATING, "ordinary"),
    ("trunc", REAL, "ordinary"),
]


def _unary(name: str, dtypes: Sequence[str], domain: str) -> Row:
    return Row(name=name, dtypes=dtypes, calls=_UNARY_CALLS, domain=domain)


_BINARY_CALLS = (
    call(array(2, 3), array(2, 3)),
    call(array(2, 1), array(3)),
    call(array(), array(2, 3)),
    call(array(0, 3), array(1)),
    call(array(), array()),
    call(array(2, 3, layout="strided"), array(2, 3)),
    call(array(2, 3), array(2, 3, layout="readonly")),
)

# name, dtypes, domain of the left and of the right operand
_BINARY: list[tuple[Any, ...]] = [
    ("add", NUMERIC, "ordinary", "ordinary"),
    ("atan2", REAL_FLOATING, "ordinary", "ordinary"),
    ("bitwise_and", (*BOOL, *INTEGER), "ordinary", "ordinary"),
    ("bitwise_left_shift", INTEGER, "small", "small"),
    ("bitwise_or", (*BOOL, *INTEGER), "ordinary", "ordinary"),
    ("bitwise_right_shift", INTEGER, "ordinary", "small"),
    ("bitwise_xor", (*BOOL, *INTEGER), "ordinary", "ordinary"),
    ("copysign", REAL_FLOATING, "ordinary", "ordinary"),
    ("divide", FLOATING, "ordinary", "nonzero"),
    ("equal", ALL, "repeating", "repeating"),
    ("floor_divide", REAL, "ordinary", "nonzero"),
    ("greater", REAL, "repeating", "repeating"),
    ("greater_equal", REAL, "repeating", "repeating"),
    ("hypot", REAL_FLOATING, "ordinary", "ordinary"),
    ("less", REAL, "repeating", "repeating"),
    ("less_equal", REAL, "repeating", "repeating"),
    ("logaddexp", REAL_FLOATING, "ordinary", "ordinary"),
    ("logical_and", BOOL, "ordinary", "ordinary"),
    ("logical_or", BOOL, "ordinary", "ordinary"),
    ("logical_xor", BOOL, "ordinary", "ordinary"),
    ("maximum", REAL, "ordinary", "ordinary"),
    ("minimum", REAL, "ordinary", "ordinary"),
    ("multiply", NUMERIC, "ordinary", "ordinary"),
    ("nextafter", REAL_FLOATING, "ordinary", "ordinary"),
    ("not_equal", ALL, "repeating", "repeating"),
    ("pow", NUMERIC, "small", "small"),
    ("remainder", REAL, "ordinary", "nonzero"),
    ("subtract", NUMERIC, "ordinary", "ordinary"),
]

_MIXED = (
    ("int8", "int32"),
    ("uint8", "int8"),
    ("uint8", "uint32"),
    ("int64", "uint32"),
    ("uint16", "uint64"),
    ("float32", "float64"),
    ("float32", "complex64"),
    ("complex64", "float64"),
    ("complex64", "complex128"),
)


def _binary(name: str, dtypes: Sequence[str], left: str, right: str) -> list[Row]:
    calls = [
        call(*(spec._replace(domain=d) for spec, d in zip(c.args, (left, right), strict=True)))
        for c in _BINARY_CALLS
    ]
    mixed = [
        call(array(2, 3, dtype=one, domain=left), array(2, 3, dtype=other, domain=right))
        for one, other in _MIXED
        if one in dtypes and other in dtypes
    ]
    return [Row(name=name, dtypes=dtypes, calls=[*calls, *mixed])]


def _clip_rows() -> list[Row]:
    x = array(2, 3)
    calls = (
        call(x, 1, 4),
        call(x, min=1),
        call(x, max=3),
        call(x),
        call(array(2, 3), array(2, 3, domain="small"), array(3, domain="large")),
        call(array(0, 3), 1, 4),
        call(array(), 1, 4),
        call(array(2, 3), min=array(2, 1)),
        call(array(2, 3), None, array(3)),
    )
    return [Row(name="clip", dtypes=REAL, calls=calls, reference=_clipped)]


def _clipped(x: Any, min: Any = None, max: Any = None) -> Any:
    out = x if min is None else np.maximum(x, np.asarray(min).astype(x.dtype))
    return out if max is None else np.minimum(out, np.asarray(max).astype(x.dtype))


def _scalar_rows() -> list[Row]:
    """One operand is a Python number of the array's kind or a lower one."""
    return [
        *_with_scalars(("add", "multiply", "subtract"), 3, NUMERIC),
        *_with_scalars(("equal", "not_equal"), 2, NUMERIC),
        *_with_scalars(("add", "multiply", "divide", "pow"), 1.5, FLOATING, "positive"),
        *_with_scalars(("divide",), 2, FLOATING, "nonzero"),
        *_with_scalars(("add", "multiply", "divide"), 1 + 2j, FLOATING[2:], "nonzero"),
        *_with_scalars(("pow", "floor_divide", "remainder"), 2, REAL, "small"),
        *_with_scalars(("greater", "less_equal", "maximum", "minimum"), 2, REAL),
        *_with_scalars(("less", "greater_equal", "maximum", "minimum"), 0.5, REAL_FLOATING),
        *_with_scalars(("atan2", "copysign", "hypot", "logaddexp"), 0.5, REAL_FLOATING),
        *_with_scalars(("bitwise_and", "bitwise_or", "bitwise_xor"), 5, INTEGER),
        *_with_scalars(("bitwise_left_shift", "bitwise_right_shift"), 2, INTEGER, "small"),
        *_with_scalars(("logical_and", "logical_or", "logical_xor"), True, BOOL),
        *_complex_beside_half(),
    ]


def _complex_beside_half() -> Iterator[Row]:
    """There is no complex dtype of half precision; the least is of single."""
    x = array(2, 3, dtype="float16", domain="nonzero")
    for name in ("add", "multiply", "subtract", "divide", "equal"):
        yield Row(name=name, calls=(call(x, 1 + 2j), call(1 + 2j, x)))


def _with_scalars(
    names: Sequence[str], scalar: Any, dtypes: Sequence[str], domain: str = "ordinary"
) -> list[Row]:
    right = call(array(2, 3), scalar)
    left = call(scalar, array(2, 3, domain="positive" if domain != "ordinary" else None))
    spread = [right] if domain == "small" else [right, left]
    return [
        Row(name=name, dtypes=dtypes[:2], calls=spread, domain=domain, result=_dtype_of_array)
        for name in names
    ]


def _of_array(ops: Any, dtypes: Sequence[str], reference: str) -> str:
    return reference if reference == "bool" else dtypes[0]


_dtype_of_array: Rule = _of_array
