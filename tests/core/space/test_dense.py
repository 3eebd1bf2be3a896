"""Dense spaces: membership at each level, algebra, equality, keeping and converting."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import spacecore as sc

CLASSES = [sc.DenseCoordinateSpace, sc.DenseVectorSpace]


@pytest.mark.parametrize("cls", CLASSES)
def test_shape_may_be_an_int(cls, ctx):
    assert cls(3, ctx).shape == cls((3,), ctx).shape == (3,)
    assert cls(np.int64(3), ctx).shape == (3,)


@pytest.mark.parametrize(("shape", "size"), [((), 1), ((0,), 0), ((2, 3), 6), ((2, 0, 3), 0)])
def test_facts_of_a_space(ctx, shape, size):
    X = sc.DenseCoordinateSpace(shape, ctx)
    assert (X.shape, X.size, X.dtype, X.ops, X.field) == (shape, size, ctx.dtype, ctx.ops, "real")


def test_field_of_a_complex_space(ops):
    assert sc.DenseVectorSpace(3, sc.Context(ops, "complex64")).field == "complex"


def test_bad_shapes_are_refused(ctx):
    with pytest.raises(ValueError, match="negative"):
        sc.DenseCoordinateSpace((2, -1), ctx)
    with pytest.raises(TypeError, match=r"tuple of ints\. Got 2\.5"):
        sc.DenseCoordinateSpace(2.5, ctx)
    with pytest.raises(ValueError, match="one axis"):
        sc.DenseVectorSpace((2, 3), ctx)


# Membership.


@pytest.mark.parametrize("level", ["cheap", "standard", "strict"])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0,)])
def test_elements_pass(ops, level, shape):
    X = sc.DenseCoordinateSpace(shape, sc.Context(ops, check_level=level))
    for x in (X.zeros(), X.ones(), X.random(ops.random_key(0)), X.zeros() + X.ones()):
        assert X.check_member(x) is None


@pytest.mark.parametrize("level", ["cheap", "standard", "strict"])
def test_what_is_no_element_is_named(ops, level):
    X = sc.DenseVectorSpace((3,), sc.Context(ops, "float64", check_level=level))
    refused = {
        r"Expected shape \(3,\), got \(4,\)": ops.zeros(4, dtype=ops.float64),
        r"Expected shape \(3,\), got \(1, 3\)": ops.zeros((1, 3), dtype=ops.float64),
        "Expected dtype float64, got float32": ops.zeros(3, dtype=ops.float32),
        "Expected dtype float64, got complex128": ops.zeros(3, dtype=ops.complex128),
        f"Expected dense array for {ops.family}, got list": [1.0, 2.0, 3.0],
        f"Expected dense array for {ops.family}, got NoneType": None,
        f"Expected dense array for {ops.family}, got float": 1.0,
    }
    for message, x in refused.items():
        with pytest.raises(sc.SpaceValidationError, match=message):
            X.check_member(x)


def test_the_error_is_a_value_error_and_a_type_error(ctx):
    X = sc.DenseVectorSpace(3, ctx)
    for caught in (ValueError, TypeError, sc.SpaceCoreError):
        with pytest.raises(caught):
            X.check_member([1.0])


def test_none_accepts_anything(ops):
    X = sc.DenseVectorSpace(3, sc.Context(ops, check_level="none"))
    for x in (ops.zeros(4), [1.0], None, "x"):
        assert X.check_member(x) is None


class Positive(sc.DenseVectorSpace):
    """Of positive entries, whatever else the level asks."""

    def check_member(self, x):
        super().check_member(x)
        if not bool(self.ops.all(x > 0)):
            raise sc.SpaceValidationError("Expected positive entries")


@pytest.mark.parametrize("level", ["none", "standard", "strict"])
def test_a_subclass_may_ask_more_of_its_elements(ops, level):
    X = Positive(2, sc.Context(ops, "float64", check_level=level))
    infinite = X.ctx.asarray([1.0, float("inf")])
    for Y in (X, X.convert("numpy").convert(ops)):
        Y.check_member(Y.ones())
        for refused in (lambda Y=Y: Y.check_member(Y.zeros()), lambda Y=Y: Y.norm(Y.zeros())):
            with pytest.raises(sc.SpaceValidationError, match="positive entries"):
                refused()
    if level == "none":
        X.check_member(X.ones()[:1])
        return
    with pytest.raises(sc.SpaceValidationError, match="shape"):
        X.check_member(X.ones()[:1])
    if level == "strict":
        with pytest.raises(sc.SpaceValidationError, match="finite"):
            X.check_member(infinite)
    else:
        X.check_member(infinite)


def test_arrays_of_another_backend_are_no_elements(ops, foreign_ops):
    X = sc.DenseVectorSpace(3, sc.Context(ops, "float64"))
    with pytest.raises(sc.SpaceValidationError, match="Expected dense array for"):
        X.check_member(foreign_ops.zeros(3))


def test_only_strict_looks_for_infinities(ops):
    x = ops.asarray([1.0, float("inf"), 2.0])
    for level in ("cheap", "standard"):
        sc.DenseVectorSpace(3, sc.Context(ops, check_level=level)).check_member(x)
    with pytest.raises(sc.SpaceValidationError, match="finite"):
        sc.DenseVectorSpace(3, sc.Context(ops, check_level="strict")).check_member(x)


def test_checks_see_traced_elements_by_their_facts(ops):
    if not ops.has_native_vmap:
        pytest.skip("needs a backend that traces")
    X = sc.DenseVectorSpace(3, sc.Context(ops, check_level="strict"))

    def total(x):
        X.check_member(x)
        return ops.sum(x)

    batch = ops.ones((5, 3), dtype=X.dtype)
    np.testing.assert_array_equal(ops.to_numpy(ops.vmap(total)(batch)), np.full(5, 3.0))
    with pytest.raises(sc.SpaceValidationError, match=r"Expected shape \(3,\), got \(4,\)"):
        ops.vmap(total)(ops.ones((5, 4), dtype=X.dtype))


# Algebra.


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
def test_vector_space_operations(ops, dtype):
    X = sc.DenseCoordinateSpace((2, 3), sc.Context(ops, dtype, check_level="strict"))
    x, y = (X.random(key) for key in ops.random_split(ops.random_key(1)))
    a = 2.5
    assert ops.allclose(X.axpy(a, x, y), X.add(X.scale(a, x), y))
    assert ops.allclose(X.scale(0.0, x), X.zeros())
    for result in (X.add(x, y), X.scale(a, x), X.axpy(a, x, y)):
        X.check_member(result)


@pytest.mark.parametrize("dtype", ["float32", "complex128"])
def test_inner_product_laws(ops, dtype):
    X = sc.DenseCoordinateSpace((2, 3), sc.Context(ops, dtype))
    x, y = (X.random(key) for key in ops.random_split(ops.random_key(2)))
    reference = np.vdot(ops.to_numpy(x), ops.to_numpy(y))
    assert complex(X.inner(x, y)) == pytest.approx(complex(reference), rel=1e-5)
    assert complex(X.inner(y, x)) == pytest.approx(complex(reference).conjugate(), rel=1e-5)
    assert float(X.norm(x)) ** 2 == pytest.approx(complex(X.inner(x, x)).real, rel=1e-5)
    assert not ops.is_complex_dtype(X.norm(x).dtype)


def test_inner_conjugates_its_first_argument(ops):
    X = sc.DenseVectorSpace(1, sc.Context(ops, "complex128"))
    i, one = X.ctx.asarray([1j]), X.ones()
    assert complex(X.inner(i, one)) == -1j
    assert complex(X.inner(one, i)) == 1j


def test_complex_scalars_need_a_complex_space(ctx):
    X = sc.DenseVectorSpace(3, ctx)
    for operation in (lambda: X.scale(1j, X.ones()), lambda: X.axpy(1j, X.ones(), X.ones())):
        with pytest.raises(sc.SpaceValidationError, match=r"real numbers\. Got complex"):
            operation()


def test_a_seed_is_no_key(ctx):
    X = sc.DenseVectorSpace(3, ctx)
    for space in (X, X.stacked(2), sc.TreeSpace.of({"a": X})):
        with pytest.raises(TypeError, match=r"Make one of a seed: `ops\.random_key\(7\)`"):
            space.random(7)
        with pytest.raises(TypeError, match=r"Got Generator\. Make .* `ops\.random_key\(seed\)`"):
            space.random(np.random.default_rng(0))


def test_random_is_reproducible(ctx):
    X, ops = sc.DenseCoordinateSpace((4, 5), ctx), ctx.ops
    key = ops.random_key(7)
    first, again = X.random(key), X.random(key)
    assert bool(ops.all(first == again))
    other = X.random(ops.random_split(key)[0])
    assert not bool(ops.any(first == other))


@pytest.mark.parametrize("shape", [(), (3,), (2, 3, 4), (0, 2)])
def test_flatten_and_unflatten_invert_each_other(ctx, shape):
    X, ops = sc.DenseCoordinateSpace(shape, ctx), ctx.ops
    x = X.random(ops.random_key(3))
    v = X.flatten(x)
    assert tuple(v.shape) == (X.size,)
    assert bool(ops.all(X.unflatten(v) == x))


def test_unflatten_refuses_another_dtype(ops):
    X = sc.DenseCoordinateSpace((2, 2), sc.Context(ops, "float64"))
    with pytest.raises(sc.SpaceValidationError, match="dtype"):
        X.unflatten(ops.zeros(4, dtype=ops.float32))


# Equality, immutability, keeping.


def test_equality_is_of_elements_dtype_family_and_geometry(ops):
    X = sc.DenseVectorSpace((3,), sc.Context(ops, "float32"))
    same = [
        sc.DenseCoordinateSpace((3,), sc.Context(ops, "float32")),
        sc.DenseVectorSpace(3, sc.Context(ops, "float32", check_level="none")),
        sc.DenseVectorSpace(3, X.ctx, sc.EuclideanInnerProduct()),
    ]
    for Y in same:
        assert X == Y
        assert hash(X) == hash(Y)
    for Y in (
        sc.DenseVectorSpace(4, X.ctx),
        sc.DenseVectorSpace(3, sc.Context(ops, "float64")),
        sc.DenseVectorSpace(3, X.ctx, sc.WeightedInnerProduct(X.ones())),
        "space",
    ):
        assert X != Y


def test_spaces_of_two_families_differ(ops, foreign_ops):
    assert sc.DenseVectorSpace(3, ops) != sc.DenseVectorSpace(3, foreign_ops)


def test_a_space_is_closed_once_made(ctx):
    X = sc.DenseVectorSpace(3, ctx)
    for change in (lambda: setattr(X, "shape", (4,)), lambda: setattr(X, "new", 1)):
        with pytest.raises(AttributeError, match="immutable"):
            change()
    with pytest.raises(AttributeError, match="immutable"):
        del X.shape


@pytest.mark.parametrize("level", sc.CHECK_LEVELS)
def test_spaces_pickle_and_copy(ops, level):
    X = sc.DenseVectorSpace(3, sc.Context(ops, "float32", check_level=level))
    for back in (pickle.loads(pickle.dumps(X)), copy.copy(X), copy.deepcopy(X)):
        assert back == X
        assert type(back) is type(X)
        assert back.ctx == X.ctx
        back.check_member(X.zeros())
        if level != "none":
            with pytest.raises(sc.SpaceValidationError):
                back.check_member([1.0])


# Conversion.


@pytest.mark.parametrize("cls", CLASSES)
def test_convert_keeps_class_shape_dtype_and_level(backend, cls):
    X = cls(3, sc.Context("numpy", "float32", check_level="cheap"))
    there = X.convert(backend)
    assert type(there) is cls
    assert there.ops.family == backend
    assert there.ctx.check_level == "cheap"
    assert there == cls(3, sc.Context(backend, "float32"))
    assert there.convert("numpy") == X


def test_convert_to_the_same_returns_self(ctx):
    X = sc.DenseVectorSpace(3, ctx)
    for target in (ctx, ctx.ops, ctx.ops.family, str(ctx.ops.family), sc.Context(ctx.ops)):
        assert X.convert(target) is X


def test_convert_to_a_context_takes_it_whole(ops):
    X = sc.DenseVectorSpace(3, sc.Context("numpy", "float64"))
    target = sc.Context(ops, "float32", check_level="none")
    assert X.convert(target).ctx == target


def test_convert_never_loses_the_imaginary_part(ops):
    X = sc.DenseVectorSpace(3, sc.Context(ops, "complex64"))
    with pytest.raises(sc.CastError, match="complex64 into float32"):
        X.convert(ops, dtype="float32")


def test_what_would_lose_a_part_is_told_another_cure(ops):
    X = sc.DenseVectorSpace(3, sc.Context(ops, "float64"))
    with pytest.raises(sc.SpaceValidationError, match=r"got complex128\. .*ops\.real\(x\)"):
        X.check_member(ops.zeros(3, dtype=ops.complex128))
    with pytest.raises(sc.SpaceValidationError, match=r"got float32\. Use `ctx\.asarray\(x\)`"):
        X.check_member(ops.zeros(3, dtype=ops.float32))


def test_sparse_arrays_are_called_so(ops):
    if not ops.allow_sparse:
        pytest.skip("needs sparse matrices")
    ctx = sc.Context(ops, "float64")
    X = sc.DenseCoordinateSpace((2, 2), ctx)
    sparse = ctx.assparse([[1, 0], [0, 1]])
    told = f"Expected dense array for {ops.family}, got sparse "
    for refused in (
        lambda: X.check_member(sparse),
        lambda: X.check_batch(sparse),
        lambda: X.unflatten(sparse),
        lambda: sc.TreeSpace.of([X]).check_member([sparse]),
        lambda: sc.DenseLinOp(sparse, sc.DenseVectorSpace(2, ctx)),
        lambda: sc.DiagonalLinOp(sparse, X),
        lambda: ctx.assert_dense(sparse),
    ):
        with pytest.raises((sc.SpaceValidationError, TypeError), match=told):
            refused()
        with pytest.raises((sc.SpaceValidationError, TypeError), match="sparse_to_dense"):
            refused()
    with pytest.raises(TypeError, match=f"for {ops.family}, got dense .*`ctx.assparse\\(x\\)`"):
        ctx.assert_sparse(X.ones())
