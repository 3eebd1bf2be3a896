"""NumPy's vectors changed in place, by BLAS, and the products of a matrix."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from spacecore.backend._vectors import MatrixProducts, VectorArithmetic

__all__ = ["blas_arithmetic", "dot_products"]


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
        slices_share=True,
    )


def dot_products(a: np.ndarray[Any, Any]) -> MatrixProducts:
    """Return the products by `ndarray.dot`, a third of what `matmul` takes on a small matrix.

    A transposed view is of the same memory.
    """
    transposed = a.T
    return MatrixProducts(
        vector=a.dot,
        vector_transposed=transposed.dot,
        rows=lambda xs: xs @ transposed,
        rows_transposed=lambda ys: ys @ a,
    )
