"""Conjugate gradients on one vector, in place: for libraries whose arrays can be written into.

Four vectors, and no other memory but what the operator takes. The residual is kept divided by a
power of two, so that squares neither overflow nor vanish whatever the units of the system.
"""

from __future__ import annotations

from collections.abc import Callable
from math import frexp, inf, ldexp, nan, sqrt
from typing import Any, NamedTuple

from spacecore.backend import VectorArithmetic
from spacecore.linalg._problem import (
    Operands,
    Options,
    inner_in_coordinates,
    least_believed,
    operator_in_coordinates,
    product_in_coordinates,
)
from spacecore.linalg._result import SolveStatus

__all__ = ["solve_in_place"]


class Vectors(NamedTuple):
    """The system, as functions on vectors of coordinates."""

    ops: Any
    apply: Callable[[Any, Any], Any]
    precondition: Callable[[Any], Any] | None
    arithmetic: VectorArithmetic

    def measured(self, v: Any) -> tuple[float, float]:
        """The norm of v, whatever its units, and the power of two below it."""
        if not v.shape[0]:  # BLAS takes no empty vectors
            return 0.0, 1.0
        dot, view = self.arithmetic.dot, self.arithmetic.view
        held = view(v)
        squared = float(dot(held, held))
        if LEAST < squared < MOST:
            size = sqrt(squared)
            return size, _power_below(size)
        largest = float(self.ops.max(self.ops.abs(v)))
        if not 0 < largest < inf:
            return largest, 1.0
        scale = _power_below(largest)
        held = view(v / scale)
        size = scale * sqrt(max(float(dot(held, held)), 0.0))
        return size, scale


# Between these a sum of squares has lost nothing to underflow or overflow, in single precision.
LEAST, MOST = 1e-24, 1e24
# How far from its size a vector may be held before it is brought back.
REACH = 2.0**16


def _power_below(size: float) -> float:
    return ldexp(1.0, frexp(size)[1] - 1)


class Run(NamedTuple):
    """How a run of the recurrence ended: after which step, and why; None for out of steps."""

    k: int
    status: SolveStatus | None


def solve_in_place(operands: Operands, b: Any, options: Options) -> tuple[Any, tuple[Any, ...]]:
    """Return x, and `(num_iters, residual_norm, target, code, history)`.

    A recurrence that claims convergence which the true residual denies is restarted from the
    truth, for as long as that gains at least a factor of two.
    """
    A, preconditioner, x0, tol, atol, maxiter = operands
    system = _vectors(A, preconditioner, b)
    ops = system.ops
    look = _Looks(options)
    x = ops.empty_like(b) if x0 is None else ops.copy(x0)
    if x0 is None:
        x[:] = 0  # a fifth of what `zeros_like` costs for small vectors
    r = b if x0 is None else b - system.apply(x, ops.empty_like(b))
    size, scale = system.measured(r)
    target = atol + tol * (size if x0 is None else system.measured(b)[0])
    look(0, size, x)
    k, status = 0, _judged(size, target)
    q = ops.empty_like(b)
    steps = _steps if system.arithmetic.on_host else _steps_on_device
    while status is None and k < maxiter:
        k, ended = steps(system, x, r / scale, q, scale, target, k, maxiter, look)
        before = size
        r = b - system.apply(x, q)
        size, scale = system.measured(r)
        status = _judged(size, target)
        if status is None and ended is not None:
            if ended is not SolveStatus.CONVERGED:
                status = ended
            elif not size < 0.5 * before:
                status = SolveStatus.STAGNATED
    status = SolveStatus.MAX_ITERATIONS if status is None else status
    norms = None if look.history is None else ops.asarray(look.history)
    return x, (k, size, target, status.code, norms)


def _vectors(A: Any, preconditioner: Any, b: Any) -> Vectors:
    space, ops = A.domain, A.ops
    arithmetic = ops.vector_arithmetic(b)
    if not space.is_euclidean:
        inner, real, array = inner_in_coordinates(space, ()), ops.real, arithmetic.array
        number = float if arithmetic.on_host else _unchanged
        arithmetic = arithmetic._replace(dot=lambda x, y: number(real(inner(array(x), array(y)))))
    precondition = None if preconditioner is None else operator_in_coordinates(preconditioner, ())
    return Vectors(ops, product_in_coordinates(A), precondition, arithmetic)


def _unchanged(x: Any) -> Any:
    return x


def _judged(size: float, target: float) -> SolveStatus | None:
    if not size < inf:
        return SolveStatus.NOT_FINITE
    return SolveStatus.CONVERGED if size <= target else None


class _Looks:
    """What is kept, and who is told, at each residual norm that is known."""

    def __init__(self, options: Options):
        self.every = options.check_every
        self.watch = options.watch
        self.history: list[float] | None = [] if options.keep else None
        self.silent = self.watch is None and self.history is None

    def __call__(self, k: int, size: float, x: Any) -> None:
        if self.history is not None:
            self.history.append(size)
        if self.watch is not None and k % self.every == 0:
            self.watch(k, size, x)


