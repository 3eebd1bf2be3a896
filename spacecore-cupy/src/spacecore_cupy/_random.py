"""Random numbers from keys: a fresh counter-based generator on the device for each call."""

from __future__ import annotations

from typing import Any

import cupy
import numpy as np
from cupy.random import Generator, Philox4x3210

from spacecore.backend import differs
from spacecore.backend.eager import RandomKey, check_drawn, check_interval, check_key, stretch
from spacecore_cupy._device import on

__all__ = ["RandomNumbers"]

_STATEFUL = differs("CuPy draws from a generator, which each draw changes")


class RandomNumbers:
    """cuRAND's Philox, seeded by the key, so that one key always gives the same numbers."""

    device: Any
    real_dtype: Any
    sanitize_dtype: Any

    @differs("CuPy draws from a generator, which each draw changes, and no complex numbers")
    def random_normal(
        self, key: RandomKey, shape: tuple[int, ...] = (), /, dtype: Any = None
    ) -> Any:
        target = self.sanitize_dtype(dtype)
        check_drawn("random_normal", target.name)
        real = self.real_dtype(target)
        with on(self.device):
            draw = _generator(key)
            if target == real:
                drawn = draw.standard_normal(shape, dtype=_drawn(real))
                return drawn.astype(real, copy=False)
            parts = draw.standard_normal((2, *shape), dtype=_drawn(real))
            return ((parts[0] + 1j * parts[1]) * 0.5**0.5).astype(target, copy=False)

    @differs("CuPy draws from a generator, which each draw changes; rounding reaches `high`")
    def random_uniform(
        self,
        key: RandomKey,
        shape: tuple[int, ...] = (),
        /,
        dtype: Any = None,
        *,
        low: float = 0.0,
        high: float = 1.0,
    ) -> Any:
        target = self.sanitize_dtype(dtype)
        check_drawn("random_uniform", target.name)
        wide = check_interval(low, high, float(np.finfo(target).max))
        with on(self.device):
            unit = _generator(key).random(shape, dtype=_drawn(target))
            drawn = stretch(unit, low, high, wide=wide).astype(target, copy=False)
            # rounding may have reached `high`, which is not in the interval
            return cupy.minimum(drawn, np.nextafter(target.type(high), target.type(low)))

    @_STATEFUL
    def random_integers(
        self,
        key: RandomKey,
        shape: tuple[int, ...] = (),
        /,
        dtype: Any = None,
        *,
        low: int = 0,
        high: int,
    ) -> Any:
        target = self.sanitize_dtype("int64" if dtype is None else dtype)
        check_drawn("random_integers", target.name)
        with on(self.device):
            return _generator(key).integers(low, high, size=shape, dtype=target)

    @_STATEFUL
    def random_rademacher(
        self, key: RandomKey, shape: tuple[int, ...] = (), /, dtype: Any = None
    ) -> Any:
        target = self.sanitize_dtype(dtype)
        check_drawn("random_rademacher", target.name)
        with on(self.device):
            bits = _generator(key).integers(0, 2, size=shape, dtype=cupy.int8)
            return (2 * bits - 1).astype(target, copy=False)


def _generator(key: RandomKey) -> Any:
    return Generator(Philox4x3210(check_key(key).state()))


def _drawn(dtype: Any) -> Any:
    """The dtype that the generator draws in, from which `dtype` is rounded."""
    return cupy.float64 if dtype == cupy.float64 else cupy.float32
