"""One routine, written once against `ctx.ops`, on several array libraries.

The signal is real: ground heights in the mountains around Jacksboro, Tennessee, from an elevation
model that ships with matplotlib. `python3 dev.py demo` runs this file.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib import cbook
from matplotlib.figure import Figure

import spacecore as sc

WIDTH = 6.0  # of the Gaussian, in samples
AGREE = 1e-9  # metres; far above rounding, far below anything that could be measured

BLUE, PINK, GREEN, SLATE, PALE = "#2563eb", "#db2777", "#059669", "#334155", "#cbd5e1"
COLOURS = {"numpy": (BLUE, "-", 4.0), "jax": (PINK, "--", 2.0), "torch": (GREEN, ":", 2.4)}


def smooth(ctx, signal, width=WIDTH):
    """Average each sample with its neighbours, weighted by a Gaussian.

    Parameters
    ----------
    ctx : Context
    signal : array, shape (n,) or (n, m)
        One signal, or one in each column.
    width : float
        The standard deviation of the Gaussian, in samples.

    Returns
    -------
    smoothed : array, shape of `signal`
    weights : array, shape (n, n)
        Each row sums to one.
    """
    ops = ctx.ops
    x = ctx.asarray(signal)
    position = ctx.arange(x.shape[0])
    distance = position[:, None] - position[None, :]
    weights = ops.exp(-(distance**2) / (2.0 * width**2))
    weights = weights / ops.sum(weights, axis=1)[:, None]
    return ops.matmul(weights, x), weights


class Terrain(NamedTuple):
    """Heights in metres, shape (south to north, west to east), and what its axes measure."""

    heights: np.ndarray
    km_east: np.ndarray
    km_north: np.ndarray


class Result(NamedTuple):
    """What one backend computed, in NumPy's arrays, and how long it took in seconds."""

    backend: str
    dtype: str
    device: str
    smoothed: np.ndarray
    weights: np.ndarray
    plain: float
    compiled: float | None


def load_terrain() -> Terrain:
    with cbook.get_sample_data("jacksboro_fault_dem.npz") as data:
        heights = data["elevation"][::-1].astype(np.float64)
        km_a_degree = 111.2
        latitude = np.deg2rad((data["ymin"] + data["ymax"]) / 2)
        east = np.arange(heights.shape[1]) * data["dx"] * km_a_degree * np.cos(latitude)
        north = np.arange(heights.shape[0]) * data["dy"] * km_a_degree
    return Terrain(heights, east, north)


def measure(backend: str, signal: np.ndarray) -> Result:
    """Run the routine on one backend, on data that is there already."""
    ctx = sc.Context(backend, dtype="float64")
    ops = ctx.ops
    x = ctx.asarray(signal)

    def plain(x):
        return smooth(ctx, x)

    compiled = ops.jit(plain)
    smoothed, weights = plain(x)
    return Result(
        backend=backend,
        dtype=ops.dtype_name(smoothed.dtype),
        device=str(ops.device_of(smoothed)),
        smoothed=ops.to_numpy(smoothed),
        weights=ops.to_numpy(weights),
        plain=seconds(ops, plain, x),
        compiled=None if compiled is plain else seconds(ops, compiled, x),
    )


def seconds(ops, function, x, repeats=15) -> float:
    """The median time of a call, the first one (which may compile) left out."""
    ops.block_until_ready(function(x))
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        ops.block_until_ready(function(x))
        times.append(time.perf_counter() - start)
    return median(times)


def table(results: list[Result], missing: dict[str, str]) -> str:
    """Compare the results with the first of them, NumPy's."""
    form = "{:9}{:10}{:9}{:>30}{:>12}{:>12}"
    title = ("backend", "dtype", "device", "largest difference from NumPy", "plain", "compiled")
    lines = [form.format(*title)]
    for result in results:
        difference = f"{largest_difference(result, results[0]):.1e} m"
        lines.append(
            form.format(
                result.backend,
                result.dtype,
                result.device,
                "-" if result is results[0] else difference,
                f"{result.plain * 1e3:.2f} ms",
                "-" if result.compiled is None else f"{result.compiled * 1e3:.2f} ms",
            )
        )
    lines += [f"{backend:9}{reason}" for backend, reason in missing.items()]
    return "\n".join(lines)


