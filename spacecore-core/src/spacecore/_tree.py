"""Trees of arrays: tuples, lists, dicts and NamedTuples, nested; `optree` does the work.

`optree` is imported on first use. Dict keys pair by name, in sorted order; None is an empty tree.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from types import ModuleType
from typing import Any

__all__ = ["announce", "broadcast_prefix", "flatten", "listen", "map_leaves", "unflatten"]

NAMESPACE = "spacecore"

_announced: list[type] = []
_listeners: list[Callable[[type], None]] = []


def announce(cls: type) -> None:
    """Make a class with `tree_flatten` and `tree_unflatten` a node of trees, here and elsewhere."""
    _announced.append(cls)
    for hear in _listeners:
        hear(cls)


def listen(hear: Callable[[type], None]) -> None:
    """Call `hear` with every class announced so far, and with each later one."""
    _listeners.append(hear)
    for cls in _announced:
        hear(cls)


@cache
def _optree() -> ModuleType:
    import optree

    def register(cls: Any) -> None:
        optree.register_pytree_node(cls, _flatten_node, cls.tree_unflatten, namespace=NAMESPACE)

    listen(register)
    return optree


def _flatten_node(node: Any) -> tuple[Any, Any]:
    children, aux = node.tree_flatten()
    return children, aux


def flatten(tree: Any) -> tuple[list[Any], Any]:
    """Return the leaves of a tree, and its structure."""
    leaves, structure = _optree().tree_flatten(tree, namespace=NAMESPACE)
    return leaves, structure


def unflatten(structure: Any, leaves: Sequence[Any]) -> Any:
    """Return the tree of a structure and its leaves."""
    return _optree().tree_unflatten(structure, leaves)


def map_leaves(function: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """Return the tree of `function` applied to the leaves of trees of one structure."""
    return _optree().tree_map(function, tree, *others, namespace=NAMESPACE)


def broadcast_prefix(prefix: Any, tree: Any) -> list[Any]:
    """Return one value for each leaf of `tree`, from a tree that is the upper part of it.

    None is a value here, not an empty tree.
    """
    values = []

    def visit(value: Any, subtree: Any) -> None:
        values.extend([value] * len(flatten(subtree)[0]))

    _optree().tree_map_(visit, prefix, tree, none_is_leaf=True, namespace=NAMESPACE)
    return values
