"""Seeing a solver at work: history, callback, progress, and the result itself."""

from __future__ import annotations

import numpy as np
import pytest

import spacecore as sc


@pytest.fixture
def system(ctx, make):
    return make(ctx, np.diag(np.geomspace(1, 100, 20))), ctx.ones(20)


def test_history_holds_the_norm_of_each_step(ctx, system):
    A, b = system
    result = sc.cg(A, b, history=True, tol=1e-8)
    assert result.history.dtype == ctx.dtype
    norms = ctx.ops.to_numpy(result.history)
    norms = norms[np.isfinite(norms)]
    assert norms.shape == (int(result.num_iters) + 1,)
    assert norms[0] == pytest.approx(np.sqrt(20))
    assert norms[-1] == pytest.approx(float(result.residual_norm), rel=1e-3)
    assert sc.cg(A, b).history is None


def test_history_of_a_batch(ctx, system):
    A, b = system
    result = sc.cg(A, ctx.ops.stack([b, 0 * b]), history=True)
    norms = ctx.ops.to_numpy(result.history)
    assert norms.shape[1:] == (2,)
    assert np.isfinite(norms).sum(axis=0).tolist() == [int(result.num_iters[0]) + 1, 1]
    if not ctx.ops.supports("jit"):  # where loops are compiled there is room for all of them
        assert norms.shape[0] == int(result.num_iters[0]) + 1


@pytest.mark.parametrize("every", [1, 3])
def test_callback_sees_steps_as_they_are(ctx, system, every):
    A, b = system
    seen = []
    result = sc.cg(A, b, callback=lambda *step: seen.append(step), check_every=every, tol=1e-8)
    plain = sc.cg(A, b, tol=1e-8)
    assert [k for k, _, _ in seen[:3]] == [0, every, 2 * every]
    for _, norm, x in seen[:-1]:
        A.domain.check_member(x)
        truth = np.linalg.norm(ctx.ops.to_numpy(b - A.apply(x)))
        assert float(norm) == pytest.approx(truth, rel=1e-6)
    assert int(result.num_iters) == int(plain.num_iters)
    steps = [k for k, _, _ in seen]
    assert steps[-1] == int(result.num_iters)  # the last one is told whatever its number
    assert steps == sorted(set(steps))
    assert ctx.ops.allclose(result.x, plain.x)


def test_callback_of_a_batch(ctx, system):
    A, b = system
    norms = []
    bs = ctx.ops.stack([b, 2 * b])
    result = sc.cg(A, bs, callback=lambda k, norm, x: norms.append(ctx.ops.to_numpy(norm)))
    assert norms[0] == pytest.approx([np.sqrt(20), 2 * np.sqrt(20)])
    assert len(norms) == int(ctx.ops.max(result.num_iters)) + 1


@pytest.mark.parametrize("installed", [False, True])
def test_progress_is_a_line(ctx, system, capsys, monkeypatch, installed):
    if installed:
        pytest.importorskip("tqdm")
    else:
        monkeypatch.setattr("spacecore.linalg._watch.find_spec", lambda name: None)
    sc.cg(*system, progress=True)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "cg" in shown.err
    assert "residual" in shown.err
    assert shown.err.endswith("\n")


def test_progress_of_no_system(ctx, system, capsys):
    A, b = system
    result = sc.cg(A, ctx.zeros((0, *b.shape)), progress=True)
    assert tuple(result.code.shape) == (0,)
    assert "cg" in capsys.readouterr().err


def test_result_prints_itself(ctx, system):
    A, b = system
    assert repr(sc.cg(A, b, maxiter=3)).startswith(
        "SolveResult(cg: max iterations after 3 iterations, residual "
    )
    assert "after 1 iteration," in repr(sc.cg(A, b, maxiter=1))
    many = sc.cg(A, ctx.ops.stack([b, b]), maxiter=3)
    assert repr(many) == "SolveResult(cg: 0 of 2 systems converged)"


