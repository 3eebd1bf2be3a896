"""Sparse matrices in JAX's formats."""

from __future__ import annotations

import numpy as np
import pytest

import spacecore as sc

jax = pytest.importorskip("jax")
scipy_sparse = pytest.importorskip("scipy.sparse")
pytest.importorskip("spacecore_jax")

ops = sc.JaxOps()
FORMATS = {"coo": "BCOO", "csr": "BCSR", "csc": "CSC"}


@pytest.fixture
def matrix(rng):
    return scipy_sparse.random_array((5, 4), density=0.5, rng=rng, format="csr")


@pytest.mark.parametrize("kind", ["csr", "csc", "coo", "bsr", "dia", "dok", "lil"])
def test_every_scipy_format_becomes_bcoo_unless_another_is_asked_for(matrix, kind):
    made = ops.assparse(matrix.asformat(kind))
    assert type(made).__name__ == "BCOO"
    np.testing.assert_array_equal(ops.sparse_to_dense(made), matrix.toarray())
    assert type(ops.assparse(matrix.asformat(kind), format="csr")).__name__ == "BCSR"


@pytest.mark.parametrize("to", FORMATS)
@pytest.mark.parametrize("of", FORMATS)
def test_formats_change_into_each_other(matrix, of, to):
    a = ops.assparse(matrix, format=of)
    made = ops.assparse(a, format=to)
    assert type(made).__name__ == FORMATS[to]
    assert ops.is_sparse(made)
    back = ops.sparse_to_scipy(made)
    assert back.format == to
    np.testing.assert_array_equal(back.toarray(), matrix.toarray())
    assert ops.assparse(a) is a


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("columns", [(), (3,)], ids=["vector", "matrix"])
def test_products_compile_map_and_differentiate(matrix, rng, format, columns):
    a = ops.assparse(matrix, format=format)
    x = ops.asarray(rng.standard_normal((4, *columns)))
    want = matrix.toarray() @ np.asarray(x)
    np.testing.assert_allclose(ops.sparse_matmul(a, x), want)
    np.testing.assert_allclose(jax.jit(ops.sparse_matmul)(a, x), want)
    mapped = ops.vmap(lambda v: ops.sparse_matmul(a, v))(ops.stack([x, 2 * x]))
    np.testing.assert_allclose(mapped[1], 2 * want)
    gradient = ops.grad(lambda v: ops.sum(ops.sparse_matmul(a, v) ** 2))(x)
    np.testing.assert_allclose(gradient, 2 * matrix.toarray().T @ want)


@pytest.mark.parametrize("format", FORMATS)
def test_gradients_reach_the_entries(matrix, format):
    a = ops.assparse(matrix, format=format)
    gradient = ops.grad(lambda b: ops.sum(ops.sparse_matmul(b, ops.ones(4))), argnums=0)
    leaves, structure = jax.tree.flatten(a)
    by_data = ops.grad(
        lambda data: ops.sum(
            ops.sparse_matmul(jax.tree.unflatten(structure, [data, *leaves[1:]]), ops.ones(4))
        )
    )(leaves[0])
    np.testing.assert_array_equal(by_data, np.ones(matrix.nnz))
    assert callable(gradient)


@pytest.mark.parametrize("format", FORMATS)
def test_a_transpose_is_sparse_and_multiplies(matrix, format):
    transposed = ops.sparse_transpose(ops.assparse(matrix, format=format))
    assert ops.is_sparse(transposed)
    assert transposed.shape == (4, 5)
    np.testing.assert_allclose(
        ops.sparse_matmul(transposed, ops.ones(5)), matrix.toarray().T @ np.ones(5)
    )


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("width", ["int32", "int64"])
def test_indices_keep_their_width_where_jax_has_it(matrix, format, width):
    source = matrix.asformat(format)
    if format == "coo":
        source.coords = tuple(each.astype(width) for each in source.coords)
    else:
        source.indices, source.indptr = source.indices.astype(width), source.indptr.astype(width)
    a = ops.assparse(source, format=format)
    assert a.indices.dtype == width
    np.testing.assert_allclose(ops.sparse_matmul(a, ops.ones(4)), matrix.toarray().sum(axis=1))
    with jax.enable_x64(False):
        narrow = ops.assparse(source, format=format, dtype="float32")
        assert narrow.indices.dtype == "int32"
        np.testing.assert_allclose(ops.sparse_to_dense(narrow), matrix.toarray().astype("float32"))


