"""Elementwise functions of the array API standard, as one class."""

from __future__ import annotations

from spacecore.backend._contract._arithmetic import ArithmeticFunctions
from spacecore.backend._contract._logic import LogicFunctions
from spacecore.backend._contract._transcendental import TranscendentalFunctions

__all__ = ["ElementwiseFunctions"]


class ElementwiseFunctions(ArithmeticFunctions, LogicFunctions, TranscendentalFunctions):
    """Functions of each element, or of each pair of elements."""
