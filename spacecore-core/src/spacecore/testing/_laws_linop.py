"""The laws of linear operators."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np

from spacecore import _tree
from spacecore.linop import (
    ComposedLinOp,
    IdentityLinOp,
    LinOp,
    MatrixFreeLinOp,
    ScaledLinOp,
    SumLinOp,
    ZeroLinOp,
    make_composed,
    make_scaled,
    make_sum,
)
from spacecore.space import Space
from spacecore.testing import _laws_space
from spacecore.testing._compare import check_raises
from spacecore.testing._laws_space import (
    elements,
    leading_axes,
    stacked,
    the_same_bits,
)

__all__ = ["OPERATOR_LAWS"]


def same(A: LinOp, got: Any, want: Any, what: str) -> None:
    """Compare to the rounding of the coarsest dtype that elements of A's spaces have."""
    ops = A.ops
    leaves = _tree.flatten((A.domain.zeros(), A.codomain.zeros()))[0]
    _laws_space.same(ops, got, want, what, eps=max(ops.eps(x.dtype) for x in leaves))


def _is_linear(A: LinOp, has_adjoint: bool) -> None:
    x, y = elements(A.domain, 2)
    a = 0.5 - 2j if A.domain.field == "complex" else -2.5
    left, right = A.apply(A.domain.axpy(a, x, y)), A.codomain.axpy(a, A.apply(x), A.apply(y))
    same(A, left, right, "A (a x + y)")
    A.codomain.check_member(left)
    for again in (A @ x, A(x)):
        the_same_bits(A.ops, again, A.apply(x), "A @ x")
    if has_adjoint:
        u, v = elements(A.codomain, 2)
        together = A.rapply(A.codomain.axpy(a, u, v))
        same(A, together, A.domain.axpy(a, A.rapply(u), A.rapply(v)), "A.H (a u + v)")
        A.domain.check_member(together)


def _has_adjoint(A: LinOp, has_adjoint: bool) -> None:
    (x,), (y,) = elements(A.domain, 1, 1), elements(A.codomain, 1, 2)
    if not has_adjoint:
        check_raises(lambda: A.rapply(y), NotImplementedError)
        check_raises(lambda: A.H.apply(y), NotImplementedError)
        return
    left, right = A.codomain.inner(A.apply(x), y), A.domain.inner(x, A.rapply(y))
    same(A, left, A.ops.astype(A.ops.asarray(right), left.dtype), "<A x, y> = <x, A.H y>")


def _adjoint_is_an_operator(A: LinOp, has_adjoint: bool) -> None:
    if not has_adjoint:
        return
    B = A.H
    (x,), (y,) = elements(A.domain, 1, 1), elements(A.codomain, 1, 2)
    assert (B.domain, B.codomain) == (A.codomain, A.domain), "expected the spaces swapped"
    assert B.shape == A.shape[::-1], f"expected shape {A.shape[::-1]}, got {B.shape}"
    same(A, B.apply(y), A.rapply(y), "A.H y")
    same(A, B.rapply(x), A.apply(x), "(A.H).H x")
    same(A, B.H.apply(x), A.apply(x), "A.H.H x")
    same(A, (B @ A).H.apply(x), (B @ A).apply(x), "(A.H A).H x")
    twice = A @ B @ A
    same(A, twice.H.apply(y), B.apply(A.apply(B.apply(y))), "(A A.H A).H y")


def _has_matrix(A: LinOp, _: bool) -> None:
    ops = A.ops
    (x,) = elements(A.domain, 1)
    matrix = A.to_matrix()
    assert tuple(matrix.shape) == A.shape, f"expected shape {A.shape}, got {tuple(matrix.shape)}"
    want = A.codomain.flatten(A.apply(x))
    got = ops.astype(ops.matmul(matrix, A.domain.flatten(x)), want.dtype)
    same(A, got, want, "matrix times x")
    dense = A.to_dense()
    shape = (*A.codomain.shape, *A.domain.shape)
    assert tuple(dense.shape) == shape, f"expected shape {shape}, got {tuple(dense.shape)}"
    same(A, ops.reshape(dense, A.shape), matrix, "to_dense")
    if ops.allow_sparse and A.domain.size and A.codomain.size:
        same(A, ops.sparse_to_dense(A.to_sparse()), matrix, "to_sparse")


