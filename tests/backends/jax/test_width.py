"""64 bits are there once they are enabled, and refused until then."""

from __future__ import annotations

import numpy as np
import pytest

import spacecore as sc

jax = pytest.importorskip("jax")
pytest.importorskip("spacecore_jax")

SETTING = r'jax\.config\.update\("jax_enable_x64", True\)'
ops = sc.JaxOps()
refused = pytest.raises(sc.CastError, match=SETTING)


@pytest.fixture
def narrow():
    with jax.enable_x64(False):
        yield


@pytest.mark.usefixtures("narrow")
class TestDisabled:
    @pytest.mark.parametrize("dtype", ["float64", "int64", "uint64", "complex128"])
    def test_wide_dtypes_are_refused_by_name(self, dtype):
        assert not ops.has_dtype(dtype)
        for spelling in (dtype, np.dtype(dtype), np.dtype(dtype).type):
            with refused:
                ops.sanitize_dtype(spelling)
        with refused:
            sc.Context("jax", dtype=dtype)

    @pytest.mark.parametrize(
        "make",
        [
            lambda d: ops.arange(3, dtype=d),
            lambda d: ops.asarray([1.0], dtype=d),
            lambda d: ops.asarray(1.0, dtype=d),
            lambda d: ops.asarray(ops.ones(2), dtype=d),
            lambda d: ops.astype(ops.ones(2), d),
            lambda d: ops.cumulative_prod(ops.ones(2), dtype=d),
            lambda d: ops.cumulative_sum(ops.ones(2), dtype=d),
            lambda d: ops.empty(2, dtype=d),
            lambda d: ops.empty_like(ops.ones(2), dtype=d),
            lambda d: ops.eye(2, dtype=d),
            lambda d: ops.fft.fftfreq(4, dtype=d),
            lambda d: ops.fft.rfftfreq(4, dtype=d),
            lambda d: ops.full(2, 1.0, dtype=d),
            lambda d: ops.full_like(ops.ones(2), 1.0, dtype=d),
            lambda d: ops.linalg.trace(ops.eye(2), dtype=d),
            lambda d: ops.linspace(0, 1, 3, dtype=d),
            lambda d: ops.ones(2, dtype=d),
            lambda d: ops.ones_like(ops.ones(2), dtype=d),
            lambda d: ops.prod(ops.ones(2), dtype=d),
            lambda d: ops.random_normal(ops.random_key(0), (2,), d),
            lambda d: ops.random_rademacher(ops.random_key(0), (2,), d),
            lambda d: ops.random_uniform(ops.random_key(0), (2,), d),
            lambda d: ops.sum(ops.ones(2), dtype=d),
            lambda d: ops.zeros(2, dtype=d),
            lambda d: ops.zeros_like(ops.ones(2), dtype=d),
        ],
    )
    @pytest.mark.parametrize("dtype", ["float64", jax.numpy.float64], ids=str)
    def test_functions_with_a_wide_dtype_refuse(self, make, dtype):
        with refused:
            make(dtype)

    @pytest.mark.parametrize(
        "data",
        [
            np.ones(3),
            np.arange(3),
            np.ones(3, "complex128"),
            np.float64(1.0),
            [np.ones(2), np.ones(2)],
            [1.0, np.float64(2.0)],
            memoryview(np.ones(3)),
        ],
        ids=["float64", "int64", "complex128", "scalar", "list", "mixed", "buffer"],
    )
    def test_wide_numpy_data_is_refused(self, data):
        with refused:
            ops.asarray(data)

    def test_wide_numpy_data_is_cast_where_the_caller_says_so(self):
        assert ops.asarray(np.ones(3), dtype="float32").dtype == "float32"
        assert sc.Context("jax").asarray(np.ones(3)).dtype == "float32"
        with refused:
            ops.import_dense(np.ones(3))
        with refused:
            ops.full((2, 3), np.ones(3))
        assert ops.full((2, 3), np.ones(3), dtype="float32").dtype == "float32"

    def test_python_numbers_and_defaults_are_narrow(self):
        assert ops.default_dtype() == "float32"
        assert sc.Context("jax").dtype == "float32"
        assert ops.zeros(2).dtype == ops.asarray(1.0).dtype == ops.full(2, 1.0).dtype == "float32"
        assert ops.asarray([1, 2]).dtype == ops.asarray(1).dtype == "int32"
        assert ops.asarray(1j).dtype == "complex64"
        assert ops.random_integers(ops.random_key(0), (2,), high=5).dtype == "int32"
        with pytest.raises(OverflowError):
            ops.asarray(2**40)
        with pytest.raises(OverflowError):
            ops.asarray([2**40])

    def test_integers_narrower_than_the_default_are_summed_in_it(self):
        x = ops.asarray([100, 100], dtype="int8")
        assert int(ops.cumulative_prod(x)[1]) == 10_000
        assert ops.cumulative_prod(x).dtype == ops.sum(x).dtype == "int32"


