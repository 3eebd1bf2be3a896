"""Classes as users write them, to hold the laws to: geometries, and operators in both styles."""

from __future__ import annotations

from typing import Any

from spacecore.linop import LinOp
from spacecore.space import InnerProduct, Space

__all__ = ["Bare", "PublicShift", "Shift", "Tilted"]


class Tilted(InnerProduct, data=("matrix", "inverse")):
    """A geometry as a user writes one: `<x, y> = vdot(x, M y)` on vectors."""

    def __init__(self, matrix: Any, inverse: Any):
        self.matrix = matrix
        self.inverse = inverse

    def inner(self, ops: Any, x: Any, y: Any) -> Any:
        return ops.vdot(x, ops.matmul(self.matrix, y))

    def riesz(self, ops: Any, x: Any) -> Any:
        return ops.matmul(self.matrix, x)

    def riesz_inverse(self, ops: Any, x: Any) -> Any:
        return ops.matmul(self.inverse, x)


class Bare(InnerProduct, data=("weight",)):
    """A geometry as a user writes one who needs no adjoints: without Riesz maps."""

    def __init__(self, weight: float):
        self.weight = weight

    def inner(self, ops: Any, x: Any, y: Any) -> Any:
        return self.weight * ops.vdot(x, y)


class Shift(LinOp, data=("weight",)):
    """A subclass as a user writes one: hooks, and a number that is data."""

    def __init__(self, space: Space, weight: float):
        super().__init__(space, space)
        self.weight = weight

    def _apply(self, x: Any) -> Any:
        return self.weight * self.ops.roll(x, 1)

    def _rapply(self, y: Any) -> Any:
        return self.weight * self.ops.roll(y, -1)


class PublicShift(LinOp):
    """A subclass in the public style, whose fields nobody declared."""

    def __init__(self, space: Space, weight: float):
        super().__init__(space, space)
        self.weight = weight

    def apply(self, x: Any) -> Any:
        return self.weight * self.ops.roll(x, 1)

    def rapply(self, y: Any) -> Any:
        return self.weight * self.ops.roll(y, -1)
