"""Solvers: linear systems in any space and geometry, on any backend."""

from __future__ import annotations

from spacecore.linalg._cg import cg
from spacecore.linalg._result import SolveResult, SolveStatus

__all__ = ["SolveResult", "SolveStatus", "cg"]
