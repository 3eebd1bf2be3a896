"""What every solver checks once at its entry, and the system in coordinates."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from numbers import Real
from operator import index
from types import FunctionType
from typing import Any, NamedTuple

from spacecore._checks import is_known_false
from spacecore._typing import DType, Shape, type_name
from spacecore.backend import BackendOps, dtype_name
from spacecore.errors import SpaceValidationError
from spacecore.linop import LinOp
from spacecore.linop._refusals import refuse_mismatch
from spacecore.plugins import ops_of_array
from spacecore.space import Space
from spacecore.space._batch import batched

__all__ = [
    "HALF",
    "MOST_STEPS",
    "Operands",
    "Options",
    "check_steps",
    "check_system",
    "checked_tolerance",
    "compiles_loops",
    "in_coordinates",
    "inner_in_coordinates",
    "least_believed",
    "operator_in_coordinates",
    "out_of_coordinates",
    "product_in_coordinates",
    "riesz_in_coordinates",
]

Map = Callable[[Any], Any]
# Numbers of a larger rounding are of half the usual width: squares and inverses leave their range.
HALF = 2.0**-16
MOST_STEPS = 2**31 - 2  # compiled loops count them by 32 bits


class Operands(NamedTuple):
    """Everything that a solve depends on beside the right-hand side: a tree for transformations.

    Attributes
    ----------
    A : LinOp
    preconditioner : LinOp or None
    x0 : array or None
        In coordinates.
    tol, atol : number
    maxiter : int
        Where loops are compiled, an array of shape ().
    """

    A: LinOp
    preconditioner: LinOp | None
    x0: Any
    tol: Any
    atol: Any
    maxiter: Any


class Options(NamedTuple):
    """What a solver keeps, and whom it tells.

    Attributes
    ----------
    keep : int
        How many residual norms there is room for; 0 keeps none.
    watch : Watch or None
        Called with `(k, residual_norm, x)`, x in coordinates.
    check_every : int
        Steps between two stopping tests where a test waits for a device.
    """

    keep: int
    watch: Any
    check_every: int


def checked_tolerance(name: str, value: Any) -> Any:
    """Return a tolerance: a float of Python's, for which nothing is compiled anew, or an array.

    Raises
    ------
    TypeError
        If it is no number.
    ValueError
        If it is negative or infinite, or has several values.
    """
    if type(value) is not float:
        if not isinstance(value, Real):
            return _checked_array(name, value)
        value = float(value)
    if 0 <= value < inf:
        return value
    raise ValueError(_NOT_NEGATIVE.format(f"{name}={value}"))


_NOT_NEGATIVE = "A tolerance is a number of at least 0, and finite. Got {}."


def _checked_array(name: str, value: Any) -> Any:
    ops = ops_of_array(value)
    if ops is None or ops.is_complex_dtype(value.dtype):
        raise TypeError(_NOT_NEGATIVE.format(f"{name} of type {type_name(value)}"))
    if tuple(value.shape) != ():
        raise ValueError(
            f"One tolerance serves every right-hand side. Got {name} of shape "
            f"{tuple(value.shape)}. Map the solve by `ops.vmap` for several."
        )
    known = not ops.is_traced(value) and ops.is_on_host(value)  # nobody waits for an accelerator
    if known and is_known_false(ops, (value >= 0) & (value < inf)):
        raise ValueError(_NOT_NEGATIVE.format(f"{name} with a value beyond"))
    return value


def check_steps(maxiter: int | None, check_every: int | None, default: int) -> int:
    """Return the number of iterations allowed.

    Raises
    ------
    TypeError
        If something is no whole number.
    ValueError
        For a negative number.
    """
    if check_every is not None:
        _whole("check_every", check_every, 1)
    steps = default if maxiter is None else _whole("maxiter", maxiter, 0)
    return min(steps, MOST_STEPS)


def _whole(name: str, value: Any, least: int) -> int:
    try:
        number = index(value)
    except TypeError:
        raise TypeError(f"{name} is a whole number. Got {type_name(value)}.") from None
    if number < least:
        raise ValueError(f"{name} is at least {least}. Got {number}.")
    return number


def check_system(solver: str, A: LinOp, b: Any, x0: Any, preconditioner: LinOp | None) -> Shape:
    """Return the leading axes of b: none for one right-hand side.

    Raises
    ------
    SpaceValidationError
        If A is not square or can't be Hermitian, its numbers are integers, or something is not of
        its space.
    TypeError
        If A or the preconditioner is no operator.
    """
    if not isinstance(A, LinOp):
        raise TypeError(_no_operator(solver, "A", A))
    space = A.domain
    if A.codomain is not space and A.codomain != space:
        rule = "A.domain == A.codomain; an operator names both, `DenseLinOp(M, X, X)`"
        refuse_mismatch(solver, rule, space, A.codomain)
    if not _has_fractions(A.ops, space.dtype):
        raise SpaceValidationError(
            f"`{solver}` divides, so it needs a space of floating-point numbers. Got dtype "
            f"{dtype_name(space.dtype)}. Make A of floating-point numbers."
        )
    if A.is_hermitian() is False:
        raise SpaceValidationError(f"`{solver}` needs A = A.H. Got {A!r}, which is not Hermitian.")
    if preconditioner is not None:
        _check_preconditioner(solver, space, preconditioner)
    leading = _leading("b", space, b)
    if x0 is not None and (own := _leading("x0", space, x0)) != leading:
        raise SpaceValidationError(
            f"`{solver}` needs one x0 for each right-hand side. Got leading axes {own} for x0 "
            f"and {leading} for b."
        )
    return leading


def _leading(name: str, space: Space, x: Any) -> Shape:
    try:
        return space.check_batch(x)
    except SpaceValidationError as error:
        raise SpaceValidationError(f"{name}: {error}") from None


def _has_fractions(ops: BackendOps, dtype: DType) -> bool:
    known = _FRACTIONS.get(dtype)
    if known is None:
        known = _FRACTIONS[dtype] = ops.isdtype(dtype, ("real floating", "complex floating"))
    return known


_FRACTIONS: dict[DType, bool] = {}
"""Whether the numbers of a dtype have fractions, of those asked for so far."""


def _check_preconditioner(solver: str, space: Space, preconditioner: Any) -> None:
    if not isinstance(preconditioner, LinOp):
        raise TypeError(_no_operator(solver, "preconditioner", preconditioner))
    for side in (preconditioner.domain, preconditioner.codomain):
        if side is not space and side != space:
            raise SpaceValidationError(
                f"`{solver}` needs a preconditioner that maps A.domain to itself. "
                f"Got {side!r} and {space!r}."
            )


def _no_operator(solver: str, name: str, given: object) -> str:
    if isinstance(given, FunctionType):
        cure = f"Wrap a function: `MatrixFreeLinOp({name}, {name}, space, space)`."
    else:
        ops = ops_of_array(given)
        kind = "SparseLinOp" if ops is not None and ops.is_sparse(given) else "DenseLinOp"
        cure = f"Wrap a matrix: `{kind}({name}, space, space)`."
    return f"`{solver}` takes {name} as a LinOp. Got {type_name(given)}. {cure}"


def in_coordinates(space: Space, leading: Shape, x: Any) -> Any:
    """Return an element, or a batch, as an array of shape (..., size)."""
    if space._holds_arrays:
        if len(space.shape) == 1:
            return x
        return space.ops.reshape(x, (*leading, space.size))
    return batched(space.ops, space._flatten, leading, x)


def out_of_coordinates(space: Space, leading: Shape, v: Any) -> Any:
    """Return the element, or the batch, of coordinates; shape (..., size)."""
    if space._holds_arrays:
        if len(space.shape) == 1:
            return v
        return space.ops.reshape(v, (*leading, *space.shape))
    return batched(space.ops, space._unflatten, leading, v)


def operator_in_coordinates(op: LinOp, leading: Shape) -> Map:
    """Return A as a function on arrays of shape (..., size)."""
    space = op.domain
    if leading:
        return lambda v: in_coordinates(
            space, leading, op._vapply(out_of_coordinates(space, leading, v), leading)
        )
    apply = _seen_once(op)
    if space._holds_arrays and len(space.shape) == 1:
        return apply
    flatten, unflatten = space._flatten, space._unflatten
    return lambda v: flatten(apply(unflatten(v)))


def _seen_once(op: LinOp) -> Map:
    """Return A, raising if the first of its results is no element: a user's function gave it."""
    apply, space = op._forward_kernel() or op._apply, op.codomain
    if op.ctx.check_level == "none":
        return apply
    unseen = [True]

    def seen(x: Any) -> Any:
        result = apply(x)
        if unseen:
            unseen.clear()
            if space.check_batch(result):  # reads no values: that they are finite is told later
                space.check_member(result)
        return result

    return seen


