"""Geometry: the inner product that a space has, with the Riesz maps that come with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from operator import mul
from typing import Any, ClassVar, Self

from spacecore._ambient import normalize_context
from spacecore._checks import is_known_false, not_dense, on_other_device
from spacecore._context import ContextLike
from spacecore._conversion import Conversion
from spacecore._typing import type_name
from spacecore._value import Value
from spacecore.backend import BackendOps, dtype_name
from spacecore.errors import SpaceValidationError
from spacecore.plugins import ops_of_array
from spacecore.space._base import Space

__all__ = ["EuclideanInnerProduct", "InnerProduct", "WeightedInnerProduct"]


class InnerProduct(Value):
    """An inner product; to make one of your own, subclass and write `inner`.

    The Riesz map R is defined by `<x, y> = vdot(x, R y)`. Adjoints need it and its inverse; a
    geometry that has not written them is refused where they are needed.
    """

    is_euclidean = False
    _mend: ClassVar[str] = "Mend `inner`."  # what to do where it is no inner product

    def inner(self, ops: BackendOps, x: Any, y: Any) -> Any:
        """Return `<x, y>`, conjugate-linear in `x`.

        Parameters
        ----------
        ops : BackendOps
        x, y : elements of the space

        Returns
        -------
        array, shape ()
        """
        raise NotImplementedError(f"{type(self).__name__} must write `inner(ops, x, y)`.")

    def riesz(self, ops: BackendOps, x: Any) -> Any:
        """Return R x."""
        raise NotImplementedError(self._no_riesz("riesz"))

    def riesz_inverse(self, ops: BackendOps, x: Any) -> Any:
        """Return R⁻¹ x."""
        raise NotImplementedError(self._no_riesz("riesz_inverse"))

    def _bound(self, ops: BackendOps) -> dict[str, Callable[..., Any]]:
        """The hooks of a space that has this geometry: functions of elements, made once.

        They refer to arrays, and compute nothing from them beforehand.
        """
        return {
            "_inner": partial(self.inner, ops),
            "_riesz": partial(self.riesz, ops),
            "_riesz_inverse": partial(self.riesz_inverse, ops),
        }

    def validate_for(self, space: Space) -> None:
        """Raise if this is no inner product on `space`; called when a space is made with it.

        Raises
        ------
        SpaceValidationError
        """

    def convert(self, ctx: ContextLike) -> Self:
        """Return this geometry with its arrays on another context's backend and device."""
        target = normalize_context(ctx)
        made: Self = Conversion(target.ops).value(self, target)
        return made

    @property
    def _word(self) -> str:
        """What a space with this geometry is marked with; nothing for the usual one."""
        return "" if self.is_euclidean else type(self).__name__

    def _no_riesz(self, name: str) -> str:
        return (
            f"A gradient or an adjoint needs the Riesz map of its geometry. "
            f"{type(self).__name__} has none. Write `{name}(ops, x)` on it."
        )


class EuclideanInnerProduct(InnerProduct):
    """`<x, y> = Σ conj(x_i) y_i`; its Riesz map is the identity."""

    is_euclidean = True

    def inner(self, ops: BackendOps, x: Any, y: Any) -> Any:
        return ops.vdot(x, y)

    def _bound(self, ops: BackendOps) -> dict[str, Callable[..., Any]]:
        if type(self) is not EuclideanInnerProduct:
            return super()._bound(ops)
        return {"_inner": ops.vdot, "_norm": ops.linalg.vector_norm}  # with nothing in between

    def riesz(self, ops: BackendOps, x: Any) -> Any:
        return x

    def riesz_inverse(self, ops: BackendOps, x: Any) -> Any:
        return x


class WeightedInnerProduct(InnerProduct, data=("weights",)):
    """`<x, y> = Σ w_i conj(x_i) y_i`; its Riesz map multiplies by the weights.

    Parameters
    ----------
    weights : array, real, positive
        Broadcastable to the shape of the space, in the precision of its dtype. Kept as it is
        given, neither copied nor changed; it may be traced, and gradients flow through it.

    Raises
    ------
    TypeError
        If `weights` is no array.
    """

    weights: Any

    def __init__(self, weights: Any):
        if ops_of_array(weights) is None:
            raise TypeError(
                f"Weights are an array of the space's backend. Got {type_name(weights)}. "
                f"Pass `ctx.asarray(weights)`."
            )
        self.weights = weights

    def inner(self, ops: BackendOps, x: Any, y: Any) -> Any:
        return ops.vdot(x, self.weights * y)

    def _bound(self, ops: BackendOps) -> dict[str, Callable[..., Any]]:
        bound = super()._bound(ops)
        if type(self) is WeightedInnerProduct:
            bound["_riesz"] = partial(mul, self.weights)  # with nothing in between
        return bound

    def riesz(self, ops: BackendOps, x: Any) -> Any:
        return self.weights * x

    def riesz_inverse(self, ops: BackendOps, x: Any) -> Any:
        return x / self.weights

    _word = "weighted"

    def validate_for(self, space: Space) -> None:
        ops, weights = space.ops, self.weights
        if not ops.is_dense(weights):
            raise SpaceValidationError(not_dense(ops, weights, " as weights"))
        if wrong := on_other_device(ops, weights):
            raise SpaceValidationError(f"{wrong} as weights")
        wanted = dtype_name(ops.real_dtype(space.dtype))
        if dtype_name(weights.dtype) != wanted:
            raise SpaceValidationError(
                f"Expected weights of dtype {wanted}, got {dtype_name(weights.dtype)}"
            )
        if not _broadcasts(tuple(weights.shape), space.shape):
            raise SpaceValidationError(
                f"Expected weights that broadcast to shape {space.shape}, "
                f"got shape {tuple(weights.shape)}"
            )
        if _may_read(space, weights) and is_known_false(ops, ops.all(weights > 0)):
            raise SpaceValidationError("Expected positive weights, got some that are not")


def _broadcasts(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    if len(shape) > len(target):
        return False
    pairs = zip(reversed(shape), reversed(target), strict=False)
    return all(length in (1, wanted) for length, wanted in pairs)


def _may_read(space: Space, x: Any) -> bool:
    """Whether the level pays for reading values: of host arrays at `standard`, any at `strict`."""
    level, ops = space.ctx.check_level, space.ops
    if ops.is_traced(x):
        return False
    return level == "strict" or (level == "standard" and ops.is_on_host(x))
