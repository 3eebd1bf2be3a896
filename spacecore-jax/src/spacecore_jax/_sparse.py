"""Sparse matrices: JAX's BCOO, which multiplies fastest, its BCSR, and its CSC.

`jax.experimental.sparse` takes longer to import than the rest of this package; it is loaded when
something sparse is first made.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from spacecore.backend import differs
from spacecore.errors import CastError, ConversionError
from spacecore_jax._devices import device_of
from spacecore_jax._dtypes import refuse_complex_to_real, sanitize_dtype, wide_enabled
from spacecore_jax._products import FULL, products
from spacecore_jax._transfer import to_numpy

__all__ = ["FORMATS", "SparseMatrices", "is_sparse"]

FORMATS = ("coo", "csr", "csc")
_COUNTED = np.dtype("int32")  # what bools are added in: more than there is memory for


class SparseMatrices:
    """Matrices of two axes, without batch or dense ones."""

    asarray: Callable[..., Any]
    device: Any

    sparse_matmul = staticmethod(products(FULL)["sparse_matmul"])

    @differs("JAX's sparse module is slow to import, and unneeded to tell that nothing is sparse")
    def is_sparse(self, x: object, /) -> bool:
        return is_sparse(x)

    @differs("JAX makes each format by another class, and narrows 64 bits")
    def assparse(self, x: Any, /, *, format: str | None = None, dtype: Any = None) -> Any:
        """Return `x` as BCOO, JAX's fastest and the default, as BCSR or as CSC.

        Parameters
        ----------
        x : sparse matrix of JAX or SciPy, or dense array, shape (m, n)
        format : {"coo", "csr", "csc"}, optional
        dtype : dtype, optional

        Raises
        ------
        ValueError
            For a format that JAX lacks, another number of axes, and batch or dense axes.
        CastError
            For 64 bits while JAX has them disabled.
        ConversionError
            For a traced dense array, whose number of nonzeros is unknown, and for a traced sparse
            one in another format.
        """
        if format is not None and format not in FORMATS:
            raise ValueError(f"JAX has the sparse formats {', '.join(FORMATS)}. Got {format!r}.")
        if len(x.shape) != 2:
            raise ValueError(f"A sparse matrix has two axes. Got shape {tuple(x.shape)}.")
        target = None if dtype is None else sanitize_dtype(dtype)
        if isinstance(x, np.ndarray | jax.Array):
            x = _from_dense(self.asarray(x, dtype=target))
        if not is_sparse(x):
            return self._from_scipy(x, format or "coo", target)
        _refuse_axes(x)
        if format is not None and format != _format_of(x):
            return self._from_scipy(self.sparse_to_scipy(x), format, target)
        return self._on_device(_cast(x, target))

    @differs("JAX's is a method of its matrices, and adds no bools")
    def sparse_to_dense(self, a: Any, /) -> Any:
        return _cast(a, _COUNTED).todense() != 0 if a.dtype == bool else a.todense()

    @differs("JAX transposes no BCSR, and a CSC to a type that it does little with")
    def sparse_transpose(self, a: Any, /) -> Any:
        from jax.experimental import sparse

        kinds: dict[Any, Any] = {sparse.BCSR: sparse.CSC, sparse.CSC: sparse.BCSR}
        if type(a) not in kinds:
            return a.T
        return kinds[type(a)]((a.data, a.indices, a.indptr), shape=a.shape[::-1])

    @differs("JAX has none, and pads with entries beyond the shape")
    def sparse_to_scipy(self, a: Any, /) -> Any:
        """Return a SciPy array of the same format; nothing is shared."""
        from scipy import sparse

        data, indices = to_numpy(a.data), to_numpy(a.indices)
        if _format_of(a) != "coo":
            indptr = to_numpy(a.indptr)
            stored = slice(int(indptr[-1]))
            made = sparse.csr_array if _format_of(a) == "csr" else sparse.csc_array
            return made((data[stored], indices[stored], indptr), a.shape, copy=True)
        inside = (indices < a.shape).all(axis=1)  # JAX pads with indices beyond the shape
        return sparse.coo_array((data[inside], tuple(indices[inside].T)), a.shape, copy=True)

    def _on_device(self, a: Any) -> Any:
        """The matrix on the device of these ops, itself if it lies there."""
        if self.device is None:
            return a
        there = not isinstance(a.data, jax.core.Tracer) and device_of(a.data) == self.device
        return a if there else jax.device_put(a, self.device)

    def _from_scipy(self, x: Any, format: str, dtype: Any) -> Any:
        from jax.experimental import sparse

        made = x.asformat(format)
        # SciPy sorts the entries of a matrix in place when it is read, by its `max` for one.
        data = self.asarray(made.data, dtype=dtype, copy=True)
        if format == "coo":
            indices = np.column_stack((made.row, made.col))
            return sparse.BCOO((data, self.asarray(_fit(indices, made))), shape=made.shape)
        places = (_fit(each, made) for each in (made.indices, made.indptr))
        arrays = [self.asarray(each, copy=True) for each in places]
        kind = sparse.BCSR if format == "csr" else sparse.CSC
        return kind((data, *arrays), shape=made.shape)


def is_sparse(x: object) -> bool:
    """Tell whether `x` is one of JAX's sparse matrices, without loading their module."""
    sparse = sys.modules.get("jax.experimental.sparse")
    return sparse is not None and type(x) in (sparse.BCOO, sparse.BCSR, sparse.CSC)


def _format_of(a: Any) -> str:
    return {"BCOO": "coo", "BCSR": "csr", "CSC": "csc"}[type(a).__name__]


def _fit(indices: Any, matrix: Any) -> Any:
    """Indices in 32 bits where JAX has no 64, and every value fits."""
    if indices.dtype != np.int64 or wide_enabled():
        return indices
    if max(*matrix.shape, matrix.nnz) > np.iinfo(np.int32).max:
        raise CastError(
            f"A sparse matrix of shape {matrix.shape} with {matrix.nnz} entries needs 64-bit "
            'indices. Call `jax.config.update("jax_enable_x64", True)` first.'
        )
    return indices.astype(np.int32)


def _from_dense(x: Any) -> Any:
    from jax.experimental import sparse

    if isinstance(x, jax.core.Tracer):
        raise ConversionError(
            "The nonzeros of a traced array can't be counted. Make the matrix sparse outside the "
            "traced function."
        )
    if x.dtype == bool:  # which JAX would count
        return _cast(sparse.BCOO.fromdense(x.astype(_COUNTED)), x.dtype)
    return sparse.BCOO.fromdense(x)


def _refuse_axes(x: Any) -> None:
    if _format_of(x) != "csc" and (x.n_batch or x.n_dense):
        raise ValueError(
            f"A sparse matrix has two sparse axes. Got {type(x).__name__} with n_batch="
            f"{x.n_batch}, n_dense={x.n_dense}. Make both 0, by "
            "`jax.experimental.sparse.bcoo_update_layout`."
        )


def _cast(a: Any, dtype: Any) -> Any:
    if dtype is None or a.dtype == dtype:
        return a
    refuse_complex_to_real(a.dtype, dtype)
    (data, *places), structure = jax.tree.flatten(a)
    return jax.tree.unflatten(structure, [data.astype(dtype), *places])
