"""The four check levels, cheapest first, and the words of checks for what they refuse."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from spacecore._casting import remedy_of
from spacecore._typing import CheckLevel, type_name
from spacecore.backend import BackendOps, dtype_name

__all__ = [
    "CHECK_LEVELS",
    "elsewhere",
    "is_known_false",
    "normalize_check_level",
    "not_dense",
    "not_sparse",
    "of_other_dtype",
    "on_other_device",
    "strictest",
]

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


def not_dense(ops: BackendOps, x: object, role: str = "") -> str:
    """Say that a dense array of a backend was expected, what was got, and what makes one."""
    fix = "ops.sparse_to_dense(x)" if ops.is_sparse(x) else "ctx.asarray(x)"
    return f"Expected dense array for {ops.family}{role}, got {_kind(ops, x)}. Use `{fix}`."


def not_sparse(ops: BackendOps, x: object) -> str:
    """Say that a sparse matrix of a backend was expected, what was got, and what makes one."""
    return f"Expected sparse matrix for {ops.family}, got {_kind(ops, x)}. Use `ctx.assparse(x)`."


def of_other_dtype(expected: object, got: object) -> str:
    """Say that another dtype was expected, and what casts to it, or what to do instead."""
    want, have = dtype_name(expected), dtype_name(got)
    fix = remedy_of(have, want) or "Use `ctx.asarray(x)`."
    if have == want:
        have = f"{have} in the other byte order"
    return f"Expected dtype {want}, got {have}. {fix}"


def is_known_false(ops: BackendOps, answer: Any) -> bool:
    """Whether an answer is no; not known of constants too while a compiled function is traced."""
    return not ops.is_traced(answer) and not bool(answer)


def on_other_device(ops: BackendOps, x: Any) -> str | None:
    """Say that an array is on another device than the ops names; None if it is not, or traced."""
    if ops.device is None or ops.is_traced(x) or ops.device_of(x) == ops.device:
        return None
    return f"Expected device {ops.device}, got {ops.device_of(x)}"


def elsewhere(ops: BackendOps, part: BackendOps) -> str | None:
    """Say that a part is of another family than the whole, or names another device; or None."""
    if part is ops:
        return None
    if part.family != ops.family:
        return f"Expected family {ops.family}, got {part.family}"
    if None in (part.device, ops.device) or part.device == ops.device:
        return None
    return f"Expected device {ops.device}, got {part.device}"


def _kind(ops: BackendOps, x: object) -> str:
    """The type; of an array also whether it is sparse, which its class may not say."""
    kind = "sparse " if ops.is_sparse(x) else "dense " if ops.is_dense(x) else ""
    return f"{kind}{type_name(x)}"
