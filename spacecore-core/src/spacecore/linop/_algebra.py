"""What is written with operators: products, sums and multiples, lazy and rewritten locally."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

import numpy as np

from spacecore import linop  # whose classes derive from this one; looked up when needed
from spacecore.linop._refusals import refuse_array_operand, refuse_batch
from spacecore.linop._term import Term

if TYPE_CHECKING:
    from spacecore.linop._base import LinOp

__all__ = ["Algebra"]


class Algebra(Term):
    """The arithmetic of operators; `LinOp` derives from it."""

    def __call__(self: Any, x: Any) -> Any:
        return self.apply(x)

    @overload
    def __matmul__(self: Any, other: LinOp) -> LinOp: ...
    @overload
    def __matmul__(self: Any, other: Any) -> Any: ...
    def __matmul__(self: Any, other: Any) -> Any:
        if isinstance(other, linop.LinOp):
            return linop.make_composed(self, other)
        if self.ctx.check_level != "none":
            refuse_batch(self, other)
        return self.apply(other)

    def __add__(self: Any, other: Any) -> LinOp:
        if isinstance(other, linop.LinOp):
            return linop.make_sum(self, other)
        if isinstance(other, int) and other == 0:  # where the builtin `sum` starts
            return self
        return refuse_array_operand(self, "+", other)

    def __radd__(self: Any, other: Any) -> LinOp:
        return self.__add__(other)

    def __sub__(self: Any, other: Any) -> LinOp:
        return (
            self + (-other)
            if isinstance(other, linop.LinOp)
            else refuse_array_operand(self, "-", other)
        )

    def __rsub__(self: Any, other: Any) -> LinOp:
        if isinstance(other, int) and other == 0:
            return -self
        return refuse_array_operand(self, "r-", other)

    def __neg__(self: Any) -> LinOp:
        return self * -1

    def __mul__(self: Any, scalar: Any) -> LinOp:
        if not _is_scalar(self, scalar):
            return refuse_array_operand(self, "*", scalar)
        return linop.make_scaled(scalar, self)

    def __rmul__(self: Any, scalar: Any) -> LinOp:
        return self.__mul__(scalar)

    def __truediv__(self: Any, scalar: Any) -> LinOp:
        if not _is_scalar(self, scalar):
            return refuse_array_operand(self, "/", scalar)
        self.codomain.check_scalar(scalar)
        # In the precision of the space before it divides: 1 over an integer may be narrower.
        return linop.make_scaled(1 / self.codomain._coefficient(scalar), self)

    def __rtruediv__(self: Any, other: Any) -> LinOp:
        return refuse_array_operand(self, "r/", other)

    def __pow__(self: Any, power: int) -> LinOp:
        from spacecore.linop._composed import make_power

        return make_power(self, power)

    def __rmatmul__(self: Any, other: Any) -> LinOp:
        return refuse_array_operand(self, "r@", other)


_NUMBERS = (int, float, complex, np.number)


def _is_scalar(op: LinOp, x: Any) -> bool:
    if isinstance(x, _NUMBERS):
        return True
    return op.ops.is_dense(x) and tuple(x.shape) == ()
