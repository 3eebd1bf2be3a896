"""Linear systems: what solvers need of a backend to be fast and differentiable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from spacecore.backend._declare import default, section
from spacecore.backend._vectors import (
    MatrixProducts,
    VectorArithmetic,
    plain_arithmetic,
    plain_products,
)

__all__ = ["LinearSolves"]

Lift = Callable[[Callable[..., Any]], Callable[..., Any]]


@section("Linear solves")
class LinearSolves:
    """Solving with derivatives by the implicit function theorem, and the products that takes."""

    @default
    def custom_linear_solve(
        self,
        matvec: Callable[[Any, Any], Any],
        operands: Any,
        b: Any,
        /,
        solve: Callable[[Any, Any, Lift], tuple[Any, Any]],
        tangent_solve: Callable[[Any, Any, Lift], Any],
        transpose_solve: Callable[[Any, Any, Lift], Any],
    ) -> tuple[Any, Any]:
        """Return `solve(operands, b, lift)`, differentiated through what it solves.

        For `A x = b` the derivative is `A dx = db - dA x`, whatever `solve` did to find x. A
        backend without derivatives calls `solve` and nothing else.

        Parameters
        ----------
        matvec : callable
            Computes A x of `(operands, x)`; linear in x, which is shaped like b.
        operands : tree
            Every array that A, or a solve, depends on.
        b : array
        solve : callable
            Returns `(x, aux)` of `(operands, b, lift)`. Inside `vmap` of some backends b has more
            leading axes, and operands hold what `vmap` maps: then `lift(f)` is a function `f` of
            operands and arrays mapped over these axes, and elsewhere `f` itself. The arrays of
            the tuple `aux` begin with the leading axes of b; they have no derivatives.
        tangent_solve : callable
            Solves `A x = b` for a right-hand side of any size; returns x alone.
        transpose_solve : callable
            Solves `Aᵀ x = b`, unconjugated; returns x alone.

        Returns
        -------
        x : array, shaped like b
        aux : tuple
        """
        return solve(operands, b, _unchanged)

    @default
    def vector_arithmetic(self, example: Any, /) -> VectorArithmetic:
        """Return arithmetic in place for vectors like `example`."""
        return plain_arithmetic(self, example)

    @default
    def vecdot_in_loop(self: Any, x1: Any, x2: Any, /) -> Any:
        """Return `linalg.vecdot(x1, x2)`, in whatever way is fastest inside a compiled loop.

        The order in which numbers are added is free.

        Parameters
        ----------
        x1, x2 : array, shape (..., n)
            Of one shape, and of one floating dtype.
        """
        return self.linalg.vecdot(x1, x2)

    @default
    def matrix_products(self, a: Any, /) -> MatrixProducts:
        """Return the products of a dense matrix, or of each in a stack, with vectors and rows.

        Nothing is computed from the matrix before a product is called: what its owner writes to
        it shows, derivatives flow to it, and no trace of one compilation is left to the next.

        Parameters
        ----------
        a : array, shape (m, n) or (k, m, n)
        """
        return plain_products(self, a)


def _unchanged(function: Callable[..., Any]) -> Callable[..., Any]:
    return function
