"""
2. Spaces and geometry
======================

**An array is numbers. A space says what the numbers are, and how long they are.**

Sixty-five floats may be a signal, a density on a grid, or the coefficients of a polynomial. The
array does not tell, and so two questions are answered by habit: *is this the right kind of thing?*
and *how large is it?* Habit says "look at the shape" and "sum the squares". The second is often
wrong: on a grid whose points crowd together, a sum of squares counts the crowded part many times.

A **space** answers both. It tests membership, and it has a **geometry**: an inner product, with
the lengths, angles, gradients and adjoints that follow from it. Here you will

* make spaces, and read how they are written;
* give one a weighted inner product, and see norms become independent of the grid;
* see why *the* gradient does not exist, and get the one that your geometry means;
* define a geometry by an operator, and use it to smooth.
"""

import matplotlib.pyplot as plt
import numpy as np

import spacecore as sc

ctx = sc.Context("numpy")


# %%
# What a space is
# ---------------
#
# The smallest one: arrays with one axis, of one length and dtype. It is written as in mathematics;
# ``repr`` adds what mathematics leaves out.

X = sc.DenseVectorSpace(3, ctx)
print(X)
print(repr(X))

# %%
# A space holds no elements. It makes them, tests them, and computes with them.

x = X.random(ctx.ops.random_key(0))  # random numbers come from explicit keys, on every backend
print("a member   :", x)
print("inner, norm:", X.inner(x, X.ones()), X.norm(x))
try:
    X.check_member(np.zeros(3, dtype="float32"))
except sc.SpaceValidationError as error:
    print("not one    :", error)

# %%
# Arrays of any shape, complex numbers, several elements side by side, and trees of spaces (which
# have :doc:`a tutorial of their own <04_trees_and_block_systems>`) are spaces too.

C = sc.DenseCoordinateSpace((2, 3), sc.Context("numpy", "complex128"))
for space in (C, X.stacked(5), sc.TreeSpace.of({"state": X, "image": C})):
    print(f"{space!s:36} {space.size:3} coordinates, over the {space.field} numbers")

# %%
# Two spaces are *equal* when they are the same set with the same geometry. It does not matter how
# carefully they check, or which of two classes describes them.

strict = sc.DenseCoordinateSpace((3,), sc.Context("numpy", check_level="strict"))
print("equal:", strict == X)
print("equal:", sc.DenseVectorSpace(3, "numpy", sc.WeightedInnerProduct(np.full(3, 2.0))) == X)


# %%
# How long is a function?
# -----------------------
#
# Take functions on [0, 1], known by their values on a grid. The length of one is
# the root of ∫ f², which for sin πt is √½. Our grid is fine on the left, where a boundary layer
# might be, and coarse on the right.


def graded_grid(n):
    return np.linspace(0.0, 1.0, n) ** 2


def cell_widths(t):
    """Return how much of [0, 1] each point stands for: half of the gaps beside it."""
    gaps = np.diff(t)
    return np.concatenate([gaps, [0.0]]) / 2 + np.concatenate([[0.0], gaps]) / 2


# %%
# The widths are the weights of the integral. Given to the space as those of its inner product,
# ⟨x, y⟩ = Σ wᵢ xᵢ yᵢ, they make its norm that of the function.


def functions_on(t):
    return sc.DenseVectorSpace(t.size, ctx, sc.WeightedInnerProduct(ctx.asarray(cell_widths(t))))


sizes = [9, 17, 33, 65, 129, 257, 513]
plain, weighted = [], []
for n in sizes:
    t = graded_grid(n)
    f = np.sin(np.pi * t)
    L2 = functions_on(t)
    plain.append(np.linalg.norm(f))
    weighted.append(float(L2.norm(f)))

print(L2, "  norm:", weighted[-1], "  exact:", np.sqrt(0.5))
assert abs(weighted[-1] - np.sqrt(0.5)) < 1e-4

# %%
# The sum of squares measures the grid. The weighted norm measures the function.

fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.6), layout="constrained")
t = graded_grid(33)
left.plot(t, np.sin(np.pi * t), color="0.75", lw=1.5)
left.plot(t, np.sin(np.pi * t), "o", color="C0", ms=4)
left.vlines(t, -0.08, -0.02, color="0.25", lw=0.8)
left.set(title="One function on a graded grid", xlabel="t")
right.loglog(sizes, plain, "o-", color="C1", label="sum of squares")
right.loglog(sizes, weighted, "o-", color="C0", label="weighted space")
right.axhline(np.sqrt(0.5), color="0.25", lw=1, ls=":", label="exact")
right.set(title="Its length, grid after grid", xlabel="points of the grid")
right.legend()
plt.show()


