"""Trees of arrays: tuples, lists, dicts and NamedTuples, nested; `optree` does the work.

`optree` is imported on first use. Dict keys pair by name, in sorted order; None is an empty tree.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass
from threading import RLock
from types import ModuleType
from typing import Any

__all__ = [
    "PickledStructure",
    "announce",
    "broadcast_prefix",
    "constructor",
    "field_names",
    "flatten",
    "leaf_names",
    "listen",
    "map_leaves",
    "paths",
    "structure",
    "structure_with_leaves",
    "unflatten",
]

NAMESPACE = "spacecore"

_announced: dict[type, None] = {}
_dataclasses: dict[Any, tuple[str, ...]] = {}
_listeners: list[Callable[[type], None]] = []

# Held while a class is registered, and never while something is imported, which would deadlock:
# `optree` refuses a class that it knows. A listener may define a class, and announce it.
_registering = RLock()


def announce(cls: type) -> None:
    """Make a class with `tree_flatten` and `tree_unflatten` a node of trees, here and elsewhere."""
    with _registering:
        _announced[cls] = None
        for hear in tuple(_listeners):
            hear(cls)


def listen(hear: Callable[[type], None]) -> None:
    """Call `hear` with every class announced so far, and with each later one."""
    with _registering:
        known = tuple(_announced)
        _listeners.append(hear)
        for cls in known:
            hear(cls)


_loaded: list[ModuleType] = []


def _optree() -> ModuleType:
    # No `cache`: compilers that trace Python warn of it.
    return _loaded[0] if _loaded else _load()


def _load() -> ModuleType:
    import optree

    def register(cls: Any) -> None:
        optree.register_pytree_node(cls, _flatten_node, cls.tree_unflatten, namespace=NAMESPACE)

    with _registering:
        if not _loaded:
            listen(register)
            _loaded.append(optree)
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


def structure_with_leaves(tree: Any, is_leaf: Callable[[Any], bool]) -> tuple[Any, list[Any]]:
    """Return the structure of a tree whose leaves are what `is_leaf` says, and these leaves."""
    _register_dataclasses(tree, is_leaf)
    leaves, structure = _optree().tree_flatten(tree, is_leaf, namespace=NAMESPACE)
    return structure, leaves


def structure(template: Any) -> Any:
    """Return the structure of a tree, or a structure itself."""
    if isinstance(template, _optree().PyTreeSpec):
        return template
    return structure_with_leaves(template, lambda _: False)[0]


class PickledStructure:
    """A structure that pickles by a tree of its form, so that another process knows its classes."""

    def __init__(self, structure: Any):
        self._structure = structure

    def __reduce__(self) -> tuple[Any, ...]:
        template = unflatten(self._structure, [0] * self._structure.num_leaves)
        return structure, (template,)


def paths(structure: Any) -> list[str]:
    """Return the path of each leaf as one would write it: `$.b`, `$[1]`, `$["key"]`."""
    return ["$" + "".join(map(_step, accessor)) for accessor in structure.accessors()]


def leaf_names(structure: Any) -> list[str]:
    """Return the path of each leaf without what all begin with; `$` for a tree that is a leaf."""
    return [path[1:].lstrip(".") or "$" for path in paths(structure)]


def _register_dataclasses(tree: Any, is_leaf: Callable[[Any], bool]) -> None:
    """Make the dataclasses in a tree nodes of SpaceCore's trees, and of nobody else's.

    Their fields are children, in the order of declaration. Leaves are left as they are.
    """
    if is_leaf(tree):
        return
    if is_dataclass(tree) and not isinstance(tree, type) and type(tree) not in _announced:
        if type(tree) not in _dataclasses:
            _register_dataclass(type(tree))
        children: Any = [getattr(tree, field.name) for field in fields(tree)]
    elif isinstance(tree, dict):
        children = tree.values()
    else:
        children = tree if isinstance(tree, tuple | list) else ()
    for child in children:
        _register_dataclasses(child, is_leaf)


def _register_dataclass(cls: Any) -> None:
    optree = _optree()
    names = tuple(field.name for field in fields(cls))
    put_together = constructor(cls, names)

    def take_apart(node: Any) -> tuple[Any, Any, Any]:
        return [getattr(node, name) for name in names], None, names

    with _registering:
        if cls not in _dataclasses:
            optree.register_pytree_node(
                cls,
                take_apart,
                lambda _, children: put_together(children),
                path_entry_type=optree.GetAttrEntry,
                namespace=NAMESPACE,
            )
            _dataclasses[cls] = names


def field_names(cls: Any) -> tuple[str, ...] | None:
    """Return the names of the children of a dataclass or a NamedTuple; None for what is neither."""
    if cls in _dataclasses:
        return _dataclasses[cls]
    if issubclass(cls, tuple) and cls is not tuple and _optree().is_namedtuple_class(cls):
        names: tuple[str, ...] = cls._fields
        return names
    return None


def constructor(cls: Any, names: tuple[str, ...]) -> Callable[[Sequence[Any]], Any]:
    """Return what makes an object of such a class from its children."""
    if issubclass(cls, tuple):
        return lambda children: cls(*children)

    def put_together(children: Sequence[Any]) -> Any:
        made = object.__new__(cls)  # children may be stand-ins, which no __init__ expects
        for name, child in zip(names, children, strict=True):
            object.__setattr__(made, name, child)
        return made

    return put_together


def _step(entry: Any) -> str:
    key = entry.entry
    return f".{key}" if isinstance(key, str) and key.isidentifier() else entry.codify("")
