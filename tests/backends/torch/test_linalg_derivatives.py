"""Derivatives of what forward mode gives, where Torch's own of LU are wrong."""

from __future__ import annotations

import pytest
import torch
from torch.autograd import forward_ad
from torch.func import grad, jacfwd, jacrev, jvp, vmap

import spacecore as sc

ops = sc.TorchOps()
N = 3


@pytest.fixture
def numbers(seed):
    torch.manual_seed(seed % 2**31)
    A, dA, b, db = (torch.randn(*s, dtype=torch.float64) for s in ((N, N), (N, N), (N,), (N,)))
    return A + 4 * torch.eye(N, dtype=torch.float64), dA, b, db


def size(x):
    return x.square().sum()


def by_matrix(A, dA, b, db):
    return jvp(lambda A: ops.solve(A, b), (A,), (dA,))[1]


def by_vector(A, dA, b, db):
    return jvp(lambda b: ops.linalg.solve(A, b), (b,), (db,))[1]


def by_both(A, dA, b, db):
    columns = torch.stack([b, 2 * db], -1)
    return jvp(ops.solve, (A, columns), (dA, torch.stack([db, b], -1)))[1]


def of_determinant(A, dA, b, db):
    return jvp(ops.linalg.det, (A,), (dA,))[1]


def of_logarithm(A, dA, b, db):
    # The sign is a constant; minus it, of the negative determinant, is another.
    return jvp(lambda A: ops.linalg.slogdet(-A).logabsdet, (A,), (dA,))[1]


TANGENTS = {
    # Each with its value by functions whose derivatives Torch has right.
    by_matrix: lambda A, dA, b, db: -inverse(A) @ dA @ inverse(A) @ b,
    by_vector: lambda A, dA, b, db: inverse(A) @ db,
    by_both: lambda A, dA, b, db: (
        inverse(A) @ (torch.stack([db, b], -1) - dA @ inverse(A) @ torch.stack([b, 2 * db], -1))
    ),
    of_determinant: lambda A, dA, b, db: determinant(A) * torch.trace(inverse(A) @ dA),
    of_logarithm: lambda A, dA, b, db: torch.trace(inverse(A) @ dA),
}
inverse = torch.linalg.inv


def determinant(A):
    return torch.dot(A[0], torch.linalg.cross(A[1], A[2]))


DERIVATIVES = {
    "grad": grad,
    "jacfwd": jacfwd,
    "jacrev": jacrev,
    "vmap of grad": lambda f: lambda A: vmap(grad(f))(torch.stack([A, A]))[1],
    "backward": lambda f: lambda A: torch.autograd.functional.jacobian(f, A),
}


@pytest.mark.parametrize("derive", DERIVATIVES.values(), ids=DERIVATIVES)
@pytest.mark.parametrize("tangent", TANGENTS, ids=lambda f: f.__name__)
def test_derivatives_of_a_jvp_by_the_matrix(numbers, tangent, derive):
    A, *others = numbers
    found = derive(lambda A: size(tangent(A, *others)))(A)
    expected = grad(lambda A: size(TANGENTS[tangent](A, *others)))(A)
    torch.testing.assert_close(found, expected)


def test_reverse_over_dual_numbers(numbers):
    A, dA, b, db = numbers
    A.requires_grad_()
    with forward_ad.dual_level():
        x = ops.solve(forward_ad.make_dual(A, dA), forward_ad.make_dual(b, db))
        (found,) = torch.autograd.grad(size(forward_ad.unpack_dual(x).tangent), A)
    expected = grad(lambda A: size(inverse(A) @ (db - dA @ inverse(A) @ b)))(A.detach())
    torch.testing.assert_close(found, expected)


def test_a_third_derivative(numbers):
    A, dA, b, _ = numbers

    def third(solve):
        f = lambda A: size(solve(A, b))  # noqa: E731
        for _ in range(2):
            f = lambda A, f=f: jvp(f, (A,), (dA,))[1]  # noqa: E731
        return grad(f)(A)

    torch.testing.assert_close(third(ops.solve), third(lambda A, b: inverse(A) @ b))


def test_a_solution_inside_forward_mode_is_as_accurate(numbers):
    """By an inverse alone, the residual would grow with the condition, here 10¹⁰."""
    _, dA, b, db = numbers
    U, _ = torch.linalg.qr(dA)
    A = U @ torch.diag(torch.logspace(0, -10, N, dtype=torch.float64))
    kept = []
    grad(lambda A: jvp(lambda b: _kept(ops.solve(A, b), kept), (b,), (db,))[1].sum())(A)
    (x,) = kept
    assert torch.linalg.norm(A @ x - b) <= 1e-14 * torch.linalg.norm(A, 2) * torch.linalg.norm(x)


def _kept(x, into):
    value = x
    while torch._C._functorch.is_functorch_wrapped_tensor(value):
        value = torch._C._functorch.get_unwrapped(value)
    into.append(value.detach())
    return x


def test_ordinary_calls_are_torchs_own(numbers):
    A, _, b, _ = numbers
    assert torch.equal(ops.solve(A, b), torch.linalg.solve(A, b))
    assert type(ops.linalg.slogdet(A)) is type(torch.linalg.slogdet(A))
    hessian = jacfwd(jacrev(lambda A: size(ops.solve(A, b))))(A)
    torch.testing.assert_close(hessian, jacrev(jacrev(lambda A: size(inverse(A) @ b)))(A))
