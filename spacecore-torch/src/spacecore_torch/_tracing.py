"""What Torch is in the middle of: transforms, compilation, modes, and which tensors are part."""

from __future__ import annotations

from typing import Any

import torch
from torch._C import (
    _are_functorch_transforms_active,
    _len_torch_function_stack,
)
from torch._C._functorch import (
    TransformType,
    current_level,
    get_interpreter_stack,
    get_unwrapped,
    is_batchedtensor,
    is_functorch_wrapped_tensor,
    maybe_get_level,
)
from torch._subclasses.fake_tensor import FakeTensor
from torch.autograd import forward_ad
from torch.compiler import is_compiling

__all__ = [
    "default_device",
    "holds_somewhere",
    "is_batched",
    "is_in_two_forward_modes",
    "is_mapped_here",
    "is_outside_of_forward_mode",
    "is_traced",
    "is_transforming",
    "is_wrapped",
]

is_transforming = _are_functorch_transforms_active
"""Tells whether this runs inside a transform of `torch.func`; an answer in 25 ns."""

_HOST = torch.device("cpu")


def default_device() -> torch.device:
    """Return the device that arrays are made on; faster than Torch tells it."""
    if _len_torch_function_stack():  # a default device of the user's is a mode
        return torch.get_default_device()
    return _HOST


def is_traced(x: Any, /) -> bool:
    """Tell whether the values of `x` can't be read.

    True inside `vmap`, `grad`, `vjp` and `jvp` for what they map or differentiate, inside
    `torch.compile`, and for fake and meta tensors.
    """
    if not isinstance(x, torch.Tensor):
        return False
    if is_compiling():
        return True
    return is_functorch_wrapped_tensor(x) or x.is_meta or isinstance(x, FakeTensor)


def is_wrapped(x: Any) -> bool:
    """Tell whether a transform of `torch.func` maps or differentiates a tensor."""
    return not is_compiling() and isinstance(x, torch.Tensor) and is_functorch_wrapped_tensor(x)


def is_batched(x: Any) -> bool:
    """Tell whether `vmap` maps `x`."""
    if not is_transforming() or not isinstance(x, torch.Tensor):
        return False
    if is_compiling():
        return False
    while is_functorch_wrapped_tensor(x):
        if is_batchedtensor(x):
            return True
        x = get_unwrapped(x)
    return False


def is_mapped_here(x: Any) -> bool:
    """Tell whether the innermost transform is a `vmap` that maps `x`."""
    return is_batchedtensor(x) and maybe_get_level(x) == current_level()


def holds_somewhere(x: Any) -> bool:
    """Tell whether a tensor of bools that `vmap` maps is true in some slice."""
    while is_functorch_wrapped_tensor(x):
        x = get_unwrapped(x)
    return bool(torch.any(x))


def is_outside_of_forward_mode(x: Any) -> bool:
    """Tell whether forward mode runs, and its result may be differentiated by `x` again.

    True for a matrix that requires a gradient, and for one that `torch.func.grad` differentiates
    around a `torch.func.jvp`, even where the latter is of something else.
    """
    if forward_ad._current_level < 0:
        return False
    if is_compiling():
        return True  # a compiler answers no such question
    stack = get_interpreter_stack() or []
    forward = max((s.level() for s in stack if s.key() == TransformType.Jvp), default=0)
    while is_functorch_wrapped_tensor(x):
        if maybe_get_level(x) < forward and not is_batchedtensor(x):
            return True
        x = get_unwrapped(x)
    return bool(x.requires_grad)


def is_in_two_forward_modes(x: Any) -> bool:
    """Tell whether `x` belongs to a `jvp` of `torch.func` around the innermost transform."""
    stack = get_interpreter_stack() or []
    outer = {each.level() for each in stack[:-1] if each.key() == TransformType.Jvp}
    while is_functorch_wrapped_tensor(x):
        if maybe_get_level(x) in outer:
            return True
        x = get_unwrapped(x)
    return False
