"""Linear solves whose derivatives are linear solves."""

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
    """`custom_linear_solve`."""

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

        @jax.custom_jvp
        def solved(b: Any, *leaves: Any) -> tuple[Any, Any]:
            return solve(jax.tree.unflatten(structure, leaves), b, _same)

        def derivative(primals: Any, tangents: Any) -> tuple[Any, Any]:
            x, aux = solved(*primals)
            _, *leaves = primals
            operands = jax.tree.unflatten(structure, leaves)
            rhs = _residual_tangent(
                lambda *leaves: matvec(jax.tree.unflatten(structure, leaves), x), leaves, tangents
            )
            dx = jnp.zeros_like(x)
            if rhs is not None:
                dx = jax.lax.custom_linear_solve(
                    lambda v: matvec(operands, v),
                    rhs,
                    solve=lambda _, v: tangent_solve(operands, v, _same),
                    transpose_solve=lambda _, v: transpose_solve(operands, v, _same),
                )
            return (x, aux), (dx, jax.tree.map(_no_tangent, aux))

        solved.defjvp(derivative, symbolic_zeros=True)
        return solved(b, *leaves)


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
