"""The `fft` extension: Torch's, with the standard's name for the axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import torch

from spacecore.backend import FFTNamespace, differs

__all__ = ["TorchFFT"]

_AXES = differs("Torch calls the axes `dim`")


def _over_axes(native: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    def transform(x: Any, /, *, s: Any = None, axes: Any = None, norm: Any = "backward") -> Any:
        return native(x, s, axes, norm)

    transform.__name__ = native.__name__
    return _AXES(transform)


class TorchFFT(FFTNamespace):
    """Torch's `fft` with the standard's signatures."""

    xp: ClassVar[Any] = torch.fft

    fftn = staticmethod(_over_axes(torch.fft.fftn))
    ifftn = staticmethod(_over_axes(torch.fft.ifftn))
    rfftn = staticmethod(_over_axes(torch.fft.rfftn))
    irfftn = staticmethod(_over_axes(torch.fft.irfftn))

    @staticmethod
    @_AXES
    def fftshift(x: Any, /, *, axes: Any = None) -> Any:
        return torch.clone(x) if axes == () else torch.fft.fftshift(x, axes)

    @staticmethod
    @_AXES
    def ifftshift(x: Any, /, *, axes: Any = None) -> Any:
        return torch.clone(x) if axes == () else torch.fft.ifftshift(x, axes)
