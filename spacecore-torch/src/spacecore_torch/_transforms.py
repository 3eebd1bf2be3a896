"""Derivatives and vectorization by `torch.func`, compilation by `torch.compile`.

Torch's gradient of a real function of complex numbers is the contract's, `dF = Re <grad F, h>`,
and its `vjp` of a linear map is the adjoint.
"""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Sequence
from functools import partial, wraps
from importlib import import_module
from typing import Any

import torch
from torch.utils._pytree import register_pytree_node, tree_flatten, tree_map, tree_unflatten

from spacecore.backend import differs
from spacecore_torch._tracing import holds_somewhere, is_batched

__all__ = ["Transforms", "register_value_class"]


class Transforms:
    """Functions of functions."""

    options: tuple[tuple[str, Any], ...]
    has_native_vmap = True

    @differs("Torch takes tuples of axes, and functions that return tensors only")
    def vmap(
        self, fn: Callable[..., Any], /, in_axes: Any = 0, out_axes: Any = 0
    ) -> Callable[..., Any]:
        axes = tuple(in_axes) if isinstance(in_axes, list) else in_axes

        @wraps(fn)
        def mapped(*args: Any) -> Any:
            absent: list[int] = []
            returning_tensors = _returning_tensors(fn, absent)
            # A key that is not mapped gives every slice the same numbers, as on every backend.
            made = torch.func.vmap(returning_tensors, axes, out_axes, randomness="same")(*args)
            return _without(made, absent) if absent else made

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
        where = argnums if isinstance(argnums, int) else tuple(argnums)

        @wraps(fn)
        def both(*args: Any, **kwargs: Any) -> Any:
            split = _Auxiliary(fn if has_aux else lambda *a, **k: (fn(*a, **k), ()))
            slope, (value, tensors) = torch.func.grad_and_value(split, where, has_aux=True)(
                *args, **kwargs
            )
            return ((value, split.join(tensors)) if has_aux else value), slope

        return both

    @staticmethod
    @differs("Torch takes functions that return tensors only")
    def vjp(fn: Callable[..., Any], /, *primals: Any) -> tuple[Any, Callable[[Any], Any]]:
        absent: list[int] = []
        value, pull = torch.func.vjp(  # type: ignore[misc]
            _returning_tensors(fn, absent), *primals
        )
        if not absent:
            return value, pull
        return _without(value, absent), lambda cotangent: pull(tree_map(_as_tensor, cotangent))

    @staticmethod
    @differs("Torch takes tuples, and warns at the first use")
    def jvp(
        fn: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], /
    ) -> tuple[Any, Any]:
        if not torch.compiler.is_compiling():
            _load_quietly(_FORWARD_MODE)
        value, slope = torch.func.jvp(  # type: ignore[misc]
            fn, tuple(primals), tuple(tangents)
        )
        return value, slope

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
        return tree_map(
            lambda x, y: torch.where(pred, x, y), true_fun(*operands), false_fun(*operands)
        )

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
                chosen = partial(torch.where, holds)
                state = tree_map(chosen, body(state), state)
            else:
                return state


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
        return value, [x for x in self.leaves if isinstance(x, torch.Tensor)]

    def join(self, tensors: list[torch.Tensor]) -> Any:
        """Return the second result, with tensors that the transform is done with."""
        given = iter(tensors)
        leaves = [next(given) if isinstance(x, torch.Tensor) else x for x in self.leaves]
        return tree_unflatten(leaves, self.structure)


def _conjugate(x: Any) -> Any:
    if x is None:
        return None
    return torch.conj(x).resolve_conj()  # `conj_physical` has no rule for `vmap`


def _returning_tensors(fn: Callable[..., Any], absent: list[int]) -> Callable[..., Any]:
    """A function of whose result Torch's transforms take each leaf, None too, noted in `absent`."""

    @wraps(fn)
    def returning_tensors(*args: Any) -> Any:
        leaves, structure = tree_flatten(fn(*args))
        absent[:] = [i for i, x in enumerate(leaves) if x is None]
        return tree_unflatten([_as_tensor(x) for x in leaves], structure)

    return returning_tensors


def _without(tree: Any, absent: list[int]) -> Any:
    """A tree with None again where a tensor stood for it."""
    leaves, structure = tree_flatten(tree)
    for i in absent:
        leaves[i] = None
    return tree_unflatten(leaves, structure)


def _as_tensor(x: Any) -> Any:
    if x is None:
        return torch.zeros(())
    return torch.full((), x) if isinstance(x, int | float | complex) else x


_FORWARD_MODE = "torch._decomp.decompositions_for_jvp"
_COMPILER = "torch.utils.mkldnn"
_LOCK = threading.Lock()


def _load_quietly(module: str) -> None:
    """Import a part of Torch that is loaded at first use, and warns of Torch's own code then."""
    if module not in sys.modules:
        with _LOCK, warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            import_module(module)
