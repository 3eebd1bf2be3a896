"""Sums of operators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spacecore._ambient import resolve_context_priority
from spacecore.linop._base import Kernel, LinOp
from spacecore.linop._diagonal import DiagonalLinOp
from spacecore.linop._identity import ZeroLinOp
from spacecore.linop._refusals import refuse_mismatch, refuse_no_operators
from spacecore.space import Space

if TYPE_CHECKING:
    from spacecore._notation import Writer

__all__ = ["SumLinOp", "make_sum"]


class SumLinOp(LinOp, data=("operators",)):
    """`(A + B + ...) x = A x + B x + ...`; the adjoint is the sum of the adjoints.

    Parameters
    ----------
    operators : sequence of LinOp
        At least one, all with equal domains and equal codomains.
    """

    operators: tuple[LinOp, ...]

    _is_expression = True

    def __init__(self, operators: Any):
        terms = tuple(operators)
        try:
            _check_terms(terms)
        except AttributeError:
            refuse_no_operators("SumLinOp", terms)
            raise
        super().__init__(terms[0].domain, terms[0].codomain, resolve_context_priority(None, *terms))
        vars(self)["operators"] = terms

    def _kernel(self) -> Kernel | None:
        return _added(self.codomain, [op._forward_kernel() for op in self.operators])

    def _adjoint_kernel(self) -> Kernel | None:
        return _added(self.domain, [op._backward_kernel() for op in self.operators])

    def _apply(self, x: Any) -> Any:
        return _total(self.codomain, (op.apply(x) for op in self.operators))

    def _rapply(self, y: Any) -> Any:
        return _total(self.domain, (op.rapply(y) for op in self.operators))

    def _vapply(self, xs: Any, leading: tuple[int, ...]) -> Any:
        return _total(self.codomain, (op._vapply(xs, leading) for op in self.operators))

    def _rvapply(self, ys: Any, leading: tuple[int, ...]) -> Any:
        return _total(self.domain, (op._rvapply(ys, leading) for op in self.operators))

    def _hermitian(self) -> bool | None:
        if self.domain != self.codomain:
            return False
        return True if all(op._hermitian_by_structure() is True for op in self.operators) else None

    _binding = 0

    def _notation(self, write: Writer) -> str:
        return write.listed(self.operators, lambda op: write.term(op, 1), " + ").replace(
            " + -", " - "
        )


def make_sum(*operators: LinOp) -> LinOp:
    """Return the sum: nested sums flattened, zeros dropped, diagonals added.

    Raises
    ------
    SpaceValidationError
        If domains or codomains differ.
    ValueError
        If the operators are on different devices.
    """
    if _REWRITTEN.isdisjoint(map(type, operators)) and len(operators) > 1:
        return SumLinOp(operators)
    terms = [term for op in operators for term in (op.operators if type(op) is SumLinOp else (op,))]
    _check_terms(tuple(terms))
    ctx = resolve_context_priority(None, *terms)  # raises for two devices, whatever vanishes
    kept = _merge_diagonals([term for term in terms if type(term) is not ZeroLinOp])
    if not kept:
        return ZeroLinOp(terms[0].domain, terms[0].codomain, ctx)
    return kept[0] if len(kept) == 1 else SumLinOp(kept)


_REWRITTEN = frozenset({DiagonalLinOp, SumLinOp, ZeroLinOp})


def _check_terms(terms: tuple[LinOp, ...]) -> None:
    if not terms:
        raise ValueError("A sum of operators has at least one term. Got none.")
    first = terms[0]
    for term in terms:
        if term.domain is first.domain and term.codomain is first.codomain:
            continue
        if term.domain != first.domain:
            refuse_mismatch("A + B", "A.domain == B.domain", first.domain, term.domain)
        if term.codomain != first.codomain:
            refuse_mismatch("A + B", "A.codomain == B.codomain", first.codomain, term.codomain)


def _merge_diagonals(terms: list[LinOp]) -> list[LinOp]:
    diagonals = [term for term in terms if type(term) is DiagonalLinOp]
    if len(diagonals) < 2:
        return terms
    total = diagonals[0].diagonal
    for term in diagonals[1:]:
        total = total + term.diagonal
    ctx = resolve_context_priority(None, *diagonals)
    merged = DiagonalLinOp(total, diagonals[0].domain, ctx)
    return [merged, *(term for term in terms if type(term) is not DiagonalLinOp)]


def _added(space: Space, kernels: list[Kernel | None]) -> Kernel | None:
    """One function for the sum of several; None if a term has no kernel."""
    found = [kernel for kernel in kernels if kernel is not None]
    if len(found) < len(kernels):
        return None
    add = space._add
    if len(found) == 2:
        one, other = found
        return lambda x: add(one(x), other(x))
    return lambda x: _total(space, (kernel(x) for kernel in found))


def _total(space: Space, results: Any) -> Any:
    iterator = iter(results)
    total = next(iterator)
    for result in iterator:
        total = space._add(total, result)
    return total
