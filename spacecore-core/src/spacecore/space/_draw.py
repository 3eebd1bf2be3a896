"""Random elements for probes: the same every time, drawn on the host."""

from __future__ import annotations

from typing import Any

import numpy as np

from spacecore._typing import Shape
from spacecore.backend import dtype_name
from spacecore.space._base import Space

__all__ = ["drawn", "drawn_rows"]


def drawn(space: Space, count: int, seed: int = 0) -> list[Any]:
    """Return elements with independent standard normal coordinates."""
    rows = drawn_rows(space, (count,), seed)
    return [space._unflatten(rows[i, ...]) for i in range(count)]


def drawn_rows(space: Space, leading: Shape, seed: int = 0) -> Any:
    """Return normal coordinates; array of shape (*leading, size).

    A library's own generator may be out of reach where an operator is made, inside `vmap` say.
    """
    ops, draw = space.ops, np.random.default_rng(seed)
    shape = (*leading, space.size)
    rows = draw.standard_normal(shape)
    if ops.is_complex_dtype(space.dtype):
        rows = rows + 1j * draw.standard_normal(shape)
    name = dtype_name(space.dtype)
    known = name if name in ("float32", "float64", "complex64", "complex128") else "float32"
    made = ops.asarray(rows.astype(known))
    return made if name == known else ops.astype(made, space.dtype)
