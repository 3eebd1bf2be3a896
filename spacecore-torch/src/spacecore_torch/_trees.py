"""Trees as the contract has them, by Torch's: None is an empty tree, and dicts pair by key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch.utils._pytree import tree_flatten, tree_unflatten

__all__ = ["Structure", "axes_of", "flatten", "paired", "spread", "unflatten"]


class Structure(NamedTuple):
    """What a tree is without its leaves: Torch's structure, and where None stands in it."""

    whole: Any
    absent: tuple[int, ...]


# What trees nearly always are, and Torch takes several times as long to find out.
_TENSOR, _TENSORS = Structure(None, ()), Structure(None, ())


def flatten(tree: Any) -> tuple[list[Any], Structure]:
    """Return the leaves of a tree, and its structure."""
    if isinstance(tree, torch.Tensor):
        return [tree], _TENSOR
    if _are_tensors(tree):
        return list(tree), _TENSORS
    leaves, whole = tree_flatten(tree)
    absent = tuple([i for i, x in enumerate(leaves) if x is None])
    if absent:
        leaves = [x for x in leaves if x is not None]
    return leaves, Structure(whole, absent)


def unflatten(structure: Structure, leaves: Sequence[Any]) -> Any:
    """Return the tree of a structure and its leaves."""
    if structure is _TENSOR:
        return leaves[0]
    if structure is _TENSORS:
        return tuple(leaves)
    every = list(leaves)
    for i in structure.absent:
        every.insert(i, None)
    return tree_unflatten(every, structure.whole)


def paired(tree: Any, other: Any) -> list[Any]:
    """Return the leaves of another tree of the structure of a tree, in the order of its own.

    Raises
    ------
    ValueError
        If the structures differ.
    """
    if _are_tensors(tree) and _are_tensors(other) and len(tree) == len(other):
        return list(other)
    found: list[Any] = []
    if not _pair(tree, other, found, of_axes=False):
        raise ValueError(
            "Tangents are a tree like the arguments, cotangents one like the results, and the "
            f"branches of a function are alike. Got {tree_flatten(other)[1]} beside "
            f"{tree_flatten(tree)[1]}."
        )
    return found


def axes_of(axes: Any, args: tuple[Any, ...], structure: Structure) -> list[int | None]:
    """Return the axis for each leaf of arguments, of which `vmap` is told one or a sequence.

    Raises
    ------
    ValueError
        If the axes of an argument are no tree like the upper part of it.
    """
    if type(axes) is int and structure is _TENSORS:
        return [axes] * len(args)
    each = tuple(axes) if isinstance(axes, tuple | list) else (axes,) * len(args)
    return spread(each, args)


def spread(axes: Any, tree: Any) -> list[int | None]:
    """Return the axis for each leaf of a tree, from a tree of axes that is the upper part of it.

    Raises
    ------
    ValueError
        If it is not.
    """
    if isinstance(tree, torch.Tensor) and (axes is None or isinstance(axes, int)):
        return [axes]
    are_axes = type(axes) is tuple and all(a is None or isinstance(a, int) for a in axes)
    if are_axes and _are_tensors(tree) and len(axes) == len(tree):
        return list(axes)
    found: list[Any] = []
    if not _pair(tree, axes, found, of_axes=True):
        raise ValueError(
            f"Axes of `vmap` are a tree like the upper part of what they are of, with an int or "
            f"None for its leaves. Got {axes!r} for {tree_flatten(tree)[1]}."
        )
    return found


def _are_tensors(tree: Any) -> bool:
    return type(tree) is tuple and all(isinstance(x, torch.Tensor) for x in tree)


def _pair(tree: Any, other: Any, found: list[Any], *, of_axes: bool) -> bool:
    """Append what the other tree has for each leaf of a tree; whether it fits."""
    if of_axes and (other is None or isinstance(other, int)):
        found.extend([other] * len(flatten(tree)[0]))
        return True
    if isinstance(tree, dict) and isinstance(other, dict):
        return tree.keys() == other.keys() and all(
            _pair(part, other[key], found, of_axes=of_axes) for key, part in tree.items()
        )
    (parts, structure), (others, other_structure) = _opened(tree), _opened(other)
    if structure != other_structure:
        return False
    if len(parts) == 1 and parts[0] is tree:
        if tree is not None:
            found.append(other)
        return not of_axes and (tree is None) is (other is None)
    return all(_pair(x, y, found, of_axes=of_axes) for x, y in zip(parts, others, strict=True))


def _opened(tree: Any) -> tuple[list[Any], Any]:
    """The parts of a tree, and the structure of it alone; a leaf is its own part."""
    return tree_flatten(tree, is_leaf=lambda x: x is not tree)
