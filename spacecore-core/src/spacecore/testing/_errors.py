"""Wrong calls that must raise, of whatever type the library chooses unless the contract does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from spacecore.errors import CastError
from spacecore.testing._case import Case, function_of
from spacecore.testing._compare import check_raises
from spacecore.testing._inputs import put
from spacecore.testing._law import law

__all__ = ["laws"]

_WRONG_AXIS = (
    "sum", "max", "mean", "argmax", "all", "cumulative_sum", "sort", "flip", "expand_dims",
    "roll", "take", "take_along_axis", "unstack", "linalg.vector_norm", "fft.fft", "diff",
    "logsumexp",
)  # fmt: skip
_SHAPES: tuple[tuple[str, tuple[int, ...], tuple[int, ...]], ...] = (
    ("add", (2, 3), (2, 2)),
    ("multiply", (3,), (4,)),
    ("equal", (2, 3), (4, 3)),
    ("matmul", (2, 3), (2, 3)),
    ("matmul", (), (3,)),
    ("vecdot", (2, 3), (2, 4)),
    ("linalg.solve", (3, 3), (2, 2)),
    ("linalg.cross", (2, 4), (2, 4)),
    ("linalg.cross", (3,), (2, 1)),
    ("broadcast_arrays", (2,), (3,)),
)


def laws() -> Iterator[Case]:
    """Yield the cases."""
    for name in _WRONG_AXIS:
        yield law(f"{name}[axis-out-of-range]", partial(_wrong_axis, name))
    for name, one, other in _SHAPES:
        label = f"{name}[{one}-{other}-refused]".replace(" ", "")
        yield law(label, partial(_wrong_shapes, name, one, other))
    for name in ("sum", "prod", "max", "mean", "var", "all", "count_nonzero"):
        yield law(f"{name}[axis-twice]", partial(_axis_twice, name))
    for name in ("take", "take_along_axis"):
        yield law(f"{name}[index-beyond-the-end]", partial(_beyond_the_end, name))
    for name, run in _CALLS.items():
        yield law(name, partial(_raises, run))
    for target in ("float32", "int32", "float64"):
        check = partial(_complex_to_real, target)
        yield law(f"astype[complex64-to-{target}-refused]", check, dtypes=("complex64", target))
    for name in ("full", "full_like"):
        yield law(f"{name}[complex-into-real-refused]", partial(_complex_fill, name))
    for name in ("sum", "prod", "cumulative_sum", "cumulative_prod", "linalg.trace"):
        yield law(f"{name}[never-narrower]", partial(_never_narrower, name))
    yield law("squeeze[axis-longer-than-one]", _squeeze)


_SECOND: dict[str, Callable[[Any], tuple[Any, ...]]] = {
    "roll": lambda ops: (1,),
    "take": lambda ops: (ops.asarray([0]),),
    "take_along_axis": lambda ops: (ops.asarray([[0]]),),
}


def _wrong_axis(name: str, ops: Any) -> None:
    dtype = "complex64" if name == "fft.fft" else "float32"
    x = put(ops, np.ones((2, 3), dtype))
    function = function_of(ops, name)
    args = (x, *_SECOND[name](ops)) if name in _SECOND else (x,)
    for axis in (5, -5):
        check_raises(lambda axis=axis: function(*args, axis=axis))


def _axis_twice(name: str, ops: Any) -> None:
    x = put(ops, np.ones((2, 3), "float32"))
    for axis in ((0, 0), (0, -2), (1, 0, 1)):
        check_raises(lambda axis=axis: function_of(ops, name)(x, axis=axis))


def _beyond_the_end(name: str, ops: Any) -> None:
    """What a compiled function can't raise for is NaN, never another element."""
    x = put(ops, np.arange(6, dtype="float32").reshape(2, 3))
    shape = (1,) if name == "take" else (2, 1)
    for place in (3, 7, -4):
        indices = ops.full(shape, place, dtype=ops.asarray(0).dtype)
        try:
            got = ops.to_numpy(function_of(ops, name)(x, indices, axis=1))
        except (IndexError, RuntimeError):
            continue
        assert np.isnan(got).all(), f"expected an error or NaN for index {place}, got an element"


def _wrong_shapes(name: str, one: tuple[int, ...], other: tuple[int, ...], ops: Any) -> None:
    x, y = (put(ops, np.ones(shape, "float32")) for shape in (one, other))
    check_raises(lambda: function_of(ops, name)(x, y))


def _ones(ops: Any, *shape: int) -> Any:
    return ops.ones(shape)


