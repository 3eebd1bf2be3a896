"""Sparse matrices in the library's own formats."""

from __future__ import annotations

from typing import Any

from spacecore._typing import Array, DType
from spacecore.backend._declare import default, section

__all__ = ["SparseMatrices"]


@section("Sparse matrices", capability="sparse")
class SparseMatrices:
    """Making, multiplying and reading sparse matrices."""

    def assparse(self, x: Any, /, *, format: str | None = None, dtype: DType | None = None) -> Any:
        """Return a sparse matrix of this backend, of the values of `x`.

        Parameters
        ----------
        x : sparse or dense array, shape (m, n)
            Sparse matrices of this library and of SciPy, and dense arrays of this library.
        format : str, optional
            One of the backend's `sparse_formats`. By default a matrix of this library keeps its
            own, and a dense array gets the first of `sparse_formats`. A matrix of SciPy keeps its
            own where the backend has it, and gets CSR elsewhere; JAX always makes COO of it,
            which it multiplies fastest.
        dtype : dtype, optional
            That of `x` by default.
        """
        raise NotImplementedError

    def sparse_matmul(self, a: Any, x: Array, /) -> Array:
        """Return the dense product `a @ x` of a sparse matrix with a vector or matrix.

        Parameters
        ----------
        a : sparse, shape (m, n)
        x : array, shape (n,) or (n, k)
        """
        raise NotImplementedError

    @default
    def sparse_transpose(self, a: Any, /) -> Any:
        """Return the transpose of a sparse matrix, sharing its memory where the format allows."""
        return a.T

    def sparse_to_dense(self, a: Any, /) -> Array:
        """Return the dense array of a sparse matrix; entries that occur twice are summed."""
        raise NotImplementedError

    def sparse_to_scipy(self, a: Any, /) -> Any:
        """Return a SciPy sparse array with the values and, where it has one, the format of `a`."""
        raise NotImplementedError