def test_nothing_is_narrowed():
    wide = scipy_sparse.coo_array(([1.0], ([0], [2**40])), shape=(1, 2**41))
    assert ops.assparse(wide).indices.dtype == "int64"
    with jax.enable_x64(False):
        with pytest.raises(sc.CastError, match="64-bit indices"):
            ops.assparse(wide, dtype="float32")
        with pytest.raises(sc.CastError, match="jax_enable_x64"):
            ops.assparse(scipy_sparse.eye_array(2, format="csr"))
    with pytest.raises(sc.CastError, match="real part"):
        ops.assparse(scipy_sparse.eye_array(2, format="csr", dtype="complex128"), dtype="float64")


def test_dtypes_change_in_every_format(matrix):
    for kind in FORMATS:
        made = ops.assparse(ops.assparse(matrix, format=kind), dtype="complex64")
        assert made.dtype == "complex64"
        with pytest.raises(sc.CastError, match="real part"):
            ops.assparse(made, dtype="float32")


def test_dense_arrays_become_sparse_outside_of_traced_functions(matrix):
    x = ops.asarray(matrix.toarray())
    np.testing.assert_array_equal(ops.sparse_to_dense(ops.assparse(x)), x)
    assert ops.assparse(x).nse == matrix.nnz
    with pytest.raises(sc.ConversionError, match="can't be counted"):
        jax.jit(lambda v: ops.sparse_to_dense(ops.assparse(v)))(x)


def test_entries_that_occur_twice_are_summed_and_padding_is_dropped():
    from jax.experimental.sparse import BCOO

    places = ops.asarray([[0, 0], [0, 0], [2, 2]])
    a = BCOO((ops.ones(3), places), shape=(2, 2))
    np.testing.assert_array_equal(ops.sparse_to_dense(a), [[2, 0], [0, 0]])
    back = ops.sparse_to_scipy(a)
    assert back.nnz == 2
    np.testing.assert_array_equal(back.toarray(), [[2, 0], [0, 0]])
    back.data[:] = 5  # a copy of its own
    assert float(a.data[0]) == 1.0


def test_a_traced_sparse_matrix_is_known_as_one():
    a = ops.assparse(np.eye(3))
    seen = []
    jax.jit(lambda b: seen.append((ops.is_sparse(b), ops.is_traced(b))) or b.data)(a)
    assert seen == [(True, True)]
    assert not ops.is_traced(a)


@pytest.mark.parametrize("format", ["bsr", "CSR", "dense"])
def test_other_formats_are_refused_by_name(format):
    with pytest.raises(ValueError, match="coo, csr, csc"):
        ops.assparse(np.eye(2), format=format)
    with pytest.raises(ValueError, match="two axes"):
        ops.assparse(ops.ones(3))


@pytest.mark.parametrize("format", FORMATS)
def test_bools_multiply_bools(format):
    dense = np.array([[True] * 300, [False] * 300])
    a = ops.assparse(scipy_sparse.csr_array(dense), format=format)
    got = jax.jit(ops.sparse_matmul)(a, ops.ones(300, dtype="bool"))
    np.testing.assert_array_equal(got, [True, False], strict=True)
    np.testing.assert_array_equal(ops.sparse_matmul(a, ops.ones((300, 2), dtype="int8"))[1], [0, 0])


def test_batch_and_dense_axes_are_refused():
    from jax.experimental.sparse import BCOO

    for axes in ({"n_batch": 1}, {"n_dense": 1}):
        with pytest.raises(ValueError, match="two sparse axes"):
            ops.assparse(BCOO.fromdense(ops.ones((2, 3)), **axes))
