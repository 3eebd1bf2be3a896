"""Cases of compilation: functions compiled and not, and what is seen to be traced in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from spacecore.testing._case import Case
from spacecore.testing._law import check_tree, floats, law

__all__ = ["laws"]

_A = np.arange(6.0).reshape(2, 3) - 1
_B = np.array([2.0, -1.0, 0.5])


def laws() -> Iterator[Case]:
    """Yield the cases."""
    yield law("jit[tree]", _jit_tree)
    yield law("jit[static-argument]", _jit_static)
    yield law("jit[twice]", _jit_twice)
    for name, made in _NUMBERS.items():
        yield law(f"{name}[number]", partial(_number, made), dtypes=("float32",))
        check = partial(_compiled_number, made)
        yield law(f"{name}[number-jit]", check, dtypes=("float32",), capabilities=("jit",))
    yield law("forget_compiled[compiles-again]", _forgotten)
    yield law("is_traced[value]", _not_traced)
    yield law("is_traced[jit]", _traced_in_jit, capabilities=("jit",))
    yield law("is_traced[vmap]", _traced_in_vmap)
    yield law("is_traced[grad]", _traced_in_grad, operations=("grad",))


_NUMBERS: dict[str, Callable[[Any, Any], Any]] = {
    "asarray": lambda ops, s: ops.asarray(s),
    "full": lambda ops, s: ops.full((), s),
}


def _number(made: Callable[[Any, Any], Any], ops: Any) -> None:
    """An array of Python's numbers has the default dtype, and that counts in promotion."""
    x = made(ops, 1.5)
    assert x.dtype == ops.default_dtype(), f"expected {ops.default_dtype()}, got {x.dtype}"
    other = ops.ones((2,), dtype=ops.float32)
    got, want = (x + other).dtype, ops.result_type(x.dtype, other.dtype)
    assert got == want, f"expected {want} of {x.dtype} and {other.dtype}, got {got}"


def _compiled_number(made: Callable[[Any, Any], Any], ops: Any) -> None:
    def added(s: Any) -> Any:
        return made(ops, s) + ops.ones((2,), dtype=ops.float32)

    got, want = ops.jit(added)(1.5).dtype, added(1.5).dtype
    assert got == want, f"expected {want} of the compiled function too, got {got}"


def _jit_tree(ops: Any) -> None:
    function = ops.jit(lambda t, x: {"y": t["a"] @ x, "z": (x, t["a"][0, ...])})
    got = function({"a": floats(ops, _A)}, floats(ops, _B))
    check_tree(ops, got, {"y": _A @ _B, "z": (_B, _A[0])})


def _jit_static(ops: Any) -> None:
    def power(x: Any, count: int) -> Any:
        for _ in range(count):
            x = x * x
        return x

    function = ops.jit(power, static_argnames="count")
    check_tree(ops, function(floats(ops, _B), count=2), _B**4)
    check_tree(ops, function(floats(ops, _B), count=0), _B)
    several = ops.jit(power, static_argnames=("count",))
    check_tree(ops, several(floats(ops, _B), count=1), _B**2)


def _jit_twice(ops: Any) -> None:
    function = ops.jit(ops.jit(lambda x: x + 1))
    check_tree(ops, function(floats(ops, _B)), _B + 1)
    check_tree(ops, function(floats(ops, _A)), _A + 1)


def _forgotten(ops: Any) -> None:
    twice = ops.jit(lambda x: x + x)
    x = floats(ops, _A)
    before = twice(x)
    assert ops.forget_compiled() is None, "expected nothing returned"
    check_tree(ops, twice(x), 2 * _A)
    check_tree(ops, before, 2 * _A)


def _not_traced(ops: Any) -> None:
    for value in (floats(ops, _A), 1.0, None, np.zeros(2)):
        assert ops.is_traced(value) is False, f"expected False for {type(value).__name__}, got True"


def _traced_in_jit(ops: Any) -> None:
    seen = _seen(ops, lambda record: ops.jit(record)(floats(ops, _A)))
    assert seen == [(True, True)], f"expected a traced dense array in jit, got {seen}"


def _traced_in_vmap(ops: Any) -> None:
    seen = _seen(ops, lambda record: ops.vmap(record)(floats(ops, _A)))
    expected = {(ops.has_native_vmap, True)}
    assert set(seen) == expected, f"expected (traced, dense) {expected} in vmap, got {seen}"


def _traced_in_grad(ops: Any) -> None:
    seen = _seen(ops, lambda record: ops.grad(lambda x: ops.sum(record(x)))(floats(ops, _A)))
    assert seen == [(True, True)], f"expected a traced dense array in grad, got {seen}"


def _seen(ops: Any, run: Callable[[Callable[[Any], Any]], Any]) -> list[tuple[bool, bool]]:
    """What `is_traced` and `is_dense` say of the arguments of a transformed function."""
    seen: list[tuple[bool, bool]] = []

    def record(x: Any) -> Any:
        seen.append((ops.is_traced(x), ops.is_dense(x)))
        return x * 2

    run(record)
    return seen
