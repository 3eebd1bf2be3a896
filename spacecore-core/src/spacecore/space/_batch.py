"""Applying a function of one element to a batch with any number of leading axes."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from spacecore import _tree
from spacecore._typing import Shape
from spacecore.backend import BackendOps

__all__ = ["batched"]


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
        return ops.vmap(function)(*batches)
    count, flat = len(leading), (prod(leading),)
    rows = [_reshaped(ops, xs, count, flat) for xs in batches]
    return _reshaped(ops, ops.vmap(function)(*rows), 1, leading)


def _of_nothing(
    ops: BackendOps, function: Callable[..., Any], leading: Shape, batches: tuple[Any, ...]
) -> Any:
    """The result over no elements, in the form that the function gives one of zeros."""

    def blank(x: Any) -> Any:
        return ops.zeros(x.shape[len(leading) :], dtype=x.dtype, device=ops.device_of(x))

    def none(x: Any) -> Any:
        return ops.zeros((*leading, *x.shape), dtype=x.dtype, device=ops.device_of(x))

    return _mapped(ops, none, function(*(_mapped(ops, blank, xs) for xs in batches)))


def _mapped(ops: BackendOps, function: Callable[[Any], Any], x: Any) -> Any:
    return function(x) if ops.is_dense(x) else _tree.map_leaves(function, x)


def _reshaped(ops: BackendOps, batch: Any, count: int, leading: Shape) -> Any:
    """The batch with its first `count` axes replaced, in every leaf."""

    def reshape(x: Any) -> Any:
        return ops.reshape(x, (*leading, *x.shape[count:]))

    return _mapped(ops, reshape, batch)
