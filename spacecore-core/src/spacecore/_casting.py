"""Which casts lose nothing but precision, and what to do about the others."""

from __future__ import annotations

from typing import Any

import numpy as np

from spacecore.backend import BackendOps, dtype_name
from spacecore.errors import CastError

__all__ = ["cast", "check_cast", "remedy_of", "with_precision_of"]

_KINDS = ("bool", "int", "float", "complex")


def cast(ops: BackendOps, x: Any, dtype: Any) -> Any:
    """Return `x` in another dtype of its own or a wider kind.

    Raises
    ------
    CastError
        For complex to real, float to integer, anything to bool, what is no number, and integers
        that do not fit.
    """
    target = dtype_name(dtype)
    source = dtype_name(x.dtype)
    if source == target:
        return x
    check_cast(source, target)
    if _kind(source) == _kind(target) == "int" and not np.can_cast(source, target, "safe"):
        _check_integers_fit(ops, x, target)
    return ops.astype(x, ops.sanitize_dtype(target))


def check_cast(source: str, target: str) -> None:
    """Raise if a cast from one dtype to another, given by name, leaves its kind downwards.

    Raises
    ------
    CastError
    """
    fix = remedy_of(source, target)
    if fix is not None:
        raise CastError(f"A cast keeps its kind of number. Got {source} into {target}. {fix}")


def remedy_of(source: str, target: str) -> str | None:
    """Return what to write instead of a cast that leaves its kind downwards; None for others."""
    have, want = _kind(source), _kind(target)
    if have is None or want is None:
        return "Make it an array of numbers: `np.asarray(x, dtype=float)`, if they are."
    if _KINDS.index(have) <= _KINDS.index(want):
        return None
    if have == "complex":
        return "Take the real part, `ops.real(x)`, or use a complex context."
    if want == "int":
        return f"Round first: `ops.astype(ops.round(x), ops.{target})`."
    return "Compare with zero: `x != 0`."


def with_precision_of(name: str, like: str) -> str:
    """Return the dtype of the kind of `name` and the precision of `like`, both given by name."""
    if _kind(name) not in ("float", "complex") or _kind(like) not in ("float", "complex"):
        return name
    real = {"complex64": "float32", "complex128": "float64"}.get(like, like)
    if _kind(name) == "float":
        return real
    return {"float32": "complex64", "float64": "complex128"}.get(real, name)


def _kind(name: str) -> str | None:
    """The kind of a dtype; None for objects, texts, times and records."""
    if name == "bool":
        return "bool"
    if name.startswith("complex"):
        return "complex"
    if name.startswith(("int", "uint")):
        return "int"
    return "float" if name.startswith(("float", "bfloat", "longdouble")) else None


def _check_integers_fit(ops: BackendOps, x: Any, target: str) -> None:
    if ops.is_traced(x):
        raise CastError(
            f"A traced integer array keeps its dtype. Got {dtype_name(x.dtype)} into {target}. "
            f"Use `ops.astype(x, ops.{target})` if every value fits."
        )
    if ops.size(x) == 0:
        return
    limits = np.iinfo(target)
    smallest: Any = ops.min(x)
    largest: Any = ops.max(x)
    if ops.is_traced(smallest):  # a constant in a compiled function
        values = ops.to_numpy(x)
        smallest, largest = values.min(), values.max()
    low, high = int(smallest), int(largest)
    if low < limits.min or high > limits.max:
        raise CastError(
            f"An integer must fit its new dtype. Got {low} to {high} into {target}. "
            f"Use a wider context."
        )
