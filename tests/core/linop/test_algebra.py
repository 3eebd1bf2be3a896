"""Sums, products, multiples: what is rewritten, what is refused, and with what line."""

from __future__ import annotations

import numpy as np
import pytest

import spacecore as sc


@pytest.fixture
def wide(ops):
    return sc.Context(ops, "float64")


def host(ops, x):
    return np.asarray(ops.to_numpy(x)).tolist()


def dense(ctx, rows=((1, 2), (3, 4))):
    array = ctx.asarray(rows)
    n, m = array.shape
    return sc.DenseLinOp(array, sc.DenseVectorSpace(m, ctx), sc.DenseVectorSpace(n, ctx))


def test_expressions(wide):
    A, x = dense(wide), wide.asarray([1, 1])
    B = dense(wide, [[0, 1], [1, 0]])
    cases = {
        (1, 1): [2 * A - A - A + sc.IdentityLinOp(A.domain), A**0],
        (3, 7): [A, A @ B, +1 * A, sum([A]), A / 1, A @ B @ B],
        (7, 3): [B @ A],
        (17, 37): [A**2],
        (6, 14): [2 * A, A * 2, A + A, sum([A, A]), A / 0.5, A - -A, 4 * A / 2],
        (-3, -7): [-A, 0 - A],
        (0, 0): [A - A, 0 * A, A @ (0 * B)],
    }
    for want, operators in cases.items():
        for op in operators:
            assert host(A.ops, op @ x) == list(want), op
    assert host(A.ops, (A @ B).H @ x) == [6, 4]


def test_local_rewriting(wide):
    A = dense(wide)
    X = A.domain
    identity, zero = sc.IdentityLinOp(X), sc.ZeroLinOp(X, X)
    D = sc.DiagonalLinOp(wide.asarray([2, 3]), X)
    assert A @ identity is A
    assert identity @ A is A
    assert A + zero is A
    assert 1 * A is A
    assert type(0 * A) is type(A @ zero) is type(zero @ A) is sc.ZeroLinOp
    assert type(D @ D) is type(D + D) is sc.DiagonalLinOp
    assert (2 * (3 * A)).scale == 6
    assert type((A + A) + A) is sc.SumLinOp
    assert len(((A + A) + A).operators) == 3
    assert len((A @ A @ A).operators) == 3
    assert (2 * A) @ (3 * A) == 6 * (A @ A)
    assert identity.H is identity
    assert type(zero.H) is sc.ZeroLinOp


def test_the_check_level_is_the_strictest_in_any_order(ops):
    strict, none = (sc.Context(ops, "float64", check_level=level) for level in ("strict", "none"))
    X, Y = sc.DenseVectorSpace(2, strict), sc.DenseVectorSpace(2, none)
    pairs = [
        (sc.IdentityLinOp(X), sc.IdentityLinOp(Y)),
        (sc.DiagonalLinOp(X.ones(), X), sc.DiagonalLinOp(Y.ones(), Y)),
        (sc.ZeroLinOp(X, X), sc.ZeroLinOp(Y, Y)),
    ]
    for A, B in pairs:
        for made in (A @ B, B @ A, A + B, B + A):
            assert made.ctx.check_level == "strict"


def test_fuse_multiplies_out(wide):
    A = dense(wide)
    D = sc.DiagonalLinOp(wide.asarray([2, 3]), A.domain)
    fused = (2 * A + D @ A @ A.H).fuse()
    assert type(fused) is sc.DenseLinOp
    assert host(A.ops, fused.array) == [[12, 26], [39, 83]]
    flip = sc.MatrixFreeLinOp(A.ops.flip, A.ops.flip, A.domain, A.domain)
    assert type((A @ flip).fuse()) is sc.ComposedLinOp
    assert host(A.ops, (A @ flip).fuse(materialize=True).array) == [[2, 1], [4, 3]]


def test_equal_sets_compose_whatever_the_class(ops):
    X = sc.DenseVectorSpace(2, sc.Context(ops, "float64"))
    Y = sc.DenseCoordinateSpace((2,), sc.Context(ops, "float64", check_level="none"))
    A = sc.DenseLinOp(ops.ones((2, 2), dtype=X.dtype), X, Y)
    assert host(ops, (A @ A + A) @ X.ones()) == [6, 6]
    assert host(ops, (A**2) @ X.ones()) == [4, 4]


