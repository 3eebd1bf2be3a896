"""Timing by interleaved rounds: every contender once a round, ratios taken within rounds."""

from __future__ import annotations

import timeit
from collections.abc import Mapping
from statistics import median, quantiles
from typing import Any, NamedTuple

__all__ = ["FULL", "QUICK", "Budget", "Ratio", "Samples", "ratio", "rounds"]


class Budget(NamedTuple):
    """How much to spend: rounds, seconds of an inner loop, fresh processes, elements of arrays."""

    rounds: int
    loop: float
    processes: int
    largest: int


FULL = Budget(rounds=31, loop=300e-6, processes=11, largest=2**24)
QUICK = Budget(rounds=2, loop=5e-6, processes=1, largest=10**4)

Samples = Mapping[str, list[float]]


class Ratio(NamedTuple):
    """The median over rounds of one time over another, and its quartiles."""

    middle: float
    low: float
    high: float


def rounds(contenders: Mapping[str, str], namespace: dict[str, Any], budget: Budget) -> Samples:
    """Time statements, given as source so that looking up names counts as in a user's code.

    The collector of garbage is off during a loop. The order turns by one each round, so that
    nobody always comes after the same neighbour.

    Returns
    -------
    mapping of str to list of float
        Seconds a call, one of each round.
    """
    timers = {name: timeit.Timer(source, globals=namespace) for name, source in contenders.items()}
    loops = {name: _calibrated(timer, budget.loop) for name, timer in timers.items()}
    samples: dict[str, list[float]] = {name: [] for name in timers}
    order = list(timers)
    for _ in range(budget.rounds):
        for name in order:
            samples[name].append(timers[name].timeit(loops[name]) / loops[name])
        order.append(order.pop(0))
    return samples


def ratio(samples: Samples, over: str, under: str) -> Ratio:
    """Compare two contenders round by round."""
    each = [a / b for a, b in zip(samples[over], samples[under], strict=True)]
    if len(each) < 2:
        return Ratio(each[0], each[0], each[0])
    low, _, high = quantiles(each, n=4)
    return Ratio(median(each), low, high)


def _calibrated(timer: timeit.Timer, seconds: float) -> int:
    timer.timeit(2)  # compiled code and caches are warm when it counts
    loops = 1
    while (taken := timer.timeit(loops)) < seconds:
        loops = max(2 * loops, min(100 * loops, int(1.1 * loops * seconds / taken)))
    return loops
