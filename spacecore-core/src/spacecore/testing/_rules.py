"""The dtype that a result must have, where it is not simply the promoted one of the inputs.

The standard leaves the widths of defaults to the library, so the backend's own account of them,
`__array_namespace_info__().default_dtypes()`, decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = [
    "default_complex",
    "default_integer",
    "default_of",
    "default_real",
    "index",
    "real_part",
    "widened",
]


def default_of(ops: Any, kind: str) -> str:
    """Return the name of the backend's default dtype of a kind."""
    defaults = ops.__array_namespace_info__().default_dtypes()
    name: str = ops.dtype_name(defaults[kind])
    return name


def index(ops: Any, dtypes: Sequence[str], reference: str) -> str:
    """Return the dtype of indices."""
    return default_of(ops, "indexing")


def default_integer(ops: Any, dtypes: Sequence[str], reference: str) -> str:
    """Return the default integer dtype."""
    return default_of(ops, "integral")


def default_real(ops: Any, dtypes: Sequence[str], reference: str) -> str:
    """Return the default real dtype."""
    return default_of(ops, "real floating")


def default_complex(ops: Any, dtypes: Sequence[str], reference: str) -> str:
    """Return the default complex dtype."""
    return default_of(ops, "complex floating")


def widened(ops: Any, dtypes: Sequence[str], reference: str) -> str:
    """Return the dtype of a sum: an integer narrower than the default has the default's width."""
    dtype, default = np.dtype(dtypes[0]), np.dtype(default_of(ops, "integral"))
    if dtype.kind not in "iu" or dtype.itemsize >= default.itemsize:
        return dtype.name
    return default.name if dtype.kind == "i" else f"u{default.name}"


def real_part(ops: Any, dtypes: Sequence[str], reference: str) -> str:
    """Return the real dtype of the first input's precision."""
    name = dtypes[0]
    return {"complex64": "float32", "complex128": "float64"}.get(name, name)
