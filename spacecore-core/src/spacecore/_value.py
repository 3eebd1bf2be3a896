"""Values: immutable objects whose fields are declared once, each data or static.

Data are arrays, values, and tuples, lists and dicts of these; everything else is static. From the
declaration come conversion, equality, hash, repr and pickling.
"""

from __future__ import annotations

from abc import ABCMeta
from typing import Any, ClassVar, Self, TypeVar

from spacecore._casting import cast, with_precision_of
from spacecore._context import Context
from spacecore.backend import BackendOps, dtype_name, transfer
from spacecore.plugins import ops_of_array

__all__ = ["Value", "convert_data", "same_data", "summary"]

V = TypeVar("V", bound="Value")


class _Closing(ABCMeta):
    """Closes an object when its construction returns, whoever wrote its `__init__`."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        made = super().__call__(*args, **kwargs)
        made._close()
        return made


class Value(metaclass=_Closing):
    """The base of what is declared by fields.

    A class names its fields by the keywords `data` and `static`; subclasses add to them.
    Attributes that an ordinary `__init__` sets beside these are sorted by what they hold. When
    `__init__` returns, the object is closed: attributes can't be set any more.
    """

    _data: ClassVar[tuple[str, ...]] = ()
    _static: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(
        cls, *, data: tuple[str, ...] = (), static: tuple[str, ...] = (), **kwargs: Any
    ) -> None:
        super().__init_subclass__(**kwargs)
        cls._data = (*cls._data, *data)
        cls._static = (*cls._static, *static)

    def _prepare(self) -> None:
        """Compute what follows from the fields and is not one: compiled tests, closures."""

    def _close(self) -> None:
        state = vars(self)
        extra = [name for name in state if name not in self._data and name not in self._static]
        found = tuple(name for name in extra if _is_data(state[name]))
        state["_fields"] = (
            (*self._data, *found),
            (*self._static, *(name for name in extra if name not in found)),
        )
        self._prepare()

    def _values(self, which: int) -> dict[str, Any]:
        state = vars(self)
        return {name: state[name] for name in state["_fields"][which]}

    def _rebuilt(self, **changes: Any) -> Self:
        """The same object with other values in some fields, without running `__init__`."""
        return _rebuild(type(self), {**self._values(0), **self._values(1), **changes})

    def __setattr__(self, name: str, value: Any) -> None:
        if "_fields" in vars(self):
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
            return False
        return self._values(1) == other._values(1) and same_data(self._values(0), other._values(0))

    def __hash__(self) -> int:
        return hash((type(self), *map(_hashable, self._values(1).values())))

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), {**self._values(0), **self._values(1)})

    def __repr__(self) -> str:
        fields = {**self._values(1), **self._values(0)}
        shown = ", ".join(f"{name}={summary(value)}" for name, value in fields.items())
        return f"{type(self).__name__}({shown})"


def convert_data(x: Any, ctx: Context, *, precision: str | None, copy: bool | None) -> Any:
    """Return data on another context, structure and sharing of memory kept.

    Parameters
    ----------
    x : array, value, or tuple, list or dict of these; anything else is returned itself
    ctx : Context
    precision : str or None
        The dtype whose precision floating arrays take; None keeps each array's own.
    copy : bool or None
    """
    if isinstance(x, Value):
        fields = {
            name: convert_data(value, ctx, precision=precision, copy=copy)
            for name, value in x._values(0).items()
        }
        return x._rebuilt(**fields)
    if isinstance(x, tuple | list):
        items = [convert_data(item, ctx, precision=precision, copy=copy) for item in x]
        return type(x)(*items) if hasattr(x, "_fields") else type(x)(items)
    if isinstance(x, dict):
        return {
            key: convert_data(item, ctx, precision=precision, copy=copy) for key, item in x.items()
        }
    source = ops_of_array(x)
    if source is None:
        return x
    if precision is not None:
        x = cast(source, x, with_precision_of(dtype_name(x.dtype), precision))
    return transfer(x, source, ctx.ops, copy=copy)


def same_data(one: Any, other: Any) -> bool:
    """Tell whether two pieces of data hold the same values; traced arrays go by static facts."""
    if one is other:
        return True
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_data(one[k], other[k]) for k in one)
    if isinstance(one, tuple | list) and type(one) is type(other):
        return len(one) == len(other) and all(map(same_data, one, other))
    ops = ops_of_array(one)
    return bool(one == other) if ops is None else _same_arrays(ops, one, other)


def _same_arrays(ops: BackendOps, one: Any, other: Any) -> bool:
    if not ops.is_array(other) or tuple(one.shape) != tuple(other.shape):
        return False
    if one.dtype != other.dtype:
        return False
    return ops.is_traced(one) or ops.is_traced(other) or bool(ops.all(one == other))


def summary(x: Any) -> str:
    """Describe a field in a few characters, never by the contents of an array."""
    if ops_of_array(x) is not None:
        return f"{dtype_name(x.dtype)}{list(x.shape)}"
    return repr(x)


def _is_data(x: Any) -> bool:
    if isinstance(x, Value):
        return True
    if isinstance(x, tuple | list):
        return any(_is_data(item) for item in x)
    if isinstance(x, dict):
        return any(_is_data(item) for item in x.values())
    return ops_of_array(x) is not None


def _hashable(x: Any) -> Any:
    if isinstance(x, list):
        return tuple(map(_hashable, x))
    if isinstance(x, dict):
        return tuple(sorted((key, _hashable(value)) for key, value in x.items()))
    return x


def _rebuild(cls: type[V], fields: dict[str, Any]) -> V:
    made = object.__new__(cls)
    vars(made).update(fields)
    made._close()
    return made
