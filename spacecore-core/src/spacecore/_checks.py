"""The four check levels, cheapest first."""

from __future__ import annotations

from collections.abc import Iterable

from spacecore._typing import CheckLevel

__all__ = ["CHECK_LEVELS", "normalize_check_level", "strictest"]

CHECK_LEVELS: tuple[CheckLevel, ...] = ("none", "cheap", "standard", "strict")


def normalize_check_level(level: object) -> CheckLevel:
    """Return `level` if it is one of the four.

    Raises
    ------
    ValueError
    """
    for known in CHECK_LEVELS:
        if level == known:
            return known
    names = ", ".join(f'"{known}"' for known in CHECK_LEVELS)
    raise ValueError(f"check_level is one of {names}. Got {level!r}.")


def strictest(levels: Iterable[CheckLevel]) -> CheckLevel:
    """Return the level that checks most."""
    return max(levels, key=CHECK_LEVELS.index)
