"""
3. Operators and adjoints
=========================

**A matrix is a table. An operator is a map between two spaces, and it knows its way back.**

Most of what is done with a linear map A (least squares, gradients, iterative solvers) uses its
*adjoint*, the map ``A.H`` that moves A to the other side of an inner product:

.. code-block:: text

   ⟨A x, y⟩  =  ⟨x, A.H y⟩        on the left the inner product of Y, on the right that of X

For arrays of plain numbers that is the transposed matrix. In spaces with a geometry it is not, and
code which transposes anyway converges to something, only not to what was meant. Here an operator
takes its two spaces, and ``A.H`` is the adjoint *between these*. You will

* apply operators, and read what they say of themselves;
* see a transposed matrix fail where the adjoint does not;
* reconstruct a picture from its shadows, by steps along ``A.H``;
* combine operators into expressions that cost nothing until they are used;
* let the library derive an adjoint, and have a wrong one caught.
"""

# %%
# (The downloaded script also has the lines that draw pictures side by side.)

import matplotlib.pyplot as plt
import numpy as np
from scipy import sparse

import spacecore as sc


# sphinx_gallery_start_ignore
def show_images(images, titles, size):
    """Draw pictures side by side, each with its own scale of colours."""
    _, axes = plt.subplots(1, len(images), figsize=size, layout="constrained")
    for ax, image, title in zip(axes, images, titles, strict=True):
        ax.imshow(image, cmap="magma")
        ax.set_title(title, size=10)
        ax.set_axis_off()
    plt.show()


# sphinx_gallery_end_ignore
ctx = sc.Context("numpy")
key = ctx.ops.random_key(0)


# %%
# An operator and its type
# ------------------------
#
# ``DenseLinOp`` takes an array and the spaces it maps between. It is written as a term and its
# type: what it is, from where, to where.

X = sc.DenseVectorSpace(3, ctx)
W = sc.DenseVectorSpace(2, ctx, sc.WeightedInnerProduct(ctx.asarray([1.0, 10.0])))
A = sc.DenseLinOp(ctx.asarray([[1.0, 2.0, 0.0], [0.0, 1.0, 1.0]]), X, W)

print(A)
print("A @ x    :", A @ X.ones())
print("A.H      :", A.H)
print("A.H @ y  :", A.H @ W.ones())
print("transpose:", A.to_matrix().T @ W.ones())

# %%
# The adjoint is not the transpose: W counts its second coordinate ten times. That ``A.H`` is right
# can be tested without knowing what it is, on any two elements, by its definition.

x, y = X.random(key), W.random(key)
print("both sides agree:", np.isclose(W.inner(A @ x, y), X.inner(x, A.H @ y)))

# %%
# A notebook shows an operator as a tree to open, with spaces, dtypes and devices. The numbers in
# it are never shown: they may be many, and may live on another device.

A


# %%
# Where the transpose is wrong
# ----------------------------
#
# Take a function by its values on a graded grid, and its differences: D maps functions to slopes,
# one for each gap. Both are functions on [0, 1], so both spaces measure by an integral: points
# count as the cells around them, slopes as the gaps.
#
# In calculus the adjoint of d/dt, on functions that vanish at the ends, is −d/dt. So ``D.H D u``
# should be −u″, and for u = sin 2πt that is 4π² sin 2πt.

n = 41
t = np.linspace(0.0, 1.0, n + 1) ** 1.5  # the ends are fixed to zero and not among the unknowns
gaps = np.diff(t)
cells = (gaps[1:] + gaps[:-1]) / 2

points = sc.DenseVectorSpace(n - 1, ctx, sc.WeightedInnerProduct(ctx.asarray(cells)))
slopes = sc.DenseVectorSpace(n, ctx, sc.WeightedInnerProduct(ctx.asarray(gaps)))
difference = np.diff(np.eye(n + 1), axis=0)[:, 1:-1] / gaps[:, None]
D = sc.DenseLinOp(ctx.asarray(difference), points, slopes)

u = np.sin(2 * np.pi * t[1:-1])
exact = 4 * np.pi**2 * u
by_adjoint = D.H @ (D @ u)
by_transpose = difference.T @ (difference @ u)

fig, ax = plt.subplots(figsize=(8.4, 3.6), layout="constrained")
ax.plot(t[1:-1], exact, color="0.75", lw=5, label="−u″, exactly")
ax.plot(t[1:-1], by_adjoint, ".-", color="C0", lw=1, label="D.H @ (D @ u)")
scale = np.abs(exact).max() / np.abs(by_transpose).max()
ax.plot(t[1:-1], scale * by_transpose, ".-", color="C1", lw=1, label=f"transpose, × {scale:.2f}")
ax.set(title="Twice the slope, by the adjoint and by the transpose", xlabel="t")
ax.legend()
plt.show()
error = points.norm(by_adjoint - exact) / points.norm(exact)
print(f"relative error of D.H @ D: {error:.3f}")
assert error < 0.02

