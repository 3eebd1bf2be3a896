"""Random numbers from JAX's typed keys, on the device of the ops."""

from __future__ import annotations

import operator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from spacecore.backend import differs
from spacecore.backend.eager import check_count, check_drawn, check_interval, refuse_key
from spacecore_jax._dtypes import default_integer, finfo, sanitize_dtype

__all__ = ["RandomNumbers"]

_WORD = 32
_PLACED = differs("JAX draws where the key lies, and narrows a 64-bit dtype")


class RandomNumbers:
    """Keys and draws; whatever device a key lies on, the numbers are made on the ops' own."""

    device: Any

    @differs("JAX drops the upper bits of a seed, and takes negative ones")
    def random_key(self, seed: Any, /) -> Any:
        if isinstance(seed, jax.core.Tracer):
            return _traced_key(seed)  # a negative one can't be refused here
        number = _checked_seed(seed)
        key = jax.random.key(number % 2**_WORD)
        while number := number >> _WORD:
            key = jax.random.fold_in(key, np.uint32(number % 2**_WORD))
        return self._placed(key)

    @differs("JAX splits where the key lies, and fails for a negative number in XLA's words")
    def random_split(self, key: Any, /, num: int = 2) -> Any:
        return jax.random.split(self._placed(key), check_count(num))

    @_PLACED
    def random_normal(self, key: Any, shape: Any = (), /, dtype: Any = None) -> Any:
        target = sanitize_dtype(dtype)
        if dtype is not None:
            check_drawn("random_normal", target.name)
        return jax.random.normal(self._placed(key), shape, target)

    @differs("JAX draws where the key lies, and rounding reaches `high`")
    def random_uniform(
        self, key: Any, shape: Any = (), /, dtype: Any = None, *, low: Any = 0.0, high: Any = 1.0
    ) -> Any:
        target = sanitize_dtype(dtype)
        if dtype is not None:
            check_drawn("random_uniform", target.name)
        draw = _uniform_wide if check_interval(low, high, finfo(target).max) else _uniform
        return draw(self._placed(key), tuple(shape), target, low, high)

    @differs("JAX draws where the key lies, checks no range, and never reaches the largest integer")
    def random_integers(
        self, key: Any, shape: Any = (), /, dtype: Any = None, *, low: Any = 0, high: Any
    ) -> Any:
        target = default_integer() if dtype is None else sanitize_dtype(dtype)
        if dtype is not None:
            check_drawn("random_integers", target.name)
        placed = self._placed(key)
        if not (isinstance(low, int | np.integer) and isinstance(high, int | np.integer)):
            return jax.random.randint(placed, shape, low, high, target)
        low, high, limits = int(low), int(high), np.iinfo(target)
        _check_range(low, high, limits)
        if high <= limits.max:
            return jax.random.randint(placed, shape, target.type(low), target.type(high), target)
        # JAX has no number for the `high` that lets the largest integer in.
        if low > limits.min:
            below = target.type(low - 1), target.type(high - 1)
            return jax.random.randint(placed, shape, *below, target) + 1
        drawn = jax.random.bits(placed, shape, np.dtype(f"uint{limits.bits}"))
        return jax.lax.bitcast_convert_type(drawn, target)

    @_PLACED
    def random_rademacher(self, key: Any, shape: Any = (), /, dtype: Any = None) -> Any:
        target = sanitize_dtype(dtype)
        if dtype is not None:
            check_drawn("random_rademacher", target.name)
        return jax.random.rademacher(self._placed(key), shape, target)

    def _placed(self, key: Any) -> Any:
        _check_key(key)
        if self.device is None or isinstance(key, jax.core.Tracer):
            return key
        return jax.device_put(key, self.device)


def _traced_key(seed: Any) -> Any:
    """The key that `random_key` makes of the same number untraced."""
    if seed.dtype.itemsize * 8 <= _WORD:
        return jax.random.key(seed)
    key = jax.random.key(seed.astype(jnp.uint32))
    above = (seed >> _WORD).astype(jnp.uint32)
    return jnp.where(above == 0, key, jax.random.fold_in(key, above))


@partial(jax.jit, static_argnums=(1, 2), inline=True)
def _uniform(key: Any, shape: tuple[Any, ...], dtype: Any, low: Any, high: Any) -> Any:
    drawn = jax.random.uniform(key, shape, dtype, low, high)
    low, high = jnp.asarray(low, dtype), jnp.asarray(high, dtype)
    return jnp.minimum(drawn, jnp.nextafter(high, low))  # rounding may have reached `high`


@partial(jax.jit, static_argnums=(1, 2), inline=True)
def _uniform_wide(key: Any, shape: tuple[Any, ...], dtype: Any, low: Any, high: Any) -> Any:
    """The like for an interval whose width the dtype has no number for."""
    unit = jax.random.uniform(key, shape, dtype)
    low, high = jnp.asarray(low, dtype), jnp.asarray(high, dtype)
    return jnp.minimum(low * (1 - unit) + high * unit, jnp.nextafter(high, low))


def _check_key(key: Any) -> None:
    if type(key) not in _KINDS_OF_KEYS:
        if not isinstance(key, jax.Array):
            refuse_key(key)
        _KINDS_OF_KEYS.add(type(key))


_KINDS_OF_KEYS: set[type] = set()
"""Classes of JAX's arrays, of which it takes long to ask whether they are."""


def _checked_seed(seed: Any) -> int:
    number = -1 if isinstance(seed, bool) else operator.index(seed)
    if number < 0:
        raise ValueError(f"A random seed is a non-negative integer. Got {seed!r}.")
    return number


def _check_range(low: int, high: int, limits: Any) -> None:
    if not limits.min <= low < high <= limits.max + 1:
        raise ValueError(
            f"`random_integers` draws from [low, high) within {limits.dtype.name}. "
            f"Got [{low}, {high})."
        )
