"""Constants, data types, inspection, and creation whose values are open."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from spacecore.errors import CastError
from spacecore.testing._case import Case
from spacecore.testing._compare import check_raises
from spacecore.testing._inputs import ALL, BOOL, FLOATING, INTEGER, NUMERIC, put
from spacecore.testing._law import law

__all__ = ["laws"]

_KINDS = {
    "bool": "bool",
    "signed integer": "int8 int16 int32 int64",
    "unsigned integer": "uint8 uint16 uint32 uint64",
    "integral": " ".join(INTEGER),
    "real floating": "float32 float64",
    "complex floating": "complex64 complex128",
    "numeric": " ".join(NUMERIC),
}
_SAME_KIND = [
    (one, other)
    for group in (BOOL, INTEGER, FLOATING)
    for one in group
    for other in group
    if not ("uint64" in (one, other) and one[0] + other[0] in ("iu", "ui"))
]


def laws() -> Iterator[Case]:
    """Yield the cases."""
    for name, value in (("e", math.e), ("pi", math.pi), ("inf", math.inf), ("nan", math.nan)):
        yield law(f"{name}[value]", partial(_constant, name, value))
    yield law("newaxis[value]", _newaxis)
    for name in ALL:
        yield law(f"{name}[dtype]", partial(_data_type, name), dtypes=(name,))
        yield law(f"isdtype[{name}]", partial(_isdtype, name), dtypes=(name,))
        for function in ("empty", "empty_like"):
            yield law(f"{function}[{name}]", partial(_empty, function, name), dtypes=(name,))
        yield law(f"from_dlpack[{name}]", partial(_from_dlpack, name), dtypes=(name,))
    yield law("empty[default]", _empty_default)
    for name in FLOATING:
        yield law(f"finfo[{name}]", partial(_finfo, name), dtypes=(name,))
    for name in INTEGER:
        yield law(f"iinfo[{name}]", partial(_iinfo, name), dtypes=(name,))
    for one, other in _promotions():
        check = partial(_result_type, one, other)
        needed = (one, other, np.result_type(one, other).name)
        yield law(f"result_type[{one}:{other}]", check, dtypes=needed)
        yield law(f"can_cast[{one}:{other}]", partial(_can_cast, one, other), dtypes=(one, other))
    for other in ("int8", "int32"):
        check = partial(_never_narrowed, other)
        yield law(f"result_type[uint32:{other}-kept]", check, dtypes=("uint32", other))
    yield law("searchsorted[uint32:int32-kept]", _places_kept, dtypes=("uint32", "int32"))
    yield law("result_type[arrays-and-scalars]", _result_type_of_arrays)
    yield law("can_cast[array]", _can_cast_array, dtypes=("float32",))
    yield law("__array_namespace_info__[defaults]", _info_defaults)
    yield law("__array_namespace_info__[dtypes]", _info_dtypes)
    yield law("__array_namespace_info__[devices]", _info_devices)
    yield law("asarray[copy=False]", _asarray_no_copy)
    for name, use in _USES.items():
        yield law(f"{name}[result-of-a-reduction]", partial(_takes_result, use))
    yield law("asarray[copies]", _asarray_copies, numpy_arrays=True)


def _promotions() -> list[tuple[str, str]]:
    """A third of the pairs, each dtype among them: the rules are tables in the libraries."""
    return [pair for i, pair in enumerate(_SAME_KIND) if i % 3 == 0 or pair[0] == pair[1]]


def _constant(name: str, value: float, ops: Any) -> None:
    got = getattr(ops, name)
    assert isinstance(got, float), f"expected a float, got {type(got).__name__}"
    assert got == value or (math.isnan(got) and math.isnan(value)), f"expected {value}, got {got}"


def _newaxis(ops: Any) -> None:
    assert ops.newaxis is None, f"expected None, got {ops.newaxis!r}"


def _data_type(name: str, ops: Any) -> None:
    dtype = getattr(ops, name)
    found = ops.zeros((2,), dtype=dtype).dtype
    assert found == dtype, f"expected zeros of {name}, got {found}"
    assert ops.dtype_name(dtype) == name, f"expected the name {name}, got {ops.dtype_name(dtype)}"
    assert dtype == ops.sanitize_dtype(name), f"expected ops.{name} to be the dtype named {name}"


def _isdtype(name: str, ops: Any) -> None:
    dtype = ops.sanitize_dtype(name)
    for kind, members in _KINDS.items():
        want = name in members.split()
        got = ops.isdtype(dtype, kind)
        assert got is want, f"expected {want} for kind {kind!r}, got {got!r}"
    assert ops.isdtype(dtype, dtype) is True, "expected True for the dtype itself"
    assert ops.isdtype(dtype, ("bool", "numeric")) is True, "expected True for a tuple of kinds"
    want = name in _KINDS["integral"].split()
    assert ops.isdtype(dtype, (ops.int32, "integral")) is want, f"expected {want} for integers"


def _empty(function: str, name: str, ops: Any) -> None:
    dtype = ops.sanitize_dtype(name)
    for shape in ((2, 3), (), (0, 2)):
        if function == "empty":
            got = ops.empty(shape, dtype=dtype)
        else:
            got = ops.empty_like(put(ops, np.zeros(shape, name)))
        assert ops.is_array(got), f"expected an array, got {type(got).__name__}"
        assert tuple(got.shape) == shape, f"expected shape {shape}, got {tuple(got.shape)}"
        assert got.dtype == dtype, f"expected dtype {name}, got {got.dtype}"


def _empty_default(ops: Any) -> None:
    got = ops.empty(3).dtype
    assert got == ops.default_dtype(), f"expected the default float, got {got}"
    changed = ops.empty_like(ops.zeros((2,)), dtype=ops.int32).dtype
    assert changed == ops.int32, f"expected int32, got {changed}"


def _from_dlpack(name: str, ops: Any) -> None:
    host = np.arange(6).reshape(2, 3).astype(name)
    got = ops.from_dlpack(put(ops, host))
    assert ops.is_array(got), f"expected an array, got {type(got).__name__}"
    assert ops.dtype_name(got.dtype) == name, f"expected dtype {name}, got {got.dtype}"
    assert np.array_equal(ops.to_numpy(got), host), "expected equal values, got others"


def _finfo(name: str, ops: Any) -> None:
    real = {"complex64": "float32", "complex128": "float64"}.get(name, name)
    want = np.finfo(real)
    for subject in (ops.sanitize_dtype(name), ops.zeros((2,), dtype=ops.sanitize_dtype(name))):
        got = ops.finfo(subject)
        assert got.bits == want.bits, f"expected bits {want.bits}, got {got.bits}"
        assert got.dtype == ops.sanitize_dtype(real), f"expected dtype {real}, got {got.dtype}"
        for field in ("eps", "max", "min", "smallest_normal"):
            value, expected = getattr(got, field), float(getattr(want, field))
            assert isinstance(value, float), (
                f"expected {field} as a float, got {type(value).__name__}"
            )
            assert value == expected, f"expected {field} {expected!r}, got {value!r}"


def _iinfo(name: str, ops: Any) -> None:
    want = np.iinfo(name)
    for subject in (ops.sanitize_dtype(name), ops.zeros((2,), dtype=ops.sanitize_dtype(name))):
        got = ops.iinfo(subject)
        found = (got.bits, got.min, got.max)
        expected = (want.bits, want.min, want.max)
        assert found == expected, f"expected bits, min, max {expected}, got {found}"
        assert got.dtype == ops.sanitize_dtype(name), f"expected dtype {name}, got {got.dtype}"


def _result_type(one: str, other: str, ops: Any) -> None:
    want = np.result_type(one, other).name
    first, second = ops.sanitize_dtype(one), ops.sanitize_dtype(other)
    for pair in ((first, second), (ops.zeros((1,), dtype=first), second)):
        got = ops.dtype_name(ops.result_type(*pair))
        assert got == want, f"expected {want}, got {got}"


def _never_narrowed(other: str, ops: Any) -> None:
    """Both fit into int64 alone; where there is none, they have no type in common."""
    x = ops.zeros((1,), dtype=ops.uint32)
    for args in ((x, ops.sanitize_dtype(other)), (ops.sanitize_dtype(other), ops.uint32)):
        if ops.has_dtype("int64"):
            got = ops.dtype_name(ops.result_type(*args))
            assert got == "int64", f"expected int64, got {got}"
        else:
            check_raises(lambda a=args: ops.result_type(*a), CastError)


def _places_kept(ops: Any) -> None:
    x = ops.asarray([0, 5], dtype=ops.int32)
    values = ops.asarray([2**32 - 1, 3], dtype=ops.uint32)
    if ops.has_dtype("int64"):
        got = ops.to_numpy(ops.searchsorted(x, values)).tolist()
        assert got == [2, 1], f"expected the places [2, 1], got {got}"
    else:
        check_raises(lambda: ops.searchsorted(x, values), CastError)


def _can_cast(one: str, other: str, ops: Any) -> None:
    want = np.result_type(one, other) == np.dtype(other)
    got = ops.can_cast(ops.sanitize_dtype(one), ops.sanitize_dtype(other))
    assert got is bool(want), f"expected {bool(want)}, got {got!r}"


def _result_type_of_arrays(ops: Any) -> None:
    single = ops.zeros((2,), dtype=ops.float32)
    small = ops.zeros((2,), dtype=ops.int8)
    for args, want in (
        ((single, 2.5), "float32"),
        ((single, 1), "float32"),
        ((small, 3), "int8"),
        ((single, single, 1.0), "float32"),
        ((single, 1j), "complex64"),
    ):
        got = ops.dtype_name(ops.result_type(*args))
        assert got == want, f"expected {want} with a Python {type(args[-1]).__name__}, got {got}"


def _can_cast_array(ops: Any) -> None:
    x = ops.zeros((2,), dtype=ops.float32)
    assert ops.can_cast(x, ops.float32) is True, "expected True for the array's own dtype"
    assert ops.can_cast(x, ops.complex64) is True, "expected True for a wider dtype"
    assert ops.can_cast(x, ops.int32) is False, "expected False from float to integer"


def _info_defaults(ops: Any) -> None:
    defaults = ops.__array_namespace_info__().default_dtypes()
    made = {
        "real floating": ops.zeros((1,)).dtype,
        "complex floating": ops.asarray(1j).dtype,
        "integral": ops.asarray(1).dtype,
        "indexing": ops.argmax(ops.zeros((2,))).dtype,
    }
    for kind, dtype in made.items():
        assert defaults[kind] == dtype, f"expected default {kind} {dtype}, got {defaults[kind]}"
    assert ops.default_dtype() == made["real floating"], "expected default_dtype() to be it too"


def _info_dtypes(ops: Any) -> None:
    info = ops.__array_namespace_info__()
    for name, dtype in info.dtypes().items():
        assert ops.has_dtype(name), f"expected has_dtype({name!r}) for a dtype that is listed"
        assert dtype == ops.sanitize_dtype(name), f"expected the dtype {name}, got {dtype}"
    for kind in ("integral", ("bool", "real floating")):
        listed = info.dtypes(kind=kind)
        kinds = kind if isinstance(kind, tuple) else (kind,)
        expected = {n for n in info.dtypes() if any(n in _KINDS[k].split() for k in kinds)}
        assert set(listed) == expected, f"expected {sorted(expected)}, got {sorted(listed)}"


def _info_devices(ops: Any) -> None:
    info = ops.__array_namespace_info__()
    assert len(list(info.devices())) > 0, "expected at least one device, got none"
    capabilities = info.capabilities()
    for key in ("boolean indexing", "data-dependent shapes"):
        assert isinstance(capabilities[key], bool), f"expected a bool for {key!r}"


_USES: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda ops, x: ops.add(x, x),
    "astype": lambda ops, x: ops.astype(x, ops.float32),
    "broadcast_to": lambda ops, x: ops.broadcast_to(x, (2,)),
    "copy": lambda ops, x: ops.copy(x),
    "exp": lambda ops, x: ops.exp(x),
    "expand_dims": lambda ops, x: ops.expand_dims(x, axis=0),
    "index_add": lambda ops, x: ops.index_add(ops.zeros((2,), dtype=x.dtype), 0, x),
    "isfinite": lambda ops, x: ops.isfinite(x),
    "multiply": lambda ops, x: ops.multiply(ops.ones((2,), dtype=x.dtype), x),
    "reshape": lambda ops, x: ops.reshape(x, (1, 1)),
    "result_type": lambda ops, x: ops.zeros((), dtype=ops.result_type(x, ops.float32)),
    "stack": lambda ops, x: ops.stack([x, x]),
    "sum": lambda ops, x: ops.sum(x),
    "where": lambda ops, x: ops.where(x > 0, x, -x),
    "zeros_like": lambda ops, x: ops.zeros_like(x),
}


def _takes_result(use: Callable[[Any, Any], Any], ops: Any) -> None:
    """What one function returns, scalars of the library's own among it, others take."""
    x = ops.sum(ops.ones((2, 3), dtype=ops.float32))
    got = use(ops, x)
    assert ops.is_array(got), f"expected an array, got {type(got).__name__}"


def _asarray_no_copy(ops: Any) -> None:
    x = ops.zeros((2, 3))
    got = ops.asarray(x, copy=False)
    assert got.dtype == x.dtype, f"expected dtype {x.dtype}, got {got.dtype}"
    assert tuple(got.shape) == (2, 3), f"expected shape (2, 3), got {tuple(got.shape)}"


def _asarray_copies(ops: Any) -> None:
    x = ops.zeros((3,))
    ops.asarray(x, copy=True)[0] = 1
    assert float(x[0]) == 0, "expected copy=True to share nothing, got a shared array"
    ops.asarray(x, copy=False)[0] = 1
    assert float(x[0]) == 1, "expected copy=False to share memory, got a copy"
