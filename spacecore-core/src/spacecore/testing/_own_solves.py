"""Linear solves: derivatives by the equation that was solved, and vectors changed in place."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from math import prod
from typing import Any

import numpy as np

from spacecore.testing._case import Case
from spacecore.testing._inputs import FLOATING, put
from spacecore.testing._law import check_tree, floats, law, on_host

__all__ = ["laws"]

_A = np.array([[3.0, 1.0, 0.0], [0.5, 2.0, -1.0], [0.0, 1.0, 4.0]])
_B = np.array([1.0, -2.0, 0.5])
_ROWS = np.stack([_B, 2 * _B + 1])
# Backends may choose by size.
_LENGTHS = ((0,), (3,), (33,), (103,), (5000,), (4, 100), (2, 3, 41), (60, 100))


def laws() -> Iterator[Case]:
    """Yield the cases."""
    yield law("custom_linear_solve[eager]", _value)
    yield law("custom_linear_solve[jit]", _compiled)
    yield law("custom_linear_solve[vmap]", _mapped)
    yield law("custom_linear_solve[grad]", _gradients, operations=("grad",))
    yield law("custom_linear_solve[jvp]", _directional, operations=("jvp",))
    for dtype in FLOATING:
        check = partial(_arithmetic, dtype)
        yield law(f"vector_arithmetic[{dtype}]", check, dtypes=(dtype,))
        check = partial(_in_place, dtype)
        name = f"vector_arithmetic[{dtype}-in-place]"
        yield law(name, check, dtypes=(dtype,), numpy_arrays=True)
        yield law(f"matrix_products[{dtype}]", partial(_products, dtype), dtypes=(dtype,))
        for shape in _LENGTHS:
            name = "x".join(map(str, shape))
            check = partial(_inner_products, dtype, shape)
            yield law(f"vecdot_in_loop[{dtype}-{name}]", check, dtypes=(dtype,))
    yield law("matrix_products[promoted]", _products_promoted, dtypes=("float64",))
    yield law("matrix_products[after-jit]", _products_after_jit)
    for shape in ((2, 3), (20, 24)):  # backends may choose by size
        check = partial(_products_of_stack, shape)
        yield law(f"matrix_products[stack-{shape[0]}x{shape[1]}]", check)


def _solved(ops: Any, a: Any, b: Any) -> Any:
    """Solve A x = b by the functions that a solver hands over, with an array beside x."""

    def solve(operands: Any, right: Any, lift: Any) -> Any:
        x = lift(lambda held, v: ops.solve(held["a"], v))(operands, right)
        return x, (ops.ones_like(x[..., 0]),)

    def tangent_solve(operands: Any, right: Any, lift: Any) -> Any:
        return solve(operands, right, lift)[0]

    def transpose_solve(operands: Any, right: Any, lift: Any) -> Any:
        return lift(lambda held, v: ops.solve(ops.matrix_transpose(held["a"]), v))(operands, right)

    return ops.custom_linear_solve(
        lambda operands, x: operands["a"] @ x,
        {"a": a},
        b,
        solve,
        tangent_solve,
        transpose_solve,
    )


def _value(ops: Any) -> None:
    got = _solved(ops, floats(ops, _A), floats(ops, _B))
    check_tree(ops, got, (np.linalg.solve(_A, _B), (np.asarray(1.0),)), loose=10)


def _compiled(ops: Any) -> None:
    got = ops.jit(partial(_solved, ops))(floats(ops, _A), floats(ops, _B))
    check_tree(ops, got, (np.linalg.solve(_A, _B), (np.asarray(1.0),)), loose=10)


def _mapped(ops: Any) -> None:
    a = floats(ops, _A)
    got = ops.vmap(lambda b: _solved(ops, a, b)[0])(floats(ops, _ROWS))
    check_tree(ops, got, np.linalg.solve(_A, _ROWS.T).T, loose=10)
    both = ops.vmap(lambda m, b: _solved(ops, m, b)[0])
    matrices = np.stack([_A, _A.T])
    want = np.stack([np.linalg.solve(m, b) for m, b in zip(matrices, _ROWS, strict=True)])
    check_tree(ops, both(floats(ops, matrices), floats(ops, _ROWS)), want, loose=10)


def _gradients(ops: Any) -> None:
    """For F = <w, x>: dF/db = A^-T w, and dF/dA = -(A^-T w) x^T."""
    weights = floats(ops, [1, 2, -1])
    function = ops.grad(lambda a, b: ops.sum(weights * _solved(ops, a, b)[0]), argnums=(0, 1))
    x, pulled = np.linalg.solve(_A, _B), np.linalg.solve(_A.T, [1.0, 2.0, -1.0])
    got = tuple(function(floats(ops, _A), floats(ops, _B)))
    check_tree(ops, got, (-np.outer(pulled, x), pulled), loose=20)


def _directional(ops: Any) -> None:
    """Differentiate what was solved: dx = A^-1 (db - dA x)."""
    da, db = np.outer(_B, [1.0, 0.0, 2.0]), _B[::-1].copy()
    primals = (floats(ops, _A), floats(ops, _B))
    tangents = (floats(ops, da), floats(ops, db))
    got = ops.jvp(lambda a, b: _solved(ops, a, b)[0], primals, tangents)
    x = np.linalg.solve(_A, _B)
    check_tree(ops, tuple(got), (x, np.linalg.solve(_A, db - da @ x)), loose=20)


def _vectors(dtype: str) -> Any:
    x, y = _B.astype(dtype), _B[::-1].astype(dtype)
    return (x * (1 + 2j), y * (1 - 1j)) if dtype.startswith("complex") else (x, y)


def _arithmetic(dtype: str, ops: Any) -> None:
    x, y = (v.astype(dtype) for v in _vectors(dtype))
    arithmetic = ops.vector_arithmetic(put(ops, x))
    view = arithmetic.view
    got = arithmetic.dot(view(put(ops, x)), view(put(ops, y)))
    want = float(np.vdot(x, y).real)
    assert abs(float(got) - want) < 1e-5 * abs(want), f"expected Re <x, y> = {want}, got {got}"
    assert isinstance(got, float) is arithmetic.on_host, (
        f"expected a Python float on the host, got {type(got).__name__}"
    )
    back = arithmetic.array(view(put(ops, x)))
    assert ops.is_dense(back), f"expected the vector of a view, got {type(back).__name__}"
    assert np.array_equal(on_host(back, ops), x), "expected the vector of a view, got another"
    matrix = _A.astype(dtype)
    product = arithmetic.product(put(ops, matrix))(put(ops, x), put(ops, np.zeros_like(x)))
    error = np.abs(on_host(product, ops) - matrix @ x).max()
    assert error < 1e-5, f"expected the product A x, got an error of {error:.1e}"


def _inner_products(dtype: str, shape: tuple[int, ...], ops: Any) -> None:
    x = np.cos(np.arange(1.0, 1.0 + prod(shape))).reshape(shape).astype(dtype)
    y = np.roll(x, 1)
    if dtype.startswith("complex"):
        x, y = x * (1 + 2j), y * (1 - 1j)
    got = ops.jit(ops.vecdot_in_loop)(put(ops, x), put(ops, y))
    want = np.vecdot(x, y)
    assert got.dtype == getattr(ops, dtype), f"expected dtype {dtype}, got {got.dtype}"
    assert tuple(got.shape) == want.shape, f"expected shape {want.shape}, got {tuple(got.shape)}"
    error = float(np.abs(on_host(got, ops) - want).max(initial=0.0))
    size = float(np.abs(x * y).sum())
    assert error <= 1e-5 * size, f"expected the inner product, got an error of {error:.1e}"


def _products(dtype: str, ops: Any) -> None:
    a = np.vstack([_A, _B]).astype(dtype)
    if dtype.startswith("complex"):
        a = a * (1 + 2j)
    products = ops.matrix_products(put(ops, a))
    for name, operand, want in (
        ("vector", a[0], a @ a[0]),
        ("vector_transposed", a[:, 0], a.T @ a[:, 0]),
        ("rows", a[:2], a[:2] @ a.T),
        ("rows_transposed", a.T, a.T @ a),
    ):
        got = getattr(products, name)(put(ops, np.ascontiguousarray(operand)))
        error = np.abs(on_host(got, ops) - want).max()
        assert error < 1e-4, f"expected the product `{name}`, got an error of {error:.1e}"


def _products_of_stack(shape: tuple[int, int], ops: Any) -> None:
    count, (m, n) = 3, shape
    a = np.sin(np.arange(1.0, 1.0 + count * m * n)).reshape(count, m, n)
    x, y = a[:, 0, :], a[:, :, 0]
    products = ops.matrix_products(floats(ops, a))
    for got, want in (
        (products.vector(floats(ops, x)), np.einsum("kij,kj->ki", a, x)),
        (products.vector_transposed(floats(ops, y)), np.einsum("kij,ki->kj", a, y)),
        (products.rows(floats(ops, a)), np.einsum("kij,kbj->kbi", a, a)),
        (products.rows_transposed(floats(ops, a @ a.mT)), np.einsum("kij,kbi->kbj", a, a @ a.mT)),
    ):
        check_tree(ops, got, want, loose=10 * m)


def _products_promoted(ops: Any) -> None:
    products = ops.matrix_products(put(ops, _A))
    single = put(ops, _B.astype(np.float32))
    for product, want in (
        (products.vector, _A @ _B),
        (products.vector_transposed, _A.T @ _B),
    ):
        error = np.abs(on_host(product(single), ops) - want).max()
        assert error < 1e-5, f"expected a product with promotion, got an error of {error:.1e}"


def _products_after_jit(ops: Any) -> None:
    """What a compiled function leaves behind is of no use, or an error, outside of it."""
    products = ops.matrix_products(floats(ops, _A))
    b = floats(ops, _B)
    for name, matrix in (("vector", _A), ("vector_transposed", _A.T)):
        product = getattr(products, name)
        ops.jit(product)(b)
        check_tree(ops, product(b), matrix @ _B, loose=10)


def _in_place(dtype: str, ops: Any) -> None:
    x, y = (v.astype(dtype) for v in _vectors(dtype))
    arithmetic = ops.vector_arithmetic(x)
    view = arithmetic.view
    changed = y.copy()
    arithmetic.add_multiple(view(x), view(changed), len(x), 0.5)
    assert np.allclose(changed, y + 0.5 * x, rtol=1e-5), "expected y += a x, got another y"
    matrix = np.array(_A, dtype)
    product = ops.vector_arithmetic(matrix).product(matrix)
    matrix *= 2  # which its owner may do while an operator keeps the product
    got = product(x, np.zeros_like(x))
    assert np.allclose(got, matrix @ x, rtol=1e-5), "expected the product as the matrix is now"
    changed = x.copy()
    arithmetic.scale_and_add(view(changed), 0.5, view(y))
    assert np.allclose(changed, 0.5 * x + y, rtol=1e-5), "expected x = a x + y, got another x"
