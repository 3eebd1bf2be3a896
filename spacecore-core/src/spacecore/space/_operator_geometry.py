"""The inner product that a positive definite operator defines."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from spacecore._checks import elsewhere, on_other_device
from spacecore._typing import type_name
from spacecore.backend import BackendOps, dtype_name
from spacecore.errors import SpaceValidationError
from spacecore.space._base import Space
from spacecore.space._dense import elements_of
from spacecore.space._geometry import InnerProduct

__all__ = ["OperatorInnerProduct"]


@runtime_checkable
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

    Raises
    ------
    TypeError
        If one of them is no operator.
    """

    operator: Operator
    inverse: Operator | None

    def __init__(self, M: Operator, M_inverse: Operator | None = None):
        for name, given in (("M", M), ("M_inverse", M_inverse)):
            if not (isinstance(given, Operator) or given is M_inverse is None):
                raise TypeError(
                    f"{name} is a LinOp. Got {type_name(given)}. "
                    f"Wrap a matrix: `DenseLinOp({name}, space)`."
                )
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
    _mend = "Pass an operator M that is Hermitian and positive definite."

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

    def _check_devices(self, ops: BackendOps) -> None:
        """Look at the arrays too: an operator need not name a device."""
        for x in self.tree_flatten()[0] if ops.device is not None else ():
            if ops.is_array(x) and (wrong := on_other_device(ops, x)):
                raise SpaceValidationError(f"{wrong} in the operator. Convert it first.")
