"""What the smallest calls are made of: Torch's functions and types, found at once.

Python finds an attribute of a module by a short cut, but not where the module has a `__getattr__`,
as Torch's has: there it takes a tenth of such a call.
"""

from __future__ import annotations

from torch import (
    Tensor,
    cat,
    dtype,
    int64,
    rand,
    randint,
    randn,
    searchsorted,
    squeeze,
    strided,
    take,
    vdot,
)

__all__ = [
    "Tensor",
    "cat",
    "dtype",
    "int64",
    "rand",
    "randint",
    "randn",
    "searchsorted",
    "squeeze",
    "strided",
    "take",
    "vdot",
]
