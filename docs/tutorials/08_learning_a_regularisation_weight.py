"""
8. Learning a regularisation weight
===================================

**A number that you would tune by hand is a number to differentiate by.**

Every regularised fit has a weight that somebody chose. What it should be is a question to data that
the fit has not seen: take the weight whose fit predicts these best. Trying out a grid answers it
for one weight, hardly for two, and not for five. A derivative answers it for any number θ of them,
if it can go through the solve:

.. code-block:: text

   minimise ‖F₂ c(θ) − y₂‖²     where     (F₁.H F₁ + Λ(θ)) c(θ) = F₁.H y₁

The derivative of a linear system's solution is the solution of another linear system. So ``cg``
need not be taken apart for it, and remembers none of its steps. Here you will

* set up a regression on real data, in three parts: to fit, to choose, to judge;
* differentiate through ``cg`` on JAX and on Torch, by the same lines, and check the numbers;
* count what a derivative costs;
* walk down a curve that you can see, then a surface, and see what it was worth.
"""

# %%
# How busy will tomorrow be?
# --------------------------
#
# Matplotlib ships four years of trading in one company's shares: for each day, how many were traded
# and between which prices. How many will it be tomorrow? Such numbers are compared by ratios, so we
# take logarithms.
#
# A prediction looks back a hundred days, in two series: how much was traded, and by how much the
# price swung. Both are measured against their means over these days, for levels drift from year to
# year.

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.cbook import get_sample_data
from numpy.lib.stride_tricks import sliding_window_view

import spacecore as sc

table = get_sample_data("goog.npz")["price_data"]
series = {
    "traded": np.log(table["volume"].astype(float)),
    "swing": np.log(table["high"] / table["low"] - 1),
}
LAGS = 100
past = {name: sliding_window_view(s[:-1], LAGS)[:, ::-1] for name, s in series.items()}
usual = past["traded"].mean(axis=1)
inputs = {name: rows - rows.mean(axis=1, keepdims=True) for name, rows in past.items()}
target = series["traded"][LAGS:] - usual

PARTS = {"fit": slice(0, 330), "choose": slice(330, 660), "judge": slice(660, None)}

# sphinx_gallery_start_ignore
dates = table["date"][LAGS:]
fig, ax = plt.subplots(figsize=(9.2, 3), layout="constrained")
for (name, days), color in zip(PARTS.items(), ("C0", "C2", "C1"), strict=True):
    ax.plot(dates[days], np.exp(usual + target)[days] / 1e6, lw=0.8, color=color, label=name)
ax.plot(dates, np.exp(usual) / 1e6, color="0.25", lw=1.4, label="mean of 100 days")
ax.set(yscale="log", yticks=[3, 10, 30], yticklabels=["3", "10", "30"])
ax.minorticks_off()
ax.set(title="Shares traded in a day", ylabel="millions", xlabel="date")
ax.legend(ncols=4, loc="upper right")
plt.show()
# sphinx_gallery_end_ignore

# %%
# The fit
# -------
#
# The coefficients are a tree with a vector of a hundred for each series, and predicting is a sum of
# two matrices. Two hundred coefficients for three hundred and thirty days: without regularisation
# this will go wrong.
#
# What should be small? Coefficients of neighbouring days should differ little, and the less the
# longer ago they are; after the hundredth they are zero. So take their differences, in a space that
# counts the k-th difference k times. Each series has a weight of its own, and θ are the logarithms
# of the two.


def problem(ctx):
    """Return for each part its operator and what it should predict, and the roughness."""
    vectors = sc.DenseVectorSpace(LAGS, ctx)
    counted = sc.WeightedInnerProduct(ctx.arange(1, LAGS + 1))
    differences = ctx.asarray(np.diff(np.eye(LAGS + 1), axis=0)[:, :-1])
    D = sc.DenseLinOp(differences, vectors, sc.DenseVectorSpace(LAGS, ctx, counted))
    known = {"roughness": D.H @ D}
    for part, days in PARTS.items():
        blocks = {name: sc.DenseLinOp(ctx.asarray(x[days]), vectors) for name, x in inputs.items()}
        known[part] = sc.SumToSingleLinOp(blocks), ctx.asarray(target[days])
    return known


squares = {name: np.sum(x[PARTS["fit"]] ** 2, axis=0) for name, x in inputs.items()}


