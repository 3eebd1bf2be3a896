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
        there = _is_there(x, source, target)
        if copy is False and not there:
            raise ConversionError(
                f"An array crosses to another device by a copy. Got one on {source.device_of(x)} "
                f"for {target.device}. Pass copy=None."
            )
        placed = x if target.device is None else target.asarray(x, device=target.device)
        return target.copy(placed) if copy and there else placed
    name = dtype_name(x.dtype)
    if not target.has_dtype(name):
        if name in target.dtypes:
            target.sanitize_dtype(name)  # which says what there is to switch on
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
    same = source.family == target.family and dtype == dtype_name(a.dtype) and copy is not True
    if same and _is_there(a, source, target):
        return a
    if copy is False:
        raise ConversionError("A sparse matrix crosses by a copy. Pass copy=None.")
    matrix = source.sparse_to_scipy(a)
    if copy is True:  # SciPy's may share memory with `a`, and the target's with SciPy's
        matrix = matrix.copy()
    kept = matrix.format if matrix.format in target.sparse_formats else None
    return target.assparse(matrix, format=kept, dtype=target.sanitize_dtype(dtype))


def _is_there(x: Any, source: BackendOps, target: BackendOps) -> bool:
    """Whether an array lies on the device that the target names; a tracer lies on none."""
    return target.device is None or source.device_of(x) in (None, target.device)
