"""Multiples of operators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spacecore.linop._base import Kernel, LinOp
from spacecore.linop._identity import ZeroLinOp
from spacecore.linop._refusals import refuse_no_operators
from spacecore.space import Space

if TYPE_CHECKING:
    from spacecore._notation import Writer

__all__ = ["ScaledLinOp", "make_scaled"]


class ScaledLinOp(LinOp, data=("scale", "operator")):
    """`(a A) x = a (A x)`; the adjoint is `conj(a) A.H`.

    Parameters
    ----------
    scale : number, or array of shape ()
        Real on real spaces.
    operator : LinOp
    """

    scale: Any
    operator: LinOp

    _is_expression = True

    def __init__(self, scale: Any, operator: LinOp):
        try:
            _check_scale(scale, operator)
        except AttributeError:
            refuse_no_operators("ScaledLinOp", (operator,))
            raise
        super().__init__(operator.domain, operator.codomain, operator.ctx)
        state = vars(self)
        state["scale"] = operator.codomain._coefficient(scale)
        state["operator"] = operator

    def _kernel(self) -> Kernel | None:
        a, inner, times = self.scale, self.operator._forward_kernel(), self.codomain._scale
        return None if inner is None else lambda x: times(a, inner(x))

    def _adjoint_kernel(self) -> Kernel | None:
        inner, times = self.operator._backward_kernel(), self.domain._scale
        if inner is None:
            return None
        if isinstance(self.scale, int | float | complex):
            a = self._conjugate()
            return lambda y: times(a, inner(y))
        # Conjugated at each call: made once inside a compiled function it would be of its trace.
        scale, domain = self.scale, self.domain
        return lambda y: times(_conjugated(scale, domain), inner(y))

    def _apply(self, x: Any) -> Any:
        return self.codomain._scale(self.scale, self.operator.apply(x))

    def _rapply(self, y: Any) -> Any:
        return self.domain._scale(self._conjugate(), self.operator.rapply(y))

    def _vapply(self, xs: Any, leading: tuple[int, ...]) -> Any:
        return self.codomain._scale(self.scale, self.operator._vapply(xs, leading))

    def _rvapply(self, ys: Any, leading: tuple[int, ...]) -> Any:
        return self.domain._scale(self._conjugate(), self.operator._rvapply(ys, leading))

    def _hermitian(self) -> bool | None:
        inner = self.operator._hermitian_by_structure()
        return inner if isinstance(self.scale, int | float) else (inner and None)

    def _conjugate(self) -> Any:
        if isinstance(self.scale, int | float):
            return self.scale
        if isinstance(self.scale, complex):
            return self.scale.conjugate()
        return _conjugated(self.scale, self.domain)

    _binding = 1

    def _notation(self, write: Writer) -> str:
        term = write.term(self.operator, 2)
        if not isinstance(self.scale, int | float | complex):
            return f"a·{term}"
        number = f"{self.scale:.4g}"
        if isinstance(self.scale, complex):
            number = f"({number})"
        return f"-{term}" if self.scale == -1 else f"{number}·{term}"


def make_scaled(scale: Any, operator: LinOp) -> LinOp:
    """Return `scale * operator`: A for 1, zero for 0, factors of Python numbers folded.

    Raises
    ------
    SpaceValidationError
        For a complex number on a real space.
    """
    _check_scale(scale, operator)
    a = operator.codomain._coefficient(scale)
    if isinstance(a, int | float | complex):
        if a == 1:
            return operator
        if a == 0 or type(operator) is ZeroLinOp:
            return ZeroLinOp(operator.domain, operator.codomain, operator.ctx)
        if type(operator) is ScaledLinOp and isinstance(operator.scale, int | float | complex):
            return make_scaled(a * operator.scale, operator.operator)
    return ScaledLinOp(a, operator)


def _conjugated(scale: Any, space: Space) -> Any:
    return space._coefficient(space.ops.conj(scale))


def _check_scale(scale: Any, operator: LinOp) -> None:
    operator.codomain.check_scalar(scale)  # scales what A gives
    operator.domain.check_scalar(scale)  # and what its adjoint gives