def largest_difference(result: Result, reference: Result) -> float:
    return float(np.max(np.abs(result.smoothed - reference.smoothed)))


def draw(terrain: Terrain, row: int, results: list[Result]) -> Figure:
    """One profile raw and smoothed, where the libraries differ, the weights, and the map."""
    mpl.rcParams.update(
        {
            "font.size": 10,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.edgecolor": SLATE,
            "axes.labelcolor": SLATE,
            "axes.titlecolor": SLATE,
            "axes.titlesize": 11.5,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "xtick.color": SLATE,
            "ytick.color": SLATE,
            "legend.frameon": False,
        }
    )
    figure = Figure(figsize=(11.5, 6.4), dpi=150, layout="constrained")
    panels = figure.subplot_mosaic(
        [["profile", "weights"], ["difference", "map"]],
        width_ratios=(2.0, 1.0),
        height_ratios=(1.25, 1.0),
    )
    draw_profile(panels["profile"], terrain, row, results)
    draw_difference(panels["difference"], terrain, row, results)
    draw_weights(panels["weights"], results[0].weights)
    draw_map(panels["map"], terrain, row)
    return figure


def draw_profile(panel, terrain, row, results) -> None:
    panel.plot(terrain.km_east, terrain.heights[row], color=PALE, lw=1.6, label="measured")
    for result in results:
        colour, style, thick = COLOURS[result.backend]
        curve = result.smoothed[:, row]
        panel.plot(terrain.km_east, curve, style, color=colour, lw=thick, label=result.backend)
    panel.set(title="One routine, several libraries", ylabel="height (m)")
    panel.margins(x=0.01)
    panel.tick_params(labelbottom=False)
    panel.legend(loc="upper right")


def draw_difference(panel, terrain, row, results) -> None:
    for result in results[1:]:
        colour, _, _ = COLOURS[result.backend]
        difference = result.smoothed[:, row] - results[0].smoothed[:, row]
        panel.plot(terrain.km_east, difference * 1e12, color=colour, lw=1.0)
    panel.axhline(0, color=BLUE, lw=1.0)
    panel.set(title="Difference from NumPy", xlabel="distance east (km)", ylabel="picometres")
    panel.margins(x=0.01)


def draw_weights(panel, weights) -> None:
    corner = 48
    image = panel.imshow(weights[:corner, :corner], cmap="magma", interpolation="nearest")
    panel.set(title=f"The weights, first {corner} rows", xlabel="sample", ylabel="smoothed sample")
    panel.spines[:].set_visible(False)
    panel.figure.colorbar(image, ax=panel, shrink=0.8, aspect=24)


def draw_map(panel, terrain, row) -> None:
    extent = (0, terrain.km_east[-1], 0, terrain.km_north[-1])
    panel.imshow(terrain.heights, origin="lower", extent=extent, cmap="gist_earth", vmin=0)
    panel.axhline(terrain.km_north[row], color="white", lw=1.6)
    panel.set(title="Where the profile runs", xlabel="km east", ylabel="km north")
    panel.spines[:].set_visible(False)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("backends", nargs="+", help="names; NumPy comes first")
    parser.add_argument("--picture", type=Path, default=Path("demo.png"))
    args = parser.parse_args()

    terrain = load_terrain()
    profiles = terrain.heights.T  # one profile a column, from west to east
    results, missing = [], {}
    for backend in args.backends:
        try:
            results.append(measure(backend, profiles))
        except (sc.BackendNotInstalledError, sc.BackendUnavailableError) as error:
            missing[backend] = str(error)

    samples, count = profiles.shape
    print(f"Smoothing {count} profiles of {samples} heights by one routine:\n")
    print(table(results, missing))
    draw(terrain, len(terrain.km_north) // 2, results).savefig(args.picture)
    print(f"\nPicture: {args.picture.resolve()}")
    worst = max(largest_difference(result, results[0]) for result in results)
    if worst > AGREE:
        print(f"The libraries must agree to {AGREE:.0e} m, and differ by {worst:.1e} m.")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
