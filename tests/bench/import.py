"""`import spacecore` against `import numpy`: time, memory, modules."""

from __future__ import annotations

from _measure import Budget
from _processes import Run, interleaved, middle
from _report import Row, Table

TITLE = "import spacecore over import numpy, fresh processes, CPU time"
FORBIDDEN = ("cupy", "importlib_metadata", "jax", "jaxlib", "optree", "pluggy", "scipy", "torch")
MiB = 2**20


def measure(budget: Budget) -> Table:
    codes = {"numpy": ("import numpy", {}), "spacecore": ("import spacecore", {})}
    runs = interleaved(codes, budget.processes)
    raw, ours = runs["numpy"], runs["spacecore"]
    times = [b.inside - a.inside for a, b in zip(raw, ours, strict=True)]
    over = middle(ours, "inside") - middle(raw, "inside")
    memory = (middle(ours, "peak") - middle(raw, "peak")) / MiB
    loaded = _packages(ours[0]) - _packages(raw[0])
    heavy = sorted(loaded & set(FORBIDDEN))
    rows = [
        Row(
            "time",
            middle(raw, "inside"),
            middle(ours, "inside"),
            middle(ours, "inside") / middle(raw, "inside"),
            target="+30 ms",
            missed=over > 0.030,
            note=f"+{over * 1e3:.1f} ms (pairs {min(times) * 1e3:.1f} to {max(times) * 1e3:.1f})",
        ),
        Row("peak memory", target="+5 MiB", missed=memory > 5, note=f"+{memory:.1f} MiB"),
        Row(
            "libraries loaded",
            target="none of a backend, SciPy, pluggy, optree, metadata",
            missed=bool(heavy),
            note=f"{', '.join(heavy) or 'none'}; {len(ours[0].modules) - len(raw[0].modules)} "
            f"modules more, of {', '.join(sorted(loaded))}",
        ),
    ]
    return Table(TITLE, rows)


def _packages(run: Run) -> set[str]:
    return {name.partition(".")[0] for name in run.modules}
