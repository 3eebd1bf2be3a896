"""`ctx.asarray`: with nothing to do, from a list, from another library's array."""

from __future__ import annotations

import numpy as np

import spacecore as sc
from _libraries import Library, libraries
from _measure import Budget, rounds
from _report import Row, Table, compared

TITLE = "ctx.asarray(x), n = 4"
LIMITS = {"numpy": 2.0, "torch": 1.0, "jax": 0.1}


def measure(budget: Budget) -> Table:
    return Table(TITLE, [row for library in libraries() for row in _rows(library, budget)])


def _rows(library: Library, budget: Budget) -> list[Row]:
    name = library.name
    values = [0.5, 1.5, 2.5, 3.5]
    ctx = sc.Context(name, "float64")
    namespace = {
        "xp": library.xp,
        "ctx": ctx,
        "x": ctx.asarray(values),
        "values": values,
        "host": np.asarray(values),
        "double": ctx.dtype,
    }
    same = {"raw": "xp.asarray(x)", "ours": "ctx.asarray(x)"}
    items = {"raw": "xp.asarray(values, dtype=double)", "ours": "ctx.asarray(values)"}
    rows = [
        compared(f"{name}: nothing to do", rounds(same, namespace, budget), limit=LIMITS.get(name)),
        compared(f"{name}: from a list", rounds(items, namespace, budget)),
    ]
    if name != "numpy":
        host = {"raw": "xp.asarray(host)", "ours": "ctx.asarray(host)"}
        rows.append(compared(f"{name}: from NumPy", rounds(host, namespace, budget)))
    return rows
