"""The dot test: whether a hand-written adjoint is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spacecore.errors import SpaceValidationError

if TYPE_CHECKING:
    from spacecore.linop._base import LinOp

__all__ = ["probe_adjoint"]


def probe_adjoint(op: LinOp) -> None:
    """Raise unless `⟨A x, y⟩ = ⟨x, A.H y⟩` for random x and y, to rounding.

    Costs two products and two inner products. The same elements are drawn every time. An
    operator that has no adjoint passes: there is nothing to test.

    Raises
    ------
    SpaceValidationError
        Says how far the two sides are apart.
    """
    ops = op.ops
    for_x, for_y = ops.random_split(ops.random_key(0))
    x, y = op.domain.random(for_x), op.codomain.random(for_y)
    forward = op.apply(x)
    try:
        backward = op.rapply(y)
    except NotImplementedError:
        return
    left, right = op.codomain.inner(forward, y), op.domain.inner(x, backward)
    if ops.is_traced(left) or ops.is_traced(right):
        return
    scale = _number(op.codomain.norm(forward)) * _number(op.codomain.norm(y))
    scale += _number(op.domain.norm(x)) * _number(op.domain.norm(backward))
    gap = abs(_number(left) - _number(right))
    allowed = 100 * ops.eps(op.codomain.dtype) * max(op.shape) ** 0.5 * scale
    if not gap <= allowed:
        raise SpaceValidationError(
            f"An adjoint satisfies <A x, y> = <x, A.H y>. For random x and y, `rapply` of "
            f"{type(op).__name__}, from its codomain to its domain, misses what `apply` says by "
            f"{gap:.2e}, with {allowed:.2e} for rounding. Mend `rapply`, or `apply`."
        )


def _number(x: Any) -> Any:
    value = complex(x)
    return value if value.imag else value.real