# %%
# The same derivative, several gradients
# --------------------------------------
#
# The derivative of a function F at x is a linear map: it takes a direction h and gives a number.
# A *gradient* is the vector g that stands for it, F′(x) h = ⟨g, h⟩ for every h, so it depends on
# the inner product. Below are the unit balls of three geometries of the plane, and the
# steepest way uphill for one and the same linear function: among all steps of length one, the one
# that gains most. The dotted lines are the function's level lines.

M = ctx.asarray([[1.0, 0.6], [0.6, 1.0]])
plane = sc.DenseVectorSpace(2, ctx)
tilted = sc.OperatorInnerProduct(
    sc.DenseLinOp(M, plane), sc.DenseLinOp(ctx.ops.linalg.inv(M), plane)
)
geometries = [
    plane,
    sc.DenseVectorSpace(2, ctx, sc.WeightedInnerProduct(ctx.asarray([0.4, 1.6]))),
    sc.DenseVectorSpace(2, ctx, tilted),
]
slope = ctx.asarray([1.0, 0.5])  # the derivative: F(x) = x_0 + x_1 / 2

fig, axes = plt.subplots(1, 3, figsize=(9.5, 3.5), layout="constrained", sharey=True)
angle = np.linspace(0, 2 * np.pi, 200)
circle = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
for ax, space, color in zip(axes, geometries, ("C0", "C2", "C4"), strict=True):
    ball = circle / space.vnorm(circle)[:, None]
    gradient = space.riesz_inverse(slope)  # the vector that stands for the derivative, here
    step = gradient / space.norm(gradient)
    along = ball @ slope
    assert np.all(along <= step @ slope + 1e-12)  # no step of length one gains more
    ax.fill(*ball.T, color=color, alpha=0.12)
    ax.plot(*ball.T, color=color)
    for level in np.linspace(-3, 3, 13):
        ax.axline((level, 0), slope=-2, color="0.75", lw=0.8, ls=":")
    ax.annotate("", step, (0, 0), arrowprops={"arrowstyle": "-|>", "color": color, "lw": 2})
    ax.set(xlim=(-2, 2), ylim=(-1.7, 1.7), aspect="equal", title=str(space))
    ax.grid(visible=False)
plt.show()

# %%
# What takes a vector to the derivative that it stands for is the **Riesz map** of the space,
# ``riesz``; ``riesz_inverse`` is the way back, which is used above. Everything that carries the
# name gradient or adjoint in SpaceCore has gone through them.


# %%
# A gradient that does not see the grid
# -------------------------------------
#
# Back to functions. We want to move f towards a target g, and measure how far off it is by
# F(f) = ½ ∫ (f − g)². As a function of the array, its partial derivatives are wᵢ (fᵢ − gᵢ): tiny
# where points crowd. Stepping along *these* moves the crowded side hardly at all. The gradient in
# the space divides by the weights.

t = graded_grid(65)
L2 = functions_on(t)
w = L2.geometry.weights
target = np.sin(2 * np.pi * t) + 0.5
start = L2.zeros()


def partials(f):
    return w * (f - target)


def gradient(f):
    return L2.riesz_inverse(partials(f))


fig, axes = plt.subplots(1, 2, figsize=(9.5, 3.4), layout="constrained", sharey=True)
routes = [
    ("partial derivatives", partials, 1 / w.max(), "C1"),
    ("gradient of the space", gradient, 0.5, "C0"),
]
for ax, (name, direction, rate, color) in zip(axes, routes, strict=True):
    f = start
    ax.plot(t, target, color="0.75", lw=4, label="target")
    for k in range(4):
        f = f - rate * direction(f)
        ax.plot(t, f, ".-", color=color, alpha=0.3 + 0.2 * k, lw=1, ms=3)
    ax.set(title=f"Four steps along the {name}", xlabel="t")
    ax.legend()
plt.show()

# %%
# Where the library can differentiate, it gives the partial derivatives, in whatever coordinates the
# array has; the space turns them into its gradient.

