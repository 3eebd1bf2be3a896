"""
4. Trees and block systems
==========================

**An unknown that has parts should keep them, by name, until a solver wants one long vector.**

A constrained problem has a state and multipliers. A network has weights and biases. Written as one
array, somebody has to remember that the multipliers begin at entry 201, and everybody else has to
believe it. In SpaceCore an element may be a *tree*: a dict, a tuple, a NamedTuple or a dataclass,
nested as you like, with an array in each leaf. Spaces and operators are trees in the same way. You
will

* make spaces of trees, compute with their elements, and read errors that name the leaf;
* build the draughtsman's spline as a block system with names, and solve it;
* find the multipliers to be forces, and draw them;
* see what a block diagonal does for a solver;
* run the same system on JAX, compiled, and on Torch.
"""

from typing import Any, NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from scipy.interpolate import CubicSpline

import spacecore as sc

ctx = sc.Context("numpy")
key = ctx.ops.random_key(0)


# %%
# Elements with parts
# -------------------
#
# Write the tree with a space in each leaf. Elements are plain trees of the same form; nothing is
# wrapped.

X = sc.DenseVectorSpace(2, ctx)
W = sc.DenseVectorSpace(3, ctx, sc.WeightedInnerProduct(ctx.asarray([1.0, 2.0, 3.0])))
Z = sc.TreeSpace.of({"state": X, "load": [W, W]})

z = Z.ones()
print(Z)
print(z)
print("inner product, the sum over leaves:", Z.inner(z, z), "=", 2 + 6 + 6)

# %%
# What does not belong is told by its path.

try:
    Z.check_member({"state": np.ones(2), "load": [np.ones(3), np.ones(4)]})
except sc.SpaceValidationError as error:
    print(error)
try:
    Z.check_member({"state": np.ones(2), "laod": [np.ones(3), np.ones(3)]})
except sc.SpaceValidationError as error:
    print(error)

# %%
# Trees have no ``+``, so the space adds them. Where there is much to add, an *element* is a tree
# with arithmetic. And ``flatten`` makes the long vector, for those who want one.

print(Z.add(z, Z.scale(2.0, z))["state"])
print((Z.element(z) + 2.0 * Z.element(z)).value["state"])
print("flat:", Z.flatten(z).shape, "and back:", Z.unflatten(Z.flatten(z)).keys())

# %%
# The keys of a dict pair by name, in whatever order they were written.

swapped = {"load": z["load"], "state": z["state"]}
print("order does not matter:", float(Z.inner(z, swapped)))


# %%
# A strip of wood, pinned
# -----------------------
#
# Before computers a smooth curve through given points was drawn along a *spline*, a thin strip of
# wood held by weights. The strip takes the form of least bending. Let u be its height on a grid, B
# the operator of second differences, and P the one that reads u at the pins. Of all u with P u = y,
# the strip takes the one for which ½ ‖B u‖² is least. With a multiplier λ for each pin, it solves
#
# .. code-block:: text
#
#    ⎡ B.H B   P.H ⎤ ⎡ u ⎤     ⎡ 0 ⎤
#    ⎢             ⎥ ⎢   ⎥  =  ⎢   ⎥
#    ⎣   P      0  ⎦ ⎣ λ ⎦     ⎣ y ⎦
#
# The heights are a function on [0, 10], so their inner product is an integral. The pins are
# single points and are counted.

n, length = 201, 10.0
t = np.linspace(0.0, length, n)
h = t[1] - t[0]

heights = sc.DenseVectorSpace(n, ctx, sc.WeightedInnerProduct(ctx.full((n,), h)))
bends = sc.DenseVectorSpace(n - 2, ctx, sc.WeightedInnerProduct(ctx.full((n - 2,), h)))

at = np.array([0, 36, 64, 110, 150, 200])
y = ctx.asarray([0.3, 1.2, -0.4, 0.8, 0.9, -0.5])
pins = sc.DenseVectorSpace(at.size, ctx)

B = sc.DenseLinOp(ctx.asarray(np.diff(np.eye(n), n=2, axis=0) / h**2), heights, bends)
P = sc.DenseLinOp(ctx.asarray(np.eye(n)[at]), heights, pins)

# %%
# The blocks get names. The rows of the system are sums into one space; stacked, they make an
# operator from trees to trees. It is written as it was on paper, and ``.H`` below is the adjoint in
# the geometry: ``P.H`` puts a force at a *point* of a function, a peak of height 1/h.


