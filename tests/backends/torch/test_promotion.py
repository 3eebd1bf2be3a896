"""Operands that Torch promotes otherwise: 0-d arrays, Python scalars, different dtypes."""

from __future__ import annotations

import numpy as np
import pytest

import spacecore as sc

torch = pytest.importorskip("torch")
pytest.importorskip("spacecore_torch")

ops = sc.TorchOps()

ARITHMETIC = ["add", "subtract", "multiply", "divide", "pow", "remainder", "floor_divide"]
COMPARISONS = ["equal", "not_equal", "less", "less_equal", "greater", "greater_equal"]
REAL = ["maximum", "minimum", "atan2", "hypot", "copysign", "logaddexp", "nextafter"]


@pytest.mark.parametrize("name", [*ARITHMETIC, *COMPARISONS, *REAL])
def test_a_scalar_on_either_side_is_an_array_of_the_others_dtype(name):
    function = getattr(ops, name)
    x, two = torch.tensor([0.5, 2.0, 3.0]), torch.full((3,), 2.0)
    assert torch.equal(function(x, 2.0), function(x, two))
    assert torch.equal(function(2.0, x), function(two, x))
    assert function(x, 2).dtype is function(x, two).dtype
    assert function(2, x.double()).dtype is function(two.double(), x.double()).dtype


@pytest.mark.parametrize("name", [*ARITHMETIC, *COMPARISONS, "maximum", "hypot"])
@pytest.mark.parametrize("scalar", [np.float64(2), np.float32(2), np.int64(2), np.int8(2)])
def test_a_numpy_scalar_is_a_number(name, scalar):
    function = getattr(ops, name)
    x, number = torch.tensor([0.5, 2.0]), scalar.item()
    assert torch.equal(function(x, scalar), function(x, number))
    assert torch.equal(function(scalar, x), function(number, x))
    assert function(x, scalar).dtype is function(x, number).dtype


def test_a_complex_number_beside_half_precision_makes_single():
    half, ways = torch.ones(2, dtype=torch.float16), torch.tensor([True, False])
    assert ops.result_type(half, 1j) is ops.result_type(1j, torch.float16) is torch.complex64
    assert ops.where(ways, half, 1j).dtype is ops.pow(half, 1j).dtype is torch.complex64


def test_ranges_wider_than_the_largest_number():
    for dtype, end in ((torch.bfloat16, 3e38), (torch.float64, 1e308), (None, 3e38)):
        made = ops.linspace(-end, end, 5, dtype=dtype)
        assert torch.equal(made, torch.tensor([-end, -end / 2, 0, end / 2, end], dtype=made.dtype))
    assert ops.linspace(-40000, 40000, 3, dtype=torch.int32).tolist() == [-40000, 0, 40000]


def test_where_chooses_between_numbers_of_any_make():
    chosen = torch.tensor([True, False])
    for one, other in ((np.float64(1), 2.0), (1, np.int64(2)), (np.float32(1), 2.5)):
        found = ops.where(chosen, one, other)
        assert found.tolist() == [float(one), float(other)]
    assert ops.where(chosen, torch.tensor([3, 4]), np.int8(0)).tolist() == [3, 0]
    assert ops.where(chosen, np.bool_(True), torch.tensor([False, False])).dtype is torch.bool


def test_logsumexp_of_integers_over_no_axis_is_a_float():
    x = torch.tensor([1, 2])
    for made in (ops.logsumexp(x, axis=()), ops.logsumexp(x[0])):
        assert made.dtype is ops.logsumexp(x).dtype is torch.float32


@pytest.mark.parametrize("name", [*ARITHMETIC, *REAL])
def test_a_0d_array_promotes_as_any_array(name):
    function = getattr(ops, name)
    x, y = torch.tensor([0.5, 2.0]), torch.tensor(2.0, dtype=torch.float64)
    assert function(x, y).dtype is torch.float64
    assert function(y, x).dtype is torch.float64
    assert torch.where(torch.tensor([True]), x, y).dtype is torch.float32  # Torch's own rule
    assert ops.where(torch.tensor([True]), x, y).dtype is torch.float64


def test_a_wide_0d_integer_is_compared_by_value():
    x, y = torch.tensor([44], dtype=torch.int8), torch.tensor(300)
    assert torch.eq(x, y).tolist() == [True]  # 300 wrapped around
    assert ops.equal(x, y).tolist() == [False]


@pytest.mark.parametrize("name", ["logical_and", "logical_or", "logical_xor"])
def test_logic_takes_python_bools(name):
    function = getattr(ops, name)
    x, true = torch.tensor([True, False]), torch.tensor([True, True])
    assert torch.equal(function(x, True), function(x, true))
    assert torch.equal(function(True, x), function(true, x))


