"""Conjugate gradients as one functional loop, over batches of any number of leading axes.

For libraries that compile loops, and for batches everywhere. Numbers such as step lengths are
arrays of the leading axes; a system that is finished keeps its numbers while others go on.
Residuals are kept divided by a power of two, so that squares neither overflow nor vanish.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from spacecore.linalg._cg_systems import Problem
from spacecore.linalg._problem import (
    HALF,
    Operands,
    Options,
    compiles_loops,
    least_believed,
)
from spacecore.linalg._result import SolveStatus
from spacecore.linalg._watch import unseen
from spacecore.linop._holdings import holdings

__all__ = ["solve_in_loop", "solve_watched"]

RUNNING = -1
DONE = SolveStatus.CONVERGED.code
MAX_ITERATIONS = SolveStatus.MAX_ITERATIONS.code
INDEFINITE = SolveStatus.NOT_POSITIVE_DEFINITE.code
STAGNATED = SolveStatus.STAGNATED.code
NOT_FINITE = SolveStatus.NOT_FINITE.code

# Times eps: a curvature that has fallen by so much is rounding.
ROUNDING = 8.0


class LoopState(NamedTuple):
    """What steps change. `code` is RUNNING where a system goes on.

    The residual `r` is divided by `scale`; between runs it is the true one, and `rho` is ⟨r, r⟩. Of
    the direction there is nothing to carry then: `p`, `alpha` and `most` are None. During a run
    `alpha` is the shortest step so far, and `rho` never comes to `most` where the operator is
    positive definite.
    """

    k: Any
    x: Any
    r: Any
    p: Any
    rho: Any
    alpha: Any
    most: Any
    size: Any
    iters: Any
    code: Any
    scale: Any
    history: Any


def solve_in_loop(problem: Problem, x0: Any, tol: Any, atol: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return x, and `(num_iters, residual_norm, target, code, history)`; steps come last in it.

    A recurrence that claims convergence which the true residual denies is restarted from the
    truth, for as long as that gains at least a factor of two.
    """
    ops = problem.ops
    state, target = _begin(problem, x0, tol, atol)

    def again(s: LoopState) -> LoopState:
        ended = _run(problem, _restart(problem, s), target)
        return _judge(problem, ended, s.size, target)

    state = ops.while_loop(lambda s: _any_goes_on(problem, s), again, state)
    return _finished(problem, state, target)


def _finished(problem: Problem, s: LoopState, target: Any) -> tuple[Any, tuple[Any, ...]]:
    ops = problem.ops
    code = ops.where(s.code == RUNNING, ops.full_like(s.code, MAX_ITERATIONS), s.code)
    history = None if s.history is None else problem.told(s.history, s.iters)
    return s.x, (s.iters, s.size, target, code, history)


def _run(problem: Problem, s: LoopState, target: Any, stop: Any = None) -> LoopState:
    """Steps until no system goes on, or up to a number of steps of the loop."""
    if not problem.leading:
        return _run_one(problem, s, target, problem.maxiter if stop is None else stop)
    believed = _believed(problem, s, target)

    def goes_on(s: LoopState) -> Any:
        going = _any_goes_on(problem, s)
        return going if stop is None else going & (s.k < stop)

    run: LoopState = problem.ops.while_loop(goes_on, lambda s: _step(problem, s, believed), s)
    return run


def _believed(problem: Problem, s: LoopState, target: Any) -> Any:
    """The norm at which a run ends: below its rounding a recurrence says nothing of the truth."""
    ops = problem.ops
    return ops.maximum(target, s.scale * least_believed(ops, s.r.dtype))


class Step(NamedTuple):
    """What the steps of a single system change: no more than the method needs.

    `squared` is ⟨r, r⟩; None without a preconditioner, where that is `rho`. `alpha` is the length
    of the shortest step: infinite before the first, negative where the curvature is not positive.
    """

    k: Any
    x: Any
    r: Any
    p: Any
    rho: Any
    squared: Any
    alpha: Any
    history: Any


