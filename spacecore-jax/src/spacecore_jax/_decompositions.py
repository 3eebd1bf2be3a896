"""Eigen- and singular vectors by the contract's convention, with it compiled in one piece."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from spacecore.backend import differs, phases

__all__ = ["eigh", "svd"]


@differs("JAX fixes no sign or phase of an eigenvector")
@partial(jax.jit, inline=True)
def eigh(x: Any, /) -> Any:
    found = jnp.linalg.eigh(x)
    vectors = found.eigenvectors
    return found._replace(eigenvectors=vectors * phases(jnp, vectors))


@differs("JAX fixes no sign or phase of a pair of singular vectors")
@partial(jax.jit, static_argnames="full_matrices", inline=True)
def svd(x: Any, /, *, full_matrices: bool = True) -> Any:
    found: Any = jnp.linalg.svd(x, full_matrices=full_matrices)
    left, values, right = found
    paired = values.shape[-1]
    factors = phases(jnp, left[..., :paired])
    turned = jnp.conj(jnp.matrix_transpose(factors))
    return found._replace(
        U=left.at[..., :paired].multiply(factors),
        Vh=right.at[..., :paired, :].multiply(turned),
    )