def test_spaces_that_differ_do_not_compose(wide):
    A, B = dense(wide), dense(wide, [[1, 2, 3], [4, 5, 6]])
    W = sc.DenseVectorSpace(2, wide, sc.WeightedInnerProduct(wide.ones(2)))
    for build, rule in {
        lambda: B @ A: "`A @ B` needs A.domain == B.codomain",
        lambda: A + B: "`A \\+ B` needs A.domain == B.domain",
        lambda: B**2: "`A \\*\\* k` needs A.domain == A.codomain",
        lambda: A @ sc.IdentityLinOp(W): "`A @ B` needs",
    }.items():
        with pytest.raises(sc.SpaceValidationError, match=rule) as caught:
            build()
        assert "\n" not in str(caught.value)


def test_powers_are_whole(wide):
    A = dense(wide)
    assert (A ** np.int64(2)).shape == (2, 2)
    with pytest.raises(TypeError, match="non-negative integer. Got float"):
        A**0.5
    with pytest.raises(ValueError, match="non-negative integer. Got -1"):
        A**-1


# Numbers.


def numbers(ctx):
    ops = ctx.ops
    return [
        2,
        2.0,
        np.float64(2),
        np.float32(2),
        np.int64(2),
        ctx.asarray(2.0),
        ops.asarray(2.0, dtype=ops.float32),
        ops.asarray(2, dtype=ops.int32),
    ]


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64"])
def test_numbers_of_every_kind_scale_from_both_sides(ops, dtype):
    A = dense(sc.Context(ops, dtype))
    x = A.domain.ones()
    for number in numbers(A.ctx):
        if ops.is_complex_dtype(ops.asarray(number).dtype) and dtype != "complex64":
            continue
        for op in (number * A, A * number):
            assert isinstance(op, sc.ScaledLinOp)
            A.codomain.check_member(op @ x)
            assert host(ops, op @ x) == [6, 14]
            A.domain.check_member(op.H @ x)
            assert host(ops, op.H @ x) == [8, 12]
        assert host(ops, (A / number) @ x) == [1.5, 3.5]
        A.codomain.check_member((A / number) @ x)


def test_dividing_by_an_integer_array_keeps_the_precision(wide):
    A = dense(wide)
    third = (A / wide.ops.asarray(3, dtype=wide.ops.int32)) @ wide.ones(2)
    np.testing.assert_allclose(host(A.ops, third), [1, 7 / 3], rtol=1e-15)


def test_dividing_by_zero_is_pythons_error(wide):
    for zero in (0, 0.0, np.float64(0), np.int64(0)):
        with pytest.raises(ZeroDivisionError):
            dense(wide) / zero


@pytest.mark.parametrize("level", ["cheap", "standard", "strict"])
def test_complex_numbers_on_a_real_space_are_refused_when_built(ops, level):
    A = dense(sc.Context(ops, "float64", check_level=level))
    for i in (1j, np.complex128(1j), ops.asarray(1j, dtype=ops.complex128)):
        for build in (lambda i=i: i * A, lambda i=i: A * i, lambda i=i: A / i):
            with pytest.raises(sc.SpaceValidationError, match=r"scaled by real numbers\. Got"):
                build()
    with pytest.raises(sc.SpaceValidationError, match="real numbers"):
        sc.ScaledLinOp(1j, A)


def test_traced_numbers_are_never_read(ops):
    if not ops.supports("autodiff"):
        pytest.skip("needs autodiff")
    A = dense(sc.Context(ops, "float64"))
    x = A.domain.ones()
    for zero in (0.0, 1.0):
        slope = ops.grad(lambda a: ops.sum((a * A) @ x))(ops.asarray(zero, dtype=ops.float64))
        assert float(slope) == 10


# What is refused, and the line that says what to write.


def arrays(ctx):
    found = {str(ctx.ops.family): ctx.ones(2)}
    return {**found, "numpy": np.ones(2), "list": [1.0, 1.0]}


