"""The laws of spaces."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np

from spacecore import _tree
from spacecore.space import Space
from spacecore.testing._compare import check_raises

__all__ = ["SPACE_LAWS", "elements", "leading_axes", "same", "stacked", "the_same_bits"]


def elements(space: Space, count: int, seed: int = 7) -> list[Any]:
    """Return elements of a space with random coordinates, drawn on the host.

    A backend that compiles each function for each shape would spend its time on drawing.
    """
    ops, draw = space.ops, np.random.default_rng(seed)
    like = ops.dtype_name(space.dtype)
    drawn = draw.standard_normal((count, space.size)).astype(like)
    if drawn.dtype.kind == "c":
        drawn += 1j * draw.standard_normal(drawn.shape).astype(like)
    return [space.unflatten(ops.asarray(row)) for row in drawn]


def same(ops: Any, got: Any, want: Any, what: str, *, eps: float = 0.0) -> None:
    """Raise unless two trees of arrays have one form, shapes and dtypes, and agree to rounding.

    Rounding is that of the arrays' dtype, or `eps` where that is coarser.
    """
    have, have_form = _tree.flatten(got)
    wanted, wanted_form = _tree.flatten(want)
    assert have_form == wanted_form, f"{what}: expected a tree {wanted_form}, got {have_form}"
    for one, other in zip(have, wanted, strict=True):
        _same_array(ops, one, other, what, eps)


def the_same_bits(ops: Any, got: Any, want: Any, what: str) -> None:
    """Raise unless two trees of arrays are the same, to the last bit."""
    have, have_form = _tree.flatten(got)
    wanted, wanted_form = _tree.flatten(want)
    assert have_form == wanted_form, f"{what}: expected a tree {wanted_form}, got {have_form}"
    for one, other in zip(have, wanted, strict=True):
        left, right = np.asarray(ops.to_numpy(one)), np.asarray(ops.to_numpy(other))
        assert (left.dtype, left.shape) == (right.dtype, right.shape), (
            f"{what}: expected {right.dtype}{right.shape}, got {left.dtype}{left.shape}"
        )
        assert left.tobytes() == right.tobytes(), f"{what}: expected the same bits"


def leading_axes(space: Space) -> list[tuple[int, ...]]:
    """Return leading axes of batches: several, one as long as an element, and no element."""
    return [(2, 3), (max(space.size, 1),), (0,)]


def _same_array(ops: Any, one: Any, other: Any, what: str, eps: float) -> None:
    assert ops.is_dense(one), f"{what}: expected a dense array, got {type(one).__name__}"
    dtypes = ops.dtype_name(other.dtype), ops.dtype_name(one.dtype)
    assert dtypes[0] == dtypes[1], f"{what}: expected dtype {dtypes[0]}, got {dtypes[1]}"
    left, right = np.asarray(ops.to_numpy(one)), np.asarray(ops.to_numpy(other))
    assert left.shape == right.shape, f"{what}: expected shape {right.shape}, got {left.shape}"
    if left.size == 0:
        return
    allowed = 500 * max(ops.eps(one.dtype), eps) * (1 + np.abs(right).max())
    gap = np.abs(left - right).max()
    assert gap <= allowed, f"{what}: expected equal arrays, got some {gap:.1e} apart"


def _scalar(space: Space, a: complex) -> Any:
    """A number of the space's field as an array of shape ()."""
    return space.ops.asarray(a, dtype=space.dtype)


def _is_inner_product(space: Space, _: bool) -> None:
    ops = space.ops
    x, y, z = elements(space, 3)
    a = 0.5 - 2j if space.field == "complex" else -2.5
    inner = space.inner
    same(ops, inner(x, space.axpy(a, y, z)), a * inner(x, y) + inner(x, z), "linear in the second")
    same(ops, inner(y, x), ops.conj(inner(x, y)), "conjugate symmetric")
    same(ops, inner(space.scale(a, x), y), a.conjugate() * inner(x, y), "conjugate-linear")


def _norm_is_of_the_inner_product(space: Space, _: bool) -> None:
    ops = space.ops
    (x,) = elements(space, 1)
    squared = space.inner(x, x)
    norm = space.norm(x)
    assert not ops.is_complex_dtype(norm.dtype), "expected a real norm"
    same(ops, norm * norm, ops.real(squared), "norm squared")
    positive = float(ops.to_numpy(ops.real(squared)))
    assert positive > 0 or space.size == 0, "expected <x, x> > 0"
    assert float(ops.to_numpy(space.norm(space.zeros()))) == 0, "expected norm(0) = 0"


def _riesz_represents_the_inner_product(space: Space, has_riesz: bool) -> None:
    ops = space.ops
    x, y = elements(space, 2)
    if not has_riesz:
        if space.size:
            check_raises(lambda: space.riesz_inverse(x), NotImplementedError)
        return
    dual = space.riesz(y)
    space.check_member(dual)
    flat = ops.vdot(space.flatten(x), space.flatten(dual))
    same(ops, flat, space.inner(x, y), "vdot(x, R y)")
    same(ops, space.riesz_inverse(dual), y, "R⁻¹ R y")
    same(ops, space.riesz(space.riesz_inverse(y)), y, "R R⁻¹ y")
    if space.is_euclidean:
        the_same_bits(ops, dual, y, "R of a Euclidean space")


