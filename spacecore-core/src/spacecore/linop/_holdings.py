"""What functions carry with them: closures, defaults, the objects they are bound to, globals.

A compiled function that was traced through a user's function goes on with what that one held
then. Solvers therefore compile anew when what is held is another. Code of Python and of installed
packages is looked into no further: it is taken to be what it was.
"""

from __future__ import annotations

import sys
from collections.abc import Hashable, Iterator
from functools import cache, cached_property, lru_cache, partial
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any
from weakref import ref

from spacecore._context import Context
from spacecore._structure import Recipe, Structured
from spacecore.backend import BackendOps
from spacecore.plugins import ops_of_array

__all__ = ["held", "holdings"]

# How far things within things are followed: so many functions called by functions, or a quarter as
# many objects within objects.
DEEPEST, OBJECT = 32, 8

# These hold nothing of a user's.
_NUMERICAL = frozenset(
    {"cupy", "jax", "jaxlib", "numpy", "scipy", "spacecore", "spacecore_jax", "torch"}
)


def held(function: Any) -> list[tuple[str, Any]]:
    """Return what a function carries with it, each thing with the name it goes by."""
    if isinstance(function, partial):
        given = [*enumerate(function.args), *function.keywords.items()]
        return [*held(function.func), *((f"argument {name}", value) for name, value in given)]
    if isinstance(function, MethodType):
        fields = getattr(function.__self__, "__dict__", {})
        return [*held(function.__func__), *((f"self.{k}", v) for k, v in fields.items())]
    if not isinstance(function, FunctionType):
        return []
    code, globals_ = function.__code__, function.__globals__
    names = _names(code)
    cells = zip(code.co_freevars, function.__closure__ or (), strict=True)
    found = [(name, cell.cell_contents) for name, cell in cells if _filled(cell)]
    found += [(name, globals_[name]) for name in names if name in globals_]
    return [
        *found,
        *(each for name, value in found for each in _named(name, value, names, set())),
        *(("a default", value) for value in function.__defaults__ or ()),
        *(function.__kwdefaults__ or {}).items(),
    ]


def _named(
    name: str, owner: Any, names: tuple[str, ...], seen: set[int]
) -> Iterator[tuple[str, Any]]:
    """The attributes of a module or a class that a function may use; of a library's none."""
    if not isinstance(owner, ModuleType | type) or id(owner) in seen:
        return
    seen.add(id(owner))
    module = owner.__name__ if isinstance(owner, ModuleType) else owner.__module__
    if _is_numerical(module):
        return
    for each in owner.__mro__ if isinstance(owner, type) else (owner,):
        members = vars(each)
        for key in names:
            if key in members:
                value = _bare(members[key])
                yield f"{name}.{key}", value
                yield from _named(f"{name}.{key}", value, names, seen)


def holdings(*values: Structured | None) -> Hashable | None:
    """Return a key of all that functions and containers among static fields hold now.

    Two are equal when these are: numbers and texts by value, arrays and what can't be changed by
    identity, containers and other objects by what is in them. An array that is changed in place
    is the same array.

    Returns
    -------
    hashable or None
        None if something is traced, and nothing that is compiled with it can be kept.
    """
    keys: list[Hashable] = []
    try:
        for value in values:
            keys += [_key(x, 0, {}) for x in _watched(value)]
    except _TracedError:
        return None
    return tuple(keys)


def _watched(value: Structured | None) -> tuple[Any, ...]:
    """The static fields and classes of an expression in which something may change; found once."""
    if value is None:
        return ()
    state = vars(value)
    if "_watched" not in state:
        recipe = value.tree_flatten()[1]
        nodes = recipe.nodes if isinstance(recipe, Recipe) else ()
        fields = (x for node in nodes for _, x in node.static)
        classes = dict.fromkeys(node.cls for node in nodes)
        state["_watched"] = (
            *(x for x in fields if not _is_settled(x)),
            *(cls for cls in classes if not _is_library(cls.__module__)),
        )
    found: tuple[Any, ...] = state["_watched"]
    return found


def _is_settled(x: Any) -> bool:
    """Whether nothing can happen to what a static field holds: a number, a shape, a context."""
    return type(x) in _SETTLED or (type(x) is tuple and all(map(_is_settled, x)))


class _TracedError(Exception):
    """Something that is held has no values."""


_PLAIN = frozenset({bool, int, float, complex, str, bytes, type(None)})
_SETTLED = _PLAIN | {Context}


