"""Solves under Torch's own derivatives: autograd, forward mode, sparse values, refusals."""

from __future__ import annotations

import shutil

import pytest
import torch
from torch.autograd import forward_ad

import spacecore as sc

CTX = sc.Context("torch", "float64", check_level="cheap")
X = sc.DenseVectorSpace(6, CTX)


@pytest.fixture
def system(seed):
    torch.manual_seed(seed % 2**31)
    S = torch.randn(6, 6, dtype=torch.float64)
    return S @ S.T + 3 * torch.eye(6, dtype=torch.float64), torch.randn(6, dtype=torch.float64)


def solve(S, b, **options):
    return sc.cg(sc.DenseLinOp(S, X), b, tol=1e-13, **options).x


def by_inverse(S, b):
    return torch.linalg.inv(S) @ b


def test_backward_and_double_backward(system):
    assert torch.autograd.gradcheck(
        lambda S, b: solve((S + S.T) / 2, b), [x.clone().requires_grad_() for x in system]
    )
    assert torch.autograd.gradgradcheck(
        lambda S, b: solve((S + S.T) / 2, b), [x.clone().requires_grad_() for x in system]
    )


def test_results_beside_the_solution_have_no_gradient(system):
    S, b = system
    result = sc.cg(sc.DenseLinOp(S, X), b.clone().requires_grad_(), tol=1e-13, history=True)
    assert result.x.requires_grad
    assert result.status is sc.SolveStatus.CONVERGED
    assert isinstance(result.residual_norm, float)
    assert not result.history.requires_grad


def test_plain_tensors_are_solved_in_place_and_give_python_numbers(system):
    S, b = system
    with torch.no_grad():
        result = sc.cg(sc.DenseLinOp(S.clone().requires_grad_(), X), b)
    assert isinstance(result.num_iters, int)
    assert not result.x.requires_grad


@pytest.mark.parametrize("size", [6, 10**4])
@pytest.mark.parametrize("of_b", [False, True])
@pytest.mark.parametrize("of_field", [False, True])
def test_a_tensor_that_only_a_function_knows_is_refused(size, of_b, of_field):
    """Its gradient would be missing, and nobody would say so."""
    weight = torch.full((size,), 2.0, dtype=torch.float64, requires_grad=True)
    Y = sc.DenseVectorSpace(size, CTX)
    A = sc.MatrixFreeLinOp(lambda x: weight * x, lambda x: weight * x, Y, Y)
    if of_field:
        A = A + sc.DiagonalLinOp((3 * weight).detach().requires_grad_(), Y)
    b = torch.ones(size, dtype=torch.float64, requires_grad=of_b)
    with pytest.raises(sc.UnsupportedOperationError, match="closes over a tensor"):
        sc.cg(A, b)
    with torch.no_grad():
        assert sc.cg(A, b).converged


@pytest.mark.parametrize("of_b", [False, True])
def test_a_hidden_tensor_is_refused_where_the_start_is_the_solution(of_b):
    weight = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    A = sc.MatrixFreeLinOp(lambda x: weight * x, lambda x: weight * x, X, X)
    bs = torch.ones(3, 6, dtype=torch.float64, requires_grad=of_b)
    for options in ({}, {"maxiter": 0}):
        with pytest.raises(sc.UnsupportedOperationError, match="closes over a tensor"):
            sc.cg(A, bs, x0=bs.detach() / 2, **options)


def test_a_hidden_tensor_is_no_matter_where_nobody_asks_for_its_gradient(system):
    S, b = system
    weight = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    A = sc.MatrixFreeLinOp(lambda x: weight * x, lambda x: weight * x, X, X)
    with torch.no_grad():
        slope = torch.func.grad(lambda b: sc.cg(A, b).x.sum())(b)
    assert torch.allclose(slope, torch.full_like(b, 0.5))
    # A preconditioner has no influence on derivatives, and so may hold what it likes.
    x = sc.cg(sc.DenseLinOp(S, X), b.clone().requires_grad_(), preconditioner=A).x
    assert x.requires_grad


TRANSFORMS = {
    "grad": torch.func.grad,
    "jacrev": torch.func.jacrev,
    "jvp": lambda f: lambda t: torch.func.jvp(f, (t,), (torch.ones_like(t),)),
    "vmap": lambda f: lambda t: torch.func.vmap(f)(t.expand(3)),
    "vmap of grad": lambda f: lambda t: torch.func.vmap(torch.func.grad(f))(t.expand(3)),
    "grad of vmap": lambda f: torch.func.grad(lambda t: torch.func.vmap(f)(t.expand(3)).sum()),
    "jvp of grad": lambda f: (
        lambda t: torch.func.jvp(torch.func.grad(f), (t,), (torch.ones_like(t),))
    ),
}


