"""Functions of one array in which JAX differs from the contract."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from spacecore.backend import differs
from spacecore_jax._dtypes import result_type, strong

__all__ = ["ArrayFunctions"]


_EXACT = differs("JAX compares integers in float32")
_compiled = partial(jax.jit, static_argnames="equal_nan", inline=True)


@_EXACT
@_compiled
def isclose(
    x1: Any,
    x2: Any,
    /,
    rtol: Any = 1e-5,
    atol: Any = 1e-8,
    equal_nan: bool = False,  # noqa: FBT002  NumPy's
) -> Any:
    dtype = result_type(x1, x2)
    if dtype.kind not in "iu":
        return jnp.isclose(x1, x2, rtol, atol, equal_nan)
    x1, x2 = jnp.asarray(x1, dtype), jnp.asarray(x2, dtype)
    apart = jnp.where(x1 > x2, x1 - x2, x2 - x1)  # right once it is read as unsigned
    bound = atol + rtol * jnp.abs(x2.astype(float))
    return apart.astype(f"uint{8 * dtype.itemsize}") <= bound


@_EXACT
@_compiled
def allclose(
    x1: Any,
    x2: Any,
    /,
    rtol: Any = 1e-5,
    atol: Any = 1e-8,
    equal_nan: bool = False,  # noqa: FBT002  NumPy's
) -> Any:
    return jnp.all(isclose(x1, x2, rtol, atol, equal_nan))


class ArrayFunctions:
    """`isclose` and `allclose`, `moveaxis`, `sign` and `where`."""

    isclose = staticmethod(isclose)
    allclose = staticmethod(allclose)

    @staticmethod
    @differs("JAX moves two axes to one place")
    def moveaxis(x: Any, source: Any, destination: Any, /) -> Any:
        if not isinstance(destination, int):
            places = {place % x.ndim for place in destination}
            if len(places) < len(destination):
                raise ValueError(
                    f"`moveaxis` gives each axis a place of its own. Got {destination} "
                    f"for {x.ndim} axes."
                )
        return jnp.moveaxis(x, source, destination)

    @staticmethod
    @differs("JAX takes the sign of a complex number for a constant in derivatives")
    def sign(x: Any, /) -> Any:
        return _direction(x) if x.dtype.kind == "c" else jnp.sign(x)

    @staticmethod
    @differs("JAX types a choice between two Python numbers weakly")
    def where(condition: Any, x1: Any = None, x2: Any = None, /, **options: Any) -> Any:
        if options or x1 is None:  # JAX's own ways to call it, and its words for what is missing
            return jnp.where(condition, x1, x2, **options)
        return _chosen(condition, x1, x2)


@partial(jax.jit, inline=True)
def _chosen(condition: Any, x1: Any, x2: Any) -> Any:
    return strong(jnp.where(condition, x1, x2))


@jax.custom_jvp
def _plain_direction(z: Any) -> Any:
    return jnp.sign(z)


@_plain_direction.defjvp
def _turned(primals: Any, tangents: Any) -> tuple[Any, Any]:
    """`z / |z|` turns with the part of the tangent across it, and stands still at zero."""
    (z,), (tangent,) = primals, tangents
    direction, length = _plain_direction(z), jnp.abs(z)
    across = jnp.imag(jnp.conj(direction) * tangent) / jnp.where(length == 0, 1, length)
    return direction, 1j * direction * across


_direction = jax.jit(_plain_direction, inline=True)