try:
    import jax

    jax.config.update("jax_enable_x64", True)
    L2_jax = L2.convert("jax")
    goal = L2_jax.ctx.asarray(target)

    def distance(f):
        return 0.5 * L2_jax.inner(f - goal, f - goal)

    by_machine = L2_jax.riesz_inverse(jax.grad(distance)(L2_jax.ctx.asarray(start)))
    print("max abs(by hand - by JAX):", np.max(np.abs(np.asarray(by_machine) - gradient(start))))
except ImportError as missing:
    print(missing)


# %%
# Geometry by an operator
# -----------------------
#
# A space can also be told that *slopes* have length. The inner product of a Sobolev space is
#
# .. code-block:: text
#
#    ⟨f, g⟩  =  ∫ f g  +  s² ∫ f′ g′
#
# With D for the difference quotients, its matrix is M = W + s² Dᵀ V D, where W and V hold the
# weights of points and of gaps. The space takes M as an operator, and its inverse, which gradients
# need: a gradient in this geometry is M⁻¹ applied to the partial derivatives, and M⁻¹ smooths. So
# a step along it never makes a smooth function rough, whatever the data look like.

gaps = np.diff(t)
D = np.diff(np.eye(t.size), axis=0) / gaps[:, None]
Euclid = sc.DenseVectorSpace(t.size, ctx)


def sobolev(s):
    M = ctx.asarray(np.diag(w) + s**2 * D.T @ (gaps[:, None] * D))
    return sc.DenseVectorSpace(
        t.size,
        ctx,
        sc.OperatorInnerProduct(
            sc.DenseLinOp(M, Euclid), sc.DenseLinOp(ctx.ops.linalg.inv(M), Euclid)
        ),
    )


noisy = target + 0.4 * np.random.default_rng(0).standard_normal(t.size)
downhill = w * noisy  # minus the partial derivatives of the distance to the data, at zero

fig, ax = plt.subplots(figsize=(8.4, 3.6), layout="constrained")
ax.plot(t, noisy, ".", color="C1", ms=5, label="data")
ax.plot(t, L2.riesz_inverse(downhill), color="0.75", lw=1, label="slopes are free")
for s, color in ((0.02, "C3"), (0.06, "C2"), (0.15, "C4")):
    H1 = sobolev(s)
    direction = H1.riesz_inverse(downhill)
    ax.plot(t, direction, color=color, label=f"s = {s}")
    # what makes it a gradient: its inner product with any h is the derivative along h
    h = H1.random(ctx.ops.random_key(1))
    assert abs(H1.inner(direction, h) - downhill @ h) < 1e-10
ax.set(title="Downhill, by geometries that charge more and more for slopes", xlabel="t")
ax.legend(ncols=2, fontsize=8.5)
plt.show()
print(H1)

# %%
# A geometry of your own is a class with ``inner``. If nobody gave it Riesz maps, what needs them is
# refused; a wrong gradient is worse than none. (How to write a full one is in
# :doc:`the fifth tutorial <05_write_your_own>`.)


class Quartered(sc.InnerProduct):
    def inner(self, ops, x, y):
        return 0.25 * ops.vdot(x, y)


Q = sc.DenseVectorSpace(3, ctx, Quartered())
print(Q, "  norm of ones:", Q.norm(Q.ones()))
try:
    Q.riesz_inverse(Q.ones())
except NotImplementedError as error:
    print(error)


# %%
# One metric, kept
# ----------------
#
# Geometry belongs to the space, so it travels with it: to another library bit by bit, and through
# everything that is built from the space. Weights may be learned, too: they are data, and gradients
# flow through them.

try:
    L2_torch = L2.convert("torch")
    f = L2_torch.ctx.asarray(target)
    print(repr(L2_torch))
    print("max abs(numpy - torch):", abs(float(L2_torch.norm(f)) - float(L2.norm(target))))
except ImportError as missing:
    print(missing)

# %%
# What to keep
# ------------
#
# * A **space** is a set with a membership test and a geometry. It holds no elements.
# * The **inner product** says how long things are. Choose it for what the numbers mean, and norms
#   stop measuring the grid.
# * A **gradient** is the vector that stands for a derivative *in a geometry*; ``riesz_inverse``
#   makes it from partial derivatives.
# * ``WeightedInnerProduct`` and ``OperatorInnerProduct`` cover most needs; a class with ``inner``
#   covers the rest, and is refused where a Riesz map is missing.
