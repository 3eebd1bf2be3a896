"""What a notebook shows of a value: its context, its fields, and the values that it is made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from spacecore._context import Context
from spacecore._html import Section
from spacecore._notation import summary
from spacecore._value import Value
from spacecore.backend import BackendOps, dtype_name
from spacecore.plugins import ops_of_array

__all__ = ["outline"]

_DEEPEST = 12
_MOST = 40


def outline(value: Value) -> Section:
    """Return the sections of a value; one that occurs twice is shown where it occurs first."""
    return _section(value, "", {}, {}, _DEEPEST)


def _section(
    value: Value, path: str, above: dict[str, str], seen: dict[int, str], depth: int
) -> Section:
    """The section of a value at a path, with what differs between its context and `above`."""
    notation, told, fields = value._shown()
    title = type(value).__name__
    first = seen.setdefault(id(value), path)
    if first != path:
        return Section(title, notation, f"the same object as {first or 'the whole'}")
    if depth == 0:
        return Section(title, notation, "…")
    facts, parts = dict(told), []
    for name, x in _flat(fields):
        if isinstance(x, Value):
            inner = path + name if name.startswith("[") or not path else f"{path}.{name}"
            parts.append((name, _section(x, inner, above, seen, depth - 1)))
        elif isinstance(x, Context):
            here = _of_context(x)
            facts |= {key: said for key, said in here.items() if above.get(key) != said}
            above = here
        else:
            facts[name] = _of_field(x)
    return Section(title, notation, "", facts, parts)


def _flat(fields: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The fields, each item of a container with values in it under a name of its own."""
    for name, x in fields.items():
        if not _holds_values(x):
            yield name, x
            continue
        pairs = list(x.items() if isinstance(x, dict) else enumerate(x))
        yield from _flat({f"{name}[{key!r}]": item for key, item in pairs[:_MOST]})
        if len(pairs) > _MOST:
            yield f"{name}[…]", _Omitted(len(pairs) - _MOST)


class _Omitted:
    """Stands for items that are too many to show."""

    def __init__(self, count: int):
        self._count = count

    def __repr__(self) -> str:
        return f"{self._count} more"


def _holds_values(x: Any) -> bool:
    items = x.values() if isinstance(x, dict) else x if isinstance(x, tuple | list) else ()
    return any(isinstance(item, Value) or _holds_values(item) for item in items)


def _of_context(ctx: Context) -> dict[str, str]:
    return {
        "backend": ctx.ops.family,
        "device": ctx.ops.device_name or "the library's choice",
        "dtype": dtype_name(ctx.dtype),
        "check level": ctx.check_level,
    }


def _of_field(x: Any) -> str:
    ops = ops_of_array(x)
    if ops is None:
        return summary(x)
    kind = f"sparse {dtype_name(x.dtype)}" if ops.is_sparse(x) else dtype_name(x.dtype)
    return f"{kind}, shape {tuple(x.shape)}{_where(ops, x)}"


def _where(ops: BackendOps, x: Any) -> str:
    """The device of an array, on libraries that have several."""
    if ops.family == "numpy":
        return ""
    return ", traced" if ops.is_traced(x) else f", on {ops.device_of(x)}"
