"""Conjugate gradients on one vector, in place: for libraries whose arrays can be written into.

Five vectors, and no other memory but what the operator takes. The residual is kept divided by a
power of two, so that squares neither overflow nor vanish whatever the units of the system.
"""

from __future__ import annotations

from collections.abc import Callable
from math import frexp, inf, ldexp, nan, sqrt
from typing import Any, NamedTuple

from spacecore.backend import VectorArithmetic
from spacecore.linalg._problem import (
    HALF,
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

    def norm(self, v: Any) -> float:
        """The norm of v, whatever its units."""
        if not v.shape[0]:  # BLAS takes no empty vectors
            return 0.0
        dot, view = self.arithmetic.dot, self.arithmetic.view
        held = view(v)
        squared = float(dot(held, held))
        if LEAST < squared < MOST:
            return sqrt(squared)
        largest = float(self.ops.max(self.ops.abs(v)))
        if not 0 < largest < inf:
            return largest
        scale = _power_below(largest)
        held = view(v / scale)
        return scale * sqrt(max(float(dot(held, held)), 0.0))


# Between these a sum of squares has lost nothing to underflow or overflow, in single precision.
LEAST, MOST = 1e-24, 1e24
# How far from its size a vector may be held before it is brought back.
REACH = 2.0**16
# A curvature that much smaller than what is usual is looked at.
DOUBTFUL = 2.0**-20


def _power_below(size: float) -> float:
    return ldexp(1.0, frexp(size)[1] - 1)


class Run(NamedTuple):
    """How a run of the recurrence ended: after which step, and why; None for out of steps."""

    k: int
    status: SolveStatus | None


class Workspace(NamedTuple):
    """The vectors that a run changes, zero to begin with.

    Where slices share memory, d and r are the halves of `moved`, p and q those of `moving`, which
    are what `view` gives of them; else they are None.
    """

    d: Any
    r: Any
    p: Any
    q: Any
    moved: Any
    moving: Any


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
    r, size = b, system.norm(b)
    target = atol + tol * size
    if x0 is not None:
        if size == 0:
            x[:] = 0  # the solution, which no steps from elsewhere reach
        else:
            r = b - system.apply(x, ops.empty_like(b))
            size = system.norm(r)
    if not look.silent:
        look(0, size, lambda: x)
    k, status = 0, _judged(size, target)
    steps = _steps if system.arithmetic.on_host else _steps_on_device
    while status is None and k < maxiter:
        before, scale = size, _power_below(size)
        k, ended = steps(system, x, r / scale, scale, target, k, maxiter, look)
        r = b - system.apply(x, ops.empty_like(b))
        size = system.norm(r)
        status = _judged(size, target)
        if status is None and ended is not None:
            if ended is not SolveStatus.CONVERGED:
                status = ended
            elif not size < 0.5 * before:
                status = SolveStatus.STAGNATED
    status = SolveStatus.MAX_ITERATIONS if status is None else status
    norms = None if look.silent else look.ended(ops, k, size, x)
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
        self.told = -1

    def __call__(self, k: int, size: float, x: Callable[[], Any]) -> None:
        if self.history is not None:  # nothing is known of the steps between two tests
            self.history += [nan] * (k - len(self.history))
            self.history.append(size)
        if self.watch is not None and k % self.every == 0:
            self.told = k
            self.watch(k, size, x())

    def ended(self, ops: Any, k: int, size: float, x: Any) -> Any:
        """Tell of the last step, if nobody was told, and return the history as an array."""
        if self.watch is not None and self.told != k:
            self.watch(k, size, x)
        if self.history is None:
            return None
        return ops.asarray(self.history, dtype=ops.real_dtype(x.dtype))


def _steps(
    system: Vectors,
    x: Any,
    r: Any,
    scale: float,
    target: float,
    k: int,
    maxiter: int,
    look: _Looks,
) -> Run:
    """Run the recurrence with a test at each step; x is changed, r is the scaled residual.

    What x lacks is kept as `d = (x before - x) / scale` until the end. A step adds the same
    multiple of the direction p to d as of A p to r: one call where the two lie in one array.
    """
    add_multiple, view = system.arithmetic.add_multiple, system.arithmetic.view
    space = _workspace(system, r)
    space.r[:] = r
    space.p[:] = r if system.precondition is None else system.precondition(r)

    def told(step: int, squared: float) -> None:
        look(step, sqrt(max(squared, 0.0)) * scale, lambda: x - scale * space.d)

    limit = _limit(system.ops, r, target / scale)
    run = _recurrence(system, space, limit, k, maxiter, None if look.silent else told)
    add_multiple(view(space.d), view(x), r.shape[0], -scale)
    return run


def _workspace(system: Vectors, r: Any) -> Workspace:
    ops, arithmetic, n = system.ops, system.arithmetic, r.shape[0]
    if not arithmetic.slices_share:
        d, own, p, q = (ops.zeros_like(r) for _ in range(4))
        return Workspace(d, own, p, q, None, None)
    memory, view = ops.zeros((4 * n,), dtype=r.dtype, device=ops.device_of(r)), arithmetic.view
    moved, moving = memory[: 2 * n], memory[2 * n :]
    return Workspace(moved[:n], moved[n:], moving[:n], moving[n:], view(moved), view(moving))


def _recurrence(  # noqa: C901, PLR0912 - a call for each of its few questions would cost more than asking
    system: Vectors,
    space: Workspace,
    limit: float,
    k: int,
    maxiter: int,
    told: Callable[[int, float], None] | None,
) -> Run:
    """Move d and r until ⟨r, r⟩ is at the limit; `told` hears of it at each step.

    Hestenes and Stiefel, Methods of conjugate gradients for solving linear systems, J. Res.
    Natl. Bur. Stand. 49 (1952), section 3. Of the direction p the loop holds `p unit / rho`, for
    which `p = z + (rho / before) p` is the sum of two vectors, and the step is `unit / curvature`:
    a call less again.
    """
    apply, precondition = system.apply, system.precondition
    dot, add_multiple, scale_and_add, _, _, view, *_ = system.arithmetic
    d, r, p, q, held_moved, held_moving = space
    eps = system.ops.eps(r.dtype)
    held_d, held_r, held_p, held_q = view(d), view(r), view(p), view(q)
    held_z, n, both = held_r, r.shape[0], 2 * r.shape[0]
    unit = rho = dot(held_r, held_p)
    if not 0 < rho < inf:
        return Run(k, _breakdown(rho))
    reach = REACH if eps < HALF else 1.0
    least, most = rho / reach, rho * reach
    # Between `usual` and `most` nothing is to be asked: not at the limit, and p near its size.
    looked_at = limit if told is None and precondition is None else inf
    usual = max(least, looked_at)
    # Above `floor` a curvature is positive beyond doubt; the first, which sets it, is looked at.
    # Below the rounding of the largest Rayleigh quotient seen there the operator is singular; with
    # a preconditioner, of the inverse of the shortest step.
    floor, largest = inf, 0.0
    for step in range(k + 1, maxiter + 1):
        product = apply(p, q)
        if product is not q:  # it does not lie beside p
            q, held_q, held_moving = product, view(product), None
        curvature = dot(held_p, held_q)
        if not floor < curvature < inf:
            if precondition is None:
                quotient = curvature / dot(held_p, held_p)
            else:  # that of the preconditioned operator, whatever the spread of A alone
                quotient = curvature / unit * (rho / unit)
            if not eps * largest < quotient < inf:
                return Run(step - 1, _breakdown(curvature))
            largest = max(largest, quotient)
            floor = DOUBTFUL * largest * unit
        length = -unit / curvature
        if held_moving is None:
            add_multiple(held_p, held_d, n, length)
            add_multiple(held_q, held_r, n, length)
        else:
            add_multiple(held_moving, held_moved, both, length)
        rho = dot(held_r, held_r)
        if not usual < rho < most:
            if told is not None:
                told(step, rho)
            if rho <= limit:
                return Run(step, SolveStatus.CONVERGED)
            if precondition is not None:
                held_z = view(precondition(r))
                rho = dot(held_r, held_z)
            if not least < rho < most:  # p has drifted from its size: here it becomes p itself
                if not 0 < rho < inf:
                    return Run(step, _breakdown(rho))
                scale_and_add(held_p, rho / unit, held_z)
                unit, least, most = rho, rho / reach, rho * reach
                usual, floor = max(least, looked_at), inf
                continue
        add_multiple(held_z, held_p, n, unit / rho)
    return Run(maxiter, None)


def _steps_on_device(
    system: Vectors,
    x: Any,
    r: Any,
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
    p, q, n = ops.copy(z), ops.empty_like(r), r.shape[0]
    rho = as_array(dot(r, z))
    worst, none, floor = rho, ops.zeros_like(rho), None
    eps = ops.eps(r.dtype)

    def length_of(p: Any, rho: Any) -> Any:
        return as_array(dot(p, p)) if precondition is None else rho

    while k < maxiter:
        q = system.apply(p, q)
        curvature = as_array(dot(p, q))
        if floor is None:  # below the rounding of the first quotient the operator is singular
            floor = eps * curvature / length_of(p, rho)
        worst = minimum(worst, minimum(curvature, rho))
        alpha = where(worst > 0, rho / curvature, none)
        add_multiple(p, x, n, alpha * scale)
        add_multiple(q, r, n, -alpha)
        k += 1
        z = r if precondition is None else precondition(r)
        before, rho = rho, as_array(dot(r, z))
        if k % look.every == 0 or k == maxiter:
            worst = minimum(worst, curvature - floor * length_of(p, before))
            squared = float(rho if precondition is None else dot(r, r))
            size = sqrt(squared) * scale if squared >= 0 else nan
            if not look.silent:
                look(k, size, lambda: x)
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
