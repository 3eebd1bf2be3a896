"""The convention by which eigen- and singular vectors of simple values are the same everywhere.

A vector is fixed by its matrix only up to a factor of modulus 1. Here its first entry of nearly
the largest modulus is real and positive.
"""

from __future__ import annotations

from typing import Any

__all__ = ["NEARLY", "phases"]

NEARLY = 0.99
"""Entries this close to the largest count as tied, so that rounding does not choose among them."""


def phases(ops: Any, vectors: Any) -> Any:
    """Return the factors of modulus 1 that bring column vectors to the convention.

    Parameters
    ----------
    ops : BackendOps
    vectors : array, shape (..., n, k)

    Returns
    -------
    array, shape (..., 1, k)
    """
    if vectors.shape[-2] == 0:
        return ops.ones((*vectors.shape[:-2], 1, vectors.shape[-1]), dtype=vectors.dtype)
    size = ops.abs(vectors)
    tied = size >= NEARLY * ops.max(size, axis=-2, keepdims=True)
    first = ops.argmax(ops.astype(tied, ops.int8), axis=-2, keepdims=True)
    chosen = ops.take_along_axis(vectors, first, axis=-2)
    return ops.conj(chosen) / ops.astype(ops.abs(chosen), chosen.dtype)
