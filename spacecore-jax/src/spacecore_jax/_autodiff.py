"""Derivatives in the contract's convention: the conjugate of JAX's for complex numbers.

JAX differentiates a real function of z = x + iy to dF/dx - i dF/dy, and transposes a linear map
without conjugation. The contract's gradient g has dF = Re <g, h>, so it is dF/dx + i dF/dy, and its
`vjp` of a matrix A is the adjoint.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import jax
import jax.numpy as jnp

from spacecore.backend import differs

__all__ = ["Autodiff"]

_CONJUGATE = differs("JAX's complex gradient is the conjugate one")


class Autodiff:
    """`grad`, `value_and_grad` and `vjp`; `jvp` and `linear_transpose` are JAX's own."""

    @staticmethod
    @_CONJUGATE
    def grad(
        fn: Callable[..., Any],
        /,
        argnums: int | Sequence[int] = 0,
        has_aux: bool = False,  # noqa: FBT002  JAX's own signature
    ) -> Callable[..., Any]:
        derivative = jax.grad(fn, argnums, has_aux)

        @wraps(derivative)
        def gradient(*args: Any, **kwargs: Any) -> Any:
            if not has_aux:
                return _conjugate(derivative(*args, **kwargs))
            found, aux = derivative(*args, **kwargs)
            return _conjugate(found), aux

        return gradient

    @staticmethod
    @_CONJUGATE
    def value_and_grad(
        fn: Callable[..., Any],
        /,
        argnums: int | Sequence[int] = 0,
        has_aux: bool = False,  # noqa: FBT002  JAX's own signature
    ) -> Callable[..., Any]:
        derivative = jax.value_and_grad(fn, argnums, has_aux)

        @wraps(derivative)
        def both(*args: Any, **kwargs: Any) -> Any:
            value, found = derivative(*args, **kwargs)
            return value, _conjugate(found)

        return both

    @staticmethod
    @differs("JAX pulls back by the transpose, unconjugated")
    def vjp(fn: Callable[..., Any], /, *primals: Any) -> tuple[Any, Callable[[Any], Any]]:
        value, transpose = jax.vjp(fn, *primals)
        # A Partial is a tree, so that the pullback can leave a compiled function as JAX's can.
        pullback: Any = jax.tree_util.Partial(_pull_back, transpose)  # type: ignore[no-untyped-call]
        return value, pullback


def _pull_back(transpose: Callable[[Any], Any], cotangent: Any) -> Any:
    return _conjugate(transpose(_conjugate(cotangent)))


def _conjugate(tree: Any) -> Any:
    return jax.tree.map(_conjugate_leaf, tree)


def _conjugate_leaf(x: Any) -> Any:
    return jnp.conj(x) if jnp.iscomplexobj(x) else x