def product_in_coordinates(op: LinOp) -> Callable[[Any, Any], Any]:
    """Return A as a function of a vector of coordinates, and of memory that it may write to."""
    product = op._coordinate_kernel()
    if product is not None:
        return product
    apply = operator_in_coordinates(op, ())
    return lambda v, out: apply(v)


def inner_in_coordinates(space: Space, leading: Shape) -> Callable[[Any, Any], Any]:
    """Return the inner product on arrays of shape (..., size)."""
    if space.is_euclidean:
        return space.ops.linalg.vecdot

    def inner(x: Any, y: Any) -> Any:
        elements = [out_of_coordinates(space, leading, v) for v in (x, y)]
        return batched(space.ops, space._inner, leading, *elements)

    return inner


def riesz_in_coordinates(space: Space, leading: Shape, *, inverse: bool) -> Map | None:
    """Return the Riesz map, or its inverse, on arrays of shape (..., size); None for identity."""
    if space.is_euclidean:
        return None
    riesz = space._riesz_inverse if inverse else space._riesz

    def mapped(v: Any) -> Any:
        x = out_of_coordinates(space, leading, v)
        return in_coordinates(space, leading, batched(space.ops, riesz, leading, x))

    return mapped


def compiles_loops(ops: BackendOps) -> bool:
    """Whether a whole solve is compiled: not where vectors are changed in place."""
    return "jit" in ops.capabilities and ops.bindings()["vector_arithmetic"].how == "default"


def least_believed(ops: BackendOps, dtype: DType) -> float:
    """Return how small the recurrence's residual may become, over the true one it began with."""
    return ops.eps(dtype) / 8
