"""Vectors changed in place, and products of one matrix with many: what solvers are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["MatrixProducts", "VectorArithmetic", "plain_arithmetic", "plain_products"]


def _itself(x: Any) -> Any:
    return x


class VectorArithmetic(NamedTuple):
    """Operations on vectors of one dtype, in place where there is something to change.

    Vectors have one axis and are contiguous where they are changed.

    Attributes
    ----------
    dot : callable
        `Re Σ conj(x) y`: a Python float on the host; an array of shape () elsewhere, so that
        nobody waits for it.
    add_multiple : callable
        `y += a x` of `(x, y, n, a)`, where n is the length: BLAS's order.
    scale_and_add : callable
        `x = a x + y` of `(x, a, y)`.
    product : callable
        Of a dense matrix, returns its product with a vector, a function of `(x, out)`; the result
        may be written into `out`, and is what is returned. It looks at the matrix when it is
        called: an operator keeps it, and its owner may write to the matrix.
    on_host : bool
        Whether numbers are Python floats.
    view : callable
        Of a vector, returns what the first three take: memory shared with it. The vector itself
        if not given.
    array : callable
        The vector of a view.
    slices_share : bool
        Whether a slice of a vector shares its memory; not known to, if not given.
    """

    dot: Callable[[Any, Any], Any]
    add_multiple: Callable[[Any, Any, int, Any], Any]
    scale_and_add: Callable[[Any, Any, Any], Any]
    product: Callable[[Any], Callable[[Any, Any], Any]]
    on_host: bool
    view: Callable[[Any], Any] = _itself
    array: Callable[[Any], Any] = _itself
    slices_share: bool = False


def plain_arithmetic(ops: Any, example: Any) -> VectorArithmetic:
    """Return the arithmetic of a library whose arrays have Python's in-place operators."""
    vdot, real = ops.vdot, ops.real
    on_host = ops.is_on_host(example)

    def dot(x: Any, y: Any) -> Any:
        return real(vdot(x, y))

    def add_multiple(x: Any, y: Any, n: int, a: Any) -> None:
        y += a * x

    def scale_and_add(x: Any, a: Any, y: Any) -> None:
        x *= a
        x += y

    return VectorArithmetic(
        dot=(lambda x, y: float(dot(x, y))) if on_host else dot,
        add_multiple=add_multiple,
        scale_and_add=scale_and_add,
        product=lambda matrix: lambda x, out: ops.matmul(matrix, x),
        on_host=on_host,
    )


class MatrixProducts(NamedTuple):
    """The products of a dense matrix, each a function that looks at the matrix when called.

    Of a stack of matrices, with a leading axis, each is multiplied by what has its place along
    the leading axis of the operand. An operand of another dtype is promoted, or the matrix is.

    Attributes
    ----------
    vector : callable
        `A x`, x of shape (n,), or (k, n) for a stack.
    vector_transposed : callable
        `Aᵀ y`, y of shape (m,), or (k, m) for a stack; unconjugated.
    rows : callable
        `A x` for each row x of an array of shape (b, n), or (k, b, n) for a stack.
    rows_transposed : callable
        `Aᵀ y` for each row y.
    """

    vector: Callable[[Any], Any]
    vector_transposed: Callable[[Any], Any]
    rows: Callable[[Any], Any]
    rows_transposed: Callable[[Any], Any]


def plain_products(ops: Any, a: Any) -> MatrixProducts:
    """Return the products of a matrix by `matmul`, which needs no transposed matrix to be kept."""
    matmul, transpose = ops.matmul, ops.matrix_transpose
    if len(a.shape) == 2:
        vector, vector_transposed = (lambda x: matmul(a, x)), (lambda y: matmul(y, a))
    else:
        vector, vector_transposed = (
            lambda x: matmul(a, x[:, :, None])[:, :, 0],
            lambda y: matmul(y[:, None, :], a)[:, 0, :],
        )
    return MatrixProducts(
        vector=vector,
        vector_transposed=vector_transposed,
        rows=lambda xs: matmul(xs, transpose(a)),
        rows_transposed=lambda ys: matmul(ys, a),
    )
