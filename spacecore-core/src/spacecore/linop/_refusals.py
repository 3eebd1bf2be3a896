"""What operators refuse, and the line that names what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from spacecore._typing import type_name
from spacecore._value import Value, same_data
from spacecore.errors import SpaceValidationError
from spacecore.linop._term import Term
from spacecore.space import Space

if TYPE_CHECKING:
    from spacecore.linop._base import LinOp

__all__ = [
    "refuse_array_operand",
    "refuse_batch",
    "refuse_mismatch",
    "refuse_no_operators",
    "refuse_no_space",
]

_INSTEAD = {
    "r@": "`x @ A` is not defined. Use `A.rapply(x)` or `A.H @ x` for the adjoint",
    "*": "`A * x` scales by a number. Use `A @ x` to apply A, `A @ DiagonalLinOp(x)` for columns",
    "/": "`A / x` divides by a number. Use `DiagonalLinOp(1 / x) @ A` to scale rows",
    "r/": "`x / A` is not defined. Solve `A y = x` instead",
    "r-": "`x - A` subtracts operators. Use `DenseLinOp(x, A.domain, A.codomain) - A` for a matrix",
    "+": "`A + x` adds operators. Use `A + DenseLinOp(x, A.domain, A.codomain)` for a matrix",
    "-": "`A - x` subtracts operators. Use `A - DenseLinOp(x, A.domain, A.codomain)` for a matrix",
}
_INSTEAD_OF_OPERATORS = {
    "*": "`A * B` scales by a number. Use `A @ B` for the product of operators",
    "/": "`A / B` divides by a number. Solve `B x = y` instead of dividing by an operator",
}
_INSTEAD_OF_NUMBERS = {
    "+": "`A + a` adds operators. Use `A + a * IdentityLinOp(A.domain)` for a number",
    "-": "`A - a` subtracts operators. Use `A - a * IdentityLinOp(A.domain)` for a number",
    "r-": "`a - A` subtracts operators. Use `a * IdentityLinOp(A.domain) - A` for a number",
}


def refuse_no_space(*given: Any) -> None:
    """Raise unless each is a space.

    Raises
    ------
    TypeError
    """
    for each in given:
        if not isinstance(each, Space):
            raise TypeError(f"A LinOp maps a Space to a Space. Got {type_name(each)}.")


def refuse_no_operators(name: str, given: Any) -> None:
    """Raise unless each of some is an operator.

    Raises
    ------
    TypeError
    """
    for each in given:
        if not isinstance(each, Term):
            raise TypeError(f"A {name} is made of LinOps. Got {type_name(each)}.")


def refuse_array_operand(op: LinOp, symbol: str, other: Any) -> NoReturn:
    """Raise the `TypeError` of an operand that is neither operator nor number."""
    raise TypeError(f"{_instead(symbol, other)}. Got {described(other)} with {op!r}.")


def _instead(symbol: str, other: Any) -> str:
    if isinstance(other, Term):
        return _INSTEAD_OF_OPERATORS.get(symbol, _INSTEAD[symbol])
    if isinstance(other, int | float | complex | np.number):
        return _INSTEAD_OF_NUMBERS.get(symbol, _INSTEAD[symbol])
    return _INSTEAD[symbol]


def refuse_batch(op: LinOp, x: Any) -> None:
    """Raise if `x` has more axes than an element: a batch, or columns.

    Raises
    ------
    SpaceValidationError
    """
    ops, wanted = op.ops, op.domain.shape
    if not ops.is_dense(x) or len(x.shape) <= len(wanted) or not op.domain._holds_arrays:
        return
    flat = len(op.domain.shape) == len(op.codomain.shape) == 1
    columns = "A.vapply(X.T).T" if flat else "A.vapply(ops.moveaxis(X, -1, 0))"
    raise SpaceValidationError(
        f"Expected shape {wanted}, got {tuple(x.shape)}: `A @ x` takes one element. Use "
        f"`A.vapply(xs)` for a batch along leading axes, `{columns}` for columns."
    )


def refuse_mismatch(symbol: str, rule: str, one: Space, other: Space) -> NoReturn:
    """Raise the error of spaces that do not fit.

    Raises
    ------
    SpaceValidationError
    """
    shown = f"Got {one!r} and {other!r}"
    if repr(one) == repr(other):
        shown += f", which differ in {_difference(one, other, '')}"
    raise SpaceValidationError(f"`{symbol}` needs {rule}. {shown}.")


def _difference(one: Any, other: Any, path: str) -> str:
    """The path of a field in which two spaces differ, and what can be told of it."""
    from spacecore._notation import cut, summary

    for name, x, y in _pairs(one, other):
        if not same_data(x, y):
            return _difference(x, y, f"{path}{name}")
    left, right = (cut(summary(x)) for x in (one, other))
    where = f"`{path.lstrip('.')}`"
    return f"the values of {where}" if left == right else f"{where}: {left} and {right}"


def _pairs(one: Any, other: Any) -> list[tuple[str, Any, Any]]:
    """Names and fields that two objects both have; device and check level are left out."""
    if isinstance(one, Value) and isinstance(other, Value):
        left, right = one._fields(), other._fields()
        return [(f".{k}", left[k], right[k]) for k in left if k in right and k != "ctx"]
    if isinstance(one, tuple) and isinstance(other, tuple):
        items = enumerate(zip(one, other, strict=False))
        return [(f"[{i}]", x, y) for i, (x, y) in items if isinstance(x, Value)]
    return []


def described(x: Any) -> str:
    """A type, and a shape where there is one."""
    shape = getattr(x, "shape", None)
    return type_name(x) if shape is None else f"{type_name(x)} of shape {tuple(shape)}"
