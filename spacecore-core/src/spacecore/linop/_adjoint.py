"""The adjoint of an operator, as a view of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spacecore.linop._base import Kernel, LinOp

if TYPE_CHECKING:
    from spacecore._notation import Writer

__all__ = ["AdjointLinOp"]


class AdjointLinOp(LinOp, data=("operator",)):
    """`A.H`: applies A's adjoint, and A as its own adjoint. Holds A and nothing of its own.

    Parameters
    ----------
    operator : LinOp
    """

    operator: LinOp

    _is_expression = True

    def __init__(self, operator: LinOp):
        super().__init__(operator.codomain, operator.domain, operator.ctx)
        self.operator = operator

    @property
    def H(self) -> LinOp:
        return self.operator

    def _kernel(self) -> Kernel | None:
        return self.operator._backward_kernel()

    def _adjoint_kernel(self) -> Kernel | None:
        return self.operator._forward_kernel()

    def _apply(self, x: Any) -> Any:
        return self.operator._rapply(x)

    def _rapply(self, y: Any) -> Any:
        return self.operator._apply(y)

    def _vapply(self, xs: Any, leading: tuple[int, ...]) -> Any:
        return self.operator._rvapply(xs, leading)

    def _rvapply(self, ys: Any, leading: tuple[int, ...]) -> Any:
        return self.operator._vapply(ys, leading)

    def _hermitian(self) -> bool | None:
        return self.operator._hermitian_by_structure()

    def _notation(self, write: Writer) -> str:
        return f"{write.term(self.operator, 3)}.H"
