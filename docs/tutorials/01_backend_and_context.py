"""
1. Backend and context
======================

**Which array library you compute with is an object that you pass around, not an import.**

A line that says ``np.linalg.solve`` has decided three things at once: the mathematics, the library
that does it, and, silently, in which precision and on what input. Moving it to JAX for gradients or
to Torch for a GPU is then a rewrite. SpaceCore takes those decisions out of the line and puts
them in one place, a **context**:

* the *ops*: the numerical functions (``matmul``, ``exp``, ``eigh``, ...), by NumPy, JAX, Torch or
  CuPy;
* the *dtype* that new arrays are made in;
* the *check level*: how carefully inputs are looked at.

Whatever you build later, every space and every operator, carries a context. Here you will

* make a context and read its parts;
* write one function and run it on NumPy, JAX and Torch;
* make mistakes loud, or silent, by the check level;
* carry an object from one library to another with ``convert``.
"""

# %%
# First the imports. (The script that can be downloaded below also has the code that draws the
# diagrams; it is left out here.)

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

import spacecore as sc

# sphinx_gallery_start_ignore
CENTRED = {"ha": "center", "va": "center"}


def card(ax, place, title, text, color):
    """Draw a box at (x, y, width, height) with a title and a line or two below it."""
    x, y, width, height = place
    shape = FancyBboxPatch(
        (x, y), width, height, boxstyle="round,pad=0,rounding_size=0.12", lw=1.8, ec=color
    )
    shape.set_facecolor((*plt.matplotlib.colors.to_rgb(color), 0.08))
    ax.add_patch(shape)
    middle = x + width / 2
    ax.text(middle, y + 0.68 * height, title, weight="bold", size=12, **CENTRED)
    ax.text(middle, y + 0.30 * height, text, size=9.5, linespacing=1.4, **CENTRED)


# sphinx_gallery_end_ignore
print("spacecore", sc.__version__, "| numpy", np.__version__)


# %%
# Anatomy of a context
# --------------------
#
# Three decisions go in; one small object comes out, and everything else holds on to it.

# sphinx_gallery_start_ignore
fig, ax = plt.subplots(figsize=(8, 4), layout="constrained")
ax.set(xlim=(0, 10), ylim=(0, 5.2))
ax.set_axis_off()
parts = [
    ("ops", "matmul · einsum · exp\neigh · vmap · ...", "C0"),
    ("dtype", "float32 · float64\ncomplex128 · int32 · ...", "C2"),
    ("check_level", "none · cheap\nstandard · strict", "C1"),
]
for row, (title, text, color) in enumerate(parts):
    bottom = 3.7 - 1.75 * row
    card(ax, (0.1, bottom, 3.6, 1.4), title, text, color)
    ax.add_patch(
        FancyArrowPatch(
            (3.8, bottom + 0.7),
            (5.7, 3.1 - 0.45 * row),
            arrowstyle="-|>",
            mutation_scale=15,
            color="#94a3b8",
        )
    )
card(ax, (5.8, 1.75, 4.0, 1.8), "Context", "immutable, hashable,\nholds no arrays", "C4")
ax.text(7.8, 0.9, "carried by every\nspace and operator", style="italic", **CENTRED)
ax.set_title("A context is ops + dtype + check level", size=13)
# sphinx_gallery_end_ignore
plt.show()


# %%
# Make one, and read its parts
# ----------------------------
#
# ``Context(ops, dtype=...)`` is all it takes. ``NumpyOps`` is always there; ``JaxOps``,
# ``TorchOps`` and ``CuPyOps`` are there once you install their distribution.

ctx = sc.Context(sc.NumpyOps(), dtype=np.float64)

print("backend family :", ctx.ops.family)
print("default dtype  :", ctx.dtype)
print("check level    :", ctx.check_level)

# %%
# A context owns no data. It knows how to make arrays, and ``asarray`` is the verb: it
# takes numbers, lists and arrays of any library, and returns an array of *this* library and dtype.

x = ctx.asarray([1.0, 2.0, 3.0])
print("asarray dtype  :", x.dtype, "->", x)

# %%
# It widens, and it rounds within a kind of number. It never throws a part of your data away: a
# complex number does not become real behind your back.

try:
    ctx.asarray([1.0 + 2.0j])
except TypeError as error:
    print(error)


# %%
# One function, several libraries
# -------------------------------
#
# ``ctx.ops`` has the numerical functions under the names that you know: it *is* a namespace of the
# Python array API standard, with what the standard lacks added. Written against it, a function
# belongs to no library. This one smooths a signal with a matrix of Gaussian weights:


