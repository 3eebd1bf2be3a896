"""Moving a dense array from one library to another through DLPack."""

from __future__ import annotations

from typing import Any

from spacecore.backend._dtypes import dtype_name
from spacecore.backend._ops import BackendOps
from spacecore.errors import ConversionError

__all__ = ["transfer", "transfer_sparse"]


def transfer(x: Any, source: BackendOps, target: BackendOps, *, copy: bool | None = None) -> Any:
    """Return a dense array of `source` as one of `target`, bit for bit, dtype kept.

    Parameters
    ----------
    x : array of `source`
    source, target : BackendOps
    copy : bool or None
        None shares memory where both libraries can, True never does, False raises where it
        can't be shared.

    Raises
    ------
    ConversionError
        If the target has no such dtype, the array is traced or requires a gradient, or a copy
        was needed and refused.
    """
    if source.family == target.family:
        moved = x if target.device is None else target.asarray(x, device=target.device)
        return target.copy(x) if copy is True and moved is x else moved
    name = dtype_name(x.dtype)
    if not target.has_dtype(name):
        target.sanitize_dtype(name)
        raise ConversionError(f"{target.family} has no dtype {name}. Cast the array first.")
    exported = source.export_dense(x, copy=False if copy is False else None)
    if copy and exported is not x and type(exported) is type(x):
        copy = None  # a copy already, that nobody else holds
    return target.import_dense(exported, device=target.device, copy=copy)


def transfer_sparse(
    a: Any, source: BackendOps, target: BackendOps, *, dtype: str, copy: bool | None = None
) -> Any:
    """Return a sparse matrix of `source` as one of `target`, in the same format if it has that.

    Parameters
    ----------
    a : sparse matrix of `source`
    source, target : BackendOps
    dtype : str
        The name of the dtype to give.
    copy : bool or None
        None may share memory, True never does, False raises: a sparse matrix may need a copy
        whatever libraries it is between.

    Raises
    ------
    ConversionError
        If a copy was refused.
    """
    if source == target and dtype == dtype_name(a.dtype) and copy is not True:
        return a
    if copy is False:
        raise ConversionError("A sparse matrix crosses by a copy. Pass copy=None.")
    matrix = source.sparse_to_scipy(a)
    if copy is True:  # SciPy's may share memory with `a`, and the target's with SciPy's
        matrix = matrix.copy()
    kept = matrix.format if matrix.format in target.sparse_formats else None
    return target.assparse(matrix, format=kept, dtype=target.sanitize_dtype(dtype))
