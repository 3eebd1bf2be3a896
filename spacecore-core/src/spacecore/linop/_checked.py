"""Arguments and results of an application, checked as far as the level says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from spacecore._context import Context
from spacecore._typing import Shape
from spacecore.errors import SpaceValidationError
from spacecore.space import Space

__all__ = ["checked_batch", "guarded"]


def guarded(space: Space, kernel: Callable[[Any], Any], ctx: Context) -> Callable[[Any], Any]:
    """Return a kernel behind the membership test of a space."""
    if ctx.check_level == "none":
        return kernel
    check = space.check_member

    def guarded(x: Any) -> Any:
        check(x)
        return kernel(x)

    return guarded


def checked_batch(space: Space, results: Any, leading: Shape) -> Any:
    """Return what a function of a batch gave; raise if it is no batch with these leading axes.

    Raises
    ------
    SpaceValidationError
    """
    if space.ctx.check_level != "none":
        found = space.check_batch(results)
        if found != leading:
            raise SpaceValidationError(
                f"Expected a batch with leading axes {leading} from a batch form, got {found}"
            )
    return results
