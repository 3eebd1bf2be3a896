"""Facts about arrays and dtypes, copies, transfers to and from NumPy, membership, identity."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from spacecore.backend import dtype_name, transfer
from spacecore.errors import CastError
from spacecore.testing._case import Case
from spacecore.testing._compare import check_raises
from spacecore.testing._inputs import ALL, FLOATING, put
from spacecore.testing._law import law

__all__ = ["laws"]

_LAYOUTS = ("C", "strided", "transposed", "empty", "0-d")
_PARTNERS = {"float32": "complex64", "float64": "complex128"}


def laws() -> Iterator[Case]:
    """Yield the cases."""
    for name in ("is_array", "is_dense", "is_sparse", "is_traced"):
        yield law(f"{name}[answers]", partial(_predicates, name))
    for name in ("shape", "ndim", "size", "get_dtype"):
        for shape in ((2, 3), (), (0, 3)):
            label = str(shape).replace(" ", "")
            yield law(f"{name}[{label}]", partial(_measure, name, shape))
    for dtype in ALL:
        yield law(f"sanitize_dtype[{dtype}]", partial(_sanitize, dtype), dtypes=(dtype,))
        yield law(f"dtype_name[{dtype}]", partial(_name, dtype), dtypes=(dtype,))
        yield law(f"has_dtype[{dtype}]", partial(_has, dtype))
        yield law(f"is_complex_dtype[{dtype}]", partial(_is_complex, dtype), dtypes=(dtype,))
        yield law(f"to_numpy[{dtype}]", partial(_to_numpy, dtype), dtypes=(dtype,))
    yield law("sanitize_dtype[unknown]", _sanitize_unknown)
    yield law("sanitize_dtype[python]", _sanitize_python)
    yield law("default_dtype[creation]", _default)
    for real, whole in _PARTNERS.items():
        check = partial(_partners, real, whole)
        yield law(f"real_dtype[{whole}]", check, dtypes=(real, whole))
        yield law(f"complex_dtype[{real}]", check, dtypes=(real, whole))
    yield law("complex_dtype[int]", _no_complex, dtypes=("int32",))
    for dtype in FLOATING:
        yield law(f"eps[{dtype}]", partial(_eps, dtype), dtypes=(dtype,))
    yield law("copy[shares-nothing]", _copy)
    yield law("copy[0-d]", _copy_scalar)
    yield law("block_until_ready[tree]", _block)
    yield law("device_of[creation]", _device_of)
    yield law("normalize_device[own]", _normalize)
    yield law("device_kind[own]", _device_kind)
    yield law("is_on_host[own]", _on_host)
    yield law("register_value_class[any]", _register)
    yield law("register_value_class[jit]", _through_jit, capabilities=("jit",))
    for shape in ((2, 3), (), (0, 3)):
        yield law(f"member_test[{str(shape).replace(' ', '')}]", partial(_member, shape))
    yield from _transfers()


def _transfers() -> Iterator[Case]:
    for i, dtype in enumerate(ALL):
        for name in ("export_dense", "import_dense"):
            layout = _LAYOUTS[(i + (name == "import_dense")) % len(_LAYOUTS)]
            for choice in (None, True):
                label = f"{name}[{dtype}-{layout}-copy={choice}]"
                check = partial(_there_and_back, dtype, layout, choice)
                yield law(label, check, dtypes=(dtype,))
    yield law("export_dense[copy=True-shares-nothing]", _export_copies)
    yield law("import_dense[copy=True-shares-nothing]", _import_copies)
    yield law("import_dense[odd-numpy]", _odd_numpy, dtypes=("float32",))
    yield law("from_dlpack[odd-numpy]", _odd_dlpack, dtypes=("float32",))
    yield law("import_dense[special]", _bit_exact, dtypes=("float32",))


def _predicates(name: str, ops: Any) -> None:
    yes = name in ("is_array", "is_dense")
    for value in (ops.zeros((2,)), ops.zeros(()), ops.sum(ops.ones((2,)))):
        got = getattr(ops, name)(value)
        assert got is yes, f"expected {yes} for {type(value).__name__}, got {got!r}"
    for other in ([1.0], (1, 2), 1.0, None, "array", object(), {}):
        got = getattr(ops, name)(other)
        assert got is False, f"expected False for {type(other).__name__}, got {got!r}"


def _measure(name: str, shape: tuple[int, ...], ops: Any) -> None:
    got = getattr(ops, name)(ops.zeros(shape, dtype=ops.float32))
    size = int(np.prod(shape))
    want = {"shape": shape, "ndim": len(shape), "size": size, "get_dtype": ops.float32}[name]
    assert got == want, f"expected {want}, got {got}"
    if name != "get_dtype":
        kind = tuple if name == "shape" else int
        assert isinstance(got, kind), f"expected a {kind.__name__}, got {type(got).__name__}"


def _sanitize(dtype: str, ops: Any) -> None:
    own = ops.sanitize_dtype(dtype)
    for spelling in (own, np.dtype(dtype), getattr(np, dtype if dtype != "bool" else "bool_")):
        got = ops.sanitize_dtype(spelling)
        assert got == own, f"expected {own} for {spelling!r}, got {got}"
    assert ops.zeros((1,), dtype=own).dtype == own, "expected creation in the dtype"


def _sanitize_unknown(ops: Any) -> None:
    check_raises(lambda: ops.sanitize_dtype("float7"), CastError)


def _sanitize_python(ops: Any) -> None:
    """Each Python type is a dtype of its kind; None is the default float."""
    assert ops.sanitize_dtype(bool) == ops.sanitize_dtype("bool"), "expected bool for bool"
    assert ops.sanitize_dtype(None) == ops.default_dtype(), "expected the default for None"


def _name(dtype: str, ops: Any) -> None:
    own = ops.sanitize_dtype(dtype)
    for got in (ops.dtype_name(own), dtype_name(own)):
        assert got == dtype, f"expected {dtype!r}, got {got!r}"
        assert type(got) is str, f"expected a str, got {type(got).__name__}"


def _has(dtype: str, ops: Any) -> None:
    """What is had can be made; what is not had is refused, never narrowed."""
    got = ops.has_dtype(dtype)
    assert isinstance(got, bool), f"expected a bool, got {type(got).__name__}"
    if not got:
        check_raises(lambda: ops.sanitize_dtype(dtype), CastError)
    assert not ops.has_dtype("float7"), "expected False for a dtype that does not exist"


def _is_complex(dtype: str, ops: Any) -> None:
    got, want = ops.is_complex_dtype(ops.sanitize_dtype(dtype)), dtype.startswith("complex")
    assert got is want, f"expected {want}, got {got!r}"


def _default(ops: Any) -> None:
    want = ops.default_dtype()
    for made in (ops.zeros((1,)), ops.ones((1,)), ops.asarray([1.5]), ops.linspace(0, 1, 2)):
        assert made.dtype == want, f"expected {want}, got {made.dtype}"


def _partners(real: str, whole: str, ops: Any) -> None:
    one, two = ops.sanitize_dtype(real), ops.sanitize_dtype(whole)
    for got, want in (
        (ops.real_dtype(two), one),
        (ops.real_dtype(one), one),
        (ops.complex_dtype(one), two),
        (ops.complex_dtype(two), two),
    ):
        assert got == want, f"expected {want}, got {got}"


def _no_complex(ops: Any) -> None:
    check_raises(lambda: ops.complex_dtype(ops.int32), TypeError)


def _eps(dtype: str, ops: Any) -> None:
    got, want = ops.eps(ops.sanitize_dtype(dtype)), float(np.finfo(dtype).eps)
    assert got == want, f"expected {want}, got {got}"
    assert type(got) is float, f"expected a float, got {type(got).__name__}"


def _copy(ops: Any) -> None:
    x = ops.zeros((3,))
    y = ops.copy(x)
    assert y is not x, "expected a new array, got the same"
    changed = ops.index_set(y, 0, 1.0, copy=False)
    assert float(changed[0]) == 1, "expected the update in what index_set returned"
    assert float(x[0]) == 0, "expected x untouched by writing to its copy, got it changed"


def _copy_scalar(ops: Any) -> None:
    x = ops.copy(ops.sum(ops.ones((2,))))
    assert ops.is_array(x), f"expected an array, got {type(x).__name__}"
    assert float(x) == 2, f"expected 2, got {x}"


def _block(ops: Any) -> None:
    tree = {"a": ops.zeros((2,)), "b": (ops.ones(()), None)}
    got = ops.block_until_ready(tree)
    assert got["a"].shape == tree["a"].shape, "expected the tree back"
    assert float(got["b"][0]) == 1, "expected the tree's values back"


def _device_of(ops: Any) -> None:
    """Everything that makes arrays makes them on the device that the ops names."""
    made = {
        "zeros": ops.zeros((2,)),
        "ones": ops.ones((2,)),
        "full": ops.full((2,), 1.0),
        "empty": ops.empty((2,)),
        "eye": ops.eye(2),
        "arange": ops.arange(3),
        "linspace": ops.linspace(0, 1, 3),
        "asarray": ops.asarray([1.0]),
        "fft.fftfreq": ops.fft.fftfreq(4),
        "fft.rfftfreq": ops.fft.rfftfreq(4),
        "random_normal": ops.random_normal(ops.random_key(0), (2,)),
        "random_integers": ops.random_integers(ops.random_key(0), (2,), high=3),
        "import_dense": transfer(np.ones(2, "float32"), _numpy(), ops),
    }
    want = ops.device_of(made["zeros"]) if ops.device is None else ops.device
    for name, x in made.items():
        got = ops.device_of(x)
        assert got == want, f"expected ops.{name} on {want}, got {got}"


def _normalize(ops: Any) -> None:
    """A device, and its own name, normalize to the device; None where there is only one."""
    device = ops.device_of(ops.zeros((2,)))
    for spelling in (device, str(device)):
        got = ops.normalize_device(spelling)
        assert got in (device, None), f"expected {device} for {spelling!r}, got {got}"
    if ops.device is not None:
        got = ops.normalize_device(ops.device_name)
        assert got == ops.device, f"expected {ops.device} for {ops.device_name!r}, got {got}"


def _device_kind(ops: Any) -> None:
    got = ops.device_kind(ops.device_of(ops.zeros((2,))))
    assert type(got) is str, f"expected a str, got {type(got).__name__}"
    assert got.isidentifier(), f"expected a bare kind such as 'cpu', got {got!r}"


def _on_host(ops: Any) -> None:
    x = ops.zeros((2,))
    want = ops.device_kind(ops.device_of(x)) == "cpu"
    got = ops.is_on_host(x)
    assert got is want, f"expected {want} on {ops.device_of(x)}, got {got!r}"


def _value_class() -> Any:
    """A class of our own making: an array and a label, a new class at each call."""

    class Labelled:
        def __init__(self, x: Any, label: str):
            self.x, self.label = x, label

        def tree_flatten(self) -> tuple[tuple[Any, ...], str]:
            return (self.x,), self.label

        @classmethod
        def tree_unflatten(cls, static: str, children: Any) -> Labelled:
            return cls(children[0], static)

    return Labelled


def _register(ops: Any) -> None:
    got = ops.register_value_class(_value_class())
    assert got is None, f"expected nothing returned, got {type(got).__name__}"


def _through_jit(ops: Any) -> None:
    kind = _value_class()
    ops.register_value_class(kind)
    double = ops.jit(lambda v: kind(v.x * 2, v.label))
    got = double(kind(ops.ones((2,)), "twice"))
    assert type(got) is kind, f"expected {kind.__name__} through jit, got {type(got).__name__}"
    assert got.label == "twice", f"expected the static part kept, got {got.label!r}"
    assert float(ops.sum(got.x)) == 4, f"expected 4, got {float(ops.sum(got.x))}"


def _member(shape: tuple[int, ...], ops: Any) -> None:
    refused: list[object] = []
    test = ops.member_test(shape, ops.sanitize_dtype("float32"), refused.append)
    test(ops.asarray(np.zeros(shape, "float32"), dtype=ops.float32))
    assert not refused, "expected a member to pass, got it handed on"
    others = [
        ops.zeros((*shape, 2), dtype=ops.float32),
        ops.zeros(shape, dtype=ops.int32),
        [0.0] * 3,
        None,
    ]
    for other in others:
        test(other)
    assert len(refused) == len(others), (
        f"expected {len(others)} others handed on, got {len(refused)}"
    )


def _numpy() -> Any:
    from spacecore.plugins import resolve

    return resolve("numpy")


def _host(dtype: str, layout: str) -> Any:
    if layout == "empty":
        return np.zeros((0, 3), dtype)
    if layout == "0-d":
        return np.array(3, dtype)
    values = np.arange(6).reshape(2, 3)
    return (values * (1 - 0.5j) if dtype.startswith("complex") else values).astype(dtype)


def _there_and_back(dtype: str, layout: str, choice: bool | None, ops: Any) -> None:
    host = _host(dtype, layout)
    made = put(ops, host, layout if layout in ("strided", "transposed") else "C")
    there = transfer(made, ops, _numpy(), copy=choice)
    assert type(there) is np.ndarray, f"expected a NumPy array, got {type(there).__name__}"
    _same_bits(there, host)
    back = transfer(there, _numpy(), ops, copy=choice)
    assert ops.is_dense(back), f"expected an array of {ops.family}, got {type(back).__name__}"
    assert ops.dtype_name(back.dtype) == dtype, f"expected dtype {dtype}, got {back.dtype}"
    _same_bits(ops.to_numpy(back), host)


def _same_bits(got: Any, want: Any) -> None:
    assert got.dtype == want.dtype, f"expected dtype {want.dtype}, got {got.dtype}"
    assert got.shape == want.shape, f"expected shape {want.shape}, got {got.shape}"
    assert np.asarray(got).tobytes() == want.tobytes(), "expected equal bits, got others"


def _to_numpy(dtype: str, ops: Any) -> None:
    for layout in _LAYOUTS:
        host = _host(dtype, layout)
        x = put(ops, host, layout if layout in ("strided", "transposed") else "C")
        got = ops.to_numpy(x)
        assert isinstance(got, np.ndarray), f"expected a NumPy array, got {type(got).__name__}"
        _same_bits(got, host)


def _export_copies(ops: Any) -> None:
    """The export itself shares nothing, as far as an array can be written to, nor does a move."""
    x = put(ops, np.zeros(3, "float32"))
    view = _numpy().import_dense(ops.export_dense(x, copy=True))
    if view.flags.writeable:
        view[0] = 5
        assert float(x[0]) == 0, "expected copy=True to share nothing, got shared memory"
    x = put(ops, np.zeros(3, "float32"))
    there = transfer(x, ops, _numpy(), copy=True)
    assert there.flags.writeable, "expected copy=True to give an array to write to, got read-only"
    there[0] = 5
    assert float(x[0]) == 0, "expected copy=True to share nothing, got shared memory"


def _import_copies(ops: Any) -> None:
    for size in (3, 64):
        host = np.zeros(size, "float32")
        x = ops.import_dense(host, device=ops.device, copy=True)
        moved = transfer(host, _numpy(), ops, copy=True)
        host[0] = 5
        for made in (x, moved):
            assert float(made[0]) == 0, "expected copy=True to share nothing, got shared memory"


def _odd() -> dict[str, Any]:
    base = np.arange(6, dtype="float32")
    fixed = base.copy()
    fixed.flags.writeable = False
    return {
        "backwards": base[::-1],
        "broadcast": np.broadcast_to(base[:3], (2, 3)),
        "read-only": fixed,
        "every other": base[::2],
        "column order": np.asfortranarray(base.reshape(2, 3)),
    }


def _odd_numpy(ops: Any) -> None:
    """What DLPack can't carry as it is: backwards, broadcast, read-only, foreign byte order."""
    foreign = np.arange(6, dtype=">f4")
    for name, x in {**_odd(), "byte order": foreign}.items():
        got = np.asarray(ops.to_numpy(transfer(x, _numpy(), ops)))
        assert np.array_equal(got, x), f"expected the values of a {name} array, got others"


def _odd_dlpack(ops: Any) -> None:
    """What NumPy itself takes over from one of its arrays."""
    for name, x in _odd().items():
        got = np.asarray(ops.to_numpy(ops.from_dlpack(x)))
        assert np.array_equal(got, x), f"expected the values of a {name} array, got others"


def _bit_exact(ops: Any) -> None:
    bits = np.array([0x7FC00001, 0xFFC00000, 0x80000000, 0x00000001, 0x7F800000], dtype="uint32")
    host = bits.view("float32")
    _same_bits(np.asarray(ops.to_numpy(transfer(host, _numpy(), ops))), host)
