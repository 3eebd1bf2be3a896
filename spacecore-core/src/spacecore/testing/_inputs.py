"""The arrays that cases put in: described as data, made on the host, laid out on the backend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

__all__ = [
    "ALL",
    "ArraySpec",
    "BOOL",
    "COMPLEX",
    "FLOATING",
    "INTEGER",
    "NUMERIC",
    "REAL",
    "REAL_FLOATING",
    "SIGNED",
    "UNSIGNED",
    "array",
    "generator",
    "lay_out",
    "make",
    "put",
]

BOOL = ("bool",)
SIGNED = ("int64", "int32", "int8", "int16")
UNSIGNED = ("uint8", "uint64", "uint16", "uint32")
INTEGER = (*SIGNED, *UNSIGNED)
REAL_FLOATING = ("float64", "float32")
COMPLEX = ("complex128", "complex64")
FLOATING = (*REAL_FLOATING, *COMPLEX)
REAL = (*REAL_FLOATING, *INTEGER)
NUMERIC = (*FLOATING, *INTEGER)
ALL = (*NUMERIC, *BOOL)


class ArraySpec(NamedTuple):
    """An input array as data.

    Attributes
    ----------
    shape : tuple of int
    dtype : str or None
        None takes the dtype that the row of the table is run with, `index` the default integer.
    domain : str or None
        Which values, a key of the table of domains; None takes the row's.
    layout : str
        `C`, `strided` (every second element), `transposed`, and for NumPy's arrays alone
        `reversed` and `readonly`.
    values : nested tuple or None
        The values themselves, instead of a domain.
    """

    shape: tuple[int, ...]
    dtype: str | None = None
    domain: str | None = None
    layout: str = "C"
    values: Any = None

    def label(self) -> str:
        """Return the part of a case's name that describes this array."""
        shape = str(self.shape).replace(" ", "")
        extra = [part for part in (self.dtype, self.layout if self.layout != "C" else None) if part]
        return ":".join([shape, *extra])


def array(
    *shape: int,
    dtype: str | None = None,
    domain: str | None = None,
    layout: str = "C",
    values: Any = None,
) -> ArraySpec:
    """Describe an input array; see `ArraySpec`."""
    if values is not None:
        shape = np.shape(values)
    return ArraySpec(tuple(shape), dtype, domain, layout, values)


def generator(*seed: int) -> np.random.Generator:
    """Return the generator of a case's numbers; the same seed, the same case."""
    return np.random.default_rng([20241201, *seed])


def make(spec: ArraySpec, dtype: str, domain: str, seed: int) -> np.ndarray[Any, Any]:
    """Return the values of a described array on the host."""
    kind = np.dtype(spec.dtype or dtype)
    if spec.values is not None:
        return np.array(spec.values, dtype=kind)
    draw = _DOMAINS[spec.domain or domain]
    return np.array(draw(generator(seed), spec.shape, kind), dtype=kind)


def put(ops: Any, host: Any, layout: str = "C") -> Any:
    """Return a host array's values as an array of the backend, laid out as asked."""
    source = np.array(host)
    if layout == "strided":
        return lay_out(ops, np.repeat(source, 2, axis=-1))[..., ::2]
    if layout == "transposed":
        return lay_out(ops, np.ascontiguousarray(source.T)).T
    if layout == "reversed":
        return lay_out(ops, np.flip(source).copy())[(slice(None, None, -1),) * source.ndim]
    made = lay_out(ops, source)
    if layout == "readonly":
        made.flags.writeable = False
    return made


def lay_out(ops: Any, host: np.ndarray[Any, Any]) -> Any:
    """Return a host array on the backend, its dtype kept; 0-d stays an array."""
    return ops.asarray(host, dtype=ops.sanitize_dtype(host.dtype.name))


Draw = Callable[[np.random.Generator, tuple[int, ...], np.dtype[Any]], Any]


def _ordinary(rng: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    if dtype.kind == "b":
        return rng.integers(0, 2, shape)
    if dtype.kind == "u":
        return rng.integers(0, 10, shape)
    if dtype.kind == "i":
        return rng.integers(-9, 10, shape)
    if dtype.kind == "c":
        return rng.uniform(-3, 3, shape) + 1j * rng.uniform(-3, 3, shape)
    return rng.uniform(-3, 3, shape)


def _between(low: float, high: float) -> Draw:
    def draw(rng: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
        if dtype.kind in "iu":
            return rng.integers(int(np.ceil(low)), int(high) + 1, shape)
        if dtype.kind == "c":
            return rng.uniform(low, high, shape) + 1j * rng.uniform(low, high, shape)
        return rng.uniform(low, high, shape)

    return draw


def _nonzero(rng: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    sign = rng.choice([-1, 1], shape) if dtype.kind != "u" else 1
    return sign * _between(1, 5)(rng, shape, dtype)


def _repeating(rng: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    return rng.integers(0, 2 if dtype.kind == "b" else 3, shape)


def _distinct(rng: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    size = int(np.prod(shape))
    values = rng.permutation(size).reshape(shape)
    return values - (size // 2 if dtype.kind in "if" else 0)


def _halves(rng: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    whole = rng.integers(-6, 7, shape)
    if dtype.kind == "u":
        return np.abs(whole)
    return whole if dtype.kind == "i" else whole / 2


def _square_root(rng: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    entries = rng.uniform(-1, 1, shape)
    return entries + 1j * rng.uniform(-1, 1, shape) if dtype.kind == "c" else entries


def _invertible(rng: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    return _square_root(rng, shape, dtype) + 3 * np.eye(shape[-2], shape[-1])


def _hermitian(rng: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    entries = _square_root(rng, shape, dtype)
    return entries + np.conj(np.swapaxes(entries, -1, -2))


def _definite(rng: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    entries = _square_root(rng, shape, dtype)
    return entries @ np.conj(np.swapaxes(entries, -1, -2)) + 2 * np.eye(shape[-1])


_DOMAINS: dict[str, Draw] = {
    "ordinary": _ordinary,
    "positive": _between(0.5, 5),
    "nonnegative": _between(0, 5),
    "above one": _between(1.1, 4),
    "unit": _between(-0.9, 0.9),
    "nonzero": _nonzero,
    "small": _between(0, 3),
    "large": _between(4, 9),
    "repeating": _repeating,
    "distinct": _distinct,
    "halves": _halves,
    "invertible": _invertible,
    "hermitian": _hermitian,
    "definite": _definite,
}
