"""Functions of one array in which JAX differs from the contract."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from spacecore.backend import differs

__all__ = ["ArrayFunctions"]


class ArrayFunctions:
    """`moveaxis` and `sign`."""

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
