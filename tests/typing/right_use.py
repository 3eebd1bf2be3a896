"""What a type checker must accept: `dev.py type` runs it over this file."""

from __future__ import annotations

from typing import Any, assert_type

import numpy as np

import spacecore as sc
from spacecore import BackendOps, Context

ctx = sc.Context("numpy", dtype="float32", check_level="strict")
assert_type(ctx, Context)
assert_type(ctx.ops, BackendOps)

x = ctx.ops.exp(np.zeros(3))
total = ctx.ops.sum(x, axis=0, keepdims=True)
both = ctx.ops.concat([x, total], axis=0)
values, vectors = ctx.ops.linalg.eigh(ctx.ops.eye(3, dtype=ctx.dtype))
spectrum = ctx.ops.fft.fft(x)
mapped = ctx.ops.vmap(ctx.ops.sum)(np.ones((2, 3)))
old_spelling = ctx.ops.arcsin(x)
numbers = (
    float(total),
    int(ctx.ops.argmax(x)),
    complex(ctx.ops.vdot(x, x)),
    bool(ctx.ops.all(x > 0)),
)
more = abs(x) + 2**x + x // 2 + x.T
both_hold = ctx.ops.isfinite(x) & ~ctx.ops.isnan(x)
where_it_is = x.device, x.size

space = sc.DenseVectorSpace(3, ctx, sc.WeightedInnerProduct(np.ones(3, dtype=np.float32)))
assert_type(space.convert("jax", dtype="float32"), sc.DenseVectorSpace)
assert_type(space.check_member(x), None)
assert_type(space.inner(x, x), Any)
A = sc.IdentityLinOp(space)
assert_type(A @ A, sc.LinOp)
assert_type(A @ x, Any)
assert_type(sc.available_backends(), tuple[str, ...])

with sc.use_context("numpy") as inside:
    assert_type(inside, Context)


@sc.register_ops
class Mine(sc.NumpyOps):
    """A backend of one's own."""

    family = sc.BackendFamily("mine")


assert_type(sc.BackendFamily.JAX, sc.BackendFamily)
sc.Context(Mine)
sc.Context(sc.JaxOps())
sc.Context(sc.TorchOps)
