"""What NumPy's own functions of creation get wrong."""

from __future__ import annotations

import numpy as np

import spacecore as sc

ops = sc.NumpyOps()


def test_numbers_over_a_range_wider_than_the_largest():
    assert ops.linspace(-1e308, 1e308, 3).tolist() == [-1e308, 0, 1e308]
    assert ops.linspace(-1e308, 1e308, 2, endpoint=False).tolist() == [-1e308, 0]
    assert ops.linspace(0.0, 1.0, 3, dtype=ops.float32).dtype == np.float32
