"""The `linalg` extension, of which Torch has nearly all.

Torch's derivatives in forward mode of what it factorizes by LU take the factors for constants. The
first derivative is right; what is differentiated again, by `torch.func.grad` around a `jvp` or by
two `jvp`s, is silently wrong. There the functions are put together from others.
"""

from __future__ import annotations

from math import inf
from typing import Any, ClassVar, NamedTuple

import torch
from torch.autograd import forward_ad

from spacecore.backend import LinalgNamespace, differs
from spacecore_torch._products import Products
from spacecore_torch._promotion import common
from spacecore_torch._reductions import Reductions
from spacecore_torch._shapes import Shapes
from spacecore_torch._tracing import is_outside_of_forward_mode, is_transforming

__all__ = ["TorchLinalg"]

_DERIVED = differs("Torch has wrong derivatives of what forward mode gives")


class SlogdetResult(NamedTuple):
    """What `slogdet` returns where Torch's own would be wrong."""

    sign: torch.Tensor
    logabsdet: torch.Tensor


class TorchLinalg(LinalgNamespace):
    """Torch's `linalg` with the signatures and the broadcasting of the standard."""

    xp: ClassVar[Any] = torch.linalg
    direct: ClassVar[dict[str, Any]] = {"outer": torch.outer}

    matmul = staticmethod(Products.matmul)
    tensordot = staticmethod(Products.tensordot)
    vecdot = staticmethod(Products.vecdot)
    matrix_transpose = staticmethod(Shapes.matrix_transpose)

    @staticmethod
    @differs("Torch wants operands of one dtype and as many axes")
    def cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
        if x1.dtype is not x2.dtype:
            x1, x2 = common(x1, x2)
        if x1.ndim == x2.ndim:
            return torch.linalg.cross(x1, x2, dim=axis)
        x1, x2 = torch.movedim(x1, axis, -1), torch.movedim(x2, axis, -1)
        if not x1.shape[-1] == 3 == x2.shape[-1]:
            raise ValueError(
                f"`cross` is of vectors of length 3. Got {x1.shape[-1]} and {x2.shape[-1]} along "
                f"axis {axis}."
            )
        x1, x2 = torch.broadcast_tensors(x1, x2)  # type: ignore[no-untyped-call]
        return torch.movedim(torch.linalg.cross(x1, x2), -1, axis)

    @staticmethod
    @differs(
        "Torch takes a stack of vectors for right-hand sides where it looks like one, `vmap` more "
        "often, and has wrong derivatives of what forward mode gives"
    )
    def solve(x1: Any, x2: Any, /) -> Any:
        if x1.dtype is not x2.dtype:
            x1, x2 = common(x1, x2)
        if forward_ad._current_level >= 0 and is_outside_of_forward_mode(x1):
            return _solved(x1, x2)
        if is_transforming():
            return _solved_as_columns(x1, x2)
        if x2.ndim > 1 and x2.ndim == x1.ndim - 1:
            x2 = x2[None]
        return torch.linalg.solve(x1, x2)

    @staticmethod
    @_DERIVED
    def det(x: Any, /) -> Any:
        if forward_ad._current_level >= 0 and is_outside_of_forward_mode(x):
            parity, diagonal = _pivots(x)
            return parity * torch.prod(diagonal, -1)
        return torch.linalg.det(x)

    @staticmethod
    @_DERIVED
    def slogdet(x: Any, /) -> Any:
        if forward_ad._current_level >= 0 and is_outside_of_forward_mode(x):
            parity, diagonal = _pivots(x)
            sign = parity * torch.prod(torch.sgn(diagonal), -1)
            return SlogdetResult(sign, torch.sum(torch.log(torch.abs(diagonal)), -1))
        return torch.linalg.slogdet(x)

    @staticmethod
    @differs("Torch adds the main diagonal of one matrix")
    def trace(x: Any, /, offset: int = 0, dtype: Any = None) -> Any:
        # Arguments that go by name alone would cost a tenth of the call, also where none is given.
        if not offset and dtype is None and x.ndim == 2:
            return x.trace()  # found as fast, and called faster than the function
        return torch.sum(torch.linalg.diagonal(x, offset=offset), -1, dtype=dtype)

    @staticmethod
    @differs("Torch has no None, the Frobenius norm")
    def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
        if ord is None or ord == "fro":
            return torch.linalg.matrix_norm(x, keepdim=keepdims)
        return torch.linalg.matrix_norm(x, ord, (-2, -1), keepdims)

    @staticmethod
    @differs("Torch takes `axis=()` for every axis, and has few norms of no numbers")
    def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
        if ord == 2 and axis is None and not keepdims:
            return torch.linalg.vector_norm(x)
        if axis != ():
            if ord != 2 and x.numel() == 0 and (ord < 0 or ord == inf):
                return _norm_of_nothing(x, axis, keepdims, ord)
            return torch.linalg.vector_norm(x, ord, axis, keepdims)
        magnitude = torch.abs(x)
        return Reductions.any(x, axis=()).to(magnitude.dtype) if ord == 0 else magnitude


def _norm_of_nothing(x: Any, axis: Any, keepdims: bool, ord: float) -> Any:
    """The largest of no magnitudes is 0, and a sum of no inverse powers has infinity for a root."""
    if ord == -inf:
        raise ValueError(
            f"The smallest of no magnitudes is not a number. Got ord=-inf, shape {tuple(x.shape)}."
        )
    zero = Reductions.sum(torch.abs(x), axis=axis, keepdims=keepdims)
    return zero if ord == inf else zero + inf


def _solved_as_columns(a: Any, b: Any) -> Any:
    """The solution, of columns and as many axes in both, in which `vmap` can mistake nothing."""
    if b.ndim == 1:
        return torch.squeeze(_solved_as_columns(a, torch.unsqueeze(b, -1)), -1)
    ndim = max(a.ndim, b.ndim)
    a, b = (torch.reshape(x, (1,) * (ndim - x.ndim) + tuple(x.shape)) for x in (a, b))
    return torch.linalg.solve(a, b)


def _solved(a: Any, b: Any) -> Any:
    """The solution by the inverse, of which Torch's derivatives are right, refined once."""
    inverse = torch.linalg.inv(a)
    x = torch.matmul(inverse, b)
    return x + torch.matmul(inverse, b - torch.matmul(a, x))


def _pivots(x: Any) -> tuple[Any, Any]:
    """The sign of the permutation of an LU factorization, and the diagonal of U."""
    factors, exchanged, _ = torch.linalg.lu_factor_ex(x)
    places = torch.arange(1, x.shape[-1] + 1, device=x.device)
    parity = torch.sum(exchanged != places, -1) % 2
    return 1 - 2 * parity, torch.linalg.diagonal(factors)