@pytest.mark.parametrize("name", ["bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_left_shift"])
def test_bits_take_python_ints(name):
    function = getattr(ops, name)
    x, two = torch.tensor([1, 6, 3], dtype=torch.int8), torch.full((3,), 2, dtype=torch.int8)
    assert torch.equal(function(x, 2), function(x, two))
    assert torch.equal(function(2, x), function(two, x))


@pytest.mark.parametrize(
    ("operands", "dtype"),
    [
        ((torch.int8, torch.uint8), torch.int16),
        ((torch.uint16, torch.uint32), torch.uint32),
        ((torch.float32, torch.complex64), torch.complex64),
        ((torch.float64, torch.complex64), torch.complex128),
        ((torch.float32, 1), torch.float32),
        ((torch.float32, 1j), torch.complex64),
        ((1.0, torch.int8), torch.float32),
        ((torch.bool, 1), torch.int64),
        ((torch.bfloat16, 2.0, True), torch.bfloat16),
        ((torch.tensor(1.0, dtype=torch.float64), torch.ones(2)), torch.float64),
    ],
)
def test_result_type(operands, dtype):
    assert ops.result_type(*operands) is dtype
    assert ops.result_type(*reversed(operands)) is dtype


def test_result_type_needs_an_array_or_a_dtype():
    with pytest.raises(ValueError, match="array or a dtype"):
        ops.result_type(1, 2.0)


def test_can_cast_follows_promotion():
    assert ops.can_cast(torch.float32, torch.float64)
    assert torch.can_cast(torch.float64, torch.float32)  # Torch's own rule
    assert not ops.can_cast(torch.float64, torch.float32)
    assert ops.can_cast(torch.uint16, torch.uint64)


@pytest.mark.parametrize("name", ["matmul", "vdot", "tensordot", "vecdot"])
def test_products_promote(name):
    x, y = torch.ones(2, 2), torch.ones(2, 2, dtype=torch.complex128)
    assert getattr(ops, name)(x, y).dtype is torch.complex128


def test_einsum_solve_and_closeness_promote():
    x, y = torch.eye(2), torch.eye(2, dtype=torch.float64)
    assert ops.einsum("ij,jk", x, y).dtype is torch.float64
    assert ops.solve(x, y).dtype is torch.float64
    assert ops.allclose(x, y) is True
    assert ops.isclose(x, 1.0).tolist() == [[True, False], [False, True]]


def test_solve_takes_columns_where_torch_would_guess_a_batch_of_vectors():
    a = torch.eye(3).expand(3, 3, 3)
    b = torch.arange(9.0).reshape(3, 3)
    assert torch.equal(ops.solve(a, b)[0], b)


def test_clip_keeps_the_dtype():
    x = torch.tensor([1, 200], dtype=torch.uint8)
    assert ops.clip(x, -5, 300).tolist() == [1, 200]
    assert ops.clip(x, None, 100).dtype is torch.uint8
    y = torch.tensor([-1.0, 0.5, 2.0])
    assert ops.clip(y, torch.tensor(0.0), 1).tolist() == [0, 0.5, 1]
    assert ops.clip(y, 0, torch.tensor([1.0, 0.25, 1.0])).tolist() == [0, 0.25, 1]
    assert torch.equal(ops.clip(y), y)
    assert ops.clip(y, float("nan"), 1.0).isnan().all()


def test_sums_of_no_axis_leave_the_shape():
    x = torch.arange(6).reshape(2, 3)
    for name in ("sum", "prod", "max", "min", "all", "any", "count_nonzero"):
        assert getattr(ops, name)(x, axis=()).shape == (2, 3), name
    for name in ("mean", "var", "std", "logsumexp"):
        assert getattr(ops, name)(x.double(), axis=()).shape == (2, 3), name
    assert torch.sum(x, ()).shape == ()  # Torch's own rule
    assert ops.linalg.vector_norm(-x.double(), axis=()).tolist() == x.tolist()


@pytest.mark.filterwarnings("error")
def test_variance_of_too_few_makes_no_warning():
    assert ops.var(torch.ones(1), correction=1).isnan()
    assert ops.std(torch.tensor([1.0, 3.0]), correction=2).isinf()
    assert ops.var(torch.zeros(0)).isnan()
    assert ops.var(torch.zeros(0, 2), axis=0).isnan().tolist() == [True, True]