def _run_one(problem: Problem, s: LoopState, target: Any, stop: Any) -> LoopState:
    """Steps of a single system; a direction that is not of positive curvature moves nothing."""
    ops = problem.ops
    limit = (_believed(problem, s, target) / s.scale) ** 2
    none = ops.zeros_like(s.rho)

    def goes_on(t: Step) -> Any:
        return (_squared(t) > limit) & _goes_straight(t, s.most) & (t.k < stop)

    def step(t: Step) -> Step:
        q = problem.apply(t.p)
        length = t.rho / problem.inner(t.p, q)
        alpha = _shortest(ops, length, t.alpha)
        length = ops.where(alpha > 0, length, none)
        x = t.x + (length * s.scale) * t.p
        r = t.r - length * q
        z, rho, squared = _measured(problem, r)
        k = t.k + ops.astype(alpha > 0, t.k.dtype)
        p = z + (rho / t.rho) * t.p
        moved = Step(k, x, r, p, rho, squared, alpha, None)
        if t.history is None:
            return moved
        size = ops.sqrt(_squared(moved)) * s.scale
        return moved._replace(history=problem.kept(t.history, k, size))

    squared = None if problem.precondition is None else problem.inner(s.r, s.r)
    first = Step(s.k, s.x, s.r, s.p, s.rho, squared, s.alpha, s.history)
    t = ops.while_loop(goes_on, step, first)
    return s._replace(
        k=t.k,
        x=t.x,
        r=t.r,
        p=t.p,
        rho=t.rho,
        alpha=t.alpha,
        size=ops.sqrt(_squared(t)) * s.scale,
        iters=t.k,
        code=ops.astype(_why_ended(ops, t, limit, s.most), s.code.dtype),
        history=t.history,
    )


def _why_ended(ops: Any, t: Step, limit: Any, most: Any) -> Any:
    squared = _squared(t)
    indefinite = ((t.alpha < 0) | (t.rho <= 0) | (t.rho >= most)) & ops.isfinite(t.rho)
    code = ops.where(indefinite, INDEFINITE, NOT_FINITE)
    code = ops.where(_goes_straight(t, most), RUNNING, code)
    code = ops.where(squared <= limit, DONE, code)
    return ops.where(ops.isfinite(squared), code, NOT_FINITE)


def _shortest(ops: Any, length: Any, before: Any) -> Any:
    """The shortest step so far; -1 for a step where the operator is not positive definite."""
    is_none = (length <= 0) | ~_is_believed(ops, length, before)
    none = ops.full_like(length, -1.0)
    return ops.where(is_none & ~ops.isnan(length), none, ops.minimum(length, before))


def _is_believed(ops: Any, length: Any, shortest: Any) -> Any:
    """Whether a step is no longer than another by the inverse of rounding.

    The lengths lie between the inverses of the largest and the smallest eigenvalue.
    """
    return length < shortest / (ROUNDING * ops.eps(length.dtype))


def _goes_straight(t: Step, most: Any) -> Any:
    return (t.alpha > 0) & (t.rho > 0) & (t.rho < most)


def _squared(t: Step) -> Any:
    return t.rho if t.squared is None else t.squared


def _measured(problem: Problem, r: Any) -> tuple[Any, Any, Any]:
    """The preconditioned residual z, ⟨r, z⟩, and ⟨r, r⟩; None for the last if it is the other."""
    if problem.precondition is None:
        return r, problem.inner(r, r), None
    z = problem.precondition(r)
    return z, problem.inner(r, z), problem.inner(r, r)


def _goes_on(problem: Problem, s: LoopState) -> Any:
    """Which systems are not through, and have steps left: each counts its own."""
    return (s.code == RUNNING) & (s.iters < problem.maxiter)


def _any_goes_on(problem: Problem, s: LoopState) -> Any:
    going = _goes_on(problem, s)
    return problem.ops.any(going) if problem.leading else going


