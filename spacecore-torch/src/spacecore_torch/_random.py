"""Random numbers: one generator a thread and device, seeded from the key for each draw."""

from __future__ import annotations

import threading
from typing import Any

import torch

from spacecore.backend import differs
from spacecore.backend.eager import RandomKey
from spacecore_torch._promotion import STORED_ONLY
from spacecore_torch._tracing import default_device

__all__ = ["RandomNumbers"]


class RandomNumbers:
    """Draws that depend on the key, the shape, the dtype and the kind of device alone.

    Notes
    -----
    On the host Torch seeds a generator by 32 bits, so that among very many keys two may draw the
    same numbers: with 9,300 keys by a chance of 1 in 100.
    """

    device: Any

    @differs("Torch has no keys")
    def random_key(self, seed: int, /) -> RandomKey:
        return RandomKey(seed)

    @differs("Torch has no keys")
    def random_split(self, key: RandomKey, /, num: int = 2) -> tuple[RandomKey, ...]:
        return key.split(num)

    @differs("Torch draws from a generator that each draw changes")
    def random_normal(self, key: RandomKey, shape: Any = (), /, dtype: Any = None) -> torch.Tensor:
        where = self.device or default_device()
        return torch.randn(shape, dtype=dtype, device=where, generator=_generator(key, where))

    @differs("Torch draws from a generator that each draw changes, and from [0, 1)")
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
        where = self.device or default_device()
        drawn = torch.rand(shape, dtype=dtype, device=where, generator=_generator(key, where))
        if low == 0.0 and high == 1.0:
            return drawn
        scaled = drawn * (high - low) + low
        # Rounding may give `high`, which is not in the interval; `low` is as likely as any other.
        return torch.where(scaled < high, scaled, low)

    @differs("Torch draws from a generator that each draw changes")
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
        where = self.device or default_device()
        return torch.randint(
            low, high, shape, dtype=dtype, device=where, generator=_generator(key, where)
        )

    @differs("Torch has bits only, from a generator that each draw changes")
    def random_rademacher(
        self, key: RandomKey, shape: Any = (), /, dtype: Any = None
    ) -> torch.Tensor:
        where = self.device or default_device()
        dtype = torch.get_default_dtype() if dtype is None else dtype
        # Torch draws no complex integers, and computes nothing in what it only stores.
        drawn = torch.int64 if dtype.is_complex or dtype in STORED_ONLY else dtype
        bits = torch.randint(
            0, 2, shape, dtype=drawn, device=where, generator=_generator(key, where)
        )
        signs = torch.rsub(bits, 1, alpha=2)  # 1 - 2 bits, in one pass
        return signs if drawn is dtype else signs.to(dtype)


class _Generators(threading.local):
    """The generators of a thread, by device: a new one costs more than to draw from it."""

    def __init__(self) -> None:
        self.of: dict[torch.device, torch.Generator] = {}


_OWN = _Generators()


def _generator(key: RandomKey, device: torch.device) -> torch.Generator:
    """The generator of this thread, at the start of the key's stream."""
    made = _OWN.of.get(device)
    if made is None:
        made = torch.Generator("cpu" if device.type == "meta" else device)
        _OWN.of[device] = made
    return made.manual_seed(key.state())