@pytest.mark.parametrize("transform", TRANSFORMS.values(), ids=TRANSFORMS)
@pytest.mark.parametrize("made_inside", [False, True])
def test_a_tensor_that_only_a_function_knows_is_refused_in_transforms(transform, made_inside):
    outside = X.ones()
    two = torch.tensor(2.0, dtype=torch.float64)

    def of_closure(weight):
        A = sc.MatrixFreeLinOp(lambda x: weight * x, lambda x: weight * x, X, X)
        return sc.cg(A, X.ones() if made_inside else outside).x.sum()

    def of_field(weight):
        A = weight * sc.MatrixFreeLinOp(lambda x: two * x, lambda x: two * x, X, X)
        return sc.cg(A, X.ones() if made_inside else outside).x.sum()

    with pytest.raises(sc.UnsupportedOperationError, match="closes over a tensor"):
        transform(of_closure)(two)
    transform(of_field)(two)  # a closure over what does not vary is fine


def test_a_field_that_comes_from_other_tensors_is_known(system):
    S, b = system
    root = torch.linalg.cholesky(S).requires_grad_()
    slope, expected = (
        torch.autograd.grad(f(root @ root.T, b).square().sum(), root)[0]
        for f in (solve, by_inverse)
    )
    assert torch.allclose(slope, expected)


@pytest.mark.parametrize("format", ["csr", "csc", "coo"])
def test_gradient_by_the_values_of_a_sparse_matrix(system, format):
    S, b = system
    S = torch.where(S.abs() > 0.5, S, 0.0) + 20 * torch.eye(6, dtype=torch.float64)
    leaf = S.clone().requires_grad_()
    by_inverse(leaf, b).square().sum().backward()
    A = CTX.assparse(S, format=format).requires_grad_()
    x = sc.cg(sc.SparseLinOp(A, X), b, tol=1e-13).x
    (slope,) = torch.autograd.grad(x.square().sum(), A)
    assert torch.allclose(slope.to_dense(), torch.where(S == 0, 0.0, leaf.grad))


def test_second_derivatives_by_sparse_values_are_refused(system):
    """Torch's own functions of sparse tensors forget what a gradient depends on."""
    S, b = system
    matrix = S.abs() + 20 * torch.eye(6, dtype=torch.float64)
    leaf = CTX.assparse(matrix, format="csr").requires_grad_()
    rhs = b.clone().requires_grad_()
    loss = sc.cg(sc.SparseLinOp(leaf, X), rhs, tol=1e-13).x.square().sum()
    with pytest.raises(sc.UnsupportedOperationError, match="values of a sparse matrix again"):
        torch.autograd.grad(loss, leaf, create_graph=True, retain_graph=True)
    (by_b,) = torch.autograd.grad(loss, rhs, create_graph=True)
    (mixed,) = torch.autograd.grad(by_b.sum(), leaf)
    dense = leaf.detach().to_dense().requires_grad_()
    (by_b,) = torch.autograd.grad(by_inverse(dense, rhs).square().sum(), rhs, create_graph=True)
    assert torch.allclose(mixed.to_dense(), torch.autograd.grad(by_b.sum(), dense)[0])


@pytest.mark.parametrize("given", ["x0", "preconditioner", "tol"])
def test_what_only_helps_has_no_gradient(system, given):
    S, b = system
    rhs = b.clone().requires_grad_()
    help_ = torch.full((), 1e-12, dtype=torch.float64) if given == "tol" else torch.ones_like(b)
    help_ = help_.requires_grad_()
    made = sc.DiagonalLinOp(help_, X) if given == "preconditioner" else help_
    x = sc.cg(sc.DenseLinOp(S, X), rhs, **{"tol": 1e-12, given: made}).x
    by_b, by_help = torch.autograd.grad(x.sum(), (rhs, help_))
    assert torch.allclose(by_b, by_inverse(S, torch.ones_like(b)))
    assert not by_help.any()


