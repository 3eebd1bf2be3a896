"""NumPy's vectors changed in place, by BLAS."""

from __future__ import annotations

from functools import cache
from typing import Any

from spacecore.backend._vectors import VectorArithmetic

__all__ = ["blas_arithmetic"]


@cache
def blas_arithmetic(dtype: Any) -> VectorArithmetic | None:
    """Return the arithmetic of a dtype by BLAS; None where BLAS lacks the dtype."""
    prefix = {"float32": "s", "float64": "d", "complex64": "c", "complex128": "z"}.get(str(dtype))
    if prefix is None:
        return None
    from scipy.linalg import blas

    axpy, scal = getattr(blas, f"{prefix}axpy"), getattr(blas, f"{prefix}scal")
    own = getattr(blas, f"{prefix}dot" if prefix in "sd" else f"{prefix}dotc")

    def scale_and_add(x: Any, a: Any, y: Any) -> None:
        scal(a, x)
        axpy(y, x)

    return VectorArithmetic(
        dot=own if prefix in "sd" else lambda x, y: own(x, y).real,
        add_multiple=axpy,
        scale_and_add=scale_and_add,
        product=lambda matrix: matrix.dot,
        on_host=True,
    )
