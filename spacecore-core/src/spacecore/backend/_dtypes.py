"""Dtype names, in any library's spelling."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np

from spacecore._typing import DType

__all__ = ["dtype_name", "no_dtype"]


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


def no_dtype(library: str, given: DType | str, names: Iterable[str]) -> str:
    """Say that a library has no such dtype, and what was meant perhaps.

    Parameters
    ----------
    library : str
        As in `NumPy`; its backend's name is that in lower case, its class that with `Ops`.
    given : dtype or str
    names : iterable of str
        Of its dtypes.
    """
    name = dtype_name(given)
    said = f"{library} has no dtype {name}."
    if name.partition(":")[0] in _DEVICE_KINDS:
        return f'{said} A device is part of the backend\'s name: "{library.lower()}:{name}".'
    import difflib

    nearest = difflib.get_close_matches(name, sorted(names), n=1)
    meant = f"Did you mean {nearest[0]}? Else choose" if nearest else "Choose"
    return f"{said} {meant} one of {', '.join(sorted(names))}."


_DEVICE_KINDS = frozenset({"cpu", "cuda", "gpu", "mps", "rocm", "tpu", "xpu"})


def _numpy_name(spelling: str) -> str:
    try:
        return np.dtype(spelling).name
    except TypeError:
        return spelling


_SPELLINGS = {"bfloat16": "bfloat16", "float": "float64", "complex": "complex128"}