def _begin(problem: Problem, x0: Any, tol: Any, atol: Any) -> tuple[LoopState, Any]:
    """The state before the first run, and the norm that its residual is to reach."""
    ops, b = problem.ops, problem.b
    x, r = (ops.zeros_like(b), b) if x0 is None else (x0, b - problem.apply(x0))
    size, scale, r, squared = problem.measured(r)
    target = atol + tol * size
    if x0 is not None:
        of_b = problem.measured(b).size
        target = atol + tol * of_b
        # Zero solves the system of zero, and no steps from elsewhere reach it.
        size = ops.where(of_b == 0, of_b, size)
        x = ops.where((of_b == 0)[..., None], b, x)
    iters = ops.zeros_like(size, dtype=ops.int32)  # which is mapped as the system is
    code = ops.where(size <= target, iters + DONE, iters + RUNNING)
    code = ops.where(ops.isfinite(size), code, iters + NOT_FINITE)
    history = problem.history(size) if problem.keep else None
    k = ops.zeros((), dtype=ops.int32) if problem.leading else iters
    return LoopState(k, x, r, None, squared, None, None, size, iters, code, scale, history), target


def _restart(problem: Problem, s: LoopState) -> LoopState:
    """Every system that still runs, from its true residual: the first direction is steepest."""
    ops, r, rho = problem.ops, s.r, s.rho
    if problem.leading:  # of what is finished no number is looked at again: none may be infinite
        running = s.code == RUNNING
        rho = ops.where(running, rho, ops.zeros_like(rho))
        r = ops.where(running[..., None], r, ops.zeros_like(r))
    z = r
    if problem.precondition is not None:
        z = problem.precondition(r)
        rho = problem.inner(r, z)
    infinite = ops.full_like(rho, ops.inf)
    # The square of a residual grows by no more than the condition number.
    eps = ops.eps(rho.dtype)
    most = rho / eps**2 if eps < HALF else infinite
    return s._replace(r=r, p=z, rho=rho, alpha=infinite, most=most)


def _judge(problem: Problem, s: LoopState, before: Any, target: Any) -> LoopState:
    """What the true residual says of a run that ended."""
    ops = problem.ops
    size, scale, r, rho = problem.measured(problem.b - problem.apply(s.x))
    reached = size <= target
    retry = ops.where(size < 0.5 * before, s.iters * 0 + RUNNING, s.iters * 0 + STAGNATED)
    code = ops.where((s.code == DONE) & ~reached, retry, s.code)
    code = ops.where(reached, ops.full_like(code, DONE), code)
    code = ops.where(ops.isfinite(size), code, ops.full_like(code, NOT_FINITE))
    return s._replace(
        r=r, p=None, rho=rho, alpha=None, most=None, size=size, code=code, scale=scale
    )


def _step(problem: Problem, s: LoopState, believed: Any) -> LoopState:
    """One step of every running system; its run ends at the norm `believed`.

    Hestenes and Stiefel, Methods of conjugate gradients for solving linear systems, J. Res.
    Natl. Bur. Stand. 49 (1952), section 3; preconditioned.
    """
    ops = problem.ops
    q = problem.apply(s.p)
    curvature = problem.inner(s.p, q)
    going, one = _goes_on(problem, s), ops.ones_like(curvature)
    alpha = s.rho / ops.where(curvature != 0, curvature, one)
    moves = going & (curvature > 0) & (s.rho > 0) & (s.rho < s.most)
    moves = moves & _is_believed(ops, alpha, s.alpha)
    alpha = ops.where(moves, alpha, one)
    x = s.x + (alpha * s.scale)[..., None] * s.p
    r = s.r - alpha[..., None] * q
    z, rho, squared = _measured(problem, r)
    size = ops.sqrt(rho if squared is None else squared) * s.scale
    p = z + (rho / ops.where(moves, s.rho, one))[..., None] * s.p
    code = ops.where(size <= believed, ops.full_like(s.code, DONE), s.code)
    code = ops.where(ops.isfinite(size), code, ops.full_like(s.code, NOT_FINITE))
    shortest = ops.minimum(alpha, s.alpha)
    moved = s._replace(
        x=x, r=r, p=p, rho=rho, alpha=shortest, size=size, iters=s.iters + 1, code=code
    )
    finite = ops.isfinite(curvature) & ops.isfinite(s.rho)
    why = ops.where(finite, ops.full_like(s.code, INDEFINITE), ops.full_like(s.code, NOT_FINITE))
    stopped = s._replace(code=ops.where(going, why, s.code))
    chosen = _chosen(problem, moves, moved, stopped)
    history = s.history
    if history is not None:
        kept = ops.where(moves, size, ops.full_like(size, ops.nan))
        history = problem.kept(history, s.iters + 1, kept)
    return chosen._replace(k=s.k + 1, history=history)


