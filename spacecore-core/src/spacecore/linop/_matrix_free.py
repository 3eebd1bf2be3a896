"""Operators given by functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from spacecore._context import Context, ContextLike
from spacecore._typing import type_name
from spacecore.errors import ConversionError, UnsupportedOperationError
from spacecore.linop._base import LinOp
from spacecore.linop._coordinate import through_riesz
from spacecore.plugins import ops_of_array
from spacecore.space import Space

__all__ = ["MatrixFreeLinOp"]

Function = Callable[[Any], Any]


class MatrixFreeLinOp(LinOp, static=("forward", "backward", "vforward", "vbackward", "euclidean")):
    """An operator that is computed by functions; results are checked as arguments are.

    Parameters
    ----------
    apply : callable
        Computes A x; linear, written against `ops`.
    rapply : callable or None
        Computes the adjoint A.H y in the inner products of the spaces. None derives it by linear
        transposition, on backends that can.
    dom, cod : Space
    ctx : Context, optional
    vapply, rvapply : callable, optional
        The same for batches with any number of leading axes.

    Raises
    ------
    UnsupportedOperationError
        If no adjoint is given and the backend can't transpose.
    """

    forward: Function
    backward: Function | None
    vforward: Function | None
    vbackward: Function | None
    euclidean: bool

    def __init__(
        self,
        apply: Function,
        rapply: Function | None,
        dom: Space,
        cod: Space,
        ctx: ContextLike | None = None,
        vapply: Function | None = None,
        rvapply: Function | None = None,
    ):
        super().__init__(dom, cod, ctx)
        for name, function in (("apply", apply), ("rapply", rapply)):
            if not callable(function) and not (name == "rapply" and function is None):
                raise TypeError(
                    f"A MatrixFreeLinOp is made of functions. Got {type_name(function)} as {name}."
                )
        if rapply is None and not self.ops.supports("linear_transpose"):
            raise UnsupportedOperationError(
                f"An adjoint is derived by linear transposition, which {self.ops.family} lacks.",
                backend=str(self.ops.family),
                hint="Pass `rapply`.",
            )
        self.forward = apply
        self.backward = rapply
        self.vforward = vapply
        self.vbackward = rvapply
        self.euclidean = rapply is None

    @classmethod
    def from_coordinate_adjoint(
        cls,
        apply: Function,
        adjoint: Function,
        dom: Space,
        cod: Space,
        ctx: ContextLike | None = None,
    ) -> Self:
        """Return the operator of functions for A and for Aᴴ in coordinates.

        Parameters
        ----------
        apply : callable
            Computes A x.
        adjoint : callable
            Computes Aᴴ y, the Euclidean adjoint; the Riesz maps of the spaces are added.
        dom, cod : Space
        ctx : Context, optional
        """
        made = cls(apply, adjoint, dom, cod, ctx)
        return made if dom.is_euclidean and cod.is_euclidean else made._rebuilt(euclidean=True)

    def _apply(self, x: Any) -> Any:
        return self.forward(x)

    def _rapply(self, y: Any) -> Any:
        if not self.euclidean and self.backward is not None:
            return self.backward(y)
        backward = self.backward if self.backward is not None else self._transposed
        return through_riesz(self.domain, self.codomain, backward)(y)

    def _transposed(self, y: Any) -> Any:
        """Aᴴ y in coordinates, by linear transposition: `conj(Aᵀ conj(y))`."""
        ops = self.ops
        transpose = ops.linear_transpose(self.forward, self.domain.zeros())
        if self.domain.field == "real":
            return transpose(y)[0]
        return self.domain._conj(transpose(self.codomain._conj(y))[0])

    def _vapply(self, xs: Any, leading: tuple[int, ...]) -> Any:
        return super()._vapply(xs, leading) if self.vforward is None else self.vforward(xs)

    def _rvapply(self, ys: Any, leading: tuple[int, ...]) -> Any:
        return super()._rvapply(ys, leading) if self.vbackward is None else self.vbackward(ys)

    def _check_converted(self, ctx: Context) -> None:
        for function in (self.forward, self.backward, self.vforward, self.vbackward):
            for name, held in _held(function):
                source = ops_of_array(held)
                if source is not None and source.family != ctx.ops.family:
                    raise ConversionError(
                        f"A function converts if it is written against `ops`. "
                        f"{_name(function)} holds `{name}`, an array of {source.family}. "
                        f"Make it a field of a LinOp subclass."
                    )


def _held(function: Any) -> list[tuple[str, Any]]:
    """What a function carries with it: closure, defaults, the object it is bound to."""
    inner = getattr(function, "func", None)  # functools.partial
    if inner is not None:
        return [
            *_held(inner),
            *((repr(i), a) for i, a in enumerate(function.args)),
            *function.keywords.items(),
        ]
    found: list[tuple[str, Any]] = []
    code, closure = getattr(function, "__code__", None), getattr(function, "__closure__", None)
    if code is not None and closure is not None:
        cells = zip(code.co_freevars, closure, strict=True)
        found += [(name, cell.cell_contents) for name, cell in cells if _filled(cell)]
    found += [("a default", value) for value in getattr(function, "__defaults__", None) or ()]
    return found


def _filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018  an empty cell raises
    except ValueError:
        return False
    return True


def _name(function: Any) -> str:
    return f"`{getattr(function, '__qualname__', type_name(function))}`"
