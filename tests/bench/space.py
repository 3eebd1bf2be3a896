"""What a space adds to the products it is made of."""

from __future__ import annotations

import spacecore as sc
from _libraries import Library, libraries
from _measure import Budget, rounds
from _report import Row, Table, compared

TITLE = "X.inner(x, y) and X.norm(x), n = 4; raw: the library's call, unchecked"


def measure(budget: Budget) -> Table:
    return Table(TITLE, [row for library in libraries() for row in _rows(library, budget)])


def _rows(library: Library, budget: Budget) -> list[Row]:
    rows = []
    for level in ("none", "standard"):
        ctx = sc.Context(library.name, "float64", check_level=level)
        weights = ctx.asarray([1.0, 2.0, 3.0, 4.0])
        plain = sc.DenseVectorSpace(4, ctx)
        weighted = sc.DenseVectorSpace(4, ctx, sc.WeightedInnerProduct(weights))
        namespace = {"xp": library.xp, "X": plain, "W": weighted, "x": plain.ones(), "w": weights}
        calls = {
            "inner": {"raw": "xp.vdot(x, x)", "ours": "X.inner(x, x)"},
            "norm": {"raw": "xp.linalg.vector_norm(x)", "ours": "X.norm(x)"},
            "weighted inner": {"raw": "xp.vdot(x, w * x)", "ours": "W.inner(x, x)"},
        }
        for what, contenders in calls.items():
            samples = rounds(contenders, namespace, budget)
            rows.append(compared(f"{library.name}: {what}, {level}", samples))
    return rows