# %%
# The transposed matrix has no idea of the grid; what it gives is too large by factors that vary
# from point to point. The adjoint between the two spaces is the right operator on every grid, and
# nobody had to derive it: it is computed from the matrix and the Riesz maps R of the spaces, as
# R⁻¹ Aᴴ R.


# %%
# A picture from its shadows
# --------------------------
#
# A tomograph sends rays through a body and measures what each one loses: the integral of the
# density along the ray. The map from picture to measurements is linear, and its matrix is sparse: a
# ray meets few pixels. We build that with SciPy; ``ctx.assparse`` brings it to the context's
# library.


def rays(size, angles):
    """Return the matrix of ray integrals over a picture of size × size pixels on [-1, 1]²."""
    offsets = np.linspace(-1.0, 1.0, size)  # where the rays of one angle cross the detector
    s = np.linspace(-1.5, 1.5, 3 * size)  # samples along a ray
    rows, columns, entries = [], [], []
    for number, angle in enumerate(angles):
        across = np.array([np.cos(angle), np.sin(angle)])
        along = np.array([-np.sin(angle), np.cos(angle)])
        place = offsets[:, None, None] * across + s[:, None] * along
        pixel = np.floor((place + 1) / 2 * size).astype(int)
        ray, sample = np.nonzero(np.all((pixel >= 0) & (pixel < size), axis=-1))
        hit = pixel[ray, sample]
        rows.append(number * size + ray)
        columns.append(hit[:, 1] * size + hit[:, 0])
        entries.append(np.full(ray.size, s[1] - s[0]))
    shape = (len(angles) * size, size * size)
    triples = (np.concatenate(entries), (np.concatenate(rows), np.concatenate(columns)))
    return sparse.coo_matrix(triples, shape=shape).tocsr()