def _paired_ones(name: str, axes: Any, ops: Any) -> Any:
    """Lengths that are paired are equal; one that is 1 is not broadcast."""
    return function_of(ops, name)(_ones(ops, 2, 1), _ones(ops, 3, 2), axes=axes)


_CALLS: dict[str, Callable[[Any], Any]] = {
    "reshape[size-differs]": lambda ops: ops.reshape(_ones(ops, 2, 3), (4, 2)),
    "broadcast_to[too-short]": lambda ops: ops.broadcast_to(_ones(ops, 2), (3,)),
    "permute_dims[not-a-permutation]": lambda ops: ops.permute_dims(_ones(ops, 2, 3), (0, 0)),
    "broadcast_to[negative]": lambda ops: ops.broadcast_to(_ones(ops, 2), (3, -1)),
    "concat[axes-differ]": lambda ops: ops.concat([_ones(ops, 0), _ones(ops, 2, 3)]),
    "hstack[axes-differ]": lambda ops: ops.hstack([_ones(ops, 0), _ones(ops, 2, 3)]),
    "searchsorted[float-sorter]": lambda ops: ops.searchsorted(
        _ones(ops, 2), _ones(ops, 1), sorter=_ones(ops, 2)
    ),
    "vecdot[1-D-axis-out-of-range]": lambda ops: ops.vecdot(_ones(ops, 3), _ones(ops, 3), axis=5),
    "concat[shapes-differ]": lambda ops: ops.concat([_ones(ops, 2, 3), _ones(ops, 2, 2)]),
    "stack[shapes-differ]": lambda ops: ops.stack([_ones(ops, 2), _ones(ops, 3)]),
    "einsum[lengths-differ]": lambda ops: ops.einsum(
        "ij,jk->ik", _ones(ops, 2, 3), _ones(ops, 2, 3)
    ),
    "tensordot[lengths-differ]": lambda ops: ops.tensordot(
        _ones(ops, 2, 3), _ones(ops, 2, 3), axes=1
    ),
    **{
        f"{name}[length-one-{label}]": partial(_paired_ones, name, axes)
        for name in ("tensordot", "linalg.tensordot")
        for label, axes in (("count", 1), ("tuple", ((1,), (0,))))
    },
    "linalg.inv[not-square]": lambda ops: ops.linalg.inv(_ones(ops, 2, 3)),
    "linalg.cholesky[not-square]": lambda ops: ops.linalg.cholesky(_ones(ops, 2, 3)),
    "nonzero[0-d]": lambda ops: ops.nonzero(_ones(ops)),
    "take_along_axis[float-indices]": lambda ops: ops.take_along_axis(
        _ones(ops, 2, 3), _ones(ops, 2, 1), axis=1
    ),
    "moveaxis[two-to-one-place]": lambda ops: ops.moveaxis(_ones(ops, 2, 3, 4), (0, 1), (2, -1)),
    "zeros[unknown-keyword]": lambda ops: ops.zeros((2,), colour="red"),
}


def _raises(run: Callable[[Any], Any], ops: Any) -> None:
    check_raises(lambda: run(ops))


def _complex_to_real(target: str, ops: Any) -> None:
    """The imaginary part is never dropped silently; a warning is not a refusal."""
    z = put(ops, np.array([1 + 2j], "complex64"))
    check_raises(lambda: ops.astype(z, ops.sanitize_dtype(target)), TypeError, ValueError)


def _complex_fill(name: str, ops: Any) -> None:
    x = ops.zeros((2,), dtype=ops.float32)
    first = x if name == "full_like" else (2,)
    fill = partial(function_of(ops, name), first)
    for dtype in (ops.float32, ops.int32):
        check_raises(lambda d=dtype: fill(1 + 2j, dtype=d), CastError)
    if name == "full_like":
        check_raises(lambda: fill(1 + 2j), CastError)
    got = ops.dtype_name(fill(1 + 2j, dtype=ops.complex64).dtype)
    assert got == "complex64", f"expected complex64 as asked, got {got}"


def _never_narrower(name: str, ops: Any) -> None:
    """A dtype that was asked for is given or refused."""
    x = ops.ones((2, 2), dtype=ops.float32)
    axes = {"axis": 0} if name.startswith("cumulative") else {}
    run = partial(function_of(ops, name), x, dtype=ops.float64, **axes)
    if not ops.has_dtype("float64"):
        check_raises(run, CastError)
        return
    got = ops.dtype_name(run().dtype)
    assert got == "float64", f"expected float64 as asked, got {got}"


def _squeeze(ops: Any) -> None:
    check_raises(lambda: ops.squeeze(_ones(ops, 2, 1), axis=0), ValueError, TypeError, RuntimeError)
