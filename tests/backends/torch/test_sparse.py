"""Sparse matrices: layouts, narrow indices, SciPy there and back, derivatives."""

from __future__ import annotations

import numpy as np
import pytest

import spacecore as sc

torch = pytest.importorskip("torch")
pytest.importorskip("spacecore_torch")
scipy_sparse = pytest.importorskip("scipy.sparse")

ops = sc.TorchOps()
DENSE = np.array([[1.0, 0.0, 2.0], [0.0, 0.0, 3.0]])
LAYOUTS = {"csr": torch.sparse_csr, "csc": torch.sparse_csc, "coo": torch.sparse_coo}
DTYPES = ["int32", "int64", "float16", "float32", "float64", "complex64", "complex128"]


def indices(a):
    if a.layout is torch.sparse_csr:
        return a.crow_indices(), a.col_indices()
    if a.layout is torch.sparse_csc:
        return a.ccol_indices(), a.row_indices()
    return (a._indices(),)


@pytest.fixture(params=LAYOUTS)
def form(request):
    return request.param


@pytest.mark.parametrize("source", ["csr", "csc", "coo", "lil", "dia"])
def test_scipy_matrices_of_any_format_are_taken(source, form):
    made = ops.assparse(scipy_sparse.coo_array(DENSE).asformat(source), format=form)
    assert made.layout is LAYOUTS[form]
    assert np.array_equal(ops.sparse_to_dense(made).numpy(), DENSE)


def test_the_format_is_kept_both_ways(form):
    matrix = scipy_sparse.coo_array(DENSE).asformat(form)
    made = ops.assparse(matrix)
    assert made.layout is LAYOUTS[form]
    back = ops.sparse_to_scipy(made)
    assert back.format == form
    assert np.array_equal(back.toarray(), DENSE)


def test_csr_is_the_default():
    assert ops.assparse(torch.from_numpy(DENSE)).layout is torch.sparse_csr
    assert ops.assparse(scipy_sparse.lil_array(DENSE)).layout is torch.sparse_csr


@pytest.mark.parametrize("form", ["csr", "csc"])
def test_indices_are_narrow_wherever_they_come_from(form):
    wide = scipy_sparse.csr_array(DENSE)
    wide.indices, wide.indptr = wide.indices.astype("int64"), wide.indptr.astype("int64")
    for source in (wide, torch.from_numpy(DENSE), ops.assparse(wide, format="coo")):
        made = ops.assparse(source, format=form)
        assert {x.dtype for x in indices(made)} == {torch.int32}


@pytest.mark.parametrize("layout", [torch.sparse_bsr, torch.sparse_bsc])
@pytest.mark.parametrize("dtype", [torch.float64, torch.complex64, torch.int64])
@pytest.mark.filterwarnings("ignore:Sparse BS[RC] tensor support is in beta")
def test_matrices_of_blocks_are_read(layout, dtype):
    dense = (torch.arange(24).reshape(4, 6) % 5).to(dtype)
    a = dense.to_sparse(layout=layout, blocksize=(2, 3))
    x, y = torch.arange(6).to(dtype), torch.arange(4).to(dtype)
    assert ops.is_sparse(a)
    assert torch.equal(ops.sparse_matmul(a, x), dense @ x)
    assert torch.equal(ops.sparse_matmul(ops.sparse_transpose(a), y), dense.mT @ y)
    assert torch.equal(ops.sparse_to_dense(a), dense)
    assert np.array_equal(ops.sparse_to_scipy(a).toarray(), dense)
    assert ops.assparse(a).layout is torch.sparse_csr
    for made in LAYOUTS:
        assert torch.equal(ops.assparse(a, format=made).to_dense(), dense)
    if dtype is torch.float64:
        A = sc.SparseLinOp(a, sc.DenseVectorSpace((6,), sc.Context(ops, dtype=dtype)))
        gradient = ops.grad(lambda y: ops.sum(A.rapply(y) ** 2))(y)
        torch.testing.assert_close(gradient, 2 * dense @ (dense.mT @ y))


