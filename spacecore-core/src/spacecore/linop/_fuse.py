"""Multiplying an expression out."""

from __future__ import annotations

from typing import Any

from spacecore.linop._adjoint import AdjointLinOp
from spacecore.linop._base import LinOp
from spacecore.linop._composed import ComposedLinOp, make_composed
from spacecore.linop._dense import DenseLinOp
from spacecore.linop._dense_blocks import DenseBlockDiagonalLinOp
from spacecore.linop._diagonal import DiagonalLinOp
from spacecore.linop._scaled import ScaledLinOp, make_scaled
from spacecore.linop._sum import SumLinOp, make_sum

__all__ = ["fuse"]


def fuse(op: LinOp, *, materialize: bool) -> LinOp:
    """Return an equal operator with matrices multiplied and added; see `LinOp.fuse`."""
    if type(op) is ScaledLinOp:
        inner = fuse(op.operator, materialize=materialize)
        if type(inner) is DenseLinOp or type(inner) is DenseBlockDiagonalLinOp:
            return _like(inner, op.scale * inner.array)
        if type(inner) is DiagonalLinOp:
            return DiagonalLinOp(op.scale * inner.diagonal, inner.domain, inner.ctx)
        return make_scaled(op.scale, inner)
    if type(op) is SumLinOp:
        return _fused_sum([fuse(term, materialize=materialize) for term in op.operators])
    if type(op) is ComposedLinOp:
        return _fused_product([fuse(factor, materialize=materialize) for factor in op.operators])
    multiplied = type(op) is AdjointLinOp and type(op.operator) is DenseLinOp
    if (multiplied or materialize) and type(op) is not DenseLinOp and _has_matrix(op):
        return DenseLinOp(op.to_dense(), op.domain, op.codomain, op.ctx)
    if type(op) is AdjointLinOp and _has_matrix(op):
        return _adjoint_blocks(op.operator) or op
    return op


_HELD = (DenseLinOp, DenseBlockDiagonalLinOp)  # what holds one array for all of its matrices


def _has_matrix(op: LinOp) -> bool:
    """Whether a product with a matrix gives what A gives: an adjoint may round to a dtype."""
    dom, cod = op.domain, op.codomain
    return bool(dom.field == cod.field and op.ops.result_type(dom.dtype, cod.dtype) == cod.dtype)


def _fused_sum(terms: list[LinOp]) -> LinOp:
    for kind in _HELD:
        matrices = [term for term in terms if type(term) is kind]
        if len(matrices) < 2:
            continue
        total = matrices[0].array
        for term in matrices[1:]:
            total = total + term.array
        rest = [term for term in terms if type(term) is not kind]
        terms = [_like(matrices[0], total), *rest]
    return make_sum(*terms)


def _fused_product(factors: list[LinOp]) -> LinOp:
    kept: list[LinOp] = []
    for factor in factors:
        last = kept[-1] if kept else None
        merged = None if last is None else _merged(last, factor)
        if merged is None:
            kept.append(factor)
        else:
            kept[-1] = merged
    return make_composed(*kept)


def _merged(left: LinOp, right: LinOp) -> LinOp | None:
    """One dense operator for two neighbours, if each is dense or diagonal and one is dense."""
    if type(left) is DenseBlockDiagonalLinOp and type(right) is DenseBlockDiagonalLinOp:
        product = left.ops.matmul(left._matrices(), right._matrices())
        return _blocks(product, right.domain, left.codomain, left)
    kinds = {type(left), type(right)}
    if not kinds <= {DenseLinOp, DiagonalLinOp} or DenseLinOp not in kinds:
        return None
    ops, shape = left.ops, (*left.codomain.shape, *right.domain.shape)
    if isinstance(left, DiagonalLinOp):
        product = ops.reshape(left.diagonal, (-1, 1)) * right.to_matrix()
    elif isinstance(right, DiagonalLinOp):
        product = left.to_matrix() * ops.reshape(right.diagonal, (1, -1))
    else:
        product = ops.matmul(left.to_matrix(), right.to_matrix())
    return DenseLinOp(ops.reshape(product, shape), right.domain, left.codomain, left.ctx)


def _like(op: DenseLinOp | DenseBlockDiagonalLinOp, array: Any) -> LinOp:
    """The operator with another array."""
    if isinstance(op, DenseLinOp):
        return DenseLinOp(array, op.domain, op.codomain, op.ctx)
    return _blocks(array, op.domain, op.codomain, op)


def _adjoint_blocks(op: LinOp) -> LinOp | None:
    """The adjoint of a stack of matrices as one; None for other operators.

    Each column of all matrices is found by one element, with a one in the same place everywhere.
    """
    if type(op) is not DenseBlockDiagonalLinOp:
        return None
    ops, (count, height, width) = op.ops, op._matrices().shape
    eye = ops.reshape(ops.eye(height, dtype=op.dtype), (height, 1, height))
    ones = ops.broadcast_to(eye, (height, count, height))
    columns = op._rvapply(ops.reshape(ones, (height, *op.codomain.shape)), (height,))
    array = ops.permute_dims(ops.reshape(columns, (height, count, width)), (1, 2, 0))
    return _blocks(array, op.codomain, op.domain, op)


def _blocks(array: Any, domain: Any, codomain: Any, like: LinOp) -> LinOp:
    """Like blocks between two stacked spaces."""
    dom, cod = domain.base, codomain.base
    shape = (domain.count, *cod.shape, *dom.shape)
    return DenseBlockDiagonalLinOp(like.ops.reshape(array, shape), dom, cod, like.ctx)
