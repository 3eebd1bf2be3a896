"""Listing the installed backends from a cold start."""

from __future__ import annotations

from _measure import Budget
from _processes import distributions, interleaved, middle
from _report import Row, Table

TITLE = "available_backends() in a fresh process, CPU time of the whole process"
LIBRARIES = ("cupy", "jax", "jaxlib", "scipy", "torch")


def measure(budget: Budget) -> Table:
    code = "import spacecore\nnames = spacecore.available_backends()"
    with distributions(300) as folder:
        codes = {
            "installed": (code, {}),
            "and 300 distributions more": (code, {"PYTHONPATH": folder}),
            "import numpy alone": ("import numpy", {}),
        }
        runs = interleaved(codes, budget.processes)
    rows = []
    for name in ("installed", "and 300 distributions more"):
        whole = middle(runs[name], "whole")
        loaded = sorted(set(LIBRARIES) & set(runs[name][0].modules))
        rows.append(
            Row(
                name,
                middle(runs["import numpy alone"], "whole"),
                whole,
                target="150 ms, nothing loaded",
                missed=whole > 0.150 or bool(loaded),
                note=f"libraries loaded: {', '.join(loaded) or 'none'}",
            )
        )
    return Table(TITLE, rows)
