"""Typed mathematics: how spaces, operators and fields are written in one line.

A space is a set with what sets it apart, `ℝ^80[weighted]`; an operator is a term and its type,
`DenseLinOp: ℝ^80 → ℝ^80[weighted]`. No array is read. What is many or deep is left out, marked
by an ellipsis, so that the line stays one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, ClassVar, Protocol

from spacecore._typing import Shape
from spacecore.backend import dtype_name
from spacecore.plugins import ops_of_array

__all__ = ["Writer", "cut", "summary"]

_ITEMS = 8
_LONGEST = 90
_PARTS = 64


class _Set(Protocol):
    @property
    def dtype(self) -> Any: ...
    def _notation(self, write: Writer) -> str: ...


class _Term(Protocol):
    _binding: ClassVar[int]

    def _notation(self, write: Writer) -> str: ...


@dataclass(frozen=True)
class Writer:
    """Writes the parts of something, as far as its depth reaches.

    Attributes
    ----------
    dtype : str
        Told elsewhere: a space of this dtype does not say so.
    depth : int
        Levels of trees and expressions that are still written out.
    left : list
        One item for each part that may still be written; shared, so that a tree whose branches are
        one object takes no longer than its line.
    """

    dtype: str
    depth: int = 12
    left: list[None] = field(default_factory=lambda: [None] * _PARTS)

    def space(self, space: _Set) -> str:
        """Return a space as mathematics."""
        return space._notation(self._deeper()) if self._goes_on() else "…"

    def term(self, op: _Term, binding: int = 0) -> str:
        """Return an operator, in brackets where it holds together less than its place asks."""
        if not self._goes_on():
            return "…"
        text = op._notation(self._deeper())
        return text if op._binding >= binding else f"({text})"

    def power(self, symbol: str, shape: Shape) -> str:
        """Return a set of arrays of a shape: `ℝ`, `ℝ^80`, `ℝ^(2×3)`."""
        lengths = "×".join(map(str, shape))
        if len(shape) > 1:
            lengths = f"({lengths})"
        return f"{symbol}^{lengths}" if shape else symbol

    def qualified(self, notation: str, space: _Set, word: str = "") -> str:
        """Return `ℝ^3[word, dtype]`, without a dtype that is told elsewhere."""
        dtype = dtype_name(space.dtype)
        words = ", ".join(filter(None, (word, "" if dtype == self.dtype else dtype)))
        return f"{notation}[{words}]" if words else notation

    def tree(self, tree: Any, write: Callable[[Writer, Any], str]) -> str:
        """Return a tree as Python writes it, but names without quotes and leaves by `write`."""
        inside = self._deeper()

        def visit(subtree: Any) -> str:
            return inside.tree(subtree, write) if self._goes_on() else "…"

        def named(pair: tuple[Any, Any]) -> str:
            key, subtree = pair
            name = key if isinstance(key, str) and key.isidentifier() else repr(key)
            return f"{name}: {visit(subtree)}"

        if isinstance(tree, dict):
            return "{" + listed(list(tree.items()), named) + "}"
        if isinstance(tree, list):
            return f"[{listed(tree, visit)}]"
        if type(tree) is tuple:
            return f"({listed(tree, visit)}{',' if len(tree) == 1 else ''})"
        if tree is None:
            return "None"
        pairs = _fields(tree)
        if pairs is None:
            return write(self, tree)
        return f"{type(tree).__name__}({listed(pairs, named)})"

    def function(self, function: Any) -> str:
        """Return the name of a function, without where it was made."""
        return _name(function).rpartition(".")[2]

    def listed(self, items: Sequence[Any], write: Callable[[Any], str], separator: str) -> str:
        """Return the items in a line, those in the middle of many left out."""
        return listed(items, write, separator)

    def _goes_on(self) -> bool:
        """Whether one more part is written."""
        if self.depth == 0 or not self.left:
            return False
        self.left.pop()
        return True

    def _deeper(self) -> Writer:
        return replace(self, depth=max(self.depth - 1, 0))


def listed(items: Sequence[Any], write: Callable[[Any], str], separator: str = ", ") -> str:
    """Return the items in a line, those in the middle of many left out."""
    if len(items) <= _ITEMS:
        return separator.join(map(write, items))
    omitted = f"… {len(items) - 4} more …"
    return separator.join([*map(write, items[:3]), omitted, write(items[-1])])


def cut(text: str, longest: int = _LONGEST) -> str:
    """Return a text without what is beyond a length."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def summary(x: Any) -> str:
    """Describe a field in a few characters, never by the contents of an array."""
    if ops_of_array(x) is not None:
        return f"{dtype_name(x.dtype)}{list(x.shape)}"
    if callable(x) and not isinstance(x, type):
        return _name(x)
    if type(x) is dict:
        return "{" + listed(list(x.items()), lambda kv: f"{kv[0]!r}: {summary(kv[1])}") + "}"
    if type(x) is list:
        return f"[{listed(x, summary)}]"
    if type(x) is tuple:
        return f"({listed(x, summary)}{',' if len(x) == 1 else ''})"
    return repr(x)


def _name(function: Any) -> str:
    # Functions are of many types, of libraries too; that most have a name is all they share.
    name: str = getattr(function, "__qualname__", type(function).__name__)
    return name.replace("<lambda>", "λ")


def _fields(tree: Any) -> list[tuple[str, Any]] | None:
    """Names and values of a dataclass or a NamedTuple; None for what is neither."""
    if is_dataclass(tree):
        return [(each.name, getattr(tree, each.name)) for each in fields(tree)]
    if isinstance(tree, tuple):
        names: tuple[str, ...] = type(tree)._fields  # type: ignore[attr-defined]
        return list(zip(names, tree, strict=True))
    return None
