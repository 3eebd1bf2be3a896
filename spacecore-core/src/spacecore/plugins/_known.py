"""Backends that exist, so that the message about a missing one can say how to get it. Data only."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["KNOWN", "KNOWN_CLASSES"]


class Known(NamedTuple):
    """The class that a known distribution gives, and the command that installs it."""

    ops_class: str
    install: str


KNOWN = {
    "cupy": Known("CuPyOps", 'pip install "spacecore-cupy[cuda12]"'),
    "jax": Known("JaxOps", "pip install spacecore-jax"),
    "torch": Known("TorchOps", "pip install spacecore-torch"),
}

KNOWN_CLASSES = {known.ops_class: name for name, known in KNOWN.items()}