def phantom(size):
    """Return a picture of a few ellipses."""
    grid = (np.arange(size) + 0.5) / size * 2 - 1
    y, x = np.meshgrid(grid, grid, indexing="ij")
    image = np.zeros((size, size))
    for value, cx, cy, rx, ry in [
        (1.0, 0.0, 0.0, 0.68, 0.9),
        (-0.7, 0.0, 0.0, 0.6, 0.82),
        (0.5, -0.25, -0.1, 0.15, 0.32),
        (0.9, 0.27, 0.15, 0.12, 0.2),
        (0.6, 0.0, 0.55, 0.2, 0.1),
    ]:
        image += value * (((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 < 1)
    return image


# %%
# A picture is a function on the square, so an inner product of two is an integral, with the area of
# a pixel as its weight. The detector measures well in the middle and badly at its rim; the weights
# of the data space say how much a measurement is to be trusted.

size = 56
angles = np.linspace(0.0, np.pi, 48, endpoint=False)
trust = np.exp(-2 * np.linspace(-1, 1, size) ** 2) * np.ones((angles.size, 1))

pictures = sc.DenseCoordinateSpace(
    (size, size), ctx, sc.WeightedInnerProduct(ctx.full((1, 1), (2 / size) ** 2))
)
shadows = sc.DenseCoordinateSpace(
    (angles.size, size), ctx, sc.WeightedInnerProduct(ctx.asarray(trust))
)
R = sc.SparseLinOp(ctx.assparse(rays(size, angles)), pictures, shadows)
print(R)

body = ctx.asarray(phantom(size))
noise = 0.02 * np.random.default_rng(1).standard_normal(shadows.shape)
measured = R @ body + ctx.asarray(noise / np.sqrt(trust))

# %%
# Sending the measurements back along their rays is the adjoint. It gives a blurred picture, not the
# body; but it gives the *direction*: the gradient of ½ ‖R x − b‖² is ``R.H (R x − b)``. How far to
# step is limited by the largest eigenvalue of ``R.H R``, which a few products tell.

v = pictures.random(key)
for _ in range(20):
    v = R.H @ (R @ v)
    v = v / pictures.norm(v)
largest = float(pictures.inner(v, R.H @ (R @ v)))

x = pictures.zeros()
misfit, snapshots = [], {}
for step in range(301):
    residual = measured - R @ x
    misfit.append(float(shadows.norm(residual)))
    if step in (5, 20, 300):
        snapshots[step] = x
    x = x + (1.8 / largest) * (R.H @ residual)

show_images(
    [body, measured, R.H @ measured, *snapshots.values()],
    ["body", "shadows", "sent back", *(f"{step} steps" for step in snapshots)],
    (9.8, 2.1),
)
wrong = [float(pictures.norm(image - body) / pictures.norm(body)) for image in snapshots.values()]
print("relative error after 5, 20, 300 steps:", *(f"{error:.3f}" for error in wrong))
assert wrong[0] > wrong[1] > wrong[2]
assert np.all(np.diff(misfit) < 0)

# %%
# The misfit falls at every step. A step against the gradient promises that, and the promise holds
# for the norm that the gradient belongs to: the one of the space, in which the detector's rim
# counts for little.

fig, ax = plt.subplots(figsize=(6, 3), layout="constrained")
ax.semilogy(misfit, color="C0")
ax.set(title="Misfit, in the norm of the shadows", xlabel="step", ylabel="‖b − R x‖")
plt.show()


# %%
# Expressions
# -----------
#
# Operators are added, scaled and composed as in mathematics. An expression computes nothing: it
# holds its parts, and writes itself down.

smoothing = 0.1 * (D.H @ D)
model = smoothing + sc.IdentityLinOp(points)
print(model)
print(model.H)
print("Hermitian by structure:", (D.H @ D).is_hermitian())

# %%
# What can be simplified without a product is simplified as it is built. The spaces are checked at
# the same time, so an expression that exists is well typed.

identity = sc.IdentityLinOp(points)
print(D @ identity is D, "|", 2 * (3 * D), "|", D @ sc.ZeroLinOp(slopes, points))
try:
    D @ D
except sc.SpaceValidationError as error:
    print(error)

# %%
# ``fuse`` multiplies out what is made of matrices, for when an expression will be applied many
# times. The numbers are the same to rounding.

fused = model.fuse(materialize=True)
print(fused, "  difference:", points.norm(model @ u - fused @ u) < 1e-9)
print("solved:", np.allclose(model @ ctx.ops.linalg.solve(model.to_matrix(), u), u))

# %%
# A batch is applied along its leading axes, in one product. Columns are the wrong way round, and
# are told so.

batch = points.random(key) * np.ones((5, 1))
print("batch:", D.vapply(batch).shape)
try:
    D @ batch.T
except sc.SpaceValidationError as error:
    print(error)


# %%
# Operators without a matrix
# --------------------------
#
# Often there is a function that computes A x, and no matrix. On JAX and Torch the adjoint comes
# from the function by itself: linear maps can be transposed as they can be differentiated, and the
# geometry of the spaces is added.

try:
    import jax

    jax.config.update("jax_enable_x64", True)
    points_jax, slopes_jax = points.convert("jax"), slopes.convert("jax")
    widths = slopes_jax.geometry.weights

    def slope(u):
        return jax.numpy.diff(u, prepend=0.0, append=0.0) / widths

    S = sc.MatrixFreeLinOp(slope, None, points_jax, slopes_jax)
    print(S)
    derived = S.H @ (S @ points_jax.ctx.asarray(u))
    print("relative difference to the matrix's below 1e-12:", end=" ")
    print(bool(np.max(np.abs(np.asarray(derived) - by_adjoint)) < 1e-12 * np.abs(exact).max()))
except ImportError as missing:
    print(missing)

# %%
# Where both directions are written by hand, one of them is sooner or later wrong. At the check
# level ``strict`` the definition is tried out on random elements when the operator is made. Here
# somebody took the transpose.

careful = sc.Context("numpy", check_level="strict")
try:
    sc.MatrixFreeLinOp(
        lambda u: difference @ u, lambda s: difference.T @ s, points, slopes, careful
    )
except sc.SpaceValidationError as error:
    print(error)

correct = sc.MatrixFreeLinOp.from_coordinate_adjoint(
    lambda u: difference @ u, lambda s: difference.T @ s, points, slopes, careful
)
print("the Riesz maps added:", np.allclose(correct.H @ (correct @ u), by_adjoint))

# %%
# What to keep
# ------------
#
# * An **operator** is a map between two spaces. ``A.H`` is its adjoint *in their geometry*; the
#   transpose is that only in Euclidean spaces.
# * With the geometry in the spaces, formulas are written as in the book: ``R.H @ (R @ x - b)``.
# * **Expressions** are lazy, typed, and simplify themselves. ``fuse`` multiplies out.
# * An adjoint is **derived** where the library can, and a wrong one is **caught** at ``strict``.
