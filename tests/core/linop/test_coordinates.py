"""Dense, sparse and diagonal operators: exact cases, fit, and the caller's arrays."""

from __future__ import annotations

import numpy as np
import pytest

import spacecore as sc


@pytest.fixture
def wide(ops):
    return sc.Context(ops, "float64")


def host(ops, x):
    return np.asarray(ops.to_numpy(x)).tolist()


def weighted(ctx, *weights):
    return sc.DenseVectorSpace(len(weights), ctx, sc.WeightedInnerProduct(ctx.asarray(weights)))


# Dense.


def test_the_adjoint_between_weighted_spaces(wide):
    X, Y = weighted(wide, 1.0, 2.0), weighted(wide, 3.0, 4.0, 5.0)
    A = sc.DenseLinOp(wide.asarray([[1, 2], [3, 4], [5, 6]]), X, Y)
    assert A.shape == (3, 2)
    assert host(A.ops, A @ wide.asarray([1, 1])) == [3, 7, 11]
    # R_X⁻¹ Aᵀ R_Y e₁ = (3·1/1, 3·2/2)
    assert host(A.ops, A.H @ wide.asarray([1, 0, 0])) == [3, 3]
    assert A.H.H is A


def test_the_complex_adjoint_conjugates(ops):
    ctx = sc.Context(ops, "complex128")
    X = sc.DenseVectorSpace(1, ctx)
    for A in (
        sc.DenseLinOp(ctx.asarray([[1j]]), X, X),
        sc.DiagonalLinOp(ctx.asarray([1j]), X),
        1j * sc.IdentityLinOp(X),
    ):
        assert host(ops, A @ X.ones()) == [1j]
        assert host(ops, A.H @ X.ones()) == [-1j]


def test_spaces_of_several_axes(wide):
    X, Y = sc.DenseCoordinateSpace((2, 2), wide), sc.DenseVectorSpace(3, wide)
    array = np.arange(12.0).reshape(3, 2, 2)
    A = sc.DenseLinOp(wide.asarray(array), X, Y)
    assert host(A.ops, A @ X.ones()) == [6, 22, 38]
    assert host(A.ops, A.H @ wide.asarray([1, 0, 0])) == [[0, 1], [2, 3]]
    assert tuple(A.to_dense().shape) == (3, 2, 2)
    assert tuple(A.to_matrix().shape) == (3, 4)
    assert sc.DenseLinOp(wide.asarray(array), X).codomain == Y


def test_scalars_are_a_space(wide):
    R, M = sc.DenseCoordinateSpace((), wide), sc.DenseCoordinateSpace((2, 3), wide)
    A = sc.DenseLinOp(wide.ones((2, 3)), R, M)
    x = A @ wide.asarray(2.0)
    assert host(A.ops, x) == [[2, 2, 2], [2, 2, 2]]
    assert float(A.H @ x) == 12
    B = sc.DenseLinOp(wide.asarray(3.0), R, R)
    assert float((B @ B) @ R.ones()) == 9
    assert tuple(B.vapply(wide.ones((4, 5))).shape) == (4, 5)


def test_empty_spaces(wide):
    N, X = sc.DenseVectorSpace(0, wide), sc.DenseVectorSpace(2, wide)
    out, into = sc.DenseLinOp(wide.ones((2, 0)), N, X), sc.DenseLinOp(wide.ones((0, 2)), X, N)
    assert host(out.ops, out @ N.zeros()) == [0, 0]
    assert tuple((into @ X.ones()).shape) == (0,)
    assert host(out.ops, (out @ into) @ X.ones()) == [0, 0]
    assert tuple((into @ out).to_matrix().shape) == (0, 0)


def test_between_dtypes_the_adjoint_returns_to_the_domains(ops):
    narrow = sc.DenseVectorSpace(2, sc.Context(ops, "float32"))
    wide = sc.DenseVectorSpace(2, sc.Context(ops, "float64"))
    array = ops.asarray([[1.0, 2.0], [0.0, 1.0]], dtype=ops.float64)
    A = sc.DenseLinOp(array, narrow, wide)
    assert ops.dtype_name((A @ narrow.ones()).dtype) == "float64"
    back = A.H @ wide.ones()
    assert ops.dtype_name(back.dtype) == "float32"
    assert host(ops, back) == [1, 3]
    assert host(ops, (A.H @ A) @ narrow.ones()) == [3, 7]
    assert sc.DenseLinOp(array, narrow).codomain == wide
    with pytest.raises(sc.SpaceValidationError, match="dtype float32"):
        sc.DenseLinOp(array, wide, narrow)


