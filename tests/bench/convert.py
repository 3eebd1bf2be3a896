"""Dense arrays from library to library, against the bare DLPack call."""

from __future__ import annotations

from itertools import permutations
from statistics import median
from typing import Any

import numpy as np

import spacecore as sc
from _libraries import Library, libraries, pointer
from _measure import Budget, rounds
from _processes import fresh
from _report import Row, Table, compared

TITLE = "ctx.asarray(x) of another library's array; raw: from_dlpack"
MiB = 2**20
# Nothing is promised where JAX's own call takes longer than what is promised elsewhere.
CEILINGS = {("torch", "jax"): 100e-6, ("numpy", "jax"): None}


def measure(budget: Budget) -> Table:
    found = libraries()
    rows = [
        _pair(source, target, size, budget)
        for source, target in permutations(found, 2)
        for size in (10**2, 10**4, 10**7)
        if size <= budget.largest
    ]
    if any(library.name == "jax" for library in found):
        size = min(128 * MiB // 8, budget.largest)
        rows += [_peak(size, shift, min(3, budget.processes)) for shift in (0, 8)]
    return Table(TITLE, rows)


def _pair(source: Library, target: Library, size: int, budget: Budget) -> Row:
    context = sc.Context(target.name, "float64")
    x = sc.Context(source.name, "float64").asarray(aligned(size))
    namespace = {"xp": target.xp, "ctx": context, "x": x}
    contenders = {"raw": "xp.from_dlpack(x)", "ours": "ctx.asarray(x)"}
    samples = rounds(contenders, namespace, budget._replace(rounds=min(budget.rounds, 15)))
    shared = pointer(context.asarray(x)) == pointer(x)
    what = f"{source.name} to {target.name}, n = {size:.0e}"
    row = compared(what, samples, ceiling=CEILINGS.get((source.name, target.name), 20e-6))
    row.note = "shares memory" if shared else "copies"
    row.missed = row.missed or not shared
    return row


def aligned(size: int, shift: int = 0) -> np.ndarray[Any, Any]:
    """Return float64 numbers that begin `shift` bytes after a multiple of 64."""
    room = np.empty(8 * size + 128, np.uint8)
    begin = -room.ctypes.data % 64 + shift
    made = room[begin : begin + 8 * size].view(np.float64)
    made[:] = 1.0
    return made


_PEAK = """
import sys
sys.path.insert(0, {folder!r})
import spacecore
from convert import aligned
import jax.numpy as jnp
ctx = spacecore.Context("jax", "float64")
ctx.asarray(aligned(16)).block_until_ready()
x = aligned({size}, {shift})
def status(key):
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(key))
open("/proc/self/clear_refs", "w").write("5")
before = status("VmRSS")
begin = time.perf_counter()
y = ({call}).block_until_ready()
took = time.perf_counter() - begin
sys.modules["took %r" % took] = sys.modules["rose %d" % (status("VmHWM") - before)] = sys
"""


def _peak(size: int, shift: int, count: int) -> Row:
    """Time and extra peak memory, in processes of their own since memory freed hides a copy."""
    folder = __file__.rpartition("/")[0]
    calls = {"ours": "ctx.asarray(x)", "raw": "jnp.from_dlpack(x)"}
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
    for _ in range(count):
        for name, call in calls.items():
            run = fresh(_PEAK.format(folder=folder, size=size, shift=shift, call=call))
            said = dict(text.split() for text in run.modules if text.startswith(("took ", "rose ")))
            seen[name].append((float(said["took"]), int(said["rose"]) / (8 * size)))
    (ours, copies), (raw, raw_copies) = (
        (min(times), median(rises))
        for times, rises in (zip(*seen[name], strict=True) for name in calls)
    )
    allowed = 0 if shift == 0 else 1
    where = "64-byte aligned" if shift == 0 else "not aligned"
    return Row(
        f"numpy to jax, {8 * size / MiB:.0f} MiB, {where}",
        raw,
        ours,
        ours / raw,
        target=f"{allowed} copies",
        missed=copies > allowed + 0.1,
        note=f"peak memory +{copies:.2f} copies (raw +{raw_copies:.2f}), cold",
    )
