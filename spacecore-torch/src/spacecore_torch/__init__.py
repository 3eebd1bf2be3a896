"""The Torch backend of SpaceCore. Importing this imports no Torch; `TorchOps` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spacecore_torch._version import __version__

if TYPE_CHECKING:
    from spacecore_torch._ops import TorchOps as TorchOps

__all__ = ["TorchOps", "__version__"]


def __getattr__(name: str) -> Any:
    if name == "TorchOps":
        from spacecore_torch._ops import TorchOps

        return TorchOps
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