class KKT(NamedTuple):
    """State and multiplier: an element, a space, or a row of blocks."""

    state: Any
    multiplier: Any


nothing = sc.ZeroLinOp(pins, pins)
K = sc.StackedLinOp(
    KKT(
        state=sc.SumToSingleLinOp(KKT(B.H @ B, P.H)),
        multiplier=sc.SumToSingleLinOp(KKT(P, nothing)),
    )
)
print(K.domain)
print("is its own adjoint:", K.domain == K.codomain)

u = K.domain.random(key)
v = K.domain.random(ctx.ops.random_key(1))
assert np.isclose(K.domain.inner(K @ u, v), K.domain.inner(u, K @ v))

# %%
# Where positions will do instead of names, there is a shorter way to say the same, and None is a
# zero block. From it structure alone tells that the operator is Hermitian.

K_rows = sc.BlockMatrixLinOp([[B.H @ B, P.H], [P, None]])
print(K_rows)
print("Hermitian by structure:", K_rows.is_hermitian())
print("the same matrix:", np.array_equal(K_rows.to_matrix(), K.to_matrix()))

# %%
# 207 unknowns are few, so we solve with the matrix. The right-hand side is a tree, and the solution
# becomes one again.

rhs = KKT(state=heights.zeros(), multiplier=y)
flat = ctx.ops.solve(K.to_matrix(), K.codomain.flatten(rhs))
solution = K.domain.unflatten(flat)

residual = K.codomain.norm(K.codomain.add(K @ solution, K.codomain.scale(-1.0, rhs)))
print(f"residual {residual:.1e}, and at the pins {np.abs(P @ solution.state - y).max():.1e}")
assert np.allclose(P @ solution.state, y)

# %%
# The multipliers are the forces with which the pins hold the strip, up to a sign, and they balance:
# a free strip neither moves nor turns. Numerical analysis knows the curve as the natural cubic
# spline, and SciPy's agrees to the accuracy of the grid.

spline = CubicSpline(t[at], y, bc_type="natural")
off = np.abs(spline(t) - solution.state).max()
force = -solution.multiplier
print(f"largest distance to the cubic spline: {off:.1e}")
print(f"sum of forces {abs(force.sum()):.0e}, sum of moments {abs(force @ t[at]):.0e}")
assert off < 0.01

fig, (left, right) = plt.subplots(
    1, 2, figsize=(9.5, 3.7), layout="constrained", width_ratios=(2, 1)
)
left.plot(t, spline(t), color="0.75", lw=5, label="SciPy's natural spline")
left.plot(t, solution.state, color="C0", lw=1.6, label="state")
left.plot(t[at], y, "o", color="0.25", ms=5)
tip = y + 0.56 * force / np.abs(force).max()
for x, bottom, top in zip(t[at], y, tip, strict=True):
    left.annotate(
        "", (x, top), (x, bottom), arrowprops={"arrowstyle": "-|>", "color": "C1", "lw": 1.6}
    )
left.plot([], [], color="C1", label="multiplier: the pins' forces")
left.set(title="A strip of wood, held at six points", xlabel="t", ylim=(-1.2, 2.0))
left.legend(loc="upper right", fontsize=8.5)

shown = np.abs(K.to_matrix())
right.spy(shown, markersize=1.5, color="C4", precision=1e-12)
right.axhline(n - 0.5, color="0.25", lw=0.8)
right.axvline(n - 0.5, color="0.25", lw=0.8)
right.xaxis.set_ticks_position("bottom")
right.set(xticks=[n / 2, n + 3], xticklabels=["state", "mult."])
right.set(yticks=[n / 2, n + 3], yticklabels=["state", "mult."])
right.set_title("The matrix of K", size=11)
right.grid(visible=False)
plt.show()


# %%
# What a block diagonal is good for
# ---------------------------------
#
# Large systems are solved by iteration, and how fast that goes depends on the eigenvalues of the
# operator. Those of K reach over many powers of ten. A known remedy is to divide by a block
# diagonal D, with H and ``P H⁻¹ P.H`` in it: if the upper left block H is positive, only *three*
# eigenvalues remain, 1 and (1 ± √5)/2. We make H positive by letting the strip lie on a soft bed,
# and build D from operators.

