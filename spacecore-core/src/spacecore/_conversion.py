"""Conversion: the same object on another library, sharing and structure kept."""

from __future__ import annotations

from typing import Any, Self

from spacecore._casting import cast, check_cast, with_precision_of
from spacecore._context import Context, ContextLike
from spacecore._structure import Spec, items_of, rebuild_container
from spacecore._typing import CheckLevel, DType
from spacecore._value import Value
from spacecore.backend import dtype_name, transfer, transfer_sparse
from spacecore.plugins import ops_of_array

__all__ = ["Conversion", "Convertible"]


class Convertible(Value):
    """A value on a context that goes to another library as a whole.

    Attributes
    ----------
    ctx : Context
    """

    ctx: Context

    def convert(
        self,
        target: ContextLike,
        *,
        dtype: DType | str | None = None,
        check_level: CheckLevel | None = None,
        copy: bool | None = None,
    ) -> Self:
        """Return this object on another library; itself if nothing changes.

        Parameters
        ----------
        target : Context, ops, name or family
            A context is taken whole. Anything else changes the library and keeps the dtype and
            the check level.
        dtype, check_level : optional
            Changed too where given; a dtype within its kind of number or to a wider kind.
        copy : bool or None
            None shares the memory of arrays where both libraries can, True never does, False
            raises where it can't be shared.

        Raises
        ------
        CastError
            If the target can't hold the dtype, or the dtype asked for would lose something.
        ConversionError
            If an array can't cross as it is.
        """
        conversion = Conversion(target, dtype=dtype, check_level=check_level, copy=copy)
        made: Self = conversion.value(self, conversion.context(self.ctx))
        return made


class Conversion:
    """One call of `convert`: what it changes, and what it has converted already.

    Parameters
    ----------
    target : Context, ops, name or family
        Of a context, the dtype gives the precision of everything converted.
    dtype, check_level : optional
        Changed too where given.
    copy : bool or None
        None shares the memory of arrays where both libraries can, True never does, False raises
        where it can't be shared.
    """

    def __init__(
        self,
        target: ContextLike,
        *,
        dtype: DType | str | None = None,
        check_level: CheckLevel | None = None,
        copy: bool | None = None,
    ):
        self.target = target
        self.copy = copy
        self.check_level = check_level
        whole = isinstance(target, Context) and dtype is None
        self.precision = target.dtype if whole else dtype  # type: ignore[union-attr]
        # What is asked for beside a context holds for every part, also where the whole has it.
        self._everywhere = copy is True or dtype is not None or check_level is not None
        self._done: dict[int, tuple[Any, Any]] = {}
        self._arrays: dict[tuple[int, str], tuple[Any, Any]] = {}
        self._contexts: dict[int, tuple[Context, Context]] = {}

    def context(self, ctx: Context) -> Context:
        """Return where an object of a context goes; `ctx` itself if nothing changes."""
        known = self._contexts.get(id(ctx))
        if known is not None:
            return known[1]
        made = self._context(ctx)
        self._contexts[id(ctx)] = (ctx, made)
        return made

    def _context(self, ctx: Context) -> Context:
        have = dtype_name(ctx.dtype)
        dtype = None
        if self.precision is not None:
            check_cast(have, dtype_name(self.precision))
            dtype = self.precision
        return ctx.convert(self.target, dtype=dtype, check_level=self.check_level)

    def value(self, x: Value, ctx: Context) -> Any:
        """Return a value converted for `ctx`; one that occurs twice is converted once."""
        known = self._done.get(id(x))
        if known is not None:
            return known[1]
        made = self._value(x, ctx)
        self._done[id(x)] = (x, made)
        return made

    def _value(self, x: Value, ctx: Context) -> Value:
        changes: dict[str, Any] = {}
        state = vars(x)
        own = state["ctx"] if "ctx" in state["_static_names"] else None
        if own is not None:
            ctx = self.context(own)
            if ctx is own and not self._everywhere:
                return x
            if ctx is not own:
                changes["ctx"] = ctx
        for name, spec in state["_specs"].items():
            before = state[name]
            after = self.data(before, spec, ctx)
            if after is not before:
                changes[name] = after
        if not changes:
            return x
        made: Value = x._rebuilt(**changes)
        made._check_converted(ctx)
        return made

    def data(self, x: Any, spec: Spec, ctx: Context) -> Any:
        """Return a piece of data converted for `ctx`; itself if nothing changes."""
        if isinstance(x, Value):
            return self.value(x, ctx)
        if spec.items:
            items = [
                self.data(item, inner, ctx)
                for item, inner in zip(items_of(x, spec), spec.items, strict=True)
            ]
            same = all(a is b for a, b in zip(items, items_of(x, spec), strict=True))
            return x if same else rebuild_container(spec, iter(items))
        source = ops_of_array(x)
        return x if source is None else self.array(x, source, ctx)

    def array(self, x: Any, source: Any, ctx: Context) -> Any:
        """Return an array on the backend and device of `ctx`, in the precision asked for.

        One that several values hold is converted once.
        """
        name = dtype_name(x.dtype)
        if self.precision is not None:
            name = with_precision_of(name, dtype_name(ctx.dtype))
        known = self._arrays.get((id(x), name))
        if known is not None:
            return known[1]
        made = self._array(x, source, ctx, name)
        self._arrays[id(x), name] = (x, made)
        return made

    def _array(self, x: Any, source: Any, ctx: Context, name: str) -> Any:
        if source.is_sparse(x):
            return transfer_sparse(x, source, ctx.ops, dtype=name, copy=self.copy)
        if self.precision is not None:
            x = cast(source, x, name)
        return transfer(x, source, ctx.ops, copy=self.copy)
