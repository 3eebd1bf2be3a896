"""The solves behind conjugate gradients: the one asked for, and those of its derivatives."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from spacecore.backend import BackendOps
from spacecore.linalg._cg_host import solve_in_place
from spacecore.linalg._cg_loop import Problem, solve_in_loop, solve_watched
from spacecore.linalg._problem import (
    Operands,
    Options,
    compiles_loops,
    operator_in_coordinates,
    riesz_in_coordinates,
)
from spacecore.linalg._watch import unseen

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
        x, aux = _compiled(type(ops), ops)(operands, b, own=own, keep=options.keep)
        return x, aux
    if ops.is_traced(b):
        raise unseen(ops)
    return solve_watched(ops, operands, b, own, options)


@cache
def _compiled(cls: type[BackendOps], ops: BackendOps) -> Callable[..., Any]:
    """The whole solve, compiled once for each structure of its operands.

    Of the class too: a backend that is registered anew is equal to the one before.
    """

    def cg(operands: Operands, b: Any, *, own: int, keep: int) -> Any:
        return _differentiable(operands, b, own, Options(keep, None, 1), compiles=True)

    return ops.jit(cg, static_argnames=("own", "keep"))


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
        return solve_in_loop(problem, start, operands.tol, operands.atol)

    def tangent_solve(operands: Operands, b: Any, lift: Lift) -> Any:
        tol = _tangent_tolerance(operands, b)
        if len(b.shape) == 1 and not compiles:
            given = operands._replace(x0=None, tol=tol, atol=0.0)
            return solve_in_place(given, b, Options(0, None, options.check_every))[0]
        return solve_in_loop(Problem(operands, b, own, lift, 0), None, tol, 0.0)[0]

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


def _tangent_tolerance(operands: Operands, b: Any) -> Any:
    """The relative tolerance of a derivative's solve, whose right-hand side has any size."""
    ops, tol = operands.A.ops, operands.tol
    least = ops.eps(b.dtype) ** 0.75
    if isinstance(tol, int | float):
        return tol or least
    return ops.where(tol > 0, tol, least)


def _conj(ops: BackendOps, x: Any) -> Any:
    return ops.conj(x) if ops.is_complex_dtype(x.dtype) else x