def test_starts_and_tolerances_are_mapped_with_gradients(system):
    S, b = system
    bs, slope = torch.stack([b, 2 * b, 3 * b]), by_inverse(S, torch.ones_like(b))
    tols = torch.full((3,), 1e-13, dtype=torch.float64)

    def of_start(b, x0):
        return solve(S, b, x0=x0).sum()

    def of_tolerance(b, atol):
        return solve(S, b, atol=atol).sum()

    for f, others in ((of_start, -bs), (of_tolerance, tols)):
        assert torch.allclose(torch.func.vmap(torch.func.grad(f))(bs, others), slope.expand(3, 6))


def test_what_was_changed_since_is_not_differentiated(system):
    S, b = system
    kept = S.clone()
    x = sc.cg(sc.DenseLinOp(kept, X), b.clone().requires_grad_(), tol=1e-12).x
    kept.mul_(2)
    with pytest.raises(RuntimeError, match=r"of which a tensor of shape \(6, 6\) was changed"):
        x.sum().backward()


def test_tolerances_are_mapped_with_their_slices(system):
    S, b = system
    A, bs = sc.DenseLinOp(S, X), torch.stack([b, 2 * b, 3 * b])
    tols = torch.tensor([1e-1, 1e-6, 1e-12], dtype=torch.float64)
    targets = CTX.ops.vmap(lambda tol: sc.cg(A, bs, tol=tol).target)(tols)
    assert torch.allclose(targets, tols[:, None] * torch.linalg.vector_norm(bs, dim=1))
    of_pairs = CTX.ops.vmap(lambda b, tol: sc.cg(A, b, tol=tol).target)(bs, tols)
    assert torch.allclose(of_pairs, tols * torch.linalg.vector_norm(bs, dim=1))


def test_gradients_do_not_end_with_the_steps_of_the_solve(system):
    """A solve that began at its solution took none, and its derivative's begins at zero."""
    S, b = system
    rhs = b.clone().requires_grad_()
    result = sc.cg(sc.DenseLinOp(S, X), rhs, x0=by_inverse(S, b), maxiter=1, tol=1e-10)
    (slope,) = torch.autograd.grad(result.x.sum(), rhs)
    assert torch.allclose(slope, by_inverse(S, torch.ones_like(b)))
    flat = torch.diag(torch.tensor([1.0, 2, 3, 4, 5, 0], dtype=torch.float64))
    rhs = torch.tensor([1.0, 1, 1, 1, 1, 0], dtype=torch.float64, requires_grad=True)
    result = sc.cg(sc.DenseLinOp(flat, X), rhs)
    assert result.converged
    (slope,) = torch.autograd.grad(result.x.sum(), rhs)
    assert slope.isnan().all()


def test_transforms_around_a_sparse_matrix(system):
    S, b = system
    A = sc.SparseLinOp(CTX.assparse(S), X)

    def f(b):
        return sc.cg(A, b, tol=1e-13).x.square().sum()

    def dense(b):
        return by_inverse(S, b).square().sum()

    for derive in (torch.func.grad, torch.func.hessian, torch.func.jacrev):
        assert torch.allclose(derive(f)(b), derive(dense)(b))
    bs = torch.stack([b, 2 * b])
    assert torch.allclose(torch.func.vmap(f)(bs), torch.func.vmap(dense)(bs))


def test_forward_mode_by_dual_numbers(system):
    S, b = system
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(S, S)
        found, expected = (forward_ad.unpack_dual(f(dual, b)).tangent for f in (solve, by_inverse))
    assert torch.allclose(found, expected)


def test_a_hidden_tensor_is_refused_in_forward_mode(system):
    S, b = system
    X = sc.DenseVectorSpace(len(b), sc.Context("torch", S.dtype))
    with forward_ad.dual_level():
        d = forward_ad.make_dual(b**2 + 1, b)
        A = sc.MatrixFreeLinOp(lambda x: d * x, lambda x: d * x, X, X)
        for rhs in (b, forward_ad.make_dual(b, b), torch.stack([b, b])):
            with pytest.raises(sc.UnsupportedOperationError, match="closes over a tensor"):
                sc.cg(A, rhs)


def test_nested_vmaps(system):
    S, b = system
    many = torch.stack([S, 2 * S, 3 * S]), torch.stack([b, 0 * b])
    nested = torch.func.vmap(torch.func.vmap(solve, (None, 0)), (0, None))(*many)
    expected = torch.func.vmap(torch.func.vmap(by_inverse, (None, 0)), (0, None))(*many)
    assert torch.allclose(nested, expected)


def test_a_callback_under_vmap_is_refused(system):
    S, b = system
    with pytest.raises(sc.UnsupportedOperationError, match="A callback and progress see values"):
        torch.func.vmap(lambda b: solve(S, b, callback=print))(torch.stack([b, b]))


