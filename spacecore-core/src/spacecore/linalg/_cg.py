"""Conjugate gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from spacecore._typing import type_name
from spacecore.linalg._cg_solves import solved
from spacecore.linalg._problem import (
    Operands,
    Options,
    check_steps,
    check_system,
    checked_tolerance,
    in_coordinates,
    out_of_coordinates,
)
from spacecore.linalg._result import SolveResult, solve_result
from spacecore.linalg._watch import Watch
from spacecore.linop import LinOp

__all__ = ["cg"]


def cg(
    A: LinOp,
    b: Any,
    *,
    x0: Any = None,
    tol: float = 1e-6,
    atol: float = 0.0,
    maxiter: int | None = None,
    check_every: int | None = None,
    preconditioner: LinOp | None = None,
    callback: Callable[[int, float, Any], None] | None = None,
    history: bool = False,
    progress: bool = False,
) -> SolveResult:
    """Solve `A x = b` for a self-adjoint positive definite A.

    Stops at `‖b − A x‖ ≤ atol + tol ‖b‖` in the norm of the space. When the recurrence says so,
    the true residual is computed, and the iteration is restarted from it if it disagrees.

    Parameters
    ----------
    A : LinOp
        From a space to itself; self-adjoint and positive definite in its inner product. A matrix
        that is symmetric is not self-adjoint in a weighted one.
    b : element of the space, or batch of them
        Axes before the space's own are a batch of systems, each with its own stopping test.
    x0 : like b, optional
        Where to start; zero if not given.
    tol, atol : float
        Relative and absolute tolerance; an array of shape () will do.
    maxiter : int, optional
        By default ten times the size of the space.
    check_every : int, optional
        Steps between two calls of `callback`, and on an accelerator without compiled loops
        between two stopping tests, for which the host waits, and at which steps are counted and
        norms kept. 1 if not given.
    preconditioner : LinOp, optional
        Approximates the inverse of A; self-adjoint and positive definite too.
    callback : callable, optional
        Called with `(k, residual_norm, x)` after step k, and after the last; for a batch they are
        arrays. What it returns is ignored; an exception that it raises ends the solve.
    history : bool
        Keep the residual norm of each step.
    progress : bool
        Show the iterations as they go.

    Returns
    -------
    SolveResult
        Not converging is a status, no error; `result.raise_for_status()` raises.

    Raises
    ------
    SpaceValidationError
        If A is not square, is known not to be self-adjoint, or something is not of its space.
    TypeError
        If A or the preconditioner is no operator, a tolerance no number, a callback no function.
    ValueError
        For a negative tolerance or number of iterations.
    UnsupportedOperationError
        For a callback or progress inside a compiled, mapped or differentiated function; on Torch,
        for an operator whose function closes over a tensor that is mapped or differentiated.

    Notes
    -----
    A step costs one product with A, one with the preconditioner, and two inner products; five
    vectors are kept. One product more at the end computes the true residual.

    The result is differentiable in A, b and the weights of the geometry, by the implicit function
    theorem: each derivative costs one more solve, to the relative tolerance `tol`
    (`eps^(3/4)` where that is 0), and no memory that grows with the iterations. That solve starts
    from zero and takes the steps it needs, at least the default of `maxiter`; where it fails but
    for rounding, the derivative is NaN. The adjoint solve needs the inverse Riesz map of the
    geometry.

    On JAX a solve is compiled once for the structure of its operands, and anew when what their
    functions and classes hold is another object or number. An array that one holds and that is
    changed in place is the same object: make it a field of the operator, or another array. Code of
    installed packages is taken to hold what it held.

    An incomplete factorisation that drops entries, such as SciPy's `spilu`, is not self-adjoint
    where A is. Of its `F = MatrixFreeLinOp(f.solve, lambda y: f.solve(y, "H"), X, X)` take
    `0.5 * (F + F.H)`.

    References
    ----------
    Hestenes and Stiefel, Methods of conjugate gradients for solving linear systems, J. Res. Natl.
    Bur. Stand. 49 (1952), section 3.

    Examples
    --------
    >>> import spacecore as sc
    >>> X = sc.DenseVectorSpace(2, "numpy")
    >>> A = sc.DenseLinOp(X.ctx.asarray([[4.0, 1.0], [1.0, 3.0]]), X)
    >>> sc.cg(A, X.ctx.asarray([1.0, 2.0])).x.round(4)
    array([0.0909, 0.6364])
    """
    leading = check_system("cg", A, b, x0, preconditioner)
    if callback is not None and not callable(callback):
        raise TypeError(
            f"A callback is called with `(k, residual_norm, x)`. Got {type_name(callback)}."
        )
    space = A.domain
    tol, atol = checked_tolerance("tol", tol), checked_tolerance("atol", atol)
    steps = check_steps(maxiter, check_every, 10 * space.size)
    rhs = in_coordinates(space, leading, b)
    start = None if x0 is None else in_coordinates(space, leading, x0)
    operands = Operands(A, preconditioner, start, tol, atol, steps)
    keep = steps + 1 if history else 0
    every = check_every or 1
    if callback is None and not progress:
        x, aux = solved(operands, rhs, len(leading), Options(keep, None, every))
    else:
        with Watch("cg", space, leading, callback, every, progress=progress) as watch:
            x, aux = solved(operands, rhs, len(leading), Options(keep, watch, every))
    num_iters, residual_norm, target, code, norms = aux
    if leading and norms is not None:
        norms = A.ops.moveaxis(norms, -1, 0)
    return solve_result(
        x=out_of_coordinates(space, leading, x),
        num_iters=num_iters,
        residual_norm=residual_norm,
        target=target,
        code=code,
        history=norms,
        ops=A.ops,
        solver="cg",
        batch_ndim=len(leading),
    )
