"""
5. Write your own
=================

**Twenty lines make a class that compiles, differentiates, converts and pickles.**

Sooner or later the operator that you need is not in any library, and the geometry is your own
research. A class of yours should not be a second-class citizen then: it should go through
``jit``, ``grad`` and ``vmap``, to another library and back, into a file, with nothing
written for any of these. In this tutorial you will

* write a convolution, in twenty lines, and put it through all of it;
* learn what is *data* and what is *static*, and declare it where a guess would not do;
* learn a kernel from measurements, by differentiating through your class;
* write a geometry with its Riesz maps, and see adjoints follow it;
* let SpaceCore test what you wrote.
"""

import pickle

import matplotlib.pyplot as plt
import numpy as np

import spacecore as sc

ctx = sc.Context("numpy")


# %%
# An operator
# -----------
#
# A LinOp says how to apply itself and its adjoint: ``_apply`` and ``_rapply``. Elements go in and
# come out; around them, the base class checks. All functions are taken from ``self.ops``,
# so no library is named. An ordinary ``__init__`` is all right, as long as it calls its parent's.


class Convolution(sc.LinOp):
    """Periodic convolution with a kernel, by the fast Fourier transform."""

    def __init__(self, kernel, space):
        super().__init__(space, space)
        self.kernel = kernel

    def _transfer(self):
        return self.ops.fft.rfft(self.kernel)

    def _through(self, factors, x):
        fft = self.ops.fft
        return fft.irfft(factors * fft.rfft(x), n=self.domain.size)

    def _apply(self, x):
        return self._through(self._transfer(), x)

    def _rapply(self, y):
        return self._through(self.ops.conj(self._transfer()), y)


# %%
# It is an operator like those of the library, and belongs to their algebra.

n = 128
t = np.arange(n) / n
distance = np.minimum(t, 1 - t)
X = sc.DenseVectorSpace(n, ctx)


def bump(width):
    kernel = np.exp(-0.5 * (distance / width) ** 2)
    return ctx.asarray(kernel / kernel.sum())


A = Convolution(bump(0.02), X)
signal = ctx.asarray(np.where((t > 0.2) & (t < 0.45), 1.0, 0.0) + np.where(t > 0.7, t - 0.7, 0.0))

print(A)
print(2 * A.H @ A + sc.IdentityLinOp(X))
x, y = (X.random(key) for key in ctx.ops.random_split(ctx.ops.random_key(0)))
print("adjoint:", np.isclose(X.inner(A @ x, y), X.inner(x, A.H @ y)))
print("batches:", A.vapply(np.stack([x, y])).shape)

# %%
# What came for free
# ------------------
#
# When ``__init__`` returns, SpaceCore looks once at what the object holds, sorts it into data
# (arrays, floats, other spaces and operators) and the rest, and closes it. That is all it needs to
# know.

print(repr(A.kernel.shape), "| equal:", Convolution(bump(0.02), X) == A)
try:
    A.kernel = bump(0.1)
except AttributeError as error:
    print(error)

# %%
# **Pickle**, and copies:

print("pickled:", pickle.loads(pickle.dumps(A)) == A)

# %%
# **Conversion**, there and back to the last bit:

try:
    A_torch = A.convert("torch")
    print(repr(A_torch))
    print("kernel :", type(A_torch.kernel).__name__)
    print("and back:", A_torch.convert("numpy") == A)
    blurred = A_torch @ A_torch.ctx.asarray(signal)
    print("max abs(numpy - torch):", np.abs(blurred.numpy() - A @ signal).max())
except ImportError as missing:
    print(missing)

# %%
# **Compilation.** The operator is an argument of the compiled function. Its kernel is data, so that
# another kernel compiles nothing new; its class and its spaces are what the compiled code is kept
# under.

try:
    import jax

    jax.config.update("jax_enable_x64", True)
except ImportError:
    jax = None
    print("What follows needs JAX, and is left out.")

if jax is not None:
    compiled = []

    @jax.jit
    def blur(A, x):
        compiled.append(repr(A))
        return A @ x

    A_jax = A.convert("jax")
    x_jax = A_jax.ctx.asarray(signal)
    blur(A_jax, x_jax)
    blur(Convolution(A_jax.ctx.asarray(bump(0.1)), A_jax.domain), x_jax)
    print("compiled:", compiled)

# %%
# **Many at once.** A stack of kernels in one object is a family of operators for ``vmap``:
# taking an object apart and putting it together never looks at what the leaves are.

widths = [0.005, 0.02, 0.05, 0.12]
one_by_one = np.stack([Convolution(bump(width), X) @ signal for width in widths])

