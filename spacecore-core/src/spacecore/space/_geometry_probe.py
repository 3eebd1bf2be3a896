"""Probes of a geometry: what random elements tell of an inner product, to rounding, at `strict`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from spacecore.errors import SpaceValidationError
from spacecore.space._draw import drawn

if TYPE_CHECKING:
    from spacecore.space._base import Space
    from spacecore.space._geometry import InnerProduct

__all__ = ["probe_geometry"]


def probe_geometry(geometry: InnerProduct, space: Space) -> None:
    """Raise unless a geometry is an inner product on a space; a traced one passes.

    Raises
    ------
    SpaceValidationError
        Says which law does not hold.
    """
    if not space.size:  # zero is its only element, and has nothing to tell
        return
    ops: Any = space.ops
    name = type(geometry).__name__
    x, y = drawn(space, 2)
    own, other = geometry.inner(ops, x, x), geometry.inner(ops, y, y)
    if ops.is_traced(own):
        return
    squares = complex(own), complex(other)
    if not all(square.real > 0 for square in squares):
        raise SpaceValidationError(
            f"An inner product is positive: <x, x> > 0 for x other than 0. That of {name} gives "
            f"{min(square.real for square in squares):.3g} for a random x. {geometry._mend}"
        )
    bound = 4 * _bound(space, (squares[0].real * squares[1].real) ** 0.5)
    a = 0.5 - 2j if space.field == "complex" else -2.5
    mixed, mirrored, combined = (
        complex(geometry.inner(ops, *pair)) for pair in ((x, y), (y, x), (x, a * y + x))
    )
    gaps = mirrored.conjugate() - mixed, squares[0].imag
    if not all(abs(gap) <= bound for gap in gaps):
        _refuse(geometry, "is conjugate symmetric: <x, y> = conj <y, x>")
    if not abs(combined - a * mixed - squares[0]) <= bound:
        _refuse(geometry, "is linear in its second argument: <x, a y + x> = a <x, y> + <x, x>")
    _probe_riesz(geometry, space, x, y, mixed, bound)


def _refuse(geometry: InnerProduct, law: str) -> NoReturn:
    name = type(geometry).__name__
    raise SpaceValidationError(
        f"An inner product {law}. That of {name} is not, for random x and y. {geometry._mend}"
    )


def _probe_riesz(
    geometry: InnerProduct, space: Space, x: Any, y: Any, mixed: complex, bound: float
) -> None:
    """The same of the Riesz maps, as far as the geometry has them."""
    ops: Any = space.ops
    name = type(geometry).__name__
    try:
        mapped = geometry.riesz(ops, y)
    except NotImplementedError:  # as `InnerProduct` says of a map that is not written
        return
    if not abs(complex(ops.vdot(x, mapped)) - mixed) <= bound:
        raise SpaceValidationError(
            f"A Riesz map satisfies <x, y> = vdot(x, R y). `riesz` of {name} does not, for random "
            f"x and y. Mend `riesz`, or `inner`."
        )
    try:
        again = geometry.riesz(ops, geometry.riesz_inverse(ops, mapped))
    except NotImplementedError:
        return
    # Compared after `riesz`: an inverse is no worse than its rounding, however R is conditioned.
    gap, length = (float(ops.linalg.vector_norm(z)) for z in (again - mapped, mapped))
    if not gap <= _bound(space, length):
        raise SpaceValidationError(
            f"`riesz_inverse` undoes `riesz`. That of {name} does not, for a random element. "
            f"Mend `riesz_inverse`."
        )


def _bound(space: Space, scale: float) -> float:
    """Half way, in orders of magnitude, from rounding to what n random coordinates differ by."""
    eps: float = space.ops.eps(space.dtype)
    return (eps / max(space.size, 1) ** 0.5) ** 0.5 * scale
