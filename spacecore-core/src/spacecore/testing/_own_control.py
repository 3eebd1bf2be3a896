"""Control flow: equal to the plain Python loop, eager and compiled, empty and nested."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from spacecore.testing._case import Case
from spacecore.testing._compare import check_raises
from spacecore.testing._law import check_tree, floats, integers, law

__all__ = ["laws"]

_X = np.array([0.5, -1.0, 2.0])


class _Program(NamedTuple):
    """A function written once on ops and once as plain Python, for the same input."""

    function: str
    label: str
    run: Callable[[Any, Any], Any]
    plain: Callable[[Any], Any]


def laws() -> Iterator[Case]:
    """Yield the cases."""
    for program in (*_LOOPS, *_WHILES, *_SCANS, *_BRANCHES):
        for mode in ("eager", "jit"):
            name = f"{program.function}[{program.label}-{mode}]"
            yield law(name, partial(_check, program, mode))
    yield law("while_loop[vmap]", _while_mapped, operations=("vmap",))
    yield law("fori_loop[vmap-of-bounds]", _fori_mapped, operations=("vmap",))
    for name, run in _MAPPED.items():
        yield law(f"{name}[vmap-trees]", partial(_trees_mapped, run), operations=("vmap",))
    yield law("cond[vmap-integer]", _cond_of_integer, operations=("vmap",))
    yield law("cond[vmap-shapes-differ]", _refuses_shapes, operations=("vmap",))
    yield law("scan[lengths-differ]", _refuses_lengths)
    yield law("scan[no-length]", _refuses_no_length)


def _check(program: _Program, mode: str, ops: Any) -> None:
    function = partial(program.run, ops)
    compiled = ops.jit(function) if mode == "jit" else function
    check_tree(ops, compiled(floats(ops, _X)), program.plain(_X), loose=4)


def _while_mapped(ops: Any) -> None:
    """Each slice goes on for as long as its own condition holds."""

    def double(x: Any) -> Any:
        start = (ops.zeros_like(x), x)
        return ops.while_loop(lambda s: s[1] < 10, lambda s: (s[0] + 1, s[1] * 2), start)

    starts = np.array([1.0, 3.0, 20.0, 9.0])
    counts = np.array([4.0, 2.0, 0.0, 1.0])
    check_tree(ops, ops.vmap(double)(floats(ops, starts)), (counts, starts * 2**counts))
    grid = np.stack([starts, starts[::-1]])
    ends = grid * 2 ** np.stack([counts, counts[::-1]])
    check_tree(ops, ops.vmap(ops.vmap(lambda x: double(x)[1]))(floats(ops, grid)), ends)


def _fori_mapped(ops: Any) -> None:
    """Each slice runs between its own bounds."""
    bounds, starts = integers(ops, [0, 1, 3]), floats(ops, [1, 2, 3])
    upwards = ops.vmap(lambda i, x: ops.fori_loop(0, i, lambda k, s: 2 * s + k, x))
    check_tree(ops, upwards(bounds, starts), np.array([1.0, 4.0, 28.0]))
    to_three = ops.vmap(lambda i, x: ops.fori_loop(i, 3, lambda k, s: 2 * s + k, x))
    check_tree(ops, to_three(bounds, starts), np.array([12.0, 12.0, 3.0]))


_MAPPED: dict[str, Callable[[Any, Any], Any]] = {
    "cond": lambda ops, x: ops.cond(
        x > 0, lambda t: {"b": t[0], "a": t}, lambda t: {"a": t, "b": -t[0]}, (x, None)
    ),
    "while_loop": lambda ops, x: ops.while_loop(
        lambda s: s["b"] < 0, lambda s: {"a": s["a"], "b": -s["b"]}, {"b": x, "a": (x, None)}
    ),
}


def _trees_mapped(run: Callable[[Any, Any], Any], ops: Any) -> None:
    """None is an empty tree, and dicts pair by key, whatever their order."""
    x = np.array([1.0, -2.0])
    got = ops.vmap(partial(run, ops))(floats(ops, x))
    check_tree(ops, got, {"a": (x, None), "b": np.abs(x)})


def _cond_of_integer(ops: Any) -> None:
    mapped = ops.vmap(lambda i, x: ops.cond(i, lambda v: v, lambda v: -v, x))
    got = mapped(integers(ops, [0, 1, 2]), floats(ops, _X))
    check_tree(ops, got, np.array([-0.5, -1.0, 2.0]))


def _refuses_shapes(ops: Any) -> None:
    """Nothing is broadcast: the slices of a result have one shape."""
    mapped = ops.vmap(lambda x: ops.cond(x > 0, lambda v: v, lambda v: ops.stack([v, v]), x))
    check_raises(lambda: mapped(floats(ops, _X)), ValueError, TypeError)


def _refuses_lengths(ops: Any) -> None:
    xs = (floats(ops, [1, 2, 3]), floats(ops, [1, 2]))
    check_raises(lambda: ops.scan(lambda c, x: (c, x[0]), floats(ops, 0), xs), ValueError)


def _refuses_no_length(ops: Any) -> None:
    check_raises(lambda: ops.scan(lambda c, x: (c, c), floats(ops, 0), None), ValueError)


def _plain_loop(x: Any) -> Any:
    for i in range(1, 5):
        x = x * 2 + i
    return x


def _loop_on_tree(ops: Any, x: Any) -> Any:
    def body(i: Any, state: Any) -> Any:
        return {"a": state["a"] + state["b"][0], "b": (state["b"][0] * 2, state["b"][1])}

    return ops.fori_loop(0, 3, body, {"a": x, "b": (x, x - 1)})


def _plain_on_tree(x: Any) -> Any:
    return {"a": x + 7 * x, "b": (8 * x, x - 1)}


def _picks(ops: Any, x: Any) -> Any:
    return ops.fori_loop(0, 3, lambda i, s: s + x[i] * x[i], ops.zeros_like(x[0]))


def _nested_loop(ops: Any, x: Any) -> Any:
    def outer(i: Any, s: Any) -> Any:
        return ops.fori_loop(0, 2, lambda j, t: t + i * j + 1, s) * 2

    return ops.fori_loop(0, 3, outer, x)


def _plain_nested(x: Any) -> Any:
    for i in range(3):
        for j in range(2):
            x = x + i * j + 1
        x = x * 2
    return x


_LOOPS = (
    _Program(
        "fori_loop",
        "array",
        lambda ops, x: ops.fori_loop(1, 5, lambda i, s: s * 2 + i, x),
        _plain_loop,
    ),
    _Program(
        "fori_loop", "empty", lambda ops, x: ops.fori_loop(3, 3, lambda i, s: s + 1, x), lambda x: x
    ),
    _Program(
        "fori_loop",
        "backwards",
        lambda ops, x: ops.fori_loop(3, 1, lambda i, s: s + 1, x),
        lambda x: x,
    ),
    _Program("fori_loop", "tree", _loop_on_tree, _plain_on_tree),
    _Program("fori_loop", "index", _picks, lambda x: np.sum(x * x)),
    _Program("fori_loop", "nested", _nested_loop, _plain_nested),
)


def _halve(ops: Any, x: Any) -> Any:
    return ops.while_loop(lambda s: ops.max(ops.abs(s)) > 0.3, lambda s: s / 2, x)


def _plain_halve(x: Any) -> Any:
    while np.max(np.abs(x)) > 0.3:
        x = x / 2
    return x


def _while_on_tree(ops: Any, x: Any) -> Any:
    """The count is an array of integers, and takes no part in the arithmetic."""
    start = (ops.asarray(0), {"x": x})
    return ops.while_loop(
        lambda s: s[0] < 3, lambda s: (s[0] + 1, {"x": s[1]["x"] * s[1]["x"] + 1}), start
    )


def _plain_while_on_tree(x: Any) -> Any:
    for _ in range(3):
        x = x * x + 1
    return (np.asarray(3), {"x": x})


def _nested_while(ops: Any, x: Any) -> Any:
    def grow(s: Any) -> Any:
        inner = ops.while_loop(lambda t: t[0] < 5, lambda t: (t[0] * 2, t[1] + 1), (s[0], s[1]))
        return inner[0] - 3, inner[1]

    return ops.while_loop(lambda s: ops.sum(s[1]) < 9, grow, (x[2], x))


def _plain_nested_while(x: Any) -> Any:
    size, total = x[2], x
    while np.sum(total) < 9:
        while size < 5:
            size, total = size * 2, total + 1
        size = size - 3
    return size, total


_WHILES = (
    _Program("while_loop", "array", _halve, _plain_halve),
    _Program(
        "while_loop",
        "never",
        lambda ops, x: ops.while_loop(lambda s: ops.sum(s) < -100, lambda s: s - 1, x),
        lambda x: x,
    ),
    _Program("while_loop", "tree", _while_on_tree, _plain_while_on_tree),
    _Program("while_loop", "nested", _nested_while, _plain_nested_while),
)


def _running(ops: Any, x: Any) -> Any:
    return ops.scan(lambda c, v: (c + v, c * v), ops.zeros_like(x[0]), x)


def _plain_running(x: Any) -> Any:
    carry, ys = np.asarray(0.0), []
    for v in x:
        carry, y = carry + v, carry * v
        ys.append(y)
    return carry, np.stack(ys)


def _plain_reversed(x: Any) -> Any:
    carry, ys = _plain_running(x[::-1])
    return carry, ys[::-1]


def _scan_on_trees(ops: Any, x: Any) -> Any:
    xs = {"rows": ops.stack([x, 2 * x]), "scale": x[:2]}

    def step(carry: Any, item: Any) -> Any:
        y = (item["rows"] * item["scale"], carry[0])
        return (carry[0] + item["scale"], carry[1] - item["rows"]), y

    return ops.scan(step, (x[0], x), xs)


def _plain_scan_on_trees(x: Any) -> Any:
    rows, first, rest, ys = np.stack([x, 2 * x]), x[0], x, ([], [])  # type: ignore[var-annotated]
    for i in range(2):
        ys[0].append(rows[i] * x[i])
        ys[1].append(first)
        first, rest = first + x[i], rest - rows[i]
    return (first, rest), (np.stack(ys[0]), np.stack(ys[1]))


def _scan_of_nothing(ops: Any, x: Any) -> Any:
    return ops.scan(lambda c, v: (c + 1, (v * 2, c)), x, ops.zeros_like(x)[:0])


def _plain_scan_of_nothing(x: Any) -> Any:
    return x, (np.zeros(0), np.zeros((0, 3)))


def _nested_scan(ops: Any, x: Any) -> Any:
    return ops.scan(lambda c, v: (c + v, _running(ops, x * v)[1]), x[0], x)


def _plain_nested_scan(x: Any) -> Any:
    return x[0] + np.sum(x), np.stack([_plain_running(x * v)[1] for v in x])


_SCANS = (
    _Program("scan", "array", _running, _plain_running),
    _Program(
        "scan",
        "reverse",
        lambda ops, x: ops.scan(lambda c, v: (c + v, c * v), ops.zeros_like(x[0]), x, reverse=True),
        _plain_reversed,
    ),
    _Program(
        "scan",
        "length",
        lambda ops, x: ops.scan(lambda c, v: (c * 2, c), x, None, length=2),
        lambda x: (4 * x, np.stack([x, 2 * x])),
    ),
    _Program(
        "scan",
        "no-outputs",
        lambda ops, x: ops.scan(lambda c, v: (c + v, None), ops.zeros_like(x[0]), x),
        lambda x: (np.sum(x), None),
    ),
    _Program("scan", "trees", _scan_on_trees, _plain_scan_on_trees),
    _Program("scan", "empty", _scan_of_nothing, _plain_scan_of_nothing),
    _Program("scan", "nested", _nested_scan, _plain_nested_scan),
)


def _choose(ops: Any, x: Any) -> Any:
    return ops.cond(ops.sum(x) > 0, lambda a, b: a + b, lambda a, b: a - b, x, 2 * x)


def _on_trees(ops: Any, x: Any) -> Any:
    return ops.cond(
        x[0] > 1,
        lambda t: {"y": t["a"] * 2, "z": t["b"]},
        lambda t: {"y": t["b"], "z": t["a"]},
        {"a": x, "b": -x},
    )


def _nested_cond(ops: Any, x: Any) -> Any:
    def inner(v: Any) -> Any:
        return ops.cond(v[1] < 0, lambda w: w * 10, lambda w: w, v)

    return ops.cond(x[2] > 1, inner, lambda v: -v, x)


def _in_loop(ops: Any, x: Any) -> Any:
    """Pick by the index, which is known only as the loop runs."""

    def body(i: Any, s: Any) -> Any:
        return ops.cond(i % 2 == 0, lambda t: t + 1, lambda t: t * 2, s)

    return ops.fori_loop(0, 4, body, x)


_BRANCHES = (
    _Program("cond", "array", _choose, lambda x: 3 * x),
    _Program("cond", "trees", _on_trees, lambda x: {"y": -x, "z": x}),
    _Program(
        "cond",
        "python-bool",
        lambda ops, x: ops.cond(False, lambda v: v, lambda v: v + 1, x),
        lambda x: x + 1,
    ),
    _Program("cond", "nested", _nested_cond, lambda x: 10 * x),
    _Program("cond", "in-loop", _in_loop, lambda x: ((x + 1) * 2 + 1) * 2),
    _Program(
        "cond", "no-operands", lambda ops, x: ops.cond(x[0] > 0, lambda: x, lambda: -x), lambda x: x
    ),
)
