"""What passes for an element of a space: dense tensors of Torch, parameters, mapped ones."""

from __future__ import annotations

import pytest

import spacecore as sc

torch = pytest.importorskip("torch")
pytest.importorskip("spacecore_torch")

ops = sc.TorchOps()


def refuse(x):
    raise TypeError(type(x).__name__)


@pytest.fixture
def space():
    return sc.DenseCoordinateSpace((2,), sc.Context(ops, dtype="float32"))


def test_dense_tensors_pass_the_fast_test():
    ops.member_test((2,), torch.float32, refuse)(torch.ones(2))


@pytest.mark.parametrize(
    "x",
    [
        *(torch.ones(3), torch.ones(2, dtype=torch.float64), torch.ones(2).to_sparse(), [1.0, 1.0]),
        torch.ones(1, 2)[0].to_sparse_coo(),
    ],
    ids=["shape", "dtype", "sparse", "list", "coo"],
)
def test_others_do_not(x, space):
    with pytest.raises(TypeError):
        ops.member_test((2,), torch.float32, refuse)(x)
    with pytest.raises(sc.SpaceValidationError):
        space.check_member(x)


def test_the_device_counts_where_the_ops_names_one():
    x = torch.ones(2)
    sc.TorchOps(device="cpu").member_test((2,), torch.float32, refuse)(x)
    with pytest.raises(TypeError):
        sc.TorchOps(device="meta").member_test((2,), torch.float32, refuse)(x)
    ops.member_test((2,), torch.float32, refuse)(x.to("meta"))


def test_parameters_and_mapped_tensors_are_elements(space):
    space.check_member(torch.nn.Parameter(torch.ones(2)))
    space.check_member(torch.ones(2, requires_grad=True))

    def norm(x):
        space.check_member(x)
        return space.norm(x)

    assert ops.vmap(norm)(torch.tensor([[3.0, 4.0], [0.0, 1.0]])).tolist() == [5, 1]
    assert ops.grad(norm)(torch.tensor([3.0, 4.0])).tolist() == pytest.approx([0.6, 0.8])