def _is_vector_space(space: Space, _: bool) -> None:
    ops = space.ops
    x, y, z = elements(space, 3)
    same(ops, space.add(x, y), space.add(y, x), "x + y")
    same(ops, space.add(space.add(x, y), z), space.add(x, space.add(y, z)), "x + y + z")
    the_same_bits(ops, space.add(x, space.zeros()), x, "x + 0")
    same(ops, space.add(x, space.scale(-1, x)), space.zeros(), "x - x")
    for a in (2, -1.5, np.float64(0.5), np.float32(0.5), _scalar(space, 0.5), np.int64(3)):
        scaled = space.scale(a, x)
        space.check_member(scaled)
        same(ops, space.axpy(a, x, y), space.add(scaled, y), f"axpy with {type(a).__name__}")
    for made in (space.zeros(), space.ones(), x, space.add(x, y)):
        space.check_member(made)


def _flatten_and_unflatten_invert(space: Space, _: bool) -> None:
    ops = space.ops
    (x,) = elements(space, 1)
    v = space.flatten(x)
    assert tuple(v.shape) == (space.size,), f"expected shape {(space.size,)}, got {tuple(v.shape)}"
    the_same_bits(ops, space.unflatten(v), x, "unflatten(flatten(x))")
    the_same_bits(ops, space.flatten(space.unflatten(v)), v, "flatten(unflatten(v))")
    the_same_bits(ops, space.flatten(space.ones()), ops.ones(space.size, dtype=v.dtype), "ones")
    if space.ctx.check_level != "none":
        longer = ops.zeros(space.size + 1, dtype=v.dtype)
        check_raises(lambda: space.unflatten(longer), ValueError)


def _batches_equal_one_by_one(space: Space, has_riesz: bool) -> None:
    ops = space.ops
    pairs: list[tuple[Callable[..., Any], Callable[..., Any], int]] = [
        (space.inner, space.vinner, 2),
        (space.norm, space.vnorm, 1),
        (space.flatten, space.vflatten, 1),
    ]
    if has_riesz:
        pairs += [(space.riesz, space.vriesz, 1), (space.riesz_inverse, space.vriesz_inverse, 1)]
    for leading in leading_axes(space):
        count = int(np.prod(leading))
        xs, ys = (elements(space, max(count, 1), seed) for seed in (1, 2))
        batches = [stacked(ops, drawn, leading) for drawn in (xs, ys)]
        for batch in batches:
            found = space.check_batch(batch)
            assert found == leading or not _tree.flatten(batch)[0], f"expected {leading}"
        if not _tree.flatten(batches[0])[0]:
            continue
        for one, each, arity in pairs:
            single = [one(*pair[:arity]) for pair in zip(xs, ys, strict=True)]
            what = f"{each.__name__} of {leading}"
            same(ops, each(*batches[:arity]), stacked(ops, single, leading), what)
        the_same_bits(ops, space.vunflatten(space.vflatten(batches[0])), batches[0], "vunflatten")


def stacked(ops: Any, drawn: list[Any], leading: tuple[int, ...]) -> Any:
    """Return elements as a batch; of none, the form of one is kept."""
    count = int(np.prod(leading))
    _, form = _tree.flatten(drawn[0])
    columns = zip(*(_tree.flatten(x)[0] for x in drawn), strict=True)
    stacked = [ops.stack([ops.asarray(x) for x in column])[:count, ...] for column in columns]
    return _tree.unflatten(form, [ops.reshape(x, (*leading, *x.shape[1:])) for x in stacked])


def _is_kept(space: Space, _: bool) -> None:
    ops = space.ops
    (x,) = elements(space, 1)
    leaves, recipe = space.tree_flatten()
    copies = [pickle.loads(pickle.dumps(space)), type(space).tree_unflatten(recipe, leaves)]  # noqa: S301
    for copy in copies:
        assert type(copy) is type(space)
        assert copy == space, "expected an equal space"
        assert hash(copy) == hash(space), "expected an equal hash"
        assert copy.ctx == space.ctx, "expected the same context"
        copy.check_member(x)
        the_same_bits(ops, copy.inner(x, x), space.inner(x, x), "inner of a copy")
    type(space).tree_unflatten(recipe, [None] * len(leaves))
    assert type(space).tree_unflatten(recipe, [object()] * len(leaves)).tree_flatten()[1] == recipe


def _converts_without_loss(space: Space, _: bool) -> None:
    assert space.convert(space.ctx) is space, "expected itself"
    there = space.convert("numpy")
    assert there.ctx.check_level == space.ctx.check_level, "expected the same check level"
    back = there.convert(space.ctx)
    assert back == space, "expected an equal space"
    for one, other in zip(back.tree_flatten()[0], space.tree_flatten()[0], strict=True):
        if not isinstance(one, float):
            the_same_bits(space.ops, one, other, "an array of the space")


SPACE_LAWS: dict[str, Callable[[Space, bool], None]] = {
    "inner": _is_inner_product,
    "norm": _norm_is_of_the_inner_product,
    "riesz": _riesz_represents_the_inner_product,
    "vector-space": _is_vector_space,
    "flatten": _flatten_and_unflatten_invert,
    "batches": _batches_equal_one_by_one,
    "kept": _is_kept,
    "convert": _converts_without_loss,
}
