"""JAX as a SpaceCore backend; importing this imports no JAX."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spacecore_jax._version import __version__

if TYPE_CHECKING:
    from spacecore_jax._ops import JaxOps as JaxOps

__all__ = ["JaxOps", "__version__"]


def __getattr__(name: str) -> Any:
    """Import the class, and JAX with it, on first use; no device is initialised yet."""
    if name == "JaxOps":
        from spacecore_jax._ops import JaxOps

        globals()[name] = JaxOps
        return JaxOps
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
