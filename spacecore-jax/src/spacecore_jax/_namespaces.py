"""The `linalg` and `fft` extensions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from spacecore.backend import FFTNamespace, LinalgNamespace, differs
from spacecore_jax._dtypes import keeps_width, refuse_wide
from spacecore_jax._products import FULL, linalg_products

__all__ = ["JaxFFT", "JaxLinalg"]

_full = linalg_products(FULL)


@differs("JAX takes `rtol` for an absolute tolerance, and no matrices without entries")
@jax.jit
def _matrix_rank(x: Any, /, *, rtol: Any = None) -> Any:
    if 0 in x.shape[-2:]:
        return jnp.count_nonzero(x, axis=(-2, -1))
    values = jnp.linalg.svdvals(x)
    if rtol is None:
        rtol = max(x.shape[-2:]) * float(jnp.finfo(values.dtype).eps)  # type: ignore[no-untyped-call]
    largest = jnp.max(values, axis=-1, keepdims=True)
    return jnp.count_nonzero(values > largest * jnp.expand_dims(rtol, -1), axis=-1)


@differs("JAX narrows a 64-bit dtype unless jax_enable_x64 is set")
def _trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    if dtype is not None:
        refuse_wide(dtype)
    if offset == 0 and dtype is None:
        return jnp.trace(x, axis1=-2, axis2=-1)  # which JAX finds compiled the fastest
    return jnp.linalg.trace(x, offset=offset, dtype=dtype)


@differs("JAX multiplies integers in their own width")
def _vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    if not jnp.issubdtype(x.dtype, jnp.inexact):
        x = x.astype(float)
    return jnp.linalg.vector_norm(x, axis=axis, keepdims=keepdims, ord=ord)


class JaxLinalg(LinalgNamespace):
    """`jax.numpy.linalg`, products in full precision.

    Parameters
    ----------
    products : mapping of str to callable, optional
        Products in another precision.
    """

    xp: ClassVar[Any] = jnp.linalg

    matmul = staticmethod(_full["matmul"])
    matrix_power = staticmethod(_full["matrix_power"])
    matrix_rank = staticmethod(_matrix_rank)
    tensordot = staticmethod(_full["tensordot"])
    trace = staticmethod(_trace)
    vecdot = staticmethod(_full["vecdot"])
    vector_norm = staticmethod(_vector_norm)

    def __init__(self, products: Mapping[str, Callable[..., Any]] | None = None):
        vars(self).update(products or {})


def _keeping(function: Callable[..., Any]) -> Callable[..., Any]:
    @differs("JAX has no -1 among lengths for those that stay")
    @wraps(function)
    def call(x: Any, /, *, s: Any = None, axes: Any = None, norm: str = "backward") -> Any:
        if s is not None and axes is not None:
            s = [x.shape[axis] if n == -1 else n for n, axis in zip(s, axes, strict=True)]
        # JAX takes its short way by None alone.
        return function(x, s, axes, None if norm == "backward" else norm)

    return call


class JaxFFT(FFTNamespace):
    """`jax.numpy.fft`."""

    xp: ClassVar[Any] = jnp.fft

    fftfreq = staticmethod(keeps_width(jnp.fft.fftfreq))
    fftn = staticmethod(_keeping(jnp.fft.fftn))
    ifftn = staticmethod(_keeping(jnp.fft.ifftn))
    rfftfreq = staticmethod(keeps_width(jnp.fft.rfftfreq))
    irfftn = staticmethod(_keeping(jnp.fft.irfftn))
    rfftn = staticmethod(_keeping(jnp.fft.rfftn))
