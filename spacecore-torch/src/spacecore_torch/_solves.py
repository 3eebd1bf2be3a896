"""Linear solves whose derivatives are linear solves, in both modes and inside `torch.func`.

One function stands for x = A⁻¹ b and for its adjoint, y = A⁻ᴴ b. With the form
φ(operands, y, x) = Re ⟨y, A x⟩ the derivatives of both are alike: a solve of the other kind, and
the gradient of φ by the operands.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch._C._functorch import is_functorch_wrapped_tensor
from torch.autograd import forward_ad
from torch.utils._pytree import SUPPORTED_NODES

from spacecore.backend import differs
from spacecore.errors import UnsupportedOperationError
from spacecore_torch._hidden import constant, refuse_hidden
from spacecore_torch._problem import Problem, varies
from spacecore_torch._sparse_product import Pattern
from spacecore_torch._tracing import is_in_two_forward_modes, is_transforming, is_wrapped

__all__ = ["Solves"]


class Solves:
    """`custom_linear_solve`."""

    @staticmethod
    @differs("Torch would differentiate every step, and keep it")
    def custom_linear_solve(
        matvec: Callable[[Any, Any], Any],
        operands: Any,
        b: Any,
        /,
        solve: Callable[..., tuple[Any, Any]],
        tangent_solve: Callable[..., Any],
        transpose_solve: Callable[..., Any],
    ) -> tuple[Any, Any]:
        if torch.compiler.is_compiling():
            # The number of steps depends on values: the graph ends before the solve, and goes on.
            return _uncompiled(matvec, operands, b, solve, tangent_solve, transpose_solve)
        leaves = _tensors(operands, [])
        fixed = not any(map(varies, leaves))
        if fixed and not varies(b):
            if is_transforming():  # a solve reads numbers, which a mapped tensor does not have
                refuse_hidden(matvec(operands, b))
            x, aux = solve(operands, b, _same)
            for each in (x, *aux):  # a start that is the solution depends on nothing that is hidden
                if isinstance(each, torch.Tensor):
                    refuse_hidden(each)
            return x, aux
        problem = Problem(matvec, solve, tangent_solve, transpose_solve, operands)
        if fixed:
            problem.watch(leaves)
        else:
            problem.take_apart()
        known = problem.operands(tuple(map(constant, problem.varying)))
        refuse_hidden(matvec(known, constant(b)))
        x, *aux = _Solve.apply(problem, b, *problem.varying)
        return x, tuple(aux)


@torch.compiler.disable  # type: ignore[untyped-decorator]
def _uncompiled(*args: Any) -> tuple[Any, Any]:
    return Solves.custom_linear_solve(*args)


def _same(function: Callable[..., Any]) -> Callable[..., Any]:
    return function


def _tensors(tree: Any, found: list[Any]) -> list[Any]:
    """The tensors of a tree without its structure, which takes several times as long."""
    kind = type(tree)
    if kind is torch.Tensor or isinstance(tree, torch.Tensor):
        found.append(tree)
    elif kind in SUPPORTED_NODES:
        for child in SUPPORTED_NODES[kind].flatten_fn(tree)[0]:
            _tensors(child, found)
    elif kind not in _NUMBERS and isinstance(tree, tuple):  # a NamedTuple
        for child in tree:
            _tensors(child, found)
    return found


_NUMBERS = frozenset({float, int, bool, complex, type(None)})


class _Solve(torch.autograd.Function):
    """x of b and the tensors among the operands; the other results have no derivatives."""

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Apply without looking at signatures, where no transform is about."""
        if is_transforming() or any(map(is_functorch_wrapped_tensor, args[1:])):
            return super().apply(*args)  # type: ignore[no-untyped-call]
        return super(torch.autograd.Function, cls).apply(*args)  # type: ignore[misc]

    @staticmethod
    def forward(problem: Any, b: Any, *tensors: Any) -> Any:
        return problem.run(b, tensors)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        problem, _, *tensors = inputs
        x, *aux = output
        ctx.problem, ctx.beside = problem, len(aux)
        ctx.save_for_backward(x, *tensors)
        ctx.save_for_forward(x, *tensors)
        ctx.mark_non_differentiable(*(each for each in aux if isinstance(each, torch.Tensor)))

    @staticmethod
    def backward(ctx: Any, gradient: Any, *_: Any) -> Any:
        problem: Problem = ctx.problem
        x, *tensors = ctx.saved_tensors
        other = problem.companion(adjoint=not problem.adjoint)
        if _is_last((gradient, *tensors)):
            y = other.run(gradient, tensors)[0]
        else:
            y = _Solve.apply(other, gradient, *tensors)[0]
        left, right = (x, y) if problem.adjoint else (y, x)
        wanted = [i for i, needed in enumerate(ctx.needs_input_grad[2:]) if needed]
        if torch.is_grad_enabled():
            _refuse_values(problem, tensors, wanted)
        slopes: list[Any] = [None] * len(tensors)
        if wanted:
            for i, slope in zip(
                wanted, _slopes(problem, tensors, wanted, left, right), strict=True
            ):
                slopes[i] = slope
        return None, y, *slopes

    @staticmethod
    def jvp(ctx: Any, _: Any, db: Any, *dtensors: Any) -> Any:
        problem: Problem = ctx.problem
        x, *tensors = ctx.saved_tensors
        x = _outside_of_other_modes(x, [db, *tensors, *dtensors])
        rhs = torch.zeros_like(x) if db is None else db
        moving = [i for i, d in enumerate(dtensors) if d is not None]
        if moving:
            rhs = rhs - _product_tangent(problem, tensors, moving, dtensors, x)
        dx = _Solve.apply(problem.companion(adjoint=problem.adjoint), rhs, *tensors)[0]
        return dx, *(None for _ in range(ctx.beside))

    @staticmethod
    def vmap(info: Any, in_dims: Any, problem: Any, b: Any, *tensors: Any) -> Any:
        _, axis, *axes = in_dims
        b = b.expand(info.batch_size, *b.shape) if axis is None else torch.movedim(b, axis, 0)
        front = [
            x if a is None else torch.movedim(x, a, 0) for x, a in zip(tensors, axes, strict=True)
        ]
        flags = tuple(a is not None for a in axes)
        made = problem.like(levels=(flags, *problem.levels))
        out = _Solve.apply(made, b, *front)
        return out, tuple(0 if isinstance(each, torch.Tensor) else None for each in out)


