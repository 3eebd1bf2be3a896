"""What `strict` finds out by random elements: wrong adjoints, batch forms, Hermitian operators."""

from __future__ import annotations

import numpy as np
import pytest

import spacecore as sc

DTYPES = ["float32", "float64", "complex64", "complex128"]


@pytest.fixture
def strict(ops):
    return sc.Context(ops, "float64", check_level="strict")


def weighted(ctx, *weights):
    real = sc.Context(ctx.ops, ctx.ops.real_dtype(ctx.dtype))
    metric = sc.WeightedInnerProduct(real.asarray(weights))
    return sc.DenseVectorSpace(len(weights), ctx, metric)


class Counted(sc.LinOp):
    """A matrix as a user's operator, in any geometry; counts its products."""

    def __init__(self, matrix, space, products):
        super().__init__(space, space)
        self.matrix = matrix
        self.products = products

    def _apply(self, x):
        self.products()
        return self.ops.matmul(self.matrix, x)


class Products:
    def __init__(self):
        self.count = 0

    def __call__(self):
        self.count += 1


# Hermitian or not, by numbers.


@pytest.mark.parametrize("dtype", DTYPES)
def test_is_hermitian_is_told_by_two_products_at_strict_alone(ops, dtype):
    unit = 1j if ops.is_complex_dtype(ops.sanitize_dtype(dtype)) else 1
    rows = {True: [[2, unit], [np.conj(unit), 1]], False: [[2, unit], [-np.conj(unit), 1]]}
    for level in sc.CHECK_LEVELS:
        ctx = sc.Context(ops, dtype, check_level=level)
        for answer, matrix in rows.items():
            products = Products()
            A = Counted(ctx.asarray(matrix), sc.DenseVectorSpace(2, ctx), products)
            products.count = 0
            assert A.is_hermitian() is (answer if level == "strict" else None)
            assert products.count == (2 if level == "strict" else 0)


def test_hermitian_is_meant_in_the_inner_product_of_the_space(strict):
    X = weighted(strict, 1.0, 4.0)
    symmetric, selfadjoint = [[0, 1], [1, 0]], [[0, 4], [1, 0]]  # W A is symmetric
    for matrix, answer in ((symmetric, False), (selfadjoint, True)):
        A = sc.DenseLinOp(strict.asarray(matrix), X, X)
        assert A.is_hermitian() is answer
        assert (2 * A).is_hermitian() is answer
        assert A.H.is_hermitian() is answer
        assert sc.BlockDiagonalLinOp((A, sc.IdentityLinOp(X))).is_hermitian() is answer


def test_a_complex_matrix_that_is_symmetric_is_not_hermitian(ops):
    ctx = sc.Context(ops, "complex128", check_level="strict")
    X = sc.DenseVectorSpace(2, ctx)
    assert sc.DenseLinOp(ctx.asarray([[0, 1j], [1j, 0]]), X, X).is_hermitian() is False
    assert sc.DiagonalLinOp(ctx.asarray([1, 2]), X).is_hermitian() is True
    assert sc.DiagonalLinOp(ctx.asarray([1, 2j]), X).is_hermitian() is False


def test_expressions_are_tried_where_structure_is_silent(strict):
    X = sc.DenseVectorSpace(2, strict)
    A = sc.DenseLinOp(strict.asarray([[1, 2], [3, 4]]), X, X)
    products = Products()
    B = Counted(strict.asarray([[1, 3], [2, 4]]), X, products)  # the transpose of A
    products.count = 0
    assert (A + B).is_hermitian() is True
    assert products.count == 2  # the sum is tried, not each of its terms
    assert (A - B).is_hermitian() is False
    assert (A @ A).is_hermitian() is False
    assert (A.H @ A).is_hermitian() is True
    assert sc.BlockMatrixLinOp([[None, A], [B, A @ A.H]]).is_hermitian() is True


def test_without_an_adjoint_hermitian_is_told_all_the_same(strict):
    A = Counted(strict.asarray([[1, 2], [2, 1]]), sc.DenseVectorSpace(2, strict), Products())
    assert A.is_hermitian() is True
    assert (A @ A).is_hermitian() is True
    assert A.H.is_hermitian() is None  # it can't be applied


