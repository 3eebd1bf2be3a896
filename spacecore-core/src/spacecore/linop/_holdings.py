"""What functions carry with them: closures, defaults, the objects they are bound to, globals.

A compiled function that was traced through a user's function goes on with what that one held
then. Solvers therefore compile anew when what is held is another.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from functools import partial
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any
from weakref import ref

from spacecore._context import Context
from spacecore._structure import Recipe, Structured
from spacecore.backend import BackendOps
from spacecore.plugins import ops_of_array

__all__ = ["held", "holdings"]

DEEPEST = 4  # of objects within objects, and functions called by functions


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
    code, names = function.__code__, function.__globals__
    cells = zip(code.co_freevars, function.__closure__ or (), strict=True)
    return [
        *((name, cell.cell_contents) for name, cell in cells if _filled(cell)),
        *((name, names[name]) for name in _names(code) if name in names),
        *(("a default", value) for value in function.__defaults__ or ()),
        *(function.__kwdefaults__ or {}).items(),
    ]


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
    """The static fields of an expression in which something may change; found once."""
    if value is None:
        return ()
    state = vars(value)
    if "_watched" not in state:
        recipe = value.tree_flatten()[1]
        nodes = recipe.nodes if isinstance(recipe, Recipe) else ()
        fields = (x for node in nodes for _, x in node.static)
        state["_watched"] = tuple(x for x in fields if not _is_settled(x))
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
    inside = () if depth == DEEPEST else _inside(x)
    # A method is made anew whenever it is asked for.
    own = (_Same(x.__func__), _Same(x.__self__)) if isinstance(x, MethodType) else (_Same(x),)
    return *own, *(_key(item, depth + 1, seen) for item in inside)


def _same(x: Any, *, traced: bool) -> Hashable:
    if traced:
        raise _TracedError
    return _Same(x)


def _inside(x: Any) -> Iterator[Any]:
    """What a function or an object of a user's holds; of modules and classes nothing."""
    if isinstance(x, FunctionType | MethodType | partial):
        yield from (value for _, value in held(x))
    elif not isinstance(x, type | ModuleType | BackendOps):
        yield from getattr(x, "__dict__", {}).values()
        slots = (name for cls in type(x).__mro__ for name in vars(cls).get("__slots__", ()))
        yield from (getattr(x, name, None) for name in slots if name != "__weakref__")


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


def _names(code: CodeType) -> list[str]:
    """The global names that a function uses, also in functions that stand in it."""
    inner = [name for x in code.co_consts if isinstance(x, CodeType) for name in _names(x)]
    return [*code.co_names, *inner]


def _filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018  an empty cell raises
    except ValueError:
        return False
    return True