def _key(x: Any, depth: int, seen: dict[int, int]) -> Hashable:
    if type(x) in _PLAIN:
        return type(x), x if x == x else "nan"  # noqa: PLR0124  that is how NaN is told
    if id(x) in seen:
        return "seen", seen[id(x)]
    seen[id(x)] = len(seen)
    if isinstance(x, tuple | list):
        return type(x), *(_key(item, depth, seen) for item in x)
    if isinstance(x, dict):
        return dict, *((key, _key(item, depth, seen)) for key, item in x.items())
    if isinstance(x, set | frozenset):
        return type(x), frozenset(_key(item, depth, seen) for item in x)
    ops = ops_of_array(x)
    if ops is not None:
        return _same(x, traced=ops.is_traced(x))
    if isinstance(x, Structured):
        leaves = x.tree_flatten()[0]
        sources = ((ops_of_array(leaf), leaf) for leaf in leaves)
        return _same(x, traced=any(ops.is_traced(leaf) for ops, leaf in sources if ops))
    kind: Any = type(x)
    if _is_value(kind):
        return kind, x
    inside = _inside(x) if depth < DEEPEST else ()
    depth += 1 if isinstance(x, FunctionType | MethodType | type) else OBJECT
    # A method is made anew whenever it is asked for.
    own = (_Same(x.__func__), _Same(x.__self__)) if isinstance(x, MethodType) else (_Same(x),)
    return *own, *(_key(item, depth, seen) for item in inside)


def _same(x: Any, *, traced: bool) -> Hashable:
    if traced:
        raise _TracedError
    return _Same(x)


def _inside(x: Any) -> Iterator[Any]:
    """What a function, a class or an object of a user's holds; of a module nothing."""
    if isinstance(x, FunctionType | MethodType):
        if not _is_library(x.__module__):
            yield from (value for _, value in held(x))
    elif isinstance(x, partial):
        yield from (value for _, value in held(x))
    elif isinstance(x, type):
        for cls in x.__mro__:
            if not _is_library(cls.__module__):
                members = ((name, _bare(member)) for name, member in vars(cls).items())
                yield from (x for name, x in members if _may_matter(name, x))
    elif not isinstance(x, ModuleType | BackendOps):
        yield type(x)
        yield from getattr(x, "__dict__", {}).values()
        slots = (name for cls in type(x).__mro__ for name in vars(cls).get("__slots__", ()))
        yield from (getattr(x, name, None) for name in slots if name != "__weakref__")


def _bare(member: Any) -> Any:
    """The function of a static method, a class method or a property; anything else as it is."""
    if isinstance(member, staticmethod | classmethod):
        return member.__func__
    if isinstance(member, property):
        return member.fget
    return member.func if isinstance(member, cached_property) else member


def _is_value(cls: Any) -> bool:
    """Whether a library's objects are equal by what they are: a tree's structure, a dtype."""
    by_identity = cls.__eq__ is object.__eq__ or cls.__hash__ is None or cls is MethodType
    return not by_identity and _is_library(cls.__module__)


def _may_matter(name: str, member: Any) -> bool:
    """Whether a member of a class is not one of those that Python itself puts there."""
    return isinstance(member, FunctionType) or not (name.startswith("__") and name.endswith("__"))


@cache
def _is_library(module: str | None) -> bool:
    """Whether a module is Python's own or an installed one."""
    if module is None or _is_numerical(module):
        return module is not None
    file = vars(sys.modules[module]).get("__file__") or "" if module in sys.modules else ""
    return "site-packages" in file or "dist-packages" in file


def _is_numerical(module: str) -> bool:
    """Whether a module is Python's own or a library's that holds nothing of a user's."""
    root = module.partition(".")[0]
    return root in _NUMERICAL or root in sys.stdlib_module_names


class _Same:
    """Equal to itself alone; it keeps nothing alive that can do without."""

    __slots__ = ("_hash", "_of")

    def __init__(self, x: Any):
        self._hash = id(x)
        try:
            self._of: Any = ref(x)
        except TypeError:  # a tuple's or an integer's subclass
            self._of = lambda: x

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Same):
            return NotImplemented
        mine = self._of()
        return mine is not None and mine is other._of()

    def __hash__(self) -> int:
        return self._hash


@lru_cache(1024)
def _names(code: CodeType) -> tuple[str, ...]:
    """The names of globals and attributes that a function uses, also in functions within it."""
    inner = (name for x in code.co_consts if isinstance(x, CodeType) for name in _names(x))
    return tuple(dict.fromkeys([*code.co_names, *inner]))


def _filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018  an empty cell raises
    except ValueError:
        return False
    return True
