"""Indexed updates by Python's numbers and by lists, which NumPy casts in ways of its own."""

from __future__ import annotations

import numpy as np
import pytest

import spacecore as sc

ops = sc.NumpyOps()


@pytest.mark.parametrize("value", [-2.5, np.float64(-2.5), np.float32(-2.5), [-2.5]], ids=repr)
def test_values_are_cast_before_they_are_added(value):
    np.testing.assert_array_equal(ops.index_add(np.array([3, 3]), [0], value), [1, 3], strict=True)
    assert ops.index_add(np.array([3.0]), [0], value)[0] == 0.5


def test_imaginary_parts_are_refused_in_lists_too():
    with pytest.raises(sc.CastError, match="real"):
        ops.index_add(np.zeros(2), [0], [1j])
