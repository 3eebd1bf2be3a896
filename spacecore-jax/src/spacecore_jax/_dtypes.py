"""JAX's dtypes, and the rule that 64 bits are refused rather than narrowed."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from spacecore.backend import differs, dtype_name, no_dtype
from spacecore.errors import CastError

__all__ = [
    "DTYPE_CLASSES",
    "FloatLimits",
    "NAMES",
    "WIDE",
    "accumulated",
    "default_dtype_of",
    "default_integer",
    "eps",
    "finfo",
    "fitted",
    "keeps_width",
    "refuse_complex_to_real",
    "refuse_wide",
    "result_type",
    "sanitize_dtype",
    "strong",
    "wide_enabled",
]

_NARROW = (
    "bool int8 int16 int32 uint8 uint16 uint32 float16 bfloat16 float32 complex64".split()  # noqa: SIM905
)
_HALF = {"int64": "int32", "uint64": "uint32", "float64": "float32", "complex128": "complex64"}
WIDE = frozenset(_HALF)
NAMES = frozenset(_NARROW) | WIDE
_DTYPES = {name: np.dtype(jnp.bfloat16 if name == "bfloat16" else name) for name in NAMES}
DTYPE_CLASSES = frozenset(map(type, _DTYPES.values()))  # told faster than the class of arrays
_WIDE_DTYPES = frozenset(_DTYPES[name] for name in WIDE)
# By what arrays are asked for in: a dtype or its name.
_NARROW_ONES = {key: _DTYPES[name] for name in _NARROW for key in (name, _DTYPES[name])}
_WIDE_ONES = {key: _DTYPES[name] for name in WIDE for key in (name, _DTYPES[name])}
_INT32 = _DTYPES["int32"]
_SCALARS = (bool, int, float, complex)
_HAS_EXPLICIT_MODE = "jax_explicit_x64_dtypes" in jax.config.values


def wide_enabled() -> bool:
    """Tell whether 64 bits are JAX's default now; the setting may be local to a thread."""
    return bool(jax.config.jax_enable_x64)  # type: ignore[attr-defined]


@differs("JAX narrows a 64-bit dtype unless jax_enable_x64 is set")
def sanitize_dtype(dtype: Any) -> Any:
    """Return the dtype object of JAX's arrays for a dtype in any spelling.

    Raises
    ------
    CastError
        For a dtype that JAX lacks, or 64 bits while they are disabled.
    """
    if dtype is None:
        return _DTYPES["float64" if wide_enabled() else "float32"]
    found = _NARROW_ONES.get(dtype)
    if found is not None:
        return found
    refuse_wide(dtype)
    found = _WIDE_ONES.get(dtype)
    return _looked_up(dtype) if found is None else found


def _looked_up(dtype: Any) -> Any:
    name = dtype_name(dtype)
    if name not in _DTYPES:
        raise CastError(no_dtype("JAX", name, NAMES))
    return _DTYPES[name]


def refuse_wide(dtype: Any) -> None:
    """Raise for a 64-bit dtype that JAX would narrow.

    Raises
    ------
    CastError
    """
    if wide_enabled():
        return
    if dtype in _WIDE_DTYPES if type(dtype) is np.dtype else dtype_name(dtype) in WIDE:
        name = dtype_name(dtype)
        raise CastError(
            f"JAX holds 64-bit numbers once they are enabled. Got {name}. Call "
            f'`jax.config.update("jax_enable_x64", True)` first, or choose {_HALF[name]}.'
            f"{_ON_REQUEST if _made_on_request() else ''}"
        )


@differs("JAX narrows a 64-bit dtype unless jax_enable_x64 is set")
def result_type(*arrays_and_dtypes: Any) -> Any:
    found = jnp.result_type(*arrays_and_dtypes)
    # What fits beside uint32 into int32 is Python's integers alone, which leave it uint32.
    if found == _INT32 and not wide_enabled():
        for each in arrays_and_dtypes:
            dtype = each.dtype if isinstance(each, jax.Array | np.ndarray) else each
            if not isinstance(dtype, _SCALARS) and dtype_name(dtype) == "uint32":
                raise CastError(
                    "uint32 and signed integers have int64 in common, which JAX holds once 64 "
                    'bits are enabled. Call `jax.config.update("jax_enable_x64", True)` first, '
                    "or cast one of the arrays."
                )
    return found


