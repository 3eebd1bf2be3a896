"""Functions of one element, which NumPy alone calls with the elements themselves."""

from __future__ import annotations

import numpy as np

import spacecore as sc

ops = sc.NumpyOps()


def test_results_have_the_dtype_that_holds_them_all():
    got = ops.vectorize(lambda t: 0 if t < 1 else t / 2)(np.array([0.0, 1.0, 3.0]))
    np.testing.assert_array_equal(got, [0, 0.5, 1.5], strict=True)
    first, second = ops.vectorize(lambda t: (1, 2.0 if t else 3))(np.array([[1, 0]]))
    assert first.dtype == "int64"
    np.testing.assert_array_equal(second, [[2.0, 3.0]], strict=True)
    assert ops.vectorize(lambda t: t * 2)(np.ones(3, "float32")).dtype == "float32"


def test_the_options_of_numpy_stay():
    total = ops.vectorize(np.sum, signature="(n)->()")
    np.testing.assert_array_equal(total(np.ones((2, 3))), [3.0, 3.0])
    half = ops.vectorize(lambda t: t / 2, otypes=["float32"])
    assert half(np.zeros(0)).dtype == "float32"
