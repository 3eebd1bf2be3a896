"""Operators given by functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

from spacecore import _tree
from spacecore._context import Context, ContextLike
from spacecore._typing import Shape, type_name
from spacecore.backend import BackendOps
from spacecore.errors import ConversionError, UnsupportedOperationError
from spacecore.linop._base import LinOp
from spacecore.linop._checked import checked_batch
from spacecore.linop._coordinate import through_riesz
from spacecore.linop._holdings import held
from spacecore.plugins import ops_of_array
from spacecore.space import Space
from spacecore.space._batch import batched
from spacecore.space._element import plain

if TYPE_CHECKING:
    from spacecore._notation import Writer

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
    TypeError
        If one of them is no function.
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
        given = {"apply": apply, "rapply": rapply, "vapply": vapply, "rvapply": rvapply}
        for name, function in given.items():
            if not callable(function) and (function is not None or name == "apply"):
                raise TypeError(
                    f"A MatrixFreeLinOp is made of functions. Got {type_name(function)} as {name}."
                )
        if rapply is None:
            _require_transposition(self.ops, "Pass `rapply`.")
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
        vapply: Function | None = None,
        rvapply: Function | None = None,
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
        vapply, rvapply : callable, optional
            The same for batches with any number of leading axes; Aᴴ too, in coordinates.

        Returns
        -------
        MatrixFreeLinOp

        Raises
        ------
        TypeError, SpaceValidationError
            As the class does.
        """
        made = cls.__new__(cls)
        made.__init__(apply, adjoint, dom, cod, ctx, vapply, rvapply)  # type: ignore[misc]
        made.euclidean = True  # before the object is closed and, at strict, its adjoint tested
        made._close()
        made._probe()
        return made

    def _apply(self, x: Any) -> Any:
        return self.forward(x)

    def _rapply(self, y: Any) -> Any:
        if not self.euclidean and self.backward is not None:
            return self.backward(y)
        backward = self.backward if self.backward is not None else self._transposed
        return through_riesz(self.domain, self.codomain, backward)(y)

    def _transposed(self, y: Any) -> Any:
        """Aᴴ y in coordinates, by linear transposition: `conj(Aᵀ conj(y))`."""
        if self.domain.field == "real":
            return self._transpose(y)
        return self.domain._conj(self._transpose(self.codomain._conj(y)))

    def _transpose(self, y: Any) -> Any:
        """Aᵀ y; of trees the library sees the arrays alone, for it knows no class of a user's."""
        zeros = self.domain.zeros()
        if self.domain._holds_arrays and self.codomain._holds_arrays:
            return self.ops.linear_transpose(self.forward, zeros)(y)[0]
        leaves, form = _tree.flatten(zeros)

        def forward(*given: Any) -> tuple[Any, ...]:
            return tuple(_tree.flatten(self.forward(_tree.unflatten(form, given)))[0])

        transposed = self.ops.linear_transpose(forward, *leaves)
        return _tree.unflatten(form, transposed(tuple(_tree.flatten(plain(y))[0])))

    def _vapply(self, xs: Any, leading: tuple[int, ...]) -> Any:
        if self.vforward is None:
            return super()._vapply(xs, leading)
        return checked_batch(self.codomain, self.vforward(xs), leading)

    def _rvapply(self, ys: Any, leading: tuple[int, ...]) -> Any:
        if self.vbackward is None:
            return super()._rvapply(ys, leading)
        if self.backward is None or not self.euclidean:
            return checked_batch(self.domain, self.vbackward(ys), leading)
        back = self.vbackward(_mapped(self.codomain, self.codomain._riesz, ys, leading))
        back = checked_batch(self.domain, back, leading)
        return _mapped(self.domain, self.domain._riesz_inverse, back, leading)

    def _batch_forms(self) -> tuple[str, ...]:
        given = {"vapply": self.vforward, "rvapply": self.vbackward}
        return tuple(name for name, function in given.items() if function is not None)

    def _notation(self, write: Writer) -> str:
        return f"{type(self).__name__}({write.function(self.forward)})"

    def _check_converted(self, ctx: Context) -> None:
        if self.backward is None:
            hint = "Give this operator a `rapply` before it is converted."
            _require_transposition(ctx.ops, hint)
        for function in (self.forward, self.backward, self.vforward, self.vbackward):
            for name, value in held(function):
                family = _family_of(value)
                if family is not None and family != ctx.ops.family:
                    raise ConversionError(
                        f"A function converts if it is written against `ops`. "
                        f"{_name(function)} holds `{name}` ({type_name(value)} of {family}). "
                        f"Make it a field of a LinOp subclass."
                    )


def _mapped(space: Space, riesz: Function, xs: Any, leading: Shape) -> Any:
    """A Riesz map of each element of a batch."""
    return xs if space.is_euclidean else batched(space.ops, riesz, leading, xs)


def _family_of(held: Any) -> str | None:
    """The backend of an array, of an object with a context, or of the first in a container."""
    if isinstance(held, LinOp | Space | Context):
        return str(held.ops.family)
    if isinstance(held, tuple | list | dict):
        items = held.values() if isinstance(held, dict) else held
        return next((family for item in items if (family := _family_of(item))), None)
    source = ops_of_array(held)
    return None if source is None else str(source.family)


def _name(function: Any) -> str:
    return f"`{getattr(function, '__qualname__', type_name(function))}`"


def _require_transposition(ops: BackendOps, hint: str) -> None:
    if not ops.supports("linear_transpose"):
        raise UnsupportedOperationError(
            f"An adjoint is derived by linear transposition, which {ops.family} lacks.",
            backend=str(ops.family),
            hint=hint,
        )
