"""Random numbers: a fresh generator for each draw, seeded from the key."""

from __future__ import annotations

from typing import Any

import torch

from spacecore.backend.eager import RandomKey

__all__ = ["RandomNumbers"]


class RandomNumbers:
    """Draws that depend on the key, the shape, the dtype and the kind of device alone."""

    device: Any

    def random_key(self, seed: int, /) -> RandomKey:
        return RandomKey(seed)

    def random_split(self, key: RandomKey, /, num: int = 2) -> tuple[RandomKey, ...]:
        return key.split(num)

    def random_normal(self, key: RandomKey, shape: Any = (), /, dtype: Any = None) -> torch.Tensor:
        where = self._where()
        return torch.randn(shape, dtype=dtype, device=where, generator=_generator(key, where))

    def random_uniform(
        self,
        key: RandomKey,
        shape: Any = (),
        /,
        dtype: Any = None,
        *,
        low: float = 0.0,
        high: float = 1.0,
    ) -> torch.Tensor:
        where = self._where()
        drawn = torch.rand(shape, dtype=dtype, device=where, generator=_generator(key, where))
        if (low, high) == (0.0, 1.0):
            return drawn
        scaled = drawn * (high - low) + low
        # Rounding may give `high`, which is not in the interval; `low` is as likely as any other.
        return torch.where(scaled < high, scaled, low)

    def random_integers(
        self,
        key: RandomKey,
        shape: Any = (),
        /,
        dtype: Any = None,
        *,
        low: int = 0,
        high: int,
    ) -> torch.Tensor:
        where = self._where()
        return torch.randint(
            low, high, shape, dtype=dtype, device=where, generator=_generator(key, where)
        )

    def random_rademacher(
        self, key: RandomKey, shape: Any = (), /, dtype: Any = None
    ) -> torch.Tensor:
        where = self._where()
        bits = torch.randint(0, 2, shape, device=where, generator=_generator(key, where))
        return (2 * bits - 1).to(torch.get_default_dtype() if dtype is None else dtype)

    def _where(self) -> torch.device:
        return torch.get_default_device() if self.device is None else self.device


def _generator(key: RandomKey, device: torch.device) -> torch.Generator:
    made = torch.Generator("cpu" if device.type == "meta" else device)
    made.manual_seed(key.state())
    return made
