"""What conjugate gradients cost over a loop written by hand, and beside other libraries."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import Any

import numpy as np
from scipy import sparse
from scipy.linalg import blas
from scipy.sparse.linalg import cg as scipy_cg

import spacecore as sc
from _measure import Budget, Samples, ratio, rounds
from _report import Row, Table, compared

TITLE = "cg(A, b), tol 1e-6; raw: the loop written by hand, in place or jitted"

TOL = 1e-6
SPREAD = 100.0  # of the eigenvalues of the dense systems


def measure(budget: Budget) -> Table:
    # Several solves in a row, so that what another's loop left in the caches counts for little.
    budget = budget._replace(loop=10 * budget.loop)
    side = 256 if budget.largest > 10**6 else 16
    rows = [*_numpy(budget, side), *_torch(budget, side), *_jax(budget)]
    missing = [name for name in ("pylops", "lineax", "torch", "jax") if find_spec(name) is None]
    summary = [f"not installed, and not measured: {', '.join(missing)}"] if missing else []
    return Table(TITLE, rows, summary=summary)


def dense_system(count: int = 100) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    directions, _ = np.linalg.qr(rng.standard_normal((count, count)))
    matrix = (directions * np.geomspace(1, SPREAD, count)) @ directions.T
    return (matrix + matrix.T) / 2, rng.standard_normal(count)


def poisson(side: int) -> tuple[Any, Any]:
    ones = np.ones(side)
    line = sparse.diags_array([-ones[1:], 2 * ones, -ones[1:]], offsets=[-1, 0, 1])
    same = sparse.eye_array(side)
    matrix = (sparse.kron(line, same) + sparse.kron(same, line)).tocsr()
    return matrix, np.random.default_rng(0).standard_normal(side * side)


def numpy_loop(product: Any, b: Any) -> Any:
    """In place, by BLAS: the method, and no line more."""
    dot, axpy, scale = blas.ddot, blas.daxpy, blas.dscal
    x, r, p, q = np.zeros_like(b), b.copy(), b.copy(), np.empty_like(b)
    rho = dot(r, r)
    stop, n, steps = TOL**2 * rho, len(b), 0
    while rho > stop:
        q = product(p, q)
        alpha = rho / dot(p, q)
        axpy(p, x, n, alpha)
        axpy(q, r, n, -alpha)
        before, rho = rho, dot(r, r)
        scale(rho / before, p)
        axpy(r, p)
        steps += 1
    return x, steps


def _row(
    what: str,
    samples: Samples,
    system: tuple[Any, Any],
    solutions: dict[str, tuple[Any, Any]],
    limit: float,
) -> Row:
    """A row with everybody's iterations and true residual, relative, beside the times."""
    matrix, b = system
    told = []
    for name, (x, steps) in solutions.items():
        residual = np.linalg.norm(b - matrix @ np.asarray(x)) / np.linalg.norm(b)
        told.append(f"{name} {int(steps)} it. to {residual:.1e}")
    return compared(what, samples, limit=limit, note="; ".join(told))


def _gradient_row(what: str, samples: Samples) -> Row:
    """A row of a solve with its gradient over the loop by hand, which has none."""
    own = ratio(samples, "ours", "solve").middle
    held = {name: samples[name] for name in ("raw", "ours")}
    note = f"x{own:.2f} of our own solve alone"
    return compared(f"{what}: value and gradient / solve", held, limit=2.3, note=note)


