"""Systems that solvers are tried on, as NumPy matrices and as operators of one backend."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse import csgraph

import spacecore as sc


def with_spectrum(rng, spectrum):
    """A dense symmetric matrix with given eigenvalues."""
    directions, _ = np.linalg.qr(rng.standard_normal((len(spectrum),) * 2))
    matrix = (directions * spectrum) @ directions.T
    return (matrix + matrix.T) / 2


def second_difference(count):
    ones = np.ones(count)
    return sparse.diags_array([-ones[1:], 2 * ones, -ones[1:]], offsets=[-1, 0, 1])


def poisson(*counts):
    """The negative Laplacian on a grid, zero at the boundary."""
    total = None
    for axis in range(len(counts)):
        factors = [
            second_difference(n) if i == axis else sparse.eye_array(n) for i, n in enumerate(counts)
        ]
        term = factors[0]
        for factor in factors[1:]:
            term = sparse.kron(term, factor)
        total = term if total is None else total + term
    return total.tocsr()


def graph(rng, count=60):
    """The Laplacian of a random graph, with a little of the identity."""
    weights = sparse.csr_array(np.where(rng.random((count, count)) < 0.1, 1.0, 0.0))
    return (csgraph.laplacian(weights + weights.T) + 0.01 * sparse.eye_array(count)).tocsr()


SYSTEMS = {
    "poisson 2-D": lambda rng: poisson(12, 9),
    "poisson 3-D": lambda rng: poisson(5, 4, 6),
    "graph": graph,
    "clustered": lambda rng: with_spectrum(rng, np.repeat([1.0, 10.0, 1e3, 1e4], 10)),
    "spread": lambda rng: with_spectrum(rng, np.geomspace(1, 1e3, 40)),
}


@pytest.fixture
def ctx(ops):
    """A context in double precision, which is not every library's default."""
    return sc.Context(ops, "float64")


@pytest.fixture
def systems():
    """The systems by name, each a function of a generator of random numbers."""
    return SYSTEMS


@pytest.fixture(params=SYSTEMS)
def matrix(request, rng):
    return SYSTEMS[request.param](rng)


@pytest.fixture
def make():
    """Make the operator of a NumPy or SciPy matrix; on a space with weights if they are given."""

    def make(ctx, matrix, weights=None):
        geometry = None if weights is None else sc.WeightedInnerProduct(ctx.asarray(weights))
        space = sc.DenseVectorSpace(matrix.shape[0], ctx, geometry)
        if sparse.issparse(matrix):
            return sc.SparseLinOp(ctx.assparse(matrix), space, space)
        return sc.DenseLinOp(ctx.asarray(matrix), space, space)

    return make
