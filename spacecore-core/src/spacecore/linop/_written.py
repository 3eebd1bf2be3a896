"""What a subclass of `LinOp` writes itself, and what follows from it when the class is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spacecore.linop._base import LinOp

__all__ = ["inherited", "settle"]

# For each direction its kernel, the flag that says whether that holds, and what follows from it.
_DIRECTIONS = {
    "apply": (
        "_kernel",
        "_compiles",
        (
            "_coordinate_kernel",
            "_vapply",
            "to_matrix",
            "to_dense",
            "to_sparse",
            "is_hermitian",
            "H",
        ),
    ),
    "rapply": ("_adjoint_kernel", "_compiles_adjoint", ("_rvapply", "is_hermitian", "H")),
}


def settle(cls: type[LinOp], defaults: Mapping[str, Any]) -> None:
    """Check public methods that a subclass wrote, and undo what a base derived from others.

    Parameters
    ----------
    cls : type
        The subclass, just made.
    defaults : mapping
        What `LinOp` itself has.
    """
    own = vars(cls)
    for direction, (kernel, flag, derived) in _DIRECTIONS.items():
        if kernel in own:
            setattr(cls, flag, True)
        elif direction in own or f"_{direction}" in own:
            setattr(cls, flag, False)
            cls._is_expression = own.get("_is_expression", False)
            for name in derived:
                if name not in own:
                    setattr(cls, name, defaults[name])
    for public in ("apply", "rapply", "vapply", "rvapply"):
        written = own.get(public)
        if written is not None:
            setattr(cls, public, _checked(public, written))
            setattr(cls, f"_{public}", _as_hook(public, written))


def inherited(op: LinOp, public: str, kernel: str) -> Callable[..., Any]:
    """Return what `super().apply` of a subclass that wrote `apply` means: the next class's hook.

    Raises
    ------
    NotImplementedError
        If no class above has one.
    """
    for cls in type(op).__mro__:
        own = vars(cls)
        if public in own:
            continue
        if f"_{public}" in own:
            return partial(own[f"_{public}"], op)
        if own.get(kernel) is not None:
            compiled: Callable[..., Any] = own[kernel](op)
            return compiled
    raise NotImplementedError(f"Above {type(op).__name__} no class has `{public}`. Write it whole.")


def _checked(name: str, written: Callable[..., Any]) -> Callable[..., Any]:
    """The public method that a subclass wrote, with its argument and result checked."""
    forward, batch = not name.startswith("r"), "v" in name

    @wraps(written)
    def method(self: LinOp, x: Any) -> Any:
        source, target = self.domain, self.codomain
        if not forward:
            source, target = target, source
        if batch:
            source.check_batch(x)
            return written(self, x)
        if self.ctx.check_level == "none":
            return written(self, x)
        source.check_member(x)
        result = written(self, x)
        target.check_member(result)
        return result

    return method


def _as_hook(name: str, written: Callable[..., Any]) -> Callable[..., Any]:
    """A public method that a subclass wrote, in the place of the hook."""
    if "v" not in name:
        return written

    @wraps(written)
    def hook(self: LinOp, xs: Any, leading: tuple[int, ...]) -> Any:
        return written(self, xs)

    return hook