def test_searchsorted_takes_strides_without_a_warning(run_python):
    """Torch warns once a process, so that only a fresh one tells."""
    code = """
import warnings, torch, spacecore as sc
ops = sc.TorchOps()
warnings.simplefilter("error")
x, y, order = torch.arange(10.0)[::2], torch.arange(8.0)[::3], torch.arange(5).repeat_interleave(2)
print(ops.searchsorted(x, y).tolist(), ops.searchsorted(x, y, sorter=order[::2]).tolist())
print(ops.vmap(ops.searchsorted, 1)(torch.arange(10.0).reshape(5, 2), torch.ones(3, 2)).tolist())
"""
    assert run_python(code).splitlines() == ["[0, 2, 3] [0, 2, 3]", "[[1, 1, 1], [0, 0, 0]]"]


def test_unique_counts_nan_and_orders_complex_numbers():
    nan = float("nan")
    found = ops.unique_all(torch.tensor([2.0, nan, 1.0, nan, 2.0]))
    assert found.values[:2].tolist() == [1, 2]
    assert found.indices.tolist() == [2, 0, 1, 3]
    assert found.counts.tolist() == [1, 2, 1, 1]
    z = torch.tensor([1 + 1j, 1, 1 + 1j, -2])
    found = ops.unique_inverse(z)
    assert torch.equal(found.values[found.inverse_indices], z)
    assert found.values.shape == (3,)


def test_sign_of_nan_is_nan():
    assert ops.sign(torch.tensor(float("nan"))).isnan()
    z = torch.tensor([3 + 4j, 0])
    assert torch.allclose(ops.sign(z), torch.tensor([0.6 + 0.8j, 0]))


@pytest.mark.parametrize("real", [float, int, "float64", "float32", np.float64, torch.float32])
def test_a_cast_to_a_real_dtype_in_any_spelling_keeps_the_imaginary_part(real):
    with pytest.raises(sc.CastError, match=r"complex64 into .*ops\.real\(x\)"):
        ops.astype(torch.ones(2, dtype=torch.complex64), real)


def test_a_cast_of_complex_numbers_to_those_and_to_bool():
    z = torch.tensor([0, 1j])
    assert ops.astype(z, torch.complex128).dtype is torch.complex128
    assert ops.astype(z, complex).dtype is torch.complex128
    assert ops.astype(z, bool).tolist() == [False, True]


REDUCTIONS = (
    *("sum", "prod", "max", "min", "mean", "var", "std", "any", "all"),
    *("count_nonzero", "logsumexp", "flip"),
)


@pytest.mark.parametrize("name", REDUCTIONS)
def test_an_axis_may_be_an_integer_of_numpys(name):
    x = torch.tensor([[1.0, 2.0], [3.0, 5.0]])
    function = getattr(ops, name)
    assert torch.equal(function(x, axis=np.int64(1)), function(x, axis=1))


def test_numbers_of_numpys_are_taken():
    assert ops.clip(torch.tensor([1.0, 5.0]), np.float64(2), np.float64(3)).tolist() == [2, 3]
    assert ops.result_type(torch.float32, np.float32(1)) is torch.float32
    assert ops.full_like(torch.zeros(1, dtype=torch.complex64), np.complex64(2j)).item() == 2j
    assert ops.value_and_grad(lambda x: np.float32(3))(torch.ones(2))[0].item() == 3


def test_products_of_bools_are_bools():
    x = np.array([[True, False], [True, True]])
    a = torch.from_numpy(x)
    for name, operands in (
        *(("matmul", (a, a)), ("vdot", (a[0], a[1])), ("vecdot", (a, a)), ("tensordot", (a, a))),
        ("vecdot", (a[0], a[1])),
    ):
        got = getattr(ops, name)(*operands)
        want = getattr(np, name)(*(each.numpy() for each in operands))
        assert got.dtype is torch.bool
        assert got.tolist() == want.tolist(), name
    assert ops.einsum("ij,jk->ik", a, a).tolist() == (x @ x).tolist()
    for form in ops.sparse_formats:
        assert ops.sparse_matmul(ops.assparse(a, format=form), a[0]).tolist() == [True, True]


def test_a_cast_of_integers_is_possible_where_it_is_exact():
    pairs = [("int64", "float32"), ("int32", "float64"), ("int8", "float16"), ("int16", "float16")]
    found = [ops.can_cast(getattr(torch, a), getattr(torch, b)) for a, b in pairs]
    assert found == [np.can_cast(a, b) for a, b in pairs] == [False, True, True, False]
    assert ops.can_cast(torch.int8, torch.bfloat16)
    assert not ops.can_cast(torch.int16, torch.bfloat16)
    assert ops.can_cast(torch.bfloat16, torch.float32)


def test_the_variance_of_complex_numbers_is_real():
    z = torch.tensor([1j, 2.0])
    for options in ({"axis": ()}, {"correction": 2}, {}):
        assert ops.var(z, **options).dtype is torch.float32