@pytest.mark.parametrize("level", ["none", "standard"])
@pytest.mark.parametrize(
    ("expression", "line"),
    [
        (lambda A, x: x @ A, r"`x @ A` is not defined\. Use `A\.rapply\(x\)`"),
        (lambda A, x: A * x, r"`A \* x` scales by a number\. Use `A @ x`"),
        (lambda A, x: x * A, r"`A \* x` scales by a number\. Use `A @ x`"),
        (lambda A, x: A / x, r"`A / x` divides by a number\. Use `DiagonalLinOp"),
        (lambda A, x: x / A, r"`x / A` is not defined\. Solve"),
        (lambda A, x: A + x, r"`A \+ x` adds operators\. Use `A \+ DenseLinOp"),
        (lambda A, x: x + A, r"`A \+ x` adds operators\. Use `A \+ DenseLinOp"),
        (lambda A, x: A - x, r"`A - x` subtracts operators\. Use `A - DenseLinOp"),
        (lambda A, x: x - A, r"`x - A` subtracts operators\. Use `DenseLinOp"),
    ],
    ids=["x@A", "A*x", "x*A", "A/x", "x/A", "A+x", "x+A", "A-x", "x-A"],
)
def test_arrays_as_operands_are_refused_helpfully(ops, expression, line, level):
    A = dense(sc.Context(ops, "float64", check_level=level))
    for x in arrays(A.ctx).values():
        with pytest.raises(TypeError, match=line) as caught:
            expression(A, x)
        assert "\n" not in str(caught.value)


def test_products_of_operators_by_the_star_are_refused(wide):
    A = dense(wide)
    for build, told in {
        lambda: A * A: r"scales by a number\. Use `A @ B`",
        lambda: A / A: r"divides by a number\. Solve `B x = y`",
    }.items():
        with pytest.raises(TypeError, match=told):
            build()


def test_numbers_as_terms_are_refused_helpfully(wide):
    A = dense(wide)
    for number in (1, 2.0, np.float64(2)):
        for build, told in {
            lambda a=number: A + a: r"Use `A \+ a \* IdentityLinOp\(A\.domain\)`",
            lambda a=number: a + A: r"Use `A \+ a \* IdentityLinOp\(A\.domain\)`",
            lambda a=number: A - a: r"Use `A - a \* IdentityLinOp\(A\.domain\)`",
            lambda a=number: a - A: r"Use `a \* IdentityLinOp\(A\.domain\) - A`",
        }.items():
            with pytest.raises(TypeError, match=told):
                build()


@pytest.mark.parametrize("level", ["cheap", "standard", "strict"])
def test_columns_and_batches_are_refused_helpfully(ops, level):
    A = dense(sc.Context(ops, "float64", check_level=level))
    for shape in ((2, 2), (2, 5), (5, 2)):
        with pytest.raises(
            sc.SpaceValidationError, match=r"takes one element\. Use `A\.vapply\(xs\)`"
        ):
            A @ A.ctx.ones(shape)
    with pytest.raises(sc.SpaceValidationError, match=r"Expected shape \(2,\), got \(3,\)"):
        A @ A.ctx.ones(3)


def test_foreign_arrays_and_wrong_dtypes_are_named(wide, foreign_ops):
    A = dense(wide)
    wrong = {
        f"Expected dense array for {A.ops.family}": foreign_ops.ones(2),
        "Expected dtype float64, got float32": A.ops.ones(2, dtype=A.ops.float32),
        f"Expected dense array for {A.ops.family}, got list": [1.0, 1.0],
        f"Expected dense array for {A.ops.family}, got tuple": (1.0, 1.0),
    }
    for message, x in wrong.items():
        for op in (A, 2 * A, A @ A, A.H, A + A):
            with pytest.raises(sc.SpaceValidationError, match=rf"{message}.*ctx\.asarray\(x\)"):
                op @ x


def test_none_checks_nothing_and_computes_the_same(ops):
    loose, checked = (
        dense(sc.Context(ops, "float64", check_level=level)) for level in ("none", "strict")
    )
    x = checked.domain.ones()
    for make in (lambda A: 2 * A + A @ A.H, lambda A: A**3, lambda A: (A / 2).H):
        assert host(ops, make(loose) @ x) == host(ops, make(checked) @ x)
    wider = ops.ones(2, dtype=ops.float32)
    assert host(ops, loose.apply(wider)) == [3, 7]


# Batches.


def test_batches_are_leading_axes(wide):
    A = dense(wide, [[1, 2, 0], [0, 1, 1]])
    xs = wide.asarray(np.arange(12.0).reshape(2, 2, 3))
    assert host(A.ops, A.vapply(xs)) == [[[2, 3], [11, 9]], [[20, 15], [29, 21]]]
    assert host(A.ops, A.rvapply(wide.ones((3, 2)))) == [[1, 3, 1]] * 3
    square = A.H @ A
    assert host(A.ops, square.vapply(A.ops.eye(3, dtype=wide.dtype))) == host(
        A.ops, square.to_matrix()
    )