def _matrix_is_a_homomorphism(A: LinOp, has_adjoint: bool) -> None:
    ops = A.ops
    matrix = ops.astype(A.to_matrix(), A.dtype)
    sides: list[tuple[str, LinOp, Any]] = [
        ("A + A", A + A, matrix + matrix),
        ("A - A", A - A, matrix - matrix),
        ("-2.5 A", -2.5 * A, -2.5 * matrix),
        ("A / 4", A / 4, matrix / 4),
    ]
    if A.domain == A.codomain:
        sides.append(("A ** 2", A**2, ops.matmul(matrix, matrix)))
    if has_adjoint:
        sides.append(("A.H A", A.H @ A, ops.matmul(A.H.to_matrix(), matrix)))
    for what, op, want in sides:
        same(A, ops.astype(op.to_matrix(), A.dtype), ops.astype(want, A.dtype), what)


def _batches_equal_one_by_one(A: LinOp, has_adjoint: bool) -> None:
    directions: list[tuple[Space, Any, Any]] = [(A.domain, A.apply, A.vapply)]
    if has_adjoint:
        directions += [(A.codomain, A.rapply, A.rvapply), (A.codomain, A.H.apply, A.H.vapply)]
    for space, one, each in directions:
        for leading in leading_axes(space):
            xs = elements(space, max(int(np.prod(leading)), 1))
            got = each(stacked(A.ops, xs, leading))
            want = stacked(A.ops, [one(x) for x in xs], leading)
            same(A, got, want, f"{each.__name__} of {leading}")


def _rewriting_changes_nothing(A: LinOp, has_adjoint: bool) -> None:
    identity, zero = IdentityLinOp(A.domain), ZeroLinOp(A.domain, A.codomain)
    end = IdentityLinOp(A.codomain)
    rewritten: list[tuple[str, LinOp, LinOp]] = [
        ("sum with zero", make_sum(A, zero, A), SumLinOp([A, zero, A])),
        ("nested sum", make_sum(SumLinOp([A, A]), A), SumLinOp([SumLinOp([A, A]), A])),
        ("multiple of 1", make_scaled(1, A), ScaledLinOp(1, A)),
        ("multiple of 0", make_scaled(0, A), ScaledLinOp(0, A)),
        ("multiple of a multiple", make_scaled(2, make_scaled(3, A)), ScaledLinOp(6, A)),
        ("product with identities", make_composed(end, A, identity), ComposedLinOp([end, A])),
        ("product with zero", make_composed(end, zero), ComposedLinOp([end, zero])),
        (
            "numbers in a product",
            make_composed(2 * end, 3 * A),
            ComposedLinOp([ScaledLinOp(2, end), ScaledLinOp(3, A)]),
        ),
        ("fused", A.fuse(), A),
        ("fused sum", (A + 2 * A).fuse(), ScaledLinOp(3, A)),
        ("materialized", A.fuse(materialize=True), A),
    ]
    if A.domain == A.codomain:
        rewritten += [
            ("square", A**2, ComposedLinOp([A, A])),
            ("fused square", (A**2).fuse(), ComposedLinOp([A, A])),
        ]
    if has_adjoint:
        gram = ComposedLinOp([A.H, A])
        rewritten.append(("fused product", make_composed(A.H, A).fuse(), gram))
    (x,), (y,) = elements(A.domain, 1, 1), elements(A.codomain, 1, 2)
    for what, one, other in rewritten:
        assert (one.domain, one.codomain) == (other.domain, other.codomain), what
        assert one.dtype == other.dtype, what
        same(A, one.apply(x), other.apply(x), what)
        if has_adjoint:
            given = y if one.codomain == A.codomain else x
            same(A, one.rapply(given), other.rapply(given), f"adjoint of {what}")


def _hermitian_is_never_wrong(A: LinOp, has_adjoint: bool) -> None:
    answer = A.is_hermitian()
    if A.domain != A.codomain:
        assert answer is False, f"expected False between two spaces, got {answer}"
        return
    x, y = elements(A.domain, 2)
    left, right = A.codomain.inner(A.apply(x), y), A.domain.inner(x, A.apply(y))
    if answer is True:
        same(A, left, right, "<A x, y> = <x, A y>")
    if A.ctx.check_level == "strict":
        assert answer is not None, "expected an answer at strict"
        if answer is False:
            check_raises(lambda: same(A, left, right, "<A x, y> = <x, A y>"), AssertionError)
    gram = A.H @ A if has_adjoint else IdentityLinOp(A.domain)
    assert gram.is_hermitian() is True, "expected A.H A to be Hermitian by structure"


