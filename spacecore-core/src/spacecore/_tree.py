"""Trees of arrays: tuples, lists, dicts and NamedTuples, nested; `optree` does the work.

`optree` is imported on first use. Dict keys pair by name, in sorted order; None is an empty tree.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from types import ModuleType
from typing import Any

__all__ = ["broadcast_prefix", "flatten", "map_leaves", "unflatten"]


@cache
def _optree() -> ModuleType:
    import optree

    return optree


def flatten(tree: Any) -> tuple[list[Any], Any]:
    """Return the leaves of a tree, and its structure."""
    leaves, structure = _optree().tree_flatten(tree)
    return leaves, structure


def unflatten(structure: Any, leaves: Sequence[Any]) -> Any:
    """Return the tree of a structure and its leaves."""
    return _optree().tree_unflatten(structure, leaves)


def map_leaves(function: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """Return the tree of `function` applied to the leaves of trees of one structure."""
    return _optree().tree_map(function, tree, *others)


def broadcast_prefix(prefix: Any, tree: Any) -> list[Any]:
    """Return one value for each leaf of `tree`, from a tree that is the upper part of it.

    None is a value here, not an empty tree.
    """
    values = []

    def visit(value: Any, subtree: Any) -> None:
        values.extend([value] * len(flatten(subtree)[0]))

    _optree().tree_map_(visit, prefix, tree, none_is_leaf=True)
    return values