def _numpy(budget: Budget, side: int) -> list[Row]:
    rows = []
    for what, (matrix, b), limit in (
        ("numpy: dense 100", dense_system(), 1.1),
        (f"numpy: Poisson {side}x{side}", poisson(side), 1.05),
    ):
        X = sc.DenseVectorSpace(len(b), "numpy")
        dense = isinstance(matrix, np.ndarray)
        A = sc.DenseLinOp(matrix, X) if dense else sc.SparseLinOp(matrix, X)
        product = matrix.dot if dense else lambda p, q, matrix=matrix: matrix @ p
        namespace = {
            "raw": numpy_loop, "cg": sc.cg, "scipy": scipy_cg, "tol": TOL,
            "product": product, "matrix": matrix, "A": A, "b": b,
        }  # fmt: skip
        contenders = {
            "raw": "raw(product, b)",
            "ours": "cg(A, b, tol=tol)",
            "scipy": "scipy(matrix, b, rtol=tol)",
        }
        steps: list[Any] = []
        x, _ = scipy_cg(matrix, b, rtol=TOL, callback=steps.append)
        ours = sc.cg(A, b, tol=TOL)
        solutions = {"raw": numpy_loop(product, b), "ours": (ours.x, ours.num_iters)}
        solutions["scipy"] = (x, len(steps))
        if find_spec("pylops") is not None:
            solutions["pylops"] = _with_pylops(matrix, b, contenders, namespace)
        samples = rounds(contenders, namespace, budget)
        rows.append(_row(what, samples, (matrix, b), solutions, limit))
    return rows


def _with_pylops(matrix: Any, b: Any, contenders: Any, namespace: Any) -> tuple[Any, Any]:
    """Let PyLops take part, which is stopped by the square of the residual's norm."""
    os.environ.setdefault("CUPY_PYLOPS", "0")  # it loads CuPy wherever that is installed
    from pylops import MatrixMult
    from pylops.optimization.basic import cg as pylops_cg

    options = {"niter": 10 * len(b), "tol": TOL**2 * float(b @ b)}
    namespace |= {"pylops": pylops_cg, "operator": MatrixMult(matrix), "options": options}
    contenders["pylops"] = "pylops(operator, b, **options)"
    x, steps, _ = pylops_cg(namespace["operator"], b, **options)
    return x, steps


def _torch(budget: Budget, side: int) -> list[Row]:
    if find_spec("torch") is None:
        return []
    import torch

    torch.set_num_threads(1)
    ctx = sc.Context("torch", "float64")

    def loop(product: Any, b: Any) -> Any:
        dot = torch.dot
        x, r, p = torch.zeros_like(b), b.clone(), b.clone()
        rho = dot(r, r).item()
        stop, steps = TOL**2 * rho, 0
        while rho > stop:
            q = product(p)
            alpha = rho / dot(p, q).item()
            x.add_(p, alpha=alpha)
            r.add_(q, alpha=-alpha)
            before, rho = rho, dot(r, r).item()
            torch.add(r, p, alpha=rho / before, out=p)
            steps += 1
        return x, steps

    rows = []
    for what, (matrix, b) in (
        ("torch: dense 100", dense_system()),
        (f"torch: Poisson {side}x{side}, CSR", poisson(side)),
    ):
        X, rhs = sc.DenseVectorSpace(len(b), ctx), ctx.asarray(b)
        A: sc.LinOp
        if isinstance(matrix, np.ndarray):
            A, out = sc.DenseLinOp(ctx.asarray(matrix), X), torch.empty_like(rhs)
            product = lambda p, M=A.array, out=out: torch.mv(M, p, out=out)  # noqa: E731
        else:
            A = sc.SparseLinOp(ctx.assparse(matrix), X)
            product = lambda p, M=A.matrix: M @ p  # noqa: E731
        namespace = {"raw": loop, "cg": sc.cg, "tol": TOL, "product": product, "A": A, "b": rhs}
        contenders = {"raw": "raw(product, b)", "ours": "cg(A, b, tol=tol)"}
        samples = rounds(contenders, namespace, budget)
        ours = sc.cg(A, rhs, tol=TOL)
        solutions = {"raw": loop(product, rhs), "ours": (ours.x, ours.num_iters)}
        rows.append(_row(what, samples, (matrix, b), solutions, 1.05))
        leaf = rhs.clone().requires_grad_()
        namespace |= {"leaf": leaf, "grad": torch.autograd.grad}
        contenders |= {
            "ours": "grad(cg(A, leaf, tol=tol).x, leaf, b)",
            "solve": "cg(A, b, tol=tol)",
        }
        rows.append(_gradient_row(what, rounds(contenders, namespace, budget)))
    return rows