def _steps(
    system: Vectors,
    x: Any,
    r: Any,
    q: Any,
    scale: float,
    target: float,
    k: int,
    maxiter: int,
    look: _Looks,
) -> Run:
    """Run the recurrence with a test at each step; x is changed, r is the scaled residual.

    Hestenes and Stiefel, Methods of conjugate gradients for solving linear systems, J. Res.
    Natl. Bur. Stand. 49 (1952), section 3. Of the direction p the loop holds `p unit / rho`, for
    which `p = z + (rho / before) p` is the sum of two vectors, and the step `unit / curvature`:
    a pass over memory less.
    """
    apply, precondition = system.apply, system.precondition
    dot, add_multiple, scale_and_add, _, _, view, _ = system.arithmetic
    limit, silent = _limit(system.ops, r, target / scale), look.silent
    z = r if precondition is None else precondition(r)
    p, n = system.ops.copy(z), r.shape[0]
    held_x, held_r, held_z, held_p, held_q = view(x), view(r), view(z), view(p), view(q)
    unit = rho = dot(held_r, held_z)
    if not 0 < rho < inf:
        return Run(k, _breakdown(rho))
    least, most = rho / REACH, rho * REACH
    for step in range(k + 1, maxiter + 1):
        product = apply(p, q)
        if product is not q:
            q, held_q = product, view(product)
        curvature = dot(held_p, held_q)
        if not 0 < curvature < inf:
            return Run(step - 1, _breakdown(curvature))
        alpha = unit / curvature
        add_multiple(held_p, held_x, n, alpha * scale)
        add_multiple(held_q, held_r, n, -alpha)
        squared = rho = dot(held_r, held_r)
        if not silent:
            look(step, sqrt(max(squared, 0.0)) * scale, x)
        if squared <= limit:
            return Run(step, SolveStatus.CONVERGED)
        if precondition is not None:
            held_z = view(precondition(r))
            rho = dot(held_r, held_z)
        if least < rho < most:
            add_multiple(held_z, held_p, n, unit / rho)
            continue
        if not 0 < rho < inf:
            return Run(step, _breakdown(rho))
        scale_and_add(held_p, rho / unit, held_z)  # p has drifted from its size: now it is p itself
        unit, least, most = rho, rho / REACH, rho * REACH
    return Run(maxiter, None)


def _steps_on_device(
    system: Vectors,
    x: Any,
    r: Any,
    q: Any,
    scale: float,
    target: float,
    k: int,
    maxiter: int,
    look: _Looks,
) -> Run:
    """Run the recurrence with a test at every few steps; numbers stay on their device between.

    A direction that is not one of positive curvature freezes x, and is noticed at the next look.
    """
    ops, precondition = system.ops, system.precondition
    dot, add_multiple, scale_and_add, *_ = system.arithmetic
    as_array, limit = ops.asarray, _limit(ops, r, target / scale)
    where, minimum = ops.where, ops.minimum
    z = r if precondition is None else precondition(r)
    p, n = ops.copy(z), r.shape[0]
    rho = as_array(dot(r, z))
    worst, none = rho, ops.zeros_like(rho)
    while k < maxiter:
        q = system.apply(p, q)
        curvature = as_array(dot(p, q))
        worst = minimum(worst, minimum(curvature, rho))
        alpha = where(worst > 0, rho / curvature, none)
        add_multiple(p, x, n, alpha * scale)
        add_multiple(q, r, n, -alpha)
        k += 1
        z = r if precondition is None else precondition(r)
        before, rho = rho, as_array(dot(r, z))
        if k % look.every == 0 or k == maxiter:
            squared = float(rho if precondition is None else dot(r, r))
            size = sqrt(squared) * scale if squared >= 0 else nan
            if not look.silent:
                look(k, size, x)
            if 0 <= squared <= limit:
                return Run(k, SolveStatus.CONVERGED)
            if not size < inf:
                return Run(k, SolveStatus.NOT_FINITE)
            if not float(worst) > 0:
                return Run(k, _breakdown(float(worst)))
        scale_and_add(p, where(worst > 0, rho / before, none), z)
    return Run(k, None)


def _limit(ops: Any, r: Any, wanted: float) -> float:
    """The square of the norm at which the scaled residual is believed no further.

    Below the rounding of where it began, the recurrence says nothing of the truth.
    """
    return (wanted if wanted > 1e-6 else max(wanted, least_believed(ops, r.dtype))) ** 2


def _breakdown(number: float) -> SolveStatus:
    """Why a number that is positive by theory is not positive and finite."""
    return SolveStatus.NOT_POSITIVE_DEFINITE if abs(number) < inf else SolveStatus.NOT_FINITE
