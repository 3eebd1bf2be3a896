"""Random numbers: a fixed stream for each key, half-open intervals, the scale of complex ones."""

from __future__ import annotations

import pytest

import spacecore as sc

torch = pytest.importorskip("torch")
pytest.importorskip("spacecore_torch")

ops = sc.TorchOps()


def test_a_draw_leaves_torchs_own_generator_alone():
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    ops.random_normal(ops.random_key(0), (100,))
    assert torch.equal(torch.rand(3), expected)


def test_the_same_key_gives_the_same_numbers():
    key = ops.random_key(7)
    assert torch.equal(ops.random_normal(key, (5,)), ops.random_normal(key, (5,)))
    first, second = ops.random_split(key)
    assert not torch.equal(ops.random_normal(first, (5,)), ops.random_normal(second, (5,)))


def test_complex_normal_numbers_have_unit_power():
    z = ops.random_normal(ops.random_key(0), (100_000,), torch.complex128)
    assert abs(float((z.abs() ** 2).mean()) - 1) < 0.02
    assert abs(float((z.real**2).mean()) - 0.5) < 0.02
    assert abs(complex((z * z).mean())) < 0.02


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (1000.0, 1000.5), (-3.0, -1.0)])
def test_uniform_numbers_stay_below_the_end(dtype, low, high):
    """In float16, one in two of `low + u * (high - low)` would round to 1000.5."""
    drawn = ops.random_uniform(ops.random_key(0), (50_000,), dtype, low=low, high=high)
    assert drawn.dtype is dtype
    assert low <= float(drawn.min()) <= float(drawn.max()) < high


def test_integers_and_signs():
    key = ops.random_key(3)
    drawn = ops.random_integers(key, (1000,), torch.uint8, low=250, high=256)
    assert drawn.unique().tolist() == list(range(250, 256))
    assert ops.random_integers(key, (2,), high=5).dtype is torch.int64
    signs = ops.random_rademacher(key, (1000,), torch.complex64)
    assert set(signs.tolist()) == {1, -1}
    assert ops.random_rademacher(key, ()).dtype is torch.float32