def _jax(budget: Budget) -> list[Row]:
    if find_spec("jax") is None:
        return []
    import jax
    import jax.numpy as jnp
    from jax.scipy.sparse.linalg import cg as jax_cg

    @jax.jit
    def loop(M: Any, b: Any) -> Any:
        def step(state: Any) -> Any:
            k, x, r, p, rho = state
            q = M @ p
            alpha = rho / jnp.vdot(p, q)
            x, r = x + alpha * p, r - alpha * q
            after = jnp.vdot(r, r)
            return k + 1, x, r, r + (after / rho) * p, after

        rho = jnp.vdot(b, b)
        start = (0, jnp.zeros_like(b), b, b, rho)
        k, x, *_ = jax.lax.while_loop(lambda s: s[4] > TOL**2 * rho, step, start)
        return x, k

    matrix, b = dense_system()
    M, rhs = jnp.asarray(matrix), jnp.asarray(b)
    X = sc.DenseVectorSpace(len(b), "jax")
    A = sc.DenseLinOp(M, X)
    many = jnp.asarray(np.random.default_rng(1).standard_normal((32, len(b))))

    def solve(M: Any, b: Any) -> Any:
        return sc.cg(sc.DenseLinOp(M, X), b, tol=TOL).x

    def by_jax_scipy(M: Any, b: Any) -> Any:
        return jax_cg(lambda v: M @ v, b, tol=TOL)[0]

    namespace = {
        "raw": loop, "cg": sc.cg, "tol": TOL, "A": A, "M": M, "b": rhs, "many": many,
        "solve": jax.jit(solve),
        "gradient": jax.jit(jax.value_and_grad(lambda M, b: solve(M, b).sum(), 1)),
        "scipy": jax.jit(by_jax_scipy),
        "by_vmap": jax.jit(jax.vmap(by_jax_scipy, (None, 0))),
        "wait": jax.block_until_ready,
    }  # fmt: skip
    rows = []
    raw, inside = "wait(raw(M, b))", "wait(solve(M, b))"
    peers = {"jax.scipy": "wait(scipy(M, b))"}
    ours = sc.cg(A, rhs, tol=TOL)
    solutions = {"raw": loop(M, rhs), "ours": (ours.x, ours.num_iters)}
    if find_spec("lineax") is not None:
        namespace["lineax"] = _lineax()
        peers["lineax"] = "wait(lineax(M, b)[0])"
        solutions["lineax"] = namespace["lineax"](M, rhs)
    for what, ours_called, limit in (
        ("jax: dense 100, called plainly", "wait(cg(A, b, tol=tol).x)", 1.4),
        ("jax: dense 100, inside jit", inside, 1.02),
    ):
        samples = rounds({"raw": raw, "ours": ours_called, **peers}, namespace, budget)
        rows.append(_row(what, samples, (matrix, b), solutions, limit))
    contenders = {"raw": raw, "ours": "wait(gradient(M, b))", "solve": inside}
    rows.append(_gradient_row("jax: dense 100", rounds(contenders, namespace, budget)))
    sequential = "wait([raw(M, each) for each in many])"
    contenders = {
        "raw": sequential,
        "ours": "wait(cg(A, many, tol=tol).x)",
        "vmap(jax.scipy)": "wait(by_vmap(M, many))",
    }
    samples = rounds(contenders, namespace, budget)
    rows.append(compared("jax: 32 right-hand sides / one by one", samples, limit=1.0))
    return rows


def _lineax() -> Any:
    """Lineax's solver, compiled; it also asks each entry to be within its own tolerance."""
    import jax
    import jax.numpy as jnp
    import lineax

    solver = lineax.CG(rtol=TOL, atol=0.0, norm=jnp.linalg.norm)

    @jax.jit
    def solve(M: Any, b: Any) -> Any:
        A = lineax.MatrixLinearOperator(M, lineax.positive_semidefinite_tag)
        solution = lineax.linear_solve(A, b, solver, throw=False)
        return solution.value, solution.stats["num_steps"]

    return solve
