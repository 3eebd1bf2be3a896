"""Random numbers: one generator a thread and device, seeded from the key for each draw."""

from __future__ import annotations

import threading
from typing import Any

import torch

from spacecore.backend import differs, dtype_name
from spacecore.backend.eager import RandomKey, check_drawn, check_interval, check_key, stretch
from spacecore_torch import _native
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

    @differs("Torch draws from a generator that each draw changes")
    def random_normal(self, key: RandomKey, shape: Any = (), /, dtype: Any = None) -> torch.Tensor:
        if dtype is not None and not (dtype.is_floating_point or dtype.is_complex):
            check_drawn("random_normal", dtype_name(dtype))
        where = self.device or default_device()
        return _native.randn(shape, dtype=dtype, device=where, generator=_generator(key, where))

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
        if dtype is not None and not dtype.is_floating_point:
            check_drawn("random_uniform", dtype_name(dtype))
        where = self.device or default_device()
        drawn = _native.rand(shape, dtype=dtype, device=where, generator=_generator(key, where))
        if low == 0.0 and high == 1.0:
            return drawn
        wide = check_interval(low, high, torch.finfo(drawn.dtype).max)
        scaled = stretch(drawn, low, high, wide=wide)
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
        if dtype is not None and dtype not in _INTEGERS:
            check_drawn("random_integers", dtype_name(dtype))
        where = self.device or default_device()
        generator = _generator(key, where)
        if high > _LARGEST:
            return _to_the_end(low, high, shape, dtype, where, generator)
        if dtype is None and low == 0:
            return _native.randint(high, shape, device=where, generator=generator)
        return _native.randint(low, high, shape, dtype=dtype, device=where, generator=generator)

    @differs("Torch has bits only, from a generator that each draw changes")
    def random_rademacher(
        self, key: RandomKey, shape: Any = (), /, dtype: Any = None
    ) -> torch.Tensor:
        where = self.device or default_device()
        dtype = torch.get_default_dtype() if dtype is None else dtype
        if dtype is torch.bool:
            check_drawn("random_rademacher", "bool")
        # Torch draws no complex integers, and computes nothing in what it only stores.
        drawn = torch.int64 if dtype.is_complex or dtype in STORED_ONLY else dtype
        bits = _native.randint(
            0, 2, shape, dtype=drawn, device=where, generator=_generator(key, where)
        )
        signs = torch.rsub(bits, 1, alpha=2)  # 1 - 2 bits, in one pass
        return signs if drawn is dtype else signs.to(dtype)


class _Generators(threading.local):
    """The generators of a thread, by device: a new one costs more than to draw from it."""

    def __init__(self) -> None:
        self.of: dict[torch.device, torch.Generator] = {}


_OWN = _Generators()


_INTEGERS = frozenset(
    {torch.int8, torch.int16, torch.int32, torch.int64, torch.uint8, *STORED_ONLY}
)
_LARGEST = 2**63 - 1


def _drawn_int64(
    low: int, high: int, shape: Any, where: Any, generator: torch.Generator
) -> torch.Tensor:
    if high <= _LARGEST:
        return _native.randint(low, high, shape, device=where, generator=generator)
    if low > -(2**63):
        return _native.randint(low - 1, high - 1, shape, device=where, generator=generator) + 1
    made = torch.empty(shape, dtype=torch.int64, device=where)
    return made.random_(low, None, generator=generator)


def _to_the_end(
    low: int, high: int, shape: Any, dtype: Any, where: Any, generator: torch.Generator
) -> torch.Tensor:
    """Integers for whose `high` Torch has no number, drawn lower and moved up."""
    if dtype is torch.uint64 and 0 <= low < high <= 2**64:
        below = low - 2**63, high - 2**63
        moved = _drawn_int64(*below, shape, where, generator)
        return torch.bitwise_xor(moved, -(2**63)).view(torch.uint64)
    if dtype in (None, torch.int64) and -(2**63) <= low < high == 2**63:
        return _drawn_int64(low, high, shape, where, generator)
    raise ValueError(
        f"`random_integers` draws from [low, high) within the dtype. Got [{low}, {high}) "
        f"for {torch.int64 if dtype is None else dtype}."
    )


def _generator(key: RandomKey, device: torch.device) -> torch.Generator:
    """The generator of this thread, at the start of the key's stream."""
    made = _OWN.of.get(device)
    if made is None:
        made = torch.Generator("cpu" if device.type == "meta" else device)
        _OWN.of[device] = made
    if type(key) is not RandomKey:
        check_key(key)
    return made.manual_seed(key.state())
