"""Spaces whose elements are trees: tuples, lists, dicts, NamedTuples and dataclasses, nested."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

from spacecore import _tree
from spacecore._ambient import resolve_context_priority
from spacecore._checks import elsewhere
from spacecore._context import ContextLike
from spacecore._form import Form, form_of
from spacecore._typing import Shape, type_name
from spacecore.errors import SpaceValidationError
from spacecore.space._base import Space
from spacecore.space._element import TreeElement

if TYPE_CHECKING:
    from spacecore._notation import Writer

__all__ = ["TreeSpace"]


class TreeSpace(Space, static=("treedef",), data=("leaf_spaces",)):
    """The product of spaces, its elements trees with an element of one space in each leaf.

    The inner product is the sum over leaves. Dict keys pair by name, in sorted order.

    Parameters
    ----------
    template_or_treedef : tree or tree structure
        A tree of the elements' form, whatever its leaves.
    leaf_spaces : sequence of Space
        One for each leaf, in the order of flattening; `of` needs no order.
    ctx : Context, optional
        By default the leaf spaces' own.

    Raises
    ------
    ValueError
        If leaves and spaces differ in number, or the spaces in family or device.

    Examples
    --------
    >>> import spacecore as sc
    >>> X, S = sc.DenseVectorSpace(2, "numpy"), sc.DenseVectorSpace(1, "numpy")
    >>> Z = sc.TreeSpace.of({"state": X, "multiplier": S})
    >>> float(Z.inner(Z.ones(), Z.ones()))
    3.0
    """

    treedef: Any
    leaf_spaces: tuple[Space, ...]
    _form: Form
    _members: list[Callable[[Any], None]]
    _inners: list[Callable[[Any, Any], Any]]

    def __init__(
        self,
        template_or_treedef: Any,
        leaf_spaces: Sequence[Space],
        *,
        ctx: ContextLike | None = None,
    ):
        spaces = tuple(leaf_spaces)
        for space in spaces:
            if not isinstance(space, Space):
                raise TypeError(f"The leaves of a TreeSpace are Spaces. Got {type_name(space)}.")
        self.ctx = resolve_context_priority(ctx, *spaces)
        self.treedef = _tree.structure(template_or_treedef)
        self.leaf_spaces = spaces
        if self.treedef.num_leaves != len(spaces):
            raise ValueError(
                f"A TreeSpace has one space for each leaf. Got {len(spaces)} spaces for "
                f"{self.treedef.num_leaves} leaves."
            )
        for number, space in enumerate(spaces):
            if wrong := elsewhere(self.ops, space.ops):
                path = _tree.paths(self.treedef)[number]
                raise SpaceValidationError(f"{path}: {wrong}. Convert the leaf's space first.")

    def _prepare(self) -> None:
        state = vars(self)
        state["_form"] = form_of(self.treedef)
        state["_known"] = {}
        state["_members"] = [space.check_member for space in self.leaf_spaces]
        state["_inners"] = [_inner_of(space, self.field) for space in self.leaf_spaces]

    def _once(self, name: str, compute: Callable[[], Any]) -> Any:
        """What follows from the leaf spaces, which may be shared: worked out once an object.

        A space nested in itself twice, thirty times over, is asked 31 times and not 2**30.
        """
        known = vars(self).get("_known")
        if known is None:  # `__init__` of a subclass is still running
            return compute()
        if name not in known:
            known[name] = compute()
        return known[name]

    @classmethod
    def of(cls, tree: Any, *, ctx: ContextLike | None = None) -> Self:
        """Return the space whose elements look like a tree of spaces."""
        treedef, spaces = _tree.structure_with_leaves(tree, _is_space)
        return cls(treedef, spaces, ctx=ctx)

    @classmethod
    def from_leaf_spaces(cls, leaf_spaces: Sequence[Space], ctx: ContextLike | None = None) -> Self:
        """Return the space of tuples with an element of each space."""
        return cls(tuple(range(len(leaf_spaces))), leaf_spaces, ctx=ctx)

    @classmethod
    def from_template(
        cls, template: Any, leaf_spaces: Sequence[Space], ctx: ContextLike | None = None
    ) -> Self:
        """Return the space of trees like `template`, whose leaves do not matter."""
        return cls(template, leaf_spaces, ctx=ctx)

    @property
    def shape(self) -> Shape:  # type: ignore[override]
        """One axis, of all coordinates."""
        return (self.size,)

    @property
    def size(self) -> int:
        size: int = self._once("size", lambda: sum(space.size for space in self.leaf_spaces))
        return size

    @property
    def field(self) -> Literal["real", "complex"]:
        """Complex where every leaf space is; over real numbers inner products are real."""
        if not self.leaf_spaces:
            return super().field
        is_real = self._once("real", lambda: any(s.field == "real" for s in self.leaf_spaces))
        return "real" if is_real else "complex"

    @property
    def arity(self) -> int:
        """The number of leaves."""
        return len(self.leaf_spaces)

    @property
    def leaf_paths(self) -> tuple[tuple[Any, ...], ...]:
        """The keys that lead to each leaf."""
        return tuple(tuple(path) for path in self.treedef.paths())

    @property
    def is_euclidean(self) -> bool:
        answer: bool = self._once(
            "euclidean", lambda: all(space.is_euclidean for space in self.leaf_spaces)
        )
        return answer

    def element(self, value: Any) -> TreeElement:
        """Return a tree with arithmetic.

        Raises
        ------
        SpaceValidationError
            If `value` is no element.
        """
        self.check_member(value)
        return TreeElement(self, value)

    def leaves(self, x: Any) -> list[Any]:
        """Return the elements of the leaf spaces that a tree is made of.

        Raises
        ------
        SpaceValidationError
            If the tree has another form.
        """
        if type(x) is TreeElement:
            x = x.value
        try:
            found: list[Any] = self._form.leaves(x)
        except ValueError:
            raise SpaceValidationError(
                f"Expected tree {_skeleton(self.treedef)}, got {_shown(x)}"
            ) from None
        return found

    def tree(self, leaves: Sequence[Any]) -> Any:
        """Return the tree that is made of elements of the leaf spaces."""
        return self._form.tree(leaves)

    def check_member(self, x: Any) -> None:
        if self.ctx.check_level != "none":
            self._checked(x)

    def check_batch(self, xs: Any) -> Shape:
        leading: list[Shape] = []
        leaves = self.leaves(xs)
        try:
            for space, leaf in zip(self.leaf_spaces, leaves, strict=True):
                leading.append(space.check_batch(leaf))
        except SpaceValidationError as error:
            raise _at(_tree.paths(self.treedef)[len(leading)], error) from None
        if len(set(leading)) > 1:
            found = ", ".join(map(str, leading))
            raise SpaceValidationError(f"Expected the same leading axes in each leaf, got {found}")
        return leading[0] if leading else ()

    def zeros(self) -> Any:
        return self.tree([space.zeros() for space in self.leaf_spaces])

    def ones(self) -> Any:
        return self.tree([space.ones() for space in self.leaf_spaces])

    def random(self, key: Any) -> Any:
        keys = self.ops.random_split(key, max(self.arity, 1))
        pairs = zip(self.leaf_spaces, keys, strict=False)
        return self.tree([space.random(each) for space, each in pairs])

    def inner(self, x: Any, y: Any) -> Any:
        if self.ctx.check_level == "none":
            return self._inner(x, y)
        xs = self._checked(x)
        return self._total(xs, xs if y is x else self._checked(y))

    def _checked(self, x: Any) -> list[Any]:
        """The leaves of a tree, each checked by its space."""
        leaves = self.leaves(x)
        passed = 0
        try:
            for check in self._members:
                check(leaves[passed])
                passed += 1
        except SpaceValidationError as error:
            raise _at(_tree.paths(self.treedef)[passed], error) from None
        return leaves

    def _inner(self, x: Any, y: Any) -> Any:
        return self._total(self.leaves(x), self.leaves(y))

    def _total(self, xs: list[Any], ys: list[Any]) -> Any:
        products = [inner(x, y) for inner, x, y in zip(self._inners, xs, ys, strict=True)]
        return sum(products[1:], products[0]) if products else self.ops.zeros((), dtype=self.dtype)

    def _norm(self, x: Any) -> Any:
        leaves = self.leaves(x)
        return self.ops.sqrt(self.ops.real(self._total(leaves, leaves)))

    def _add(self, x: Any, y: Any) -> Any:
        pairs = zip(self.leaf_spaces, self.leaves(x), self.leaves(y), strict=True)
        return self.tree([space._add(a, b) for space, a, b in pairs])

    def _scale(self, a: Any, x: Any) -> Any:
        # A number given as an array is of one precision, leaves may be of several.
        return self._mapped(lambda space, leaf: space._scale(space._coefficient(a), leaf), x)

    def _conj(self, x: Any) -> Any:
        return self._mapped(lambda space, leaf: space._conj(leaf), x)

    def _riesz(self, x: Any) -> Any:
        return self._mapped(lambda space, leaf: space._riesz(leaf), x)

    def _riesz_inverse(self, x: Any) -> Any:
        return self._mapped(lambda space, leaf: space._riesz_inverse(leaf), x)

    def _mapped(self, function: Callable[[Space, Any], Any], x: Any) -> Any:
        pairs = zip(self.leaf_spaces, self.leaves(x), strict=True)
        return self.tree([function(space, leaf) for space, leaf in pairs])

    def _flatten(self, x: Any) -> Any:
        pairs = zip(self.leaf_spaces, self.leaves(x), strict=True)
        parts = [space._flatten(leaf) for space, leaf in pairs]
        return self.ops.concat(parts) if parts else self.ops.zeros((0,), dtype=self.dtype)

    def _unflatten(self, v: Any) -> Any:
        leaves, start = [], 0
        for space in self.leaf_spaces:
            part = v[start : start + space.size]
            leaves.append(space._unflatten(_in_dtype(space, part)))
            start += space.size
        return self.tree(leaves)

    def __reduce__(self) -> tuple[Any, ...]:
        rebuild, (cls, fields, specs) = super().__reduce__()
        return rebuild, (cls, {**fields, "treedef": _tree.PickledStructure(self.treedef)}, specs)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, TreeSpace):
            return NotImplemented
        if self.treedef != other.treedef or len(self.leaf_spaces) != len(other.leaf_spaces):
            return False
        pairs = zip(self.leaf_spaces, other.leaf_spaces, strict=True)
        distinct = {(id(one), id(two)): (one, two) for one, two in pairs}
        return all(one == two for one, two in distinct.values())

    def __hash__(self) -> int:
        found: int = self._once("hash", lambda: hash(self.leaf_spaces))
        return found

    def _notation(self, write: Writer) -> str:
        spaces = self.tree(list(self.leaf_spaces))
        return write.tree(spaces, _written)

    def _shown(self) -> tuple[str, dict[str, str], dict[str, Any]]:
        notation, facts, _ = super()._shown()
        leaves = dict(zip(_tree.leaf_names(self.treedef), self.leaf_spaces, strict=True))
        return notation, facts, {"ctx": self.ctx, **leaves}


def _written(write: Writer, x: Any) -> str:
    """A leaf; or a node of a kind that only `optree` knows, a deque say."""
    return write.space(x) if isinstance(x, Space) else f"{type_name(x)}(…)"


def _is_space(x: object) -> bool:
    return isinstance(x, Space)


def _in_dtype(space: Space, part: Any) -> Any:
    """Coordinates in the dtype of a leaf, from a vector in that of all leaves together."""
    ops = space.ops
    if part.dtype == space.dtype:
        return part
    if ops.is_complex_dtype(part.dtype) and not ops.is_complex_dtype(space.dtype):
        part = ops.real(part)
    return ops.astype(part, space.dtype)


def _at(path: str, error: SpaceValidationError) -> SpaceValidationError:
    """The error of a leaf, with the whole path where the leaf is a tree itself."""
    said = str(error)
    return SpaceValidationError(path + said[1:] if said.startswith("$") else f"{path}: {said}")


def _skeleton(treedef: Any) -> str:
    return str(treedef.unflatten(["*"] * treedef.num_leaves)).replace("'*'", "*")


def _shown(x: Any) -> str:
    """The form of a tree, two levels deep; nothing of its leaves but their types."""
    if isinstance(x, dict):
        return "{" + ", ".join(f"{key!r}: {_brief(x[key])}" for key in x) + "}"
    if type(x) in (tuple, list):
        return f"{type_name(x)} ({', '.join(map(_brief, x))})"
    return type_name(x)


def _brief(x: Any) -> str:
    if isinstance(x, dict):
        return f"dict of {len(x)}"
    return f"{type_name(x)} of {len(x)}" if type(x) in (tuple, list) else type_name(x)


def _inner_of(space: Space, field: str) -> Callable[[Any, Any], Any]:
    """The inner product of a leaf space in a tree over a field, which may be a smaller one."""
    if space.field == field:
        return space._inner
    inner, real = space._inner, space.ops.real
    return lambda x, y: real(inner(x, y))
