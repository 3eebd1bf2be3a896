"""Derivatives with Torch's own machinery, `vmap`, and what tracing sees."""

from __future__ import annotations

import os
import shutil

import numpy as np
import pytest

import spacecore as sc

torch = pytest.importorskip("torch")
pytest.importorskip("spacecore_torch")

ops = sc.TorchOps()


@pytest.fixture
def matrix(rng):
    return torch.from_numpy(rng.standard_normal((3, 2)) + 1j * rng.standard_normal((3, 2)))


def test_the_gradient_of_a_complex_argument_is_torchs(matrix):
    def loss(z):
        return ops.sum(ops.abs(matrix @ z) ** 2)

    z = torch.tensor([1 + 2j, -1j], dtype=torch.complex128)
    leaf = z.clone().requires_grad_()
    loss(leaf).backward()
    gradient = ops.grad(loss)(z)
    assert torch.allclose(gradient, leaf.grad)
    h = torch.tensor([0.5j, 2.0], dtype=torch.complex128)
    slope = (loss(z + 1e-6 * h) - loss(z - 1e-6 * h)) / 2e-6
    assert torch.isclose(slope, ops.vdot(gradient, h).real, rtol=1e-6)


def test_vjp_is_the_adjoint_and_linear_transpose_the_transpose(matrix):
    v = torch.tensor([1.0, 1j, 2 - 1j], dtype=torch.complex128)
    x = torch.zeros(2, dtype=torch.complex128)
    value, pull = ops.vjp(lambda x: matrix @ x, x)
    assert torch.equal(value, matrix @ x)
    assert torch.allclose(pull(v)[0], matrix.mH @ v)
    (transposed,) = ops.linear_transpose(lambda x: matrix @ x, x)(v)
    assert torch.allclose(transposed, matrix.mT @ v)
    assert not transposed.is_conj()


def test_auxiliary_values_may_be_anything():
    def loss(x):
        return ops.sum(x**2), {"name": "loss", "twice": 2 * x, "count": 3, "none": None}

    x = torch.tensor([1.0, 2.0])
    (value, aux), gradient = ops.value_and_grad(loss, has_aux=True)(x)
    assert (value.item(), gradient.tolist()) == (5, [2, 4])
    assert aux["name"] == "loss"
    assert (aux["count"], aux["none"]) == (3, None)
    assert aux["twice"].tolist() == [2, 4]
    assert not ops.is_traced(aux["twice"])
    gradient, aux = ops.grad(loss, has_aux=True)(x)
    assert aux["twice"].tolist() == [2, 4]


def test_argnums_may_be_a_list_of_trees():
    def loss(tree, y):
        return ops.sum(tree["a"] * y)

    x, y = torch.ones(2), torch.tensor([2.0, 3.0])
    by_tree, by_array = ops.grad(loss, argnums=[0, -1])({"a": x}, y)
    assert by_tree["a"].tolist() == [2, 3]
    assert by_array.tolist() == [1, 1]


def test_an_argument_is_differentiated_once():
    with pytest.raises(ValueError, match="names an argument once"):
        ops.grad(lambda x, y: ops.sum(x * y), argnums=(0, -2))(torch.ones(2), torch.ones(2))


def test_backward_goes_through_wrapped_functions():
    x = torch.tensor([[2.0, 1.0], [1.0, 3.0]], requires_grad=True)
    parts = [
        *(ops.sum(x, axis=()), ops.prod(x, axis=(0, 1)), ops.max(x), ops.sort(x, axis=0)),
        *(ops.clip(x, 0, 2), ops.take(x, torch.tensor([-1]), axis=0), ops.var(x)),
        *(ops.cumulative_sum(x, axis=0, include_initial=True), ops.concat([x, x], axis=None)),
        *(ops.index_add(x, (0, slice(None)), 1.0), ops.linalg.trace(x), ops.where(x > 1, x, 0)),
    ]
    flat = ops.sign(x)
    for part in parts:
        (slope,) = torch.autograd.grad(part.sum(), x)
        assert slope.isfinite().all()
        assert (slope != 0).any()
    assert (torch.autograd.grad(flat.sum(), x)[0] == 0).all()


