"""Spaces of dense arrays of one shape."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from operator import index
from typing import TYPE_CHECKING, Any, ClassVar

from spacecore._ambient import resolve_context_priority
from spacecore._checks import is_known_false, not_dense, of_other_dtype, on_other_device
from spacecore._context import Context, ContextLike
from spacecore._typing import DType, Shape, type_name
from spacecore.backend import BackendOps, dtype_name
from spacecore.errors import SpaceValidationError
from spacecore.space._base import Space
from spacecore.space._geometry import (
    EuclideanInnerProduct,
    InnerProduct,
    WeightedInnerProduct,
)
from spacecore.space._geometry_probe import probe_geometry

if TYPE_CHECKING:
    from spacecore._notation import Writer

__all__ = [
    "BY_GEOMETRY",
    "DenseCoordinateSpace",
    "DenseVectorSpace",
    "batch_test",
    "elements_of",
    "membership",
]


# The hooks that a geometry computes.
BY_GEOMETRY = ("_inner", "_norm", "_riesz", "_riesz_inverse")


class _DenseSpace(Space, static=("shape",), data=("geometry",)):
    """What spaces of dense arrays share.

    Membership is tested by one function, compiled for the level when the space is made; it is
    the attribute that `check_member` finds. What the geometry computes is bound to the backend
    and kept likewise. Either is left to a subclass that has written it anew.
    """

    geometry: InnerProduct

    _holds_arrays = True
    _by_geometry: ClassVar[tuple[str, ...]] = BY_GEOMETRY

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        kept = tuple(name for name in cls._by_geometry if name not in vars(cls))
        if kept != cls._by_geometry:
            cls._by_geometry = kept

    def __init__(
        self,
        shape: int | Shape,
        ctx: ContextLike | None = None,
        geometry: InnerProduct | None = None,
    ):
        self.shape = _as_shape(shape)
        if isinstance(ctx, InnerProduct):
            raise TypeError(
                f"The second argument of a space is its context. Got {type_name(ctx)}. "
                f"Name it: `geometry={type(ctx).__name__}(...)`."
            )
        geometry = EuclideanInnerProduct() if geometry is None else geometry
        if not isinstance(geometry, InnerProduct):
            raise TypeError(
                f"A geometry is an InnerProduct. Got {type_name(geometry)}. "
                f"Weights are one as `WeightedInnerProduct(weights)`."
            )
        self.ctx = resolve_context_priority(ctx, *geometry._data_values().values())
        self.geometry = geometry
        if self.ctx.check_level != "none":
            geometry.validate_for(self)
        if self.ctx.check_level == "strict" and not self._is_weighted:
            probe_geometry(geometry, self)

    def _prepare(self) -> None:
        state = vars(self)
        if type(self).check_member is _DenseSpace.check_member:
            state["check_member"] = membership(self.ctx, self.shape)
        if type(self).check_batch is _DenseSpace.check_batch:
            state["check_batch"] = batch_test(self.ctx, self.shape)
        bound = self.geometry._bound(self.ctx.ops)
        names = self._by_geometry
        if names is BY_GEOMETRY:  # as nearly always: nothing was written anew
            state.update(bound)
            state["_weighs"] = self._is_weighted
        else:
            state.update((name, bound[name]) for name in names if name in bound)

    @property
    def _is_weighted(self) -> bool:
        """Whether the geometry is one of those that nothing can be wrong with but the weights."""
        return type(self.geometry) in (EuclideanInnerProduct, WeightedInnerProduct)

    def check_member(self, x: Any) -> None:
        membership(self.ctx, self.shape)(x)

    def check_batch(self, xs: Any) -> Shape:
        return _leading_axes(self.ops, self.shape, self.dtype, xs)

    def zeros(self) -> Any:
        ctx = self.ctx
        return ctx.ops.zeros(self.shape, dtype=ctx.dtype)

    def ones(self) -> Any:
        return self.ops.ones(self.shape, dtype=self.dtype)

    def random(self, key: Any) -> Any:
        return self.ops.random_normal(key, self.shape, self.dtype)

    @property
    def is_euclidean(self) -> bool:
        return self.geometry.is_euclidean

    def _inner(self, x: Any, y: Any) -> Any:
        return self.geometry.inner(self.ops, x, y)

    def _norm(self, x: Any) -> Any:
        if self.geometry.is_euclidean:
            return self.ops.linalg.vector_norm(x)
        return super()._norm(x)

    def _riesz(self, x: Any) -> Any:
        return self.geometry.riesz(self.ops, x)

    def _riesz_inverse(self, x: Any) -> Any:
        return self.geometry.riesz_inverse(self.ops, x)

    def _flatten(self, x: Any) -> Any:
        return self.ops.reshape(x, (self.size,))

    def _unflatten(self, v: Any) -> Any:
        return self.ops.reshape(v, self.shape)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, _DenseSpace):
            return NotImplemented
        return elements_of(self) == elements_of(other) and _same_geometry(
            self.geometry, other.geometry
        )

    def __hash__(self) -> int:
        return hash(elements_of(self))

    def _notation(self, write: Writer) -> str:
        numbers = write.power("ℂ" if self.field == "complex" else "ℝ", self.shape)
        return write.qualified(numbers, self, self.geometry._word)


class DenseCoordinateSpace(_DenseSpace):
    """Dense arrays of one shape and dtype, with any number of axes.

    Parameters
    ----------
    shape : int or tuple of int
    ctx : Context, ops or name, optional
        By default that of the geometry's arrays, else the ambient one.
    geometry : InnerProduct, optional
        Euclidean if not given.

    Raises
    ------
    SpaceValidationError
        If the geometry does not fit the space.

    Examples
    --------
    >>> import spacecore as sc
    >>> X = sc.DenseCoordinateSpace((2, 2), "numpy")
    >>> float(X.norm(X.ones()))
    2.0
    """


class DenseVectorSpace(_DenseSpace):
    """Dense arrays with one axis; equal to the `DenseCoordinateSpace` of the same shape.

    Parameters
    ----------
    shape : int or tuple of one int
    ctx : Context, ops or name, optional
        By default that of the geometry's arrays, else the ambient one.
    geometry : InnerProduct, optional
        Euclidean if not given.

    Raises
    ------
    ValueError
        If the shape has not exactly one axis.
    SpaceValidationError
        If the geometry does not fit the space.
    """

    def __init__(
        self,
        shape: int | Shape,
        ctx: ContextLike | None = None,
        geometry: InnerProduct | None = None,
    ):
        super().__init__(shape, ctx, geometry)
        if len(self.shape) != 1:
            raise ValueError(
                f"A DenseVectorSpace has one axis. Got shape {self.shape}. "
                f"Use DenseCoordinateSpace."
            )


def elements_of(space: Space) -> tuple[Any, ...]:
    """Return what tells the set of elements of a space of arrays."""
    return space.shape, dtype_name(space.dtype), space.ops.family


# The membership test of `check_level="none"`: a queue of no length drops what it is given, and
# is called in half the time of a function that does nothing.
_accept: Callable[[Any], None] = deque(maxlen=0).append


def membership(ctx: Context, shape: Shape) -> Callable[[Any], None]:
    """Return the membership test of a level; it holds no reference to the space."""
    if ctx.check_level == "none":
        return _accept
    if ctx.check_level == "strict":
        return partial(_refuse_infinite, ctx.ops, shape, ctx.dtype)
    refuse = partial(_refuse_foreign, ctx.ops, shape, ctx.dtype)
    return ctx.ops.member_test(shape, ctx.dtype, refuse)


def batch_test(ctx: Context, shape: Shape) -> Callable[[Any], Shape]:
    """Return the function that tells the leading axes; comparisons decide the common case.

    One for libraries whose sparse matrices are of the class of arrays, one that asks for less:
    together they would cost the latter a call.
    """
    ops, dtype, count = ctx.ops, ctx.dtype, len(shape)
    kind: Any = ops.array_types[0]
    if ops.device is not None or not count:
        return partial(_leading_axes, ops, shape, dtype)
    if ops.sparse_shares_type:
        is_dense = ops.is_dense

        def check_dense(xs: Any) -> Shape:
            if type(xs) is kind and xs.dtype is dtype and is_dense(xs):
                full = tuple(xs.shape)
                if full[-count:] == shape:
                    return full[:-count]
            return _leading_axes(ops, shape, dtype, xs)

        return check_dense

    def check_batch(xs: Any) -> Shape:
        if type(xs) is kind and xs.dtype is dtype and xs.shape[-count:] == shape:
            leading: Shape = xs.shape[:-count]
            return leading
        return _leading_axes(ops, shape, dtype, xs)

    return check_batch


def _leading_axes(ops: BackendOps, own: Shape, dtype: DType, xs: Any) -> Shape:
    shape: Shape = tuple(xs.shape) if ops.is_dense(xs) else ()
    leading = shape[: max(len(shape) - len(own), 0)]
    _refuse_foreign(ops, leading + own, dtype, xs, len(leading))
    return leading


def _refuse_foreign(ops: BackendOps, shape: Shape, dtype: DType, x: Any, leading: int = 0) -> None:
    """Say what is wrong with `x`; return if it is an element, or a batch of them, after all."""
    if not ops.is_dense(x):
        raise SpaceValidationError(not_dense(ops, x))
    if tuple(x.shape) != shape:
        raise SpaceValidationError(_of_other_shape(shape, tuple(x.shape), leading))
    if x.dtype != dtype:
        raise SpaceValidationError(of_other_dtype(dtype, x.dtype))
    if wrong := on_other_device(ops, x):
        raise SpaceValidationError(wrong)


def _of_other_shape(expected: Shape, got: Shape, leading: int) -> str:
    """Say that another shape was expected; of a batch, how its axes come to be the first."""
    if not leading:
        return f"Expected shape {expected}, got {got}"
    own = expected[leading:]
    wanted = ", ".join(["...", *map(str, own)])
    fix = "x.T" if len(own) == 1 else "ops.moveaxis(x, -1, 0)"
    cure = f": use `{fix}`." if got[:-1] == own else "."
    return f"Expected shape ({wanted}), got {got}. The axes of a batch come first{cure}"


def _refuse_infinite(ops: BackendOps, shape: Shape, dtype: DType, x: Any) -> None:
    _refuse_foreign(ops, shape, dtype, x)
    if is_known_false(ops, ops.all(ops.isfinite(x))):
        raise SpaceValidationError("Expected finite elements, got inf or nan")


def _as_shape(shape: Any) -> Shape:
    lengths = tuple(shape) if isinstance(shape, tuple | list) else (shape,)
    try:
        found = tuple(index(length) for length in lengths)
    except TypeError:
        raise TypeError(
            f"A shape is an int or a tuple of ints. Got {shape!r}. It is the first argument of a "
            f"space, and the context the second."
        ) from None
    if any(length < 0 for length in found):
        raise ValueError(f"A shape has no negative length. Got {found}.")
    return found


def _same_geometry(one: InnerProduct, other: InnerProduct) -> bool:
    return (one.is_euclidean and other.is_euclidean) or one == other