def test_a_real_matrix_on_complex_spaces(ops):
    ctx = sc.Context(ops, "complex64")
    X = sc.DenseVectorSpace(2, ctx)
    real = ops.asarray([[0.0, 1.0], [2.0, 0.0]], dtype=ops.float32)
    x = ctx.asarray([1j, 2])
    makers = [sc.DenseLinOp(real, X, X)]
    if ops.allow_sparse:
        makers.append(sc.SparseLinOp(ops.assparse(real), X, X))
    for A in makers:
        assert host(ops, A @ x) == [2, 2j]
        assert host(ops, A.H @ x) == [4, 1j]
        assert ops.dtype_name((A.H @ x).dtype) == "complex64"
        assert host(ops, A.vapply(ops.stack([x, x])))[1] == [2, 2j]


def test_fields_do_not_mix(ops):
    real, complex_ = sc.Context(ops, "float64"), sc.Context(ops, "complex128")
    with pytest.raises(sc.SpaceValidationError, match="over one field"):
        sc.DenseLinOp(complex_.ones((2, 2)), sc.DenseVectorSpace(2, real))


def test_what_does_not_fit_is_named_in_one_line(wide, foreign_ops):
    X, Y = sc.DenseVectorSpace(2, wide), sc.DenseVectorSpace(3, wide)
    ops = wide.ops
    foreign = foreign_ops
    wrong = {
        r"Expected shape \(3, 2\).*got \(2, 3\)": lambda: sc.DenseLinOp(wide.ones((2, 3)), X, Y),
        "Expected dense array for .*, got list": lambda: sc.DenseLinOp([[1.0]], X, Y),
        f"Expected dense array for {ops.family}": lambda: sc.DenseLinOp(foreign.ones((3, 2)), X, Y),
        "gives complex128": lambda: sc.DenseLinOp(ops.ones((3, 2), dtype=ops.complex128), X, Y),
        r"Expected shape \(2,\), got \(3,\)": lambda: sc.DiagonalLinOp(wide.ones(3), X),
        "got dense": lambda: sc.SparseLinOp(wide.ones((3, 2)), X, Y),
    }
    for message, build in wrong.items():
        with pytest.raises(sc.SpaceValidationError, match=message) as caught:
            build()
        assert "\n" not in str(caught.value)


def test_a_space_is_asked_for(wide):
    with pytest.raises(TypeError, match="maps a Space to a Space. Got int"):
        sc.ZeroLinOp(3, 3)
    matrix = wide.ones((3, 3))
    for build in (
        lambda: sc.DenseLinOp(matrix, 3),
        lambda: sc.DenseLinOp(matrix, sc.DenseVectorSpace(3, wide), 3),
        lambda: sc.DiagonalLinOp(wide.ones(3), 3),
        lambda: sc.SparseLinOp(wide.assparse(matrix), 3),
    ):
        with pytest.raises(TypeError, match="maps a Space to a Space. Got int"):
            build()


def test_operators_are_asked_for(wide):
    A = sc.IdentityLinOp(sc.DenseVectorSpace(3, wide))
    for build in (
        lambda: sc.SumLinOp([A, 2]),
        lambda: sc.SumLinOp([2]),
        lambda: sc.ComposedLinOp([1, A]),
        lambda: sc.ScaledLinOp(2.0, 3),
    ):
        with pytest.raises(TypeError, match="is made of LinOps. Got int"):
            build()
    with pytest.raises(TypeError, match=r"Write `\[\[A, B\]\]` for one row"):
        sc.BlockMatrixLinOp([A, A])


def test_coordinates_of_trees(wide):
    Z = sc.TreeSpace.of({"b": weighted(wide, 1.0, 2.0), "a": sc.DenseVectorSpace(1, wide)})
    D = sc.DiagonalLinOp(wide.asarray([1, 2, 3]), Z)
    assert host(D.ops, (D @ Z.ones())["b"]) == [2, 3]
    A = sc.DenseLinOp(wide.ones((2, 3)), Z)
    assert host(A.ops, A @ Z.ones()) == [3, 3]
    back = A.H @ A.codomain.ones()
    assert host(A.ops, back["b"]) == [2, 1]  # R⁻¹ divides by the weights


# The codomain where none is given.


def test_a_square_matrix_maps_its_domain_to_itself(wide):
    X = sc.DenseVectorSpace(2, wide)
    images, W = sc.DenseCoordinateSpace((2, 2), wide), weighted(wide, 1.0, 2.0, 3.0, 4.0)
    pairs = sc.TreeSpace.of((weighted(wide, 1.0, 2.0), X))
    ops = wide.ops
    for space in (W, images, pairs, X.stacked(2), pairs.leaf_spaces[0].stacked(2)):
        array = wide.ops.reshape(wide.arange(16), space.shape * 2)
        assert sc.DenseLinOp(array, space).codomain is space
        if ops.allow_sparse:
            matrix = ops.assparse(ops.reshape(array, (4, 4)))
            A = sc.SparseLinOp(matrix, space)
            assert A.codomain is space
            assert (A + sc.IdentityLinOp(space)).domain == space
    blocks = sc.DenseBlockDiagonalLinOp(wide.ones((3, 4, 4)), W)
    assert blocks.domain is blocks.codomain


