"""Where Torch departs from the contract and is left to: unsigned integers, infinities, NaN.

Patterns of the names of cases of `spacecore.testing`, each with the reason.
"""

from __future__ import annotations

import torch
from torch.torch_version import TorchVersion

__all__ = ["DIFFERENCES"]

_STORED_ONLY = "Torch stores uint16, uint32 and uint64, and computes next to nothing in them"
_SIGNED_SUMS = "Torch adds and multiplies unsigned integers up in int64, for it has no such uint64"

_OF_ONE_DTYPE = (
    *("abs", "argmax", "argmin", "bitwise_invert", "clip", "diff", "flip", "matmul"),
    *("linalg.cross", "linalg.matmul", "linalg.tensordot", "linalg.vecdot", "max", "min"),
    *("negative", "nonzero", "searchsorted", "sign", "square", "take_along_axis", "tensordot"),
    *("tril", "triu", "vecdot"),
)
_OF_SEVERAL = (
    *("add", "bitwise_and", "bitwise_left_shift", "bitwise_or", "bitwise_right_shift"),
    *("bitwise_xor", "equal", "floor_divide", "greater", "greater_equal", "less", "less_equal"),
    *("maximum", "minimum", "multiply", "not_equal", "pow", "remainder", "subtract"),
)
_SUMS = ("cumulative_prod", "cumulative_sum", "linalg.trace", "prod", "sum", "trace")

_VERSION = TorchVersion(torch.__version__)
_OF_OLDER = (
    *(("where",) if _VERSION < "2.13" else ()),
    *(("take", "unique_all") if _VERSION < "2.10" else ()),
)

DIFFERENCES = {
    **{f"{name}[*uint??-*": _STORED_ONLY for name in _OF_OLDER},
    **{f"{name}[*uint??-*": _STORED_ONLY for name in (*_OF_ONE_DTYPE, *_OF_SEVERAL)},
    **{f"{name}[*uint??]": _STORED_ONLY for name in _OF_SEVERAL},
    **{f"{name}[*uint*": _SIGNED_SUMS for name in _SUMS},
    "log1p[complex*-special]": "Torch gives NaN for the complex infinities",
    **{
        f"{name}[complex*-infinite-second]": "Torch multiplies the second operand by a complex 1"
        for name in ("add", "subtract")
    },
    **{
        f"{name}[float*-near-overflow]": "Torch's loop for long arrays takes the exponential first"
        for name in ("cosh", "sinh")
    },
    "searchsorted[float*-nan]": "Torch searches by comparisons, of which NaN is no part",
}
