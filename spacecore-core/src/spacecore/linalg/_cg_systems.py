"""The systems of a batch in coordinates, and the history of their residual norms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, cast

from spacecore.linalg._problem import (
    Operands,
    compiles_loops,
    inner_in_coordinates,
    operator_in_coordinates,
)
from spacecore.linop import LinOp

__all__ = ["Measured", "Problem"]

Map = Callable[[Any], Any]


class Measured(NamedTuple):
    """Norms of vectors; what to divide these by; they, divided by it; and their squared norms."""

    size: Any
    scale: Any
    scaled: Any
    squared: Any


class Problem:
    """Systems of one operator in coordinates; vectors have shape (..., n).

    Parameters
    ----------
    operands : Operands
    b : array, shape (..., n)
    own : int
        How many leading axes are the caller's; the others are what `vmap` maps.
    lift : callable
        Maps a function of operands and arrays over these others.
    keep : int
        How many residual norms to keep; 0 for none.
    """

    def __init__(self, operands: Operands, b: Any, own: int, lift: Callable[..., Any], keep: int):
        A = operands.A
        self.ops: Any = A.ops
        self.b, self.keep = b, keep
        self.maxiter = operands.maxiter
        self.leading = tuple(b.shape[:-1])
        axes = self.leading[len(self.leading) - own :]

        def lifted(make: Callable[[Operands], Any]) -> Any:
            inner = lift(lambda given, *vs: make(given)(*vs))
            return lambda *vs: inner(operands, *vs)

        self.apply: Map = lifted(lambda given: operator_in_coordinates(given.A, axes))
        self.precondition: Map | None = None
        if operands.preconditioner is not None:
            self.precondition = lifted(
                lambda given: operator_in_coordinates(cast("LinOp", given.preconditioner), axes)
            )
        self.is_euclidean = A.domain.is_euclidean
        self.weigh = A.ops.vecdot_in_loop
        if not self.is_euclidean:
            self.weigh = lifted(lambda given: inner_in_coordinates(given.A.domain, axes))

    def inner(self, x: Any, y: Any) -> Any:
        """Return the real inner products over the last axis, of what is real by theory."""
        return self.ops.real(self.weigh(x, y))

    def history(self, size: Any) -> Any:
        """Return what keeps residual norms: a list, or an array of all steps where compiled.

        An array has one row more, for systems that have taken all steps and wait for others.
        """
        ops = self.ops
        if not compiles_loops(ops):
            return [size]
        room = ops.full((self.keep + 1, *size.shape), ops.nan, dtype=size.dtype)
        return ops.index_set(room, 0, size)

    def kept(self, history: Any, steps: Any, size: Any) -> Any:
        """Return the history with the norms after so many steps of each system; NaN for none."""
        if type(history) is list:
            history.append(size)
            return history
        ops = self.ops
        if not self.leading:
            return ops.index_set(history, steps, size)
        columns = ops.reshape(history, (history.shape[0], -1))
        places = (ops.reshape(steps, (-1,)), ops.arange(columns.shape[1]))
        made = ops.index_set(columns, places, ops.reshape(size, (-1,)))
        return ops.reshape(made, history.shape)

    def told(self, history: Any, steps: Any) -> Any:
        """Return the norms of each system without gaps; shape (..., most steps + 1)."""
        ops = self.ops
        if type(history) is not list:
            return ops.moveaxis(history[: self.keep], 0, -1)
        norms = ops.stack(history, axis=-1)
        gaps = ops.astype(ops.isnan(norms), ops.int8)
        norms = ops.take_along_axis(norms, ops.argsort(gaps, axis=-1, stable=True), axis=-1)
        return norms[..., : int(ops.max(steps)) + 1] if 0 not in self.leading else norms

    def measured(self, v: Any) -> Measured:
        """Return how long vectors are over the last axis, whatever the units.

        Their scale is the power of two below the largest coordinate; in another geometry than the
        Euclidean one, below the norm. It is 1 where this is 0 or not finite.
        """
        ops = self.ops
        if v.shape[-1] == 0:
            none = ops.zeros(v.shape[:-1], dtype=ops.real_dtype(v.dtype))
            return Measured(none, none + 1, v, none)
        scale = _power_below(ops, ops.max(ops.abs(v), axis=-1))
        scaled = v / scale[..., None]
        squared = self.inner(scaled, scaled)
        size = scale * ops.sqrt(squared)
        if not self.is_euclidean:
            scale = _power_below(ops, size)
            scaled = v / scale[..., None]
            squared = self.inner(scaled, scaled)
        return Measured(size, scale, scaled, squared)


def _power_below(ops: Any, sizes: Any) -> Any:
    """The powers of two below sizes; 1 where these are 0 or not finite."""
    usual = (sizes > 0) & ops.isfinite(sizes)
    exponent = ops.floor(ops.log2(ops.where(usual, sizes, ops.ones_like(sizes))))
    return ops.pow(ops.full_like(exponent, 2.0), exponent)
