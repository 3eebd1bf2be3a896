"""The `linalg` extension: CuPy's functions, and `array_api_compat`'s where theirs differ.

cuSOLVER reports a failure (a singular matrix, one that is not positive definite) on the device;
CuPy reads that report only under `cupyx.errstate(linalg="raise")`, since reading it waits for
the device, and otherwise returns what the routine left.
"""

from __future__ import annotations

from typing import Any, ClassVar

import array_api_compat.cupy
import cupy
import numpy as np

from spacecore.backend import LinalgNamespace, differs
from spacecore_cupy._device import on

__all__ = ["CuPyLinalg", "solve", "vecdot"]

compat: Any = array_api_compat.cupy  # its names are made at run time


@differs("CuPy has no `vecdot`; of two vectors it is one call of cuBLAS, `vdot`")
def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    if x1.ndim == 1 == x2.ndim and -1 <= axis <= 0:
        return cupy.vdot(x1, x2)
    return compat.vecdot(x1, x2, axis=axis)


@differs("CuPy broadcasts no stack of matrices")
def solve(x1: Any, x2: Any, /) -> Any:
    if x2.ndim < 2 or x1.shape[:-1] == x2.shape[:-1]:
        return cupy.linalg.solve(x1, x2)
    stack = np.broadcast_shapes(x1.shape[:-2], x2.shape[:-2])
    return cupy.linalg.solve(*(cupy.broadcast_to(x, stack + x.shape[-2:]) for x in (x1, x2)))


class CuPyLinalg(LinalgNamespace):
    """Decompositions by cuSOLVER, products by cuBLAS."""

    xp = compat.linalg
    direct: ClassVar[dict[str, Any]] = {
        "cross": cupy.linalg.cross,
        "matmul": cupy.matmul,
        "matrix_transpose": cupy.matrix_transpose,
        "outer": cupy.outer,
        "tensordot": cupy.tensordot,
    }

    solve = staticmethod(solve)
    vecdot = staticmethod(vecdot)

    @staticmethod
    @differs("CuPy finds no largest singular value where there is none")
    def matrix_rank(x: Any, /, *, rtol: Any = None) -> Any:
        if 0 in x.shape[-2:]:
            with on(x.device):
                return cupy.zeros(x.shape[:-2], cupy.int64)
        return compat.linalg.matrix_rank(x, rtol=rtol)
