"""Random keys and draws."""

from __future__ import annotations

import numpy as np
import pytest

import spacecore as sc

jax = pytest.importorskip("jax")
pytest.importorskip("spacecore_jax")

ops = sc.JaxOps()


def bits(key):
    return tuple(np.asarray(jax.random.key_data(key)).tolist())


def test_small_seeds_are_jaxs_own():
    for seed in (0, 7, 2**31, 2**32 - 1):
        assert bits(ops.random_key(seed)) == bits(jax.random.key(seed))


def test_every_bit_of_a_seed_counts_whatever_the_width():
    seeds = [5, 2**32 + 5, 2**40 + 5, 2**64 + 5, 2**70 + 5]
    wide = [bits(ops.random_key(seed)) for seed in seeds]
    assert len(set(wide)) == len(seeds)
    with jax.enable_x64(False):
        assert [bits(ops.random_key(seed)) for seed in seeds] == wide


@pytest.mark.parametrize("seed", [-1, True])
def test_odd_seeds_are_refused(seed):
    with pytest.raises(ValueError, match="non-negative integer"):
        ops.random_key(seed)
    with pytest.raises(TypeError):
        ops.random_key(1.5)


def test_keys_work_inside_compiled_functions():
    def draw(seed):
        one, two = ops.random_split(ops.random_key(seed))
        return ops.random_normal(one, (2,)) + ops.random_uniform(two, (2,))

    np.testing.assert_allclose(jax.jit(draw)(3), draw(3), rtol=1e-14)


def test_complex_normals_have_variance_one():
    z = ops.random_normal(ops.random_key(0), (20_000,), "complex128")
    np.testing.assert_allclose(float(ops.mean(ops.abs(z) ** 2)), 1.0, atol=0.03)
    np.testing.assert_allclose(float(ops.mean(ops.real(z) ** 2)), 0.5, atol=0.02)


@pytest.mark.parametrize("dtype", ["int8", "int64", "float16", "bfloat16", "float64", "complex64"])
def test_signs_come_in_any_numeric_dtype(dtype):
    signs = ops.random_rademacher(ops.random_key(0), (100,), dtype)
    assert ops.dtype_name(signs.dtype) == dtype
    assert set(np.asarray(ops.real(signs)).astype(float).tolist()) == {-1.0, 1.0}


def test_integers_reach_the_ends_of_their_dtype_and_not_beyond():
    drawn = ops.random_integers(ops.random_key(0), (4000,), "uint8", low=0, high=256)
    assert (int(ops.min(drawn)), int(ops.max(drawn))) == (0, 255)
    for wide in (True, False):
        with jax.enable_x64(wide):
            key = ops.random_key(0)
            drawn = ops.random_integers(key, (50,), "int32", low=-(2**31), high=2**31)
            assert int(ops.min(drawn)) < 0 < int(ops.max(drawn))
            top = ops.random_integers(key, (50,), "int32", low=2**31 - 2, high=2**31)
            assert set(np.asarray(top).tolist()) == {2**31 - 2, 2**31 - 1}
    for low, high, dtype in ((0, 257, "uint8"), (-1, 5, "uint8"), (3, 3, "int32")):
        with pytest.raises(ValueError, match="within"):
            ops.random_integers(ops.random_key(0), (2,), dtype, low=low, high=high)
