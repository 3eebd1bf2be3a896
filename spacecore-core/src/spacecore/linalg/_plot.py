"""Drawing how a solve converged; Matplotlib is imported when something is drawn."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np

__all__ = ["draw"]

MOST_LINES = 50  # more than that are a cloud


def draw(solver: str, norms: Any, targets: Any, ax: Any, label: str) -> Any:
    """Draw residual norms, shape (steps, ...), and the norms to reach; returns the axes."""
    if ax is None:
        if find_spec("matplotlib") is None:
            raise ImportError("Drawing needs Matplotlib: `pip install matplotlib`.")
        from matplotlib import pyplot as plt

        ax = plt.figure(figsize=(6, 3.5), layout="constrained").add_subplot()
    columns = norms.reshape(norms.shape[0], -1)
    count, compared = columns.shape[1], bool(ax.lines)
    positive = np.any(columns[np.isfinite(columns)] > 0)
    line_of = ax.semilogy if positive else ax.plot  # of zeros there is no logarithm
    color = None
    for i, column in enumerate(columns.T[:MOST_LINES]):
        steps = np.flatnonzero(np.isfinite(column))
        (line,) = line_of(
            steps,
            column[steps],
            linewidth=1.6,
            marker="o" if steps.size <= 60 else None,
            markersize=3,
            label=label if count == 1 or (compared and i == 0) else None,
            zorder=3,
        )
        color = line.get_color() if count == 1 else "0.5"
    named = count > 1 or "target" in ax.get_legend_handles_labels()[1]
    for level in np.unique(targets)[:MOST_LINES]:
        if level > 0:
            ax.axhline(
                level, color=color, linestyle="--", linewidth=1, label=None if named else "target"
            )
    if count == 1 or compared:
        ax.legend(frameon=False)
    if not compared:
        shown = f"{MOST_LINES} of {count}" if count > MOST_LINES else f"{count}"
        ax.set_title(solver if count == 1 else f"{solver}, {shown} systems", loc="left")
    ax.set_xlabel("iteration")
    ax.set_ylabel("residual norm")
    ax.margins(x=0.02)
    ax.grid(visible=True, which="major", color="0.92")
    ax.spines[["top", "right"]].set_visible(False)
    return ax