def test_result_shows_itself_in_a_notebook(ctx, system):
    A, b = system
    for result, outcome in (
        (sc.cg(A, b, maxiter=3), "max iterations after 3 iterations"),
        (sc.cg(A, b), "converged after"),
        (sc.cg(A, ctx.ops.stack([b, b]), history=True), "2 of 2 systems converged"),
    ):
        page = result._repr_html_()
        assert "SolveResult" in page
        assert outcome in page
        assert "residual_norm" in page
        assert page.count("<") == page.count(">")


def test_result_draws_itself(ctx, system):
    plt = pytest.importorskip("matplotlib.pyplot")
    plt.switch_backend("agg")
    A, b = system
    result = sc.cg(A, b, history=True)
    axes = result.plot()
    (line, limit) = axes.get_lines()[:2]
    assert len(line.get_ydata()) == int(result.num_iters) + 1
    assert axes.get_yscale() == "log"
    assert axes.get_xlabel() == "iteration"
    assert "residual" in axes.get_ylabel()
    assert limit.get_ydata()[0] == pytest.approx(1e-6 * np.sqrt(20))
    assert sc.cg(A, b, tol=1e-3, history=True).plot(axes, label="coarse") is axes
    (_, _, second) = axes.get_lines()[:3]
    assert second.get_color() != line.get_color()
    assert axes.get_lines()[3].get_color() == second.get_color()  # its own target
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert legend == ["residual", "target", "coarse"]
    assert axes.get_title("left") == "cg"
    none = sc.cg(A, 0 * b, history=True).plot()
    assert none.get_yscale() == "linear"
    assert none.get_lines()[0].get_ydata().tolist() == [0.0]
    plt.close("all")


def test_a_batch_draws_itself(ctx, system):
    plt = pytest.importorskip("matplotlib.pyplot")
    plt.switch_backend("agg")
    A, b = system
    axes = sc.cg(A, ctx.ops.stack([b] * 60), history=True).plot()
    assert axes.get_title("left") == "cg, 50 of 60 systems"
    plt.close("all")


@pytest.mark.parametrize("maxiter", [3, 80])
@pytest.mark.parametrize("own", [(), (3,)])
def test_what_is_mapped_draws_a_curve_for_each_system(ctx, system, own, maxiter):
    """Also where there are as many systems as norms."""
    plt = pytest.importorskip("matplotlib.pyplot")
    plt.switch_backend("agg")
    A, b = system
    ops = ctx.ops
    bs = ops.broadcast_to(b, (*own, 20))
    scales = ctx.asarray([1.0, 2.0, 3.0, 4.0])

    def solved(scale):
        # Some ops map one by one, and stack what has one length.
        return sc.cg(scale * A, bs, history=True, tol=1e-12, maxiter=maxiter)

    axes = ops.vmap(solved)(scales).plot()
    alone = solved(1.0)
    first = ops.to_numpy(alone.history).reshape(alone.history.shape[0], -1)[:, 0]
    curve = axes.get_lines()[0].get_ydata()
    assert np.allclose(curve[:8], first[:8][: len(curve)], rtol=1e-3)  # then rounding differs
    assert len(curve) > 3
    assert axes.get_title("left") == f"cg, {4 * int(np.prod(own))} systems"
    plt.close("all")


def test_a_status_is_asked_for_outside(ctx, system):
    A, b = system
    if not ctx.ops.supports("jit"):
        pytest.skip("nothing is traced")

    def inside(b):
        sc.cg(A, b).raise_for_status()
        return b

    with pytest.raises(sc.ConversionError, match=r"Return it, and call .* outside"):
        ctx.ops.vmap(inside)(ctx.ops.stack([b, b]))


def test_drawing_says_what_it_needs(ctx, system, monkeypatch):
    monkeypatch.setattr("spacecore.linalg._plot.find_spec", lambda name: None)
    with pytest.raises(ImportError, match="pip install matplotlib"):
        sc.cg(*system, history=True).plot()


def test_a_result_without_history_says_how_to_get_one(ctx, system):
    with pytest.raises(ValueError, match=r"history=True"):
        sc.cg(*system).plot()


def test_status_says_what_to_do():
    assert str(sc.SolveStatus.MAX_ITERATIONS) == "max iterations"
    assert [status.code for status in sc.SolveStatus] == [0, 1, 2, 3, 4]
    assert all(status.value.endswith(".") for status in sc.SolveStatus)
