"""Geometry: weighted inner products, their Riesz maps, and one of a user's own."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import spacecore as sc

DTYPES = ["float32", "float64", "complex64", "complex128"]


def weighted(ops, dtype="float64", shape=(3,), level="standard"):
    ctx = sc.Context(ops, dtype, check_level=level)
    real = sc.Context(ops, ops.real_dtype(ctx.dtype))
    weights = real.asarray(np.arange(1.0, 1.0 + shape[-1]))
    return sc.DenseCoordinateSpace(shape, ctx, sc.WeightedInnerProduct(weights))


@pytest.mark.parametrize("dtype", DTYPES)
def test_weighted_inner_product_is_the_weighted_sum(ops, dtype):
    X = weighted(ops, dtype, (2, 3))
    x, y = (X.random(key) for key in ops.random_split(ops.random_key(0)))
    u, v = ops.to_numpy(x), ops.to_numpy(y)
    expected = complex(np.sum(np.conj(u) * np.array([1, 2, 3]) * v))
    assert complex(X.inner(x, y)) == pytest.approx(expected, rel=1e-5)
    assert float(X.norm(x)) ** 2 == pytest.approx(complex(X.inner(x, x)).real, rel=1e-5)


@pytest.mark.parametrize("dtype", DTYPES)
def test_riesz_maps_represent_the_inner_product_and_invert_each_other(ops, dtype):
    X = weighted(ops, dtype, (2, 3))
    x, y = (X.random(key) for key in ops.random_split(ops.random_key(1)))
    assert complex(ops.vdot(x, X.riesz(y))) == pytest.approx(complex(X.inner(x, y)), rel=1e-5)
    for back in (X.riesz(X.riesz_inverse(x)), X.riesz_inverse(X.riesz(x))):
        X.check_member(back)
        assert ops.allclose(back, x, rtol=1e-5, atol=1e-6)


def test_a_space_takes_the_context_of_its_weights(ops):
    weights = ops.asarray([1.0, 2.0], dtype=ops.float32)
    X = sc.DenseVectorSpace(2, geometry=sc.WeightedInnerProduct(weights))
    assert (X.ops, X.dtype) == (ops, weights.dtype)
    assert not X.is_euclidean


def test_weights_are_kept_not_copied(ctx):
    weights = ctx.ones(3)
    X = sc.DenseVectorSpace(3, ctx, sc.WeightedInnerProduct(weights))
    assert X.geometry.weights is weights


def test_weights_that_do_not_fit_are_named(ops):
    ctx = sc.Context(ops, "float64")
    cases = {
        "weights of dtype float64, got float32": ops.ones(3, dtype=ops.float32),
        r"broadcast to shape \(3,\), got shape \(2,\)": ctx.ones(2),
        r"broadcast to shape \(3,\), got shape \(2, 3\)": ctx.ones((2, 3)),
        "positive weights": ctx.asarray([1.0, 0.0, 2.0]),
    }
    for message, weights in cases.items():
        with pytest.raises(sc.SpaceValidationError, match=message):
            sc.DenseVectorSpace(3, ctx, sc.WeightedInnerProduct(weights))


def test_weights_of_another_backend_are_refused(ops, foreign_ops):
    with pytest.raises(sc.SpaceValidationError, match="as weights"):
        sc.DenseVectorSpace(3, ops, sc.WeightedInnerProduct(foreign_ops.ones(3)))


def test_weights_are_an_array():
    with pytest.raises(TypeError, match=r"Got list\. Pass `ctx\.asarray\(weights\)`"):
        sc.WeightedInnerProduct([1.0, 2.0])


def test_none_trusts_the_weights(ops):
    ctx = sc.Context(ops, check_level="none")
    X = sc.DenseVectorSpace(3, ctx, sc.WeightedInnerProduct(ctx.asarray([1.0, -1.0, 2.0])))
    assert float(X.inner(X.ones(), X.ones())) == 2.0


def test_geometry_must_be_an_inner_product(ctx):
    with pytest.raises(TypeError, match="InnerProduct. Got"):
        sc.DenseVectorSpace(3, ctx, ctx.ones(3))


def test_equal_weights_make_equal_spaces(ops):
    assert weighted(ops) == weighted(ops)
    assert hash(weighted(ops)) == hash(weighted(ops))
    ctx = sc.Context(ops, "float64")
    other = sc.WeightedInnerProduct(ctx.asarray([1.0, 2.0, 4.0]))
    assert weighted(ops) != sc.DenseCoordinateSpace((3,), ctx, other)


def test_weighted_spaces_pickle(ops):
    X = weighted(ops)
    back = pickle.loads(pickle.dumps(X))
    assert back == X
    assert float(back.inner(back.ones(), back.ones())) == 6.0


def test_convert_brings_the_weights_along(backend):
    X = weighted(sc.NumpyOps())
    there = X.convert(backend)
    assert there.ops.is_dense(there.geometry.weights)
    np.testing.assert_array_equal(there.ops.to_numpy(there.geometry.weights), [1, 2, 3])
    assert there.convert("numpy") == X
    assert float(there.inner(there.ones(), there.ones())) == 6.0


def test_convert_changes_the_precision_of_weights_where_asked(ops):
    X = weighted(ops, "complex128").convert(ops, dtype="complex64")
    assert ops.dtype_name(X.geometry.weights.dtype) == "float32"
    X.check_member(X.riesz(X.ones()))


def test_gradient_flows_through_weights(ops):
    if not ops.supports("grad"):
        pytest.skip("needs autodiff")

    def energy(weights):
        X = sc.DenseVectorSpace(3, geometry=sc.WeightedInnerProduct(weights))
        x = X.ctx.asarray([1.0, 2.0, 3.0])
        return X.inner(x, x)

    gradient = ops.grad(energy)(ops.ones(3))
    np.testing.assert_allclose(ops.to_numpy(gradient), [1, 4, 9])


class Tilted(sc.InnerProduct):
    """A user's geometry: an ordinary `__init__`, an inner product, no Riesz map."""

    def __init__(self, matrix, label):
        self.matrix = matrix
        self.label = label

    def inner(self, ops, x, y):
        return ops.vdot(x, ops.matmul(self.matrix, y))


