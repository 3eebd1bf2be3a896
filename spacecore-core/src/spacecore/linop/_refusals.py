"""What operators refuse, and the line that names what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from spacecore._typing import type_name
from spacecore.errors import SpaceValidationError

if TYPE_CHECKING:
    from spacecore.linop._base import LinOp

__all__ = ["refuse_array_operand", "refuse_batch", "refuse_mismatch"]

_INSTEAD = {
    "r@": "`x @ A` is not defined. Use `A.rapply(x)` or `A.H @ x` for the adjoint",
    "*": "`A * x` scales by a number. Use `A @ x` to apply A, `A @ DiagonalLinOp(x)` for columns",
    "/": "`A / x` divides by a number. Use `DiagonalLinOp(1 / x) @ A` to scale rows",
    "r/": "`x / A` is not defined. Solve `A y = x` instead",
    "r-": "`x - A` subtracts operators. Use `DenseLinOp(x, A.domain, A.codomain) - A` for a matrix",
    "+": "`A + x` adds operators. Use `A + DenseLinOp(x, A.domain, A.codomain)` for a matrix",
    "-": "`A - x` subtracts operators. Use `A - DenseLinOp(x, A.domain, A.codomain)` for a matrix",
}


def refuse_array_operand(op: LinOp, symbol: str, other: Any) -> NoReturn:
    """Raise the `TypeError` of an operand that is neither operator nor number."""
    raise TypeError(f"{_INSTEAD[symbol]}. Got {described(other)} with {op!r}.")


def refuse_batch(op: LinOp, x: Any) -> None:
    """Raise if `x` has more axes than an element: a batch, or columns.

    Raises
    ------
    SpaceValidationError
    """
    ops, wanted = op.ops, op.domain.shape
    if ops.is_dense(x) and len(x.shape) > len(wanted):
        raise SpaceValidationError(
            f"Expected shape {wanted}, got {tuple(x.shape)}: `A @ x` takes one element. Use "
            f"`A.vapply(xs)` for a batch along leading axes, `A.vapply(X.T).T` for columns."
        )


def refuse_mismatch(symbol: str, rule: str, one: object, other: object) -> NoReturn:
    """Raise the error of spaces that do not fit.

    Raises
    ------
    SpaceValidationError
    """
    raise SpaceValidationError(f"`{symbol}` needs {rule}. Got {one!r} and {other!r}.")


def described(x: Any) -> str:
    """A type, and a shape where there is one."""
    shape = getattr(x, "shape", None)
    return type_name(x) if shape is None else f"{type_name(x)} of shape {tuple(shape)}"
