"""Linear solves whose derivatives are linear solves, and inner products for their loops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import SymbolicZero

from spacecore.backend import differs

__all__ = ["Solves"]


class Solves:
    """`custom_linear_solve` and `vecdot_in_loop`."""

    @staticmethod
    @differs("JAX differentiates a loop in forward mode only, step by step")
    def custom_linear_solve(
        matvec: Callable[[Any, Any], Any],
        operands: Any,
        b: Any,
        /,
        solve: Callable[..., tuple[Any, Any]],
        tangent_solve: Callable[..., Any],
        transpose_solve: Callable[..., Any],
    ) -> tuple[Any, Any]:
        leaves, structure = jax.tree.flatten(operands)

        def of_leaves(function: Callable[..., Any]) -> Callable[..., Any]:
            """The function of an array and of the leaves, which can be taken apart."""
            return lambda v, *leaves: function(jax.tree.unflatten(structure, leaves), v)

        methods = [
            of_leaves(lambda operands, v: solve(operands, v, _same)),
            of_leaves(matvec),
            of_leaves(lambda operands, v: tangent_solve(operands, v, _same)),
            of_leaves(lambda operands, v: transpose_solve(operands, v, _same)),
        ]
        first, hidden = _opened(methods[0], b, *leaves)
        if not hidden:
            return _solved([first, *methods[1:]], b, leaves)
        # What functions close over becomes an operand like the others: derivatives reach it.
        converted = [(first, hidden)]
        converted += [_opened(method, b, *leaves) for method in methods[1:]]
        given, opened = list(leaves), []
        for method, values in converted:
            opened.append(
                _of_slice(method, len(leaves), slice(len(given), len(given) + len(values)))
            )
            given += values
        return _solved(opened, b, given)

    @differs("XLA on the CPU adds few numbers by several kernels, one number after another")
    def vecdot_in_loop(self: Any, x1: Any, x2: Any, /) -> Any:
        n = x1.shape[-1]
        few = ONE_KERNEL < n <= x1.size <= FEW and x1.dtype.itemsize >= WIDE
        if not few or jax.default_backend() != "cpu" or jax.local_device_count() > 1:
            return self.linalg.vecdot(x1, x2)
        # Parts of equal length are added to each other first, many numbers at once.
        product = x1.conj() * x2
        part = n // PARTS
        held = sum(product[..., i * part : (i + 1) * part] for i in range(PARTS)).sum(axis=-1)
        return held if n % PARTS == 0 else held + product[..., PARTS * part :].sum(axis=-1)


# Up to so many numbers XLA on the CPU adds up by one kernel; more are cut first.
ONE_KERNEL = 32
# More gain nothing; and where there are several devices, parts of vectors might be sent about.
FEW = 4096
PARTS = 4
# Bytes of a number whose sums the library does not take in a wider dtype.
WIDE = 4


def _opened(method: Callable[..., Any], *examples: Any) -> tuple[Callable[..., Any], list[Any]]:
    """The method as a function also of the traced arrays that it closes over, and these.

    JAX's `closure_convert` leaves integers inside, which then have no place to come from.
    """
    closed, shapes = jax.make_jaxpr(method, return_shape=True)(*examples)
    hidden = [x for x in closed.consts if isinstance(x, jax.core.Tracer)]
    structure = jax.tree.structure(shapes)

    def opened(*args: Any) -> Any:
        given = list(args[len(args) - len(hidden) :]) if hidden else []
        consts = [given.pop(0) if isinstance(x, jax.core.Tracer) else x for x in closed.consts]
        own = jax.tree.leaves(args[: len(args) - len(hidden)])
        return jax.tree.unflatten(structure, jax.core.eval_jaxpr(closed.jaxpr, consts, *own))

    return opened, hidden


def _of_slice(method: Callable[..., Any], count: int, own: slice) -> Callable[..., Any]:
    """A function of the leaves and some hidden values, as one of the leaves and all of them."""
    return lambda v, *given: method(v, *given[:count], *given[own])


def _solved(methods: list[Callable[..., Any]], b: Any, given: list[Any]) -> tuple[Any, Any]:
    """Solve by methods that are functions of an array and of everything that may vary.

    Parameters
    ----------
    methods : list of callable
        The solve, the product, and the solves of tangents and of cotangents.
    b : array
    given : list of array
    """
    solve, product, tangent_solve, transpose_solve = methods

    @jax.custom_jvp
    def solved(b: Any, *given: Any) -> Any:
        # A constant among the results comes out of a traced function as no array of JAX's.
        return jax.tree.map(jnp.asarray, solve(b, *given))

    def derivative(primals: Any, tangents: Any) -> tuple[Any, Any]:
        x, aux = solved(*primals)
        _, *given = primals
        rhs = _residual_tangent(lambda *given: product(x, *given), given, tangents)
        dx = jnp.zeros_like(x)
        if rhs is not None:
            dx = jax.lax.custom_linear_solve(
                lambda v: product(v, *given),
                rhs,
                solve=lambda _, v: tangent_solve(v, *given),
                transpose_solve=lambda _, v: transpose_solve(v, *given),
            )
        return (x, aux), (dx, jax.tree.map(_no_tangent, aux))

    solved.defjvp(derivative, symbolic_zeros=True)
    found: tuple[Any, Any] = solved(b, *given)
    return found


def _same(function: Callable[..., Any]) -> Callable[..., Any]:
    return function


def _residual_tangent(product: Callable[..., Any], leaves: list[Any], tangents: Any) -> Any:
    """`db - dA x`, or None if nothing varies; only what does is differentiated."""
    db, *dleaves = tangents
    varying = [i for i, d in enumerate(dleaves) if not isinstance(d, SymbolicZero)]
    rhs = None if isinstance(db, SymbolicZero) else db
    if not varying:
        return rhs

    def of_varying(*values: Any) -> Any:
        filled = list(leaves)
        for i, value in zip(varying, values, strict=True):
            filled[i] = value
        return product(*filled)

    _, dproduct = jax.jvp(of_varying, [leaves[i] for i in varying], [dleaves[i] for i in varying])
    return -dproduct if rhs is None else rhs - dproduct


def _no_tangent(x: Any) -> Any:
    """The tangent of what has no derivative: zero, of JAX's own kind for integers."""
    if jnp.issubdtype(x.dtype, jnp.inexact):
        return jnp.zeros_like(x)
    return np.zeros(x.shape, jax.dtypes.float0)
