"""Sparse matrices by cuSPARSE, through `cupyx.scipy.sparse`, which is imported on first use."""

from __future__ import annotations

import sys
from functools import cache
from typing import Any, ClassVar

import cupy

from spacecore.backend import differs
from spacecore.errors import CastError
from spacecore_cupy._device import on

__all__ = ["SparseMatrices"]

_DTYPES = ("bool", "float32", "float64", "complex64", "complex128")


class SparseMatrices:
    """Arrays of `cupyx.scipy.sparse`; CSR unless another format is asked for."""

    device: Any
    sparse_formats: ClassVar[tuple[str, ...]]

    @differs("a sparse matrix is cupyx's, which is imported only once something uses it")
    def is_sparse(self, x: object, /) -> bool:
        loaded = sys.modules.get("cupyx.scipy.sparse")
        return loaded is not None and bool(loaded.issparse(x))

    @differs("cupyx holds five dtypes, in matrices on the current device")
    def assparse(self, x: Any, /, *, format: str | None = None, dtype: Any = None) -> Any:
        if format is not None and format not in self.sparse_formats:
            raise ValueError(
                f"A sparse format of CuPy is one of {', '.join(self.sparse_formats)}. "
                f"Got {format!r}."
            )
        if x.ndim != 2:
            raise ValueError(f"A sparse matrix has two axes. Got shape {x.shape}.")
        target = cupy.dtype(x.dtype if dtype is None else dtype)
        if target.name not in _DTYPES:
            raise CastError(
                f"CuPy's sparse matrices hold {', '.join(_DTYPES)}. Got {target.name}. "
                f"Pass `dtype=`."
            )
        if x.dtype.kind == "c" and target.kind != "c":
            raise CastError(
                f"A cast keeps the imaginary part. Got {x.dtype} into {target}. "
                "Take the real part first."
            )
        with on(self.device):
            made = x if self.is_sparse(x) else _from_dense_or_scipy(x)
            made = made.astype(target, copy=False)
            return made if format is None else made.asformat(format)

    @differs("cupyx's product is an operator of its matrices")
    def sparse_matmul(self, a: Any, x: Any, /) -> Any:
        return a @ x

    @differs("cupyx's is a method of its matrices")
    def sparse_to_dense(self, a: Any, /) -> Any:
        return a.toarray()

    @differs("cupyx gives SciPy's older matrices for some")
    def sparse_to_scipy(self, a: Any, /) -> Any:
        from scipy import sparse

        host = a.get()  # SciPy's array or matrix, as `a` is one or the other
        arrays = {"csr": sparse.csr_array, "csc": sparse.csc_array, "coo": sparse.coo_array}
        return arrays.get(host.format, sparse.csr_array)(host)


def _from_dense_or_scipy(x: Any) -> Any:
    if isinstance(x, cupy.ndarray):
        return _sparse().csr_array(x if x.dtype.name in _DTYPES else x.astype(cupy.float64))
    # SciPy's data may be of a dtype that the device does not hold; it is cast on the host
    host = x if x.dtype.name in _DTYPES else x.astype("float64")
    if host.format == "csc":
        return _sparse().csc_array(host)
    if host.format == "coo":
        return _sparse().coo_array(host)
    return _sparse().csr_array(host.tocsr())


@cache
def _sparse() -> Any:
    import cupyx.scipy.sparse

    return cupyx.scipy.sparse
