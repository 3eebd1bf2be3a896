"""Random numbers: a fixed stream for each key, half-open intervals, the scale of complex ones."""

from __future__ import annotations

import pickle
import threading
from concurrent.futures import ThreadPoolExecutor

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


def test_draws_of_two_keys_in_turn_are_those_of_each_alone():
    """The generator is shared by all keys of a thread."""
    keys = ops.random_split(ops.random_key(5))
    alone = [[ops.random_normal(key, (3,)) for _ in range(2)] for key in keys]
    in_turn = [[ops.random_normal(key, (3,)) for key in keys] for _ in range(2)]
    assert all(torch.equal(alone[i][j], in_turn[j][i]) for i in range(2) for j in range(2))


def test_threads_do_not_disturb_each_other():
    keys = ops.random_split(ops.random_key(6), 8)
    expected = [ops.random_uniform(key, (10_000,)) for key in keys]
    start = threading.Barrier(len(keys))

    def draw(key):
        start.wait()
        return [ops.random_uniform(key, (10_000,)) for _ in range(20)]

    with ThreadPoolExecutor(len(keys)) as pool:
        for found, right in zip(pool.map(draw, keys), expected, strict=True):
            assert all(torch.equal(each, right) for each in found)


def test_draws_follow_the_default_device():
    key = ops.random_key(0)
    with torch.device("meta"):
        assert ops.random_normal(key, (2,)).is_meta
    assert not ops.random_normal(key, (2,)).is_meta
    assert sc.TorchOps("meta").random_uniform(key, (2,)).is_meta


@pytest.mark.filterwarnings("ignore:Dynamo does not know how to trace")
def test_a_compiled_function_draws_the_same_numbers():
    key = ops.random_key(9)
    compiled = torch.compile(lambda x: x + ops.random_normal(key, (4,)), backend="eager")
    assert torch.equal(compiled(torch.zeros(4)), ops.random_normal(key, (4,)))


def test_a_used_key_is_the_same_key():
    used, fresh = ops.random_key(3), ops.random_key(3)
    ops.random_normal(used, (2,))
    assert used == fresh
    assert hash(used) == hash(fresh)
    assert pickle.loads(pickle.dumps(used)) == fresh
