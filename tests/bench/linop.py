"""What operators add to the products that they are made of."""

from __future__ import annotations

import os
from importlib.util import find_spec
from itertools import permutations
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import aslinearoperator

import spacecore as sc
from _libraries import Library, libraries
from _measure import Budget, rounds
from _report import Row, Table, compared

TITLE = "Operators: applied, composed, in blocks, over batches, converted"
PEERS = ("pylops", "lineax")


def measure(budget: Budget) -> Table:
    found = libraries()
    rows = [row for library in found for row in _applied(library, budget)]
    rows += [row for library in found for row in _expression(library, budget)]
    rows += [_built(budget), _tree(budget)]
    rows += [row for library in found for row in _blocks(library, budget)]
    rows += [row for library in found for row in _batches(library, budget)]
    rows += [_converted(*pair, budget) for pair in permutations(found, 2)]
    missing = [name for name in PEERS if find_spec(name) is None]
    summary = [f"not installed, and not measured: {', '.join(missing)}"] if missing else []
    return Table(TITLE, rows, summary=summary)


def _applied(library: Library, budget: Budget) -> list[Row]:
    rows = []
    for level, limit in (("none", 1.1), ("standard", 1.35)):
        ctx = sc.Context(library.name, "float64", check_level=level)
        space = sc.DenseVectorSpace(4, ctx)
        matrix = ctx.asarray(np.arange(16.0).reshape(4, 4))
        names = {"M": matrix, "x": space.ones(), "A": sc.DenseLinOp(matrix, space)}
        forward = {"raw": "M @ x", "ours": "A.apply(x)"}
        backward = {"raw": "M.T @ x", "ours": "A.rapply(x)"}
        for name, peer in _peers(library, matrix).items():
            names[name] = peer
            forward[name] = f"{name}.mv(x)" if name == "lineax" else f"{name}.matvec(x)"
            if name != "lineax":
                backward[name] = f"{name}.rmatvec(x)"
        for what, contenders in (("apply", forward), ("adjoint", backward)):
            samples = rounds(contenders, names, budget)
            rows.append(compared(f"{library.name}: {what}, n = 4, {level}", samples, limit=limit))
    return rows


def _peers(library: Library, matrix: Any) -> dict[str, Any]:
    """The same matrix as an operator of other libraries, those that are installed."""
    peers: dict[str, Any] = {}
    if library.name == "numpy":
        peers["scipy"] = aslinearoperator(matrix)
        if find_spec("pylops") is not None:
            os.environ.setdefault("CUPY_PYLOPS", "0")  # it loads CuPy wherever that is installed
            from pylops import MatrixMult

            peers["pylops"] = MatrixMult(matrix)
    if library.name == "jax" and find_spec("lineax") is not None:
        from lineax import MatrixLinearOperator

        peers["lineax"] = MatrixLinearOperator(matrix)
    return peers


def _expression(library: Library, budget: Budget) -> list[Row]:
    ctx = sc.Context(library.name, "float64")
    space, rng = sc.DenseVectorSpace(8, ctx), np.random.default_rng(0)
    a, b, c = (ctx.asarray(rng.standard_normal((8, 8))) for _ in range(3))
    A, B, C = (sc.DenseLinOp(m, space) for m in (a, b, c))
    names: dict[str, Any] = {"a": a, "b": b, "c": c, "E": 2 * A + B @ C, "x": space.ones()}
    contenders = {"raw": "2 * (a @ x) + b @ (c @ x)", "ours": "E.apply(x)"}
    parts = [_peers(library, m) for m in (a, b, c)]
    for name in parts[0]:
        if name == "lineax":
            continue  # whose products and sums are computed in compiled functions
        first, second, third = (peers[name] for peers in parts)
        names[name] = 2 * first + second @ third if name == "pylops" else 2 * first + second * third
        contenders[name] = f"{name}.matvec(x)"
    what = f"{library.name}: (2A + BC) x, n = 8, standard"
    rows = [compared(what, rounds(contenders, names, budget), limit=1.15)]
    if library.name == "jax":
        import jax

        names["raw"] = jax.jit(lambda x: 2 * (a @ x) + b @ (c @ x))
        names["ours"] = jax.jit(lambda E, x: E.apply(x))
        rows.append(
            compared(
                f"{what}, in jit", rounds({"raw": "raw(x)", "ours": "ours(E, x)"}, names, budget)
            )
        )
    return rows