if jax is not None:
    family = jax.tree.map(
        lambda *kernels: jax.numpy.stack(kernels),
        *(Convolution(A_jax.ctx.asarray(bump(width)), A_jax.domain) for width in widths),
    )
    together = jax.vmap(lambda A, x: A @ x, in_axes=(0, None))(family, x_jax)
    print("a family applied:", together.shape)
    print("max abs(together - one by one):", np.abs(np.asarray(together) - one_by_one).max())

fig, ax = plt.subplots(figsize=(8.4, 3.2), layout="constrained")
ax.plot(t, signal, color="0.25", lw=1, ls=":", label="signal")
for blurred, width, color in zip(one_by_one, widths, ("0.75", "C0", "C2", "C3"), strict=True):
    ax.plot(t, blurred, color=color, label=f"width {width}")
ax.set(title="One signal, a family of operators", xlabel="t")
ax.legend(fontsize=8.5)
plt.show()


# %%
# Differentiate through it
# ------------------------
#
# Somebody blurred a known signal with an unknown kernel. The derivative of the misfit *with respect
# to the operator* is an object of the operator's form, with a derivative in the place of
# each array. So learning the kernel is gradient descent on a Convolution.

if jax is not None:
    truth = Convolution(A_jax.ctx.asarray(np.roll(bump(0.03), 5)), A_jax.domain)
    inputs = A_jax.domain.stacked(8).random(A_jax.ops.random_key(1))
    outputs = truth.vapply(inputs)

    def misfit(A):
        return 0.5 * jax.numpy.mean((A.vapply(inputs) - outputs) ** 2)

    @jax.jit
    def step(A):
        value, slope = jax.value_and_grad(misfit)(A)
        return value, jax.tree.map(lambda a, g: a - 0.7 * g, A, slope)

    print(type(jax.grad(misfit)(A_jax)).__name__, "is the gradient's form")
    learned, values = Convolution(A_jax.domain.zeros(), A_jax.domain), []
    for _ in range(120):
        value, learned = step(learned)
        values.append(float(value))
    error = np.abs(np.asarray(learned.kernel - truth.kernel)).max()
    print(f"misfit from {values[0]:.1e} to {values[-1]:.1e}; kernel within {error:.1e}")
    assert values[-1] < 1e-4 * values[0]

    fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.2), layout="constrained")
    left.semilogy(values, color="C0")
    left.set(title="Misfit", xlabel="step", ylabel="half the mean square")
    centred = np.fft.fftshift(np.asarray(truth.kernel))
    right.plot(t - 0.5, centred, color="0.75", lw=5, label="true kernel")
    right.plot(t - 0.5, np.fft.fftshift(np.asarray(learned.kernel)), color="C1", label="learned")
    right.set(title="The kernel, from eight measurements", xlabel="shift", xlim=(-0.2, 0.25))
    right.set_xticks([-0.2, -0.1, 0.0, 0.1, 0.2])
    right.legend()
    plt.show()


# %%
# Declared fields
# ---------------
#
# The sorting of attributes is a guess from what they hold: arrays and floats are data, integers and
# strings are static. Where the guess would be wrong, or the class is to be subclassed, declare:
# ``data`` names what may change without a new compilation and may be differentiated, ``static``
# what makes it another computation. Below, a decay that somebody may give as the integer 2 is
# still a number to be learned.


class Damped(sc.LinOp, data=("decay",), static=("power",)):
    """Multiplication by exp(-decay · t**power)."""

    def __init__(self, decay, power, space):
        super().__init__(space, space)
        self.decay = decay
        self.power = power

    def _apply(self, x):
        t = self.ops.linspace(0.0, 1.0, self.domain.size, dtype=self.dtype)
        return self.ops.exp(-self.decay * t**self.power) * x

    _rapply = _apply


D = Damped(2, 1, X)
print(D, "| equal:", Damped(2, 1, X) == D, "| other power:", Damped(2, 2, X) == D)
if jax is not None:
    count = []
    decayed = jax.jit(lambda D, x: count.append(D.power) or D @ x)
    D_jax = D.convert("jax")
    for decay, power in ((2.0, 1), (3.0, 1), (0.5, 1), (0.5, 2)):
        decayed(Damped(decay, power, D_jax.domain), x_jax)
    print("four operators, compiled for the powers", count)

    def energy(D):
        return D.domain.norm(D @ x_jax) ** 2

    slope = jax.grad(energy)(Damped(2.0, 1, D_jax.domain)).decay
    h = 1e-6
    up, down = (energy(Damped(2.0 + d, 1, D_jax.domain)) for d in (h, -h))
    print("derivative by the decay:", np.isclose(slope, (up - down) / (2 * h)))


