"""The first tutorial's calls, as its readers type them, and what they print."""

# ruff: noqa: T201  printing is what these tests are about

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

import spacecore as sc


@pytest.fixture
def jax() -> ModuleType:
    """JAX in 64 bits, set as the tutorial sets it."""
    import jax

    jax.config.update("jax_enable_x64", True)
    return jax


@pytest.fixture
def ctx() -> sc.Context:
    return sc.Context(sc.NumpyOps(), dtype=np.float64)


@pytest.fixture
def walk() -> Any:
    return np.cumsum(np.random.default_rng(0).standard_normal(60))


def smooth_with_gaussian(ctx: Any, signal: Any, sigma: float = 1.5) -> Any:
    ops = ctx.ops
    x = ctx.asarray(signal)
    n = x.shape[0]
    idx = ops.arange(0, n, dtype=ctx.dtype)
    d2 = (idx[:, None] - idx[None, :]) ** 2
    K = ops.exp(-d2 / (2.0 * sigma**2))
    K = K / ops.sum(K, axis=1)[:, None]
    return ops.matmul(K, x), K


def test_context_says_its_parts(ctx: sc.Context, capsys: pytest.CaptureFixture[str]) -> None:
    print("backend family :", ctx.ops.family)
    print("default dtype  :", ctx.dtype)
    print("check level    :", ctx.check_level)
    x = ctx.asarray([1.0, 2.0, 3.0])
    print("asarray dtype  :", x.dtype, "->", x)
    assert capsys.readouterr().out.splitlines() == [
        "backend family : numpy",
        "default dtype  : float64",
        "check level    : standard",
        "asarray dtype  : float64 -> [1. 2. 3.]",
    ]


def test_routine_on_numpy_agrees_with_plain_numpy(ctx: sc.Context, walk: Any) -> None:
    smoothed, kernel = smooth_with_gaussian(ctx, walk)
    assert str(smoothed.dtype) == "float64"
    weights = np.exp(-(np.subtract.outer(np.arange(60), np.arange(60)) ** 2) / (2 * 1.5**2))
    weights /= weights.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(kernel, weights, rtol=1e-15)
    np.testing.assert_allclose(smoothed, weights @ walk, rtol=1e-13)


def test_routine_on_jax_agrees_with_numpy(jax: ModuleType, ctx: sc.Context, walk: Any) -> None:
    ctx_jax = sc.Context(sc.JaxOps(), dtype=jax.numpy.float64)
    smoothed, _ = smooth_with_gaussian(ctx_jax, walk)
    expected, _ = smooth_with_gaussian(ctx, walk)
    assert type(smoothed).__name__ == "ArrayImpl"
    assert float(np.max(np.abs(np.asarray(smoothed) - expected))) < 1e-13


def test_routine_on_torch_agrees_with_numpy(ctx: sc.Context, walk: Any) -> None:
    import torch

    ctx_torch = sc.Context(sc.TorchOps(), dtype=torch.float64)
    smoothed, kernel = smooth_with_gaussian(ctx_torch, walk)
    expected, _ = smooth_with_gaussian(ctx, walk)
    assert type(smoothed) is type(kernel) is torch.Tensor
    assert float(np.max(np.abs(smoothed.numpy() - expected))) < 1e-13


def test_wrong_shape_is_caught_or_not_by_level(capsys: pytest.CaptureFixture[str]) -> None:
    ctx_checked = sc.Context(sc.NumpyOps(), dtype=np.float64, check_level="standard")
    ctx_silent = sc.Context(sc.NumpyOps(), dtype=np.float64, check_level="none")
    X_checked = sc.DenseVectorSpace((3,), ctx_checked)
    X_silent = sc.DenseVectorSpace((3,), ctx_silent)
    wrong = np.zeros(4)
    try:
        X_checked.check_member(wrong)
    except sc.SpaceValidationError as exc:
        print("standard ->", exc)
    X_silent.check_member(wrong)
    print("none -> accepted silently (no exception raised)")
    assert capsys.readouterr().out.splitlines() == [
        "standard -> Expected shape (3,), got (4,)",
        "none -> accepted silently (no exception raised)",
    ]


def test_enable_checks_still_works_and_is_deprecated() -> None:
    with pytest.warns(DeprecationWarning, match="check_level"):
        ctx = sc.Context(sc.NumpyOps(), enable_checks=False)
    assert ctx.check_level == "none"


@pytest.mark.usefixtures("jax")
def test_space_converts(ctx: sc.Context, capsys: pytest.CaptureFixture[str]) -> None:
    X_np = sc.DenseVectorSpace((3,), ctx)
    print("original :", X_np.ops.family)
    X_to_jax = X_np.convert("jax")
    print("converted:", X_to_jax.ops.family, "(new object:", X_to_jax is not X_np, ")")
    print("same ctx returns self:", X_np.convert(ctx) is X_np)
    assert capsys.readouterr().out.splitlines() == [
        "original : numpy",
        "converted: jax (new object: True )",
        "same ctx returns self: True",
    ]
    assert X_np.convert(sc.BackendFamily("jax")) == X_to_jax
