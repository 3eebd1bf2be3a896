"""Comparing what a backend returned with what it must: kind of object, dtype, shape, values."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["agree", "check_array", "check_raises", "close", "tolerance"]

_ROUNDING = {
    "float16": 5e-3,
    "float32": 2e-5,
    "complex64": 2e-5,
    "float64": 1e-12,
    "complex128": 1e-12,
}


def tolerance(dtype: str) -> float:
    """Return the relative error that a short computation in a dtype may make."""
    return _ROUNDING.get(dtype, 0.0)


def check_array(
    ops: Any,
    got: Any,
    expected: Any,
    dtype: str | None = None,
    *,
    loose: float = 1.0,
    signed_zeros: bool = False,
) -> None:
    """Raise unless `got` is the backend's array of the expected dtype, shape and values.

    Parameters
    ----------
    ops : BackendOps
    got : array of the backend
    expected : array_like
        On the host.
    dtype : str, optional
        That of `expected` by default.
    loose : float
        Multiplies the tolerance of the dtype.
    signed_zeros : bool
        Whether -0 and +0 differ.
    """
    want = np.asarray(expected)
    name = dtype or want.dtype.name
    assert ops.is_array(got), (
        f"expected an array of {ops.family}, got {type(got).__module__}.{type(got).__name__}"
    )
    got_dtype = ops.dtype_name(got.dtype)
    assert got_dtype == name, f"expected dtype {name}, got {got_dtype}"
    got_shape = tuple(got.shape)
    assert got_shape == want.shape, f"expected shape {want.shape}, got {got_shape}"
    agree(ops.to_numpy(got), want.astype(name), loose=loose, signed_zeros=signed_zeros)


def agree(got: Any, want: Any, *, loose: float = 1.0, signed_zeros: bool = False) -> None:
    """Raise unless two host arrays of one shape agree; say where they first do not."""
    have, want = np.asarray(got), np.asarray(want)
    same = close(have, want, rtol=loose * tolerance(have.dtype.name))
    if signed_zeros and have.dtype.kind == "f":
        same &= (have != 0) | (want != 0) | (np.signbit(have) == np.signbit(want))
    if same.all():
        return
    where = tuple(int(i) for i in np.argwhere(~same)[0])
    at = f" at {where}" if where else ""
    raise AssertionError(f"expected {want[where]}{at}, got {have[where]}")


def close(got: Any, want: Any, *, rtol: float) -> Any:
    """Return where two host arrays agree: NaN with NaN, infinities by sign, the rest by `rtol`.

    The error is measured against the largest finite value beside 1e-3 of it, so that sums which
    cancel are judged by what was summed.
    """
    have, want = np.asarray(got), np.asarray(want)
    if have.dtype.kind == "c" or want.dtype.kind == "c":
        finite = np.isfinite(want)
        parts = _parts(have.real, want.real, rtol) & _parts(have.imag, want.imag, rtol)
        near = np.abs(have - want) <= rtol * (np.abs(want) + _scale(want))
        return np.where(finite, near, parts)
    if rtol == 0:
        return have == want
    return _parts(have, want, rtol)


def check_raises(call: Any, *kinds: type[BaseException]) -> None:
    """Raise unless calling raises one of some exceptions; any `Exception` if none is named."""
    allowed = kinds or (Exception,)
    names = " or ".join(kind.__name__ for kind in allowed)
    try:
        got = call()
    except allowed:
        return
    except Exception as error:  # of another type than the rule asks for
        raise AssertionError(f"expected {names}, got {type(error).__name__}: {error}") from error
    shape = tuple(got.shape) if isinstance(got, np.ndarray) else type(got).__name__
    raise AssertionError(f"expected {names}, got a result ({shape})")


def _parts(have: Any, want: Any, rtol: float) -> Any:
    both_nan = np.isnan(have) & np.isnan(want)
    near = np.abs(have - want) <= rtol * (np.abs(want) + _scale(want))
    return both_nan | (have == want) | (np.isfinite(want) & near)


def _scale(want: Any) -> Any:
    finite = np.abs(want[np.isfinite(want)])
    return 1e-3 * finite.max() if finite.size else 0.0