def _chosen(problem: Problem, mask: Any, one: LoopState, other: LoopState) -> LoopState:
    """`one` for systems where the mask holds, `other` elsewhere; `k` and history are `other`'s."""
    where = problem.ops.where
    column = mask[..., None]

    def pick(name: str) -> Any:
        new, old = getattr(one, name), getattr(other, name)
        return old if new is old else where(column if name in vectors else mask, new, old)

    vectors = ("x", "r", "p")
    names = (*vectors, "rho", "alpha", "size", "iters", "code", "scale")
    return other._replace(**{name: pick(name) for name in names})


def solve_watched(
    ops: Any, operands: Operands, b: Any, own: int, options: Options
) -> tuple[Any, tuple[Any, ...]]:
    """Solve by compiled pieces, and call back between them; returns what `solve_in_loop` does."""
    if len(b.shape) - 1 > own:  # by `vmap`
        raise unseen(ops)
    pieces = _pieces((type(ops), ops))
    problem, watch = _plain(operands, b, own, options.keep), options.watch
    holds = holdings(operands.A, operands.preconditioner)
    if holds is None:
        raise unseen(ops)
    static = {"own": own, "keep": options.keep, "holds": holds}
    state, target = pieces["begin"](operands, b, **static)
    if ops.is_traced(state.size):
        raise unseen(ops)
    watch(0, state.size, state.x)
    while bool(_any_goes_on(problem, state)):
        before = state.size
        state = pieces["restart"](operands, b, state, **static)
        while bool(_any_goes_on(problem, state)):
            stop = int(state.k) + watch.every
            if not problem.leading:  # k is its own count
                stop = min(stop, operands.maxiter)
            state = pieces["advance"](operands, b, state, target, stop, **static)
            watch(int(state.k), state.size, state.x)
        state = pieces["judge"](operands, b, state, before, target, **static)
    return _finished(problem, state, target)


@cache
def _pieces(key: tuple[type, Any]) -> dict[str, Any]:
    """The parts of the loop, each compiled once for a structure where loops are."""
    ops = key[1]

    def begin(operands: Operands, b: Any, *, own: int, keep: int, holds: Any) -> Any:
        return _begin(_plain(operands, b, own, keep), operands.x0, operands.tol, operands.atol)

    def restart(operands: Operands, b: Any, s: Any, *, own: int, keep: int, holds: Any) -> Any:
        return _restart(_plain(operands, b, own, keep), s)

    def advance(
        operands: Operands,
        b: Any,
        s: Any,
        target: Any,
        stop: Any,
        *,
        own: int,
        keep: int,
        holds: Any,
    ) -> Any:
        return _run(_plain(operands, b, own, keep), s, target, stop)

    def judge(
        operands: Operands,
        b: Any,
        s: Any,
        before: Any,
        target: Any,
        *,
        own: int,
        keep: int,
        holds: Any,
    ) -> Any:
        return _judge(_plain(operands, b, own, keep), s, before, target)

    made = {"begin": begin, "restart": restart, "advance": advance, "judge": judge}
    if not compiles_loops(ops):
        return made
    return {
        name: ops.jit(piece, static_argnames=("own", "keep", "holds"))
        for name, piece in made.items()
    }


def _plain(operands: Operands, b: Any, own: int, keep: int) -> Problem:
    return Problem(operands, b, own, lambda function: function, keep)