def test_a_matrix_that_fits_is_returned_itself(form):
    made = ops.assparse(torch.from_numpy(DENSE), format=form)
    assert ops.assparse(made) is made
    assert ops.assparse(made, dtype=torch.float32).dtype is torch.float32


def test_an_unknown_format_and_more_axes_are_refused():
    with pytest.raises(ValueError, match='"csr", "csc", "coo"'):
        ops.assparse(torch.eye(2), format="dia")
    with pytest.raises(ValueError, match="two axes"):
        ops.assparse(torch.ones(2))


def test_entries_that_occur_twice_are_summed(form):
    twice = scipy_sparse.csr_array((np.array([1.0, 2.0]), ([0, 0]), ([0, 2, 2])), shape=(2, 3))
    made = ops.assparse(twice, format=form)
    assert ops.sparse_to_dense(made)[0, 0] == 3
    assert ops.sparse_matmul(made, torch.ones(3, dtype=torch.float64)).tolist() == [3, 0]
    assert twice.nnz == 2


def test_indices_out_of_bounds_are_refused():
    """Torch would read past the end of memory."""
    matrix = scipy_sparse.csr_array(DENSE)
    matrix.indices[0] = 7
    with pytest.raises((RuntimeError, ValueError)):
        ops.assparse(matrix)


@pytest.mark.parametrize("dtype", DTYPES)
def test_products_in_every_dtype(form, dtype):
    made = ops.assparse(scipy_sparse.csr_array(DENSE), format=form, dtype=getattr(torch, dtype))
    vector = torch.arange(3).to(made.dtype)
    matrix = torch.arange(6).reshape(3, 2).to(made.dtype)
    for x in (vector, matrix):
        expected = DENSE @ x.to(torch.complex128).numpy()
        assert np.array_equal(ops.sparse_matmul(made, x).to(torch.complex128).numpy(), expected)


def test_products_promote(form):
    made = ops.assparse(torch.from_numpy(DENSE), format=form)
    x = torch.ones(3, dtype=torch.complex64)
    assert ops.sparse_matmul(made, x).dtype is torch.complex128


@pytest.fixture
def complex_matrix(form):
    return ops.assparse(torch.from_numpy(DENSE * (1 + 2j)), format=form)


def test_transforms_go_through_a_product(complex_matrix):
    dense = complex_matrix.to_dense()
    x = torch.tensor([1.0, 1j, 2.0], dtype=torch.complex128)

    def sparse(x):
        return ops.sparse_matmul(complex_matrix, x)

    def loss(product):
        return lambda x: ops.sum(ops.abs(product(x)) ** 2)

    cotangent = torch.tensor([1j, 2.0], dtype=torch.complex128)
    assert torch.allclose(ops.vjp(sparse, x)[1](cotangent)[0], dense.mH @ cotangent)
    assert torch.allclose(ops.linear_transpose(sparse, x)(cotangent)[0], dense.mT @ cotangent)
    assert torch.allclose(ops.jvp(sparse, (x,), (x,))[1], dense @ x)
    gradient = ops.grad(loss(lambda x: dense @ x))(x)
    assert torch.allclose(ops.grad(loss(sparse))(x), gradient)
    rows = torch.stack([x, 2 * x])
    assert torch.allclose(ops.vmap(sparse)(rows), rows @ dense.mT)
    assert torch.allclose(ops.vmap(sparse, in_axes=1)(rows.mT), rows @ dense.mT)
    assert torch.allclose(ops.vmap(ops.grad(loss(sparse)))(rows)[0], gradient)
    matrices = torch.stack([rows.mT, rows.mT])
    assert torch.allclose(ops.vmap(sparse)(matrices), dense @ matrices)


