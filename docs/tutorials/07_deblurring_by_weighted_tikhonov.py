"""
7. Deblurring by weighted Tikhonov
==================================

**Tell the space how good each measurement is, and every adjoint knows.**

A photograph is out of focus, and its lens leaves the corners dark. Brightened afterwards, they are
full of noise, while the middle is clean. Who treats all pixels alike must choose between two
mistakes: smooth the corners and lose the face, or sharpen the face and the noise with it. Weighted
Tikhonov regularisation need not choose. It looks for the picture u for which

.. code-block:: text

   ‖(A u − b) / σ‖²  +  λ ‖D u‖²

is least: A blurs, b is the photograph, σ its noise, and D u are the slopes. Here you will

* write a blur and a gradient as functions, and have them tested;
* put 1/σ² into the space of photographs, and never write it again;
* solve the normal equations with ``cg``, watch it, and precondition it;
* find λ without knowing the true picture;
* run it all on JAX.
"""

# %%
# A photograph
# ------------
#
# Matplotlib ships a portrait of Grace Hopper. It is our truth, in colours from 0 to 1. The farther
# a pixel is from the middle, the less light the lens lets through, and the larger is the noise once
# the pixel is brightened.

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.cbook import get_sample_data

import spacecore as sc

portrait = plt.imread(get_sample_data("grace_hopper.jpg", asfileobj=False))
portrait = portrait[20:500, 70:502] / 255
truth = portrait.reshape(160, 3, 144, 3, 3).mean(axis=(1, 3))  # a third of the size

down, across = np.meshgrid(np.linspace(-1, 1, 160), np.linspace(-1, 1, 144), indexing="ij")
light = (1 + 4 * (down**2 + across**2)) ** -2
sigma = 0.003 / light[:, :, None]
print(f"standard deviation of the noise: {sigma.min():.3f} to {sigma.max():.3f}")

# %%
# Out of focus, each pixel is a mean of those around it. At the border the picture is continued as
# in a mirror. The functions are found by ``sc.ops_of(x)``, in whatever library the picture is; so
# they run everywhere.

reach = np.arange(-7, 8)
bell = np.exp(-0.5 * (reach / 1.8) ** 2)
BELL = tuple((bell / bell.sum()).tolist())


def blur_along(x, axis):
    ops, r = sc.ops_of(x), len(BELL) // 2
    x = ops.moveaxis(x, axis, 0)
    mirrored = ops.concat([ops.flip(x[:r], axis=0), x, ops.flip(x[-r:], axis=0)])
    blurred = sum(part * mirrored[k : k + x.shape[0]] for k, part in enumerate(BELL))
    return ops.moveaxis(blurred, 0, axis)


def blur(x):
    return blur_along(blur_along(x, 0), 1)


rng = np.random.default_rng(0)
photo = blur(truth) + sigma * rng.standard_normal(truth.shape)

# sphinx_gallery_start_ignore
fig, axes = plt.subplots(1, 3, figsize=(9.6, 3.5), layout="constrained")
for ax, image, title in zip(axes, (truth, photo), ("truth", "photograph"), strict=False):
    ax.imshow(np.clip(image, 0, 1))
    ax.set_title(title)
shown = axes[2].imshow(sigma, norm="log", cmap="cividis")
axes[2].set_title("noise σ")
fig.colorbar(shown, ax=axes[2], label="standard deviation, of brightness 0 to 1")
for ax in axes:
    ax.set_axis_off()
plt.show()
# sphinx_gallery_end_ignore

# %%
# Operators and their spaces
# --------------------------
#
# Pictures are measured plainly. Photographs are measured with the weights 1/σ²: in that norm an
# error of one standard deviation counts one, wherever it is. The gradient has two parts of
# different shapes, so it maps into a space of trees.
#
# ``from_coordinate_adjoint`` takes a function and its transpose; the Riesz maps of the spaces are
# its own business. A mean with a symmetric bell and a mirror at the border is its own transpose,
# so ``blur`` serves for both. Is that so? At the level ``strict`` it is tried on random pictures,
# and so is the transpose of the slopes.


def slopes(u):
    return {"down": u[1:] - u[:-1], "across": u[:, 1:] - u[:, :-1]}


