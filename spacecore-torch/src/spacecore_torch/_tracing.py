"""What Torch is in the middle of: transforms, compilation, modes, and which tensors are part."""

from __future__ import annotations

from typing import Any

import torch
from torch._C import (  # type: ignore[attr-defined]
    _are_functorch_transforms_active,
    _len_torch_function_stack,
)
from torch._C._functorch import (
    TransformType,
    get_interpreter_stack,
    get_unwrapped,
    is_batchedtensor,
    is_functorch_wrapped_tensor,
    maybe_get_level,
)
from torch._subclasses.fake_tensor import FakeTensor

__all__ = [
    "default_device",
    "is_batched",
    "is_in_two_forward_modes",
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
    if torch.compiler.is_compiling():
        return True
    if is_transforming() and is_functorch_wrapped_tensor(x):
        return True
    return x.is_meta or isinstance(x, FakeTensor)


def is_wrapped(x: Any) -> bool:
    """Tell whether a transform of `torch.func` maps or differentiates a tensor."""
    if not is_transforming() or torch.compiler.is_compiling():
        return False
    return is_functorch_wrapped_tensor(x)


def is_batched(x: Any) -> bool:
    """Tell whether `vmap` maps `x`."""
    if not is_transforming() or not isinstance(x, torch.Tensor):
        return False
    if torch.compiler.is_compiling():
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
