"""One look for all pictures of the gallery: its reset before each tutorial puts the style on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib import pyplot as plt

__all__ = ["put_on"]

STYLE = Path(__file__).resolve().with_name("tutorials.mplstyle")


def put_on(gallery: dict[str, Any], script: str | None) -> None:
    """Set Matplotlib to the tutorials' style; what a reset of sphinx-gallery is called with."""
    plt.style.use(STYLE)