def fitted(theta, known, tol=1e-10):
    F, y = known["fit"]
    R, ctx = known["roughness"], F.ctx
    weights = {name: ctx.ops.exp(t) for name, t in theta.items()}
    A = F.H @ F + sc.BlockDiagonalLinOp({name: w * R for name, w in weights.items()})
    diagonal = {
        name: ctx.asarray(squares[name]) + w * ctx.arange(1, 2 * LAGS, 2)
        for name, w in weights.items()
    }
    jacobi = sc.BlockDiagonalLinOp(
        {name: sc.DiagonalLinOp(1 / d, R.domain) for name, d in diagonal.items()}
    )
    return sc.cg(A, F.H @ y, tol=tol, preconditioner=jacobi)


def error(theta, known, part="choose"):
    F, y = known[part]
    return F.ops.mean((F @ fitted(theta, known).x - y) ** 2)


here = problem(sc.Context("numpy"))
start = {"traded": -4.0, "swing": -4.0}
print(here["fit"][0])
print(fitted(start, here))
for part in ("fit", "choose"):
    print(f"mean squared error on the days to {part}: {error(start, here, part):.3f}")

# %%
# Through the solve
# -----------------
#
# ``ops.value_and_grad`` differentiates ``error`` as any other function, and ``ops.jit`` compiles
# where the library does. The gradient is a tree like θ. NumPy has no derivatives, but it has
# differences to compare them with.

h = 1e-4
by_differences = {
    name: (error(start | {name: t + h}, here) - error(start | {name: t - h}, here)) / (2 * h)
    for name, t in start.items()
}
print("numpy", [f"{by_differences[name]:.6f}" for name in start])

import jax

jax.config.update("jax_enable_x64", True)

compiled = {}
for library in ("jax", "torch"):
    try:
        ctx = sc.Context(library, "float64")
    except ImportError as missing:
        print(missing)
        continue
    compiled[library] = ctx.ops.jit(ctx.ops.value_and_grad(error))
    theta = {name: ctx.asarray(t) for name, t in start.items()}
    value, slope = compiled[library](theta, problem(ctx))
    print(f"{library:5}", [f"{float(slope[name]):.6f}" for name in start])
    for name in start:
        assert np.isclose(float(slope[name]), by_differences[name], rtol=1e-6)

# %%
# What does it cost? Torch runs line by line, so a function of ours can count. The solve takes a
# product with F in each step. The gradient by both weights takes one more solve, and would take one
# for two hundred of them too.

try:
    ctx = sc.Context("torch", "float64")
    known, products = problem(ctx), []
    F, y = known["fit"]

    def predict(c):
        products.append(1)
        return F @ c

    known["fit"] = sc.MatrixFreeLinOp(predict, F.rapply, F.domain, F.codomain), y
    theta = {name: ctx.asarray(t) for name, t in start.items()}
    fitted(theta, known)
    alone = len(products)
    ctx.ops.value_and_grad(error)(theta, known)
    both = len(products) - alone
    print(f"products: {alone} for a solve, {both} with the gradient: {both / alone:.2f} times")
    assert both < 2.3 * alone
except ImportError as missing:
    print(missing)

# %%
# One weight
# ----------
#
# First one weight for both series, for then there is a curve to look at. A step goes against the
# slope of the logarithm of the error, in which the units of the data have no say.

ctx = sc.Context("jax", "float64")
ops, known = ctx.ops, problem(ctx)


def error_with_one(t, known):
    return error({"traded": t, "swing": t}, known)


def descend(value_and_slope, theta, steps, rate=20.0):
    """Return θ and the error before each step, and at the end."""
    way = []
    for _ in range(steps + 1):
        value, slope = value_and_slope(theta, known)
        way.append((theta, float(value)))
        theta = jax.tree.map(lambda t, s, v=value: t - rate * s / v, theta, slope)
    return way


of_one = ops.jit(ops.value_and_grad(error_with_one))
way = descend(of_one, ctx.asarray(-4.0), 25)
best = float(way[-1][0])

grid = np.linspace(-5.0, 12.0, 69)
curve = np.array([float(of_one(ctx.asarray(t), known)[0]) for t in grid])
lowest = grid[curve.argmin()]
print(f"the curve is lowest at {lowest:.2f}, and the descent ends at {best:.2f}")
assert abs(best - lowest) <= grid[1] - grid[0]

