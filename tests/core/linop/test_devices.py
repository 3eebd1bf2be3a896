"""Parts on another device, or of another library, than the context of the whole names."""

from __future__ import annotations

import pytest

import spacecore as sc


def dense(ctx, space):
    return sc.DenseLinOp(ctx.ones((3, 3)), space)


def blocks(ctx, space):
    return sc.DenseBlockDiagonalLinOp(ctx.ones((2, 3, 3)), space)


def diagonal(ctx, space):
    return sc.DiagonalLinOp(ctx.ones(3), space)


def sparse(ctx, space):
    return sc.SparseLinOp(ctx.assparse(ctx.eye(3)), space)


def weights(ctx, space):
    return sc.DenseVectorSpace(3, space.ctx, sc.WeightedInnerProduct(ctx.ones(3)))


def by_operator(ctx, space):
    M = sc.DiagonalLinOp(ctx.ones(3), sc.DenseVectorSpace(3, ctx))
    return sc.DenseVectorSpace(3, space.ctx, sc.OperatorInnerProduct(M))


def by_unplaced_operator(ctx, space):
    return sc.DenseVectorSpace(3, space.ctx, sc.OperatorInnerProduct(sc.DiagonalLinOp(ctx.ones(3))))


HOLDERS = [dense, blocks, diagonal, sparse, weights, by_operator, by_unplaced_operator]


def on(device, level="standard"):
    pytest.importorskip("torch")
    pytest.importorskip("spacecore_torch")
    return sc.Context(f"torch:{device}", "float32", check_level=level)


@pytest.mark.parametrize("level", ["cheap", "standard", "strict"])
@pytest.mark.parametrize("make", HOLDERS)
def test_arrays_on_another_device_are_reported_when_an_object_is_made(make, level):
    X = sc.DenseVectorSpace(3, on("meta", level))
    with pytest.raises(sc.SpaceValidationError, match="Expected device meta, got cpu"):
        make(on("cpu"), X)


@pytest.mark.parametrize("make", HOLDERS)
def test_arrays_on_the_device_pass(make):
    X = sc.DenseVectorSpace(3, on("cpu"))
    make(on("cpu"), X)
    make(sc.Context("torch", "float32"), X)  # where no device is named, arrays are on the host


@pytest.mark.parametrize("make", [dense, blocks, diagonal, sparse, weights])
def test_arrays_are_trusted_at_none(make):
    make(on("cpu"), sc.DenseVectorSpace(3, on("meta", "none")))


def test_a_space_tells_the_device_where_the_context_names_none():
    bare, placed = sc.Context("torch", "float32"), on("meta")
    X = sc.DenseVectorSpace(3, placed)
    with pytest.raises(sc.SpaceValidationError, match="Expected device meta, got cpu"):
        sc.DenseLinOp(bare.ones((3, 3)), X, sc.DenseVectorSpace(3, bare), bare)


def test_spaces_and_operators_on_two_devices_name_both():
    here, there = (sc.DenseVectorSpace(3, on(device)) for device in ("cpu", "meta"))
    assert here == there
    A, B = sc.IdentityLinOp(here), sc.ZeroLinOp(there, there)
    for combine in (
        lambda: A @ B,
        lambda: A + B,
        lambda: sc.TreeSpace.of((here, there)),
        lambda: sc.StackedLinOp((A, B)),
        lambda: sc.BlockDiagonalLinOp((A, B)),
        lambda: sc.ZeroLinOp(here, there),
    ):
        with pytest.raises(ValueError, match="Got torch:cpu, torch:meta"):
            combine()


def test_a_given_context_fits_the_device_of_the_parts():
    here, there = (sc.DenseVectorSpace(3, on(device)) for device in ("cpu", "meta"))
    ctx = here.ctx
    for combine, where in (
        (lambda: sc.ZeroLinOp(here, there, ctx), "for the codomain"),
        (lambda: sc.ZeroLinOp(there, here, ctx), "for the domain"),
        (lambda: sc.StackedSpace(there, 2, ctx), "for the base"),
    ):
        with pytest.raises(sc.SpaceValidationError, match=f"device cpu, got meta {where}"):
            combine()
    with pytest.raises(sc.SpaceValidationError, match=r"\$\.b: Expected device cpu, got meta"):
        sc.TreeSpace.of({"a": here, "b": there}, ctx=ctx)


def test_a_given_context_fits_the_family_of_the_parts(ops):
    if ops.family == "numpy":
        pytest.skip("is the family given")
    X = sc.DenseVectorSpace(3, ops)
    for combine in (
        lambda: sc.IdentityLinOp(X, "numpy"),
        lambda: sc.StackedSpace(X, 2, "numpy"),
        lambda: sc.TreeSpace.of((X,), ctx="numpy"),
    ):
        with pytest.raises(sc.SpaceValidationError, match=f"family numpy, got {ops.family}"):
            combine()


def test_a_notebook_shows_where_sparse_matrices_are():
    A = sparse(on("cpu"), sc.DenseVectorSpace(3, on("cpu")))
    assert "sparse float32, shape (3, 3), on cpu" in A._repr_html_()
