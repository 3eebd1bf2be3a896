"""Devices by name: one spelling each, arrays made there, and what is said of missing ones."""

from __future__ import annotations

import pytest

import spacecore as sc

torch = pytest.importorskip("torch")
pytest.importorskip("spacecore_torch")

META = torch.device("meta")


@pytest.fixture
def default_meta():
    torch.set_default_device("meta")
    yield
    torch.set_default_device(None)


@pytest.mark.parametrize("device", ["cpu", "cpu:0", torch.device("cpu"), torch.device("cpu", 0)])
def test_the_host_has_one_spelling(device):
    ops = sc.TorchOps(device=device)
    assert ops == sc.TorchOps(device="cpu")
    assert ops.device == torch.device("cpu")
    assert (ops.name, ops.device_name) == ("torch:cpu", "cpu")


def test_a_name_with_a_device_resolves_to_it():
    ops = sc.Context("torch:meta").ops
    assert ops == sc.TorchOps(device="meta")
    assert sc.Context(ops.name).ops is ops


@pytest.mark.parametrize("device", ["frog", "cuda:99", "cpu:x", 1.5])
def test_a_missing_device_is_refused_with_the_ones_there(device):
    with pytest.raises(sc.errors.BackendUnavailableError, match="There are: cpu") as caught:
        sc.TorchOps(device=device)
    assert "meta" in str(caught.value)
    assert str(device) in str(caught.value)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_is_cuda_0():
    assert sc.TorchOps(device="cuda") == sc.TorchOps(device="cuda:0")
    assert sc.TorchOps(device="cuda").name == "torch:cuda:0"


def test_arrays_are_made_on_the_named_device():
    ops = sc.TorchOps(device="meta")
    host = torch.ones(3)
    key = ops.random_key(0)
    made = [
        *(ops.zeros(3), ops.ones((2,)), ops.empty(1), ops.full(2, 1.0), ops.eye(2, k=1)),
        *(ops.arange(3), ops.linspace(0, 1, 3), ops.asarray([1.0]), ops.asarray(host)),
        *(ops.asarray(2.0), ops.fft.fftfreq(4), ops.fft.rfftfreq(4)),
        *(ops.random_normal(key, (2,)), ops.random_uniform(key, (2,), low=1.0, high=2.0)),
        *(ops.random_integers(key, (2,), high=3), ops.random_rademacher(key, (2,))),
    ]
    assert {x.device for x in made} == {META}
    assert ops.__array_namespace_info__().default_device() == META


def test_an_explicit_device_wins_over_the_named_one():
    assert sc.TorchOps(device="meta").zeros(2, device="cpu").device.type == "cpu"


@pytest.mark.usefixtures("default_meta")
def test_torchs_default_device_is_honoured_where_none_is_named():
    ops = sc.TorchOps()
    key = ops.random_key(0)
    made = [ops.zeros(2), ops.asarray([1.0]), ops.asarray(1.0), ops.random_normal(key, (2,))]
    assert {x.device for x in made} == {META}
    host = torch.ones(2, device="cpu")
    assert ops.asarray(host) is host


def test_a_dtype_default_that_changes_is_asked_for_each_time():
    ops = sc.TorchOps()
    torch.set_default_dtype(torch.float64)
    try:
        assert ops.sanitize_dtype(None) is torch.float64
        assert ops.random_normal(ops.random_key(0)).dtype is torch.float64
    finally:
        torch.set_default_dtype(torch.float32)
    assert sc.Context("torch").dtype is torch.float32


def test_a_context_moves_what_it_is_given():
    ctx = sc.Context("torch:meta")
    assert ctx.asarray(torch.ones(2)).device == META
    assert ctx.asarray([1.0, 2.0]).device == META
