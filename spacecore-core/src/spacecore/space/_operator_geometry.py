"""The inner product that a positive definite operator defines."""

from __future__ import annotations

from typing import Any, Protocol

from spacecore._checks import elsewhere, on_other_device
from spacecore.backend import BackendOps, dtype_name
from spacecore.errors import SpaceValidationError
from spacecore.space._base import Space
from spacecore.space._dense import elements_of
from spacecore.space._draw import drawn
from spacecore.space._geometry import InnerProduct

__all__ = ["OperatorInnerProduct"]


class Operator(Protocol):
    """What a geometry asks of an operator; a `LinOp` has it."""

    @property
    def domain(self) -> Space: ...
    @property
    def codomain(self) -> Space: ...
    def apply(self, x: Any, /) -> Any: ...
    def is_hermitian(self) -> bool | None: ...


class OperatorInnerProduct(InnerProduct, data=("operator", "inverse")):
    """`<x, y> = vdot(x, M y)`; its Riesz map is M.

    Parameters
    ----------
    M : LinOp
        Hermitian and positive definite, on the Euclidean space of the same arrays.
    M_inverse : LinOp, optional
        Adjoints into the space and gradients need it; without it they are refused.
    """

    operator: Operator
    inverse: Operator | None

    def __init__(self, M: Operator, M_inverse: Operator | None = None):
        self.operator = M
        self.inverse = M_inverse

    def inner(self, ops: BackendOps, x: Any, y: Any) -> Any:
        return ops.vdot(x, self.operator.apply(y))

    def riesz(self, ops: BackendOps, x: Any) -> Any:
        return self.operator.apply(x)

    def riesz_inverse(self, ops: BackendOps, x: Any) -> Any:
        if self.inverse is None:
            raise NotImplementedError(
                "An adjoint or a gradient needs the inverse of the operator that defines the "
                "geometry. OperatorInnerProduct was given none. Pass `M_inverse`."
            )
        return self.inverse.apply(x)

    _word = "by operator"

    def validate_for(self, space: Space) -> None:
        for name, operator in (("M", self.operator), ("M_inverse", self.inverse)):
            if operator is None:
                continue
            for side in (operator.domain, operator.codomain):
                if wrong := elsewhere(space.ops, side.ops):
                    raise SpaceValidationError(f"{wrong} for {name}. Convert it first.")
                fits = side._holds_arrays and elements_of(side) == elements_of(space)
                if not (fits and side.is_euclidean):
                    raise SpaceValidationError(
                        f"Expected {name} on the Euclidean space of shape {space.shape}, dtype "
                        f"{dtype_name(space.dtype)}, got one on {side!r}"
                    )
        self._check_devices(space.ops)
        if self.operator.is_hermitian() is False:
            raise SpaceValidationError("Expected a Hermitian operator M, got one that is not")
        if space.ctx.check_level == "strict" and space.size:
            _check_positive(self.operator, space)

    def _check_devices(self, ops: BackendOps) -> None:
        """Look at the arrays too: an operator need not name a device."""
        for x in self.tree_flatten()[0] if ops.device is not None else ():
            if ops.is_array(x) and (wrong := on_other_device(ops, x)):
                raise SpaceValidationError(f"{wrong} in the operator. Convert it first.")


def _check_positive(operator: Operator, space: Space) -> None:
    """Raise if M is not Hermitian and positive on two random elements: three products.

    Raises
    ------
    SpaceValidationError
    """
    ops = space.ops
    x, y = drawn(space, 2)
    image = operator.apply(x)
    energy: Any = ops.vdot(x, image)
    mixed: Any = ops.vdot(y, image)
    mirrored: Any = ops.vdot(operator.apply(y), x)
    if ops.is_traced(energy):
        return
    size = abs(complex(energy)) + abs(complex(mixed))
    if complex(energy).real <= 0:
        raise SpaceValidationError("Expected a positive definite operator M, got one that is not")
    if abs(complex(mixed) - complex(mirrored)) > 1000 * ops.eps(space.dtype) * size:
        raise SpaceValidationError("Expected a Hermitian operator M, got one that is not")