H = B.H @ B + 0.05 * sc.IdentityLinOp(heights)
soft = sc.StackedLinOp(KKT(sc.SumToSingleLinOp(KKT(H, P.H)), sc.SumToSingleLinOp(KKT(P, nothing))))
H_inverse = sc.DenseLinOp(ctx.ops.linalg.inv(H.to_matrix()), heights, heights)
schur = P @ H_inverse @ P.H
D_inverse = sc.BlockDiagonalLinOp(
    KKT(H_inverse, sc.DenseLinOp(ctx.ops.linalg.inv(schur.to_matrix()), pins, pins))
)
print(D_inverse)

before = np.linalg.eigvals(soft.to_matrix()).real
after = np.linalg.eigvals((D_inverse @ soft).to_matrix()).real
golden = (1 + np.sqrt(5)) / 2
nearest = np.abs(after[:, None] - np.array([1.0, golden, 1 - golden])).min(axis=1)
print(f"K on its bed: {np.abs(before).min():.1e} to {np.abs(before).max():.1e} in size")
print(f"D⁻¹ times it: within {nearest.max():.0e} of three numbers")
assert nearest.max() < 1e-6

fig, axes = plt.subplots(2, 1, figsize=(8.4, 2.9), layout="constrained")
for ax, values, color, title in (
    (axes[0], before, "C1", "Eigenvalues of K, on its bed"),
    (axes[1], after, "C0", "of D⁻¹ times it: three"),
):
    ax.plot(values, np.zeros_like(values), "|", color=color, ms=18)
    ax.set(yticks=[], ylim=(-1, 1))
    ax.set_title(title, size=10, loc="left")
axes[0].set_xscale("symlog", linthresh=1)
axes[0].set_xlim(-3, 3 * before.max())
axes[1].set_xticks([1 - golden, 0, 1, golden], ["(1−√5)/2", "0", "1", "(1+√5)/2"])
plt.show()


# %%
# The system elsewhere
# --------------------
#
# Trees of operators convert like anything else. JAX takes the whole expression as an argument of a
# compiled function: the arrays in it are data, everything else is known when the code is
# compiled. So other pins, or another stiffness, are new *data* and compile nothing.

try:
    import jax

    jax.config.update("jax_enable_x64", True)
    traces = []

    @jax.jit
    def solve(K, rhs):
        traces.append("compiled")
        space = K.domain
        return space.unflatten(space.ops.solve(K.to_matrix(), space.flatten(rhs)))

    K_jax = K.convert("jax")
    goal = jax.numpy.asarray(y)
    rhs_jax = KKT(K_jax.domain.zeros().state, goal)
    curve = solve(K_jax, rhs_jax).state
    print("largest difference below 1e-9:", bool(np.abs(curve - solution.state).max() < 1e-9))

    stiffer = jax.tree.map(lambda leaf: 1.0 * leaf, K_jax)  # the same form, other arrays
    solve(stiffer, rhs_jax)
    print("compiled", len(traces), "time for two systems")

    def height_in_the_middle(y):
        return solve(K_jax, KKT(rhs_jax.state, y)).state[n // 2]

    print("moved by raising each pin:", np.round(jax.grad(height_in_the_middle)(goal), 3))
except ImportError as missing:
    print(missing)

# %%
# The last line is the sensitivity of one point of the strip to every pin: through the blocks, the
# geometry and the solve. Torch gets the same numbers.

try:
    K_torch = K.convert("torch")
    rhs_torch = KKT(K_torch.domain.zeros().state, K_torch.ctx.asarray(y))
    flat = K_torch.ops.solve(K_torch.to_matrix(), K_torch.codomain.flatten(rhs_torch))
    curve = K_torch.domain.unflatten(flat).state.numpy()
    print(type(rhs_torch.state).__name__, np.abs(curve - solution.state).max() < 1e-9)
except ImportError as missing:
    print(missing)

# %%
# What to keep
# ------------
#
# * Elements may be **trees**: plain dicts, tuples, NamedTuples and dataclasses. ``TreeSpace.of``
#   takes the same tree with spaces in it.
# * Blocks have **names**: ``StackedLinOp`` of ``SumToSingleLinOp`` for a system,
#   ``BlockDiagonalLinOp`` for a preconditioner, ``BlockMatrixLinOp`` where positions will do.
# * A hundred blocks of **one shape** need no names: ``DenseBlockDiagonalLinOp`` holds them in one
#   array with an axis for the blocks, and multiplies all of them at once.
# * Errors name the **leaf**; adjoints are those of the geometry, block by block.
# * The whole system is **one argument** of a compiled function, and converts as one.
