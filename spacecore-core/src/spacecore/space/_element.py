"""Elements of spaces of trees that carry their space, and so have arithmetic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spacecore import _tree
from spacecore._context import Context
from spacecore._conversion import Convertible

if TYPE_CHECKING:
    from spacecore.space._tree import TreeSpace

__all__ = ["TreeElement", "plain"]


class TreeElement(Convertible, data=("space", "parts"), static=("form",)):
    """A tree that is added, subtracted and scaled leaf by leaf.

    It stands wherever an element does, and goes through `jit`, `grad` and `vmap` as one argument.
    Operators and the methods of spaces return plain trees.

    Parameters
    ----------
    space : TreeSpace
    value : tree

    Attributes
    ----------
    space : TreeSpace
    parts : tuple of arrays
        What the tree is made of, down to the last array.
    form : tree structure
        Of these arrays.
    """

    space: TreeSpace
    parts: tuple[Any, ...]
    form: Any

    # An array on the left hands the operation over.
    __array_ufunc__ = None
    __array_priority__ = 1000

    def __init__(self, space: TreeSpace, value: Any):
        parts, form = _tree.flatten(plain(value))
        self.space = space
        self.parts = tuple(parts)
        self.form = form

    @property
    def ctx(self) -> Context:  # type: ignore[override]
        """The space's."""
        return self.space.ctx

    @property
    def value(self) -> Any:
        """The plain tree."""
        return _tree.unflatten(self.form, self.parts)

    @property
    def leaves(self) -> list[Any]:
        """The elements of the leaf spaces, in the order of flattening."""
        return self.space.leaves(self.value)

    def __reduce__(self) -> tuple[Any, ...]:
        rebuild, (cls, fields, specs) = super().__reduce__()
        return rebuild, (cls, {**fields, "form": _tree.PickledStructure(self.form)}, specs)

    def __add__(self, other: Any) -> TreeElement:
        return TreeElement(self.space, self.space.add(self.value, plain(other)))

    __radd__ = __add__

    def __sub__(self, other: Any) -> TreeElement:
        return TreeElement(self.space, self.space.axpy(-1, plain(other), self.value))

    def __rsub__(self, other: Any) -> TreeElement:
        return TreeElement(self.space, self.space.axpy(-1, self.value, plain(other)))

    def __neg__(self) -> TreeElement:
        return self * -1

    def __mul__(self, scalar: Any) -> TreeElement:
        return TreeElement(self.space, self.space.scale(scalar, self.value))

    __rmul__ = __mul__

    def __truediv__(self, scalar: Any) -> TreeElement:
        # In the precision of the space before it divides: 1 over an integer may be narrower.
        self.space.check_scalar(scalar)
        return self * (1 / self.space._coefficient(scalar))

    def __repr__(self) -> str:
        return f"TreeElement of {self.space!r}"

    def _shown(self) -> tuple[str, dict[str, str], dict[str, Any]]:
        parts = dict(zip(_tree.leaf_names(self.form), self.parts, strict=True))
        return f"∈ {self.space}", {}, {**parts, "space": self.space}


def plain(x: Any) -> Any:
    """Return the tree of a `TreeElement`; anything else as it is."""
    return x.value if type(x) is TreeElement else x
