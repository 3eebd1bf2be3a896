"""Tensors that a function depends on without being given them."""

from __future__ import annotations

from typing import Any

import torch
from torch._C._functorch import get_unwrapped, is_batchedtensor, maybe_get_bdim
from torch.autograd import forward_ad

from spacecore.errors import UnsupportedOperationError
from spacecore_torch._tracing import is_wrapped

__all__ = ["constant", "refuse_hidden"]


def refuse_hidden(x: Any) -> None:
    """Raise if `x` is mapped or differentiated, though nothing that it was made of is.

    A solve is differentiated by the fields of its operator. A tensor that only a function knows,
    such as a parameter of a module that it calls, would silently get no gradient.

    Raises
    ------
    UnsupportedOperationError
    """
    if _is_varying(x):
        raise UnsupportedOperationError(
            "A solve is differentiated and mapped by the tensors in the fields of its operator. "
            "Got an operator whose function closes over a tensor that derivatives, or values for "
            "each slice, are asked of.",
            backend="torch",
            hint="Make it a field of a LinOp of your own, or detach it.",
        )


def constant(x: Any) -> Any:
    """Return the values of a tensor, of one slice if it is mapped, which nothing depends on."""
    while is_wrapped(x):
        inner = get_unwrapped(x)
        x = _first(inner, maybe_get_bdim(x)) if is_batchedtensor(x) else inner
    return x.detach()


def _first(x: Any, axis: int) -> Any:
    """The first slice; one of zeros where there is none."""
    if x.shape[axis]:
        return x.select(axis, 0)
    return x.new_zeros((*x.shape[:axis], *x.shape[axis + 1 :]))


def _is_varying(x: Any) -> bool:
    """Whether any transform maps or differentiates x; each also wraps what it does not map."""
    forward = forward_ad._current_level >= 0
    while not x.requires_grad:
        if forward and x.layout is torch.strided and _tangent(x) is not None:
            return True
        if not is_wrapped(x):
            return False
        if is_batchedtensor(x):
            return True
        x = get_unwrapped(x)
    return True


def _tangent(x: Any) -> Any:
    return forward_ad.unpack_dual(x).tangent  # type: ignore[no-untyped-call]
