"""Moving a dense array from one library to another through DLPack."""

from __future__ import annotations

from typing import Any

from spacecore.backend._dtypes import dtype_name
from spacecore.backend._ops import BackendOps
from spacecore.errors import ConversionError

__all__ = ["transfer"]


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
    exported = source.export_dense(x, copy=copy)
    return target.import_dense(exported, device=target.device, copy=copy)