fig, ax = plt.subplots(figsize=(6.4, 3.4), layout="constrained")
ax.plot(grid, curve, color="0.75", lw=4, label="solves on a grid")
ax.plot(*zip(*way, strict=True), "o-", color="C1", ms=4, lw=1, label="gradient steps")
ax.set(title="One weight", xlabel="θ, logarithm of the weight", ylabel="mean squared error")
ax.set_ylim(bottom=0)
ax.legend()
plt.show()

# %%
# Two weights
# -----------
#
# Now each series has its own. The start is the same. The surface behind the path is there for us to
# see; the descent has no need of it.

of_two = compiled["jax"]
way = descend(of_two, {name: ctx.asarray(t) for name, t in start.items()}, 60)
learned = {name: float(t) for name, t in way[-1][0].items()}


def height(traded, swing):
    theta = {"traded": ctx.asarray(traded), "swing": ctx.asarray(swing)}
    return float(of_two(theta, known)[0])


traded, swing = np.linspace(-5, 7, 25), np.linspace(-5, 13, 19)
surface = np.array([[height(a, b) for a in traded] for b in swing])
lowest, reached = surface.min(), way[-1][1]
print(f"lowest of {surface.size} points {lowest:.5f}, where the descent ends {reached:.5f}")
print("no point is lower by a hundred-thousandth:", reached < lowest + 1e-5)

# sphinx_gallery_start_ignore
fig, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
levels = surface.min() * np.geomspace(1, 2, 15)
drawn = ax.contourf(traded, swing, surface, levels, cmap="cividis", extend="max")
path = [(float(t["traded"]), float(t["swing"])) for t, _ in way]
ax.plot(*zip(*path, strict=True), "o-", color="C1", ms=5, lw=1, label="gradient steps")
ax.plot([best], [best], "D", color="C5", ms=8, label="the best with one weight")
ax.set(title="Two weights", xlabel="θ of the shares traded", ylabel="θ of the swing of the price")
ax.grid(visible=False)
ax.legend(loc="upper right", labelcolor="white")
fig.colorbar(drawn, label="mean squared error", format="%.3f")
plt.show()
# sphinx_gallery_end_ignore

# %%
# Was it worth it?
# ----------------
#
# The third part of the days has had no say so far. On these we judge: the fit with next to no
# regularisation, with one weight, with two; and two rules that need no fit.

fits = {
    "hardly regularised": dict.fromkeys(start, -12.0),
    "one weight": dict.fromkeys(start, best),
    "two weights": learned,
}
recent = inputs["traded"][PARTS["judge"]]
wrong = {
    "as on the last day": recent[:, 0] - here["judge"][1],
    "mean of five days": recent[:, :5].mean(axis=1) - here["judge"][1],
}
found = {name: fitted(theta, here).x for name, theta in fits.items()}
wrong |= {name: here["judge"][0] @ c - here["judge"][1] for name, c in found.items()}
factors = {name: float(np.exp(np.sqrt(np.mean(w**2)))) for name, w in wrong.items()}
for name, factor in factors.items():
    print(f"{name:20} wrong by a factor of {factor:.3f}")
assert min(factors, key=factors.get) == "two weights"

# sphinx_gallery_start_ignore
fig, axes = plt.subplots(1, 2, figsize=(9.6, 3.2), sharey=True, layout="constrained")
for ax, name, title in zip(axes, start, ("Shares traded", "Swing of the price"), strict=True):
    for (label, c), color, lw in zip(
        found.items(), ("0.75", "C0", "C1"), (0.8, 1.8, 1.8), strict=True
    ):
        ax.plot(np.arange(1, LAGS + 1), c[name], color=color, lw=lw, label=label)
    ax.set(title=title, xlabel="days ago")
axes[0].set(ylabel="coefficient", ylim=(-0.25, 0.45))
axes[1].legend()
plt.show()
# sphinx_gallery_end_ignore

# %%
# The gain is small, for tomorrow is hard to know, and it is real: these days chose nothing. The two
# weights differ by a factor of more than a hundred. Of what was traded the last few days count, and
# faintly some weeks; of the swing of the price next to nothing, once the trade is known. With one
# weight for both there was no way to say so.
#
# What to keep
# ------------
#
# * A regularisation weight is a **parameter**, and what it is good for can be measured on data that
#   the fit has not seen.
# * ``cg`` is **differentiable** by the data of the operator, on JAX and Torch: one more solve, no
#   memory of the steps, as accurate as the tolerance.
# * **Any number** of weights costs the same. They may be a tree, and the gradient is one too.
# * Judge on data that **chose nothing**.
