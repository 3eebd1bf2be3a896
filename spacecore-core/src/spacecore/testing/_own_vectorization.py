"""`vmap` and `vectorize`: equal to the loop over slices, for any tree and axis."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from spacecore.testing._case import Case
from spacecore.testing._compare import check_raises
from spacecore.testing._law import check_tree, floats, integers, law

__all__ = ["laws"]

_A = np.arange(6.0).reshape(2, 3) - 1
_B = np.array([2.0, -1.0, 0.5])
_NAN_AT_END = np.array([1.0, 2.0, np.nan])
_BOX = np.arange(12.0).reshape(2, 3, 2) / 4


class _Mapping(NamedTuple):
    """A mapped function with its arguments, and the loop that it stands for."""

    label: str
    function: Callable[[Any], Callable[..., Any]]
    args: tuple[Any, ...]
    expected: Any
    in_axes: Any = 0
    out_axes: Any = 0


def laws() -> Iterator[Case]:
    """Yield the cases."""
    for mapping in _mappings():
        for mode in ("eager", "jit"):
            yield law(f"vmap[{mapping.label}-{mode}]", partial(_check, mapping, mode))
    yield law("vmap[nested]", _nested)
    yield law("vmap[loop-inside]", _loop_inside)
    yield law("vmap[matrix-functions]", _matrix_functions)
    for shapes in _STACKS:
        label = "-".join(str(shape).replace(" ", "") for shape in shapes)
        yield law(f"vmap[solve-{label}]", partial(_solves_of_stacks, shapes))
    for name, options in _REDUCTIONS:
        label = "-".join(f"{key}={value}" for key, value in options.items())
        yield law(f"vmap[{name}-{label}]", partial(_reductions, name, options), operations=(name,))
    yield law("vmap[roll-of-numbers]", _rolled_numbers, operations=("roll",))
    yield law("vmap[take-no-indices]", _no_indices, operations=("take",))
    yield law("vmap[updates-of-no-slices]", _updates_of_none, operations=("index_add", "index_set"))
    yield law("vmap[nothing-among-results]", _nothing_among_results)
    yield law("vmap[nothing-among-arguments]", _nothing_among_arguments)
    yield law("vmap[whole-result-of-an-outer-slice]", _whole_of_outer)
    yield law("vmap[lengths-differ]", _refuses_lengths)
    yield law("vmap[nothing-mapped]", _refuses_nothing)
    yield law("vmap[other-axes-refused]", _refuses_axes)
    yield law("vmap[whole-result-of-a-slice-refused]", _refuses_sliced)
    yield law("vectorize[scalars]", _vectorize)
    yield law("vectorize[tuple]", _vectorize_tuple)
    yield law("vectorize[empty]", _vectorize_empty)
    yield law("vectorize[0-d]", _vectorize_scalar)


def _arrays(ops: Any, tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _arrays(ops, value) for key, value in tree.items()}
    if isinstance(tree, tuple):
        return tuple(_arrays(ops, value) for value in tree)
    return floats(ops, tree) if tree.size else ops.zeros(tree.shape, dtype=ops.default_dtype())


def _check(mapping: _Mapping, mode: str, ops: Any) -> None:
    fn = ops.vmap(mapping.function(ops), in_axes=mapping.in_axes, out_axes=mapping.out_axes)
    compiled = ops.jit(fn) if mode == "jit" else fn
    args = _arrays(ops, mapping.args)
    check_tree(ops, compiled(*args), mapping.expected, loose=4)


def _mappings() -> Iterator[_Mapping]:
    yield _Mapping("axis0", lambda ops: ops.sum, (_A,), _A.sum(axis=1))
    yield _Mapping("axis1", lambda ops: ops.sum, (_A,), _A.sum(axis=0), in_axes=1)
    yield _Mapping("axis-1", lambda ops: lambda x: x * 2, (_BOX,), _moved(2 * _BOX, -1), in_axes=-1)
    yield _Mapping("out1", lambda ops: lambda x: x + 1, (_A,), (_A + 1).T, in_axes=0, out_axes=1)
    yield _Mapping(
        "out-1", lambda ops: lambda x: x + 1, (_BOX,), np.moveaxis(_BOX + 1, 0, -1), out_axes=-1
    )
    yield _Mapping(
        "axis2-out1",
        lambda ops: lambda x: x[:, :2],
        (_BOX,),
        np.stack([_BOX[:, :2, i] for i in range(2)], axis=1),
        in_axes=2,
        out_axes=1,
    )
    yield _Mapping("whole", lambda ops: lambda x, y: x * y, (_A, _B), _A * _B, in_axes=(0, None))
    yield _Mapping(
        "axes-differ",
        lambda ops: lambda x, y: x - y,
        (_A, _A.T),
        np.zeros((3, 2)),
        in_axes=(1, 0),
    )
    yield _Mapping(
        "tree",
        lambda ops: lambda t: {"s": t["a"] * t["b"][0], "t": (t["b"][1], ops.sum(t["a"]))},
        ({"a": _A, "b": (_A[:, 0], _A)},),
        {"s": _A * _A[:, :1], "t": (_A, _A.sum(axis=1))},
    )
    yield _Mapping(
        "tree-of-axes",
        lambda ops: lambda t, k: t["a"] + t["b"] * k,
        ({"a": _A, "b": _B}, _A.T),
        np.stack([_A[:, i] + _B[i] * _A[:, i] for i in range(3)]),
        in_axes=({"a": 1, "b": 0}, 0),
    )
    yield _Mapping(
        "dicts-by-key",
        lambda ops: lambda t: {"u": t["a"] - t["b"], "v": t["a"]},
        ({"b": _A.T, "a": _A},),
        {"u": 0 * _A, "v": _A.T},
        in_axes=({"a": 0, "b": 1},),
        out_axes={"v": 1, "u": 0},
    )
    yield _Mapping(
        "tree-of-outs",
        lambda ops: lambda x: (x, {"u": x[:2]}),
        (_A,),
        (_A, {"u": _A[:, :2].T}),
        out_axes=(0, {"u": 1}),
    )
    yield _Mapping(
        "unmapped-result", lambda ops: lambda x, y: y, (_A, _B), np.stack([_B, _B]), (0, None)
    )
    yield _Mapping(
        "whole-result",
        lambda ops: lambda x, y: (x + 1, {"u": 2 * y, "v": (y, x)}),
        (_A, _B),
        (_A + 1, {"u": 2 * _B, "v": (_B, _A.T)}),
        in_axes=(0, None),
        out_axes=(0, {"u": None, "v": (None, 1)}),
    )
    yield _Mapping(
        "only-whole-results",
        lambda ops: lambda x, y: (y, {"z": -y}),
        (_A, _NAN_AT_END),
        (_NAN_AT_END, {"z": -_NAN_AT_END}),
        in_axes=(0, None),
        out_axes=None,
    )
    yield _Mapping("length-one", lambda ops: lambda x: x * x, (_A[:1],), _A[:1] ** 2)
    empty = np.zeros((0, 3))
    yield _Mapping(
        "empty", lambda ops: lambda x: (x * 2, ops.sum(x)), (empty,), (empty, np.zeros(0))
    )


def _moved(x: Any, axis: int) -> Any:
    return np.moveaxis(x, axis, 0)


def _nested(ops: Any) -> None:
    inner = ops.vmap(lambda x, y: x * y, in_axes=(0, None))
    outer = ops.vmap(inner, in_axes=(None, 0), out_axes=1)
    x, y = floats(ops, [1, 2, 3]), floats(ops, [10, 100])
    check_tree(ops, outer(x, y), np.outer([1.0, 2.0, 3.0], [10.0, 100.0]))


def _loop_inside(ops: Any) -> None:
    def repeated(x: Any) -> Any:
        return ops.fori_loop(0, 3, lambda i, s: s * 2 + x, x)

    check_tree(ops, ops.vmap(repeated)(floats(ops, _A)), 15 * _A)


def _matrix_functions(ops: Any) -> None:
    stack = np.stack([np.eye(2) * 2, np.array([[2.0, 1.0], [0.0, 4.0]])])
    right = np.array([[1.0, 2.0], [3.0, 8.0]])
    got = ops.vmap(lambda a, b: (ops.solve(a, b), a @ b))(floats(ops, stack), floats(ops, right))
    solved = np.stack([np.linalg.solve(a, b) for a, b in zip(stack, right, strict=True)])
    check_tree(ops, got, (solved, np.einsum("nij,nj->ni", stack, right)), loose=10)


_REDUCTIONS: tuple[tuple[str, dict[str, Any]], ...] = tuple(
    (name, options)
    for names, several in (
        (("all", "any", "count_nonzero", "sum", "prod", "max", "min", "mean", "var", "std"), True),
        (("argmax", "argmin"), False),
    )
    for name in names
    for options in (
        *(({"axis": ()}, {"axis": (0, 1), "keepdims": True}) if several else ()),
        {"axis": None, "keepdims": True},
        {"axis": 0},
    )
)


def _reductions(name: str, options: dict[str, Any], ops: Any) -> None:
    """Axes are those of a slice; none of them is another thing than all of them."""
    x = np.array([[[0.0, 2.0, -1.0], [3.0, 0.0, 0.5]], [[0.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])
    got = ops.vmap(lambda v: getattr(ops, name)(v, **options))(floats(ops, x))
    check_tree(ops, got, np.stack([np.asarray(getattr(np, name)(v, **options)) for v in x]))


def _rolled_numbers(ops: Any) -> None:
    """A slice is rolled within itself."""
    check_tree(ops, ops.vmap(lambda v: ops.roll(v, 1))(floats(ops, _B)), _B)
    check_tree(ops, ops.vmap(lambda v: ops.roll(v, 1))(floats(ops, _A)), np.roll(_A, 1, axis=1))


def _no_indices(ops: Any) -> None:
    box = floats(ops, _BOX)
    for axis, want in ((0, (3, 0, 3, 2)), (1, (3, 2, 0, 2)), (-1, (3, 2, 3, 0))):
        for mapped, shape in ((0, (3, 0)), (1, (0, 3))):
            indices = ops.zeros(shape, dtype=integers(ops, [0]).dtype)
            got = ops.vmap(lambda i, a=axis: ops.take(box, i, axis=a), in_axes=mapped)(indices)
            check_tree(ops, got, np.zeros(want))


def _updates_of_none(ops: Any) -> None:
    x = ops.zeros((0, 3), dtype=ops.default_dtype())
    box = ops.ones((4, 5), dtype=ops.default_dtype())
    none = ops.zeros((0, 3), dtype=integers(ops, [0]).dtype)
    for update in (ops.index_add, ops.index_set):
        for index in (0, slice(0, 2), integers(ops, [1, 1])):
            got = ops.vmap(lambda v, u=update, i=index: u(v, i, 1.0))(x)
            check_tree(ops, got, np.zeros((0, 3)))
        for where in (lambda i: i, lambda i: (i, slice(None)), lambda i: (slice(None), i)):
            mapped = ops.vmap(lambda i, u=update, w=where: u(box, w(i), 1.0), in_axes=1)
            check_tree(ops, mapped(none), np.ones((3, 4, 5)))


# Matrices and right-hand sides, of which one might be taken for the other's stack.
_STACKS = (
    ((2, 2), (2,)),
    ((3, 2, 2), (2,)),
    ((2, 2), (1, 2, 1)),
    ((2, 2, 2), (2, 2)),
    ((2, 2, 2), (2, 2, 2)),
    ((3, 2, 2), (2, 1)),
)


def _solves_of_stacks(shapes: tuple[Any, Any], ops: Any) -> None:
    """A right-hand side is a vector if it has one axis, whatever is mapped."""
    rng = np.random.default_rng(0)
    a, b = (rng.uniform(-1, 1, (2, *shape)) for shape in shapes)
    a = a + 3 * np.eye(2)
    for axes in ((0, 0), (0, None), (None, 0)):
        both = list(zip((a, b), axes, strict=True))
        got = ops.vmap(ops.solve, in_axes=axes)(
            *(floats(ops, x if axis == 0 else x[0]) for x, axis in both)
        )
        slices = [x if axis == 0 else (x[0], x[0]) for x, axis in both]
        want = np.stack([np.linalg.solve(*pair) for pair in zip(*slices, strict=True)])
        check_tree(ops, got, want, loose=10)


def _nothing_among_results(ops: Any) -> None:
    """None is an empty tree, in what a mapped function returns too."""
    got = ops.vmap(lambda x: {"y": 2 * x, "z": (None, x[0])})(floats(ops, _A))
    check_tree(ops, got, {"y": 2 * _A, "z": (None, _A[:, 0])})
    assert ops.vmap(lambda x: None)(floats(ops, _A)) is None, "expected None of None alone"


def _nothing_among_arguments(ops: Any) -> None:
    x = floats(ops, _A)
    for axes in (0, (0, None), (0, {"b": 0, "c": None})):
        mapped = ops.vmap(lambda x, t: (x + t["b"][1], t["c"]), in_axes=axes)
        beside = x[0, 0] if axes == (0, None) else x
        got = mapped(x, {"c": None, "b": (None, beside)})
        check_tree(ops, got, (_A + (_A[0, 0] if axes == (0, None) else _A), None))


def _whole_of_outer(ops: Any) -> None:
    """What the inner map gives whole, the outer one may map."""
    x, y = floats(ops, [1, 2, 3]), floats(ops, [10, 100])
    inner = lambda v: ops.vmap(lambda u: (u * v, -v), out_axes=(0, None))(x)  # noqa: E731
    want = np.outer([10.0, 100.0], [1.0, 2.0, 3.0])
    check_tree(ops, ops.vmap(inner)(y), (want, np.array([-10.0, -100.0])))


def _refuses_lengths(ops: Any) -> None:
    mapped = ops.vmap(lambda x, y: x)
    check_raises(lambda: mapped(floats(ops, [1, 2]), floats(ops, [1, 2, 3])), ValueError)


def _refuses_nothing(ops: Any) -> None:
    check_raises(lambda: ops.vmap(lambda x: x, in_axes=None)(floats(ops, [1, 2])), ValueError)


def _refuses_axes(ops: Any) -> None:
    """Axes are a tree like the upper part of the arguments."""
    x = floats(ops, _A)
    for axes in (({"c": 0},), ((0, 0),), (0, 0), (((0,),),)):
        mapped = ops.vmap(lambda t: t["a"], in_axes=axes)
        check_raises(lambda f=mapped: f({"a": x}), ValueError)


def _refuses_sliced(ops: Any) -> None:
    mapped = ops.vmap(lambda x: (x, 2 * x), out_axes=(0, None))
    check_raises(lambda: mapped(floats(ops, [1, 2])), ValueError)


def _vectorize(ops: Any) -> None:
    function = ops.vectorize(lambda x, y: x * 2 + y)
    got = function(floats(ops, _A), floats(ops, _B))
    check_tree(ops, got, 2 * _A + _B)


def _vectorize_tuple(ops: Any) -> None:
    got = ops.vectorize(lambda x, y: (x + y, x > y))(floats(ops, _A), floats(ops, _B))
    check_tree(ops, got, (_A + _B, _A > _B))


def _vectorize_empty(ops: Any) -> None:
    x = ops.zeros((0, 3), dtype=ops.default_dtype())
    got = ops.vectorize(lambda x, y: (x * y, x > y))(x, floats(ops, _B))
    check_tree(ops, got, (np.zeros((0, 3)), np.zeros((0, 3), "bool")))


def _vectorize_scalar(ops: Any) -> None:
    check_tree(ops, ops.vectorize(lambda x: x * 2)(floats(ops, 1.5)), np.asarray(3.0))