ADJOINTS = {
    "rapply": lambda A: A.rapply,
    "adjoint": lambda A: A.H.apply,
    "rows": lambda A: lambda y: ops.sum(A.rvapply(ops.stack([y, 0 * y])), axis=0),
    "normal": lambda A: (A.H @ A @ A.H).apply,
}


@pytest.mark.parametrize("name", ADJOINTS)
@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_adjoints_of_operators_are_differentiated_and_mapped(form, dtype, name):
    matrix = DENSE * (1 + 2j) if dtype == "complex128" else DENSE
    ctx = sc.Context(ops, dtype=dtype)
    X = sc.DenseVectorSpace((3,), ctx)
    a = scipy_sparse.csr_array(matrix)
    adjoint = ADJOINTS[name](sc.SparseLinOp(ctx.assparse(a, format=form), X))
    dense = ADJOINTS[name](sc.DenseLinOp(ctx.asarray(matrix), X))
    y = ctx.asarray([1.0, -2.0])
    rows = torch.stack([y, 3 * y])

    def loss(function):
        return lambda y: ops.sum(ops.abs(function(y)) ** 4)

    for transformed in (
        lambda f: ops.grad(loss(f))(y),
        lambda f: ops.grad(lambda y: ops.sum(ops.abs(ops.grad(loss(f))(y)) ** 2))(y),
        lambda f: ops.jvp(f, (y,), (3 * y,))[1],
        lambda f: ops.vjp(f, y)[1](f(y))[0],
        lambda f: ops.linear_transpose(f, y)(f(y))[0],
        lambda f: ops.vmap(f)(rows),
        lambda f: ops.vmap(ops.grad(loss(f)))(rows),
        lambda f: torch.func.jacrev(lambda v: ops.abs(f(v * ctx.asarray(1))) ** 2)(y.real),
        lambda f: torch.func.jacfwd(lambda v: ops.abs(f(v * ctx.asarray(1))) ** 2)(y.real),
    ):
        torch.testing.assert_close(transformed(adjoint), transformed(dense))
    slopes = []
    for function in (adjoint, dense):
        leaf = y.clone().requires_grad_()
        (first,) = torch.autograd.grad(loss(function)(leaf), leaf, create_graph=True)
        ops.sum(ops.abs(first) ** 2).backward()
        slopes.append((first.detach(), leaf.grad))
    torch.testing.assert_close(*slopes)


def test_vmap_multiplies_no_vectors_at_all(form):
    a = ops.assparse(torch.from_numpy(DENSE), format=form)
    x = torch.ones(0, 3, dtype=torch.float64)
    assert ops.vmap(lambda v: ops.sparse_matmul(a, v))(x).shape == (0, 2)
    assert ops.grad(lambda x: ops.sum(ops.vmap(lambda v: ops.sparse_matmul(a, v))(x)))(x).shape == (
        0,
        3,
    )


def test_backward_reaches_the_values_and_the_vector(form):
    dense = torch.from_numpy(DENSE).requires_grad_()
    x = torch.ones(3, dtype=torch.float64, requires_grad=True)
    ops.sparse_matmul(ops.assparse(dense, format=form), x).sum().backward()
    assert x.grad.tolist() == [1, 0, 5]
    assert dense.grad is not None


@pytest.mark.filterwarnings("error")
def test_making_the_first_one_makes_no_warning(run_python):
    code = """
import torch, scipy.sparse as sparse, spacecore as sc
ops = sc.TorchOps()
print(ops.assparse(sparse.eye_array(2)).layout, ops.assparse(torch.eye(2), format="csc").layout)
"""
    assert run_python(code) == "torch.sparse_csr torch.sparse_csc"


def test_sparse_and_dense_are_told_apart_by_layout(form):
    made = ops.assparse(torch.eye(2), format=form)
    assert (ops.is_sparse(made), ops.is_dense(made), ops.is_array(made)) == (True, False, True)
    assert sc.ops_of(made).family == "torch"
    assert not ops.is_sparse(scipy_sparse.csr_array(DENSE))
