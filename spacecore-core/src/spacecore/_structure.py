"""Taking values apart into leaves, and putting them together from other leaves.

A whole expression is taken apart at once: a value that occurs in it twice is recorded once and is
one object again afterwards. What counts as a leaf was settled when the object was closed, so that
stand-ins of any kind (placeholders, None, tracers, batched arrays) pass through both ways.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, NamedTuple, Self

from spacecore.plugins import ops_of_array

__all__ = [
    "LEAF",
    "Recipe",
    "Spec",
    "Structured",
    "items_of",
    "rebuild_container",
    "record",
    "spec_of",
]


class Spec(NamedTuple):
    """What a piece of data is made of, down to its leaves.

    Attributes
    ----------
    kind : str
        `leaf`, `value`, `custom` (a value that flattens itself), `constant`, or a container:
        `sequence`, `record` (a NamedTuple) or `mapping`.
    cls : type or None
        Of a container or a value.
    keys : tuple
        Of a mapping.
    items : tuple of Spec
        Of a container.
    """

    kind: str
    cls: type | None = None
    keys: tuple[Any, ...] = ()
    items: tuple[Spec, ...] = ()

    @property
    def holds_data(self) -> bool:
        """Whether there is a leaf or a value in it."""
        return self.kind in ("leaf", "value", "custom") or any(s.holds_data for s in self.items)


class Structured:
    """An object that knows the specs of its data fields; `Value` is the class to derive from."""

    _specs: dict[str, Spec]
    _static_names: tuple[str, ...]
    _own_spec: ClassVar[Spec]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        derived = cls.tree_flatten is Structured.tree_flatten
        cls._own_spec = Spec("value" if derived else "custom", cls)

    def _prepare(self) -> None:
        """Set attributes that follow from fields and are not fields: compiled tests, closures."""

    def tree_flatten(self) -> tuple[tuple[Any, ...], Any]:
        """Return the leaves of all data, and what rebuilds the object from others.

        A value that occurs twice within this one is taken apart once.
        """
        state = vars(self)
        recipe = state.get("_recipe")
        if recipe is None:
            leaves, recipe = record(self)
            state["_recipe"] = recipe
        elif "_leaves" in state:
            return state["_leaves"], recipe
        else:
            leaves = leaves_of(self)
        if recipe.is_settled:
            state["_leaves"] = leaves
        return leaves, recipe

    @classmethod
    def tree_unflatten(cls, recipe: Any, leaves: Sequence[Any]) -> Self:
        """Return the object of a recipe with other leaves; nothing is validated."""
        made: Self = unrecord(recipe, leaves)
        return made


LEAF = Spec("leaf")
CONSTANT = Spec("constant")


def spec_of(x: Any, *, declared: bool = False) -> Spec:
    """Return the spec of a field.

    Parameters
    ----------
    x : object
    declared : bool
        Whether the class declares the field as data, so that whatever is no container is a leaf;
        else leaves are arrays, floats and complex numbers.
    """
    if isinstance(x, Structured):
        return x._own_spec
    if isinstance(x, tuple | list):
        kind = "record" if isinstance(x, tuple) and type(x) is not tuple else "sequence"
        inner = [
            item._own_spec if isinstance(item, Structured) else spec_of(item, declared=declared)
            for item in x
        ]
        return Spec(kind, type(x), (), tuple(inner))
    if isinstance(x, dict) and ops_of_array(x) is None:  # a sparse matrix may be a dict
        items = tuple(spec_of(item, declared=declared) for item in x.values())
        return Spec("mapping", type(x), tuple(x), items)
    if declared or isinstance(x, float | complex) or ops_of_array(x) is not None:
        return LEAF
    return CONSTANT


class Node(NamedTuple):
    """One value of an expression, without its leaves."""

    cls: type
    static: tuple[tuple[str, Any], ...]
    fields: tuple[tuple[str, Any], ...]
    specs: dict[str, Spec]


class Recipe:
    """The static part of an expression: what a compiled function is cached by.

    Two are equal when every class, every static field and the structure are, exactly: also the
    device, the options and the check level of every context.

    Attributes
    ----------
    nodes : tuple of Node
    is_settled : bool
        Whether the leaves stay the same objects for good: no list or dict holds any, and no
        class that takes itself apart.
    """

    __slots__ = ("_hash", "is_settled", "nodes")

    def __init__(self, nodes: tuple[Node, ...]):
        self.nodes = nodes
        self.is_settled = all(_settled(spec) for node in nodes for spec in node.specs.values())
        self._hash = hash(tuple((node.cls, len(node.fields)) for node in nodes))

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Recipe) and self.nodes == other.nodes

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"Recipe({', '.join(node.cls.__name__ for node in self.nodes)})"


def _settled(spec: Spec) -> bool:
    """Whether what a spec describes can't change: containers are tuples."""
    if spec.kind in ("custom", "mapping") or (spec.kind == "sequence" and spec.cls is not tuple):
        return False
    return all(map(_settled, spec.items))