def slopes_transposed(s):
    d, a = s["down"], s["across"]
    concat = sc.ops_of(d).concat
    vertical = concat([-d[:1], d[:-1] - d[1:], d[-1:]])
    return vertical + concat([-a[:, :1], a[:, :-1] - a[:, 1:], a[:, -1:]], axis=1)


def model(sigma, ctx):
    """Return the blur and the gradient, for photographs with noise sigma."""
    m, n, colours = truth.shape
    weights = sc.WeightedInnerProduct(ctx.asarray(1 / sigma**2))
    pictures = sc.DenseCoordinateSpace(truth.shape, ctx)
    photos = sc.DenseCoordinateSpace(truth.shape, ctx, weights)
    gradients = sc.TreeSpace.of(
        {
            "down": sc.DenseCoordinateSpace((m - 1, n, colours), ctx),
            "across": sc.DenseCoordinateSpace((m, n - 1, colours), ctx),
        }
    )
    made = sc.MatrixFreeLinOp.from_coordinate_adjoint
    A = made(blur, blur, pictures, photos)
    return A, made(slopes, slopes_transposed, pictures, gradients)


model(sigma, sc.Context("numpy", check_level="strict"))
A, D = model(sigma, sc.Context("numpy"))
print(A)
print(D)

# %%
# The normal equations
# --------------------
#
# The least sum of squares is where ``(A.H @ A + λ D.H @ D) u = A.H @ b``. With the weights in the
# space, this is all there is to write: ``A.H`` holds them. That the operator is Hermitian is known
# from how it is composed.

lam = 100.0
N = A.H @ A + lam * D.H @ D
print("Hermitian by structure:", N.is_hermitian())

result = sc.cg(N, A.H @ photo, tol=1e-5, history=True)
print(result)

# %%
# The weights differ by a factor of six thousand, and that is what takes so many steps. What the
# blur does to smooth parts of a picture is nothing, so for these ``A.H @ A`` is multiplication by
# 1/σ²; and four differences meet in a pixel. Together:

P = sc.DiagonalLinOp(1 / (A.domain.ones() / sigma**2 + 4 * lam))
better = sc.cg(N, A.H @ photo, tol=1e-5, preconditioner=P, history=True)
print(better)

ax = result.plot(label="plain")
better.plot(ax, label="preconditioned")
plt.show()
assert better.num_iters < 0.5 * result.num_iters

# %%
# How smooth?
# -----------
#
# If u were the truth, then A u − b would be noise, and its square in the norm of photographs would
# be, on the average, the number of pixels. A λ that is too large leaves more, and explains the
# photograph badly; one that is too small leaves less, and explains the noise. So walk down from
# large λ, and choose the first that leaves no more than one standard deviation a pixel. Each solve
# begins where the one before it ended.
#
# For comparison, the same with *one* number for all of the noise, its root mean square.


def path(A, D, photo, strengths):
    """Yield λ, the solution, what is left of a pixel in units of σ, and the steps."""
    worth = A.codomain.geometry.weights
    u = None
    for lam in strengths:
        N = A.H @ A + lam * D.H @ D
        P = sc.DiagonalLinOp(1 / (A.domain.ones() * worth + 4 * lam))
        found = sc.cg(N, A.H @ photo, x0=u, tol=1e-5, preconditioner=P)
        found.raise_for_status()
        u = found.x
        left = A.codomain.norm(A @ u - photo) / np.sqrt(photo.size)
        yield lam, u, float(left), found.num_iters


def rms(error):
    return float(np.sqrt(np.mean(error**2)))


plain, _ = model(np.full_like(sigma, rms(sigma)), sc.Context("numpy"))
strengths = 10.0 ** np.arange(4, -0.6, -0.5)
paths = {
    "one σ for all": list(path(plain, D, photo, strengths)),
    "σ for each pixel": list(path(A, D, photo, strengths)),
}
chosen = {
    name: next((found for found in steps if found[2] <= 1), steps[-1])
    for name, steps in paths.items()
}
print("steps along the path:", [steps for *_, steps in paths["σ for each pixel"]])

