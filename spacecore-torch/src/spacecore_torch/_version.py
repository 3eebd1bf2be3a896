"""The version of this distribution, in lock step with spacecore-core."""

__all__ = ["__version__"]

__version__ = "0.1.0"