def test_enabling_counts_from_then_on_and_within_a_thread():
    with jax.enable_x64(False):
        assert ops.default_dtype() == "float32"
        with jax.enable_x64(True):
            assert ops.default_dtype() == "float64"
            assert ops.has_dtype("int64")
            assert ops.asarray(np.ones(2)).dtype == "float64"
        with refused:
            ops.asarray(np.ones(2))


def test_the_setting_counts_whenever_it_is_made(run_python):
    code = """
import numpy as np, spacecore as sc
try:
    sc.Context("jax", dtype="float64")
except sc.CastError as error:
    print("refused")
import jax
jax.config.update("jax_enable_x64", True)
print(sc.Context("jax").dtype, sc.Context("jax").asarray(np.ones(2)).dtype)
"""
    assert run_python(code).split() == ["refused", "float64", "float64"]


@pytest.mark.skipif("jax_explicit_x64_dtypes" not in jax.config.values, reason="needs a newer JAX")
@pytest.mark.parametrize("mode", ["warn", "error", "allow"])
def test_wide_dtypes_are_refused_unless_enabled_whatever_is_made_on_request(run_python, mode):
    # -W error: a warning of JAX's that it narrows something would fail this too.
    code = """
import jax, numpy as np, spacecore as sc
ops, ctx = sc.JaxOps(), sc.Context("jax")
asked = [
    lambda: sc.Context("jax", dtype="float64"), lambda: ops.asarray(np.ones(2)),
    lambda: ops.asarray([1.0], dtype="float64"), lambda: ops.full(2, 1.0, dtype="float64"),
    lambda: ops.zeros(2, dtype="float64"), lambda: ops.import_dense(np.ones(2)),
    lambda: ops.sum(ops.arange(3), dtype="int64"),
    lambda: ops.random_integers(ops.random_key(0), (2,), "int64", high=5),
]
for ask in asked:
    try:
        print(ask())
    except sc.CastError as error:
        assert "jax_enable_x64" in str(error), error
        told = "jax_explicit_x64_dtypes" in str(error)
        assert told == (jax.config.jax_explicit_x64_dtypes.name == "ALLOW"), error
assert not ops.has_dtype("float64")
made = [
    ctx.asarray(np.ones(2)), ctx.asarray([1, 2.0]), ctx.zeros(2), ctx.full(2, 1), ops.asarray(1.0),
    ops.random_uniform(ops.random_key(2**40), (2,)), ops.random_normal(ops.random_key(0), (2,)),
    ops.linspace(0, 1, 3), ops.fft.fftfreq(4), ops.eigh(ops.eye(2)).eigenvectors,
]
assert {x.dtype.name for x in made} == {"float32"}, made
integers = [
    ops.arange(3), ops.sum(ops.arange(3)), ops.searchsorted(ops.arange(3), ops.arange(2)),
    ops.random_integers(ops.random_key(0), (2,), high=5), ops.asarray([1]), ops.full(2, 1),
    ops.cumulative_prod(ops.arange(3, dtype="int8")), ops.argmax(ops.ones(2)),
]
assert {x.dtype.name for x in integers} == {"int32"}, integers
with jax.enable_x64(True):
    assert sc.Context("jax", dtype="float64").asarray([1.0]).dtype == "float64"
    assert ops.asarray(np.ones(2)).dtype == ops.full(2, 1.0).dtype == "float64"
print("refused")
"""
    assert run_python(code, JAX_ENABLE_X64="0", JAX_EXPLICIT_X64_DTYPES=mode) == "refused"


