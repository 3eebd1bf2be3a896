"""Derivatives and vectorization by `torch.func`, compilation by `torch.compile`.

Torch's gradient of a real function of complex numbers is the contract's, `dF = Re <grad F, h>`,
and its `vjp` of a linear map is the adjoint.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from importlib import import_module
from typing import Any

import numpy as np
import torch
from torch.utils._pytree import register_pytree_node, tree_flatten, tree_map, tree_unflatten

from spacecore.backend import differs, eager
from spacecore_torch._quiet import quietly
from spacecore_torch._tracing import holds_somewhere, is_batched, is_mapped_here
from spacecore_torch._trees import Structure, axes_of, flatten, paired, spread, unflatten

__all__ = ["Transforms", "register_value_class"]


class Transforms:
    """Functions of functions."""

    options: tuple[tuple[str, Any], ...]
    has_native_vmap = True

    @differs("Torch pairs axes with dicts by their order, and takes and returns tensors only")
    def vmap(
        self, fn: Callable[..., Any], /, in_axes: Any = 0, out_axes: Any = 0
    ) -> Callable[..., Any]:
        @wraps(fn)
        def mapped(*args: Any) -> Any:
            leaves, structure = flatten(args)
            axes = axes_of(in_axes, args, structure)
            if _maps_nothing(leaves, axes):  # of which Torch gets some shapes wrong
                return eager.vmap(self, fn, in_axes, out_axes)(*args)
            made = _Sliced(out_axes)

            # A key that is not mapped gives every slice the same numbers, as on every backend.
            mapping = torch.func.vmap(
                _of_slices(fn, structure, made), tuple(axes), randomness="same"
            )
            return made.join(mapping(*leaves))

        return mapped

    @differs("Torch runs eagerly; `TorchOps(compile=True)` compiles")
    def jit(
        self, fn: Callable[..., Any], /, *, static_argnames: str | Sequence[str] | None = None
    ) -> Callable[..., Any]:
        if ("compile", True) not in self.options:
            return fn
        for module in (_FORWARD_MODE, _COMPILER):
            _load_quietly(module)
        # Else Torch makes a symbol of an integer when it first changes. Shapes are static then too.
        return torch.compile(fn, dynamic=False if static_argnames else None)

    @differs("Torch compiles with `TorchOps(compile=True)` only")
    def forget_compiled(self) -> None:
        if ("compile", True) in self.options and "torch._dynamo" in sys.modules:
            torch.compiler.reset()

    @staticmethod
    @differs("Torch returns the gradient beside auxiliary values that are tensors only")
    def grad(
        fn: Callable[..., Any],
        /,
        argnums: int | Sequence[int] = 0,
        has_aux: bool = False,  # noqa: FBT002  JAX's
    ) -> Callable[..., Any]:
        both = Transforms.value_and_grad(fn, argnums, has_aux)

        @wraps(fn)
        def gradient(*args: Any, **kwargs: Any) -> Any:
            value, slope = both(*args, **kwargs)
            return (slope, value[1]) if has_aux else slope

        return gradient

    @staticmethod
    @differs("Torch returns the gradient first")
    def value_and_grad(
        fn: Callable[..., Any],
        /,
        argnums: int | Sequence[int] = 0,
        has_aux: bool = False,  # noqa: FBT002  JAX's
    ) -> Callable[..., Any]:
        where = (argnums,) if isinstance(argnums, int) else tuple(argnums)
        only = argnums if isinstance(argnums, int) and not has_aux else None

        @wraps(fn)
        def both(*args: Any, **kwargs: Any) -> Any:
            if only is not None and isinstance(args[only], torch.Tensor):
                slope, value = torch.func.grad_and_value(_of_a_tensor(fn), only)(*args, **kwargs)
                return value, slope
            leaves, structure = flatten(tuple([args[i] for i in where]))
            if len({i % len(args) for i in where}) < len(where):
                raise ValueError(f"`argnums` names an argument once. Got {where}.")
            others = list(args)
            for i in where:
                others[i] = None

            def of_leaves(leaves: list[Any], args: Any, kwargs: Any) -> Any:
                given = list(args)
                for i, x in zip(where, unflatten(structure, leaves), strict=True):
                    given[i] = x
                return fn(*given, **kwargs) if has_aux else (fn(*given, **kwargs), ())

            split = _Auxiliary(of_leaves)
            slopes, (value, tensors) = torch.func.grad_and_value(split, has_aux=True)(
                leaves, others, kwargs
            )
            slope = unflatten(structure, slopes)
            return (
                ((value, split.join(tensors)) if has_aux else value),
                slope[0] if isinstance(argnums, int) else slope,
            )

        return both

    @staticmethod
    @differs("Torch takes functions that return tensors only, and dicts in one order only")
    def vjp(fn: Callable[..., Any], /, *primals: Any) -> tuple[Any, Callable[[Any], Any]]:
        leaves, structure = flatten(primals)
        made = _OfLeaves(fn, structure)
        values, pull = torch.func.vjp(made, *leaves)  # type: ignore[misc]
        value = made.join(values)

        def pullback(cotangent: Any) -> Any:
            given = [_as_tensor(x) for x in paired(value, cotangent)]
            whole = isinstance(values, torch.Tensor)
            return unflatten(structure, pull(given[0] if whole else given))

        return value, pullback

    @staticmethod
    @differs("Torch takes tuples, and tensors only, and warns at the first use")
    def jvp(
        fn: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], /
    ) -> tuple[Any, Any]:
        if not torch.compiler.is_compiling():
            _load_quietly(_FORWARD_MODE)
        leaves, structure = flatten(tuple(primals))
        directions = tuple(map(_resolved, paired(tuple(primals), tuple(tangents))))
        made = _OfLeaves(fn, structure)
        values, slopes = torch.func.jvp(  # type: ignore[misc]
            made, tuple(map(_resolved, leaves)), directions
        )
        return made.join(values), made.join(slopes)

    @staticmethod
    @differs("Torch has the adjoint")
    def linear_transpose(fn: Callable[..., Any], /, *examples: Any) -> Callable[[Any], Any]:
        _, adjoint = Transforms.vjp(fn, *examples)

        def transpose(cotangent: Any) -> Any:
            return tree_map(_conjugate, adjoint(tree_map(_conjugate, cotangent)))

        return transpose

    @staticmethod
    @differs("inside `vmap` the predicate has a value for each slice, so that both branches run")
    def cond(
        pred: Any, true_fun: Callable[..., Any], false_fun: Callable[..., Any], /, *operands: Any
    ) -> Any:
        if not is_batched(pred):
            return true_fun(*operands) if pred else false_fun(*operands)
        holds = pred if pred.dtype is torch.bool else pred != 0
        return _chosen(holds, true_fun(*operands), false_fun(*operands))

    @staticmethod
    @differs("inside `vmap` the bounds may have a value for each slice")
    def fori_loop(lower: Any, upper: Any, body: Callable[[Any, Any], Any], init: Any, /) -> Any:
        if not (is_batched(lower) or is_batched(upper)):
            return eager.fori_loop(lower, upper, body, init)
        start = (torch.as_tensor(lower), init)
        return Transforms.while_loop(
            lambda s: s[0] < upper, lambda s: (s[0] + 1, body(s[0], s[1])), start
        )[1]

    @staticmethod
    @differs("inside `vmap` the condition has a value for each slice; all go on until none holds")
    def while_loop(cond: Callable[[Any], Any], body: Callable[[Any], Any], init: Any, /) -> Any:
        state = init
        while True:
            holds = cond(state)
            if not is_batched(holds):
                if not holds:
                    return state
                state = body(state)
            elif holds_somewhere(holds):
                state = _chosen(holds, body(state), state)
            else:
                return state


def _of_a_tensor(fn: Callable[..., Any]) -> Callable[..., Any]:
    """The function, whose value is a tensor also where it is a number."""

    def of_a_tensor(*args: Any, **kwargs: Any) -> Any:
        return _as_tensor(fn(*args, **kwargs))

    return of_a_tensor


def register_value_class(cls: Any) -> None:
    """Let Torch's transforms take the values of a class apart, and put them together again."""

    def flatten(value: Any) -> tuple[list[Any], Any]:
        children, static = value.tree_flatten()
        return list(children), static

    def unflatten(children: Iterable[Any], static: Any) -> Any:
        return cls.tree_unflatten(static, children)

    register_pytree_node(cls, flatten, unflatten)


