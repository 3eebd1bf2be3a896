"""The version of SpaceCore's distributions, which move in lock step."""

__all__ = ["__version__"]

__version__ = "0.1.0"
