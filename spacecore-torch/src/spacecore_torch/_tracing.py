"""Whether a tensor stands for values that are not known yet."""

from __future__ import annotations

from typing import Any

import torch
from torch._C._functorch import (
    TransformType,
    get_interpreter_stack,
    get_unwrapped,
    is_batchedtensor,
    is_functorch_wrapped_tensor,
    maybe_get_level,
)
from torch._subclasses.fake_tensor import FakeTensor

__all__ = ["is_batched", "is_in_two_forward_modes", "is_traced", "is_wrapped"]


def is_traced(x: Any, /) -> bool:
    """Tell whether the values of `x` can't be read.

    True inside `vmap`, `grad`, `vjp` and `jvp` for what they map or differentiate, inside
    `torch.compile`, and for fake and meta tensors.
    """
    if not isinstance(x, torch.Tensor):
        return False
    if torch.compiler.is_compiling():
        return True
    return x.is_meta or is_functorch_wrapped_tensor(x) or isinstance(x, FakeTensor)


def is_wrapped(x: Any) -> bool:
    """Tell whether a transform of `torch.func` maps or differentiates a tensor."""
    return not torch.compiler.is_compiling() and is_functorch_wrapped_tensor(x)


def is_batched(x: Any) -> bool:
    """Tell whether `vmap` maps `x`."""
    if not isinstance(x, torch.Tensor) or torch.compiler.is_compiling():
        return False
    while is_functorch_wrapped_tensor(x):
        if is_batchedtensor(x):
            return True
        x = get_unwrapped(x)
    return False


def is_in_two_forward_modes(x: Any) -> bool:
    """Tell whether `x` belongs to a `jvp` of `torch.func` around the innermost transform."""
    stack = get_interpreter_stack() or []
    outer = {each.level() for each in stack[:-1] if each.key() == TransformType.Jvp}
    while is_functorch_wrapped_tensor(x):
        if maybe_get_level(x) in outer:
            return True
        x = get_unwrapped(x)
    return False
