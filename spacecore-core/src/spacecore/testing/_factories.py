"""Spaces and operators to hold the laws to: a new class adds one line."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from spacecore._context import Context
from spacecore.linop import (
    BlockDiagonalLinOp,
    BlockMatrixLinOp,
    DenseBlockDiagonalLinOp,
    DenseLinOp,
    DiagonalLinOp,
    IdentityLinOp,
    LinOp,
    MatrixFreeLinOp,
    SparseLinOp,
    StackedLinOp,
    SumToSingleLinOp,
    ZeroLinOp,
)
from spacecore.space import (
    DenseCoordinateSpace,
    DenseVectorSpace,
    OperatorInnerProduct,
    Space,
    StackedSpace,
    TreeSpace,
    WeightedInnerProduct,
)
from spacecore.testing._as_written import Bare, PublicShift, Shift, Tilted

__all__ = ["Factory", "OPERATORS", "SPACES"]


class Factory(NamedTuple):
    """Something to hold laws to, made anew on each context.

    Attributes
    ----------
    name : str
    make : callable
        Takes a context; returns a space, or an operator.
    capabilities : tuple of str
        What the backend must declare.
    sparse_formats : tuple of str
    has_riesz : bool
        Whether the geometry has Riesz maps; one without must refuse what needs them.
    """

    name: str
    make: Callable[[Context], Any]
    capabilities: tuple[str, ...] = ()
    sparse_formats: tuple[str, ...] = ()
    has_riesz: bool = True


def _metric(ctx: Context) -> tuple[Any, Any]:
    """A positive definite 3 by 3 matrix and its inverse, complex where the context is."""
    matrix = ctx.asarray([[2, 1, 0], [1, 2, 1], [0, 1, 2]])
    inverse = ctx.asarray([[0.75, -0.5, 0.25], [-0.5, 1, -0.5], [0.25, -0.5, 0.75]])
    if not ctx.ops.is_complex_dtype(ctx.dtype):
        return matrix, inverse
    phase = ctx.asarray([[1, 1j, 1], [-1j, 1, -1j], [1, 1j, 1]])
    return phase * matrix, phase * inverse


def _weights(ctx: Context, *shape: int) -> WeightedInnerProduct:
    ops = ctx.ops
    count = ops.size(ops.zeros(shape))
    real = ops.real_dtype(ctx.dtype)
    return WeightedInnerProduct(ops.reshape(ops.arange(1, count + 1, dtype=real) / 2, shape))


def _plain(ctx: Context) -> Space:
    return DenseVectorSpace(3, ctx)


def _weighted(ctx: Context) -> Space:
    return DenseVectorSpace(3, ctx, _weights(ctx, 3))


def _by_operator(ctx: Context) -> Space:
    plain = _plain(ctx)
    metric, inverse = (DenseLinOp(a, plain, plain) for a in _metric(ctx))
    return DenseVectorSpace(3, ctx, OperatorInnerProduct(metric, inverse))


def _one_way(ctx: Context) -> Space:
    plain = _plain(ctx)
    return DenseVectorSpace(3, ctx, OperatorInnerProduct(IdentityLinOp(plain)))


def _tilted(ctx: Context) -> Space:
    return DenseVectorSpace(3, ctx, Tilted(*_metric(ctx)))


def _bare(ctx: Context) -> Space:
    return DenseVectorSpace(3, ctx, Bare(1.5))


_GEOMETRIES = (
    ("euclidean", _plain, True),
    ("weighted", _weighted, True),
    ("by-operator", _by_operator, True),
    ("no-inverse", _one_way, False),
    ("own", _tilted, True),
    ("own-without-riesz", _bare, False),
)
_FORMS: tuple[tuple[str, Callable[[Space], Space]], ...] = (
    ("vector", lambda X: X),
    ("stacked", lambda X: StackedSpace(X, 2)),
    ("stacked-as-long", lambda X: X.stacked(3)),
    ("stacked-none", lambda X: X.stacked(0)),
    ("tree", lambda X: TreeSpace.of({"b": X, "a": (X.stacked(2), DenseVectorSpace(1, X.ctx))})),
    ("stacked-tree", lambda X: TreeSpace.of([X, X]).stacked(2)),
)


def _formed(form: Callable[[Space], Space], make: Callable[[Context], Space], ctx: Context) -> Any:
    return form(make(ctx))


SPACES: tuple[Factory, ...] = (
    *(
        Factory(f"{form}-{geometry}", partial(_formed, shape, make), has_riesz=has_riesz)
        for form, shape in _FORMS
        for geometry, make, has_riesz in _GEOMETRIES
    ),
    Factory("scalar", lambda ctx: DenseCoordinateSpace((), ctx)),
    Factory("empty", lambda ctx: DenseVectorSpace(0, ctx)),
    Factory("matrix", lambda ctx: DenseCoordinateSpace((2, 3), ctx)),
    Factory("empty-matrix", lambda ctx: DenseCoordinateSpace((2, 0), ctx)),
    Factory("weighted-scalar", lambda ctx: DenseCoordinateSpace((), ctx, _weights(ctx))),
    Factory("weighted-matrix", lambda ctx: DenseCoordinateSpace((2, 3), ctx, _weights(ctx, 2, 3))),
    Factory("weights-broadcast", lambda ctx: DenseCoordinateSpace((2, 3), ctx, _weights(ctx, 3))),
    Factory("weights-column", lambda ctx: DenseCoordinateSpace((2, 3), ctx, _weights(ctx, 2, 1))),
    Factory("empty-tree", lambda ctx: TreeSpace((), (), ctx=ctx)),
)


# Operators.


def _array(ctx: Context, *shape: int, seed: int = 0) -> Any:
    draw = np.random.default_rng(seed)
    drawn = draw.standard_normal(shape)
    if ctx.ops.is_complex_dtype(ctx.dtype):
        return ctx.asarray(drawn + 1j * draw.standard_normal(shape))
    return ctx.asarray(np.asarray(drawn))


def _dense(X: Space, Y: Space | None = None, seed: int = 0) -> LinOp:
    Y = X if Y is None else Y
    return DenseLinOp(_array(X.ctx, *Y.shape, *X.shape, seed=seed), X, Y)


def _vector(ctx: Context, n: int = 2) -> Space:
    return DenseVectorSpace(n, ctx)


def _tree(ctx: Context) -> Space:
    return TreeSpace.of({"y": _weighted(ctx), "x": [_vector(ctx), _tilted(ctx)]})


def _sparse(ctx: Context, form: str | None, X: Space, Y: Space) -> LinOp:
    ops = ctx.ops
    filled = _array(ctx, Y.size, X.size) * ops.tril(ops.ones((Y.size, X.size), dtype=ctx.dtype))
    return SparseLinOp(ctx.assparse(filled, format=form), X, Y)


def _diagonal(X: Space) -> LinOp:
    return DiagonalLinOp(_array(X.ctx, *X.shape), X)


def _real_on_complex(ctx: Context) -> tuple[Any, Any]:
    real = Context(ctx.ops, ctx.ops.real_dtype(ctx.dtype))
    return _array(real, 2, 3), _array(real, 3)


def _flip(X: Space) -> LinOp:
    ops = X.ops
    return MatrixFreeLinOp(ops.flip, ops.flip, X, X)


def _derived(X: Space, Y: Space) -> LinOp:
    ops, weights = X.ops, _array(X.ctx, 2, 3)
    return MatrixFreeLinOp(lambda x: ops.matmul(weights, ops.flip(x)), None, X, Y)


def _by_coordinates(X: Space, Y: Space) -> LinOp:
    ops, matrix = X.ops, _array(X.ctx, 2, 3)
    adjoint = ops.conj(ops.matrix_transpose(matrix))
    return MatrixFreeLinOp.from_coordinate_adjoint(
        lambda x: ops.matmul(matrix, x), lambda y: ops.matmul(adjoint, y), X, Y
    )


def _swap(ctx: Context) -> LinOp:
    X = _weighted(ctx)
    Z = TreeSpace.of((X, X))
    return MatrixFreeLinOp(lambda z: (z[1], z[0]), lambda z: (z[1], z[0]), Z, Z)


def _with_batches(ctx: Context) -> LinOp:
    ops, X = ctx.ops, _vector(ctx, 3)

    def each(xs: Any) -> Any:
        return ops.flip(xs, axis=-1)

    return MatrixFreeLinOp(ops.flip, ops.flip, X, X, vapply=each, rvapply=each)


def _blocks(ctx: Context) -> LinOp:
    X, Y = _weighted(ctx), _vector(ctx)
    return BlockMatrixLinOp([[_dense(X, Y), None], [0, _dense(Y, X)], [_dense(X), _dense(Y, X)]])


def _dense_blocks(ctx: Context) -> LinOp:
    X, Y = _weighted(ctx), DenseCoordinateSpace((2, 1), ctx)
    return DenseBlockDiagonalLinOp(_array(ctx, 4, 2, 1, 3), X, Y)


def _nested(ctx: Context) -> LinOp:
    X, Y = _weighted(ctx), _vector(ctx)
    inner = BlockMatrixLinOp([[_dense(X), _dense(Y, X)], [_dense(X, Y), None]])
    return BlockMatrixLinOp([[inner, None], [None, BlockDiagonalLinOp((_dense(Y), _dense(X)))]])


def _scalar_and_matrix(ctx: Context) -> tuple[Space, Space]:
    return DenseCoordinateSpace((), ctx), DenseCoordinateSpace((2, 3), ctx)


def _gram(A: LinOp) -> LinOp:
    return A.H @ A


def _product(X: Space, Y: Space, Z: Space) -> LinOp:
    return _dense(Y, Z) @ _dense(X, Y)


def _summed(X: Space, Y: Space) -> LinOp:
    return SumToSingleLinOp.from_operators([_dense(X, Y), _diagonal(Y)])


def _expression(ctx: Context) -> LinOp:
    X, Y = _weighted(ctx), _tilted(ctx)
    return 2 * _dense(X, Y) - _dense(X, Y, seed=1) @ _diagonal(X) / 3


def _complex_multiple(ctx: Context) -> LinOp:
    factor = 1 - 2j if ctx.ops.is_complex_dtype(ctx.dtype) else -1.5
    return factor * _dense(_weighted(ctx), _vector(ctx))


def _arrays_multiple(ctx: Context) -> LinOp:
    return _dense(_weighted(ctx), _vector(ctx)) * ctx.asarray(1.5)


def _widened(ctx: Context) -> LinOp:
    """From a narrow dtype to the context's, whose adjoint is rounded to the narrow one."""
    narrow = {"float64": "float32", "complex128": "complex64"}
    name = ctx.ops.dtype_name(ctx.dtype)
    X = DenseVectorSpace(3, ctx.convert(ctx.ops, dtype=narrow.get(name, name)))
    return DenseLinOp(_array(ctx, 2, 3), X, _vector(ctx))