def test_a_users_geometry_converts_and_compares(backend):
    matrix = np.array([[2.0, 1.0], [1.0, 3.0]])
    X = sc.DenseVectorSpace(2, geometry=Tilted(matrix, "tilted"))
    assert float(X.inner(X.ones(), X.ones())) == 7.0
    assert float(X.norm(X.ones())) == pytest.approx(7.0**0.5)
    there = X.convert(backend)
    assert there.geometry.label == "tilted"
    assert float(there.inner(there.ones(), there.ones())) == 7.0
    assert there.convert("numpy") == X
    assert X != sc.DenseVectorSpace(2, geometry=Tilted(matrix, "other"))
    with pytest.raises(AttributeError, match="immutable"):
        X.geometry.label = "new"


def test_a_geometry_without_riesz_maps_refuses_what_needs_them():
    X = sc.DenseVectorSpace(2, geometry=Tilted(np.eye(2), "tilted"))
    for operation in (X.riesz, X.riesz_inverse):
        with pytest.raises(NotImplementedError, match=r"Tilted has none\. Write `riesz"):
            operation(X.ones())


def squared(ops, x, y):
    """The inner product of a mass matrix."""
    return ops.vdot(x, y + 0.5 * ops.flip(y))


def mass(ops, x):
    return x + 0.5 * ops.flip(x)


def mass_inverse(ops, x):
    return (x - 0.5 * ops.flip(x)) / 0.75


WRONG = {
    "positive": {"inner": lambda ops, x, y: -squared(ops, x, y)},
    "conjugate symmetric": {"inner": lambda ops, x, y: ops.vdot(x, y + 0.5 * ops.roll(y, 1))},
    "linear in its second argument": {
        "inner": lambda ops, x, y: squared(ops, x, y) + 0.1 * ops.vdot(x, x) * ops.vdot(y, y)
    },
    "`riesz` of": {"riesz": lambda ops, x: x},
    "`riesz_inverse` undoes": {"riesz_inverse": lambda ops, x: x},
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("wrong", [None, *WRONG])
def test_strict_finds_what_is_no_inner_product(ops, dtype, wrong):
    right = {"inner": squared, "riesz": mass, "riesz_inverse": mass_inverse}
    written = right | WRONG.get(wrong, {})
    methods = {
        name: lambda self, ops, *xs, f=function: f(ops, *xs) for name, function in written.items()
    }
    geometry = type("Mass", (sc.InnerProduct,), methods)()
    X = sc.DenseVectorSpace(40, sc.Context(ops, dtype), geometry)  # standard trusts
    strict = X.ctx.convert(X.ctx, check_level="strict")
    if wrong is None:
        assert sc.DenseVectorSpace(40, strict, geometry) == X
        return
    with pytest.raises(sc.SpaceValidationError, match=wrong):
        sc.DenseVectorSpace(40, strict, geometry)


def test_strict_finds_an_inverse_of_another_operator(ops):
    ctx = sc.Context(ops, "float64", check_level="strict")
    X = sc.DenseVectorSpace(4, ctx)
    M, W = (sc.DiagonalLinOp(ctx.asarray([2.0, 1.0, a, 3.0]), X) for a in (4.0, 0.25))
    with pytest.raises(sc.SpaceValidationError, match="`riesz_inverse` undoes"):
        sc.DenseVectorSpace(4, ctx, sc.OperatorInnerProduct(M, W))


def test_a_space_without_coordinates_has_every_geometry(ops):
    ctx = sc.Context(ops, "float64", check_level="strict")
    E = sc.DenseVectorSpace(0, ctx)
    own = type("Own", (sc.InnerProduct,), {"inner": lambda self, ops, x, y: ops.vdot(x, y)})()
    for geometry in (own, sc.OperatorInnerProduct(sc.IdentityLinOp(E))):
        X = sc.DenseVectorSpace(0, ctx, geometry)
        assert float(X.norm(X.zeros())) == 0
