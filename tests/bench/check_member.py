"""A passing membership test against three comparisons written by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import spacecore as sc
from _libraries import Library, libraries
from _measure import Budget, rounds
from _report import Row, Table, compared

TITLE = "X.check_member(x), passing, n = 4; raw: three comparisons by hand"


def measure(budget: Budget) -> Table:
    return Table(TITLE, [row for library in libraries() for row in _rows(library, budget)])


def _rows(library: Library, budget: Budget) -> list[Row]:
    rows = []
    for level in sc.CHECK_LEVELS:
        space = sc.DenseVectorSpace(4, sc.Context(library.name, "float64", check_level=level))
        x = space.zeros()
        namespace = {"X": space, "x": x, "by_hand": _by_hand(type(x), x.shape, x.dtype)}
        samples = rounds({"raw": "by_hand(x)", "ours": "X.check_member(x)"}, namespace, budget)
        what = f"{library.name}: {level}"
        if level == "none":
            rows.append(compared(what, samples, ceiling=30e-9))
        elif level == "strict":
            rows.append(compared(what, samples, note="reads every value"))
        else:
            rows.append(compared(what, samples, limit=1.4))
    return rows


def _by_hand(kind: type, shape: Any, dtype: Any) -> Callable[[Any], None]:
    def check(x: Any) -> None:
        if not isinstance(x, kind) or x.shape != shape or x.dtype != dtype:
            raise ValueError("not a member")

    return check
