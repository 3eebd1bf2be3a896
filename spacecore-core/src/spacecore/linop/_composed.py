"""Products of operators."""

from __future__ import annotations

from itertools import pairwise
from operator import index
from typing import TYPE_CHECKING, Any

from spacecore._ambient import resolve_context_priority
from spacecore._typing import type_name
from spacecore.linop._adjoint import AdjointLinOp
from spacecore.linop._base import Kernel, LinOp
from spacecore.linop._diagonal import DiagonalLinOp
from spacecore.linop._identity import IdentityLinOp, ZeroLinOp
from spacecore.linop._refusals import refuse_mismatch, refuse_no_operators
from spacecore.linop._scaled import ScaledLinOp, make_scaled

if TYPE_CHECKING:
    from spacecore._notation import Writer

__all__ = ["ComposedLinOp", "make_composed", "make_power"]


class ComposedLinOp(LinOp, data=("operators",)):
    """`(A B ... Z) x = A (B (... (Z x)))`; the adjoint is `Z.H ... B.H A.H`.

    Parameters
    ----------
    operators : sequence of LinOp
        At least one, as they are written: the last is applied first. Each domain equals the
        codomain of the next.
    """

    operators: tuple[LinOp, ...]

    _is_expression = True

    def __init__(self, operators: Any):
        factors = tuple(operators)
        if not factors:
            raise ValueError("A product of operators has at least one factor. Got none.")
        try:
            for left, right in pairwise(factors):
                _check_fit(left, right)
        except AttributeError:
            refuse_no_operators("ComposedLinOp", factors)
            raise
        ctx = resolve_context_priority(None, *factors)
        super().__init__(factors[-1].domain, factors[0].codomain, ctx)
        vars(self)["operators"] = factors

    def _kernel(self) -> Kernel | None:
        return _chained([op._forward_kernel() for op in reversed(self.operators)])

    def _adjoint_kernel(self) -> Kernel | None:
        return _chained([op._backward_kernel() for op in self.operators])

    def _apply(self, x: Any) -> Any:
        for op in reversed(self.operators):
            x = op.apply(x)
        return x

    def _rapply(self, y: Any) -> Any:
        for op in self.operators:
            y = op.rapply(y)
        return y

    def _vapply(self, xs: Any, leading: tuple[int, ...]) -> Any:
        for op in reversed(self.operators):
            xs = op._vapply(xs, leading)
        return xs

    def _rvapply(self, ys: Any, leading: tuple[int, ...]) -> Any:
        for op in self.operators:
            ys = op._rvapply(ys, leading)
        return ys

    def _hermitian(self) -> bool | None:
        """True where the factors, read backwards as adjoints, are the same again."""
        if self.domain != self.codomain:
            return False
        word = _letters(self, adjoint=False)
        mirror = _letters(self, adjoint=True)
        same = all(a is b and x == y for (a, x), (b, y) in zip(word, mirror, strict=True))
        return True if same else None

    _binding = 2

    def _notation(self, write: Writer) -> str:
        return write.listed(self.operators, lambda op: write.term(op, 3), "∘")


_REWRITTEN = frozenset({DiagonalLinOp, IdentityLinOp, ScaledLinOp, ZeroLinOp})


def make_composed(*operators: LinOp) -> LinOp:
    """Return the product: identities vanish, zeros annihilate, numbers move to the front.

    Raises
    ------
    SpaceValidationError
        If a domain is not the next codomain.
    ValueError
        If the operators are on different devices.
    """
    factors: list[LinOp] = []
    for op in operators:
        factors += op.operators if type(op) is ComposedLinOp else (op,)
    if _REWRITTEN.isdisjoint(map(type, factors)):
        return _product(factors)
    for left, right in pairwise(factors):
        _check_fit(left, right)
    ctx = resolve_context_priority(None, *factors)  # raises for two devices, whatever vanishes
    first, last = factors[0], factors[-1]
    if any(type(op) is ZeroLinOp for op in factors):
        return ZeroLinOp(last.domain, first.codomain, ctx)
    scale, kept = _simplified(factors)
    product = _product(kept) if kept else IdentityLinOp(last.domain, ctx)
    return product if scale is None else make_scaled(scale, product)


def make_power(operator: LinOp, power: Any) -> LinOp:
    """Return the operator applied `power` times; the identity for 0.

    Raises
    ------
    TypeError
        If the power is no integer.
    ValueError
        If it is negative.
    SpaceValidationError
        If the operator does not map a space to itself.
    """
    try:
        power = index(power)
    except TypeError:
        raise TypeError(f"`A ** k` takes a non-negative integer. Got {type_name(power)}.") from None
    if power < 0:
        raise ValueError(f"`A ** k` takes a non-negative integer. Got {power}. Use a solver.")
    if operator.domain != operator.codomain:
        refuse_mismatch("A ** k", "A.domain == A.codomain", operator.domain, operator.codomain)
    if power == 0:
        return IdentityLinOp(operator.domain, operator.ctx)
    return make_composed(*[operator] * power)


def _check_fit(left: LinOp, right: LinOp) -> None:
    if left.domain is not right.codomain and left.domain != right.codomain:
        refuse_mismatch("A @ B", "A.domain == B.codomain", left.domain, right.codomain)


def _simplified(factors: list[LinOp]) -> tuple[Any, list[LinOp]]:
    """The Python number in front, and the factors that remain."""
    scale: Any = None
    kept: list[LinOp] = []
    for given in factors:
        factor = given
        if type(factor) is ScaledLinOp and isinstance(factor.scale, int | float):
            scale = factor.scale if scale is None else scale * factor.scale
            factor = factor.operator
        if type(factor) is IdentityLinOp:
            continue
        last = kept.pop() if kept else None
        if type(last) is DiagonalLinOp and type(factor) is DiagonalLinOp:
            ctx = resolve_context_priority(None, last, factor)
            factor = DiagonalLinOp(last.diagonal * factor.diagonal, factor.domain, ctx)
        elif last is not None:
            kept.append(last)
        kept.append(factor)
    return scale, kept


def _product(factors: list[LinOp]) -> LinOp:
    return factors[0] if len(factors) == 1 else ComposedLinOp(factors)


def _chained(kernels: list[Kernel | None]) -> Kernel | None:
    """One function for several in turn; None if a factor has no kernel."""
    found = [kernel for kernel in kernels if kernel is not None]
    if len(found) < len(kernels):
        return None
    if len(found) == 2:
        first, second = found
        return lambda x: second(first(x))

    def chained(x: Any) -> Any:
        for kernel in found:
            x = kernel(x)
        return x

    return chained


def _letters(op: LinOp, *, adjoint: bool) -> list[tuple[LinOp, bool]]:
    """The factors of a product or its adjoint, down to the last, and which stand as adjoints.

    Real numbers and identities are left out; of a Hermitian factor the adjoint is itself.
    """
    if type(op) is AdjointLinOp:
        return _letters(op.operator, adjoint=not adjoint)
    if type(op) is ComposedLinOp:
        factors = reversed(op.operators) if adjoint else op.operators
        return [letter for factor in factors for letter in _letters(factor, adjoint=adjoint)]
    if type(op) is ScaledLinOp and isinstance(op.scale, int | float):
        return _letters(op.operator, adjoint=adjoint)
    if type(op) is IdentityLinOp:
        return []
    return [(op, adjoint and op._hermitian_by_structure() is not True)]