def test_batches_along_last_axes_are_told_where_they_come(wide):
    ops, A, columns = wide.ops, dense(wide, [[1, 2, 0], [0, 1, 1]]), wide.ones((3, 4))
    told = r"Expected shape \(\.\.\., 3\), got \(3, 4\)\. .* come first: use `x\.T`"
    for refused in (A.vapply, A.H.rvapply, A.domain.vflatten):
        with pytest.raises(sc.SpaceValidationError, match=told):
            refused(columns)
    assert tuple(A.vapply(columns.T).shape) == (4, 2)
    with pytest.raises(sc.SpaceValidationError, match=r"\(\.\.\., 3\), got \(5, 2\)"):
        A.vapply(wide.ones((5, 2)))

    images = sc.IdentityLinOp(sc.DenseCoordinateSpace((2, 3), wide))
    stack = wide.ones((2, 3, 4))
    for refused in (images.vapply, lambda x: images @ x):
        with pytest.raises(sc.SpaceValidationError, match=r"ops\.moveaxis\([xX], -1, 0\)"):
            refused(stack)
    assert tuple(images.vapply(ops.moveaxis(stack, -1, 0)).shape) == (4, 2, 3)


def test_an_array_is_no_batch_of_trees(wide):
    pair = sc.TreeSpace.of((sc.DenseVectorSpace(1, wide), sc.DenseVectorSpace(2, wide)))
    with pytest.raises(sc.SpaceValidationError, match="Expected tree"):
        sc.IdentityLinOp(pair) @ wide.ones((4, 3))


class Tilted(sc.InnerProduct):
    """A user's geometry, written for one element."""

    def __init__(self, matrix, inverse):
        self.matrix = matrix
        self.inverse = inverse

    def inner(self, ops, x, y):
        return ops.vdot(x, ops.matmul(self.matrix, y))

    def riesz(self, ops, x):
        return ops.matmul(self.matrix, x)

    def riesz_inverse(self, ops, x):
        return ops.matmul(self.inverse, x)


def test_batched_adjoints_under_a_users_geometry(wide):
    geometry = Tilted(wide.asarray([[2, 1], [1, 1]]), wide.asarray([[1, -1], [-1, 2]]))
    X = sc.DenseVectorSpace(2, wide, geometry)
    A = sc.DenseLinOp(wide.asarray([[1, 2], [3, 4]]), X, X)
    ys = wide.asarray([[1, 0], [0, 1]])  # as many as an element is long: no axis to mistake
    want = [host(A.ops, A.H @ ys[0]), host(A.ops, A.H @ ys[1])]
    assert want == [[-3, 11], [-2, 8]]
    assert host(A.ops, A.rvapply(ys)) == host(A.ops, A.H.vapply(ys)) == want
    assert host(A.ops, (A.H @ A).vapply(ys))[0] == host(A.ops, A.H @ (A @ ys[0]))
    assert host(A.ops, X.vinner(ys, ys)) == [2, 1]
    assert host(A.ops, X.stacked(2).riesz(ys)) == [[2, 1], [1, 1]]


def test_a_geometry_without_riesz_maps_refuses_adjoints(wide):
    class Bare(sc.InnerProduct):
        def inner(self, ops, x, y):
            return 2 * ops.vdot(x, y)

    X = sc.DenseVectorSpace(2, wide, Bare())
    A = sc.DenseLinOp(wide.ones((2, 2)), X, X)
    assert host(A.ops, A @ X.ones()) == [2, 2]
    tree = sc.BlockDiagonalLinOp((A, A))
    pair = (X.ones(), X.ones())
    for refused in (
        lambda: A.H @ X.ones(),
        lambda: A.rvapply(wide.ones((3, 2))),
        lambda: (A @ A).H @ X.ones(),
        lambda: (2 * A).rapply(X.ones()),
        lambda: tree.H @ pair,
        lambda: X.stacked(2).riesz(wide.ones((2, 2))),
    ):
        with pytest.raises(NotImplementedError, match="Bare has none. Write `riesz"):
            refused()