def record(root: Structured) -> tuple[tuple[Any, ...], Recipe]:
    """Return the leaves of an expression, and its recipe."""
    recorder = _Recorder()
    recorder.visit(root)
    return tuple(recorder.leaves), Recipe(tuple(recorder.nodes))


def leaves_of(root: Structured) -> tuple[Any, ...]:
    """Return the leaves alone, in the order of `record`."""
    collector = _Collector()
    collector.visit(root, Spec("value"))
    return tuple(collector.leaves)


def unrecord(recipe: Recipe, leaves: Sequence[Any]) -> Any:
    """Return the expression of a recipe with the given leaves."""
    root = _Builder(recipe, leaves).build(0)
    vars(root)["_recipe"] = recipe
    return root


# Objects whose methods call each other: functions within a function that do so hold each other,
# and with them every leaf, until Python looks for cycles.


class _Recorder:
    """Takes an expression apart; each value in it once."""

    def __init__(self) -> None:
        self.leaves: list[Any] = []
        self.nodes: list[Any] = []
        self._numbers: dict[int, int] = {}
        self._customs: dict[int, tuple[Any, ...]] = {}

    def visit(self, value: Structured) -> int:
        known = self._numbers.get(id(value))
        if known is not None:
            return known
        number = self._numbers[id(value)] = len(self.nodes)
        self.nodes.append(None)
        state, specs = vars(value), value._specs
        fields = tuple((name, self._layout(state[name], spec)) for name, spec in specs.items())
        static = tuple((name, state[name]) for name in value._static_names)
        self.nodes[number] = Node(type(value), static, fields, specs)
        return number

    def _layout(self, x: Any, spec: Spec) -> Any:
        if spec.kind == "leaf":
            self.leaves.append(x)
            return ("leaf", len(self.leaves) - 1)
        if spec.kind == "value":
            return ("value", self.visit(x))
        if spec.kind == "custom":
            return self._custom(x)
        if spec.kind == "constant":
            return ("constant", x)
        items = tuple(map(self._layout, items_of(x, spec), spec.items))
        return (spec.kind, spec.cls, spec.keys, items)

    def _custom(self, x: Any) -> tuple[Any, ...]:
        known = self._customs.get(id(x))
        if known is None:
            children, aux = x.tree_flatten()
            start = len(self.leaves)
            self.leaves.extend(children)
            known = ("custom", len(self._customs), type(x), aux, start, len(children))
            self._customs[id(x)] = known
        return known


class _Collector:
    """Collects the leaves that a recorder would."""

    def __init__(self) -> None:
        self.leaves: list[Any] = []
        self._seen: set[int] = set()

    def visit(self, value: Structured, spec: Spec) -> None:
        if id(value) in self._seen:
            return
        self._seen.add(id(value))
        if spec.kind == "custom":
            self.leaves.extend(value.tree_flatten()[0])
            return
        state = vars(value)
        for name, inner in value._specs.items():
            self._collect(state[name], inner)

    def _collect(self, x: Any, spec: Spec) -> None:
        if spec.kind == "leaf":
            self.leaves.append(x)
        elif spec.kind in ("value", "custom"):
            self.visit(x, spec)
        elif spec.items:
            for item, inner in zip(items_of(x, spec), spec.items, strict=True):
                self._collect(item, inner)


class _Builder:
    """Puts an expression together; each value in it once."""

    def __init__(self, recipe: Recipe, leaves: Sequence[Any]):
        self._recipe, self._leaves = recipe, leaves
        self._made: dict[int, Any] = {}
        self._customs: dict[int, Any] = {}

    def build(self, number: int) -> Any:
        if number in self._made:
            return self._made[number]
        node = self._recipe.nodes[number]
        value: Any = object.__new__(node.cls)
        self._made[number] = value
        state = vars(value)
        state.update(node.static)
        for name, item in node.fields:
            state[name] = self._fill(item)
        state["_static_names"] = tuple(name for name, _ in node.static)
        state["_specs"] = node.specs
        value._prepare()
        return value

    def _fill(self, item: tuple[Any, ...]) -> Any:
        kind = item[0]
        if kind == "leaf":
            return self._leaves[item[1]]
        if kind == "value":
            return self.build(item[1])
        if kind == "constant":
            return item[1]
        if kind == "custom":
            _, number, cls, aux, start, count = item
            if number not in self._customs:
                own = tuple(self._leaves[start : start + count])
                self._customs[number] = cls.tree_unflatten(aux, own)
            return self._customs[number]
        _, cls, keys, items = item
        return _container(kind, cls, keys, map(self._fill, items))


def rebuild_container(spec: Spec, items: Iterator[Any]) -> Any:
    """Return a container like the one a spec describes, with other items."""
    return _container(spec.kind, spec.cls, spec.keys, items)


def items_of(x: Any, spec: Spec) -> Iterator[Any]:
    """Return the items of a container, in the order of its spec."""
    return iter(x[key] for key in spec.keys) if spec.kind == "mapping" else iter(x)


def _container(kind: str, cls: Any, keys: tuple[Any, ...], items: Iterator[Any]) -> Any:
    if kind == "mapping":
        return cls(zip(keys, items, strict=True))
    return cls(*items) if kind == "record" else cls(items)
