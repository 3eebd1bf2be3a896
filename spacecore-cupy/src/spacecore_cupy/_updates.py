"""Indexed updates, in place on a copy."""

from __future__ import annotations

from typing import Any

import cupy

from spacecore.backend import differs
from spacecore.errors import CastError

__all__ = ["Updates", "refuse_imaginary"]


class Updates:
    """Functional forms of `x[index] = values` and `x[index] += values`."""

    @staticmethod
    @differs("CuPy updates in place")
    def index_set(x: Any, index: Any, values: Any, /, *, copy: bool = True) -> Any:
        out = x.copy() if copy else x
        _refuse_unfit(values, out.dtype)
        out[index] = values
        return out

    @staticmethod
    @differs("CuPy updates in place, and adds atomically for some dtypes only")
    def index_add(x: Any, index: Any, values: Any, /, *, copy: bool = True) -> Any:
        out = x.copy() if copy else x
        dtype = out.dtype
        _refuse_unfit(values, dtype)
        added = cupy.asarray(values, dtype=dtype)
        if dtype.name == "int64":
            # the same bits; CUDA declares atomic addition for the unsigned type alone
            cupy.add.at(out.view(cupy.uint64), index, added.view(cupy.uint64))
        elif dtype.name in _ATOMIC:
            wide = out.astype(_ATOMIC[dtype.name])
            cupy.add.at(wide, index, added.astype(wide.dtype))
            out[...] = wide.astype(dtype)
        else:
            cupy.add.at(out, index, added)
        return out


def _refuse_unfit(values: Any, dtype: Any) -> None:
    refuse_imaginary(values, dtype)
    if type(values) is int and dtype.kind in "iu":
        dtype.type(values)  # raises for a number beyond the range


def refuse_imaginary(values: Any, dtype: Any) -> None:
    """Raise where complex values would be written into an array of a real dtype.

    Raises
    ------
    CastError
    """
    if dtype.kind in "iuf" and cupy.iscomplexobj(values):
        raise CastError(
            f"Values written into an array keep their imaginary part. Got complex ones for "
            f"{dtype}. Take the real part, `ops.real(values)`."
        )


_ATOMIC = {
    "bool": cupy.int32,
    "int8": cupy.int32,
    "int16": cupy.int32,
    "uint8": cupy.uint32,
    "uint16": cupy.uint32,
}
"""Where the narrow integers are summed; cut to their width again, the sum is the same."""