# sphinx_gallery_start_ignore
fig, axes = plt.subplots(1, 2, figsize=(9.6, 3.4), sharex=True, layout="constrained")
for (name, found), color in zip(paths.items(), ("C1", "C0"), strict=True):
    lams, us, left, _ = zip(*found, strict=True)
    axes[0].semilogx(lams, left, ".-", color=color, label=name)
    axes[1].semilogx(lams, [rms(u - truth) for u in us], ".-", color=color, label=name)
    lam, u, left, _ = chosen[name]
    axes[0].plot(lam, left, "o", ms=9, mfc="none", color=color)
    axes[1].plot(lam, rms(u - truth), "o", ms=9, mfc="none", color=color)
axes[0].axhline(1, color="0.5", lw=1, ls="--")
axes[0].set(title="What the photograph tells", xlabel="λ", ylabel="misfit of a pixel, in σ")
axes[0].set_ylim(bottom=0)
axes[1].set(title="What only we know", xlabel="λ", ylabel="error, root mean square")
axes[1].set_ylim(bottom=0)
axes[1].legend()
plt.show()
# sphinx_gallery_end_ignore
errors = {name: [rms(u - truth) for _, u, *_ in found] for name, found in paths.items()}
assert min(errors["one σ for all"]) > 1.05 * rms(chosen["σ for each pixel"][1] - truth)

# %%
# Circles mark what was chosen, not knowing the truth. The curves on the right say more: with one σ
# for all there is no λ as good as this one. And on the left both look fine; what the
# photograph tells is only as true as the σ that it is asked with.
#
# Before and after
# ----------------

middle = down**2 + across**2 < 0.25
pictures = {"photograph": photo, **{name: found[1] for name, found in chosen.items()}}
for name, u in pictures.items():
    for where, error in (("all over", u - truth), ("in the middle", (u - truth)[middle])):
        print(f"{name:17} {where:14} {rms(error):.3f}, PSNR {-20 * np.log10(rms(error)):.1f} dB")

# sphinx_gallery_start_ignore
fig, axes = plt.subplots(2, 4, figsize=(10.4, 6), layout="constrained")
for column, (name, u) in enumerate({**pictures, "truth": truth}.items()):
    axes[0, column].imshow(np.clip(u, 0, 1))
    axes[0, column].set_title(name)
    if name != "truth":
        off = np.sqrt(np.mean((u - truth) ** 2, axis=2))
        shown = axes[1, column].imshow(off, cmap="magma", vmin=0, vmax=0.3)
        axes[1, column].set_title(f"error, {rms(u - truth):.3f} over all")
for ax in axes.flat:
    ax.set_axis_off()
inset = axes[1, 3].inset_axes((0.05, 0.0, 0.07, 1.0))
fig.colorbar(shown, cax=inset, label="error, of brightness 0 to 1", extend="max")
plt.show()
# sphinx_gallery_end_ignore

# %%
# In the middle, where the photograph is good, the weighted solution believes it and gets the face
# back. In the corners it does not, and leaves them soft. What stands along the edges in both is the
# price of a quadratic penalty, which likes a slope better than a jump.
#
# Elsewhere
# ---------
#
# The operator converts as a whole: functions, spaces, weights and the tree of the gradient.

try:
    import jax

    jax.config.update("jax_enable_x64", True)
    lam, u, *_ = chosen["σ for each pixel"]
    N = A.H @ A + lam * D.H @ D
    P = sc.DiagonalLinOp(1 / (A.domain.ones() / sigma**2 + 4 * lam))
    here = sc.cg(N, A.H @ photo, tol=1e-12, preconditioner=P)
    rhs = A.convert("jax").H @ jax.numpy.asarray(photo)
    there = sc.cg(N.convert("jax"), rhs, tol=1e-12, preconditioner=P.convert("jax"))
    print("steps on NumPy and on JAX:", here.num_iters, int(there.num_iters))
    largest = float(np.abs(np.asarray(there.x) - here.x).max())
    print("largest difference below 1e-9:", largest < 1e-9)
except ImportError as missing:
    print(missing)

# %%
# What to keep
# ------------
#
# * What is known of the noise belongs into the **space of the data**. Adjoints, norms and normal
#   equations carry it from there.
# * An operator is **two functions**, written against ``sc.ops_of``, tested at ``strict``; results
#   may be trees.
# * The norm of the data's space measures in **standard deviations**, so it says when to stop.
# * A **preconditioner** is one line when you know what makes the system stiff, and a **path** over
#   λ is cheap when each solve begins at the last.
