"""What a type checker must refuse: each ignore is needed, or `dev.py type` reports it unused."""

from __future__ import annotations

import numpy as np

import spacecore as sc

ctx = sc.Context("numpy", check_level="loud")  # type: ignore[arg-type]
sc.Context("torch", device="cuda")  # type: ignore[arg-type]
sc.Context(3)  # type: ignore[arg-type]
ctx.ops.exp("x")  # type: ignore[arg-type]
ctx.ops.exp()  # type: ignore[call-arg]
ctx.ops.exq(np.zeros(3))  # type: ignore[attr-defined]
ctx.ops.sum(np.zeros(3), axes=0)  # type: ignore[call-arg]
ctx.ops.sum(np.zeros(3), 0)  # type: ignore[call-arg]
ctx.ops.sum(np.zeros(3), axis="0")  # type: ignore[arg-type]
ctx.ops.linalg.eigh([1.0])  # type: ignore[arg-type]
ctx.ops.linalg.eigg(np.eye(3))  # type: ignore[attr-defined]
sc.DenseVectorSpace("3")  # type: ignore[arg-type]
sc.DenseVectorSpace(3, geometry=np.ones(3))  # type: ignore[arg-type]
sc.nothing_of_this_name  # type: ignore[attr-defined]  # noqa: B018