@pytest.mark.filterwarnings("error")
def test_forward_mode_makes_no_warning(run_python):
    code = """
import torch, spacecore as sc
print(sc.TorchOps().jvp(torch.sin, [torch.zeros(1)], [torch.ones(1)])[1].item())
"""
    assert run_python(code) == "1.0"


def test_vmap_takes_lists_trees_and_results_that_are_no_arrays():
    x, y = torch.arange(6.0).reshape(3, 2), torch.ones(2)
    assert ops.vmap(lambda a, b: a @ b, in_axes=[0, None])(x, y).tolist() == [1, 5, 9]
    mapped = ops.vmap(lambda t: {"same": t["a"], "one": 1}, in_axes=({"a": 1},))
    assert mapped({"a": x})["same"].shape == (2, 3)
    assert mapped({"a": x})["one"].tolist() == [1, 1]
    assert ops.vmap(torch.sin)(torch.ones(0, 3)).shape == (0, 3)


def test_errors_name_the_function():
    with pytest.raises(ValueError, match=r"vmap\(fn, in_dims=\(0,\)"):
        ops.vmap(torch.sin)(torch.tensor(1.0))


MAPPED = {
    "isclose": lambda x: ops.isclose(x, x[:1]),
    "column_stack": lambda x: ops.column_stack([x[:, 0], x]),
    "moveaxis": lambda x: ops.moveaxis(x, 0, 1),
    "searchsorted": lambda x: ops.searchsorted(x[0], x[:, 1]),
    "take_along_axis": lambda x: ops.take_along_axis(x, ops.argsort(x, axis=0), axis=0),
}


@pytest.mark.parametrize("name", MAPPED)
@pytest.mark.filterwarnings("error")
def test_vmap_maps_what_torch_has_no_rule_for(name):
    function = MAPPED[name]
    x = torch.arange(24.0).reshape(2, 3, 4)
    assert torch.equal(ops.vmap(function)(x), torch.stack([function(row) for row in x]))


def test_floor_division_has_a_derivative():
    assert ops.grad(lambda x: ops.floor_divide(x, 2) + x)(torch.tensor(5.0)) == 1


def test_vmap_draws_the_same_numbers_in_each_slice():
    key = ops.random_key(0)
    drawn = ops.vmap(lambda x: x + ops.random_normal(key, (2,)))(torch.zeros(3))
    assert torch.equal(drawn, ops.random_normal(key, (2,)).expand(3, 2))


def test_cond_in_vmap_chooses_for_each_slice():
    def positive_part(x):
        return ops.cond(x > 0, lambda x: (x, 1.0 * x), lambda x: (0 * x, -x), x)

    first, second = ops.vmap(positive_part)(torch.tensor([-2.0, 3.0]))
    assert (first.tolist(), second.tolist()) == ([0, 3], [2, 3])
    assert ops.cond(torch.tensor(True), lambda: 1, lambda: 2) == 1


def test_updates_in_vmap_may_map_any_operand():
    x = torch.zeros(3)
    values, places = torch.tensor([1.0, 2.0]), torch.tensor([0, 2])
    added = ops.vmap(lambda v, i: ops.index_add(x, i, v))(values, places)
    assert added.tolist() == [[1, 0, 0], [0, 0, 2]]
    written = ops.vmap(lambda v: ops.index_set(x, slice(0, 2), v))(values)
    assert written.tolist() == [[1, 1, 0], [2, 2, 0]]
    twice = ops.vmap(lambda v: ops.index_add(x, torch.tensor([1, 1]), v))(values)
    assert twice.tolist() == [[0, 2, 0], [0, 4, 0]]


