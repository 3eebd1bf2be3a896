"""Control flow, vectorization and random keys for libraries that run eagerly.

Public for plugin authors: a backend whose library has no loops, `vmap` or key-based random
numbers of its own gets them here, with the meaning that the contract gives them.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from numbers import Real
from typing import Any, NoReturn

from spacecore import _tree
from spacecore._typing import type_name
from spacecore.errors import CastError

__all__ = [
    "RandomKey",
    "check_count",
    "check_drawn",
    "check_interval",
    "check_key",
    "fori_loop",
    "refuse_key",
    "scan",
    "stretch",
    "vmap",
    "while_loop",
]


def fori_loop(lower: int, upper: int, body: Callable[[Any, Any], Any], init: Any) -> Any:
    """Return the state after `state = body(i, state)` for `i` from `lower` to `upper - 1`."""
    state = init
    for i in range(int(lower), int(upper)):
        state = body(i, state)
    return state


def while_loop(cond: Callable[[Any], Any], body: Callable[[Any], Any], init: Any) -> Any:
    """Return the state after `state = body(state)` for as long as `cond(state)` holds."""
    state = init
    while cond(state):
        state = body(state)
    return state


def scan(
    ops: Any,
    f: Callable[[Any, Any], tuple[Any, Any]],
    init: Any,
    xs: Any,
    *,
    length: int | None = None,
    reverse: bool = False,
) -> tuple[Any, Any]:
    """Return the final carry and the outputs of `f`, stacked; see `BackendOps.scan`."""
    leaves, structure = _tree.flatten(xs)
    count = _scan_length([leaf.shape[0] for leaf in leaves], length)
    carry, outputs = init, []
    for i in reversed(range(count)) if reverse else range(count):
        carry, y = f(carry, _tree.unflatten(structure, [_index(leaf, i, 0) for leaf in leaves]))
        outputs.append(y)
    if count:
        return carry, _stack(ops, outputs[::-1] if reverse else outputs)
    _, y = f(init, _tree.unflatten(structure, [_blank(ops, leaf, 0) for leaf in leaves]))
    return init, _empty(ops, y)


def vmap(ops: Any, fn: Callable[..., Any], in_axes: Any, out_axes: Any) -> Callable[..., Any]:
    """Return `fn` mapped over an axis by a loop; see `BackendOps.vmap`."""

    def mapped(*args: Any) -> Any:
        leaves, structure = _tree.flatten(args)
        axes = _mapped_axes(in_axes, args)
        count = _mapped_length(leaves, axes)

        def call(pick: Callable[[Any, int], Any]) -> Any:
            picked = [x if a is None else pick(x, a) for x, a in zip(leaves, axes, strict=True)]
            return fn(*_tree.unflatten(structure, picked))

        if count == 0:
            return _empty(ops, call(lambda x, axis: _blank(ops, x, axis)), out_axes)
        outputs = [call(lambda x, axis, i=i: _index(x, i, axis)) for i in range(count)]  # type: ignore[misc]
        return _stack(ops, outputs, out_axes)

    return mapped


class RandomKey:
    """An immutable key: a seed, and the path of splits that led here.

    Parameters
    ----------
    seed : int
        Non-negative.
    path : tuple of int
    """

    __slots__ = ("_state", "path", "seed")

    seed: int
    path: tuple[int, ...]
    _state: int | None

    def __init__(self, seed: int, path: tuple[int, ...] = ()):
        if isinstance(seed, bool) or int(seed) != seed or seed < 0:
            raise ValueError(f"A random seed is a non-negative integer. Got {seed!r}.")
        object.__setattr__(self, "seed", int(seed))
        object.__setattr__(self, "path", path)
        object.__setattr__(self, "_state", None)

    def split(self, num: int = 2) -> tuple[RandomKey, ...]:
        """Return `num` keys with streams independent of each other and of this one's."""
        return tuple(RandomKey(self.seed, (*self.path, i)) for i in range(check_count(num)))

    def state(self) -> int:
        """Return 64 bits to seed another library's generator with."""
        if self._state is None:
            from hashlib import blake2b

            # A seventh of what `SeedSequence` takes, which is longer than a small draw.
            digest = blake2b(repr((self.seed, self.path)).encode(), digest_size=8).digest()
            object.__setattr__(self, "_state", int.from_bytes(digest, "little"))
        return self._state  # type: ignore[return-value]

    def generator(self) -> Any:
        """Return a fresh NumPy generator at the start of this key's stream."""
        from numpy.random import Generator, Philox, SeedSequence

        return Generator(Philox(SeedSequence(self.seed, spawn_key=self.path)))

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError("A random key is immutable; split it to get new ones.")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RandomKey):
            return NotImplemented
        return (self.seed, self.path) == (other.seed, other.path)

    def __hash__(self) -> int:
        return hash((self.seed, self.path))

    def __repr__(self) -> str:
        return f"RandomKey({self.seed}, {self.path})" if self.path else f"RandomKey({self.seed})"

    def __reduce__(self) -> tuple[Any, ...]:
        return RandomKey, (self.seed, self.path)


