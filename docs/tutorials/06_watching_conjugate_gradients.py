"""
6. Watching conjugate gradients
===============================

**A solver that you can see is a solver that you can trust.**

A survey of a valley, real elevations, has been measured with noise; some places were measured
badly. The smooth surface that fits it best solves a linear system with one unknown for each point:

.. code-block:: text

   (W + λ L) u = W f

with the measurements f, how much each is worth in the diagonal W, and the grid's Laplacian L. Here
you will

* solve it with ``cg``, and read what comes back;
* look over its shoulder: history, callback, pictures of the iterates;
* see what a preconditioner changes;
* solve for many surveys at once.
"""

# %%
# The elevations ship with Matplotlib. We keep a window of them, and measure heights in hundreds of
# metres.

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.cbook import get_sample_data
from scipy import sparse

import spacecore as sc

SIDE = 96
valley = get_sample_data("jacksboro_fault_dem.npz")["elevation"][40 : 40 + SIDE, 60 : 60 + SIDE]
truth = (valley - valley.mean()).astype(float) / 100

rng = np.random.default_rng(7)
spread = np.where(rng.random(truth.shape) < 0.3, 2.0, 0.15)  # three in ten were measured badly
measured = truth + spread * rng.standard_normal(truth.shape)

# %%
# The system is an expression of operators: the weights are a diagonal, the Laplacian is sparse.


def laplacian(side):
    ones = np.ones(side - 1)
    slope = sparse.diags_array([-np.ones(side), ones], offsets=[0, 1], shape=(side - 1, side))
    line, same = slope.T @ slope, sparse.eye_array(side)
    return (sparse.kron(line, same) + sparse.kron(same, line)).tocsr()


X = sc.DenseCoordinateSpace((SIDE, SIDE), "numpy")
L = sc.SparseLinOp(laplacian(SIDE), X, X)
W = sc.DiagonalLinOp(1 / spread**2, X)
A = W + 2.0 * L
f = W @ measured

result = sc.cg(A, f, history=True)
print(result)
print("converged:", result.converged, " status:", result.status)

# %%
# The residual norm that is reported is the true one, computed from ``x`` at the end, in the norm
# of the space. What the recurrence thought on its way is the history.

result.plot()
plt.show()

# %%
# A callback gets each iterate. Noise is local and goes in few steps; what has to travel across the
# grid takes longer.

frames = {}


def keep(step, residual, u):
    if step in (2, 8):
        frames[step] = u


sc.cg(A, f, callback=keep)
panels = [("measured", measured), *((f"step {k}", u) for k, u in frames.items())]
panels += [("solution", result.x), ("truth", truth)]
figure, axes = plt.subplots(1, len(panels), figsize=(12, 2.4), layout="constrained")
for ax, (title, surface) in zip(axes, panels, strict=True):
    drawn = ax.imshow(surface, cmap="cividis", vmin=truth.min(), vmax=truth.max())
    ax.set_title(title)
    ax.axis("off")
figure.colorbar(drawn, ax=axes, label="height, 100 m")
plt.show()

# %%
# A preconditioner
# ----------------
#
# Weights that differ by a factor of nearly two hundred make the system stiff. Dividing by the
# diagonal of A, which is Jacobi's preconditioner, takes that away. Any operator on the space will
# do.

diagonal = 1 / spread**2 + 2.0 * laplacian(SIDE).diagonal().reshape(SIDE, SIDE)
jacobi = sc.DiagonalLinOp(1 / diagonal, X)
better = sc.cg(A, f, preconditioner=jacobi, history=True)
print("steps without:", result.num_iters, " with:", better.num_iters)

ax = result.plot(label="plain")
better.plot(ax, label="with Jacobi")
plt.show()

# %%
# Many at once
# ------------
#
# Axes in front of the space's own are a batch: one product a step for all of them, a stopping test
# for each.

surveys = truth + spread * rng.standard_normal((5, SIDE, SIDE))
many = sc.cg(A, W.vapply(surveys), preconditioner=jacobi)
print(many, many.num_iters)
errors = [np.sqrt(np.mean((u - truth) ** 2)) for u in (measured, result.x, many.x.mean(axis=0))]
print("error of one survey {:.2f}, smoothed {:.2f}, of five {:.2f}".format(*errors))

# %%
# Where to go from here
# ---------------------
#
# * :doc:`07_deblurring_by_weighted_tikhonov` puts what is known of the noise into the space, and
#   finds how smooth the solution should be from the misfit.
# * :doc:`08_learning_a_regularisation_weight` differentiates through ``cg``, and lets held-out data
#   choose.
