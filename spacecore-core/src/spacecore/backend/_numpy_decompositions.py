"""NumPy's eigen- and singular vectors by the contract's convention, turned where they lie.

The factors are those of `_phases`, which works with any library. This makes fewer calls of NumPy:
for a small matrix, the factors would take longer than its decomposition.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from spacecore.backend._declare import differs
from spacecore.backend._phases import NEARLY

__all__ = ["eigh", "svd"]


@differs("NumPy fixes no sign or phase of an eigenvector")
def eigh(x: Any, /) -> Any:
    found = np.linalg.eigh(x)
    vectors: Any = found.eigenvectors
    np.multiply(vectors, _factors(vectors), out=vectors)
    return found


@differs("NumPy fixes no sign or phase of a pair of singular vectors")
def svd(x: Any, /, *, full_matrices: bool = True) -> Any:
    found: Any = np.linalg.svd(x, full_matrices=full_matrices)
    left, values, right = found
    paired = values.shape[-1]
    columns, rows = left[..., :paired], right[..., :paired, :]
    factors = _factors(columns)
    np.multiply(columns, factors, out=columns)
    np.multiply(rows, np.conj(factors).swapaxes(-1, -2), out=rows)
    return found


def _factors(vectors: Any) -> Any:
    """The factors of modulus 1 for column vectors; shape (..., 1, k)."""
    if vectors.size == 0:
        return np.ones((*vectors.shape[:-2], 1, vectors.shape[-1]), vectors.dtype)
    size = np.abs(vectors)
    tied = size >= NEARLY * np.maximum.reduce(size, axis=-2, keepdims=True)
    first = tied.argmax(axis=-2, keepdims=True)
    if vectors.ndim == 2:
        chosen = vectors[first, np.arange(vectors.shape[1])]
    else:
        chosen = np.take_along_axis(vectors, first, axis=-2)
    if chosen.dtype.kind == "f":
        return np.copysign(1.0, chosen)
    return np.conj(chosen) / np.abs(chosen)
