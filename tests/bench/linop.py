"""What operators add to the products that they are made of."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse.linalg import aslinearoperator

import spacecore as sc
from _libraries import Library, libraries
from _measure import Budget, rounds
from _report import Row, Table, compared

TITLE = "Operators: applied, composed, in blocks, over batches, converted"


def measure(budget: Budget) -> Table:
    rows = [row for library in libraries() for row in _applied(library, budget)]
    return Table(TITLE, [*rows, *_expression(budget), *_trees(budget), *_batches(budget)])


def _applied(library: Library, budget: Budget) -> list[Row]:
    rows = []
    for level, limit in (("none", 1.1), ("standard", 1.35)):
        ctx = sc.Context(library.name, "float64", check_level=level)
        space = sc.DenseVectorSpace(4, ctx)
        matrix = ctx.asarray(np.arange(16.0).reshape(4, 4))
        names = {"M": matrix, "T": matrix.T, "x": space.ones(), "A": sc.DenseLinOp(matrix, space)}
        forward = {"raw": "M @ x", "ours": "A.apply(x)"}
        if library.name == "numpy":
            names["L"] = aslinearoperator(matrix)
            forward["scipy"] = "L.matvec(x)"
        backward = {"raw": "T @ x", "ours": "A.rapply(x)"}
        for what, contenders in (("apply", forward), ("adjoint", backward)):
            samples = rounds(contenders, names, budget)
            rows.append(compared(f"{library.name}: {what}, n = 4, {level}", samples, limit=limit))
    return rows


def _expression(budget: Budget) -> list[Row]:
    space = sc.DenseVectorSpace(8, "numpy")
    rng = np.random.default_rng(0)
    a, b, c = (rng.standard_normal((8, 8)) for _ in range(3))
    A, B, C = (sc.DenseLinOp(m, space) for m in (a, b, c))
    names = {"a": a, "b": b, "c": c, "A": A, "B": B, "C": C, "E": 2 * A + B @ C}
    names["x"] = space.ones()
    applied = rounds({"raw": "2 * (a @ x) + b @ (c @ x)", "ours": "E.apply(x)"}, names, budget)
    built = rounds({"ours": "2 * A + B @ C"}, names, budget)
    return [
        compared("numpy: (2A + BC) x, n = 8, standard", applied, limit=1.15),
        compared("numpy: building 2A + BC", built, ceiling=10e-6),
    ]


def _trees(budget: Budget) -> list[Row]:
    space = sc.DenseVectorSpace(8, "numpy")
    three = sc.TreeSpace.from_leaf_spaces((space,) * 3)
    block = sc.DenseLinOp(np.eye(8), space)
    blocks = sc.BlockDiagonalLinOp([block] * 100)
    names: dict[str, Any] = {"dot": np.vdot, "Z": three, "z": three.ones()}
    names["w"] = three.ones()
    names |= {"D": blocks, "d": blocks.domain.ones(), "multiply": np.matmul}
    names |= {"S": np.stack([np.eye(8)] * 100), "v": np.ones((100, 8, 1))}
    inner = {"raw": "dot(z[0], w[0]) + dot(z[1], w[1]) + dot(z[2], w[2])", "ours": "Z.inner(z, w)"}
    batched = {"raw": "multiply(S, v)", "ours": "D.apply(d)"}
    return [
        compared("numpy: tree of 3 leaves, inner", rounds(inner, names, budget), ceiling=5e-6),
        compared("numpy: 100 blocks of 8 by 8", rounds(batched, names, budget), limit=1.2),
    ]


def _batches(budget: Budget) -> list[Row]:
    rows = []
    for n in (8, 256):
        space = sc.DenseVectorSpace(n, "numpy")
        matrix = np.random.default_rng(0).standard_normal((n, n))
        names = {"A": sc.DenseLinOp(matrix, space), "T": matrix.T, "xs": np.ones((1000, n))}
        samples = rounds({"raw": "xs @ T", "ours": "A.vapply(xs)"}, names, budget)
        rows.append(compared(f"numpy: vapply of 1000 vectors, n = {n}", samples, limit=1.1))
    names = {"A": sc.DenseLinOp(np.eye(64), sc.DenseVectorSpace(64, "numpy"))}
    for target in ("torch", "jax"):
        sc.Context(target, "float32")  # imported and resolved
        samples = rounds({"ours": f"A.convert({target!r})"}, names, budget)
        rows.append(compared(f"numpy to {target}: a dense operator", samples, ceiling=20e-6))
    return rows
