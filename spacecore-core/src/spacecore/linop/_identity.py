"""The identity and the zero operator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spacecore._context import ContextLike
from spacecore.linop._base import Kernel, LinOp
from spacecore.space import Space

if TYPE_CHECKING:
    from spacecore._notation import Writer

__all__ = ["IdentityLinOp", "ZeroLinOp"]


class IdentityLinOp(LinOp):
    """`I x = x`, its own adjoint in every geometry.

    Parameters
    ----------
    space : Space
    ctx : Context, optional
    """

    _own_batch_forms = ()

    def __init__(self, space: Space, ctx: ContextLike | None = None):
        super().__init__(space, space, ctx)

    @property
    def H(self) -> LinOp:
        return self

    def _kernel(self) -> Kernel:
        return _same

    def _adjoint_kernel(self) -> Kernel:
        return _same

    def _vapply(self, xs: Any, leading: tuple[int, ...]) -> Any:
        return xs

    def _rvapply(self, ys: Any, leading: tuple[int, ...]) -> Any:
        return ys

    def _hermitian(self) -> bool | None:
        return True

    def _notation(self, write: Writer) -> str:
        return "I"


class ZeroLinOp(LinOp):
    """`0 x = 0`; the adjoint is the zero operator the other way.

    Parameters
    ----------
    dom, cod : Space
    ctx : Context, optional
    """

    @property
    def H(self) -> LinOp:
        return ZeroLinOp(self.codomain, self.domain, self.ctx)

    def _kernel(self) -> Kernel:
        zeros = self.codomain.zeros
        return lambda _: zeros()

    def _adjoint_kernel(self) -> Kernel:
        zeros = self.domain.zeros
        return lambda _: zeros()

    def _hermitian(self) -> bool | None:
        return self.domain == self.codomain

    def _notation(self, write: Writer) -> str:
        return "0"


def _same(x: Any) -> Any:
    return x
