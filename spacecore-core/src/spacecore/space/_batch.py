"""Applying a function of one element to a batch with any number of leading axes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from math import prod
from typing import Any

from spacecore import _tree
from spacecore._typing import Shape
from spacecore.backend import BackendOps

__all__ = ["batched", "mapped"]


def batched(ops: BackendOps, function: Callable[..., Any], leading: Shape, *batches: Any) -> Any:
    """Return `function` of each element, stacked along the leading axes of the batches.

    Parameters
    ----------
    ops : BackendOps
    function : callable
        Takes and gives arrays, or trees of them.
    leading : tuple of int
        The leading axes of every leaf of every batch.
    """
    if not leading:
        return function(*batches)
    if 0 in leading:
        return _of_nothing(ops, function, leading, batches)
    if len(leading) == 1:
        return _over_rows(ops, function, batches)
    count, flat = len(leading), (prod(leading),)
    rows = tuple(_reshaped(ops, xs, count, flat) for xs in batches)
    return _reshaped(ops, _over_rows(ops, function, rows), 1, leading)


def _over_rows(ops: BackendOps, function: Callable[..., Any], batches: tuple[Any, ...]) -> Any:
    """`function` of each element along one leading axis.

    The library sees arrays alone: it knows its own kinds of trees, and no dataclass of a user's.
    """
    arrays: list[Any] = []
    forms = []
    for xs in batches:
        leaves, form = ([xs], None) if ops.is_dense(xs) else _tree.flatten(xs)
        arrays += leaves
        forms.append((form, len(leaves)))
    of_result: list[Any] = []

    def of_arrays(*given: Any) -> Any:
        remaining = iter(given)
        elements = [
            next(remaining) if form is None else _tree.unflatten(form, [*islice(remaining, count)])
            for form, count in forms
        ]
        result = function(*elements)
        if ops.is_dense(result):
            return result
        leaves, form = _tree.flatten(result)
        of_result[:] = [form]
        return tuple(leaves)

    results = ops.vmap(of_arrays)(*arrays)
    return _tree.unflatten(of_result[0], results) if of_result else results


def _of_nothing(
    ops: BackendOps, function: Callable[..., Any], leading: Shape, batches: tuple[Any, ...]
) -> Any:
    """The result over no elements, in the form that the function gives one of zeros."""

    def blank(x: Any) -> Any:
        return ops.zeros(x.shape[len(leading) :], dtype=x.dtype, device=ops.device_of(x))

    def none(x: Any) -> Any:
        return ops.zeros((*leading, *x.shape), dtype=x.dtype, device=ops.device_of(x))

    return mapped(ops, none, function(*(mapped(ops, blank, xs) for xs in batches)))


def mapped(ops: BackendOps, function: Callable[[Any], Any], x: Any) -> Any:
    """Return an array's image, or the tree of the images of a tree's leaves."""
    return function(x) if ops.is_dense(x) else _tree.map_leaves(function, x)


def _reshaped(ops: BackendOps, batch: Any, count: int, leading: Shape) -> Any:
    """The batch with its first `count` axes replaced, in every leaf."""

    def reshape(x: Any) -> Any:
        return ops.reshape(x, (*leading, *x.shape[count:]))

    return mapped(ops, reshape, batch)
