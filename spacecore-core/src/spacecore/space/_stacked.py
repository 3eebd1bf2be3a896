"""Spaces of several elements of one space, stacked along a leading axis."""

from __future__ import annotations

from functools import partial
from operator import index
from typing import TYPE_CHECKING, Any, Literal

from spacecore import _tree
from spacecore._ambient import resolve_context_priority
from spacecore._checks import elsewhere
from spacecore._context import ContextLike
from spacecore._typing import Shape, type_name
from spacecore.backend import dtype_name
from spacecore.errors import SpaceValidationError
from spacecore.space._base import Space
from spacecore.space._batch import batched, mapped
from spacecore.space._dense import (
    BY_GEOMETRY,
    DenseCoordinateSpace,
    DenseVectorSpace,
    batch_test,
    elements_of,
    membership,
)

if TYPE_CHECKING:
    from spacecore._notation import Writer

__all__ = ["StackedSpace"]


class StackedSpace(Space, static=("count",), data=("base",)):
    """`count` elements of a space, as one batch: each leaf has a leading axis of that length.

    The inner product is the sum over the batch.

    Parameters
    ----------
    base : Space
    count : int
        At least 0.
    ctx : Context, optional
        By default the base's own.

    Raises
    ------
    SpaceValidationError
        If the base is of another family, device or dtype than the context.
    """

    base: Space
    count: int

    def __init__(self, base: Space, count: int, ctx: ContextLike | None = None):
        if not isinstance(base, Space):
            raise TypeError(f"A StackedSpace stacks elements of a Space. Got {type_name(base)}.")
        if index(count) < 0:
            raise ValueError(f"A count is at least 0. Got {count}.")
        self.ctx = resolve_context_priority(ctx, base)
        if wrong := elsewhere(self.ctx.ops, base.ops):
            raise SpaceValidationError(f"{wrong} for the base. Convert it first.")
        own, given = dtype_name(base.dtype), dtype_name(self.ctx.dtype)
        if own != given:
            raise SpaceValidationError(
                f"A StackedSpace has the dtype of its base. Got a context of {given} for a base of "
                f"{own}. Leave `ctx` out, or convert the base."
            )
        self.base = base
        self.count = index(count)

    def _prepare(self) -> None:
        """Compute on stacked arrays at once, as on one, where the base does it entry by entry."""
        state, base, ctx = vars(self), self.base, self.ctx
        if type(self) is not StackedSpace or base.ops != ctx.ops or not _is_of_arrays(base):
            return
        state["check_member"] = membership(ctx, self.shape)
        state["check_batch"] = batch_test(ctx, self.shape)
        state["_flatten"] = partial(_reshaped, ctx.ops.reshape, (self.size,))
        state["_unflatten"] = partial(_reshaped, ctx.ops.reshape, self.shape)
        state["_weighs"] = base._weighs
        if base._weighs:
            state.update({name: vars(base)[name] for name in BY_GEOMETRY if name in vars(base)})

    @property
    def _holds_arrays(self) -> bool:  # type: ignore[override]
        return self.base._holds_arrays

    @property
    def shape(self) -> Shape:  # type: ignore[override]
        """The count, then the axes of the base."""
        return (self.count, *self.base.shape)

    @property
    def field(self) -> Literal["real", "complex"]:
        return self.base.field

    @property
    def is_euclidean(self) -> bool:
        return self.base.is_euclidean

    def check_member(self, x: Any) -> None:
        if self.ctx.check_level == "none":
            return
        leading = self.base.check_batch(x)
        if leading != (self.count,):
            if self._holds_arrays:
                raise SpaceValidationError(f"Expected shape {self.shape}, got {tuple(x.shape)}")
            raise SpaceValidationError(
                f"Expected one leading axis of length {self.count}, got leading axes {leading}"
            )

    def check_batch(self, xs: Any) -> Shape:
        leading = self.base.check_batch(xs)
        if leading[-1:] != (self.count,):
            raise SpaceValidationError(
                f"Expected leading axes that end with {self.count}, got {leading}"
            )
        return leading[:-1]

    def zeros(self) -> Any:
        return self._repeated(self.base.zeros())

    def ones(self) -> Any:
        return self._repeated(self.base.ones())

    def random(self, key: Any) -> Any:
        keys = self.ops.random_split(key, max(self.count, 1))
        drawn = [self.base.random(each) for each in keys]
        stacked = self._joined(drawn)
        return mapped(self.ops, lambda x: x[: self.count, ...], stacked)

    def _add(self, x: Any, y: Any) -> Any:
        return self.base._add(x, y)

    def _scale(self, a: Any, x: Any) -> Any:
        return self.base._scale(a, x)

    def _conj(self, x: Any) -> Any:
        return self.base._conj(x)

    def _inner(self, x: Any, y: Any) -> Any:
        return self.ops.sum(self._batched(self.base._inner, x, y))

    def _riesz(self, x: Any) -> Any:
        return self._batched(self.base._riesz, x)

    def _riesz_inverse(self, x: Any) -> Any:
        return self._batched(self.base._riesz_inverse, x)

    def _flatten(self, x: Any) -> Any:
        return self.ops.reshape(self._batched(self.base._flatten, x), (self.size,))

    def _unflatten(self, v: Any) -> Any:
        rows = self.ops.reshape(v, (self.count, self.base.size))
        return self._batched(self.base._unflatten, rows)

    def _batched(self, function: Any, *batches: Any) -> Any:
        return batched(self.ops, function, (self.count,), *batches)

    def _repeated(self, x: Any) -> Any:
        ops, count = self.ops, self.count
        return mapped(self.ops, lambda leaf: ops.stack([leaf] * max(count, 1))[:count, ...], x)

    def _joined(self, elements: list[Any]) -> Any:
        first, structure = _tree.flatten(elements[0])
        if len(first) == 1 and first[0] is elements[0]:
            return self.ops.stack(elements)
        columns = zip(*(_tree.flatten(x)[0] for x in elements), strict=True)
        return _tree.unflatten(structure, [self.ops.stack(column) for column in columns])

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, StackedSpace):
            # Stacked Euclidean arrays are the Euclidean arrays with one axis more.
            if not (isinstance(other, Space) and self._holds_arrays and other._holds_arrays):
                return NotImplemented
            same = elements_of(self) == elements_of(other)
            return same and self.is_euclidean and other.is_euclidean
        return self.count == other.count and self.base == other.base

    def __hash__(self) -> int:
        if self._holds_arrays:
            return hash(elements_of(self))  # as of the space of arrays that it may equal
        return hash((self.count, self.base))

    def _notation(self, write: Writer) -> str:
        return f"({write.space(self.base)})^{self.count}"


def _is_of_arrays(space: Space) -> bool:
    """Whether elements are arrays of which nothing is asked but shape and dtype."""
    while type(space) is StackedSpace:
        space = space.base
    return type(space) in (DenseCoordinateSpace, DenseVectorSpace)


def _reshaped(reshape: Any, shape: Shape, x: Any) -> Any:
    return reshape(x, shape)
