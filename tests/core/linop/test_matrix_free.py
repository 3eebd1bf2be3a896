"""Operators given by functions: adjoints derived, and hand-written ones put to the test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import spacecore as sc


@pytest.fixture
def transposing(ops):
    if not ops.supports("linear_transpose"):
        pytest.skip("needs linear transposition")
    return ops


def host(ops, x):
    return np.asarray(ops.to_numpy(x)).tolist()


def weighted(ctx, *weights):
    real = sc.Context(ctx.ops, ctx.ops.real_dtype(ctx.dtype))
    metric = sc.WeightedInnerProduct(real.asarray(weights))
    return sc.DenseVectorSpace(len(weights), ctx, metric)


def test_functions_for_both_directions(ops):
    X = sc.DenseVectorSpace(3, sc.Context(ops, "float64"))
    A = sc.MatrixFreeLinOp(lambda x: ops.roll(x, 1), lambda y: ops.roll(y, -1), X, X)
    x = X.ctx.asarray([1, 2, 3])
    assert host(ops, A @ x) == [3, 1, 2]
    assert host(ops, A.H @ x) == [2, 3, 1]
    assert host(ops, A.to_matrix()) == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_the_derived_adjoint_is_the_one_of_the_geometry(transposing, dtype):
    ops = transposing
    ctx = sc.Context(ops, dtype)
    unit = 1j if dtype == "complex128" else 1
    matrix = ctx.asarray([[1, 2 * unit], [0, 3], [unit, 0]])
    X, Y = weighted(ctx, 1.0, 2.0), weighted(ctx, 1.0, 3.0, 5.0)
    A = sc.MatrixFreeLinOp(lambda x: ops.matmul(matrix, x), None, X, Y)
    B = sc.DenseLinOp(matrix, X, Y)
    y = ctx.asarray([1, 2, unit])
    np.testing.assert_allclose(host(ops, A.H @ y), host(ops, B.H @ y))
    ys = ops.stack([y, 2 * y, 3 * y])
    np.testing.assert_allclose(host(ops, A.rvapply(ys)), host(ops, B.rvapply(ys)))


def test_the_derived_adjoint_goes_through_trees(transposing):
    ops = transposing
    X = sc.DenseVectorSpace(2, sc.Context(ops, "float64"))
    Z = sc.TreeSpace.of({"a": X, "b": weighted(X.ctx, 2.0, 4.0)})
    A = sc.MatrixFreeLinOp(lambda z: z["a"] + 3 * z["b"], None, Z, X)
    back = A.H @ X.ones()
    assert host(ops, back["a"]) == [1, 1]
    assert host(ops, back["b"]) == [1.5, 0.75]
    B = sc.MatrixFreeLinOp(lambda z: {"a": z["b"], "b": z["a"]}, None, Z, Z)
    assert host(ops, (B.H @ Z.ones())["b"]) == [0.5, 0.25]


@dataclass
class Pair:
    left: Any
    right: Any


def test_the_derived_adjoint_goes_through_a_users_dataclass(transposing):
    ops = transposing
    X = sc.DenseVectorSpace(2, sc.Context(ops, "complex128"))
    Z = sc.TreeSpace.of(Pair(X, weighted(X.ctx, 2.0, 4.0)))
    A = sc.MatrixFreeLinOp(lambda z: Pair(1j * z.right, z.left), None, Z, Z)
    back = A.H @ Z.ones()
    assert type(back) is Pair
    assert host(ops, back.left) == [2, 4]
    assert host(ops, back.right) == [-0.5j, -0.25j]
    same = A.H @ Z.element(Z.ones())
    assert host(ops, same.right) == [-0.5j, -0.25j]
    many = A.rvapply(Pair(X.ctx.ones((3, 2)), X.ctx.ones((3, 2))))
    assert host(ops, many.right)[2] == [-0.5j, -0.25j]
    B = sc.MatrixFreeLinOp(lambda z: z.left - 1j * z.right, None, Z, X)
    assert host(ops, (B.H @ X.ones()).right) == [0.5j, 0.25j]
    C = sc.MatrixFreeLinOp(lambda x: Pair(x, 1j * x), None, X, Z)
    assert host(ops, C.H @ Z.ones()) == [1 - 2j, 1 - 4j]


def test_the_derived_adjoint_is_compiled_and_differentiated(transposing):
    ops = transposing
    X = sc.DenseVectorSpace(2, sc.Context(ops, "float64"))

    def energy(a):
        A = sc.MatrixFreeLinOp(lambda x: a * ops.flip(x), None, X, X)
        return ops.sum(A.H @ (A @ X.ones()))

    assert float(ops.grad(energy)(ops.asarray(3.0, dtype=ops.float64))) == 12


def test_without_transposition_an_adjoint_is_asked_for():
    X = sc.DenseVectorSpace(2, "numpy")
    with pytest.raises(sc.UnsupportedOperationError, match="numpy lacks. Pass `rapply`"):
        sc.MatrixFreeLinOp(lambda x: x, None, X, X)


@pytest.mark.parametrize("level", sc.CHECK_LEVELS)
def test_adjoints_in_coordinates(ops, level):
    ctx = sc.Context(ops, "float64", check_level=level)
    X, Y = weighted(ctx, 1.0, 2.0), weighted(ctx, 3.0, 4.0)
    matrix = ctx.asarray([[1, 2], [0, 1]])
    A = sc.MatrixFreeLinOp.from_coordinate_adjoint(
        lambda x: ops.matmul(matrix, x), lambda y: ops.matmul(ops.matrix_transpose(matrix), y), X, Y
    )
    assert host(ops, A.H @ ctx.ones(2)) == [3, 5]
    assert host(ops, A.rvapply(ctx.ones((2, 2)))) == [[3, 5], [3, 5]]


@pytest.mark.parametrize("level", ["standard", "strict"])
def test_batch_forms_of_a_coordinate_adjoint_are_in_coordinates_too(ops, level):
    ctx = sc.Context(ops, "float64", check_level=level)
    X, Y = weighted(ctx, 1.0, 2.0), weighted(ctx, 3.0, 4.0)
    matrix = ctx.asarray([[1, 2], [0, 1]])
    seen = []

    def rows(xs):
        seen.append("forward")
        return ops.matmul(xs, ops.matrix_transpose(matrix))

    def rows_back(ys):
        seen.append("backward")
        return ops.matmul(ys, matrix)

    def made(vapply, rvapply):
        return sc.MatrixFreeLinOp.from_coordinate_adjoint(
            lambda x: ops.matmul(matrix, x),
            lambda y: ops.matmul(ops.matrix_transpose(matrix), y),
            X,
            Y,
            vapply=vapply,
            rvapply=rvapply,
        )

    A = made(rows, rows_back)
    ys = ops.reshape(ctx.arange(8), (2, 2, 2))
    seen.clear()
    assert host(ops, A.vapply(ys)) == host(ops, made(None, None).vapply(ys))
    assert host(ops, A.rvapply(ys)) == host(ops, made(None, None).rvapply(ys))
    assert seen == ["forward", "backward"]
    if level == "strict":
        with pytest.raises(sc.SpaceValidationError, match="`rvapply` of MatrixFreeLinOp differs"):
            made(rows, rows)


def test_operators_on_trees(ops):
    X = sc.DenseVectorSpace(2, sc.Context(ops, "float64"))
    Z = sc.TreeSpace.of({"q": X, "p": X})

    def turn(z):
        return {"q": z["p"], "p": -z["q"]}

    def back(z):
        return {"q": -z["p"], "p": z["q"]}

    J = sc.MatrixFreeLinOp(turn, back, Z, Z)
    x = {"p": X.zeros(), "q": X.ones()}
    assert host(ops, (J @ x)["p"]) == [-1, -1]
    assert host(ops, ((J.H @ J) @ x)["q"]) == [1, 1]
    zero = sc.ZeroLinOp(Z, X)
    assert host(ops, zero @ x) == [0, 0]
    assert host(ops, (zero.H @ X.ones())["q"]) == [0, 0]
    batch = {"p": ops.zeros((3, 2), dtype=X.dtype), "q": ops.ones((3, 2), dtype=X.dtype)}
    assert host(ops, zero.vapply(batch)) == [[0, 0]] * 3
    assert host(ops, J.vapply(batch)["p"]) == [[-1, -1]] * 3
    assert type(0 * J) is sc.ZeroLinOp
    assert host(ops, (2 * J + zero.H @ zero)(x)["p"]) == [-2, -2]


def test_results_of_users_functions_are_checked(ops):
    X = sc.DenseVectorSpace(2, sc.Context(ops, "float64"))
    wrong = {
        r"Expected shape \(2,\), got \(4,\)": lambda x: ops.concat([x, x]),
        "Expected dtype float64, got float32": lambda x: ops.astype(x, ops.float32),
        "Expected dense array": lambda x: [1.0, 2.0],
    }
    for message, function in wrong.items():
        A = sc.MatrixFreeLinOp(function, function, X, X)
        for apply in (A.apply, A.rapply, (2 * A).apply, (A @ A).apply):
            with pytest.raises(sc.SpaceValidationError, match=message):
                apply(X.ones())


def test_functions_are_asked_for(ops):
    X = sc.DenseVectorSpace(2, ops)
    with pytest.raises(TypeError, match="made of functions. Got int as apply"):
        sc.MatrixFreeLinOp(3, None, X, X)
    with pytest.raises(TypeError, match="as rapply"):
        sc.MatrixFreeLinOp(lambda x: x, 3, X, X)
    with pytest.raises(TypeError, match="as rvapply"):
        sc.MatrixFreeLinOp(abs, abs, X, X, rvapply=3)


# Strict.


class WrongAdjoint(sc.LinOp):
    def apply(self, x):
        return self.ops.roll(x, 1)

    def rapply(self, y):
        return self.ops.roll(y, 1)


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
def test_strict_catches_a_wrong_adjoint_and_names_the_direction(ops, dtype):
    X = sc.DenseVectorSpace(3, sc.Context(ops, dtype, check_level="strict"))
    roll, back = (lambda x: ops.roll(x, 1)), (lambda y: ops.roll(y, -1))
    sc.MatrixFreeLinOp(roll, back, X, X)
    for cls, build in {
        "MatrixFreeLinOp": lambda: sc.MatrixFreeLinOp(roll, roll, X, X),
        "WrongAdjoint": lambda: WrongAdjoint(X, X),
    }.items():
        with pytest.raises(
            sc.SpaceValidationError, match=f"`rapply` of {cls}, from its codomain to its domain"
        ) as caught:
            build()
        assert "\n" not in str(caught.value)


def test_strict_catches_an_adjoint_of_another_geometry(ops):
    ctx = sc.Context(ops, "float64", check_level="strict")
    X = weighted(ctx, 1.0, 2.0)
    with pytest.raises(sc.SpaceValidationError, match="<A x, y> = <x, A.H y>"):
        sc.MatrixFreeLinOp(ops.flip, ops.flip, X, X)  # its own only in Euclidean space


def test_strict_catches_a_forgotten_conjugate(ops):
    X = sc.DenseVectorSpace(2, sc.Context(ops, "complex128", check_level="strict"))
    with pytest.raises(sc.SpaceValidationError, match="rapply"):
        sc.MatrixFreeLinOp(lambda x: 1j * x, lambda y: 1j * y, X, X)


def test_other_levels_trust_the_adjoint(ops):
    for level in ("none", "cheap", "standard"):
        X = sc.DenseVectorSpace(3, sc.Context(ops, check_level=level))
        WrongAdjoint(X, X)


def test_an_operator_without_adjoint_passes_strict_and_refuses_later(ops):
    class OneWay(sc.LinOp):
        def apply(self, x):
            return 2 * x

    X = sc.DenseVectorSpace(2, sc.Context(ops, "float64", check_level="strict"))
    A = OneWay(X, X)
    assert host(ops, (A + A) @ X.ones()) == [4, 4]
    with pytest.raises(NotImplementedError, match="OneWay has no adjoint. Write `_rapply"):
        A.H @ X.ones()
