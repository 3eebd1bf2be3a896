"""How each function of the contract is called on small arrays, through any namespace.

An entry is the arguments, or after `=` the whole expression. What stands in no table
takes as many arrays as its declaration has parameters without a default.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from spacecore.backend import BackendOps

__all__ = ["BY_HAND", "REMARKS", "calls", "operands"]

_ARRAYS = ("x", "y", "w")

_SECTIONS = {
    "Elementwise functions: bits, comparison and logic": {
        name: arguments
        for names, arguments in (
            ("bitwise_and bitwise_or bitwise_xor bitwise_left_shift bitwise_right_shift", "i, k"),
            ("logical_and logical_or logical_xor", "b, c"),
            ("bitwise_invert", "i"),
            ("logical_not", "b"),
        )
        for name in names.split()
    },
    "Set functions": dict.fromkeys(
        ("unique_all", "unique_counts", "unique_inverse", "unique_values"), "i"
    ),
}

_CALLS = {
    "__array_namespace_info__": "",
    "all": "b",
    "allclose": "x, x",
    "any": "b",
    "arange": "4",
    "asarray": "x",
    "assparse": "S",
    "astype": "x, single",
    "broadcast_arrays": "x, y",
    "broadcast_to": "x, (3, 4)",
    "can_cast": "single, double",
    "cholesky": "A",
    "clip": "x, 0.25, 0.75",
    "column_stack": "[x, y]",
    "complex_dtype": "double",
    "concat": "[x, y]",
    "cond": "True, same, same, x",
    "diagonal": "A",
    "acosh": "g",
    "custom_linear_solve": "product, x, y, quotient, quotient, quotient",
    "device_kind": "device",
    "dstack": "[x, y]",
    "dtype_name": "double",
    "eigh": "A",
    "einsum": "'ij,j->i', A, x",
    "empty": "(4,)",
    "eps": "double",
    "eye": "4",
    "expand_dims": "x, axis=0",
    "export_dense": "x",
    "finfo": "double",
    "fori_loop": "0, 4, step, x",
    "from_dlpack": "x",
    "full": "(4,), 1.0",
    "full_like": "x, 1.0",
    "grad": "={xp}.grad(loss)(x)",
    "has_dtype": "'float64'",
    "hstack": "[x, y]",
    "iinfo": "long",
    "import_dense": "x",
    "imag": "z",
    "index_add": "x, 0, 1.0",
    "index_set": "x, 0, 1.0",
    "invert": "i",
    "is_complex_dtype": "double",
    "isdtype": "double, 'real floating'",
    "ix_": "i, i",
    "jit": "=compiled(x)",
    "jvp": "same, (x,), (y,)",
    "left_shift": "i, k",
    "linear_transpose": "={xp}.linear_transpose(same, x)(y)",
    "linspace": "0.0, 1.0, 4",
    "matmul": "A, B",
    "matrix_transpose": "A",
    "member_test": "(4,), double, accept",
    "meshgrid": "x, y",
    "moveaxis": "A, 0, 1",
    "normalize_device": "'cpu'",
    "ones": "(4,)",
    "permute_dims": "A, (1, 0)",
    "random_integers": "={xp}.random_integers(key, (4,), high=9)",
    "random_key": "0",
    "random_normal": "key, (4,)",
    "random_rademacher": "key, (4,)",
    "random_split": "key",
    "random_uniform": "key, (4,)",
    "real_dtype": "double",
    "repeat": "x, 2",
    "reshape": "x, (2, 2)",
    "result_type": "x, y",
    "right_shift": "i, k",
    "roll": "x, 1",
    "sanitize_dtype": "double",
    "scan": "carry, x[0], x",
    "searchsorted": "s, y",
    "solve": "A, x",
    "sparse_matmul": "S, x",
    "sparse_to_dense": "S",
    "sparse_to_scipy": "S",
    "sparse_transpose": "S",
    "squeeze": "row, 0",
    "stack": "[x, y]",
    "svd": "A",
    "swapaxes": "A, 0, 1",
    "take": "x, i",
    "take_along_axis": "x, i",
    "tensordot": "A, B",
    "tile": "x, (2,)",
    "trace": "A",
    "transpose": "A",
    "tril": "A",
    "triu": "A",
    "unstack": "A",
    "value_and_grad": "={xp}.value_and_grad(loss)(x)",
    "vectorize": "={xp}.vectorize(number)(x)",
    "vjp": "={xp}.vjp(same, x)[1](y)",
    "vmap": "={xp}.vmap(same)(A)",
    "vstack": "[x, y]",
    "where": "b, x, y",
    "while_loop": "never, same, x",
    "zeros": "(4,)",
}

# Called once for each class, or once in a while.
_ONCE = frozenset({"forget_compiled", "register_value_class"})

_OF_A_MATRIX = (
    "cholesky",
    "det",
    "diagonal",
    "eigh",
    "eigvalsh",
    "inv",
    "matrix_norm",
    "matrix_rank",
    "matrix_transpose",
    "pinv",
    "qr",
    "slogdet",
    "svd",
    "svdvals",
    "trace",
)

_LINALG = dict.fromkeys(_OF_A_MATRIX, "A") | {
    "cross": "x[:3], y[:3]",
    "matmul": "A, B",
    "matrix_power": "A, 2",
    "solve": "A, B",
    "tensordot": "A, B",
}

_OF_COMPLEX = ("fft", "ifft", "irfft", "fftn", "ifftn", "irfftn", "hfft", "fftshift", "ifftshift")

_FFT = dict.fromkeys(_OF_COMPLEX, "z") | {"fftfreq": "4", "rfftfreq": "4"}

# What the users of a library write where it has no function of the name, or another by it.
BY_HAND: Mapping[str, Mapping[str, str]] = {
    "numpy": {
        "assparse": "S if sparse.issparse(S) else sparse.csr_array(S)",
        "cholesky": "xp.linalg.cholesky(A)",
        "device_of": "x.device",
        "diagonal": "xp.linalg.diagonal(A)",
        "dtype_name": "double.name",
        "eigh": "by_hand.eigh(A)",
        "eps": "xp.finfo(double).eps",
        "get_dtype": "x.dtype",
        "import_dense": "xp.from_dlpack(x)",
        "is_dense": "isinstance(x, (xp.ndarray, xp.generic))",
        "is_sparse": "sparse.issparse(x)",
        "jit": "number(x)",
        "logsumexp": "special.logsumexp(x)",
        "norm": "xp.linalg.norm(x)",
        "random_integers": "xp.random.Generator(xp.random.Philox(0)).integers(9, size=4)",
        "random_normal": "xp.random.Generator(xp.random.Philox(0)).standard_normal(4)",
        "random_uniform": "xp.random.Generator(xp.random.Philox(0)).random(4)",
        "sanitize_dtype": "xp.dtype(double)",
        "solve": "xp.linalg.solve(A, x)",
        "sparse_matmul": "S @ x",
        "sparse_to_dense": "S.toarray()",
        "svd": "by_hand.svd(A)",
        "to_numpy": "xp.asarray(x)",
    },
    "torch": {
        "argsort": "xp.argsort(x, stable=True)",
        "asarray": "xp.asarray(x)",
        "astype": "x.to(single)",
        "broadcast_arrays": "xp.broadcast_tensors(x, y)",
        "broadcast_to": "xp.broadcast_to(x, (3, 4))",
        "cholesky": "xp.linalg.cholesky(A)",
        "copy": "x.clone()",
        "cumulative_prod": "xp.cumprod(x, 0)",
        "cumulative_sum": "xp.cumsum(x, 0)",
        "diagonal": "xp.linalg.diagonal(A)",
        "eigh": "by_hand.eigh(A)",
        "eps": "xp.finfo(double).eps",
        "equal": "xp.eq(x, y)",
        "expand_dims": "xp.unsqueeze(x, axis=0)",
        "flip": "xp.flip(x, (0,))",
        "get_dtype": "x.dtype",
        "grad": "xp.func.grad(loss)(x)",
        "index_add": "xp.index_add(x, 0, i[:1], y[:1])",
        "is_dense": "isinstance(x, xp.Tensor) and x.layout is xp.strided",
        "is_sparse": "x.is_sparse",
        "jit": "number(x)",
        "jvp": "xp.func.jvp(same, (x,), (y,))",
        "logsumexp": "xp.logsumexp(x, 0)",
        "matrix_transpose": "A.mT",
        "max": "xp.amax(x)",
        "min": "xp.amin(x)",
        "moveaxis": "xp.moveaxis(A, 0, 1)",
        "ndim": "x.ndim",
        "nonzero": "xp.nonzero(x, as_tuple=True)",
        "norm": "xp.linalg.norm(x)",
        "permute_dims": "xp.permute(A, (1, 0))",
        "random_integers": "xp.randint(9, (4,), generator=generator.manual_seed(0))",
        "random_normal": "xp.randn((4,), generator=generator.manual_seed(0))",
        "random_rademacher": "1 - 2 * xp.randint(2, (4,), generator=generator.manual_seed(0))",
        "random_uniform": "xp.rand((4,), generator=generator.manual_seed(0))",
        "real": "x.real",
        "repeat": "xp.repeat_interleave(x, 2)",
        "shape": "x.shape",
        "sign": "xp.where(xp.isnan(x), x, xp.sign(x))",
        "size": "x.numel()",
        "solve": "xp.linalg.solve(A, x)",
        "sort": "xp.sort(x, stable=True)",
        "sparse_matmul": "S @ x",
        "sparse_to_dense": "S.to_dense()",
        "squeeze": "xp.squeeze(row, 0)",
        "std": "xp.std(x, correction=0)",
        "svd": "by_hand.svd(A)",
        "take_along_axis": "xp.take_along_dim(x, i, 0)",
        "to_numpy": "x.numpy()",
        "transpose": "A.t()",
        "unique_values": "xp.unique(i)",
        "unique_inverse": "xp.unique(i, return_inverse=True)",
        "unique_counts": "xp.unique(i, return_counts=True)",
        "unstack": "xp.unbind(A)",
        "value_and_grad": "xp.func.grad_and_value(loss)(x)",
        "var": "xp.var(x, correction=0)",
        "vecdot": "xp.linalg.vecdot(x, y)",
        "vjp": "xp.func.vjp(same, x)[1](y)",
        "vmap": "xp.func.vmap(same)(A)",
        "linalg.matrix_transpose": "A.mT",
        "linalg.outer": "xp.outer(x, y)",
        "linalg.tensordot": "xp.tensordot(A, B)",
        "linalg.trace": "xp.trace(A)",
    },
    "jax": {
        "cholesky": "xp.linalg.cholesky(A)",
        "cond": "jax.lax.cond(True, same, same, x)",
        "device_of": "x.device",
        "dtype_name": "double.name",
        "eigh": "xp.linalg.eigh(A)",
        "eps": "xp.finfo(double).eps",
        "fori_loop": "jax.lax.fori_loop(0, 4, step, x)",
        "get_dtype": "x.dtype",
        "grad": "jax.grad(loss)(x)",
        "index_add": "x.at[0].add(1.0)",
        "index_set": "x.at[0].set(1.0)",
        "is_dense": "isinstance(x, jax.Array)",
        "is_traced": "isinstance(x, jax.core.Tracer)",
        "jit": "raw_compiled(x)",
        "jvp": "jax.jvp(same, (x,), (y,))",
        "linear_transpose": "jax.linear_transpose(same, x)(y)",
        "logsumexp": "jax.scipy.special.logsumexp(x)",
        "norm": "xp.linalg.norm(x)",
        "random_key": "jax.random.key(0)",
        "random_normal": "jax.random.normal(key, (4,))",
        "random_split": "jax.random.split(key)",
        "random_uniform": "jax.random.uniform(key, (4,))",
        "random_integers": "jax.random.randint(key, (4,), 0, 9)",
        "random_rademacher": "jax.random.rademacher(key, (4,))",
        "scan": "jax.lax.scan(carry, x[0], x)",
        "solve": "xp.linalg.solve(A, x)",
        "sparse_matmul": "S @ x",
        "sparse_to_dense": "S.todense()",
        "svd": "xp.linalg.svd(A)",
        "to_numpy": "numpy.asarray(x)",
        "value_and_grad": "jax.value_and_grad(loss)(x)",
        "vjp": "jax.vjp(same, x)[1](y)",
        "vmap": "jax.vmap(same)(A)",
        "while_loop": "jax.lax.while_loop(never, same, x)",
    },
}

# Where the two sides can't do the same work, and what the difference is.
REMARKS: Mapping[str, str] = {
    "get_dtype": "raw reads an attribute, and ours is the least that a call in Python takes",
    "random_integers": "ours also checks that the range fits the dtype",
    **dict.fromkeys(
        ("device_of", "is_sparse", "ndim", "real", "shape", "size"),
        "raw reads an attribute where the library has one",
    ),
    "eigh": "raw fixes signs too; on JAX it doesn't, for it is not compiled",
    "svd": "raw fixes signs too; on JAX it doesn't, for it is not compiled",
    "sign": "raw keeps NaN too, by hand where Torch loses it",
}


def calls(ops: BackendOps) -> Iterator[tuple[str, str]]:
    """Give each function of the contract and its extensions, with the expression that calls it."""
    yield from _of_namespace(type(ops), "", _CALLS)
    yield from _of_namespace(type(ops.linalg), "linalg.", _LINALG)
    yield from _of_namespace(type(ops.fft), "fft.", _FFT)


def operands(library: Any) -> dict[str, Any]:
    """Return the names that the expressions use: arrays of four numbers, 4 by 4 matrices."""
    ops = library.ops
    single, double, long = (ops.sanitize_dtype(name) for name in ("float32", "float64", "int64"))
    matrix = np.diag([2.0, 3.0, 4.0, 5.0]) + 0.5
    values = {
        "x": np.array([0.2, 0.7, 0.4, 0.9]),
        "y": np.array([0.5, 0.3, 0.8, 0.1]),
        "w": np.array([0.6, 0.1, 0.2, 0.4]),
        "g": np.array([1.2, 1.7, 1.4, 1.9]),
        "s": np.array([0.1, 0.2, 0.3, 0.4]),
        "z": np.array([1 + 1j, 2 - 1j, 0.5j, 1.0]),
        "i": np.array([3, 1, 0, 2]),
        "k": np.array([1, 2, 3, 1]),
        "b": np.array([True, False, True, False]),
        "c": np.array([True, True, False, False]),
        "A": matrix,
        "B": matrix[::-1].copy(),
        "row": np.ones((1, 4)),
    }
    made = {name: ops.asarray(value) for name, value in values.items()}
    functions: dict[str, Any] = {
        "same": _same,
        "number": _half,
        "step": _step,
        "carry": _carry,
        "never": _never,
        "accept": _same,
        "loss": lambda v: (v * v).sum(),
        "product": lambda d, v: d * v,
        "quotient": lambda d, v, lift: (v / d, ()),
    }
    more: dict[str, Any] = {"single": single, "double": double, "long": long}
    more["key"] = ops.random_key(0)
    more["device"] = ops.device_of(made["x"])
    more["compiled"] = ops.jit(_half)
    if ops.allow_sparse:
        more["S"] = ops.assparse(made["A"])
    if library.name != "jax":
        more["by_hand"] = _Decompositions(library.xp)
    if library.name == "numpy":
        from scipy import sparse, special

        more |= {"sparse": sparse, "special": special}
    if library.name == "torch":
        more["generator"] = library.xp.Generator()
    if library.name == "jax":
        import jax

        more |= {"jax": jax, "numpy": np, "raw_compiled": jax.jit(_half)}
    return {"xp": library.xp, "ops": ops, **made, **functions, **more}


class _Decompositions:
    """A real 4 by 4 matrix taken apart, with the signs of the vectors fixed by hand."""

    def __init__(self, xp: Any):
        self.xp, self.columns = xp, xp.arange(4)

    def eigh(self, a: Any) -> Any:
        values, vectors = self.xp.linalg.eigh(a)
        return values, vectors * self._signs(vectors)

    def svd(self, a: Any) -> Any:
        left, values, right = self.xp.linalg.svd(a)
        signs = self._signs(left)
        return left * signs, values, right * signs[:, None]

    def _signs(self, vectors: Any) -> Any:
        """Of the first entry of a column that is nearly the largest."""
        size = self.xp.abs(vectors)
        tied = size >= 0.99 * self.xp.amax(size, 0)
        first = self.xp.argmax(tied + self.xp.zeros_like(size), 0)
        return self.xp.sign(vectors[first, self.columns])


def _of_namespace(cls: Any, prefix: str, table: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, entry in cls.contract().items():
        if name in _ONCE:
            continue
        known = _SECTIONS.get(entry.section, {})
        meant = entry.target or name
        arguments = known.get(name, table.get(name, table.get(meant)))
        if arguments is None:
            count = _required(cls, meant)
            if count is None:
                continue
            arguments = ", ".join(_ARRAYS[:count])
        call = f"{{xp}}.{prefix}{name}({arguments})"
        yield prefix + name, arguments[1:] if arguments.startswith("=") else call


def _required(cls: Any, name: str) -> int | None:
    """How many arrays a function's declaration needs, or None for a constant."""
    for base in cls.__mro__:
        if name in vars(base) and "__entries__" in vars(base) and callable(getattr(base, name)):
            parameters = inspect.signature(vars(base)[name]).parameters.values()
            return sum(
                each.default is each.empty
                and each.kind is each.POSITIONAL_ONLY
                and each.name != "self"
                for each in parameters
            )
    return None


def _same(v: Any) -> Any:
    return v


def _half(v: Any) -> Any:
    return 0.5 * v


def _step(i: Any, v: Any) -> Any:
    return v


def _carry(total: Any, v: Any) -> Any:
    return total + v, v


def _never(v: Any) -> Any:
    return v[0] < 0
