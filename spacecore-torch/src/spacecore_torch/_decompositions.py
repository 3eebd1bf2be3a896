"""Eigen- and singular vectors by the contract's convention, in as few calls as Torch has for it.

The same factors as those that the contract computes on any library.
"""

from __future__ import annotations

from typing import Any

import torch

from spacecore.backend import differs

__all__ = ["eigh", "svd"]


@differs("Torch fixes no sign or phase of an eigenvector")
def eigh(x: Any, /) -> Any:
    values, vectors = torch.linalg.eigh(x)
    return torch.return_types.linalg_eigh((values, vectors * _factors(vectors)))  # type: ignore[attr-defined]


@differs("Torch fixes no sign or phase of a pair of singular vectors")
def svd(x: Any, /, *, full_matrices: bool = True) -> Any:
    left, values, right = torch.linalg.svd(x, full_matrices)
    paired = values.shape[-1]
    if left.shape[-1] == paired == right.shape[-2]:
        factors = _factors(left)
        made = left * factors, values, right * factors.mH
    else:
        factors = _factors(left[..., :paired])
        made = _turned(left, factors, -1), values, _turned(right, factors.mH, -2)
    return torch.return_types.linalg_svd(made)  # type: ignore[attr-defined]


def _turned(vectors: Any, factors: Any, axis: int) -> Any:
    """Vectors along an axis, of which the first few have factors."""
    paired = factors.shape[axis]
    alone = vectors.narrow(axis, paired, vectors.shape[axis] - paired)
    return torch.cat((vectors.narrow(axis, 0, paired) * factors, alone), axis)


_NEARLY = 0.99
"""As in the contract: entries this close to the largest count as tied."""


def _factors(vectors: Any) -> Any:
    """The factors of modulus 1 for column vectors; shape (..., 1, k)."""
    if vectors.shape[-2] == 0:
        return vectors.new_ones((*vectors.shape[:-2], 1, vectors.shape[-1]))
    size = torch.abs(vectors.detach())
    tied = size >= _NEARLY * torch.amax(size, -2, True)
    first = torch.argmax(tied.to(torch.int8), -2, True)
    factors = torch.sgn(torch.gather(vectors, -2, first))
    return torch.conj(factors) if factors.dtype.is_complex else factors