def test_complex_numbers_written_into_bools_are_true():
    some = ops.zeros(2, dtype="bool")
    assert ops.index_set(some, 0, 1j).tolist() == [True, False]
    assert ops.index_set(some, 1, ops.asarray(1j)).tolist() == [False, True]


def test_products_of_bools_are_counted_as_elsewhere():
    x = ops.asarray([True, True, False])
    with jax.enable_x64(True):
        assert ops.cumulative_prod(x).dtype == ops.cumulative_sum(x).dtype == "int64"
    with jax.enable_x64(False):
        assert ops.cumulative_prod(x).dtype == ops.cumulative_sum(x).dtype == "int32"
    assert ops.cumulative_prod(x).tolist() == [1, 1, 0]


def test_dtypes_that_jax_lacks_are_named():
    with pytest.raises(sc.CastError, match="JAX has no dtype float128"):
        ops.sanitize_dtype("float128")


def test_arrays_and_asked_dtypes_are_one_object():
    x = ops.asarray(np.ones(3, ">f4"))
    assert x.dtype is ops.sanitize_dtype("float32") is ops.sanitize_dtype(np.dtype(">f4"))


def test_scalars_are_strongly_typed():
    half = ops.ones(2, dtype="float16")
    for made in (ops.asarray(1.0), ops.full((2,), 1.0), ops.full((2,), np.float64(1.0))):
        assert not made.weak_type
        assert (made + half).dtype == "float64"


def test_a_choice_between_two_numbers_is_strongly_typed():
    some, half = ops.asarray([True, False]), ops.ones(2, dtype="float16")
    assert (ops.where(some, 1.0, 2.0) + half).dtype == "float64"
    assert (jax.jit(lambda s: ops.where(some, s, 2.0) + half)(1.0)).dtype == "float64"
    assert ops.where(some, half, 2.0).dtype == "float16"
    assert ops.where(some)[0].tolist() == [0]
    assert ops.where(some, size=3)[0].tolist() == [0, 0, 0]


def test_numbers_that_were_traced_are_strongly_typed():
    half = ops.ones(2, dtype="float16")
    for make in (
        ops.asarray,
        lambda s: ops.asarray(s, dtype="float64"),
        lambda s: ops.asarray(s, copy=False),
        lambda s: ops.full((2,), s),
        lambda s: ops.full((2,), s, dtype="float64"),
    ):
        assert jax.jit(lambda s, make=make: make(s) + half)(1.0).dtype == "float64"
        assert make(jax.numpy.asarray(1.0)).weak_type is False


@pytest.mark.parametrize("target", ["float64", "int32"])
def test_imaginary_parts_are_kept_or_refused(target):
    z = ops.asarray([1 + 2j])
    for cast in (
        lambda: ops.astype(z, target),
        lambda: ops.asarray(z, dtype=target),
        lambda: ops.asarray(np.ones(2, "complex64"), dtype=target),
    ):
        with pytest.raises(sc.CastError, match="real part"):
            cast()
    assert bool(ops.astype(z, ops.bool)[0])


def test_a_number_beyond_the_range_is_refused_in_creation():
    ops = sc.JaxOps()
    for make in (
        lambda: ops.full_like(ops.zeros(2, dtype="int32"), 2**40),
        lambda: ops.full((2,), -1, dtype="uint8"),
    ):
        with pytest.raises(OverflowError):
            make()
