"""A linear solve: its operands, what of them varies, what `vmap` maps, and who solves it."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.autograd import forward_ad
from torch.utils._pytree import TreeSpec, tree_flatten, tree_unflatten

from spacecore_torch._hidden import refuse_hidden
from spacecore_torch._sparse_product import Pattern, values_of
from spacecore_torch._tracing import is_wrapped

__all__ = ["Problem", "varies"]


class Problem:
    """What is solved, and which of it `vmap` maps.

    Attributes
    ----------
    given : tree
        The operands.
    varying : tuple of Tensor
        What of them the function is given: the values of the leaves at the places below.
    structure : TreeSpec or None
        Of the operands; None if nothing in them varies.
    places : tuple of int
        Which leaves of the operands are given to the function as tensors.
    constants : tuple
        The other leaves, and in the place of a sparse matrix that varies its pattern.
    watched : list of (Tensor, int or None)
        The tensors that do not vary, and how often each had been written to when it was solved.
    levels : tuple of tuple
        For each `vmap`, the outermost first: whether it maps each tensor, by its first axis.
        It maps b always.
    main : bool
        Whether this is the solve that was asked for, not one of a derivative.
    adjoint : bool
    """

    structure: TreeSpec | None = None
    varying: tuple[Any, ...] = ()
    places: tuple[int, ...] = ()
    constants: tuple[Any, ...] = ()
    watched: Sequence[tuple[Any, int | None]] = ()
    levels: tuple[tuple[bool, ...], ...] = ()
    main = True
    adjoint = False

    def __init__(
        self,
        matvec: Callable[[Any, Any], Any],
        solve: Callable[..., tuple[Any, Any]],
        tangent_solve: Callable[..., Any],
        transpose_solve: Callable[..., Any],
        given: Any,
    ):
        self.matvec = matvec
        self.solve = solve
        self.tangent_solve = tangent_solve
        self.transpose_solve = transpose_solve
        self.given = given

    def take_apart(self) -> None:
        """Settle what of the operands varies."""
        leaves, self.structure = tree_flatten(self.given)
        self.places = tuple(i for i, x in enumerate(leaves) if varies(x))
        self.varying = tuple(values_of(leaves[i]) for i in self.places)
        self.constants = tuple(
            _constant(x) if i in self.places else x for i, x in enumerate(leaves)
        )
        self.watch([x for x in self.constants if isinstance(x, torch.Tensor)])

    def watch(self, tensors: list[Any]) -> None:
        """Remember how often tensors that do not vary have been written to."""
        self.watched = [(x, _writes(x)) for x in tensors]

    def like(self, **changes: Any) -> Problem:
        """The same problem but for some attributes."""
        made = object.__new__(Problem)
        vars(made).update(vars(self), **changes)
        return made

    def operands(self, tensors: Any, *, below: bool = False) -> Any:
        """The operands with these tensors; `below` every transform sparse ones are Torch's."""
        if self.structure is None or all(map(operator.is_, tensors, self.varying)):
            return self.given
        leaves = list(self.constants)
        for i, x in zip(self.places, tensors, strict=True):
            pattern = leaves[i]
            leaves[i] = x if pattern is None else pattern.filled(x, below=below)
        return tree_unflatten(leaves, self.structure)

    def run(self, b: Any, tensors: Any) -> tuple[Any, ...]:
        """Solve, below every transform; of further results, tensors have no derivative."""
        operands = self.operands(tensors, below=not self.levels)
        if self.main:
            x, aux = self.solve(operands, b, self.lift)
            refuse_hidden(x)
            return x, *aux
        if self.adjoint and b.is_complex():
            return (self.transpose_solve(operands, b.conj(), self.lift).conj().resolve_conj(),)
        if self.adjoint:
            return (self.transpose_solve(operands, b, self.lift),)
        return (self.tangent_solve(operands, b, self.lift),)

    def lift(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function of operands and arrays, mapped over what `vmap` maps."""
        if not self.levels:
            return function

        def mapped(operands: Any, *vectors: Any) -> Any:
            leaves = tree_flatten(operands)[0]
            return self._mapped(
                lambda tensors, *vectors: function(self.operands(tensors), *vectors)
            )([values_of(leaves[i]) for i in self.places], *vectors)

        return mapped

    def product(self, tensors: Any, x: Any) -> Any:
        """A x, for every slice that is mapped."""
        return self._mapped(lambda tensors, x: self.matvec(self.operands(tensors), x))(tensors, x)

    def _mapped(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function of the tensors and arrays, by one `vmap` for each level."""
        for flags in reversed(self.levels):
            function = _vmap(function, [0 if flag else None for flag in flags])
        return function

    def companion(self, *, adjoint: bool) -> Problem:
        """The problem of a derivative.

        Raises
        ------
        RuntimeError
            If a tensor among the operands was written to since it was solved.
        """
        for x, version in self.watched:
            if version is not None and x._version != version:
                raise RuntimeError(
                    "A solve is differentiated with what it solved. Got an operator of which a "
                    f"tensor of shape {tuple(x.shape)} was changed in place since. Change a copy."
                )
        return self.like(main=False, adjoint=adjoint)


def _constant(x: Any) -> Pattern | None:
    """What of a varying leaf does not vary: the pattern of a sparse matrix."""
    return None if x.layout is torch.strided else Pattern.of(x)


def _writes(x: Any) -> int | None:
    """How often a tensor was written to, where Torch counts it."""
    return None if is_wrapped(x) or x.is_inference() else x._version


def varies(x: Any) -> bool:
    """Tell whether derivatives, or values for each slice, are asked of a tensor."""
    if not isinstance(x, torch.Tensor):
        return False
    if is_wrapped(x) or (x.requires_grad and torch.is_grad_enabled()):
        return True
    return forward_ad._current_level >= 0 and x.layout is torch.strided


def _vmap(function: Callable[..., Any], axes: list[int | None]) -> Callable[..., Any]:
    def mapped(tensors: Any, *vectors: Any) -> Any:
        return torch.func.vmap(function, (axes, *(0 for _ in vectors)), randomness="same")(
            tensors, *vectors
        )

    return mapped