def test_a_codomain_of_its_own_where_the_domain_does_not_fit(ops):
    real, complex_ = sc.Context(ops, "float64"), sc.Context(ops, "complex128")
    W = weighted(real, 1.0, 2.0)
    assert sc.DenseLinOp(real.ones((3, 2)), W).codomain == sc.DenseVectorSpace(3, real)
    images = sc.DenseCoordinateSpace((2, 2), real)
    assert sc.DenseLinOp(real.ones((4, 2, 2)), images).codomain == sc.DenseVectorSpace(4, real)
    narrow = sc.Context(ops, "float32")
    V = weighted(narrow, 1.0, 2.0)
    assert sc.DenseLinOp(real.ones((2, 2)), V).codomain == sc.DenseVectorSpace(2, real)
    assert sc.DenseLinOp(narrow.ones((2, 2)), W).codomain is W  # what comes out is float64
    mixed = sc.TreeSpace.of((sc.DenseVectorSpace(1, real), sc.DenseVectorSpace(1, complex_)))
    with pytest.raises(sc.SpaceValidationError, match="over one field"):
        sc.DenseLinOp(complex_.ones((2, 2)), mixed)  # an imaginary part would be lost


# Sparse.


@pytest.mark.parametrize("form", ["csr", "csc", "coo", "bsr", "dia", "dok", "lil"])
@pytest.mark.parametrize("dtype", ["float64", "complex64"])
def test_sparse_formats(ops, form, dtype):
    if form not in ops.sparse_formats:
        pytest.skip(f"has no sparse format {form}")
    ctx = sc.Context(ops, dtype)
    unit = 1j if dtype == "complex64" else 1
    matrix = ctx.assparse(ctx.asarray([[0, 2 * unit, 0], [3, 0, 0]]), format=form)
    X, Y = weighted(sc.Context(ops, ops.real_dtype(ctx.dtype)), 1.0, 2.0, 4.0), None
    X = sc.DenseVectorSpace(3, ctx, X.geometry)
    A = sc.SparseLinOp(matrix, X, Y)
    assert host(ops, A @ X.ones()) == [2 * unit, 3]
    assert host(ops, A.H @ ctx.ones(2)) == [3, np.conj(unit), 0]
    assert host(ops, A.vapply(ops.reshape(ctx.ones(12), (2, 2, 3))))[1][1] == [2 * unit, 3]
    assert host(ops, A.rvapply(ctx.ones((1, 2)))) == [[3, np.conj(unit), 0]]
    assert A.to_sparse() is matrix
    assert host(ops, A.to_matrix()) == [[0, 2 * unit, 0], [3, 0, 0]]


# The caller's arrays.


def test_arrays_are_kept_not_copied(wide):
    array = wide.ones((2, 2))
    assert sc.DenseLinOp(array, sc.DenseVectorSpace(2, wide)).array is array
    assert sc.DiagonalLinOp(array).diagonal is array


@pytest.mark.parametrize("axes", ["vectors", "matrices", "turned"])
def test_writing_to_a_shared_array_changes_apply_and_adjoint_together(ops, axes):
    if ops.family == "jax":
        pytest.skip("its arrays can't be written to")
    ctx = sc.Context(ops, "float64")
    shape = {"vectors": (2, 3), "matrices": (2, 3, 2), "turned": (2, 3, 2)}[axes]
    array = ctx.ones(shape)
    if axes == "turned":  # not in the order of memory, so that reshaping copies
        array = ops.permute_dims(ctx.ones(shape[::-1]), (2, 1, 0))
    A = sc.DenseLinOp(array, sc.DenseCoordinateSpace(shape[1:], ctx))
    B = 2 * A + A
    for op in (A, B, A.H):
        op.apply(op.domain.ones())  # whatever is compiled at the first call is compiled now
    array[0, ...] = 5.0
    x, y = A.domain.ones(), A.codomain.ones()
    for op, times in ((A, 1), (B, 3)):
        assert host(ops, op @ x) == [5 * times * A.domain.size, times * A.domain.size]
        assert float(A.domain.inner(x, op.H @ y)) == float(A.codomain.inner(op @ x, y))