def _is_kept(A: LinOp, has_adjoint: bool) -> None:
    ops = A.ops
    (x,), (y,) = elements(A.domain, 1, 1), elements(A.codomain, 1, 2)
    leaves, recipe = A.tree_flatten()
    copies = [type(A).tree_unflatten(recipe, leaves)]
    if not _holds_functions(A):
        copies.append(pickle.loads(pickle.dumps(A)))  # noqa: S301
    for copy in copies:
        assert type(copy) is type(A)
        assert hash(copy) == hash(A), "expected an equal hash"
        assert (copy.domain, copy.codomain) == (A.domain, A.codomain), "expected equal spaces"
        assert (copy.domain is copy.codomain) == (A.domain is A.codomain), "expected one object"
        the_same_bits(ops, copy.apply(x), A.apply(x), "a copy's apply")
        if has_adjoint:
            the_same_bits(ops, copy.rapply(y), A.rapply(y), "a copy's rapply")
    for stand_in in (None, object()):
        empty = type(A).tree_unflatten(recipe, [stand_in] * len(leaves))
        assert empty.tree_flatten() == ((stand_in,) * len(leaves), recipe), "expected stand-ins"


def _converts_without_loss(A: LinOp, has_adjoint: bool) -> None:
    assert A.convert(A.ctx) is A, "expected itself"
    if _holds_functions(A):
        return
    there = A.convert("numpy")
    assert there.ctx.check_level == A.ctx.check_level, "expected the same check level"
    assert repr(type(there)) == repr(type(A)), "expected the same class"
    back = there.convert(A.ctx.ops)
    assert (back.domain, back.codomain) == (A.domain, A.codomain), "expected equal spaces"
    assert (back.domain is back.codomain) == (A.domain is A.codomain), "expected one object"
    (x,), (y,) = elements(A.domain, 1, 1), elements(A.codomain, 1, 2)
    same(A, back.apply(x), A.apply(x), "apply, there and back")
    if has_adjoint:
        same(A, back.rapply(y), A.rapply(y), "rapply, there and back")
    for one, other in zip(back.tree_flatten()[0], A.tree_flatten()[0], strict=True):
        if A.ops.is_dense(other):
            the_same_bits(A.ops, one, other, "an array, there and back")


def _compiles(A: LinOp, has_adjoint: bool) -> None:
    ops = A.ops
    if "jit" not in ops.capabilities:
        return
    (x,), (y,) = elements(A.domain, 1, 1), elements(A.codomain, 1, 2)

    def both(B: LinOp, x: Any, y: Any) -> Any:
        return B, B.apply(x), B.rapply(y) if has_adjoint else None

    returned, forward, backward = ops.jit(both)(A, x, y)
    assert type(returned) is type(A), f"expected {type(A).__name__}, got {type(returned).__name__}"
    assert (returned.domain, returned.codomain) == (A.domain, A.codomain), "expected equal spaces"
    same(A, forward, A.apply(x), "compiled apply")
    if has_adjoint:
        same(A, backward, A.rapply(y), "compiled rapply")


def _holds_functions(A: Any) -> bool:
    """Whether a function is somewhere in an expression: it pickles if it has a name."""
    if isinstance(A, MatrixFreeLinOp):
        return True
    if isinstance(A, LinOp):
        return any(map(_holds_functions, A._data_values().values()))
    return isinstance(A, tuple) and any(map(_holds_functions, A))


OPERATOR_LAWS: dict[str, Callable[[LinOp, bool], None]] = {
    "linear": _is_linear,
    "adjoint": _has_adjoint,
    "adjoint-operator": _adjoint_is_an_operator,
    "matrix": _has_matrix,
    "homomorphism": _matrix_is_a_homomorphism,
    "batches": _batches_equal_one_by_one,
    "rewriting": _rewriting_changes_nothing,
    "hermitian": _hermitian_is_never_wrong,
    "kept": _is_kept,
    "convert": _converts_without_loss,
    "compiled": _compiles,
}
