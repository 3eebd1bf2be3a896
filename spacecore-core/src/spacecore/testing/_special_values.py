"""Results that the standard fixes for NaN, infinities and signed zeros."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from spacecore.testing import _rules
from spacecore.testing._inputs import COMPLEX, REAL_FLOATING, array
from spacecore.testing._table import Row, Rule, call

__all__ = ["rows"]

_NAN, _INF = float("nan"), float("inf")
_POINTS = (_NAN, _INF, -_INF, 0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5)
_GRID = (_NAN, _INF, -_INF, 0.0, -0.0, 1.0, -1.0, 2.5, -2.5)

_UNARY = [
    "abs",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atanh",
    "cos",
    "cosh",
    "exp",
    "expm1",
    "isfinite",
    "isinf",
    "isnan",
    "log",
    "log10",
    "log1p",
    "log2",
    "negative",
    "positive",
    "reciprocal",
    "signbit",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "tan",
    "tanh",
]

# The standard fixes -0 and integers here, not the sign of a zero made by rounding.
_ROUNDING = ("ceil", "floor", "round", "trunc")

_BINARY = [
    "add",
    "atan2",
    "copysign",
    "divide",
    "equal",
    "greater",
    "greater_equal",
    "hypot",
    "less",
    "less_equal",
    "logaddexp",
    "multiply",
    "nextafter",
    "not_equal",
    "subtract",
]


def rows() -> list[Row]:
    """Return the rows of the table."""
    points, whole = _points(_POINTS), _points(_POINTS[:9])
    made = [_special(name, points) for name in _UNARY]
    made += [_special(name, whole) for name in _ROUNDING]
    made.append(_special("sign", points, signed_zeros=False))
    made += [_special(name, *_pairs()) for name in _BINARY]
    made += [_special(name, *_pairs(), signed_zeros=False) for name in ("maximum", "minimum")]
    made += [
        _special("floor_divide", *_pairs(), fixed=_quotient_fixed),
        _special("remainder", *_pairs(), fixed=_remainder_fixed),
        _special("pow", *_pairs(), fixed=_power_fixed),
        _special("clip", _points(_POINTS), -1.0, 1.0, reference=_clip, signed_zeros=False),
    ]
    return made + _reductions() + _complex() + _at_the_ends()


def _special(
    name: str,
    *args: Any,
    dtypes: Sequence[str] = REAL_FLOATING,
    signed_zeros: bool = True,
    fixed: Callable[..., Any] | None = None,
    reference: Callable[..., Any] | None = None,
    result: Rule | None = None,
    note: str = "special",
    **kwargs: Any,
) -> Row:
    return Row(
        name=name,
        dtypes=dtypes,
        calls=(call(*args, **kwargs),),
        signed_zeros=signed_zeros,
        fixed=fixed,
        reference=reference,
        result=result,
        note=note,
    )


def _points(values: tuple[complex, ...]) -> Any:
    return array(values=values)


def _pairs() -> tuple[Any, Any]:
    left = tuple(x for x in _GRID for _ in _GRID)
    right = _GRID * len(_GRID)
    return array(values=left), array(values=right)


def _quotient_fixed(x1: Any, x2: Any) -> Any:
    """A finite number over an infinity, and the reverse, may follow C or Python."""
    return (np.isfinite(x1) == np.isfinite(x2)) | np.isnan(x1) | np.isnan(x2)


def _remainder_fixed(x1: Any, x2: Any) -> Any:
    """A finite number by an infinity may follow C or Python; so may the sign of zero."""
    with np.errstate(all="ignore"):
        zero = np.remainder(x1, x2) == 0
    return ~(np.isfinite(x1) & np.isinf(x2)) & ~zero


def _power_fixed(x1: Any, x2: Any) -> Any:
    """One to the power of NaN is open."""
    return ~((x1 == 1) & np.isnan(x2))


def _clip(x: Any, low: float, high: float) -> Any:
    return np.clip(x, np.asarray(low, x.dtype), np.asarray(high, x.dtype))


def _complex() -> list[Row]:
    """Parts that are infinite, NaN or zero, on both sides of the branch cuts."""
    parts = _POINTS[:7]
    grid = _points(tuple(complex(x, y) for x in parts for y in parts))
    every = "abs conj isfinite isinf isnan negative log log10 log1p log2 tan tanh atan atanh"
    free = {
        **dict.fromkeys(("exp", "expm1", "sinh", "cosh"), _not_infinite_with_odd_imag),
        **dict.fromkeys(("sin", "cos"), _not_infinite_with_odd_real),
        **dict.fromkeys(("sqrt", "asin", "acos"), _not_infinite_with_nan_imag),
        "asinh": _not_nan_with_infinite_imag,
        "acosh": _not_zero_with_nan_imag,
    }
    functions = {**dict.fromkeys(every.split()), **free}
    return [
        _special(name, grid, dtypes=COMPLEX, signed_zeros=False, fixed=fixed)
        for name, fixed in functions.items()
    ]


# The standard leaves the sign of a part open at the points that these leave out.


def _not_infinite_with_odd_imag(z: Any) -> Any:
    return ~(np.isinf(z.real) & ~np.isfinite(z.imag))


def _not_infinite_with_odd_real(z: Any) -> Any:
    return ~(np.isinf(z.imag) & ~np.isfinite(z.real))


def _not_infinite_with_nan_imag(z: Any) -> Any:
    return ~(np.isinf(z.real) & np.isnan(z.imag))


def _not_nan_with_infinite_imag(z: Any) -> Any:
    return ~(np.isnan(z.real) & np.isinf(z.imag))


def _not_zero_with_nan_imag(z: Any) -> Any:
    return ~((z.real == 0) & np.isnan(z.imag))


def _at_the_ends() -> list[Row]:
    """Where a formula that is right elsewhere overflows, or takes an infinity times zero."""
    # As many as a loop of the library takes at a time, which may go by another formula.
    long = {"float32": (88.9, -89.2, 1.0) * 24, "float64": (709.9, -710.3, 1.0) * 24}
    made = [
        _special(name, _points(values), dtypes=(dtype,), note="near-overflow")
        for name in ("cosh", "sinh")
        for dtype, values in long.items()
    ]
    infinite = tuple(complex(*z) for z in ((_INF, 1), (1, _INF), (-_INF, 2), (_INF, _INF)))
    finite = (1 + 1j, 2 - 3j, -1 + 0.5j, 1 + 2j)
    for name in ("add", "subtract"):
        operands = (_points(finite), _points(infinite))
        made.append(_special(name, *operands, dtypes=COMPLEX, note="infinite-second"))
        made.append(_special(name, *operands[::-1], dtypes=COMPLEX, note="infinite-first"))
    among, sought = _points((1.0, 2.0, _NAN, _NAN)), _points((0.5, 2.0, 3.0, _INF, _NAN))
    made += [
        _special("searchsorted", among, sought, side=side, result=_rules.index, note="nan")
        for side in ("left", "right")
    ]
    return made


def _reductions() -> list[Row]:
    with_nan = array(values=((1.0, _NAN, 2.0), (3.0, -1.0, 0.5)))
    infinite = array(values=((_INF, 1.0, 2.0), (-_INF, -1.0, _INF)))
    made = [
        _special(name, x, axis=1, note=note)
        for name in ("max", "min", "mean", "prod", "std", "sum", "var")
        for x, note in ((with_nan, "nan"), (infinite, "infinite"))
    ]
    made += [_special(name, _points((_NAN, 0.0, -0.0, 1.0))) for name in ("all", "any")]
    made.append(
        _special("count_nonzero", _points((_NAN, 0.0, -0.0, _INF)), result=_rules.default_integer)
    )
    made += [
        _special(name, with_nan, axis=1, include_initial=True)
        for name in ("cumulative_sum", "cumulative_prod")
    ]
    return made
