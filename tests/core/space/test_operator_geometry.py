"""The geometry that an operator defines."""

from __future__ import annotations

import numpy as np
import pytest

import spacecore as sc


@pytest.fixture
def wide(ops):
    return sc.Context(ops, "float64")


def metric(ctx, *, inverse=True):
    """M = [[2, 1], [1, 1]], whose inverse is [[1, -1], [-1, 2]]."""
    X = sc.DenseVectorSpace(2, ctx)
    M = sc.DenseLinOp(ctx.asarray([[2, 1], [1, 1]]), X, X)
    back = sc.DenseLinOp(ctx.asarray([[1, -1], [-1, 2]]), X, X)
    return sc.OperatorInnerProduct(M, back if inverse else None)


def host(ops, x):
    return np.asarray(ops.to_numpy(x)).tolist()


def test_inner_product_and_riesz_maps(wide):
    X = sc.DenseVectorSpace(2, wide, metric(wide))
    x, y = wide.asarray([1, 2]), wide.asarray([3, 5])
    assert float(X.inner(x, y)) == 1 * 11 + 2 * 8
    assert host(X.ops, X.riesz(y)) == [11, 8]
    assert host(X.ops, X.riesz_inverse(X.riesz(y))) == [3, 5]
    assert not X.is_euclidean


def test_the_adjoint_of_a_matrix(wide):
    X = sc.DenseVectorSpace(2, wide, metric(wide))
    Y = sc.DenseVectorSpace(2, wide)
    A = sc.DenseLinOp(wide.asarray([[1, 2], [3, 4]]), X, Y)
    assert host(X.ops, A.H @ wide.asarray([1, 0])) == [-1, 3]  # M⁻¹ Aᵀ e


def test_without_an_inverse_adjoints_are_refused(wide):
    X = sc.DenseVectorSpace(2, wide, metric(wide, inverse=False))
    A = sc.DenseLinOp(wide.asarray([[1, 2], [3, 4]]), X, X)
    assert host(X.ops, A @ X.ones()) == [3, 7]
    for refused in (lambda: A.H @ X.ones(), lambda: X.riesz_inverse(X.ones())):
        with pytest.raises(NotImplementedError, match="Pass `M_inverse`"):
            refused()


def test_operators_that_do_not_fit_are_refused(wide):
    X = sc.DenseVectorSpace(2, wide)
    tree = sc.TreeSpace.of((X,))
    wrong = {
        "Expected M on the Euclidean space": [
            sc.IdentityLinOp(sc.DenseVectorSpace(3, wide)),
            sc.IdentityLinOp(sc.DenseVectorSpace(2, sc.Context(wide.ops, "float32"))),
            sc.IdentityLinOp(sc.DenseVectorSpace(2, wide, metric(wide))),
            sc.IdentityLinOp(tree),
        ],
    }
    for message, operators in wrong.items():
        for M in operators:
            with pytest.raises(sc.SpaceValidationError, match=message):
                sc.DenseVectorSpace(2, wide, sc.OperatorInnerProduct(M))


def test_a_matrix_is_no_operator(wide):
    M = sc.IdentityLinOp(sc.DenseVectorSpace(2, wide))
    for name, operators in (("M", (np.eye(2),)), ("M_inverse", (M, np.eye(2)))):
        with pytest.raises(TypeError, match=rf"^{name} is a LinOp. Got ndarray. Wrap .*\({name},"):
            sc.OperatorInnerProduct(*operators)
    with pytest.raises(TypeError, match="^M is a LinOp. Got None"):
        sc.OperatorInnerProduct(None)


def test_strict_looks_whether_it_is_an_inner_product(ops):
    strict = sc.Context(ops, "float64", check_level="strict")
    X = sc.DenseVectorSpace(2, strict)

    def build(matrix, level="strict"):
        ctx = strict.convert(strict, check_level=level)
        M = sc.DenseLinOp(strict.asarray(matrix), X, X, ctx)
        return sc.DenseVectorSpace(2, strict, sc.OperatorInnerProduct(M))

    build([[2, 1], [1, 1]])
    for level in ("none", "strict"):  # of the operator alone
        with pytest.raises(sc.SpaceValidationError, match="positive definite"):
            build([[-1, 0], [0, -1]], level)
        with pytest.raises(sc.SpaceValidationError, match="Hermitian"):
            build([[2, 1], [0, 2]], level)


def test_it_converts_and_compares_by_its_operators(backend):
    X = sc.DenseVectorSpace(2, "numpy", metric(sc.Context("numpy")))
    there = X.convert(backend)
    assert float(there.inner(there.ones(), there.ones())) == 5
    assert there.convert("numpy") == X
    assert X != sc.DenseVectorSpace(2, "numpy", metric(sc.Context("numpy"), inverse=False))