OPERATORS: tuple[Factory, ...] = (
    Factory("dense", lambda c: _dense(_vector(c, 3), _vector(c))),
    Factory("dense-square", lambda c: _dense(_vector(c, 3))),
    Factory("dense-weighted", lambda c: _dense(_weighted(c))),
    Factory("dense-to-weighted", lambda c: _dense(_vector(c), _weighted(c))),
    Factory("dense-by-operator", lambda c: _dense(_by_operator(c), _vector(c))),
    Factory("dense-own", lambda c: _dense(_tilted(c), _weighted(c))),
    Factory("dense-axes", lambda c: _dense(DenseCoordinateSpace((2, 3), c), _weighted(c))),
    Factory("dense-from-scalar", lambda c: _dense(*_scalar_and_matrix(c))),
    Factory("dense-to-scalar", lambda c: _dense(*_scalar_and_matrix(c)[::-1])),
    Factory("dense-from-empty", lambda c: _dense(_vector(c, 0), _vector(c))),
    Factory("dense-to-empty", lambda c: _dense(_weighted(c), _vector(c, 0))),
    Factory("dense-stacked", lambda c: _dense(_weighted(c).stacked(2), _vector(c))),
    Factory("dense-trees", lambda c: _dense(_tree(c), _vector(c))),
    Factory("dense-real", lambda c: DenseLinOp(_real_on_complex(c)[0], _weighted(c), _vector(c))),
    Factory("dense-widening", _widened),
    Factory("dense-one-way", lambda c: _dense(_bare(c), _vector(c)), has_riesz=False),
    *(
        Factory(
            f"sparse-{form}",
            lambda c, form=form: _sparse(c, form, _vector(c, 3), _vector(c)),  # type: ignore[misc]
            ("sparse",),
            (form,),
        )
        for form in ("csr", "csc", "coo")
    ),
    Factory("sparse", lambda c: _sparse(c, None, _vector(c, 3), _vector(c, 3)), ("sparse",)),
    Factory("sparse-weighted", lambda c: _sparse(c, None, _weighted(c), _tilted(c)), ("sparse",)),
    Factory("sparse-axes", lambda c: _sparse(c, None, *_scalar_and_matrix(c)), ("sparse",)),
    Factory("sparse-trees", lambda c: _sparse(c, None, _tree(c), _weighted(c)), ("sparse",)),
    Factory("diagonal", lambda c: DiagonalLinOp(_array(c, 3))),
    Factory("diagonal-weighted", lambda c: _diagonal(_weighted(c))),
    Factory("diagonal-own", lambda c: _diagonal(_tilted(c))),
    Factory("diagonal-real", lambda c: DiagonalLinOp(_real_on_complex(c)[1], _weighted(c))),
    Factory("diagonal-scalar", lambda c: _diagonal(DenseCoordinateSpace((), c))),
    Factory("diagonal-matrix", lambda c: _diagonal(DenseCoordinateSpace((2, 3), c))),
    Factory("diagonal-stacked", lambda c: _diagonal(_tilted(c).stacked(2))),
    Factory("diagonal-trees", lambda c: _diagonal(_tree(c))),
    Factory("identity", lambda c: IdentityLinOp(_weighted(c))),
    Factory("identity-trees", lambda c: IdentityLinOp(_tree(c))),
    Factory("zero", lambda c: ZeroLinOp(_weighted(c), _vector(c))),
    Factory("zero-trees", lambda c: ZeroLinOp(_tree(c), _tree(c).stacked(2))),
    Factory("matrix-free", lambda c: _flip(_vector(c, 3))),
    Factory("matrix-free-batches", _with_batches),
    Factory("matrix-free-trees", _swap),
    Factory("matrix-free-coordinates", lambda c: _by_coordinates(_weighted(c), _vector(c))),
    Factory("derived", lambda c: _derived(_vector(c, 3), _vector(c)), ("autodiff",)),
    Factory("derived-weighted", lambda c: _derived(_tilted(c), _vector(c)), ("autodiff",)),
    Factory("own-hooks", lambda c: Shift(_vector(c, 3), 1.5)),
    Factory("own-public", lambda c: PublicShift(_vector(c, 3), 1.5)),
    Factory("multiple", lambda c: -2.5 * _dense(_weighted(c), _vector(c))),
    Factory("multiple-complex", _complex_multiple),
    Factory("multiple-array", _arrays_multiple),
    Factory("multiple-trees", lambda c: IdentityLinOp(_tree(c)) * c.asarray(2.0)),
    Factory("multiple-widening", lambda c: _widened(c) * c.asarray(2.0)),
    Factory("sum", lambda c: _dense(_weighted(c)) + _diagonal(_weighted(c))),
    Factory("sum-of-three", lambda c: sum([_dense(_tilted(c)), *[_dense(_tilted(c), seed=1)] * 2])),
    Factory("product", lambda c: _product(_tilted(c), _weighted(c), _vector(c))),
    Factory("product-own", lambda c: Shift(_plain(c), 2.0) @ _dense(_weighted(c), _plain(c))),
    Factory("power", lambda c: _dense(_weighted(c)) ** 3),
    Factory("adjoint", lambda c: _dense(_weighted(c), _tilted(c)).H),
    Factory("adjoint-product", lambda c: _gram(_dense(_weighted(c), _vector(c)))),
    Factory("expression", _expression),
    Factory(
        "blocks-diagonal", lambda c: BlockDiagonalLinOp({"b": _dense(_tilted(c)), "a": _widened(c)})
    ),
    Factory(
        "blocks-alike", lambda c: BlockDiagonalLinOp([_dense(_plain(c), seed=i) for i in range(4)])
    ),
    Factory(
        "blocks-dense",
        lambda c: DenseBlockDiagonalLinOp(_array(c, 4, 3, 2), _vector(c), _tilted(c)),
    ),
    Factory("blocks-dense-shaped", _dense_blocks),
    Factory("blocks-matrix", _blocks),
    Factory("blocks-nested", _nested),
    Factory(
        "blocks-stacked",
        lambda c: StackedLinOp({"u": _dense(_weighted(c)), "t": _diagonal(_weighted(c))}),
    ),
    Factory("blocks-summed", lambda c: _summed(_tilted(c), _weighted(c))),
)
