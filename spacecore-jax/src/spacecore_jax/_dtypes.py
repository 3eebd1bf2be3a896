"""JAX's dtypes, and the rule that 64 bits are refused rather than narrowed."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from spacecore.backend import differs, dtype_name
from spacecore.errors import CastError

__all__ = [
    "FloatLimits",
    "NAMES",
    "WIDE",
    "accumulated",
    "default_dtype_of",
    "finfo",
    "keeps_width",
    "refuse_complex_to_real",
    "refuse_wide",
    "sanitize_dtype",
    "wide_enabled",
]

_NARROW = (
    "bool int8 int16 int32 uint8 uint16 uint32 float16 bfloat16 float32 complex64".split()  # noqa: SIM905
)
_HALF = {"int64": "int32", "uint64": "uint32", "float64": "float32", "complex128": "complex64"}
WIDE = frozenset(_HALF)
NAMES = frozenset(_NARROW) | WIDE
_DTYPES = {name: np.dtype(jnp.bfloat16 if name == "bfloat16" else name) for name in NAMES}
_WIDE_DTYPES = frozenset(_DTYPES[name] for name in WIDE)


def wide_enabled() -> bool:
    """Tell whether JAX makes 64-bit arrays now; the setting may be local to a thread."""
    return bool(jax.config.jax_enable_x64)  # type: ignore[attr-defined]


def sanitize_dtype(dtype: Any) -> Any:
    """Return the dtype object of JAX's arrays for a dtype in any spelling.

    Raises
    ------
    CastError
        For a dtype that JAX lacks, or 64 bits while they are disabled.
    """
    if dtype is None:
        return _DTYPES["float64" if wide_enabled() else "float32"]
    name = dtype_name(dtype)
    refuse_wide(name)
    if name not in _DTYPES:
        raise CastError(f"JAX has no dtype {name}. Choose one that both libraries have.")
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
    dtype = type.dtype if isinstance(type, jax.Array) else type
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
    half, full = next(pair for kind, pair in _DEFAULTS if isinstance(scalar, kind))
    return _DTYPES[full if wide_enabled() else half]


def accumulated(dtype: Any) -> Any:
    """Return the dtype that sums of a dtype have: a narrow integer is widened to the default."""
    if dtype.kind not in "iu":
        return dtype
    default = _DTYPES["int64" if wide_enabled() else "int32"]
    if dtype.itemsize >= default.itemsize:
        return dtype
    return default if dtype.kind == "i" else _DTYPES[f"u{default.name}"]


def keeps_width(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return JAX's function with an explicit 64-bit dtype refused where JAX would narrow it."""

    @differs("JAX narrows a 64-bit dtype unless jax_enable_x64 is set")
    @wraps(function)
    def call(*args: Any, dtype: Any = None, **kwargs: Any) -> Any:
        if dtype is not None:
            refuse_wide(dtype)
        return function(*args, dtype=dtype, **kwargs)

    return call


_DEFAULTS = (
    (bool, ("bool", "bool")),
    (int, ("int32", "int64")),
    (float, ("float32", "float64")),
    (complex, ("complex64", "complex128")),
)
