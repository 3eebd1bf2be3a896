"""Cases that state a law of a function in code, where a table of calls would not do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from spacecore import _tree
from spacecore.testing._case import Case, Requirement
from spacecore.testing._compare import check_array
from spacecore.testing._table import section_of

__all__ = ["check_tree", "complexes", "floats", "integers", "law", "on_host"]


def law(
    name: str,
    check: Callable[[Any], None],
    *,
    operations: Sequence[str] = (),
    dtypes: Sequence[str] = (),
    capabilities: Sequence[str] = (),
    sparse_formats: Sequence[str] = (),
    numpy_arrays: bool = False,
) -> Case:
    """Return the case that `check` holds; its name begins with the function it is about."""
    function = name.partition("[")[0]
    needed = Requirement(
        (function, *operations),
        tuple(dtypes),
        tuple(capabilities),
        tuple(sparse_formats),
        numpy_arrays,
    )
    return Case(name, section_of(function), needed, check)


def floats(ops: Any, values: Any) -> Any:
    """Return an array of the backend's default float."""
    return ops.asarray(np.asarray(values, dtype="float64").tolist(), dtype=ops.default_dtype())


def complexes(ops: Any, values: Any) -> Any:
    """Return an array of the complex dtype of the default float's precision."""
    dtype = ops.complex_dtype(ops.default_dtype())
    return ops.asarray(np.asarray(values, dtype="complex128").tolist(), dtype=dtype)


def integers(ops: Any, values: Any) -> Any:
    """Return an array of the backend's default integer."""
    return ops.asarray(np.asarray(values, dtype="int64").tolist(), dtype=ops.asarray(0).dtype)


def on_host(x: Any, ops: Any) -> np.ndarray[Any, Any]:
    """Return an array's values on the host."""
    return np.asarray(ops.to_numpy(x))


def check_tree(ops: Any, got: Any, expected: Any, *, loose: float = 1.0) -> None:
    """Raise unless a tree of arrays has the structure and the values of one on the host.

    Dtypes are those that the backend has for the kinds of the expected ones.
    """
    have, have_structure = _tree.flatten(got)
    want, want_structure = _tree.flatten(expected)
    assert have_structure == want_structure, (
        f"expected the structure {want_structure}, got {have_structure}"
    )
    for one, other in zip(have, want, strict=True):
        value = np.asarray(other)
        assert ops.is_array(one), f"expected arrays in the tree, got {type(one).__name__}"
        check_array(ops, one, value, _of_kind(ops, one, value), loose=loose)


def _of_kind(ops: Any, got: Any, want: np.ndarray[Any, Any]) -> str:
    """The expected dtype, as wide as the backend's default: `floats` and the like made inputs."""
    if want.dtype.kind == "f":
        return str(ops.dtype_name(ops.default_dtype()))
    if want.dtype.kind == "c":
        return str(ops.dtype_name(ops.complex_dtype(ops.default_dtype())))
    if want.dtype.kind in "iu":
        found = str(ops.dtype_name(got.dtype))
        return found if np.dtype(found).kind in "iu" else str(want.dtype.name)
    return str(want.dtype.name)
