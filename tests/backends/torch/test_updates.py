"""Indexed updates: what accumulates, what is written in place, what Torch can not index."""

from __future__ import annotations

import numpy as np
import pytest

import spacecore as sc

torch = pytest.importorskip("torch")
pytest.importorskip("spacecore_torch")

ops = sc.TorchOps()

TWICE = {
    "integers": (torch.tensor([1, 1, 2]), [1, 3, 2]),
    "list": ([1, 1, 2], [1, 3, 2]),
    "negative": (torch.tensor([-1, 2, 2]), [1, 1, 4]),
}


@pytest.mark.parametrize("name", TWICE)
def test_indices_that_occur_twice_add_twice(name):
    index, expected = TWICE[name]
    x = torch.ones(3, dtype=torch.int64)
    assert ops.index_add(x, index, 1).tolist() == expected
    assert x.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    "index", [0, torch.tensor(0), slice(1), ..., torch.tensor([0]), torch.tensor([True, False])]
)
def test_a_float_takes_the_dtype_of_integers_at_any_index(index):
    assert ops.index_add(torch.tensor([1, 1]), index, 1.5)[0] == 2
    assert ops.index_add(torch.tensor([1j, 1j]), index, 1.5)[0] == 1.5 + 1j


def test_pairs_and_mixtures_add_twice():
    x = torch.zeros(2, 3)
    rows, columns = torch.tensor([0, 0]), torch.tensor([1, 1])
    assert ops.index_add(x, (rows, columns), 1.0).tolist() == [[0, 2, 0], [0, 0, 0]]
    mixed = ops.index_add(x, (slice(None), columns), torch.tensor([1.0, 5.0]))
    assert mixed.tolist() == [[0, 6, 0], [0, 6, 0]]
    assert ops.index_add(x, (..., columns), 1).tolist() == [[0, 2, 0], [0, 2, 0]]


@pytest.mark.parametrize("update", [ops.index_set, ops.index_add], ids=["index_set", "index_add"])
@pytest.mark.parametrize("layout", ["rows", "transposed", "step"])
def test_in_place_writes_into_the_array_itself(update, layout):
    x = torch.zeros(4, 4)
    x = {"rows": x, "transposed": x.mT, "step": x[:, ::2]}[layout]
    for index in (0, slice(1, 3), (slice(None), torch.tensor([1, 1])), torch.tensor([2, 2])):
        out = update(x, index, 1.0, copy=False)
        assert out.data_ptr() == x.data_ptr()
        assert torch.equal(out, x)
    assert (x != 0).any()
    assert torch.equal(update(x, 0, 5.0)[0], torch.zeros_like(x)[0] + 5) == (
        update is ops.index_set
    )


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int8, torch.int16, torch.uint16])
def test_narrow_integers_are_indices(dtype):
    x, index = torch.tensor([1.0, 2.0]), torch.tensor([1, 0, 1]).to(dtype)
    assert ops.take(x, index).tolist() == [2, 1, 2]
    assert ops.take(x, index, axis=0).tolist() == [2, 1, 2]
    assert ops.index_add(x, index, 1.0).tolist() == [2, 4]
    assert ops.index_set(x, (index,), 0.0).tolist() == [0, 0]


def test_masks_select():
    x = torch.tensor([1.0, -2.0, -3.0])
    assert ops.index_set(x, x < 0, 0.0).tolist() == [1, 0, 0]
    assert ops.index_add(x, x < 0, torch.tensor([2.0, 3.0])).tolist() == [1, 0, 0]


@pytest.mark.parametrize("update", [ops.index_set, ops.index_add], ids=["index_set", "index_add"])
def test_a_slice_that_runs_backwards_is_refused_with_the_way_out(update):
    for index in (slice(None, None, -1), (0, slice(3, 0, -1))):
        with pytest.raises(ValueError, match=r"ops\.flip"):
            update(torch.zeros(4, 4), index, 1.0)


@pytest.mark.parametrize("value", [np.float32(2), np.int8(2), np.full((), 2.0), True, 2])
def test_numbers_of_numpys_are_cast_to_the_dtype(value):
    for dtype in (torch.float32, torch.int32, torch.complex64):
        x = torch.zeros(2, dtype=dtype)
        assert ops.index_set(x, 0, value).tolist() == [value, 0]
        assert ops.index_add(x, 0, value).tolist() == [value, 0]
        assert ops.index_add(x, torch.tensor([True, False]), value).tolist() == [value, 0]


def test_an_imaginary_part_of_numpys_is_kept():
    x = torch.zeros(2, dtype=torch.complex64)
    assert ops.index_add(x, slice(0, 1), np.complex64(1 + 2j)).tolist() == [1 + 2j, 0]


def test_a_place_may_be_the_counter_of_a_loop():
    x = torch.tensor([1.0, 2.0])
    assert ops.fori_loop(0, 2, lambda i, s: s + ops.take(x, i), torch.zeros(())).item() == 3
