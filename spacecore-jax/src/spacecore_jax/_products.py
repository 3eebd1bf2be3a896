"""Products in a chosen precision, which matters on accelerators and costs nothing on the CPU.

Each is compiled with the precision inside: passing it at every call would cost a tenth of a small
product.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp

from spacecore.backend import differs

__all__ = [
    "FULL",
    "check_precision",
    "linalg_products",
    "products",
    "products_of_stacks",
]

PRECISIONS = ("default", "high", "highest", "bfloat16", "tensorfloat32", "float32")

_precise = differs("JAX multiplies in reduced precision on accelerators unless told otherwise")


def check_precision(precision: str) -> str:
    """Return the name of a precision.

    Raises
    ------
    ValueError
    """
    if precision not in PRECISIONS:
        raise ValueError(f"matmul_precision is one of {', '.join(PRECISIONS)}. Got {precision!r}.")
    return precision


@cache
def products(precision: str) -> Mapping[str, Callable[..., Any]]:
    """Return the products of the main namespace in a precision, by name."""

    def matmul(x1: Any, x2: Any, /) -> Any:
        return jnp.matmul(x1, x2, precision=precision)

    def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
        return jnp.vecdot(x1, x2, axis=axis, precision=precision)

    def vdot(x1: Any, x2: Any, /) -> Any:
        return jnp.vdot(x1, x2, precision=precision)

    def sparse_matmul(a: Any, x: Any, /) -> Any:
        if a.dtype == x.dtype == bool:  # which JAX's sparse products do not add
            return sparse_matmul(a, x.astype("int32")) != 0
        dtype = jnp.promote_types(a.dtype, x.dtype)
        if jnp.issubdtype(dtype, jnp.inexact):  # a derivative of JAX's own promotion stays wider
            a, x = _cast(a, dtype), x.astype(dtype)
        with jax.default_matmul_precision(precision):
            return _mapped(a) @ x

    made: dict[str, Callable[..., Any]] = {
        "einsum": partial(jnp.einsum, precision=precision),
        "matmul": jax.jit(matmul, inline=True),
        "sparse_matmul": jax.jit(sparse_matmul),
        "tensordot": partial(jnp.tensordot, precision=precision),
        "vdot": jax.jit(vdot, inline=True),
        "vecdot": jax.jit(vecdot, static_argnames="axis", inline=True),
    }
    return {name: _precise(function) for name, function in made.items()}


@cache
def products_of_stacks(precision: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return the functions of `(a, x)` for A x and Aᵀ x, a matrix for each x along the first axis.

    One call each: indexing alone takes longer than the product where nothing is compiled.
    """

    def vector(a: Any, x: Any) -> Any:
        return jnp.matmul(a, x[:, :, None], precision=precision)[:, :, 0]

    def vector_transposed(a: Any, y: Any) -> Any:
        return jnp.matmul(y[:, None, :], a, precision=precision)[:, 0, :]

    return jax.jit(vector, inline=True), jax.jit(vector_transposed, inline=True)


@cache
def linalg_products(precision: str) -> Mapping[str, Callable[..., Any]]:
    """Return the products of `linalg` in a precision, by name."""

    def matrix_power(x: Any, n: int, /) -> Any:
        with jax.default_matmul_precision(precision):
            return jnp.linalg.matrix_power(x, n)

    main = products(precision)
    return {
        "matmul": main["matmul"],
        "matrix_power": _precise(jax.jit(matrix_power, static_argnums=1)),
        "tensordot": main["tensordot"],
        "vecdot": main["vecdot"],
    }


def _cast(a: Any, dtype: Any) -> Any:
    if a.dtype == dtype:
        return a
    leaves, structure = jax.tree.flatten(a)  # the data come first
    return jax.tree.unflatten(structure, [leaves[0].astype(dtype), *leaves[1:]])


def _mapped(a: Any) -> Any:
    """A CSC matrix by coordinates, the only form of it that JAX can `vmap`."""
    from jax.experimental import sparse

    if not isinstance(a, sparse.CSC):
        return a
    positions = jnp.arange(a.indices.size, dtype=a.indptr.dtype)
    column = jnp.searchsorted(a.indptr, positions, side="right") - 1
    indices = jnp.stack([a.indices, column.astype(a.indices.dtype)], axis=1)
    return sparse.BCOO((a.data, indices), shape=a.shape)


FULL = "highest"
