"""The solves behind conjugate gradients: the one asked for, and those of its derivatives."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import nan
from typing import Any

from spacecore.backend import BackendOps
from spacecore.linalg._cg_host import solve_in_place
from spacecore.linalg._cg_loop import solve_in_loop, solve_watched
from spacecore.linalg._cg_systems import Problem
from spacecore.linalg._problem import (
    MOST_STEPS,
    Operands,
    Options,
    compiles_loops,
    operator_in_coordinates,
    riesz_in_coordinates,
)
from spacecore.linalg._result import SolveStatus
from spacecore.linalg._watch import unseen
from spacecore.linop._holdings import holdings

__all__ = ["solved"]

Lift = Callable[[Callable[..., Any]], Callable[..., Any]]


def solved(operands: Operands, b: Any, own: int, options: Options) -> tuple[Any, Any]:
    """Return x, and `(num_iters, residual_norm, target, code, history)`, differentiable.

    Parameters
    ----------
    operands : Operands
    b : array, shape (..., n)
    own : int
        Number of leading axes of b.
    options : Options
    """
    ops = operands.A.ops
    if not compiles_loops(ops):
        if own == 0 and ops.bindings()["custom_linear_solve"].how == "default":
            return solve_in_place(operands, b, options)
        return _differentiable(operands, b, own, options, compiles=False)
    if options.watch is None:
        holds = holdings(operands.A, operands.preconditioner)
        compiled = _compiled.__wrapped__ if holds is None else _compiled
        run, numbers = compiled((type(ops), ops), own)
        given, keep = numbers.replaced(operands, b.dtype), options.keep
        x, aux = run(given, b, keep=keep, holds=holds) if keep or holds else run(given, b)
        return x, aux
    if ops.is_traced(b):
        raise unseen(ops)
    return solve_watched(ops, operands, b, own, options)


@cache
def _compiled(
    key: tuple[type[BackendOps], BackendOps], own: int
) -> tuple[Callable[..., Any], _Numbers]:
    """The whole solve, compiled once for each structure of its operands, and what they hold.

    With it come the arrays that stand for numbers in it. The key is of the class too: a backend
    that is registered anew is equal to the one before.
    """
    ops = key[1]

    def cg(operands: Operands, b: Any, *, keep: int = 0, holds: Any = None) -> Any:
        return _differentiable(operands, b, own, Options(keep, None, 1), compiles=True)

    return ops.jit(cg, static_argnames=("keep", "holds")), _Numbers(ops)


class _Numbers:
    """Arrays of Python's numbers, which a compiled function would convert at each call."""

    MOST = 64  # and then all are forgotten

    def __init__(self, ops: BackendOps):
        self.ops: Any = ops
        self.made: dict[tuple[float, Any], Any] = {}

    def replaced(self, operands: Operands, dtype: Any) -> Operands:
        """Return operands with arrays for numbers, beside a right-hand side of a dtype."""
        A, preconditioner, x0, tol, atol, maxiter = operands
        if type(tol) is float:
            tol = self.array(tol, dtype)
        if type(atol) is float:
            atol = self.array(atol, dtype)
        return Operands(A, preconditioner, x0, tol, atol, self.array(maxiter, None))

    def array(self, number: float, dtype: Any) -> Any:
        """Return a number beside arrays of a dtype; without one, a count."""
        found = self.made.get((number, dtype))
        if found is not None:
            return found
        own = self.ops.int32 if dtype is None else self.ops.real_dtype(dtype)
        made = self.ops.asarray(number, dtype=own)
        if not self.ops.is_traced(made):
            if len(self.made) >= self.MOST:
                self.made.clear()
            self.made[number, dtype] = made
        return made


