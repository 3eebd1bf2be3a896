"""Control flow that runs eagerly, compiles where the backend compiles, and works on trees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from spacecore.backend import eager
from spacecore.backend._declare import default, section

__all__ = ["ControlFlow"]


@section("Control flow")
class ControlFlow:
    """Loops and branches whose state is an array or a tree of arrays."""

    @staticmethod
    @default
    def fori_loop(lower: int, upper: int, body: Callable[[Any, Any], Any], init: Any, /) -> Any:
        """Return the state after `state = body(i, state)` for `i` from `lower` to `upper - 1`."""
        return eager.fori_loop(lower, upper, body, init)

    @staticmethod
    @default
    def while_loop(cond: Callable[[Any], Any], body: Callable[[Any], Any], init: Any, /) -> Any:
        """Return the state after `state = body(state)` for as long as `cond(state)` holds."""
        return eager.while_loop(cond, body, init)

    @default
    def scan(
        self,
        f: Callable[[Any, Any], tuple[Any, Any]],
        init: Any,
        xs: Any,
        /,
        length: int | None = None,
        reverse: bool = False,
    ) -> tuple[Any, Any]:
        """Return the final carry and the stacked outputs of `carry, y = f(carry, x)`.

        Parameters
        ----------
        f : callable
        init : tree of arrays
        xs : tree of arrays or None
            Scanned over the first axis of each leaf.
        length : int, optional
            Needed when `xs` has no leaves.
        reverse : bool
            Scan from the last to the first; outputs keep the order of `xs`.

        Returns
        -------
        carry : tree like `init`
        ys : tree like what `f` returns second, each leaf with a new first axis

        Raises
        ------
        ValueError
            If leaves of `xs` differ in length, or there is none and no `length`.
        """
        return eager.scan(self, f, init, xs, length=length, reverse=reverse)

    @staticmethod
    @default
    def cond(
        pred: Any, true_fun: Callable[..., Any], false_fun: Callable[..., Any], /, *operands: Any
    ) -> Any:
        """Return `true_fun(*operands)` if `pred` holds, else `false_fun(*operands)`."""
        return true_fun(*operands) if pred else false_fun(*operands)
