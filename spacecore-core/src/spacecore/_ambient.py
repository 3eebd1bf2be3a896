"""The ambient context, and the context that an object made from others should have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol, runtime_checkable

from spacecore._checks import strictest
from spacecore._context import Context, ContextLike, normalize_ops
from spacecore._typing import DType, type_name
from spacecore.backend import BackendOps
from spacecore.plugins import _environment, ops_of_array

__all__ = [
    "get_context",
    "normalize_context",
    "ops_of",
    "resolve_context_priority",
    "set_context",
    "use_context",
]


@runtime_checkable
class HasContext(Protocol):
    """Anything that carries a context."""

    @property
    def ctx(self) -> Context: ...


def normalize_context(ctx: ContextLike | None) -> Context:
    """Return the context itself, one made from a backend, or for None the ambient one."""
    if ctx is None:
        return get_context()
    return ctx if isinstance(ctx, Context) else Context(ctx)


def ops_of(x: object) -> BackendOps:
    """Return the ops of an array, or of an object that has a context.

    Raises
    ------
    TypeError
        If `x` is neither.
    """
    ops = ops_of_array(x)
    if ops is not None:
        return ops
    if isinstance(x, BackendOps | Context):
        return normalize_ops(x)
    if isinstance(x, HasContext):
        return x.ctx.ops
    raise TypeError(
        f"`ops_of` needs an array of an installed backend or an object with a context. "
        f"Got {type_name(x)}. Make it an array: `ctx.asarray(x)`."
    )


_process: list[Context] = []
_local: ContextVar[Context | None] = ContextVar("spacecore_context", default=None)


def get_context() -> Context:
    """Return the ambient context: of the enclosing `use_context`, else of the process."""
    local = _local.get()
    if local is not None:
        return local
    if not _process:
        _process.append(Context(_environment.default_backend()))
    return _process[0]


def set_context(ctx: ContextLike, dtype: DType | None = None, **options: Any) -> Context:
    """Set the ambient context of the process, and return it.

    Parameters
    ----------
    ctx, dtype, **options
        A Context alone, or what `Context` takes.
    """
    _process[:] = [_made(ctx, dtype, options)]
    return _process[0]


@contextmanager
def use_context(ctx: ContextLike, dtype: DType | None = None, **options: Any) -> Iterator[Context]:
    """Set the ambient context for a `with` block, in this thread and task alone.

    Parameters
    ----------
    ctx, dtype, **options
        A Context alone, or what `Context` takes.
    """
    made = _made(ctx, dtype, options)
    token = _local.set(made)
    try:
        yield made
    finally:
        _local.reset(token)


def resolve_context_priority(explicit: ContextLike | None, *others: Any) -> Context:
    """Return the context that an object made from others should have.

    Parameters
    ----------
    explicit : Context, ops, name or None
        Wins if given.
    *others : objects with `.ctx`, or arrays
        Others are passed over.

    Returns
    -------
    Context
        Else what the others carry, the dtypes joined by the backend's `result_type` and the
        strictest of the levels; else the ambient one.

    Raises
    ------
    ValueError
        If the others are of different families or devices.
    """
    if explicit is not None:
        return normalize_context(explicit)
    contexts: list[Context] = []
    arrays: list[Any] = []
    for other in others:
        ctx = other if isinstance(other, Context) else getattr(other, "ctx", None)
        if contexts and ctx is contexts[-1]:
            continue
        if isinstance(ctx, Context):
            contexts.append(ctx)
        else:
            arrays.append(other)
    placed = [(ops, ops.get_dtype(x)) for x in arrays if (ops := ops_of_array(x)) is not None]
    if not placed:
        if len(contexts) == 1:
            return contexts[0]
        if not contexts:
            return get_context()
        if all(ctx is contexts[0] or ctx == contexts[0] for ctx in contexts):
            return contexts[0]
    return _joined(contexts, placed)


def _joined(contexts: list[Context], placed: list[tuple[BackendOps, DType]]) -> Context:
    """One context for several, and for arrays of given backends and dtypes."""
    found = [*((ctx.ops, ctx.dtype) for ctx in contexts), *placed]
    ops = _common_ops([ops for ops, _ in found])
    dtypes = [dtype for _, dtype in found]
    same = all(dtype == dtypes[0] for dtype in dtypes)
    dtype = dtypes[0] if same else ops.result_type(*dtypes)
    levels = [ctx.check_level for ctx in contexts] or [get_context().check_level]
    return Context(ops, dtype, check_level=strictest(levels))


def _common_ops(found: list[BackendOps]) -> BackendOps:
    families = sorted({str(ops.family) for ops in found})
    if len(families) > 1:
        raise ValueError(
            f"Objects of one family belong together. Got {', '.join(families)}. "
            f'Convert first: `x.convert("{families[0]}")`, or pass `ctx=`.'
        )
    placed = {ops: None for ops in found if ops.device is not None}
    if len(placed) > 1:
        names = ", ".join(ops.name for ops in placed)
        raise ValueError(f"Objects on one device belong together. Got {names}. Convert first.")
    return next(iter(placed), found[0])


def _made(ctx: ContextLike, dtype: DType | None, options: dict[str, Any]) -> Context:
    if isinstance(ctx, Context):
        return ctx.convert(ctx, dtype=dtype, **options)
    return Context(ctx, dtype, **options)