def test_traced_operators_are_not_tried(strict):
    ops = strict.ops
    if not ops.has_native_vmap:
        pytest.skip("needs a backend that traces")
    X = sc.DenseVectorSpace(2, strict)
    answers = []

    def look(matrix):
        A = sc.DenseLinOp(matrix, X, X)
        answers.append(A.is_hermitian())
        return A @ X.ones()

    ops.vmap(look)(strict.ones((3, 2, 2)))
    ops.jit(look)(strict.ones((2, 2)))
    assert answers[0] is None
    assert answers[-1] is (None if "jit" in ops.capabilities else True)


def test_operators_are_made_inside_transforms_at_strict(strict):
    ops = strict.ops
    if not ops.has_native_vmap:
        pytest.skip("needs a backend that traces")
    X = sc.DenseVectorSpace(2, strict)

    def solved(matrix):
        def apply(x):
            return ops.matmul(matrix, x)

        def back(y):
            return ops.matmul(ops.matrix_transpose(matrix), y)

        def each(xs):
            return ops.matmul(xs, ops.matrix_transpose(matrix))

        M = sc.DenseLinOp(matrix, X, X)
        Y = sc.DenseVectorSpace(2, strict, sc.OperatorInnerProduct(M, M))
        A = sc.MatrixFreeLinOp(apply, back, X, X, vapply=each)
        return A @ X.ones() + Y.norm(X.ones())

    one = solved(strict.asarray([[1, 0], [0, 1]]))
    stack = ops.stack([ops.eye(2, dtype=X.dtype)] * 3)
    for got in (ops.vmap(solved)(stack)[2, ...], ops.jit(solved)(stack[0, ...])):
        np.testing.assert_allclose(ops.to_numpy(got), ops.to_numpy(one))


def test_solvers_refuse_what_strict_finds_not_to_be_hermitian(strict):
    X = sc.DenseVectorSpace(2, strict)
    A = sc.DenseLinOp(strict.asarray([[2, 1], [0, 2]]), X, X)
    with pytest.raises(sc.SpaceValidationError, match="not Hermitian"):
        sc.cg(A, X.ones())


def test_what_a_subclass_says_of_itself_is_taken(ops):
    class Sure(sc.DenseLinOp):
        def is_hermitian(self):
            return True

    class Anew(Sure):
        def _apply(self, x):
            return 2 * x

    X = sc.DenseVectorSpace(2, sc.Context(ops, "float64"))
    A = Sure(X.ctx.ones((2, 2)), X, X)
    assert A.is_hermitian() is True
    assert (A + sc.IdentityLinOp(X)).is_hermitian() is True
    assert Anew(A.array, X, X).is_hermitian() is None  # another map than what the base spoke of


# Adjoints: which function is wrong.


def refusal(build):
    with pytest.raises(sc.SpaceValidationError) as caught:
        build()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_an_apply_that_is_not_linear_is_named(strict):
    X = sc.DenseVectorSpace(3, strict)

    def same(y):
        return y

    for bent in (lambda x: x + 1, lambda x: x * x, abs):
        told = refusal(lambda bent=bent: sc.MatrixFreeLinOp(bent, same, X, X))
        assert "`apply` of MatrixFreeLinOp does not" in told
        assert "rapply" not in told


def test_an_rapply_that_is_not_linear_is_named(strict):
    X = sc.DenseVectorSpace(3, strict)
    told = refusal(lambda: sc.MatrixFreeLinOp(lambda x: x, lambda y: y + 1, X, X))
    assert "`rapply` of MatrixFreeLinOp does not" in told
    assert "Mend `rapply`" in told


def test_real_parts_are_not_linear_over_complex_numbers(ops):
    X = sc.DenseVectorSpace(2, sc.Context(ops, "complex128", check_level="strict"))
    told = refusal(lambda: sc.MatrixFreeLinOp(ops.conj, ops.conj, X, X))
    assert "`apply`" in told
    assert "complex a" in told


def test_a_derived_adjoint_of_what_is_not_linear_blames_apply(strict):
    if not strict.ops.supports("linear_transpose"):
        pytest.skip("needs linear transposition")
    X = sc.DenseVectorSpace(2, strict)
    for bent in (lambda x: x + 1, lambda x: x * x):
        assert "`apply`" in refusal(lambda bent=bent: sc.MatrixFreeLinOp(bent, None, X, X))
    sc.MatrixFreeLinOp(lambda x: 2 * x, None, X, X)


