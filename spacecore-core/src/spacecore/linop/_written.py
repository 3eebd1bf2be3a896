"""What a subclass of `LinOp` writes itself, and what follows from it when the class is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

from spacecore.linop._checked import checked_batch
from spacecore.space import TreeElement

if TYPE_CHECKING:
    from spacecore._typing import Shape
    from spacecore.linop._base import LinOp

__all__ = ["inherited", "inherited_batch", "settle"]

_BATCH_FORMS = ("vapply", "rvapply")

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
            "_hermitian",
            "is_hermitian",
            "H",
        ),
    ),
    "rapply": (
        "_adjoint_kernel",
        "_compiles_adjoint",
        ("_rvapply", "_hermitian", "is_hermitian", "H"),
    ),
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
    if "_own_batch_forms" not in own:
        cls._own_batch_forms = tuple(name for name in _BATCH_FORMS if _has_by_hand(cls, name))
    for direction, (kernel, flag, derived) in _DIRECTIONS.items():
        if kernel in own:
            setattr(cls, flag, True)
        elif direction in own or f"_{direction}" in own:
            setattr(cls, flag, False)
            cls._is_expression = own.get("_is_expression", False)
            for name in derived:
                if name not in own:
                    setattr(cls, name, defaults[name])
    for public in ("apply", "rapply", *_BATCH_FORMS):
        written = own.get(public)
        if written is not None:
            setattr(cls, public, _checked(public, written))
            setattr(cls, f"_{public}", _as_hook(public, written))
        elif f"_{public}" in own:  # over a base in the public style
            setattr(cls, public, defaults[public])


def _has_by_hand(cls: type[LinOp], batch: str) -> bool:
    """Whether a batch form is written by hand: here, or in a base whose function stays."""
    own, one = vars(cls), batch.replace("v", "")
    if batch in own or f"_{batch}" in own:
        return True
    return batch in cls._own_batch_forms and one not in own and f"_{one}" not in own


def inherited_batch(op: LinOp, public: str) -> Callable[..., Any]:
    """Return what `super().vapply` of a subclass that wrote `vapply` means: the next hook."""
    owns = [vars(cls) for cls in type(op).__mro__]
    hooks = [own[f"_{public}"] for own in owns if f"_{public}" in own and public not in own]
    last = next(own[f"_{public}"] for own in reversed(owns) if f"_{public}" in own)
    return partial(hooks[0] if hooks else last, op)


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
        x = x.value if type(x) is TreeElement else x
        source, target = self.domain, self.codomain
        if not forward:
            source, target = target, source
        if batch:
            return checked_batch(target, written(self, x), source.check_batch(x))
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
    forward = not name.startswith("r")

    @wraps(written)
    def hook(self: LinOp, xs: Any, leading: Shape) -> Any:
        target = self.codomain if forward else self.domain
        return checked_batch(target, written(self, xs), leading)

    return hook
