"""Values: immutable objects whose fields are declared once, each data or static.

Data are arrays, floating-point numbers, values, and tuples, lists and dicts of these; the rest is
static. From the declaration come conversion, equality, hash, repr, pickling, copying, and the
pytree that compiled and differentiated functions take apart.
"""

from __future__ import annotations

from abc import ABCMeta
from typing import Any, ClassVar, Self, TypeVar

from spacecore import _tree
from spacecore._context import Context
from spacecore._structure import Spec, Structured, spec_of
from spacecore.backend import BackendOps
from spacecore.plugins import ops_of_array

__all__ = ["Value", "same_data"]

V = TypeVar("V", bound="Value")


class _Closing(ABCMeta):
    """Closes an object when its construction returns, whoever wrote its `__init__`."""

    # Nothing is registered as a virtual subclass, and the plain test costs a tenth of ABC's.
    __instancecheck__ = type.__instancecheck__

    @property
    def __signature__(cls) -> Any:
        """The signature of `__init__`, for those who ask the class for its own."""
        from inspect import Signature, signature

        if cls.__init__ is object.__init__:  # type: ignore[misc]  # whose own says nothing
            return Signature()
        of_init = signature(cls.__init__)  # type: ignore[misc]
        return of_init.replace(parameters=list(of_init.parameters.values())[1:])

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        made = type.__call__(cls, *args, **kwargs)
        made._close()
        made._probe()
        return made


class Value(Structured, metaclass=_Closing):
    """The base of what is declared by fields.

    A class names its fields by the keywords `data` and `static`; subclasses add to them.
    Attributes that an ordinary `__init__` sets beside these are sorted by what they hold. When
    `__init__` returns, the object is closed: attributes can't be set any more, and which are
    data is settled. Taking it apart never looks at what data hold, so that any stand-in passes,
    and putting it together again validates nothing.
    """

    _data: ClassVar[tuple[str, ...]] = ()
    _static: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(
        cls, *, data: tuple[str, ...] = (), static: tuple[str, ...] = (), **kwargs: Any
    ) -> None:
        super().__init_subclass__(**kwargs)
        for fields, given in (("data", data), ("static", static)):
            if isinstance(given, str):
                raise TypeError(
                    f"Fields are named in a tuple. Got {fields}={given!r}. "
                    f'Write `{fields}=("{given}",)`.'
                )
        if both := {*cls._data, *data} & {*cls._static, *static}:
            raise TypeError(
                f"A field is data or static. {cls.__name__} declares `{min(both)}` as both."
            )
        cls._data = (*cls._data, *data)
        cls._static = (*cls._static, *static)
        for name in ("__eq__", "__hash__", "__repr__"):  # which `@dataclass` would write anew
            if name not in vars(cls):
                setattr(cls, name, getattr(cls, name))
        _tree.announce(cls)

    def _close(self) -> None:
        state = vars(self)
        if "_specs" in state:  # a copy made whole, by pickle or by a subclass's own constructor
            return
        specs, static = {}, self._static
        for name in self._data:
            if name not in state:
                raise self._lacks(name)
            x = state[name]
            specs[name] = x._own_spec if isinstance(x, Structured) else spec_of(x, declared=True)
        for name in static:
            if name not in state:
                raise self._lacks(name)
        if len(state) > len(specs) + len(static):
            static = (*static, *_sorted_out(state, specs, static))
        _finish(self, specs, static)

    def _lacks(self, name: str) -> TypeError:
        return TypeError(
            f"`__init__` of {type(self).__name__} sets each declared field. Got no `{name}`. "
            f"Call `super().__init__(...)`, or set it."
        )

    def _probe(self) -> None:
        """Test, at a level that pays for it, what only a finished object can be asked."""

    def _check_converted(self, ctx: Context) -> None:
        """Raise if something that conversion can't reach stayed behind on another backend."""

    def _fields(self) -> dict[str, Any]:
        """Every field and its value: static ones first."""
        state = vars(self)
        return {name: state[name] for name in (*state["_static_names"], *state["_specs"])}

    def _static_values(self) -> dict[str, Any]:
        state = vars(self)
        return {name: state[name] for name in state["_static_names"]}

    def _data_values(self) -> dict[str, Any]:
        state = vars(self)
        return {name: state[name] for name in state["_specs"]}

    def _rebuilt(self, **changes: Any) -> Self:
        """The same object with others of their kind in some fields, without `__init__`."""
        return _rebuild(type(self), {**self._fields(), **changes}, vars(self)["_specs"])

    def __setattr__(self, name: str, value: Any) -> None:
        if "_specs" in vars(self):
            raise AttributeError(
                f"{type(self).__name__} is immutable once it is constructed; make a new one."
            )
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable.")

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other) or not isinstance(other, Value):
            return NotImplemented
        return self._static_values() == other._static_values() and same_data(
            self._data_values(), other._data_values()
        )

    def __hash__(self) -> int:
        if "_static_names" not in vars(self):  # a compiler that traces `__init__` asks before it
            raise TypeError(f"{type(self).__name__} has no hash while it is being constructed.")
        return hash((type(self), *map(_hashable, self._static_values().values())))

    def __copy__(self) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self._fields(), vars(self)["_specs"])

    def __repr__(self) -> str:
        from spacecore._notation import summary

        shown = ", ".join(f"{name}={summary(value)}" for name, value in self._fields().items())
        return f"{type(self).__name__}({shown})"

    def _repr_html_(self) -> str:
        from spacecore._html import page
        from spacecore._outline import outline

        return page(outline(self))

    def _shown(self) -> tuple[str, dict[str, str], dict[str, Any]]:
        """What a notebook shows: mathematics, facts, and fields under the names they go by."""
        return "", {}, self._fields()