def test_an_operator_without_adjoint_is_still_tried_for_linearity(strict):
    class Shifted(sc.LinOp):
        def apply(self, x):
            return x + 1

    X = sc.DenseVectorSpace(2, strict)
    assert "`apply` of Shifted" in refusal(lambda: Shifted(X, X))


def test_an_adjoint_without_regard_to_the_geometry_is_told_so(strict):
    X, Y = weighted(strict, 1.0, 2.0), sc.DenseVectorSpace(2, strict)
    matrix = strict.asarray([[1, 2], [3, 4]])

    def apply(x):
        return strict.ops.matmul(matrix, x)

    def transposed(y):
        return strict.ops.matmul(strict.ops.matrix_transpose(matrix), y)

    told = refusal(lambda: sc.MatrixFreeLinOp(apply, transposed, X, Y))
    assert "without regard to the geometry" in told
    assert "from_coordinate_adjoint" in told
    sc.MatrixFreeLinOp.from_coordinate_adjoint(apply, transposed, X, Y)


def test_a_transpose_in_the_place_of_an_adjoint_is_told_so(ops):
    X = sc.DenseVectorSpace(2, sc.Context(ops, "complex128", check_level="strict"))
    told = refusal(lambda: sc.MatrixFreeLinOp(lambda x: 1j * x, lambda y: 1j * y, X, X))
    assert "Take complex conjugates" in told


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [1, 10_000])
def test_small_and_large_mistakes_are_caught_and_rounding_is_not(ops, dtype, size):
    ctx = sc.Context(ops, dtype, check_level="strict")
    X = sc.DenseVectorSpace(size, ctx)

    def smooth(x):
        for shift in range(1, 4):
            x = x + ops.roll(x, shift) / 3
        return x

    def back(y):
        for shift in range(3, 0, -1):
            y = y + ops.roll(y, -shift) / 3
        return y

    sc.MatrixFreeLinOp(smooth, back, X, X)
    assert "Mend `rapply`" in refusal(
        lambda: sc.MatrixFreeLinOp(smooth, lambda y: 1.1 * back(y), X, X)
    )


def test_leaves_of_several_precisions_are_rounded_as_the_coarsest(ops):
    narrow, wide = (
        sc.DenseVectorSpace(50, sc.Context(ops, dtype, check_level="strict"))
        for dtype in ("float32", "float64")
    )
    Z = sc.TreeSpace.of((narrow, wide))
    matrix = narrow.ctx.asarray(np.random.default_rng(0).standard_normal((50, 50)))
    back = ops.matrix_transpose(matrix)
    sc.MatrixFreeLinOp(
        lambda z: (ops.matmul(matrix, z[0]), z[1]), lambda z: (ops.matmul(back, z[0]), z[1]), Z, Z
    )

    class Widened(sc.LinOp):
        def _apply(self, x):
            return self.ops.astype(self.ops.matmul(matrix, x), self.ops.float64)

        def _rapply(self, y):
            return self.ops.matmul(back, self.ops.astype(y, self.ops.float32))

    Widened(narrow, wide)


# Batch forms.


def batches(strict, **forms):
    X = sc.DenseVectorSpace(3, strict)
    turn, back = (lambda x: strict.ops.roll(x, 1)), (lambda y: strict.ops.roll(y, -1))
    return sc.MatrixFreeLinOp(turn, back, X, X, **forms)


def test_batch_forms_are_held_against_one_by_one(strict):
    ops = strict.ops

    def over(shift):
        return lambda xs: ops.roll(xs, shift, axis=-1)

    batches(strict, vapply=over(1), rvapply=over(-1))
    assert "`vapply` of MatrixFreeLinOp differs from `apply`" in refusal(
        lambda: batches(strict, vapply=over(-1))
    )
    assert "`rvapply` of MatrixFreeLinOp differs from `rapply`" in refusal(
        lambda: batches(strict, vapply=over(1), rvapply=over(1))
    )
    assert "Expected" in refusal(lambda: batches(strict, vapply=lambda xs: xs[0]))