def _made_on_request() -> bool:
    """Whether JAX makes 64-bit arrays where a dtype asks for them, as newer versions can."""
    if not _HAS_EXPLICIT_MODE:
        return False
    mode: Any = jax.config.jax_explicit_x64_dtypes  # type: ignore[attr-defined]
    return bool(mode.name == "ALLOW")


# NumPy's arrays, DLPack, pickles and some transforms are narrowed without a word then, and
# `argmax` fails.
_ON_REQUEST = (
    " That `jax_explicit_x64_dtypes` allows them is not enough: much of JAX still narrows them."
)


def refuse_complex_to_real(source: Any, target: Any) -> None:
    """Raise where a cast would drop an imaginary part.

    Raises
    ------
    CastError
    """
    if source.kind == "c" and target.kind not in "cb":
        raise CastError(
            f"A cast keeps the imaginary part. Got {source.name} into {target.name}. "
            "Take the real part first, `ops.real(x)`."
        )


def strong(x: Any) -> Any:
    """Return an array whose dtype counts in promotion, as a Python number's does not."""
    return jax.lax.convert_element_type(x, x.dtype)


def fitted(values: Any, dtype: Any) -> Any:
    """Return values to be written into an array of a dtype, in that dtype.

    Raises
    ------
    CastError
        For complex values where the dtype is real.
    """
    if isinstance(values, jax.Array | np.ndarray | np.generic):
        if values.dtype == dtype:
            return values
        refuse_complex_to_real(values.dtype, dtype)
        return values.astype(dtype)
    if isinstance(values, complex):
        refuse_complex_to_real(_DTYPES["complex64"], dtype)
        return dtype.type(values)
    if isinstance(values, int | float):
        return dtype.type(values)
    return values


class FloatLimits(NamedTuple):
    """What `finfo` returns."""

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: Any


def finfo(type: Any, /) -> FloatLimits:
    """Return the limits of a floating-point dtype, or of an array's, as Python's numbers."""
    return _limits(type.dtype if isinstance(type, jax.Array) else type)


def eps(dtype: Any, /) -> float:
    """Return the gap between 1 and the next float of the dtype's precision."""
    return _limits(dtype).eps


@lru_cache(maxsize=64)
def _limits(dtype: Any) -> FloatLimits:
    found: Any = jnp.finfo(dtype)  # type: ignore[no-untyped-call]
    return FloatLimits(
        bits=int(found.bits),
        eps=float(found.eps),
        max=float(found.max),
        min=float(found.min),
        smallest_normal=float(found.smallest_normal),
        dtype=found.dtype,
    )


def default_dtype_of(scalar: complex) -> Any:
    """Return the default dtype of a Python scalar's kind."""
    kind = _DEFAULTS.get(type(scalar))
    if kind is None:  # of a class of the caller's, such as an enumeration of integers
        kind = next(pair for each, pair in _DEFAULTS.items() if isinstance(scalar, each))
    return kind[wide_enabled()]


def default_integer() -> Any:
    """Return the default dtype of integers."""
    return _DEFAULTS[int][wide_enabled()]


def accumulated(dtype: Any) -> Any:
    """Return the dtype that sums of a dtype have: narrow integers are widened to the default."""
    if dtype.kind not in "biu":
        return dtype
    default = default_integer()
    if dtype.itemsize >= default.itemsize:
        return dtype
    return default if dtype.kind in "bi" else _DTYPES[f"u{default.name}"]


def keeps_width(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return JAX's function with an explicit 64-bit dtype refused where JAX would narrow it."""

    @differs("JAX narrows a 64-bit dtype unless jax_enable_x64 is set")
    @wraps(function)
    def call(*args: Any, dtype: Any = None, **kwargs: Any) -> Any:
        if dtype is not None:
            refuse_wide(dtype)
        return function(*args, dtype=dtype, **kwargs)

    return call


# Kinds of Python's scalars, with the dtypes for 64 bits disabled and enabled.
_DEFAULTS: dict[type, tuple[Any, Any]] = {
    bool: (_DTYPES["bool"], _DTYPES["bool"]),
    int: (_DTYPES["int32"], _DTYPES["int64"]),
    float: (_DTYPES["float32"], _DTYPES["float64"]),
    complex: (_DTYPES["complex64"], _DTYPES["complex128"]),
}