class _Auxiliary:
    """A function whose second result comes back as its tensors; the rest is kept aside."""

    def __init__(self, fn: Callable[..., tuple[Any, Any]]):
        self.fn = fn
        self.leaves: list[Any] = []
        self.structure: Any = None

    def __call__(self, *args: Any, **kwargs: Any) -> tuple[Any, list[torch.Tensor]]:
        value, aux = self.fn(*args, **kwargs)
        self.leaves, self.structure = tree_flatten(aux)
        return _as_tensor(value), [x for x in self.leaves if isinstance(x, torch.Tensor)]

    def join(self, tensors: list[torch.Tensor]) -> Any:
        """Return the second result, with tensors that the transform is done with."""
        given = iter(tensors)
        leaves = [next(given) if isinstance(x, torch.Tensor) else x for x in self.leaves]
        return tree_unflatten(leaves, self.structure)


def _resolved(x: Any) -> Any:
    """The tensor without pending signs, of which forward mode has no views."""
    return x.resolve_conj().resolve_neg() if isinstance(x, torch.Tensor) else x


def _conjugate(x: Any) -> Any:
    if x is None:
        return None
    return torch.conj(x).resolve_conj()  # `conj_physical` has no rule for `vmap`


class _OfLeaves:
    """A function of trees as one of leaves that returns tensors, as Torch wants it."""

    __name__ = "fn"  # which Torch names in its errors

    def __init__(self, fn: Callable[..., Any], structure: Structure):
        self.fn = fn
        self.structure = structure
        self.returned = structure

    def __call__(self, *leaves: Any) -> Any:
        result = self.fn(*unflatten(self.structure, leaves))
        if isinstance(result, torch.Tensor):
            return result
        made, self.returned = flatten(result)
        return [_as_tensor(x) for x in made]

    def join(self, tensors: Any) -> Any:
        """Return what the function returned, of tensors that the transform is done with."""
        if isinstance(tensors, torch.Tensor):
            return tensors
        return unflatten(self.returned, tensors)


