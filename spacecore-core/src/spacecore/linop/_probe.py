"""Probes: what random elements tell of an operator, to rounding; used at `strict`.

Each draws the same elements every time, and says nothing of traced arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from spacecore import _tree
from spacecore.errors import SpaceValidationError
from spacecore.space._draw import drawn, drawn_rows

if TYPE_CHECKING:
    from spacecore.linop._base import LinOp
    from spacecore.space import Space

__all__ = ["probe_adjoint", "probe_batches", "probe_hermitian"]

Function = Callable[[Any], Any]


def probe_adjoint(op: LinOp) -> None:
    """Raise unless A is linear and `⟨A x, y⟩ = ⟨x, A.H y⟩` for random x and y.

    Costs four products, two more to tell what is wrong. Of an operator that has no adjoint,
    linearity is all that there is to test.

    Raises
    ------
    SpaceValidationError
        Says which function is wrong, as far as that can be told.
    """
    (x, other), (y, another) = drawn(op.domain, 2), drawn(op.codomain, 2, seed=1)
    forward = _linear(op, "apply", x, other)
    y = _leaning(op, op.codomain, y, forward)
    try:
        backward = op.rapply(y)
    except NotImplementedError:
        return
    left, right = op.codomain.inner(forward, y), op.domain.inner(x, backward)
    if _traced(op, left, right):
        return
    scale = _lengths(op.codomain, forward, y) + _lengths(op.domain, x, backward)
    if _agree(op, left, right, scale):
        return
    _linear(op, "rapply", y, another)
    _refuse(op, x, y, forward, backward, scale)


def probe_hermitian(op: LinOp) -> bool | None:
    """Tell whether `⟨A x, y⟩ = ⟨x, A y⟩` for random x and y; None where that can't be read.

    Costs two products.
    """
    space = op.domain
    x, y = drawn(space, 2)
    try:
        along = op.apply(x)
        y = _leaning(op, space, y, along)
        across = op.apply(y)
    except NotImplementedError:  # an adjoint in the expression is missing
        return None
    left, right = space.inner(along, y), space.inner(x, across)
    if _traced(op, left, right):
        return None
    return _agree(op, left, right, _lengths(space, along, y) + _lengths(space, x, across))


def probe_batches(op: LinOp, name: str) -> None:
    """Raise unless a batch form, `vapply` or `rvapply`, equals its function one by one.

    Costs two products, and one of a batch with two leading axes.

    Raises
    ------
    SpaceValidationError
    """
    forward = name == "vapply"
    source, target = (op.domain, op.codomain) if forward else (op.codomain, op.domain)
    one, each = (op.apply, op.vapply) if forward else (op.rapply, op.rvapply)
    ops = op.ops
    rows = drawn_rows(source, (1, 2))
    try:
        single = ops.stack([target.flatten(one(source.unflatten(rows[0, i, ...]))) for i in (0, 1)])
    except NotImplementedError:  # there is no adjoint
        return
    batch = target.vflatten(each(source.vunflatten(rows)))
    gap, length = ops.linalg.vector_norm(batch - single), ops.linalg.vector_norm(single)
    if not (_traced(op, gap, length) or _within(op, gap, _number(length))):
        raise SpaceValidationError(
            f"A batch is computed as if one by one. `{name}` of {type(op).__name__} differs from "
            f"`{name.replace('v', '')}` on random elements. Mend `{name}`, or leave it out."
        )


def _leaning(op: LinOp, space: Space, y: Any, image: Any) -> Any:
    """`y` with as much again of the direction of `image`.

    Of independent elements the inner product is small in many dimensions, and so is what a wrong
    factor changes in it.
    """
    length = space.norm(image)
    if _traced(op, length) or not _number(length):
        return y
    return space.axpy(_number(space.norm(y)) / _number(length), image, y)


def _linear(op: LinOp, name: str, x: Any, other: Any) -> Any:
    """The image of x; raise unless `f(a x + y) = a f(x) + f(y)`."""
    forward = name == "apply"
    source, target = (op.domain, op.codomain) if forward else (op.codomain, op.domain)
    function: Function = op.apply if forward else op.rapply
    both_complex = source.field == target.field == "complex"
    a = 0.5 - 2j if both_complex else -2.5
    image, second = function(x), function(other)
    together = function(source.axpy(a, x, other))
    apart = target.norm(target.axpy(-1, together, target.axpy(a, image, second)))
    if _traced(op, apart):
        return image
    scale = abs(a) * _number(target.norm(image)) + _number(target.norm(second))
    if not _within(op, _number(apart), scale):
        raise SpaceValidationError(
            f"A linear map satisfies A (a x + y) = a A x + A y. `{name}` of {type(op).__name__} "
            f"does not, for random x and y{' and complex a' if both_complex else ''}. "
            f"Mend `{name}`: it may add a constant, or use real parts or absolute values."
        )
    return image


def _refuse(op: LinOp, x: Any, y: Any, forward: Any, backward: Any, scale: float) -> NoReturn:
    """Raise the error of two linear functions of which one is not the other's adjoint."""
    ops, (dom, cod) = op.ops, (op.domain, op.codomain)
    u, v = cod.flatten(forward), cod.flatten(y)
    s, t = dom.flatten(x), dom.flatten(backward)
    weighted = not (dom.is_euclidean and cod.is_euclidean)
    if weighted and _agree(op, ops.vdot(u, v), ops.vdot(s, t), scale):
        fix = (
            "It is the conjugate transpose, without regard to the geometry. Put the Riesz maps "
            "around it, as `MatrixFreeLinOp.from_coordinate_adjoint` does."
        )
    elif _agree(op, ops.sum(u * v), ops.sum(s * t), scale):
        fix = "It is the transpose. Take complex conjugates."
    else:
        fix = "Mend `rapply`, or `apply`."
    gap = abs(_number(cod.inner(forward, y)) - _number(dom.inner(x, backward)))
    raise SpaceValidationError(
        f"An adjoint satisfies <A x, y> = <x, A.H y>. `rapply` of {type(op).__name__}, from its "
        f"codomain to its domain, is not the adjoint of `apply`: both are linear, and for random "
        f"x and y the sides differ by {gap:.2e}, of {scale:.2e}. {fix}"
    )


def _agree(op: LinOp, left: Any, right: Any, scale: float) -> bool:
    return _within(op, abs(_number(left) - _number(right)), scale)


def _within(op: LinOp, gap: Any, scale: float) -> bool:
    """Whether two numbers are equal but for rounding.

    Rounding is off by `eps * scale`, a wrong number for n random coordinates by about
    `scale / sqrt(n)`. The bound lies half way, in orders of magnitude: what computes with some
    error passes, and what is wrong does not, in single precision and millions of coordinates too.
    """
    leaves = _tree.flatten((op.domain.zeros(), op.codomain.zeros()))[0]
    eps = max((op.ops.eps(leaf.dtype) for leaf in leaves), default=0.0)
    bound: float = (eps / max(*op.shape, 1) ** 0.5) ** 0.5 * scale
    return bool(_number(gap) <= bound)


def _lengths(space: Space, x: Any, y: Any) -> float:
    """What `|⟨x, y⟩|` is at most."""
    length: float = _number(space.norm(x)) * _number(space.norm(y))
    return length


def _traced(op: LinOp, *numbers: Any) -> bool:
    return any(op.ops.is_traced(number) for number in numbers)


def _number(x: Any) -> Any:
    value = complex(x)
    return value if value.imag else value.real