def _differentiable(
    operands: Operands, b: Any, own: int, options: Options, *, compiles: bool
) -> tuple[Any, Any]:
    ops: Any = operands.A.ops
    axes = tuple(b.shape[len(b.shape) - 1 - own : -1])

    def matvec(operands: Operands, v: Any) -> Any:
        return operator_in_coordinates(operands.A, axes)(v)

    def solve(operands: Operands, b: Any, lift: Lift) -> Any:
        if len(b.shape) == 1 and not compiles:
            return solve_in_place(operands, b, options)
        problem = Problem(operands, b, own, lift, options.keep)
        if options.watch is not None:
            return solve_watched(ops, operands, b, own, options)
        start = operands.x0
        if start is not None:
            start = lift(lambda given, v: given.x0 + ops.zeros_like(v))(operands, b)
        tol, atol = (_of_slices(name, operands, b, own, lift) for name in ("tol", "atol"))
        return solve_in_loop(problem, start, tol, atol)

    def tangent_solve(operands: Operands, b: Any, lift: Lift) -> Any:
        """A solve to the tolerance asked for, however many steps that takes; NaN if it fails."""
        given = operands._replace(maxiter=_tangent_steps(operands, b))  # what is mapped stays
        if len(b.shape) == 1 and not compiles:
            tol = _tangent_tolerance(ops, operands.tol, b)
            given = given._replace(x0=None, tol=tol, atol=0.0)
            x, aux = solve_in_place(given, b, Options(0, None, options.check_every))
        else:
            tol = _tangent_tolerance(ops, _of_slices("tol", operands, b, own, lift), b)
            x, aux = solve_in_loop(Problem(given, b, own, lift, 0), None, tol, 0.0)
        return _or_nan(ops, x, aux, tol)

    def transpose_solve(operands: Operands, b: Any, lift: Lift) -> Any:
        """`Aᵀ = conj(R A R⁻¹)`, for A is self-adjoint in the inner product of R."""
        if operands.A.domain.is_euclidean:
            return _conj(ops, tangent_solve(operands, _conj(ops, b), lift))
        lower, raise_ = (lift(_riesz(axes, inverse=inverse)) for inverse in (False, True))
        x = tangent_solve(operands, raise_(operands, _conj(ops, b)), lift)
        return _conj(ops, lower(operands, x))

    return ops.custom_linear_solve(matvec, operands, b, solve, tangent_solve, transpose_solve)


def _riesz(axes: Any, *, inverse: bool) -> Callable[..., Any]:
    def riesz(operands: Operands, v: Any) -> Any:
        mapped = riesz_in_coordinates(operands.A.domain, axes, inverse=inverse)
        return v if mapped is None else mapped(v)

    return riesz


def _of_slices(name: str, operands: Operands, b: Any, own: int, lift: Lift) -> Any:
    """A tolerance; for each slice of b where something is mapped, which it may be too."""
    ops, given = operands.A.ops, getattr(operands, name)
    if len(b.shape) == own + 1 or isinstance(given, float):
        return given

    def of_slice(operands: Operands, v: Any) -> Any:
        none = ops.zeros(v.shape[:-1], dtype=ops.real_dtype(v.dtype))
        return ops.astype(getattr(operands, name), none.dtype) + none

    return lift(of_slice)(operands, b)


def _tangent_steps(operands: Operands, b: Any) -> Any:
    """The steps of a derivative's solve, which starts from zero: those of the default at least."""
    least = min(10 * b.shape[-1], MOST_STEPS)
    if isinstance(operands.maxiter, int):
        return max(operands.maxiter, least)
    return operands.A.ops.maximum(operands.maxiter, least)


def _or_nan(ops: BackendOps, x: Any, aux: Any, tol: Any) -> Any:
    """A derivative's solution; NaN where the solve failed, for it has no other way to say so.

    Of one that stagnated the residual is small, if its system has a solution.
    """
    _, size, target, code, _ = aux
    small = ops.eps(x.dtype) ** 0.25
    if isinstance(code, int):
        stagnated = code == SolveStatus.STAGNATED.code and size * tol <= small * target
        return x if code == 0 or stagnated else ops.full_like(x, nan)
    stagnated = (code == SolveStatus.STAGNATED.code) & (size * tol <= small * target)
    return ops.where(((code == 0) | stagnated)[..., None], x, ops.full_like(x, nan))


def _tangent_tolerance(ops: BackendOps, tol: Any, b: Any) -> Any:
    """The relative tolerance of a derivative's solve, whose right-hand side has any size."""
    least = ops.eps(b.dtype) ** 0.75
    if isinstance(tol, int | float):
        return tol or least
    return ops.where(tol > 0, tol, least)


def _conj(ops: BackendOps, x: Any) -> Any:
    return ops.conj(x) if ops.is_complex_dtype(x.dtype) else x
