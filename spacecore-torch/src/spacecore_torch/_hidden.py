"""Tensors that a function depends on without being given them."""

from __future__ import annotations

from typing import Any

from spacecore.errors import UnsupportedOperationError
from spacecore_torch._tracing import is_wrapped

__all__ = ["refuse_hidden"]


def refuse_hidden(x: Any, known: tuple[Any, ...] = ()) -> None:
    """Raise if derivatives of x by other tensors than the known ones would be lost.

    A solve is differentiated by the fields of its operator. A tensor that only a function knows,
    such as a parameter of a module that it calls, would silently get no gradient.

    Raises
    ------
    UnsupportedOperationError
    """
    if is_wrapped(x) or (x.requires_grad and (not known or _reaches_others(x.grad_fn, known))):
        raise UnsupportedOperationError(
            "A solve is differentiated by the tensors in the fields of its operator. Got an "
            "operator whose function closes over a tensor that derivatives are asked of.",
            backend="torch",
            hint="Make it a field of a LinOp of your own, or detach it.",
        )


def _reaches_others(function: Any, known: tuple[Any, ...]) -> bool:
    """Whether a graph ends elsewhere than at the known tensors."""
    seen = {x.grad_fn for x in known if x.grad_fn is not None}
    queue = [function]
    while queue:
        node = queue.pop()
        if node in seen:
            continue
        seen.add(node)
        before = [each for each, _ in node.next_functions if each is not None]
        if not before and not _is_leaf_of(node, known):
            return True
        queue += before
    return False


def _is_leaf_of(node: Any, known: tuple[Any, ...]) -> bool:
    if node.name() != "torch::autograd::AccumulateGrad":
        return False
    return any(node.variable is x for x in known)
