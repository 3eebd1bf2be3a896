"""Transformations of functions: vectorise, compile, differentiate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from spacecore.backend import eager
from spacecore.backend._declare import default, section

__all__ = ["Autodiff", "Compilation", "Vectorization"]


@section("Vectorization")
class Vectorization:
    """Mapping a function over an axis."""

    @default
    def vmap(
        self, fn: Callable[..., Any], /, in_axes: Any = 0, out_axes: Any = 0
    ) -> Callable[..., Any]:
        """Return `fn` mapped over an axis of its arguments.

        Parameters
        ----------
        fn : callable
            Takes and returns trees of arrays.
        in_axes : int, None, or a tree of these
            The mapped axis of each argument; None passes it whole.
        out_axes : int, None, or a tree of these
            Where the new axis of each result goes; None gives whole, once, a result that is the
            same for every slice.

        Raises
        ------
        ValueError
            If nothing is mapped, mapped axes differ in length, or a result with None in
            `out_axes` depends on the slice.
        """
        return eager.vmap(self, fn, in_axes, out_axes)


@section("Compilation")
class Compilation:
    """Compiling a function, and forgetting what was compiled."""

    @staticmethod
    @default
    def jit(
        fn: Callable[..., Any], /, *, static_argnames: str | Sequence[str] | None = None
    ) -> Callable[..., Any]:
        """Return `fn` compiled where the backend compiles, and `fn` itself elsewhere.

        Parameters
        ----------
        fn : callable
        static_argnames : str or sequence of str, optional
            Arguments that are not arrays; a new value compiles anew.
        """
        return fn

    @staticmethod
    @default
    def forget_compiled() -> None:
        """Free the memory of code that the library compiled; what is called again compiles anew.

        A process that calls thousands of functions with as many shapes, as a test run does,
        otherwise keeps the code of each.
        """


@section("Differentiation", capability="autodiff")
class Autodiff:
    """Derivatives. For complex arguments `grad` satisfies `dF = Re <grad F, h>`."""

    @staticmethod
    def grad(
        fn: Callable[..., Any], /, argnums: int | Sequence[int] = 0, has_aux: bool = False
    ) -> Callable[..., Any]:
        """Return a function that gives the gradient of the real scalar function `fn`.

        Parameters
        ----------
        fn : callable
            Returns a real 0-d array, with `has_aux` a pair of it and anything else.
        argnums : int or sequence of int
            The arguments, trees of arrays, to differentiate by.
        has_aux : bool
        """
        raise NotImplementedError

    @staticmethod
    def value_and_grad(
        fn: Callable[..., Any], /, argnums: int | Sequence[int] = 0, has_aux: bool = False
    ) -> Callable[..., Any]:
        """Return a function that gives `(fn(...), gradient)`; see `grad`."""
        raise NotImplementedError

    @staticmethod
    def vjp(fn: Callable[..., Any], /, *primals: Any) -> tuple[Any, Callable[[Any], Any]]:
        """Return `fn(*primals)` and the map from a cotangent to a tuple of cotangents.

        For a linear function with matrix A, the map is `Aᴴ`.
        """
        raise NotImplementedError

    @staticmethod
    def jvp(
        fn: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], /
    ) -> tuple[Any, Any]:
        """Return `fn(*primals)` and its derivative in the direction of `tangents`."""
        raise NotImplementedError

    @staticmethod
    def linear_transpose(fn: Callable[..., Any], /, *examples: Any) -> Callable[[Any], Any]:
        """Return the transpose `Aᵀ` of a linear function, unconjugated.

        Parameters
        ----------
        fn : callable
            Linear in its arguments.
        examples : tree of arrays
            Arguments of the right shapes and dtypes; their values do not matter.

        Returns
        -------
        callable
            Takes what `fn` returns, and returns a tuple like `examples`.
        """
        raise NotImplementedError