def same_data(one: Any, other: Any) -> bool:
    """Tell whether two pieces of data hold the same values; traced arrays go by static facts."""
    if one is other:
        return True
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_data(one[k], other[k]) for k in one)
    if isinstance(one, tuple | list) and type(one) is type(other):
        return len(one) == len(other) and all(map(same_data, one, other))
    ops = ops_of_array(one)
    if ops is None:
        ops = ops_of_array(other)
        return bool(one == other) if ops is None else _same_number(ops, other, one)
    if isinstance(other, int | float | complex):
        return _same_number(ops, one, other)
    return _same_arrays(ops, one, other)


def _same_number(ops: BackendOps, x: Any, number: Any) -> bool:
    """Whether an array is a Python number, which compiling made an array of shape ()."""
    if not ops.is_dense(x) or tuple(x.shape) != () or not isinstance(number, int | float | complex):
        return False
    return ops.is_traced(x) or bool(x == number)


def _same_arrays(ops: BackendOps, one: Any, other: Any) -> bool:
    if not ops.is_array(other) or tuple(one.shape) != tuple(other.shape):
        return False
    if one.dtype != other.dtype or ops.is_sparse(one) is not ops.is_sparse(other):
        return False
    if ops.is_traced(one) or ops.is_traced(other):
        return True
    if ops.is_sparse(one):
        return bool((ops.sparse_to_scipy(one) != ops.sparse_to_scipy(other)).nnz == 0)
    device = ops.device_of(one)
    if ops.device_of(other) != device:  # which is no part of equality; libraries refuse to compare
        other = ops.asarray(other, device=device)
    return bool(ops.all(one == other))


def _hashable(x: Any) -> Any:
    if isinstance(x, list | tuple):
        return tuple(map(_hashable, x))
    if isinstance(x, dict):
        return frozenset((key, _hashable(value)) for key, value in x.items())
    return frozenset(x) if isinstance(x, set) else x


def _rebuild(cls: type[V], fields: dict[str, Any], specs: dict[str, Spec]) -> V:
    made = object.__new__(cls)
    vars(made).update(fields)
    _finish(made, specs, tuple(name for name in fields if name not in specs))
    return made


def _sorted_out(
    state: dict[str, Any], specs: dict[str, Spec], static: tuple[str, ...]
) -> list[str]:
    """Sort attributes that no class declared by what they hold; return the static ones."""
    found = []
    for name in [name for name in state if name not in specs and name not in static]:
        spec = spec_of(state[name])
        if spec.holds_data:
            specs[name] = spec
        else:
            found.append(name)
    return found


def _finish(value: Value, specs: dict[str, Spec], static: tuple[str, ...]) -> None:
    state = vars(value)
    state["_static_names"] = static
    state["_specs"] = specs
    value._prepare()