def test_views_that_only_remember_a_sign_or_a_conjugation_are_read(system):
    S, b = system
    minus = torch.complex(b, b).conj().imag
    assert minus.is_neg()
    assert torch.allclose(solve(S, minus), -by_inverse(S, b))
    assert torch.allclose(solve(S, b, x0=minus), by_inverse(S, b))
    assert torch.equal(minus, -b)


def test_forward_over_reverse(system):
    S, b = system
    found, expected = (
        torch.func.hessian(lambda S, f=f: f(S, b).square().sum())(S) for f in (solve, by_inverse)
    )
    assert torch.allclose(found, expected)


def test_forward_over_forward_is_refused(system):
    S, b = system
    for f in (lambda S: solve(S, b), lambda S: sc.cg(sc.DenseLinOp(S, X), b[None]).x):
        with pytest.raises(sc.UnsupportedOperationError, match="forward mode by forward mode"):
            torch.func.jacfwd(torch.func.jacfwd(f))(S)


def test_reverse_over_dual_numbers_is_refused(system):
    S, b = system
    S = S.clone().requires_grad_()
    with forward_ad.dual_level():
        tangent = forward_ad.unpack_dual(solve(forward_ad.make_dual(S, S.detach()), b)).tangent
        with pytest.raises(sc.UnsupportedOperationError, match="forward mode by reverse mode"):
            torch.autograd.grad(tangent.sum(), S)


@pytest.mark.parametrize("with_gradient", [False, True])
def test_products_of_a_value_and_its_gradient(system, with_gradient):
    """Counted: a gradient costs one solve more, and nothing is kept of the steps."""
    S, b = system
    count = [0]

    def product(x):
        count[0] += 1
        return S @ x

    A = sc.MatrixFreeLinOp(product, product, X, X)
    sc.cg(A, b, tol=1e-10)
    forward, count[0] = count[0], 0
    leaf = b.clone().requires_grad_(with_gradient)
    x = sc.cg(A, leaf, tol=1e-10).x
    if with_gradient:
        x.square().sum().backward()
    assert count[0] <= (2.3 if with_gradient else 1) * forward


def test_memory_does_not_grow_with_the_steps():
    """Tensors that are kept for the gradient, counted."""
    n = 200
    Y = sc.DenseVectorSpace(n, CTX)
    diagonal = torch.logspace(0, 4, n, dtype=torch.float64)
    kept = []
    for steps in (2, 200):
        saved = []
        with torch.autograd.graph.saved_tensors_hooks(saved.append, lambda _: None):
            d = diagonal.clone().requires_grad_()
            sc.cg(sc.DiagonalLinOp(d, Y), torch.ones(n, dtype=torch.float64), maxiter=steps)
        kept.append(len(saved))
    assert 0 < kept[0] == kept[1] < 10


# What Torch's compiler warns of is its own code.
@pytest.mark.filterwarnings("ignore:.*grad attribute of a Tensor that is not a leaf:UserWarning")
@pytest.mark.filterwarnings("ignore:.*script_method.*:DeprecationWarning")
@pytest.mark.parametrize("compiler", ["eager", "inductor"])
def test_inside_compiled_functions(system, compiler):
    """The graph ends before the solve and goes on after it; numbers and gradients are the same."""
    if compiler == "inductor" and shutil.which("g++") is None:
        pytest.skip("Torch's compiler needs another")
    S, b = system
    leaf, rhs = S.clone().requires_grad_(), b.clone().requires_grad_()
    A = sc.DenseLinOp(leaf, X)

    def loss(b):
        return (2 * sc.cg(A, 3 * b, tol=1e-13).x).square().sum()

    torch.compiler.reset()
    compiled = torch.compile(loss, backend=compiler)
    expected = (6 * by_inverse(leaf, rhs)).square().sum()
    assert torch.allclose(compiled(b), expected)
    for found, slope in zip(
        torch.autograd.grad(compiled(rhs), (leaf, rhs)),
        torch.autograd.grad(expected, (leaf, rhs)),
        strict=True,
    ):
        assert torch.allclose(found, slope)


def test_a_batch_of_none_is_mapped():
    ctx = sc.Context("torch", "float64")
    X = sc.DenseVectorSpace(3, ctx)
    none = torch.ones(0, 3, dtype=torch.float64)
    solved = torch.func.vmap(lambda b: sc.cg(2 * sc.IdentityLinOp(X), b).x)(none)
    assert solved.shape == (0, 3)