def _refuse_values(problem: Problem, tensors: Any, wanted: list[int]) -> None:
    """Raise for a gradient by the values of a sparse matrix that is to be differentiated again.

    Torch passes it on through functions of its own that have no second derivative, and forgets
    what it depends on.
    """
    for i in wanted:
        x, is_sparse = tensors[i], isinstance(problem.constants[problem.places[i]], Pattern)
        if is_sparse and not is_wrapped(x) and torch._C._will_engine_execute_node(x.grad_fn):
            raise UnsupportedOperationError(
                "Torch can't differentiate a gradient by the values of a sparse matrix again.",
                backend="torch",
                hint="Ask for it without `create_graph`, or make the matrix a dense one.",
            )


def _of_some(problem: Problem, tensors: Any, where: list[int]) -> Callable[..., Any]:
    """The product as a function of x and of some of the tensors."""

    def product(x: Any, *chosen: Any) -> Any:
        filled = list(tensors)
        for i, value in zip(where, chosen, strict=True):
            filled[i] = value
        return problem.product(filled, x)

    return product


def _is_last(tensors: tuple[Any, ...]) -> bool:
    """Whether nobody differentiates or maps what is computed of these in a backward pass."""
    again = torch.is_grad_enabled() or forward_ad._current_level >= 0
    return not again and not any(map(is_wrapped, tensors))


def _slopes(problem: Problem, tensors: Any, where: list[int], left: Any, right: Any) -> Any:
    """The gradient of -φ(operands, left, right) by some of the tensors."""
    product = _of_some(problem, tensors, where)
    if _is_last((left, right, *tensors)):
        return _slopes_below(product, [tensors[i] for i in where], left, right)
    _, pull = torch.func.vjp(  # type: ignore[misc]
        lambda *chosen: product(right, *chosen), *(tensors[i] for i in where)
    )
    return pull(-left)


def _slopes_below(product: Callable[..., Any], chosen: list[Any], left: Any, right: Any) -> Any:
    """The same below every transform, where nobody differentiates further: it costs a third."""
    with torch.enable_grad():
        leaves = [x.detach().requires_grad_() for x in chosen]
        found = product(right.detach(), *leaves)
    if not found.requires_grad:  # a start, or a preconditioner: the product knows none of them
        return [torch.zeros_like(x) for x in chosen]
    return torch.autograd.grad(found, leaves, -left, materialize_grads=True)


def _product_tangent(
    problem: Problem, tensors: Any, where: list[int], dtensors: Any, x: Any
) -> Any:
    """`dA x`, or `dAᴴ x` for the adjoint problem."""
    product = _of_some(problem, tensors, where)

    def applied(*chosen: Any) -> Any:
        if not problem.adjoint:
            return product(x, *chosen)
        return torch.func.vjp(lambda v: product(v, *chosen), torch.zeros_like(x))[1](x)[0]

    # Forward mode does not nest, so this pulls back twice: J v is the pullback of u -> Jᴴ u.
    given, moves = tuple(tensors[i] for i in where), tuple(dtensors[i] for i in where)
    pull: Callable[[Any], Any] = torch.func.vjp(applied, *given)[1]
    push: Callable[[Any], Any] = torch.func.vjp(pull, torch.zeros_like(x))[1]
    return push(moves)[0]


def _outside_of_other_modes(x: Any, others: list[Any]) -> Any:
    """The solution, as a value that no other derivative is taken through.

    Torch does not know it as a function of anything while it asks for a derivative in forward mode.
    `torch.func.grad` around `torch.func.jvp` finds out; elsewhere the result would be wrong.
    """
    given = [each for each in others if each is not None]
    if any(map(is_in_two_forward_modes, given)):
        raise UnsupportedOperationError(_NESTED.format("forward"), backend="torch", hint=_INSTEAD)
    if any(map(is_wrapped, [x, *given])):
        return x
    reached = [each for each in given if each.requires_grad]
    return _Refusal.apply(x, *reached) if reached else x  # type: ignore[no-untyped-call]


_NESTED = "Torch can't differentiate a derivative of a solve in forward mode by {} mode here."
_INSTEAD = "Use reverse mode inside: `jvp` or `jacfwd` of `grad`; or `torch.func` for both."


class _Refusal(torch.autograd.Function):
    """x, from where no gradient goes on to what it depends on."""

    @staticmethod
    def forward(ctx: Any, x: Any, *_: Any) -> Any:
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, *_: Any) -> Any:
        raise UnsupportedOperationError(_NESTED.format("reverse"), backend="torch", hint=_INSTEAD)
