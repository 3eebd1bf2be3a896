"""How much memory conversion takes at its peak, in units of the array that it converts.

A script for a process of its own: `python _peaks.py SOURCE TARGET` prints, for each layout of the
source, the peak of `convert` and that of `convert(copy=True)`. What the whole process has in
memory is counted, whichever library asked for it. Linux only.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import spacecore as sc

BYTES = 48 * 2**20  # more than any allocator keeps for the next request
ROWS = BYTES // 8192
PROCESS = Path("/proc/self")


class Holder(sc.LinOp):
    """Holds an array."""

    def __init__(self, ctx: sc.Context, array: Any):
        X = sc.DenseVectorSpace(1, ctx)
        super().__init__(X, X)
        self.array = array

    def apply(self, x: Any) -> Any:
        return x


def in_memory(name: str) -> int:
    """A line of the kernel's account of this process, in bytes."""
    lines = (PROCESS / "status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


def peak(make: Callable[[], Any], call: Callable[[Any], Any]) -> float:
    given = make()
    gc.collect()
    (PROCESS / "clear_refs").write_text("5")  # begins the highest mark anew
    before = in_memory("VmRSS:")
    made = call(given)
    highest = in_memory("VmHWM:")
    del made
    return round((highest - before) / BYTES, 2)


def plain(dtype: str = "float64") -> np.ndarray[Any, Any]:
    """An array at an address that suits every library."""
    raw = np.ones(BYTES + 64, np.uint8)
    start = -raw.ctypes.data % 64
    made = raw[start : start + BYTES].view(dtype).reshape(-1, 1024)
    made[...] = 3
    return made


def read_only() -> np.ndarray[Any, Any]:
    made = plain()
    made.flags.writeable = False
    return made


def unaligned() -> np.ndarray[Any, Any]:
    raw = np.zeros(BYTES + 1, np.uint8)
    raw[1:] = plain().reshape(-1).view(np.uint8)
    return raw[1:].view("float64").reshape(-1, 1024)


OF_NUMPY = {
    "plain": plain,
    "complex": lambda: plain("complex128"),
    "integers": lambda: plain("int64"),
    "reversed": lambda: plain()[::-1],
    "reversed-columns": lambda: plain()[:, ::-1],
    "transposed": lambda: plain().T,
    "strided": lambda: np.repeat(plain(), 2, axis=1)[:, ::2],
    "broadcast": lambda: np.broadcast_to(plain()[0], (ROWS, 1024)),
    "read-only": read_only,
    "big-endian": lambda: plain().astype(">f8"),
    "unaligned": unaligned,
}


def of_torch() -> dict[str, Callable[[], Any]]:
    import torch

    def tensor(dtype: str = "float64") -> Any:
        return torch.from_numpy(plain(dtype))

    return {
        "plain": tensor,
        "transposed": lambda: tensor().T,
        "strided": lambda: tensor().repeat_interleave(2, 1)[:, ::2],
        "broadcast": lambda: tensor()[:1].expand(ROWS, 1024),
        "conjugate": lambda: tensor("complex128").conj(),
        "negative": lambda: torch.cat([tensor("complex128")] * 2).conj().imag,
    }


def of_jax() -> dict[str, Callable[[], Any]]:
    import jax

    return {"plain": lambda: jax.numpy.full((ROWS, 1024), 3.0).block_until_ready()}


def main(source: str, target: str) -> None:
    ctx = sc.Context(source, "float64")
    makers = {"numpy": lambda: OF_NUMPY, "torch": of_torch, "jax": of_jax}[source]()
    for _ in range(2):  # what is loaded once is loaded here
        Holder(ctx, ctx.ones((512, 512))).convert(target, copy=True).convert(source)
    peaks = {}
    for name, make in makers.items():

        def holder(make: Callable[[], Any] = make) -> Holder:
            return Holder(ctx, make())

        shared = peak(holder, lambda A: A.convert(target))
        copied = peak(holder, lambda A: A.convert(target, copy=True))
        peaks[name] = (shared, copied)
    sys.stdout.write(json.dumps(peaks))


if __name__ == "__main__":
    main(*sys.argv[1:])
