"""Random numbers: reproducible, independent, of the right shape, dtype and moments."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from spacecore.errors import CastError
from spacecore.testing._case import Case
from spacecore.testing._compare import check_raises
from spacecore.testing._law import law, on_host

__all__ = ["laws"]

_COUNT = 20_000
_DRAWS: dict[str, dict[str, Any]] = {
    "random_normal": {},
    "random_uniform": {},
    "random_integers": {"low": -3, "high": 5},
    "random_rademacher": {},
}
_DTYPES = {
    "random_normal": ("float32", "float64", "complex64", "complex128"),
    "random_uniform": ("float32", "float64"),
    "random_integers": ("int32", "int64", "int8", "uint8"),
    "random_rademacher": ("float32", "int32", "complex64", "float64", "int8"),
}

# Intervals wider than the largest number of the dtype.
_WIDE = (("float16", -3e4, 4e4), ("float32", -3e38, 2e38), ("float64", -1.5e308, 1e308))

_WRONG_DTYPES = {
    "random_normal": ("int32", "uint8", "bool"),
    "random_uniform": ("int32", "uint8", "bool", "complex64"),
    "random_integers": ("float32", "complex64", "bool"),
    "random_rademacher": ("bool",),
}


def laws() -> Iterator[Case]:
    """Yield the cases."""
    for name, options in _DRAWS.items():
        yield law(f"{name}[same-key]", partial(_reproducible, name, options))
        yield law(f"{name}[split]", partial(_independent, name, options))
        yield law(f"{name}[key-kept]", partial(_key_kept, name, options))
        yield law(f"{name}[jit]", partial(_compiled, name, options))
        yield law(f"{name}[no-key-refused]", partial(_no_key, name, options))
        for shape in ((), (3,), (2, 3), (0, 2)):
            label = str(shape).replace(" ", "")
            yield law(f"{name}[{label}]", partial(_shape, name, options, shape))
        for dtype in _DTYPES[name]:
            check = partial(_dtype, name, options, dtype)
            yield law(f"{name}[{dtype}]", check, dtypes=(dtype,))
    yield law("random_key[seeds-differ]", _seeds_differ)
    yield law("random_key[negative]", _refuses_negative)
    yield law("random_key[jit]", partial(_compiled_key, 7), capabilities=("jit",))
    check = partial(_compiled_key, 2**40 + 7)
    yield law("random_key[int64-jit]", check, dtypes=("int64",), capabilities=("jit",))
    yield law("random_split[count]", _split_count)
    yield law("random_split[negative-refused]", _negative_count)
    yield law("random_split[again]", _split_again)
    yield law("random_split[key-kept]", _split_keeps)
    for dtype in _DTYPES["random_normal"]:
        yield law(f"random_normal[moments-{dtype}]", partial(_normal, dtype), dtypes=(dtype,))
    for dtype in _DTYPES["random_uniform"]:
        yield law(f"random_uniform[moments-{dtype}]", partial(_uniform, dtype), dtypes=(dtype,))
        yield law(f"random_uniform[below-high-{dtype}]", partial(_below, dtype), dtypes=(dtype,))
    for dtype, low, high in _WIDE:
        check = partial(_wide, dtype, low, high)
        yield law(f"random_uniform[wide-{dtype}]", check, dtypes=(dtype,))
    yield law("random_uniform[wrong-interval-refused]", _wrong_interval, dtypes=("float32",))
    yield law("random_integers[moments]", _integer_moments)
    yield law("random_integers[ends]", _integer_ends)
    for dtype in ("int64", "uint64", "int32", "uint8", "int8"):
        check = partial(_whole_range, dtype)
        yield law(f"random_integers[whole-range-{dtype}]", check, dtypes=(dtype,))
    yield law("random_integers[empty-range-refused]", _empty_range)
    yield law("random_integers[numpy-bounds]", _numpy_bounds, dtypes=("uint8",))
    for name, dtypes in _WRONG_DTYPES.items():
        for dtype in dtypes:
            check = partial(_wrong_dtype, name, dtype)
            yield law(f"{name}[{dtype}-refused]", check, dtypes=(dtype,))
    yield law("random_rademacher[moments]", _signs)


def _draw(
    ops: Any, name: str, key: Any, shape: Any, options: Any, *, dtype: str | None = None
) -> Any:
    chosen = None if dtype is None else ops.sanitize_dtype(dtype)
    return getattr(ops, name)(key, shape, dtype=chosen, **options)


def _sample(ops: Any, name: str, key: Any, options: Any, dtype: str | None = None) -> Any:
    return on_host(_draw(ops, name, key, (_COUNT,), options, dtype=dtype), ops)


def _reproducible(name: str, options: Any, ops: Any) -> None:
    one = on_host(_draw(ops, name, ops.random_key(7), (50,), options), ops)
    other = on_host(_draw(ops, name, ops.random_key(7), (50,), options), ops)
    assert np.array_equal(one, other), "expected equal numbers from equal keys, got others"


def _key_kept(name: str, options: Any, ops: Any) -> None:
    key = ops.random_key(7)
    one = on_host(_draw(ops, name, key, (50,), options), ops)
    other = on_host(_draw(ops, name, key, (50,), options), ops)
    assert np.array_equal(one, other), "expected a key unchanged by its use, got new numbers"


def _independent(name: str, options: Any, ops: Any) -> None:
    key = ops.random_key(11)
    streams = [_sample(ops, name, k, options) for k in (key, *ops.random_split(key, 3))]
    limit = 5 / np.sqrt(_COUNT)
    for i, one in enumerate(streams):
        for other in streams[:i]:
            assert not np.array_equal(one, other), "expected split streams to differ, got equal"
            found = abs(float(np.corrcoef(one, other)[0, 1]))
            assert found < limit, f"expected split streams uncorrelated, got {found:.3f}"


def _compiled(name: str, options: Any, ops: Any) -> None:
    """A key passes through `jit` as any array does, and gives the same numbers."""
    key = ops.random_key(3)
    plain = on_host(_draw(ops, name, key, (20,), options), ops)
    traced = ops.jit(lambda k: _draw(ops, name, k, (20,), options))(key)
    assert np.allclose(plain, on_host(traced, ops), rtol=1e-5), (
        "expected the same numbers compiled, got others"
    )


def _shape(name: str, options: Any, shape: Any, ops: Any) -> None:
    got = _draw(ops, name, ops.random_key(0), shape, options)
    assert ops.is_array(got), f"expected an array, got {type(got).__name__}"
    assert tuple(got.shape) == shape, f"expected shape {shape}, got {tuple(got.shape)}"
    kind = "integral" if name == "random_integers" else "real floating"
    assert ops.isdtype(got.dtype, kind), f"expected a default of kind {kind}, got {got.dtype}"
    if kind == "real floating":
        assert got.dtype == ops.default_dtype(), f"expected the default float, got {got.dtype}"


def _dtype(name: str, options: Any, dtype: str, ops: Any) -> None:
    chosen = {"high": 5} if "high" in options else options
    got = _draw(ops, name, ops.random_key(0), (4,), chosen, dtype=dtype)
    found = ops.dtype_name(got.dtype)
    assert found == dtype, f"expected dtype {dtype}, got {found}"


def _seeds_differ(ops: Any) -> None:
    first = on_host(ops.random_normal(ops.random_key(0), (20,)), ops)
    for seed in (1, 2**31, 2**32 - 1):
        other = on_host(ops.random_normal(ops.random_key(seed), (20,)), ops)
        assert not np.array_equal(first, other), f"expected seed {seed} to differ from 0"


def _refuses_negative(ops: Any) -> None:
    check_raises(lambda: ops.random_key(-1), ValueError, OverflowError)


def _compiled_key(seed: int, ops: Any) -> None:
    """A seed that is traced gives the key that it gives otherwise."""

    def draw(s: Any) -> Any:
        return ops.random_normal(ops.random_key(s), (5,))

    same = np.array_equal(on_host(ops.jit(draw)(seed), ops), on_host(draw(seed), ops))
    assert same, f"expected the numbers of the seed {seed} compiled too, got others"


def _split_count(ops: Any) -> None:
    key = ops.random_key(5)
    for keys, count in ((ops.random_split(key), 2), (ops.random_split(key, 5), 5)):
        assert len(keys) == count, f"expected {count} keys, got {len(keys)}"
        drawn = {on_host(ops.random_normal(k, (4,)), ops).tobytes() for k in keys}
        assert len(drawn) == count, f"expected {count} streams, got {len(drawn)}"


def _negative_count(ops: Any) -> None:
    check_raises(lambda: ops.random_split(ops.random_key(5), -1), ValueError)
    assert len(ops.random_split(ops.random_key(5), 0)) == 0, "expected no keys for num=0"


def _split_again(ops: Any) -> None:
    """Splitting is reproducible, and the splits of splits are new."""
    root = ops.random_key(5)
    first, second = ops.random_split(root)
    again = ops.random_split(ops.random_key(5))[0]
    one, other = (on_host(ops.random_normal(k, (8,)), ops) for k in (first, again))
    assert np.array_equal(one, other), "expected equal keys from equal splits, got others"
    leaves = [root, first, second, *ops.random_split(first), *ops.random_split(second)]
    drawn = {on_host(ops.random_normal(k, (8,)), ops).tobytes() for k in leaves}
    assert len(drawn) == len(leaves), f"expected {len(leaves)} streams, got {len(drawn)}"


def _split_keeps(ops: Any) -> None:
    key = ops.random_key(5)
    before = on_host(ops.random_normal(key, (8,)), ops)
    ops.random_split(key)
    after = on_host(ops.random_normal(key, (8,)), ops)
    assert np.array_equal(before, after), "expected a key unchanged by a split, got new numbers"


def _near(found: Any, expected: float, deviation: float, what: str) -> None:
    """Five standard errors: one draw in two million fails by chance, and draws are fixed."""
    limit = 5 * deviation / np.sqrt(_COUNT)
    assert abs(float(found) - expected) < limit, (
        f"expected {what} {expected:.4g} within {limit:.2g}, got {float(found):.4g}"
    )


def _normal(dtype: str, ops: Any) -> None:
    x = _sample(ops, "random_normal", ops.random_key(21), {}, dtype).astype(complex)
    is_complex = dtype.startswith("complex")
    variance = 0.5 if is_complex else 1.0
    for part in (x.real, x.imag) if is_complex else (x.real,):
        _near(part.mean(), 0, np.sqrt(variance), "mean")
        _near((part**2).mean(), variance, np.sqrt(2) * variance, "variance")
        _near((part**4).mean(), 3 * variance**2, np.sqrt(96) * variance**2, "fourth moment")
    if is_complex:
        _near((x.real * x.imag).mean(), 0, 0.5, "covariance of the parts")


def _uniform(dtype: str, ops: Any) -> None:
    options = {"low": -1.0, "high": 3.0}
    x = _sample(ops, "random_uniform", ops.random_key(22), options, dtype)
    assert x.min() >= -1, f"expected at least low=-1, got {x.min()}"
    assert x.max() < 3, f"expected below high=3, got {x.max()}"
    _near(x.mean(), 1, np.sqrt(16 / 12), "mean")
    _near(((x - 1) ** 2).mean(), 16 / 12, np.sqrt(256 / 180), "variance")
    unit = _sample(ops, "random_uniform", ops.random_key(23), {}, dtype)
    assert unit.min() >= 0, f"expected at least 0, got {unit.min()}"
    _near(unit.mean(), 0.5, np.sqrt(1 / 12), "mean")


def _below(dtype: str, ops: Any) -> None:
    """An interval as narrow as rounding: the upper end stays out all the same."""
    low = 1.0
    high = float(np.nextafter(np.dtype(dtype).type(low), np.dtype(dtype).type(2)))
    wide = 16777216.0 if dtype == "float32" else 2.0**53
    for a, b in ((low, high), (wide, wide + 2)):
        x = _sample(ops, "random_uniform", ops.random_key(24), {"low": a, "high": b}, dtype)
        assert x.min() >= a, f"expected at least low={a!r}, got {x.min()!r}"
        assert x.max() < b, f"expected below high={b!r}, got {x.max()!r}"


def _wide(dtype: str, low: float, high: float, ops: Any) -> None:
    options = {"low": low, "high": high}
    x = _sample(ops, "random_uniform", ops.random_key(29), options, dtype).astype("float64")
    assert x.min() >= low, f"expected at least {low}, got {x.min()}"
    assert x.max() < high, f"expected below {high}, got {x.max()}"
    width = high / 2 - low / 2
    unit = x / 2 / width - low / 2 / width
    _near(unit.mean(), 0.5, np.sqrt(1 / 12), "mean of the unit interval")
    _near(((unit - 0.5) ** 2).mean(), 1 / 12, np.sqrt(1 / 180), "variance of the unit interval")


def _wrong_interval(ops: Any) -> None:
    nan, infinite = float("nan"), float("inf")
    draw = partial(ops.random_uniform, ops.random_key(0), (2,), dtype=ops.float32)
    for low, high in ((2, 1), (nan, 1), (0, nan), (-infinite, 0), (0, infinite), (0, 1e39)):
        check_raises(lambda a=low, b=high: draw(low=float(a), high=float(b)), ValueError)
    assert (on_host(draw(low=2.0, high=2.0), ops) == 2).all(), "expected low where high is low"


def _integer_moments(ops: Any) -> None:
    x = _sample(ops, "random_integers", ops.random_key(25), {"low": -3, "high": 5})
    assert set(np.unique(x)) == set(range(-3, 5)), f"expected -3 to 4, got {np.unique(x)}"
    _near(x.mean(), 0.5, np.sqrt(63 / 12), "mean")
    for value in range(-3, 5):
        _near((x == value).mean(), 1 / 8, np.sqrt(7 / 64), f"share of {value}")


def _integer_ends(ops: Any) -> None:
    x = _sample(ops, "random_integers", ops.random_key(26), {"high": 1})
    assert not x.any(), "expected only 0 below high=1, got others"


def _whole_range(dtype: str, ops: Any) -> None:
    """Every integer of the dtype can be drawn, the largest too."""
    limits = np.iinfo(dtype)
    first, last = int(limits.min), int(limits.max)
    width = last - first
    for low, high in ((first, last + 1), (last - width // 8, last + 1), (last, last + 1)):
        options = {"low": low, "high": high}
        x = _sample(ops, "random_integers", ops.random_key(28), options, dtype)
        assert x.dtype == dtype, f"expected {dtype}, got {x.dtype}"
        found = int(x.min()), int(x.max())
        assert low <= found[0] <= found[1] < high, f"expected [{low}, {high}), got {found}"
        near = (high - low) // 100
        assert found[0] - low <= near, f"expected numbers near {low}, got at least {found[0]}"
        assert high - 1 - found[1] <= near, f"expected numbers near {high}, got up to {found[1]}"


def _empty_range(ops: Any) -> None:
    for low, high in ((0, 0), (3, 3), (3, 2), (0, -1)):
        draw = partial(ops.random_integers, ops.random_key(0), (2,))
        check_raises(lambda d=draw, a=low, b=high: d(low=a, high=b), ValueError, RuntimeError)


def _numpy_bounds(ops: Any) -> None:
    """NumPy's integers are bounds as Python's are."""
    options = {"low": np.int8(0), "high": np.int64(256)}
    x = _sample(ops, "random_integers", ops.random_key(29), options, "uint8")
    assert (x.min(), x.max()) == (0, 255), f"expected [0, 256), got {x.min()} to {x.max()}"
    for low, high in ((7, np.int64(5)), (np.int64(0), np.int64(300)), (np.int8(-1), 5)):
        draw = partial(ops.random_integers, ops.random_key(0), (2,), ops.uint8)
        check_raises(lambda d=draw, a=low, b=high: d(low=a, high=b), ValueError, RuntimeError)


def _wrong_dtype(name: str, dtype: str, ops: Any) -> None:
    """Nothing is drawn in one dtype and cut to another."""
    options = {"high": 5} if name == "random_integers" else {}
    draw = partial(_draw, ops, name, ops.random_key(0), (3,), options)
    check_raises(lambda: draw(dtype=dtype), CastError)


def _no_key(name: str, options: Any, ops: Any) -> None:
    """A seed is no key, nor is another library's generator."""
    for wrong in (0, None, np.random.default_rng(0)):
        check_raises(lambda key=wrong: _draw(ops, name, key, (3,), options), TypeError)
        check_raises(lambda key=wrong: ops.random_split(key), TypeError)


def _signs(ops: Any) -> None:
    x = _sample(ops, "random_rademacher", ops.random_key(27), {})
    assert set(np.unique(x)) == {-1.0, 1.0}, f"expected -1 and 1, got {np.unique(x)}"
    _near(x.mean(), 0, 1, "mean")