def _built(budget: Budget) -> Row:
    space = sc.DenseVectorSpace(8, "numpy")
    names = {name: sc.DenseLinOp(np.eye(8), space) for name in "ABC"}
    samples = rounds({"ours": "2 * A + B @ C"}, names, budget)
    return compared("numpy: building 2A + BC", samples, ceiling=10e-6)


def _tree(budget: Budget) -> Row:
    three = sc.TreeSpace.from_leaf_spaces((sc.DenseVectorSpace(8, "numpy"),) * 3)
    names = {"dot": np.vdot, "Z": three, "z": three.ones(), "w": three.ones()}
    raw = "dot(z[0], w[0]) + dot(z[1], w[1]) + dot(z[2], w[2])"
    samples = rounds({"raw": raw, "ours": "Z.inner(z, w)"}, names, budget)
    return compared("numpy: tree of 3 leaves, inner", samples, ceiling=5e-6)


def _blocks(library: Library, budget: Budget) -> list[Row]:
    """A hundred matrices on a diagonal: held as one array, and as a list, each with its vector."""
    ctx, count, n = sc.Context(library.name, "float64"), 100, 8
    space = sc.DenseVectorSpace(n, ctx)
    array = np.random.default_rng(0).standard_normal((count, n, n))
    matrices = [ctx.asarray(block) for block in array]
    listed = sc.BlockDiagonalLinOp([sc.DenseLinOp(block, space) for block in matrices])
    names: dict[str, Any] = {"multiply": library.xp.matmul, "S": ctx.asarray(array), "D": listed}
    names |= {"A": sc.DenseBlockDiagonalLinOp(names["S"], space), "M": matrices}
    names |= {
        "x": names["A"].domain.ones(),
        "v": ctx.ones((count, n, 1)),
        "d": listed.domain.ones(),
    }
    one_array = {"raw": "multiply(S, v)", "ours": "A.apply(x)"}
    if library.name == "numpy":
        names["sparse"] = sparse.block_diag(array).tocsr()
        names["flat"] = np.ones(count * n)
        one_array["scipy"] = "sparse @ flat"
        if find_spec("pylops") is not None:
            from pylops import BlockDiag, MatrixMult

            names["pylops"] = BlockDiag([MatrixMult(block) for block in matrices])
            one_array["pylops"] = "pylops.matvec(flat)"
    loop = {"raw": "[m @ y for m, y in zip(M, d)]", "ours": "D.apply(d)"}
    return [
        compared(f"{library.name}: {what}", rounds(contenders, names, budget), limit=limit)
        for what, contenders, limit in (
            ("100 blocks of 8 by 8 in one array", one_array, 1.2),
            ("100 blocks of 8 by 8 in a list", loop, None),
        )
    ]


def _batches(library: Library, budget: Budget) -> list[Row]:
    rows = []
    ctx = sc.Context(library.name, "float64")
    for n in (8, 256):
        matrix = ctx.asarray(np.random.default_rng(0).standard_normal((n, n)))
        names: dict[str, Any] = {"M": matrix, "xs": ctx.ones((1000, n))}
        names["A"] = sc.DenseLinOp(matrix, sc.DenseVectorSpace(n, ctx))
        samples = rounds({"raw": "xs @ M.T", "ours": "A.vapply(xs)"}, names, budget)
        what = f"{library.name}: vapply of 1000 vectors, n = {n}"
        rows.append(compared(what, samples, limit=1.1))
    return rows


def _converted(source: Library, target: Library, budget: Budget) -> Row:
    """A dense operator; raw: its array alone, by the target's own function."""
    ctx = sc.Context(source.name, "float64")
    A = sc.DenseLinOp(ctx.asarray(np.eye(64)), sc.DenseVectorSpace(64, ctx))
    names = {"A": A, "M": A.array, "xp": target.xp}
    contenders = {"raw": "xp.from_dlpack(M)", "ours": f"A.convert({target.name!r})"}
    # Into JAX its own call takes longer than what is promised elsewhere.
    ceiling = {("torch", "jax"): 100e-6, ("numpy", "jax"): None}.get(
        (source.name, target.name), 20e-6
    )
    what = f"{source.name} to {target.name}: a dense operator"
    return compared(what, rounds(contenders, names, budget), ceiling=ceiling)
