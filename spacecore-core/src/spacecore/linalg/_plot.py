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
    columns = norms.reshape(norms.shape[0], -1)[:, :MOST_LINES]
    alone = columns.shape[1] == 1
    for column in columns.T:
        taken = column[np.isfinite(column)]
        ax.semilogy(
            np.arange(taken.size),
            taken,
            linewidth=1.6,
            marker="o" if taken.size <= 60 else None,
            markersize=3,
            label=label if alone else None,
            zorder=3,
        )
    named = not alone or "target" in ax.get_legend_handles_labels()[1]
    for level in np.unique(targets)[:MOST_LINES]:
        if level > 0:
            ax.axhline(
                level, color="0.5", linestyle="--", linewidth=1, label=None if named else "target"
            )
    if alone:
        ax.legend(frameon=False)
    ax.set_title(solver if alone else f"{solver}, {columns.shape[1]} systems", loc="left")
    ax.set_xlabel("iteration")
    ax.set_ylabel("residual norm")
    ax.margins(x=0.02)
    ax.grid(visible=True, which="major", color="0.92")
    ax.spines[["top", "right"]].set_visible(False)
    return ax