class _Sliced:
    """What a function returns inside `vmap`; what is the same for every slice is kept aside."""

    returned: Structure
    axes: list[int | None]
    aside: list[Any]

    def __init__(self, axes: Any):
        self.given = axes

    def tensors(self, result: Any) -> Any:
        """Return the tensors that `vmap` stacks."""
        if isinstance(result, torch.Tensor) and isinstance(self.given, int):
            return result
        made, self.returned = flatten(result)
        self.axes = spread(self.given, result)
        pairs = [(_as_tensor(x), a) for x, a in zip(made, self.axes, strict=True)]
        self.aside = [_whole(x) if a is None else None for x, a in pairs]
        return [x for x, a in pairs if a is not None]

    def join(self, tensors: Sequence[Any]) -> Any:
        """Return the results, the new axis of each where it goes."""
        if isinstance(tensors, torch.Tensor):
            return torch.movedim(tensors, 0, self.given) if self.given else tensors
        given = iter(tensors)
        leaves = [
            x if a is None else next(given) if a == 0 else torch.movedim(next(given), 0, a)
            for x, a in zip(self.aside, self.axes, strict=True)
        ]
        return unflatten(self.returned, leaves)


def _of_slices(function: Callable[..., Any], structure: Structure, made: _Sliced) -> Any:
    """A function of trees as one of leaves that returns what `vmap` stacks."""

    def fn(*leaves: Any) -> Any:  # which Torch names in its errors
        return made.tensors(function(*unflatten(structure, leaves)))

    return fn


def _whole(x: Any) -> Any:
    """A result that is the same for every slice.

    Raises
    ------
    ValueError
        If it is not.
    """
    if is_mapped_here(x):
        raise ValueError(
            "`vmap` gives a result whole, with None in out_axes, that is the same for every "
            f"slice. Got one of shape {tuple(x.shape)} that depends on it. Name an axis for it."
        )
    return x


def _maps_nothing(leaves: list[Any], axes: list[int | None]) -> bool:
    """Whether the mapped axis has no length; Torch says what is wrong with one."""
    for x, a in zip(leaves, axes, strict=True):
        if a is not None:
            return isinstance(x, torch.Tensor) and -x.ndim <= a < x.ndim and x.shape[a] == 0
    return False


def _chosen(holds: Any, one: Any, other: Any) -> Any:
    """The tree whose slices are those of one tree where a tensor of bools holds, else the other's.

    Raises
    ------
    ValueError
        If the trees differ in structure, or leaves in shape.
    """
    leaves, structure = flatten(one)
    pairs = list(zip(leaves, paired(one, other), strict=True))
    for x, y in pairs:
        shapes = _shape(x), _shape(y)
        if shapes[0] != shapes[1]:
            raise ValueError(
                "Branches, and the states of a loop, have one shape inside `vmap`. "
                f"Got {shapes[0]} and {shapes[1]}. Broadcast one of them."
            )
    return unflatten(structure, [torch.where(holds, x, y) for x, y in pairs])


def _shape(x: Any) -> tuple[int, ...]:
    return tuple(x.shape) if isinstance(x, torch.Tensor) else ()


def _as_tensor(x: Any) -> Any:
    if isinstance(x, np.generic):
        return torch.as_tensor(x)
    return torch.full((), x) if isinstance(x, int | float | complex) else x


_FORWARD_MODE = "torch._decomp.decompositions_for_jvp"
_COMPILER = "torch.utils.mkldnn"


def _load_quietly(module: str) -> None:
    """Import a part of Torch that is loaded at first use, and warns of Torch's own code then."""
    if module not in sys.modules:
        with quietly(DeprecationWarning):
            import_module(module)
