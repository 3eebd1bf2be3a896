"""Trees of one form, taken apart and put together in plain Python.

What `optree` does for any tree is spelled out once for the form that a space has: faster on small
trees, and compilers that trace Python look into it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from spacecore import _tree

__all__ = ["Form", "form_of"]


class Form(NamedTuple):
    """How trees of a form are taken apart and put together.

    Attributes
    ----------
    leaves : callable
        Takes a tree; returns the list of what it has in the places of the leaves, in the order
        of flattening. Raises `ValueError` for a tree of another form.
    tree : callable
        Takes the leaves; returns the tree.
    """

    leaves: Callable[[Any], list[Any]]
    tree: Callable[[Sequence[Any]], Any]


class _Node(NamedTuple):
    take: Callable[[Any, list[Any]], None]
    put: Callable[[Sequence[Any]], Any]


def form_of(structure: Any) -> Form:
    """Return the form of a tree structure."""
    count = structure.num_leaves
    node = _node(structure.unflatten(range(count)))
    if node is None:  # a deque, say, or a class that somebody registered
        return Form(structure.flatten_up_to, structure.unflatten)
    take = node.take

    def leaves(x: Any) -> list[Any]:
        found: list[Any] = [None] * count
        take(x, found)
        return found

    return Form(leaves, node.put)


def _node(template: Any) -> _Node | None:
    """The node of a tree whose leaves are their numbers; None if a part is of an unknown kind."""
    kind: Any = type(template)
    if kind is int:
        return _leaf(template)
    if template is None:
        return _Node(_nothing, lambda leaves: None)
    names = _tree.field_names(kind)
    if kind in (dict, OrderedDict):
        inner = [_node(part) for part in template.values()]
    elif names is not None:
        inner = [_node(getattr(template, name)) for name in names]
    elif kind in (tuple, list):
        inner = [_node(part) for part in template]
    else:
        return None
    nodes = [node for node in inner if node is not None]
    if len(nodes) < len(inner):
        return None
    if kind in (tuple, list) and all(type(part) is int for part in template):
        return _flat(kind, template[0], len(nodes)) if nodes else _sequence(kind, nodes)
    if kind in (dict, OrderedDict):
        return _mapping(kind, tuple(template), nodes)
    return _sequence(kind, nodes) if names is None else _record(kind, names, nodes)


def _leaf(number: int) -> _Node:
    def take(x: Any, found: list[Any]) -> None:
        found[number] = x

    return _Node(take, lambda leaves: leaves[number])


def _nothing(x: Any, found: list[Any]) -> None:
    if x is not None:
        raise ValueError("expected None")


def _mapping(kind: Any, keys: tuple[Any, ...], nodes: list[_Node]) -> _Node:
    takes = [(key, node.take) for key, node in zip(keys, nodes, strict=True)]
    puts = [(key, node.put) for key, node in zip(keys, nodes, strict=True)]

    def take(x: Any, found: list[Any]) -> None:
        if not isinstance(x, dict) or len(x) != len(takes):
            raise ValueError("expected a dict of other keys")
        for key, inner in takes:
            if key not in x:
                raise ValueError("expected another key")
            inner(x[key], found)

    def put(leaves: Sequence[Any]) -> Any:
        made = {key: inner(leaves) for key, inner in puts}
        return made if kind is dict else kind(made)

    return _Node(take, put)


def _sequence(kind: Any, nodes: list[_Node]) -> _Node:
    takes, puts = [node.take for node in nodes], [node.put for node in nodes]

    def take(x: Any, found: list[Any]) -> None:
        if type(x) is not kind or len(x) != len(takes):
            raise ValueError("expected another sequence")
        for inner, item in zip(takes, x, strict=True):
            inner(item, found)

    def put(leaves: Sequence[Any]) -> Any:
        made = [inner(leaves) for inner in puts]
        return made if kind is list else tuple(made)

    return _Node(take, put)


def _flat(kind: Any, start: int, count: int) -> _Node:
    """A sequence of leaves, which are taken together."""
    stop = start + count

    def take(x: Any, found: list[Any]) -> None:
        if type(x) is not kind or len(x) != count:
            raise ValueError("expected another sequence")
        found[start:stop] = x

    return _Node(take, lambda leaves: kind(leaves[start:stop]))


def _record(kind: Any, names: tuple[str, ...], nodes: list[_Node]) -> _Node:
    takes = [(name, node.take) for name, node in zip(names, nodes, strict=True)]
    puts = [node.put for node in nodes]
    put_together = _tree.constructor(kind, names)

    def take(x: Any, found: list[Any]) -> None:
        if type(x) is not kind:
            raise ValueError("expected another class")
        for name, inner in takes:
            inner(getattr(x, name), found)

    def put(leaves: Sequence[Any]) -> Any:
        return put_together([inner(leaves) for inner in puts])

    return _Node(take, put)