# %%
# A geometry
# ----------
#
# Smooth periodic functions are measured best by their Fourier coefficients: a Sobolev inner product
# weighs a wave of frequency k with 1 + s² k². ``inner`` makes it a geometry; ``riesz``
# and ``riesz_inverse`` make adjoints and gradients possible in it. They are to satisfy
# ⟨x, y⟩ = x · R y. Again s is data, and could be learned.


class Sobolev(sc.InnerProduct):
    """Waves of frequency k count 1 + s² k²."""

    def __init__(self, s):
        self.s = s

    def _weighed(self, ops, x, *, power):
        k = ops.fft.rfftfreq(x.shape[-1], 1.0 / x.shape[-1])
        weights = ops.astype((1.0 + (self.s * k) ** 2) ** power, x.dtype)
        return ops.fft.irfft(weights * ops.fft.rfft(x), n=x.shape[-1])

    def inner(self, ops, x, y):
        return ops.vdot(x, self.riesz(ops, y))

    def riesz(self, ops, x):
        return self._weighed(ops, x, power=1)

    def riesz_inverse(self, ops, x):
        return self._weighed(ops, x, power=-1)


H1 = sc.DenseVectorSpace(n, ctx, Sobolev(0.3))
print(repr(H1))
for k in (1, 5, 25):
    wave = ctx.asarray(np.sqrt(2 / n) * np.sin(2 * np.pi * k * t))
    print(f"a wave of frequency {k:2}: {X.norm(wave):.3f} in X, {H1.norm(wave):6.3f} in H1")

# %%
# Operators given by arrays get their adjoints from the Riesz maps. Here P reads the function at
# four points. Its adjoint in X, applied to a number for each point, puts spikes there. In H1 there
# are no spikes: what stands for "the value at a point" is a continuous hump, its *representer*, and
# whatever is made of adjoints (gradients, least squares) is made of these.

at = np.array([16, 48, 70, 100])
readings = sc.DenseVectorSpace(at.size, ctx)
P = ctx.asarray(np.eye(n)[at])
values = ctx.asarray([1.0, -0.6, 0.8, 0.3])

fig, axes = plt.subplots(1, 2, figsize=(9.5, 3.1), layout="constrained")
for ax, space, color in zip(axes, (X, H1), ("C1", "C4"), strict=True):
    read = sc.DenseLinOp(P, space, readings)
    # the smallest function in the space that has these values: in the range of the adjoint
    gram = (read @ read.H).to_matrix()
    smallest = read.H @ ctx.ops.solve(gram, values)
    assert np.allclose(read @ smallest, values)
    ax.plot(t, smallest, color=color)
    ax.plot(t[at], values, "o", color="0.25", ms=5)
    ax.set(title=f"The smallest function in {space}", xlabel="t")
plt.show()

# %%
# A geometry is a value too, and so is a space that has it: it converts, pickles, and carries
# derivatives.

print("pickled:", pickle.loads(pickle.dumps(H1)) == H1)
if jax is not None:
    H1_jax = H1.convert("jax")

    def length(space):
        return space.norm(x_jax)

    print("derivative by s:", float(jax.grad(length)(H1_jax).geometry.s))


# %%
# Have it tested
# --------------
#
# At the check level ``strict`` an operator is tried out when it is made: two products with random
# elements decide whether ``_rapply`` is the adjoint of ``_apply``. A convolution commutes with
# whatever weighs frequencies, so ours is right in H1 as well. Damping does not, and is wrong there:
# its author thought of plain arrays.

careful = H1.convert("numpy", check_level="strict")
print(Convolution(bump(0.02), careful))
try:
    Damped(2.0, 1, careful)
except sc.SpaceValidationError as error:
    print(error)

# %%
# The remedy is to say which adjoint was meant, and have the geometry added:


def damped(space, decay):
    factors = ctx.ops.exp(-decay * ctx.linspace(0.0, 1.0, space.size))
    return sc.MatrixFreeLinOp.from_coordinate_adjoint(
        lambda x: factors * x, lambda y: factors * y, space, space
    )


print(damped(careful, 2.0))

# %%
# What to keep
# ------------
#
# * A **class of your own** writes ``_apply`` and ``_rapply`` with functions from ``self.ops``. It
#   is immutable once made.
# * Its attributes are **data** or **static**; by what they hold, or as the class declares.
# * From that come pickling, conversion, equality, and the way through ``jit``, ``grad`` and
#   ``vmap``.
# * A **geometry** writes ``inner``, ``riesz`` and ``riesz_inverse``.
# * ``strict`` **tests** adjoints in the geometry that they are used in.
