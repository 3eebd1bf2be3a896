"""How the contract is written down: sections of declared names, and what a backend says of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

__all__ = ["Binding", "Entry", "default", "differs", "fallback", "section", "spellings"]

C = TypeVar("C", bound=type)
F = TypeVar("F", bound=Callable[..., Any])


class Entry(NamedTuple):
    """One name of the contract.

    Attributes
    ----------
    name : str
    section : str
        The heading that it is documented under.
    standard : bool
        Whether the array API standard has it; else it is SpaceCore's own.
    capability : str or None
        The capability without which a backend may lack it.
    default : bool
        Whether the contract computes it from other functions, so that a backend need not.
    target : str or None
        The name that this one is another spelling of.
    fallback : bool
        Whether the contract computes it from other functions where the library has none.
    """

    name: str
    section: str
    standard: bool
    capability: str | None
    default: bool
    target: str | None = None
    fallback: bool = False


class Binding(NamedTuple):
    """How one backend provides one name of the contract.

    Attributes
    ----------
    how : str
        `direct` (the library's own function), `wrapped` (the backend's, around it), `default`
        (the contract's), `alias` or `unsupported`.
    reason : str
        Why it is wrapped or unsupported, or what it is an alias of; empty otherwise.
    """

    how: str
    reason: str = ""


def section(
    title: str, *, standard: bool = False, capability: str | None = None
) -> Callable[[C], C]:
    """Mark a class as a section of the contract: its public names are entries.

    Functions count, and in a section of the standard annotated constants. A function marked
    `default` has a body that any backend may keep, one marked `fallback` a body for libraries
    that lack the function; the body of any other is its documentation.
    """

    def mark(cls: C) -> C:
        constants = list(cls.__annotations__) if standard else []
        names = [*constants, *vars(cls)]
        cls.__entries__ = {  # type: ignore[attr-defined]
            name: Entry(
                name,
                title,
                standard,
                capability,
                default=_is_marked(vars(cls).get(name), "__spacecore_default__"),
                fallback=_is_marked(vars(cls).get(name), "__spacecore_fallback__"),
            )
            for name in names
            if not name.startswith("_") or name == "__array_namespace_info__"
        }
        return cls

    return mark


def spellings(title: str) -> Callable[[C], C]:
    """Mark a class whose names are other spellings of functions that a section declares."""

    def mark(cls: C) -> C:
        cls.__entries__ = {  # type: ignore[attr-defined]
            name: Entry(name, title, False, None, False, member.__func__.__name__)
            for name, member in vars(cls).items()
            if isinstance(member, staticmethod)
        }
        return cls

    return mark


def default(function: F) -> F:
    """Mark a declaration whose body is right for every backend that has nothing better."""
    function.__spacecore_default__ = True  # type: ignore[attr-defined]
    return function


def fallback(function: F) -> F:
    """Mark a declaration whose body stands in for a function that a library lacks.

    The library's own is bound where there is one, as for a declaration without a mark.
    """
    function.__spacecore_fallback__ = True  # type: ignore[attr-defined]
    return function


def differs(reason: str) -> Callable[[F], F]:
    """Say why a backend wraps a function instead of binding the library's own.

    The reason is printed in the reference; the function itself is returned unchanged.
    """

    def mark(function: F) -> F:
        function.__spacecore_reason__ = reason  # type: ignore[attr-defined]
        return function

    return mark


def _is_marked(member: object, mark: str) -> bool:
    return getattr(getattr(member, "__func__", member), mark, False)