def check_count(num: int) -> int:
    """Return the number of keys that `random_split` is asked for.

    Raises
    ------
    ValueError
        If it is negative.
    """
    count = operator.index(num)
    if count < 0:
        raise ValueError(f"`random_split` needs num >= 0. Got {num!r}.")
    return count


def check_key(key: Any) -> RandomKey:
    """Return a key; raise for what is none.

    Raises
    ------
    TypeError
    """
    if not isinstance(key, RandomKey):
        refuse_key(key)
    return key


def refuse_key(key: Any) -> NoReturn:
    """Raise the error of what is given for a random key and is none.

    Raises
    ------
    TypeError
    """
    seed = key if isinstance(key, int) else "seed"
    raise TypeError(
        f"Random numbers are drawn by a key. Got {type_name(key)}. "
        f"Make one of a seed: `ops.random_key({seed})`."
    )


def check_drawn(function: str, dtype: str) -> None:
    """Raise unless a random function of the contract draws numbers of a dtype.

    Parameters
    ----------
    function : {"random_normal", "random_uniform", "random_integers", "random_rademacher"}
    dtype : str
        The standard's name.

    Raises
    ------
    CastError
    """
    kind, names = _DRAWN[function]
    if not dtype.startswith(names):
        raise CastError(f"`{function}` draws numbers of {kind} dtype. Got {dtype}.")


def check_interval(low: Any, high: Any, largest: float) -> bool:
    """Return whether an interval of `random_uniform` is wider than the largest number is large.

    Parameters
    ----------
    low, high : float
        Arrays are not looked into.
    largest : float
        The largest number of the dtype.

    Raises
    ------
    ValueError
        If a bound is NaN, beyond the dtype, or on the wrong side of the other.
    """
    if not (_is_number(low) and _is_number(high)):
        return False
    if not -largest <= low <= high <= largest:
        raise ValueError(
            f"`random_uniform` draws from [low, high) of finite numbers of the dtype, up to "
            f"{largest:.5g}. Got [{low}, {high})."
        )
    return bool(high - low > largest)


def stretch(unit: Any, low: Any, high: Any, *, wide: bool) -> Any:
    """Return numbers of [0, 1) stretched to [low, high), up to rounding.

    Parameters
    ----------
    unit : array
    low, high : float
    wide : bool
        What `check_interval` returned: whether the width overflows.
    """
    return low * (1 - unit) + high * unit if wide else unit * (high - low) + low


def _is_number(x: Any) -> bool:
    return isinstance(x, Real)


_DRAWN = {
    "random_normal": ("a floating-point or complex", ("float", "bfloat", "complex")),
    "random_uniform": ("a real floating-point", ("float", "bfloat")),
    "random_integers": ("an integer", ("int", "uint")),
    "random_rademacher": ("a numeric", ("int", "uint", "float", "bfloat", "complex")),
}


def _scan_length(lengths: list[int], length: int | None) -> int:
    known = set(lengths) | ({length} if length is not None else set())
    if len(known) != 1:
        got = f"lengths {sorted(known)}" if known else "no leaves and no length"
        raise ValueError(f"`scan` needs one length for all leaves of xs. Got {got}.")
    return known.pop()


