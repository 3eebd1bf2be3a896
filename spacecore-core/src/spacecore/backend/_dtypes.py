"""Dtype names, in any library's spelling."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from spacecore._typing import DType

__all__ = ["dtype_name"]


# NumPy makes the name of a dtype anew each time. Keys have their type in them, for dtypes of two
# libraries need not bear being compared.
@lru_cache(maxsize=256, typed=True)
def dtype_name(dtype: DType | str) -> str:
    """Return the standard's name, such as `"float64"`, of any library's dtype.

    Parameters
    ----------
    dtype : dtype, str or type
        A dtype prints as its name, in some libraries behind the library's (`torch.float64`).
    """
    if isinstance(dtype, str):
        return _SPELLINGS.get(dtype) or _numpy_name(dtype)
    if isinstance(dtype, np.dtype | type):
        return np.dtype(dtype).name
    return str(dtype).rpartition(".")[2]


def _numpy_name(spelling: str) -> str:
    try:
        return np.dtype(spelling).name
    except TypeError:
        return spelling


_SPELLINGS = {"bfloat16": "bfloat16", "float": "float64", "complex": "complex128"}