def smooth_with_gaussian(ctx, signal, sigma=1.5):
    """Return the smoothed signal, and the kernel matrix that did it."""
    ops = ctx.ops
    x = ctx.asarray(signal)
    i = ops.arange(0, x.shape[0], dtype=ctx.dtype)
    kernel = ops.exp(-((i[:, None] - i[None, :]) ** 2) / (2.0 * sigma**2))
    kernel = kernel / ops.sum(kernel, axis=1)[:, None]  # each row of weights sums to one
    return ops.matmul(kernel, x), kernel


rng = np.random.default_rng(0)
raw = np.cumsum(rng.standard_normal(60))  # a random walk

smooth_numpy, kernel = smooth_with_gaussian(ctx, raw)
print("numpy output dtype:", smooth_numpy.dtype)

# %%
# And now the very same function on JAX. JAX computes in 32 bits until it is told otherwise, so we
# tell it first. Had we forgotten, making a float64 context would be an error that names the
# switch: SpaceCore narrows nothing on its own.

results = {}

try:
    import jax

    jax.config.update("jax_enable_x64", True)
    ctx_jax = sc.Context(sc.JaxOps(), dtype=jax.numpy.float64)

    smooth_jax, _ = smooth_with_gaussian(ctx_jax, raw)
    results["jax"] = smooth_jax
    print("jax output type :", type(smooth_jax).__name__)
    print("max abs(numpy - jax):", np.max(np.abs(np.asarray(smooth_jax) - smooth_numpy)))
except ImportError as missing:
    print(missing)

# %%
# Torch is no different. This time we give a name instead of the ops: the library is imported
# when somebody first asks for it by name, and not a moment earlier.

try:
    ctx_torch = sc.Context("torch", dtype="float64")

    smooth_torch, _ = smooth_with_gaussian(ctx_torch, raw)
    results["torch"] = smooth_torch
    print("torch output type :", type(smooth_torch).__name__)
    print("max abs(numpy - torch):", np.max(np.abs(smooth_torch.numpy() - smooth_numpy)))
except ImportError as missing:
    print(missing)

# %%
# The curves lie on top of each other; what is left is the rounding of the last digit.

fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.9), layout="constrained")
left.plot(raw, color="#b6c2d2", lw=1.4, label="signal")
left.plot(smooth_numpy, color="C0", lw=4.5, alpha=0.35, label="smoothed, numpy")
styles = {"jax": ("C1", (0, (5, 3))), "torch": ("C2", (0, (1, 2)))}
for name, smoothed in results.items():
    values = sc.ops_of(smoothed).to_numpy(smoothed)
    color, dashes = styles[name]
    left.plot(values, color=color, lw=2, ls=dashes, label=f"smoothed, {name}")
left.set(title="One routine, several libraries", xlabel="index")
left.legend()

picture = right.imshow(kernel, cmap="magma")
right.set(title="The kernel matrix", xlabel="j", ylabel="i")
right.grid(visible=False)
fig.colorbar(picture, ax=right, fraction=0.046, pad=0.04)
plt.show()

# %%
# ``smooth_with_gaussian`` mentions neither NumPy nor JAX nor Torch. And nothing stands between it
# and them: ``ops.exp`` is not a wrapper that looks for the right function, it *is* that function.

print(sc.NumpyOps().exp is np.exp)


# %%
# Naming a backend
# ----------------
#
# Wherever a backend is asked for, its name will do. A name may go on to say *where*: a device is
# part of which library you compute with.

try:
    print(sc.Context("torch:cpu", dtype="float32", check_level="strict"))
except ImportError as missing:
    print(missing)

# %%
# What can be named is whatever is installed; to list it, no library is imported.

print(sc.available_backends())

# %%
# A name that nobody has is met with the nearest one that somebody has. A name that is known and
# not installed is answered by the command that installs it; one that is installed and can't run
# on this machine, by the reason. All of these are kinds of ``sc.BackendError``, the last two also
# of ``ImportError``.

for name in ("nunpy", "cupy"):
    try:
        print(name, "is here:", sc.Context(name))
    except sc.BackendError as error:
        print(f"{type(error).__name__}: {error}")

# %%
# Objects that are given no context take the ambient one: NumPy in float64, unless you set another
# with ``set_context`` for the process, or for a block of code with ``use_context``.

with sc.use_context("numpy", dtype="float32"):
    print("inside :", repr(sc.DenseVectorSpace((3,))))
