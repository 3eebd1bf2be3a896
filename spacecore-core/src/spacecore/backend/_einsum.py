"""`einsum` in the standard's words, for a library that has none: one `matmul` for each operand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

__all__ = ["einsum"]


def einsum(ops: Any, subscripts: str, operands: Sequence[Any]) -> Any:
    """Return the sum of products that the subscripts describe, as `numpy.einsum`.

    Parameters
    ----------
    ops : namespace
        With the functions of the array API standard.
    subscripts : str
        `"ij,jk->ik"`; without an arrow the result has the letters that occur once, sorted. An
        ellipsis stands for axes that broadcast.
    operands : sequence of array

    Notes
    -----
    The operands are contracted from left to right.
    """
    inputs, output = _parse(subscripts, [len(x.shape) for x in operands])
    terms = [_diagonal(ops, x, axes) for x, axes in zip(operands, inputs, strict=True)]
    made, *rest = terms
    for i, term in enumerate(rest, start=1):
        needed = {*output, *(axis for other in terms[i + 1 :] for axis in other.axes)}
        made = _contract(ops, made, term, needed)
    made = _sum_out(ops, made, set(output))
    return ops.permute_dims(made.array, tuple(made.axes.index(axis) for axis in output))


class _Term(NamedTuple):
    """An array, and a label for each of its axes, no two the same."""

    array: Any
    axes: tuple[str, ...]


def _parse(subscripts: str, ndims: list[int]) -> tuple[list[tuple[str, ...]], tuple[str, ...]]:
    """The labels of the axes of each operand and of the result; "0", "1", ... in an ellipsis."""
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(ndims):
        raise ValueError(
            f"`einsum` needs a term for each operand. Got {subscripts!r} for {len(ndims)} operands."
        )
    inputs = [_labels(term, ndim) for term, ndim in zip(terms, ndims, strict=True)]
    broadcast = sorted({axis for axes in inputs for axis in axes if axis.isdecimal()}, key=int)[
        ::-1
    ]
    if arrow:
        head, ellipsis, tail = right.partition("...")
        return inputs, (*head, *(broadcast if ellipsis else ()), *tail)
    counts = Counter(axis for axes in inputs for axis in axes if not axis.isdecimal())
    return inputs, (*broadcast, *sorted(axis for axis, n in counts.items() if n == 1))


def _labels(term: str, ndim: int) -> tuple[str, ...]:
    head, ellipsis, tail = term.partition("...")
    hidden = ndim - len(head) - len(tail)
    if hidden < 0 or (hidden and not ellipsis):
        raise ValueError(f"A term of `einsum` has a letter for each axis. Got {term!r} for {ndim}.")
    return (*head, *(str(i) for i in reversed(range(hidden))), *tail)


def _diagonal(ops: Any, x: Any, axes: tuple[str, ...]) -> _Term:
    """Take the diagonal for each label that occurs twice."""
    for axis, count in Counter(axes).items():
        for _ in range(count - 1):
            first = axes.index(axis)
            second = axes.index(axis, first + 1)
            x = ops.linalg.diagonal(ops.moveaxis(x, (first, second), (-2, -1)))
            axes = (*(a for i, a in enumerate(axes) if i not in (first, second)), axis)
    return _Term(x, axes)


def _sum_out(ops: Any, term: _Term, needed: set[str]) -> _Term:
    """Add over the axes that nothing else has."""
    gone = tuple(i for i, axis in enumerate(term.axes) if axis not in needed)
    if not gone:
        return term
    total = ops.sum(term.array, axis=gone, dtype=term.array.dtype)
    return _Term(total, tuple(axis for axis in term.axes if axis in needed))


def _contract(ops: Any, one: _Term, other: _Term, needed: set[str]) -> _Term:
    """Multiply two terms, adding over the axes that both have and nothing else needs."""
    one = _sum_out(ops, one, needed | set(other.axes))
    other = _sum_out(ops, other, needed | set(one.axes))
    shared = [axis for axis in one.axes if axis in other.axes]
    batch = [axis for axis in shared if axis in needed]
    summed = [axis for axis in shared if axis not in needed]
    rows = [axis for axis in one.axes if axis not in shared]
    columns = [axis for axis in other.axes if axis not in shared]
    lengths = _lengths(one, other)
    left = _matrix(ops, one, lengths, (batch, rows, summed))
    right = _matrix(ops, other, lengths, (batch, summed, columns))
    axes = (*batch, *rows, *columns)
    shape = tuple(lengths[axis] for axis in axes)
    return _Term(ops.reshape(ops.matmul(left, right), shape), axes)


def _lengths(*terms: _Term) -> dict[str, int]:
    lengths: dict[str, int] = {}
    for term in terms:
        for axis, length in zip(term.axes, term.array.shape, strict=True):
            known = lengths.setdefault(axis, length)
            if known not in (1, length) and length != 1:
                raise ValueError(
                    f"An axis of `einsum` has one length. Got {known} and {length} for {axis!r}."
                )
            lengths[axis] = length if known == 1 else known
    return lengths


def _matrix(ops: Any, term: _Term, lengths: dict[str, int], groups: tuple[list[str], ...]) -> Any:
    """The array of a term, each group of axes but the first, the batch, flattened to one."""
    order = [axis for group in groups for axis in group]
    moved = ops.permute_dims(term.array, tuple(term.axes.index(axis) for axis in order))
    whole = ops.broadcast_to(moved, tuple(lengths[axis] for axis in order))
    batch, *others = groups
    sizes = (prod(lengths[axis] for axis in group) for group in others)
    return ops.reshape(whole, (*(lengths[axis] for axis in batch), *sizes))
