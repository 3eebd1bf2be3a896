"""CuPy as a SpaceCore backend; importing this imports no CuPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spacecore_cupy._version import __version__

if TYPE_CHECKING:
    from spacecore_cupy._ops import CuPyOps as CuPyOps

__all__ = ["CuPyOps", "__version__"]


def __getattr__(name: str) -> Any:
    """Import the class, and CuPy with it, on first use; no device is asked for yet."""
    if name == "CuPyOps":
        from spacecore_cupy._ops import CuPyOps

        globals()[name] = CuPyOps
        return CuPyOps
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
