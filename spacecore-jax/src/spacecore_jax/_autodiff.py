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
    """`grad`, `value_and_grad`, `vjp` and `linear_transpose`; `jvp` is JAX's own."""

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

    @staticmethod
    @differs("JAX asserts that each operation is linear, and says nothing else")
    def linear_transpose(fn: Callable[..., Any], /, *examples: Any) -> Callable[[Any], Any]:
        """Return the transpose, a function that raises `ValueError` where `fn` has none."""
        transpose = jax.linear_transpose(fn, *examples)
        partial: Any = jax.tree_util.Partial(_transposed, transpose)  # type: ignore[no-untyped-call]
        return partial


def _pull_back(transpose: Callable[[Any], Any], cotangent: Any) -> Any:
    return _conjugate(transpose(_conjugate(cotangent)))


def _transposed(transpose: Callable[[Any], Any], cotangent: Any) -> Any:
    # `fn` ran when it was traced; what raises here are JAX's rules for its operations.
    try:
        return transpose(cotangent)
    except (AssertionError, NotImplementedError) as error:
        found = str(error) if isinstance(error, NotImplementedError) else "a product, or the like"
        raise ValueError(
            f"A function is transposed that is linear, operation by operation. Got one that is "
            f"not: {found}. Mend the function, or write its adjoint (`rapply`)."
        ) from error


def _conjugate(tree: Any) -> Any:
    return jax.tree.map(_conjugate_leaf, tree)


def _conjugate_leaf(x: Any) -> Any:
    return jnp.conj(x) if jnp.iscomplexobj(x) else x