@pytest.mark.parametrize("base", [sc.LinOp, sc.DenseLinOp])
@pytest.mark.parametrize("style", ["public", "hook"])
def test_batch_forms_of_a_subclass_are_held_against_one_by_one(strict, base, style):
    X = sc.DenseVectorSpace(2, strict)
    matrix = strict.asarray([[1, 2], [0, 1]])

    def wrong(self, xs, leading=()):
        return self.ops.matmul(xs, matrix)  # not transposed

    def right(self, xs, leading=()):
        return self.ops.matmul(xs, self.ops.matrix_transpose(matrix))

    name = "vapply" if style == "public" else "_vapply"
    given = (X, X) if base is sc.LinOp else (matrix, X, X)
    apply = {} if base is sc.DenseLinOp else {"_apply": lambda self, x: self.ops.matmul(matrix, x)}
    type("Right", (base,), {**apply, name: right})(*given)
    Wrong = type("Wrong", (base,), {**apply, name: wrong})
    assert "`vapply` of Wrong differs" in refusal(lambda: Wrong(*given))
    Mended = type("Mended", (Wrong,), {"_apply": lambda self, x: 2 * x})
    loose = sc.DenseVectorSpace(2, sc.Context(strict.ops, "float64"))
    mended = Mended(*(loose if given_ is X else given_ for given_ in given))
    got = mended.vapply(strict.ones((3, 2)))  # the base's batch form is of another map
    np.testing.assert_array_equal(strict.ops.to_numpy(got), np.full((3, 2), 2.0))


def test_super_vapply_is_the_next_form(ops):
    class Doubled(sc.DenseLinOp):
        def vapply(self, xs):
            return 2 * super().vapply(xs)

        def rvapply(self, ys):
            return 2 * super().rvapply(ys)

    class Quadrupled(Doubled):
        def vapply(self, xs):
            return 2 * super().vapply(xs)

    X = sc.DenseVectorSpace(2, sc.Context(ops, "float64"))
    A = Quadrupled(X.ctx.asarray([[1, 2], [0, 1]]), X, X)
    xs = X.ctx.ones((3, 2))
    np.testing.assert_array_equal(ops.to_numpy(A.vapply(xs)), [[12, 4]] * 3)
    np.testing.assert_array_equal(ops.to_numpy(A.rvapply(xs)), [[2, 6]] * 3)


def test_a_hook_over_a_base_in_the_public_style_is_the_one_that_counts(ops):
    class Public(sc.LinOp):
        def apply(self, x):
            return 2 * x

        def rapply(self, y):
            return 2 * y

    class Hook(Public):
        def _apply(self, x):
            return 3 * x

        def _rapply(self, y):
            return 3 * y

    X = sc.DenseVectorSpace(2, sc.Context(ops, "float64"))
    A = Hook(X, X)
    for got in (A @ X.ones(), A.H @ X.ones(), A.vapply(X.ctx.ones((1, 2)))[0, ...]):
        np.testing.assert_array_equal(ops.to_numpy(got), [3, 3])


@pytest.mark.parametrize("level", ["cheap", "standard"])
def test_results_of_batch_forms_are_checked(ops, level):
    X = sc.DenseVectorSpace(2, sc.Context(ops, "float64", check_level=level))
    xs = ops.ones((3, 2), dtype=X.dtype)

    class Narrowing(sc.LinOp):
        def _apply(self, x):
            return self.ops.astype(x, self.ops.float32)

    class Summing(sc.LinOp):
        def vapply(self, xs):
            return self.ops.sum(xs, axis=0)

    def same(x):
        return x

    summing = sc.MatrixFreeLinOp(
        same, same, X, X, vapply=lambda xs: xs[:2, ...], rvapply=lambda xs: ops.sum(xs, axis=-1)
    )
    for wrong, told in {
        Narrowing(X, X).vapply: "Expected dtype float64, got float32",
        Summing(X, X).vapply: r"leading axes \(3,\) .*got \(\)",
        (2 * summing).vapply: r"leading axes \(3,\) .*got \(2,\)",
        summing.rvapply: r"Expected shape \(2,\), got \(3,\)",
    }.items():
        with pytest.raises(sc.SpaceValidationError, match=told):
            wrong(xs)
