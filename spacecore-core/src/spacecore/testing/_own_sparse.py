"""Sparse matrices: every format, from SciPy and back, products, dense values."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from spacecore.backend import transfer_sparse
from spacecore.errors import CastError
from spacecore.plugins import resolve
from spacecore.testing._case import Case
from spacecore.testing._compare import check_array, check_raises
from spacecore.testing._inputs import put
from spacecore.testing._law import check_tree, complexes, floats, law

__all__ = ["laws"]

_FORMATS = ("csr", "csc", "coo")
_DTYPES = ("float64", "float32", "complex128", "complex64")
_DENSE = np.array([[0, 2, 0, 1], [0, 0, 0, 0], [3, 0, -1, 0]], dtype="float64")


def laws() -> Iterator[Case]:
    """Yield the cases."""
    for i, form in enumerate(_FORMATS):
        for index in ("int32", "int64"):
            label = f"{_DTYPES[i]}-{form}-{index}"
            check = partial(_from_scipy, form, index, _DTYPES[i])
            yield law(f"assparse[{label}]", check, dtypes=(_DTYPES[i],), sparse_formats=(form,))
        check = partial(_bools, form)
        yield law(
            f"assparse[bool-{form}]", check, dtypes=("bool", "float32"), sparse_formats=(form,)
        )
        for dtype in _DTYPES:
            for name, run in (
                ("sparse_matmul", _product),
                ("sparse_to_dense", _to_dense),
                ("sparse_to_scipy", _to_scipy),
            ):
                check = partial(run, form, dtype)
                label = f"{name}[{dtype}-{form}]"
                yield law(label, check, dtypes=(dtype,), sparse_formats=(form,))
        for other in _FORMATS:
            check = partial(_reformat, form, other)
            name = f"assparse[{form}-to-{other}]"
            yield law(name, check, dtypes=("float32",), sparse_formats=(form, other))
        check = partial(_sorted_later, form)
        yield law(
            f"assparse[{form}-sorted-later]", check, dtypes=("float32",), sparse_formats=(form,)
        )
        for name, one in (
            (f"sparse_matmul[{form}-jit]", _compiled),
            (f"assparse[{form}-empty]", _empty),
            (f"sparse_transpose[{form}]", _transposed),
            (f"assparse[{form}-copied]", _from_scipy_copied),
            (f"sparse_to_scipy[{form}-copied]", _to_scipy_copied),
            (f"sparse_matmul[{form}-vmap-empty]", _empty_mapped),
        ):
            yield law(name, partial(one, form), dtypes=("float32",), sparse_formats=(form,))
        yield law(
            f"sparse_matmul[{form}-gradient-dtype]",
            partial(_gradient_in_its_dtype, form),
            operations=("grad",),
            sparse_formats=(form,),
        )
        for name, use in _USES.items():
            check = partial(_in_transforms, form, use)
            yield law(
                f"{name}[{form}-in-transforms]",
                check,
                operations=("grad", "jvp", "sparse_matmul"),
                dtypes=("complex64",),
                sparse_formats=(form,),
            )
    yield law("assparse[dense]", _from_dense, dtypes=("float32",))
    yield law("assparse[bool-dense]", _bools_from_dense, dtypes=("bool",))
    yield law("assparse[dtype]", _in_dtype, dtypes=("float32", "complex64"))
    yield law("assparse[complex-into-real-refused]", _into_real, dtypes=("float32", "complex64"))
    yield law("assparse[one-axis-refused]", _one_axis, dtypes=("float32",))
    yield law("assparse[duplicates]", _duplicates, dtypes=("float32",))
    yield law("is_sparse[sparse-and-dense]", _is_sparse, operations=("assparse",))
    yield law("sparse_matmul[grad]", _gradient, operations=("grad",))


def _host(dtype: str) -> Any:
    return (_DENSE * (1 + 2j) if dtype.startswith("complex") else _DENSE).astype(dtype)


def _scipy(form: str, dtype: str, index: str = "int32") -> Any:
    from scipy import sparse

    made = sparse.coo_array(_host(dtype)).asformat(form)
    if form == "coo":
        made.coords = tuple(axis.astype(index) for axis in made.coords)
    else:
        made.indices, made.indptr = made.indices.astype(index), made.indptr.astype(index)
    return made


def _made(ops: Any, form: str, dtype: str) -> Any:
    return ops.assparse(_scipy(form, dtype), format=form)


def _from_scipy(form: str, index: str, dtype: str, ops: Any) -> None:
    a = ops.assparse(_scipy(form, dtype, index), format=form)
    assert ops.is_sparse(a), f"expected a sparse matrix, got {type(a).__name__}"
    assert tuple(a.shape) == (3, 4), f"expected shape (3, 4), got {tuple(a.shape)}"
    assert ops.dtype_name(a.dtype) == dtype, f"expected dtype {dtype}, got {a.dtype}"
    check_array(ops, ops.sparse_to_dense(a), _host(dtype))
    x = np.arange(4).astype(dtype)
    check_array(ops, ops.sparse_matmul(a, put(ops, x)), _host(dtype) @ x)


def _product(form: str, dtype: str, ops: Any) -> None:
    a, host = _made(ops, form, dtype), _host(dtype)
    for shape in ((4,), (4, 2), (4, 1), (4, 0)):
        x = np.linspace(-1, 2, int(np.prod(shape))).reshape(shape).astype(dtype)
        got = ops.sparse_matmul(a, put(ops, x))
        assert ops.is_dense(got), f"expected a dense product, got {type(got).__name__}"
        check_array(ops, got, host @ x)


def _to_dense(form: str, dtype: str, ops: Any) -> None:
    got = ops.sparse_to_dense(_made(ops, form, dtype))
    assert ops.is_dense(got), f"expected a dense array, got {type(got).__name__}"
    check_array(ops, got, _host(dtype))


def _to_scipy(form: str, dtype: str, ops: Any) -> None:
    from scipy import sparse

    got = ops.sparse_to_scipy(_made(ops, form, dtype))
    assert sparse.issparse(got), f"expected a SciPy sparse array, got {type(got).__name__}"
    assert got.dtype == dtype, f"expected dtype {dtype}, got {got.dtype}"
    assert np.array_equal(got.toarray(), _host(dtype)), "expected equal values, got others"


def _reformat(form: str, other: str, ops: Any) -> None:
    a = ops.assparse(_made(ops, form, "float32"), format=other)
    assert ops.is_sparse(a), f"expected a sparse matrix, got {type(a).__name__}"
    check_array(ops, ops.sparse_to_dense(a), _host("float32"))
    kept = ops.assparse(a)
    assert type(kept) is type(a), f"expected its format kept, got {type(kept).__name__}"


def _gradient_in_its_dtype(form: str, ops: Any) -> None:
    """A gradient is of the dtype of what it is by, whatever the product was promoted to."""
    dense = np.array([[1 + 2j, 0], [0, 3 - 1j]])
    a = ops.assparse(complexes(ops, dense), format=form)
    slope = ops.grad(lambda x: ops.real(ops.sum(ops.sparse_matmul(a, x) * (1 + 2j))))
    check_tree(ops, slope(floats(ops, [1, 2])), np.array([-3.0, 5.0]))


def _compiled(form: str, ops: Any) -> None:
    a, x = _made(ops, form, "float32"), np.arange(4, dtype="float32")
    got = ops.jit(lambda v: ops.sparse_matmul(a, v))(put(ops, x))
    check_array(ops, got, _host("float32") @ x)


def _empty(form: str, ops: Any) -> None:
    from scipy import sparse

    a = ops.assparse(sparse.coo_array((3, 4), dtype="float32").asformat(form), format=form)
    got = ops.sparse_matmul(a, ops.ones((4,), dtype=ops.float32))
    check_array(ops, got, np.zeros(3, "float32"))


def _empty_mapped(form: str, ops: Any) -> None:
    """No columns in each slice, and matrices without rows or columns."""
    from scipy import sparse

    for shape, size in (((3, 4), (2, 4, 0)), ((3, 0), (2, 0)), ((0, 4), (2, 4))):
        a = ops.assparse(sparse.coo_array(shape, dtype="float32").asformat(form), format=form)
        product = ops.vmap(lambda v, a=a: ops.sparse_matmul(a, v))
        got = product(ops.ones(size, dtype=ops.float32))
        check_array(ops, got, np.zeros((2, shape[0], *size[2:]), "float32"))


def _transposed(form: str, ops: Any) -> None:
    got = ops.sparse_transpose(_made(ops, form, "float32"))
    assert ops.is_sparse(got), f"expected a sparse matrix, got {type(got).__name__}"
    check_array(ops, ops.sparse_to_dense(got), _host("float32").T)
    x = np.arange(3, dtype="float32")
    check_array(ops, ops.sparse_matmul(got, put(ops, x)), _host("float32").T @ x)


def _from_dense(ops: Any) -> None:
    a = ops.assparse(put(ops, _host("float32")))
    assert ops.is_sparse(a), f"expected a sparse matrix, got {type(a).__name__}"
    check_array(ops, ops.sparse_to_dense(a), _host("float32"))


def _bools(form: str, ops: Any) -> None:
    a, host = _made(ops, form, "bool"), _host("bool")
    check_array(ops, ops.sparse_to_dense(a), host)
    check_array(ops, ops.sparse_to_dense(ops.sparse_transpose(a)), host.T)
    x = np.arange(4, dtype="float32")
    check_array(ops, ops.sparse_matmul(a, put(ops, x)), host @ x)


def _bools_from_dense(ops: Any) -> None:
    a = ops.assparse(put(ops, _host("bool")))
    assert ops.dtype_name(a.dtype) == "bool", f"expected dtype bool, got {a.dtype}"
    check_array(ops, ops.sparse_to_dense(a), _host("bool"))


def _in_dtype(ops: Any) -> None:
    a = ops.assparse(_scipy("csr", "float32"), dtype=ops.complex64)
    check_array(ops, ops.sparse_to_dense(a), _host("float32").astype("complex64"))


def _into_real(ops: Any) -> None:
    made = _scipy("csr", "complex64")
    for a in (made, ops.assparse(made), put(ops, _host("complex64"))):
        check_raises(lambda a=a: ops.assparse(a, dtype=ops.float32), CastError)


def _one_axis(ops: Any) -> None:
    for shape in ((), (3,), (2, 2, 2)):
        x = put(ops, np.ones(shape, "float32"))
        check_raises(lambda x=x: ops.assparse(x), ValueError)


def _duplicates(ops: Any) -> None:
    from scipy import sparse

    places = (np.array([0, 0, 2]), np.array([1, 1, 3]))
    made = sparse.coo_array((np.array([1, 2, 4], "float32"), places), shape=(3, 4))
    a = ops.assparse(made)
    check_array(ops, ops.sparse_to_dense(a), made.toarray())
    x = np.ones(4, "float32")
    check_array(ops, ops.sparse_matmul(a, put(ops, x)), made.toarray() @ x)


def _unsorted(form: str) -> Any:
    """A matrix of SciPy's with its rows' entries backwards, in memory that others can share."""
    from scipy import sparse

    count = 2000
    ends = np.arange(0, 2 * count + 1, 2, dtype="int32")
    places = np.tile(np.array([1, 0], "int32"), count)
    data, places, ends = (
        _aligned(np.arange(2 * count, dtype="float32")),
        *map(_aligned, (places, ends)),
    )
    if form == "coo":
        return sparse.coo_array((data, (np.repeat(ends[:-1] // 2, 2), places)), (count, 2))
    if form == "csr":
        return sparse.csr_array((data, places, ends), (count, 2))
    return sparse.csc_array((data, places, ends), (2, count))


def _aligned(x: Any) -> Any:
    memory = np.empty(x.nbytes + 64, np.uint8)
    start = -memory.ctypes.data % 64
    made = memory[start : start + x.nbytes].view(x.dtype)
    made[...] = x
    return made


def _sorted_later(form: str, ops: Any) -> None:
    """SciPy sorts the entries of a matrix in place when it needs them so, as its `max` does."""
    host = _unsorted(form)
    want = host.toarray()
    a = ops.assparse(host, format=form)
    host.max()
    host.sum_duplicates()
    check_array(ops, ops.sparse_to_dense(a), want)


def _from_scipy_copied(form: str, ops: Any) -> None:
    """`copy=True` shares no memory with the matrix that is moved."""
    host = _scipy(form, "float32")
    a = transfer_sparse(host, resolve("numpy"), ops, dtype="float32", copy=True)
    host.data[:] = 7
    check_array(ops, ops.sparse_to_dense(a), _host("float32"))


def _to_scipy_copied(form: str, ops: Any) -> None:
    a = _made(ops, form, "float32")
    host = transfer_sparse(a, ops, resolve("numpy"), dtype="float32", copy=True)
    host.data[:] = 7
    check_array(ops, ops.sparse_to_dense(a), _host("float32"))


def _is_sparse(ops: Any) -> None:
    a, x = _made(ops, "csr", "float32"), ops.zeros((2, 2))
    answers = [ops.is_sparse(a), ops.is_dense(a), ops.is_array(a), ops.is_sparse(x)]
    expected = [True, False, True, False]
    assert answers == expected, f"expected sparse, dense, array, sparse {expected}, got {answers}"
    for other in (_DENSE.tolist(), 1.0, None, "csr"):
        assert not ops.is_sparse(other), f"expected False for {type(other).__name__}"


_USES: dict[str, Any] = {
    "sparse_matmul": lambda ops, a: lambda v: ops.sparse_matmul(a, v),
    "sparse_transpose": lambda ops, a: (
        lambda v: ops.sparse_matmul(ops.sparse_transpose(ops.sparse_transpose(a)), v)
    ),
    "sparse_to_dense": lambda ops, a: lambda v: ops.matmul(ops.sparse_to_dense(a), v),
    "assparse": lambda ops, a: (
        lambda v: ops.sparse_matmul(ops.assparse(a, format=ops.sparse_formats[-1]), v)
    ),
    "sparse_to_scipy": lambda ops, a: (
        lambda v: ops.sparse_matmul(ops.assparse(ops.sparse_to_scipy(a)), v)
    ),
}


def _in_transforms(form: str, use: Any, ops: Any) -> None:
    """A constant is used in what is mapped and differentiated, also one that is promoted there."""
    host = _host("complex64")
    for dtype, matrix in (("complex64", host), ("float32", host.real)):
        product = use(ops, ops.assparse(_scipy(form, dtype), format=form))
        rows = np.array([[1, 2j, -1, 0.5], [0, 1 - 1j, 2, 1]], "complex64")
        x, h = put(ops, rows[0]), put(ops, rows[1])
        check_array(ops, ops.vmap(product)(put(ops, rows)), rows @ matrix.T)
        value, slope = ops.jvp(product, (x,), (h,))
        check_array(ops, value, matrix @ rows[0])
        check_array(ops, slope, matrix @ rows[1])
        gradient = ops.grad(lambda v, p=product: ops.sum(ops.abs(p(v)[::2]) ** 2))(x)
        check_array(ops, gradient, 2 * np.conj(matrix).T @ (matrix @ rows[0]))


def _gradient(ops: Any) -> None:
    a, x = _made(ops, "csr", "float32"), np.arange(4, dtype="float32")
    gradient = ops.grad(lambda v: ops.sum(ops.sparse_matmul(a, v) ** 2))(put(ops, x))
    host = _host("float32")
    check_array(ops, gradient, 2 * host.T @ (host @ x))