print("outside:", repr(sc.DenseVectorSpace((3,))))


# %%
# Check levels: how loud is a mistake?
# ------------------------------------
#
# The third part of a context decides how much is validated.
#
# ============  ========================================================================
# level         what is looked at
# ============  ========================================================================
# ``none``      nothing: the caller is trusted
# ``cheap``     what costs the same for any size: backend, device, shape, dtype
# ``standard``  the default: also what costs no more than the operation it protects
# ``strict``    everything: also finiteness, adjoints on random vectors, definiteness
# ============  ========================================================================
#
# Here is one mistake, four numbers for a space of three dimensions, under two of the levels.

ctx_checked = sc.Context(sc.NumpyOps(), dtype=np.float64, check_level="standard")
ctx_silent = sc.Context(sc.NumpyOps(), dtype=np.float64, check_level="none")
X_checked = sc.DenseVectorSpace((3,), ctx_checked)
X_silent = sc.DenseVectorSpace((3,), ctx_silent)

wrong = np.zeros(4)
try:
    X_checked.check_member(wrong)
except sc.SpaceValidationError as error:
    print("standard ->", error)

X_silent.check_member(wrong)
print("none -> accepted silently (no exception raised)")

# %%
# Other mistakes have messages of their own, and only ``strict`` reads the values.

mistakes = {
    "a list": [0.0, 0.0, 0.0],
    "float32": np.zeros(3, dtype=np.float32),
    "a nan": np.array([0.0, np.nan, 0.0]),
}
for level in sc.CHECK_LEVELS:
    X = sc.DenseVectorSpace((3,), sc.Context("numpy", check_level=level))
    for what, mistake in mistakes.items():
        try:
            X.check_member(mistake)
        except sc.SpaceValidationError as error:
            print(f"{level:9}{what:8} -> {error}")

# %%
# Each level looks at all that the one before it does.

# sphinx_gallery_start_ignore
fig, ax = plt.subplots(figsize=(8.4, 2.6), layout="constrained")
ax.set(xlim=(-0.02, 4.02), ylim=(-0.04, 1.5))
ax.set_axis_off()
ladder = [
    ("none", "trusts\nthe caller", "C1"),
    ("cheap", "backend, device\nshape, dtype", "C3"),
    ("standard", "+ what costs\nno more than the work", "C2"),
    ("strict", "+ probes of\nthe values", "C4"),
]
for step, (level, text, color) in enumerate(ladder):
    card(ax, (step + 0.03, 0.15 * step, 0.94, 0.95), level, text, color)
ax.set_title("check_level: more is looked at from left to right", loc="left")
# sphinx_gallery_end_ignore
plt.show()

# %%
# Develop under ``standard`` or ``strict``; choose ``none`` for a loop that was validated before it
# began. The level is worked out once, when an object is built, so ``none`` does not ask "shall I
# check?" at every call: there is nothing left to ask. (``enable_checks=True`` and ``False``, an
# older way of saying ``standard`` and ``none``, still work and are deprecated.)


# %%
# From one library to another: ``convert``
# ----------------------------------------
#
# Contexts don't change, and neither do the objects that carry them. To move one, make it anew
# somewhere else: ``convert`` takes a context, a name or a ``BackendFamily``.

X = sc.DenseVectorSpace((3,), ctx)
print("original :", X.ops.family)
try:
    X_jax = X.convert("jax")
    print("converted:", X_jax.ops.family, "(new object:", X_jax is not X, ")")
except ImportError as missing:
    print(missing)
print("same ctx returns self:", X.convert(ctx) is X)

# %%
# It changes what you named and nothing else. Dtype, check level and geometry stay, and the weights
# of an inner product move along bit by bit.

weights = ctx.asarray([1.0, 2.0, 4.0])
W = sc.DenseVectorSpace((3,), ctx, geometry=sc.WeightedInnerProduct(weights))
print(W, "  norm of ones:", W.norm(W.ones()))
try:
    W_torch = W.convert("torch")
    print(W_torch, "  norm of ones:", float(W_torch.norm(W_torch.ones())))
except ImportError as missing:
    print(missing)

# %%
# What to keep
# ------------
#
# * A **context** is ops + dtype + check level. It is immutable, and owns no data.
# * Code written against ``ctx.ops`` **runs on any backend**, at the speed of that backend.
# * A backend is **asked for by name**, with a device if you like: ``"torch:cuda:0"``.
# * The **check level** trades safety for speed, from ``none`` to ``strict``.
# * ``convert`` rebuilds an object **on another library**, and changes nothing else.
