"""Set functions: the distinct elements in any order, and what goes with each."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from spacecore.testing._case import Case
from spacecore.testing._inputs import ALL, array, make, put
from spacecore.testing._law import law, on_host
from spacecore.testing._rules import default_of
from spacecore.testing._table import cover

__all__ = ["laws"]

_FIELDS = {
    "unique_all": ("values", "indices", "inverse_indices", "counts"),
    "unique_counts": ("values", "counts"),
    "unique_inverse": ("values", "inverse_indices"),
    "unique_values": ("values",),
}
_SHAPES = ((6,), (2, 4), (), (0,), (0, 3))
_SPECIAL = (float("nan"), 1.0, 0.0, -0.0, float("nan"), 1.0, float("inf"))


def laws() -> Iterator[Case]:
    """Yield the cases."""
    for name in _FIELDS:
        for shape, dtype in cover(_SHAPES, ALL, name, thorough=False):
            label = f"{name}[{dtype}-{str(shape).replace(' ', '')}]"
            yield law(label, partial(_check, name, shape, dtype), dtypes=(dtype,))
        for dtype in ("float32", "float64"):
            yield law(f"{name}[{dtype}-special]", partial(_special, name, dtype), dtypes=(dtype,))


def _parts(ops: Any, name: str, host: Any) -> dict[str, Any]:
    result = getattr(ops, name)(put(ops, host))
    fields = _FIELDS[name]
    if name == "unique_values":
        return {"values": result}
    assert isinstance(result, tuple), f"expected a named tuple, got {type(result).__name__}"
    assert result._fields == fields, f"expected the fields {fields}, got {result._fields}"  # type: ignore[attr-defined]
    return dict(zip(fields, result, strict=True))


def _check(name: str, shape: Any, dtype: str, ops: Any) -> None:
    host = make(array(*shape), dtype, "repeating", 5)
    parts = _parts(ops, name, host)
    expected = np.unique(host)
    _check_dtypes(ops, parts, dtype)
    values = on_host(parts["values"], ops)
    assert values.shape == expected.shape, f"expected {expected.shape}, got {values.shape}"
    assert np.array_equal(np.sort(values), expected), "expected the distinct elements, got others"
    _check_companions(ops, parts, host, values)


def _check_dtypes(ops: Any, parts: dict[str, Any], dtype: str) -> None:
    kinds = {"values": dtype, "counts": default_of(ops, "indexing")}
    for field, part in parts.items():
        assert ops.is_array(part), f"expected an array of {field}, got {type(part).__name__}"
        want = kinds.get(field, default_of(ops, "indexing"))
        got = ops.dtype_name(part.dtype)
        assert got == want, f"expected {field} of dtype {want}, got {got}"


def _check_companions(ops: Any, parts: dict[str, Any], host: Any, values: Any) -> None:
    flat = host.ravel()
    if "indices" in parts:
        first = [int(np.flatnonzero(flat == value)[0]) for value in values]
        got = on_host(parts["indices"], ops)
        assert np.array_equal(got, first), f"expected first indices {first}, got {got}"
    if "inverse_indices" in parts:
        inverse = on_host(parts["inverse_indices"], ops)
        assert inverse.shape == host.shape, f"expected {host.shape}, got {inverse.shape}"
        assert np.array_equal(values[inverse], host), "expected values[inverse_indices] == x"
    if "counts" in parts:
        counts = [int(np.count_nonzero(flat == value)) for value in values]
        got = on_host(parts["counts"], ops)
        assert np.array_equal(got, counts), f"expected counts {counts}, got {got}"


def _special(name: str, dtype: str, ops: Any) -> None:
    """Each NaN is distinct, and the signed zeros are one."""
    host = np.array(_SPECIAL, dtype)
    parts = _parts(ops, name, host)
    values = on_host(parts["values"], ops)
    missing = int(np.isnan(values).sum())
    assert missing == 2, f"expected 2 distinct NaNs, got {missing}"
    rest = np.sort(values[~np.isnan(values)])
    assert np.array_equal(rest, [0, 1, np.inf]), f"expected 0, 1 and inf beside NaN, got {rest}"
    if "counts" in parts:
        counts = on_host(parts["counts"], ops)
        assert (counts[np.isnan(values)] == 1).all(), "expected each NaN counted once"
        assert counts[values == 0][0] == 2, "expected both zeros counted as one element"
    if "inverse_indices" in parts:
        inverse = on_host(parts["inverse_indices"], ops)
        back, known = values[inverse], ~np.isnan(host)
        assert np.array_equal(back[known], host[known]), "expected values[inverse_indices] == x"
