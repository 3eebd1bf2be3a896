"""What a benchmark hands back, as a table to read and as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from _measure import Samples, ratio

__all__ = ["Row", "Table", "compared", "duration", "render", "save"]


@dataclass
class Row:
    """One line: what was measured, against what, and what it may cost.

    Attributes
    ----------
    what : str
    raw, ours : float or None
        Seconds a call.
    ratio : float or None
    spread : tuple of float or None
        The quartiles of the ratio over the rounds.
    target : str
        What it may cost, in words; empty where nothing was promised.
    missed : bool
    peers : dict of str to float
        Ratios of others to the raw call.
    note : str
    """

    what: str
    raw: float | None = None
    ours: float | None = None
    ratio: float | None = None
    spread: tuple[float, float] | None = None
    target: str = ""
    missed: bool = False
    peers: dict[str, float] = field(default_factory=dict)
    note: str = ""


@dataclass
class Table:
    """A benchmark's rows; those to print, all of them for JSON, and lines that sum them up."""

    title: str
    rows: list[Row]
    shown: list[Row] | None = None
    summary: list[str] = field(default_factory=list)


def compared(
    what: str,
    samples: Samples,
    *,
    limit: float | None = None,
    ceiling: float | None = None,
    note: str = "",
) -> Row:
    """Make a row of contenders called `raw`, `ours` and whatever the peers are called.

    Parameters
    ----------
    limit : float, optional
        The ratio to the raw call that is promised.
    ceiling : float, optional
        The time in seconds that is promised.
    """
    times = {name: median(values) for name, values in samples.items()}
    row = Row(what, times.get("raw"), times["ours"], note=note)
    if "raw" in samples:
        middle, *ends = ratio(samples, "ours", "raw")
        row.ratio, row.spread = middle, (ends[0], ends[1])
        others = [name for name in samples if name not in ("raw", "ours")]
        row.peers = {name: ratio(samples, name, "raw").middle for name in others}
    if limit is not None and row.ratio is not None:
        row.target, row.missed = f"x{limit:g}", round(row.ratio, 2) > limit
    if ceiling is not None:
        row.target = f"{row.target} {duration(ceiling)}".strip()
        row.missed = row.missed or times["ours"] > ceiling
    return row


def duration(seconds: float | None) -> str:
    """Write a time with the unit that suits it."""
    if seconds is None:
        return "-"
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if abs(seconds) >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def render(table: Table) -> str:
    """Lay the table out in columns; a row that misses its target ends its ratio with `!`."""
    rows = table.rows if table.shown is None else table.shown
    peers = sorted({name for row in rows for name in row.peers})
    head = ["", "raw", "ours", "ratio", "quartiles", *peers, "target", ""]
    cells = [head, *(_cells(row, peers) for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(head))]
    lines = [
        "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:-1], widths[1:-1]), line[-1]])
        for line in cells
    ]
    missed = sum(row.missed for row in table.rows)
    count = f"{missed} of {len(table.rows)} rows miss their target (!)" if missed else ""
    body = [line.rstrip() for line in (*lines, *table.summary, count) if line.strip()]
    return "\n".join([table.title, "-" * len(table.title), *body, ""])


def save(table: Table, path: Path, conditions: dict[str, Any]) -> None:
    """Write everything measured as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "title": table.title,
        "conditions": conditions,
        "summary": table.summary,
        "rows": [asdict(row) for row in table.rows],
    }
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _cells(row: Row, peers: list[str]) -> list[str]:
    quartiles = "" if row.spread is None else f"{row.spread[0]:.2f}-{row.spread[1]:.2f}"
    ratio_ = "" if row.ratio is None else f"x{row.ratio:.2f}"
    return [
        row.what,
        duration(row.raw),
        duration(row.ours) + ("!" if row.missed and row.ratio is None else ""),
        ratio_ + ("!" if row.missed and row.ratio is not None else ""),
        quartiles,
        *(f"x{row.peers[name]:.2f}" if name in row.peers else "" for name in peers),
        row.target,
        row.note,
    ]
