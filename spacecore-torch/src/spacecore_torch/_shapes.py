"""Manipulation functions: new shapes and orders, with the standard's signatures."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from spacecore.backend import differs
from spacecore_torch import _native
from spacecore_torch._tracing import is_transforming

__all__ = ["Shapes"]


class Shapes:
    """Manipulation functions of the standard, and NumPy's own."""

    @staticmethod
    @differs("Torch calls the shape `size`, and takes -1 for a length that stays")
    def broadcast_to(x: Any, /, shape: Any) -> Any:
        if -1 in shape:
            raise ValueError(f"`broadcast_to` needs lengths from 0 up. Got shape {tuple(shape)}.")
        return torch.broadcast_to(x, shape)

    @staticmethod
    @differs("Torch flattens nothing for `axis=None`, and leaves out what has shape (0,)")
    def concat(arrays: Any, /, *, axis: int | None = 0) -> Any:
        if axis is None:
            return torch.cat([torch.ravel(x) for x in arrays])
        made = _native.cat(arrays, axis) if axis else _native.cat(arrays)
        if made.ndim > 1:
            _refuse_left_out(arrays)
        return made

    @staticmethod
    @differs("Torch leaves out what has shape (0,)")
    def hstack(arrays: Any, /) -> Any:
        made = torch.hstack(arrays)
        if made.ndim > 1:
            _refuse_left_out(arrays)
        return made

    @staticmethod
    @differs("Torch maps this by no `vmap`")
    def column_stack(arrays: Any, /) -> Any:
        if not is_transforming():
            return torch.column_stack(arrays)
        return torch.cat([x if x.ndim > 1 else torch.reshape(x, (-1, 1)) for x in arrays], 1)

    @staticmethod
    @differs("Torch calls the axes `dims`, and has no default")
    def flip(x: Any, /, *, axis: Any = None) -> Any:
        if axis is None:
            return torch.flip(x, (0,) if x.ndim == 1 else tuple(range(x.ndim)))
        return torch.flip(x, (int(axis),) if isinstance(axis, int | np.integer) else axis)

    @staticmethod
    @differs("Torch calls the axes `dims`")
    def permute_dims(x: Any, /, axes: Any) -> Any:
        return torch.permute(x, axes)

    @staticmethod
    @differs("Torch exchanges two axes under this name")
    def transpose(x: Any, /, axes: Any = None) -> Any:
        if axes is not None:
            return torch.permute(x, axes)
        return x.mT if x.ndim == 2 else torch.permute(x, tuple(range(x.ndim - 1, -1, -1)))

    @staticmethod
    @differs("Torch calls this `repeat_interleave`, and takes the wider integers only")
    def repeat(x: Any, repeats: Any, /, *, axis: int | None = None) -> Any:
        if isinstance(repeats, torch.Tensor):
            if repeats.dtype.is_floating_point or repeats.dtype.is_complex:
                raise TypeError(f"`repeat` counts in integers. Got {repeats.dtype}.")
            repeats = repeats.to(torch.int64)
        return torch.repeat_interleave(x, repeats, axis)

    @staticmethod
    @differs("Torch has no `copy`")
    def reshape(x: Any, /, shape: Any, *, copy: bool | None = None) -> Any:
        if copy is None:
            return torch.reshape(x, shape)
        if copy:
            return torch.reshape(x.clone(memory_format=torch.contiguous_format), shape)
        try:
            return x.view(shape)
        except RuntimeError as error:
            raise ValueError(
                f"`reshape` without a copy needs strides that fit. Got shape {tuple(x.shape)}, "
                f"strides {x.stride()} into {shape}. Pass copy=None."
            ) from error

    @staticmethod
    @differs("Torch calls the axes `dims`, wants as many shifts, and rolls slices without axes")
    def roll(x: Any, /, shift: Any, *, axis: Any = None) -> Any:
        if isinstance(axis, tuple):
            if not axis:
                return torch.clone(x)
            if isinstance(shift, int | np.integer):
                shift = (shift,) * len(axis)
            return torch.roll(x, shift, axis)
        if x.ndim == 0:
            return torch.clone(x)
        return torch.roll(
            x, int(shift) if isinstance(shift, int | np.integer) else sum(shift), axis
        )

    @staticmethod
    @differs("Torch leaves an axis of another length where it is")
    def squeeze(x: Any, /, axis: Any) -> Any:
        if type(axis) is int and x.shape[axis] == 1:
            return _native.squeeze(x, axis)
        for a in (axis,) if isinstance(axis, int | np.integer) else axis:
            if x.shape[a] != 1:
                raise ValueError(
                    f"`squeeze` takes out axes of length 1. Got axis {a} of length {x.shape[a]}."
                )
        return torch.squeeze(x, axis)

    @staticmethod
    @differs("Torch has it as a property")
    def matrix_transpose(x: Any, /) -> Any:
        return x.mT

    @staticmethod
    @differs("Torch calls `k` `diagonal`")
    def diag(x: Any, /, k: int = 0) -> Any:
        return torch.diag(x, k)


def _refuse_left_out(arrays: Any) -> None:
    """Raise for an array of one axis among those that were joined to one of more."""
    for x in arrays:
        if x.ndim == 1:
            raise ValueError(
                "Arrays are joined that have as many axes. Got shapes "
                f"{', '.join(str(tuple(each.shape)) for each in arrays)}. Reshape the empty one."
            )