def _mapped_axes(in_axes: Any, args: tuple[Any, ...]) -> list[int | None]:
    """One axis for each leaf of the arguments."""
    per_arg = in_axes if isinstance(in_axes, tuple | list) else (in_axes,) * len(args)
    if len(per_arg) != len(args):
        raise ValueError(
            f"`vmap` needs one of in_axes for each argument. "
            f"Got {len(per_arg)} for {len(args)} arguments."
        )
    return _tree.broadcast_prefix(tuple(per_arg), args)


def _mapped_length(leaves: list[Any], axes: list[int | None]) -> int:
    try:
        lengths = {x.shape[a] for x, a in zip(leaves, axes, strict=True) if a is not None}
    except IndexError:
        shapes = ", ".join(str(tuple(x.shape)) for x in leaves)
        raise ValueError(
            f"`vmap` maps axes that its arguments have. Got in_axes {_shown(axes)} for shapes "
            f"{shapes}. Count axes from 0, or from -1 backwards."
        ) from None
    if len(lengths) != 1:
        got = f"lengths {sorted(lengths)}" if lengths else "no mapped axis"
        raise ValueError(f"`vmap` needs mapped axes of one length. Got {got}.")
    return lengths.pop()


def _shown(axes: list[int | None]) -> str:
    return str(axes[0]) if len(set(axes)) == 1 else str(tuple(axes))


def _index(x: Any, i: int, axis: int) -> Any:
    """One slice of `x`; an index that names fewer axes than there are is not in the standard."""
    ndim = len(x.shape)
    key = (slice(None),) * (axis % ndim) + (i,)
    return x[key] if len(key) == ndim else x[(*key, ...)]


def _blank(ops: Any, x: Any, axis: int) -> Any:
    """Zeros of the shape that one slice of `x` has, to learn what a function returns."""
    where = axis % len(x.shape)
    shape = x.shape[:where] + x.shape[where + 1 :]
    return ops.zeros(shape, dtype=x.dtype, device=ops.device_of(x))


def _stack(ops: Any, outputs: list[Any], axes: Any = 0) -> Any:
    first, structure = _tree.flatten(outputs[0])
    columns = zip(*(_tree.flatten(y)[0] for y in outputs), strict=True)
    where = _tree.broadcast_prefix(axes, outputs[0]) if first else []
    joined = [
        _same(ops, column) if a is None else ops.stack([ops.asarray(x) for x in column], axis=a)
        for column, a in zip(columns, where, strict=True)
    ]
    return _tree.unflatten(structure, joined)


def _same(ops: Any, column: tuple[Any, ...]) -> Any:
    """The result that each slice has.

    Raises
    ------
    ValueError
        If the slices have different ones.
    """
    first = ops.asarray(column[0])
    for other in column[1:]:
        if other is not column[0] and not _equal(ops, first, ops.asarray(other)):
            raise ValueError(
                "`vmap` gives a result whole, with None in out_axes, that is the same for every "
                "slice. Got different ones. Name an axis for it."
            )
    return first


def _equal(ops: Any, x: Any, y: Any) -> bool:
    """Whether two arrays hold the same, NaN in the same places."""
    if x.shape != y.shape:
        return False
    return bool(ops.all((x == y) | ((x != x) & (y != y))))  # noqa: PLR0124


def _empty(ops: Any, example: Any, axes: Any = 0) -> Any:
    """The result over no slices at all: a zero-length axis in each leaf."""
    leaves, structure = _tree.flatten(example)
    where = _tree.broadcast_prefix(axes, example)
    empty = [
        ops.asarray(x) if axis is None else _no_slices(ops, x, axis)
        for x, axis in zip(leaves, where, strict=True)
    ]
    return _tree.unflatten(structure, empty)


def _no_slices(ops: Any, x: Any, axis: int) -> Any:
    one = ops.stack([ops.asarray(x)], axis=axis)
    before = (slice(None),) * (axis % len(one.shape))
    return one[(*before, slice(0, 0), ...)]
