"""Watching a solver: a callback, and a line that shows how far it is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, Self

from spacecore._typing import Shape
from spacecore.backend import BackendOps
from spacecore.errors import UnsupportedOperationError
from spacecore.linalg._problem import out_of_coordinates
from spacecore.space import Space

__all__ = ["Watch", "unseen"]


def unseen(ops: BackendOps) -> UnsupportedOperationError:
    """Return the error of a callback where there are no values."""
    return UnsupportedOperationError(
        "A callback and progress see values. Inside a compiled, mapped or differentiated "
        "function there are none.",
        backend=str(ops.family),
        hint="Leave `callback` and `progress` out, and pass `history=True`.",
    )


class Watch:
    """Passes steps on to a callback and to a line of progress; a context manager.

    Parameters
    ----------
    solver : str
    space : Space
    leading : tuple of int
        Leading axes of the batch.
    callback : callable or None
    every : int
        Steps between two calls.
    progress : bool
    """

    def __init__(
        self,
        solver: str,
        space: Space,
        leading: Shape,
        callback: Callable[[int, Any, Any], None] | None,
        every: int,
        *,
        progress: bool,
    ):
        self.space, self.leading = space, leading
        self.callback, self.every = callback, every
        self.line = (_Bar if find_spec("tqdm") else _Line)(solver) if progress else None

    def __call__(self, k: int, size: Any, x: Any) -> None:
        ops: Any = self.space.ops
        if self.line is not None:
            none = 0 in self.leading  # an empty batch, which has no largest residual
            worst = 0.0 if none else float(ops.max(size)) if self.leading else float(size)
            self.line.show(k, f"residual {worst:.3e}")
        if self.callback is not None:
            # A copy: the solver goes on writing into its own vector.
            self.callback(k, size, out_of_coordinates(self.space, self.leading, ops.copy(x)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.line is not None:
            self.line.close()


class _Line:
    """One line of standard error, written over at each step."""

    def __init__(self, solver: str):
        self.solver = solver

    def show(self, k: int, text: str) -> None:
        sys.stderr.write(f"\r{self.solver}: step {k}, {text}")
        sys.stderr.flush()

    def close(self) -> None:
        sys.stderr.write("\n")


class _Bar:
    """The bar of tqdm."""

    def __init__(self, solver: str):
        from tqdm import tqdm

        self.bar = tqdm(desc=solver, unit="step")

    def show(self, k: int, text: str) -> None:
        self.bar.set_postfix_str(text, refresh=False)
        self.bar.update(k - self.bar.n)

    def close(self) -> None:
        self.bar.close()