@pytest.mark.parametrize("form", ["csr", "csc", "coo", "lil"])
def test_writing_to_a_sparse_matrix_changes_apply_and_adjoint_together(form):
    matrix = sc.NumpyOps().assparse(np.eye(2), format=form)
    X = sc.DenseVectorSpace(2, "numpy")
    A = sc.SparseLinOp(matrix, X, X)
    A @ X.ones(), A.H @ X.ones()
    if form == "lil":
        matrix[0, 1] = 7.0  # a new entry
    else:
        matrix.data[:] = 7.0
    np.testing.assert_array_equal((A @ X.ones()), matrix.toarray() @ np.ones(2))
    np.testing.assert_array_equal((A.H @ X.ones()), matrix.toarray().T @ np.ones(2))


def test_an_entry_added_to_a_sparse_matrix_is_in_both_directions():
    matrix = sc.NumpyOps().assparse(np.eye(2))
    X = sc.DenseVectorSpace(2, "numpy")
    A = sc.SparseLinOp(matrix, X, X)
    A @ X.ones(), A.H @ X.ones()
    with pytest.warns(match="sparsity structure"):
        matrix[0, 1] = 7.0
    assert (A @ X.ones()).tolist() == [8, 1]
    assert (A.H @ X.ones()).tolist() == [1, 8]


def test_weights_and_matrices_that_require_a_gradient():
    torch = pytest.importorskip("torch")
    ctx = sc.Context("torch", "float64")
    weights = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    matrix = torch.nn.Parameter(torch.ones(2, 2, dtype=torch.float64))
    X = sc.DenseVectorSpace(2, ctx, sc.WeightedInnerProduct(weights))
    A = sc.DenseLinOp(matrix, X, X)
    x = torch.ones(2, dtype=torch.float64)
    X.inner(A @ x, x).backward()
    assert weights.grad.tolist() == [2, 2]
    assert matrix.grad.tolist() == [[1, 1], [2, 2]]
    assert X == X.convert(sc.Context("torch", "float64", check_level="none"))
    hash(X)


def test_torch_without_an_explicit_context():
    torch = pytest.importorskip("torch")
    matrix = torch.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=torch.float64)
    W = sc.DenseVectorSpace(2, geometry=sc.WeightedInnerProduct(matrix[0]))
    A = sc.DenseLinOp(matrix, W)
    D = sc.DiagonalLinOp(matrix[1])
    assert {str(op.ops.family) for op in (W, A, D)} == {"torch"}
    assert (A @ matrix[0]).tolist() == [5, 11]
    assert (A.H @ matrix[0]).tolist() == [13, 9]  # R⁻¹ Aᵀ R y: W is the codomain too
    assert (D.H @ D @ matrix[0]).tolist() == [9, 32]
    with sc.use_context("torch", "float32"):
        X = sc.DenseVectorSpace(2)
        B = sc.DenseLinOp(torch.eye(2), X, X)
        assert (B @ torch.ones(2)).dtype is torch.float32


# Hermitian by structure.


def test_is_hermitian_is_true_only_where_structure_says_so(ops):
    real, complex_ = sc.Context(ops, "float64"), sc.Context(ops, "complex128")
    W = weighted(real, 1.0, 2.0)
    assert sc.DiagonalLinOp(real.ones(2), W).is_hermitian() is True
    assert sc.DiagonalLinOp(complex_.ones(2)).is_hermitian() is None
    assert sc.IdentityLinOp(W).is_hermitian() is True
    assert sc.ZeroLinOp(W, W).is_hermitian() is True
    D = sc.DenseLinOp(real.ones((2, 2)), W, W)
    assert D.is_hermitian() is None
    assert (D.H @ D).is_hermitian() is True
    assert (2 * (D.H @ D) + sc.IdentityLinOp(W)).is_hermitian() is True
    assert ((3 * D).H @ (3 * D)).is_hermitian() is True
    assert ((D @ D).H @ (D @ D)).is_hermitian() is True
    assert (D @ sc.IdentityLinOp(W) @ D.H).is_hermitian() is True
    assert (D @ D).is_hermitian() is None
    assert (D @ (D.H @ D)).is_hermitian() is None
    narrow = sc.DenseLinOp(real.ones((1, 2)), W)
    assert narrow.is_hermitian() is False
    assert (narrow.H @ narrow).is_hermitian() is True


def test_a_diagonal_in_a_tilted_geometry_is_not_called_hermitian(wide):
    X = sc.DenseVectorSpace(2, wide)
    M = sc.DenseLinOp(wide.asarray([[2, 1], [1, 1]]), X, X)
    Y = sc.DenseVectorSpace(2, wide, sc.OperatorInnerProduct(M))
    D = sc.DiagonalLinOp(wide.asarray([1, 2]), Y)
    assert D.is_hermitian() is None
    x, y = wide.asarray([1, 0]), wide.asarray([0, 1])
    assert float(Y.inner(D @ x, y)) != float(Y.inner(x, D @ y))
