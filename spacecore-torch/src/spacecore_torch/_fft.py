"""The `fft` extension: Torch's, with the standard's name for the axes, of empty arrays too."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import torch

from spacecore.backend import FFTNamespace, differs

__all__ = ["TorchFFT"]

_AXES = differs("Torch calls the axes `dim`")


def _over_axis(native: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    def transform(x: Any, /, n: Any = None, axis: int = -1, norm: Any = "backward") -> Any:
        if x.numel():
            return native(x, n, axis, norm)
        return _of_nothing(lambda one: native(one, n, axis, norm), x, (axis,))

    transform.__name__ = native.__name__
    return differs("Torch's fails on the host for no rows at all")(transform)


def _over_axes(native: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    def transform(x: Any, /, *, s: Any = None, axes: Any = None, norm: Any = "backward") -> Any:
        if x.numel():
            return native(x, s, axes, norm)
        over = range(-(x.ndim if s is None else len(s)), 0) if axes is None else axes
        return _of_nothing(lambda one: native(one, s, axes, norm), x, over)

    transform.__name__ = native.__name__
    return differs("Torch calls the axes `dim`, and fails on the host for no rows at all")(
        transform
    )


def _of_nothing(transform: Callable[[Any], torch.Tensor], x: Any, axes: Iterable[int]) -> Any:
    """Transform one row where there is none, and give none of it."""
    over = {axis % x.ndim for axis in axes}
    empty = [axis for axis in range(x.ndim) if x.shape[axis] == 0 and axis not in over]
    pads = [pad for axis in reversed(range(x.ndim)) for pad in (0, int(axis in empty))]
    made = transform(torch.nn.functional.pad(x, pads) if empty else x)
    for axis in empty:
        made = made.narrow(axis, 0, 0)
    return made


class TorchFFT(FFTNamespace):
    """Torch's `fft` with the standard's signatures."""

    xp: ClassVar[Any] = torch.fft

    fft = staticmethod(_over_axis(torch.fft.fft))
    ifft = staticmethod(_over_axis(torch.fft.ifft))
    rfft = staticmethod(_over_axis(torch.fft.rfft))
    irfft = staticmethod(_over_axis(torch.fft.irfft))
    hfft = staticmethod(_over_axis(torch.fft.hfft))
    ihfft = staticmethod(_over_axis(torch.fft.ihfft))
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