def test_what_transforms_map_or_differentiate_is_traced():
    seen = []

    def look(x):
        seen.append(ops.is_traced(x))
        return x.sum()

    x = torch.ones(2, 2)
    ops.vmap(look)(x)
    ops.grad(look)(x)
    ops.vjp(look, x)
    ops.jvp(look, (x,), (x,))
    assert seen == [True] * 4
    assert not ops.is_traced(x)
    assert not ops.is_traced(x.clone().requires_grad_())
    assert ops.is_traced(torch.ones(2, device="meta"))
    assert not ops.is_traced(np.ones(2))


def test_fake_tensors_are_traced():
    from torch._subclasses.fake_tensor import FakeTensorMode

    with FakeTensorMode():
        assert ops.is_traced(torch.ones(2))


def test_allclose_is_an_array_where_traced():
    assert ops.allclose(torch.ones(2), 1.0) is True
    x = torch.tensor([[1.0, 1.0], [1.0, 2.0]])
    assert ops.vmap(lambda row: ops.allclose(row, torch.ones(2)))(x).tolist() == [True, False]


def test_spaces_are_trees_that_transforms_take_apart():
    ctx = sc.Context(ops, dtype="float64")
    x = ctx.ones(2)
    space = sc.DenseCoordinateSpace((2,), ctx, geometry=sc.WeightedInnerProduct(2 * x))
    gradient = ops.grad(lambda space: space.inner(x, x))(space)
    assert gradient.geometry.weights.tolist() == [1, 1]


def test_jit_is_the_function_itself():
    def function(x):
        return x

    assert ops.jit(function) is function


needs_a_compiler = pytest.mark.skipif(
    shutil.which(os.environ.get("CXX", "g++")) is None, reason="torch.compile needs a compiler"
)


@needs_a_compiler
def test_jit_compiles_where_asked(run_python):
    code = """
import torch, spacecore as sc
ops, seen = sc.TorchOps(compile=True), []
def loss(x):
    seen.append(ops.is_traced(x))
    return ops.sum(ops.exp(x) * 2)
f = ops.jit(loss)
x = torch.zeros(3)
print(f(x).item(), ops.grad(f)(x).tolist(), seen[0], ops.supports("jit"))
"""
    assert run_python(code) == "6.0 [2.0, 2.0, 2.0] True True"


@needs_a_compiler
def test_compiled_code_is_forgotten(run_python):
    code = """
import torch, spacecore as sc
ops = sc.TorchOps(compile=True)
ops.forget_compiled()
f = ops.jit(lambda x: 2 * x)
x = torch.ones(3)
f(x)
with torch.compiler.set_stance("fail_on_recompile"):
    sc.TorchOps().forget_compiled()
    print(f(x).tolist())
    ops.forget_compiled()
    try:
        f(x)
    except RuntimeError:
        print("forgotten")
print(f(x).tolist())
"""
    assert run_python(code).split("\n") == ["[2.0, 2.0, 2.0]", "forgotten", "[2.0, 2.0, 2.0]"]


@needs_a_compiler
def test_compiled_code_comes_to_the_same_numbers(run_python):
    """By what is wrapped: the compiler sees through it to Torch's functions."""
    code = """
import torch, spacecore as sc
ops = sc.TorchOps(compile=True)
matrix = torch.eye(4, dtype=torch.float64) * 2 + 0.1
index = torch.tensor([0, -1, 2, 0])
def loss(x, n):
    y = ops.clip(x, 0, 1) * ops.sign(x) + ops.where(x > 0.5, x, 0.0)
    y = ops.index_add(y, index, 1.0) + ops.take(x, index) + ops.eps(x.dtype) + 2 * x ** n
    return ops.sum(ops.solve(matrix, y)) * ops.std(y) + ops.logsumexp(ops.add(1.0, y))
x = torch.linspace(-0.5, 1.5, 4, dtype=torch.float64)
f = ops.jit(loss, static_argnames="n")
for n in (2, 3):
    slopes = []
    for each in (f, loss):
        leaf = x.clone().requires_grad_()
        each(leaf, n).backward()
        slopes.append(leaf.grad)
    torch.testing.assert_close(f(x, n), loss(x, n))
    torch.testing.assert_close(*slopes)
print("same")
"""
    assert run_python(code) == "same"
