"""A check that can't fail is worthless: each broken backend here must be caught, and by whom."""

from __future__ import annotations

import numpy as np
import pytest

import spacecore as sc
from spacecore.backend import FFTNamespace, LinalgNamespace, eager
from spacecore.testing import contract_cases, run_cases

Good = sc.NumpyOps
CASES = contract_cases()


def caught(ops, pattern: str) -> list[str]:
    """Names of the failing cases among those that match."""
    cases = [case for case in CASES if case.matches(pattern)]
    report = run_cases(ops, cases)
    return [line.partition("]")[0] + "]" for line in report.failures]


class NarrowSum(Good):
    @staticmethod
    def sum(x, /, *, axis=None, dtype=None, keepdims=False):
        return np.sum(x, axis=axis, dtype=dtype or x.dtype, keepdims=keepdims)


class SumForgetsKeepdims(Good):
    @staticmethod
    def sum(x, /, *, axis=None, dtype=None, keepdims=False):
        return np.sum(x, axis=axis, dtype=dtype)


class WideExp(Good):
    @staticmethod
    def exp(x, /):
        return np.exp(x.astype(np.result_type(x, np.float64)))


class SqrtLosesTheSignOfZero(Good):
    @staticmethod
    def sqrt(x, /):
        return np.sqrt(x) + 0


class HostResult(Good):
    @staticmethod
    def mean(x, /, *, axis=None, keepdims=False):
        return np.mean(x, axis=axis, keepdims=keepdims).tolist()


class WritesToItsInput(Good):
    @staticmethod
    def negative(x, /):
        return np.negative(x, out=x) if x.flags.writeable and x.ndim else np.negative(x)


class NoBroadcast(Good):
    @staticmethod
    def add(x1, x2, /):
        assert np.shape(x1) == np.shape(x2) or 0 in (np.ndim(x1), np.ndim(x2))
        return np.add(x1, x2)


class UnstableArgsort(Good):
    @staticmethod
    def argsort(x, /, *, axis=-1, descending=False, stable=True):
        order = np.argsort(x, axis=axis, stable=True)
        return np.flip(order, axis) if descending else order


class OneNaN(Good):
    @staticmethod
    def unique_values(x, /):
        return np.unique(x, equal_nan=True)


class LosesDuplicates(Good):
    @staticmethod
    def index_add(x, index, values, /, *, copy=True):
        out = np.array(x) if copy else x
        out[index] += values
        return out


class UpdatesInPlace(Good):
    @staticmethod
    def index_set(x, index, values, /, *, copy=True):
        x[index] = values
        return x


class WrongAxisVmap(Good):
    def vmap(self, fn, /, in_axes=0, out_axes=0):
        return eager.vmap(self, fn, 0 if isinstance(in_axes, int) else in_axes, out_axes)


class IgnoresOutAxes(Good):
    def vmap(self, fn, /, in_axes=0, out_axes=0):
        return eager.vmap(self, fn, in_axes, 0)


class LoopRunsOnce(Good):
    @staticmethod
    def while_loop(cond, body, init, /):
        state = body(init)
        while cond(state):
            state = body(state)
        return state


class LoopsTooFar(Good):
    @staticmethod
    def fori_loop(lower, upper, body, init, /):
        return eager.fori_loop(lower, upper + 1, body, init)


class ScansForward(Good):
    def scan(self, f, init, xs, /, length=None, reverse=False):
        return eager.scan(self, f, init, xs, length=length)


class AlwaysTrue(Good):
    @staticmethod
    def cond(pred, true_fun, false_fun, /, *operands):
        return true_fun(*operands)


class MutableKey:
    def __init__(self, seed):
        self.generator = np.random.default_rng(seed)


class KeyThatChanges(Good):
    def random_key(self, seed, /):
        if seed < 0:
            raise ValueError("a seed is not negative")
        return MutableKey(seed)

    def random_split(self, key, /, num=2):
        return [MutableKey(int(s)) for s in key.generator.integers(0, 2**31, num)]

    def random_normal(self, key, shape=(), /, dtype=None):
        return np.asarray(key.generator.standard_normal(shape)).astype(dtype or float)


class DependentSplit(Good):
    def random_split(self, key, /, num=2):
        return [key] * num


class WideComplexNormal(Good):
    def random_normal(self, key, shape=(), /, dtype=None):
        drawn = super().random_normal(key, shape, dtype)
        return drawn * drawn.dtype.type(2**0.5) if drawn.dtype.kind == "c" else drawn


class ReachesHigh(Good):
    def random_uniform(self, key, shape=(), /, dtype=None, *, low=0.0, high=1.0):
        target = self.sanitize_dtype(dtype)
        unit = key.generator().random(shape)
        return np.asarray(unit * (high - low) + low).astype(target)


class IncludesHigh(Good):
    def random_integers(self, key, shape=(), /, dtype=None, *, low=0, high):
        return super().random_integers(key, shape, dtype, low=low, high=high + 1)


class KeepsInfinity(Good):
    def logsumexp(self, x, /, axis=None, keepdims=False):
        return np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims))


class ForgetsToConjugate(Good):
    @staticmethod
    def vdot(x1, x2, /):
        return np.sum(np.ravel(x1) * np.ravel(x2))


class DropsImaginaryParts(Good):
    @staticmethod
    def astype(x, dtype, /, *, copy=True, device=None):
        target = np.dtype(dtype)
        return (x.real if x.dtype.kind == "c" and target.kind in "iuf" else x).astype(target)


class SharesOnCopy(Good):
    @staticmethod
    def copy(x, /):
        return x[...] if isinstance(x, np.ndarray) else x


class SharedExport(Good):
    family = sc.BackendFamily("shared")

    def export_dense(self, x, /, *, copy=None):
        return super().export_dense(x, copy=None)


class SharedImport(Good):
    family = sc.BackendFamily("shared")

    @staticmethod
    def import_dense(x, /, *, device=None, copy=None):
        return Good.import_dense(x, device=device)


class SwappedSparse(Good):
    def sparse_matmul(self, a, x, /):
        return a.conj() @ x


class TakesEverything(Good):
    def member_test(self, shape, dtype, otherwise, /):
        return lambda x: None


class UnknownDTypes(Good):
    @staticmethod
    def sanitize_dtype(dtype, /):
        try:
            return Good.sanitize_dtype(dtype)
        except sc.CastError:
            return np.dtype("float64")


class UnequalOps(Good):
    def __eq__(self, other):
        return self is other

    __hash__ = object.__hash__


class WrongDeterminant(LinalgNamespace):
    xp = np.linalg

    @staticmethod
    def det(x, /):
        return abs(np.linalg.det(x)).astype(x.dtype)

    @staticmethod
    def qr(x, /, *, mode="reduced"):
        return tuple(np.linalg.qr(x, mode=mode))


class WrongLinalg(Good):
    linalg = WrongDeterminant()

    @staticmethod
    def eigh(x, /):
        w, v = np.linalg.eigh(x)
        return w, np.conj(v)


class WideTransform(FFTNamespace):
    xp = np.fft

    @staticmethod
    def fftfreq(n, /, *, d=1.0, dtype=None, device=None):
        return np.fft.fftfreq(n, d)

    @staticmethod
    def rfftfreq(n, /, *, d=1.0, dtype=None, device=None):
        return np.fft.rfftfreq(n, d)

    @staticmethod
    def fft(x, /, *, n=None, axis=-1, norm="backward"):
        return np.fft.fft(x.astype("complex128"), n, axis, norm)


class WideFFT(Good):
    fft = WideTransform()


class DerivativesOfPolynomials(Good):
    """Autodiff of one function, with the complex conventions of the caller's choice."""

    capabilities = Good.capabilities | {"autodiff"}
    conjugated = False

    def grad(self, fn, /, argnums=0, has_aux=False):
        """The gradient by difference quotients; its conjugate where that is what is broken."""

        def gradient(z):
            step = 1e-6
            out = np.zeros_like(z)
            for i in np.ndindex(z.shape):
                for unit in (1, 1j) if z.dtype.kind == "c" else (1,):
                    shift = np.zeros_like(z)
                    shift[i] = step * unit
                    slope = (fn(z + shift) - fn(z - shift)) / (2 * step)
                    out[i] += slope * unit
            exact = np.round(out, 6)  # the cases have short decimals as answers
            return np.conj(exact) if self.conjugated else exact

        return gradient

    def vjp(self, fn, /, *primals):
        raise NotImplementedError

    value_and_grad = jvp = linear_transpose = vjp


class ConjugatedGradients(DerivativesOfPolynomials):
    conjugated = True


BROKEN = [
    (NarrowSum, "sum[*", "sum[*int8*"),
    (SumForgetsKeepdims, "sum[*", "sum[*keepdims*"),
    (WideExp, "exp[*", "exp[*32*"),
    (SqrtLosesTheSignOfZero, "sqrt[*", "sqrt[*special*"),
    (HostResult, "mean[*", "mean[*(2,3)*"),
    (WritesToItsInput, "negative[*", "negative[*(2,3)*"),
    (NoBroadcast, "add[*", "add[*(2,1)-(3,)*"),
    (UnstableArgsort, "argsort[*", "argsort[*(8,)-descending*"),
    (OneNaN, "unique_values[*", "unique_values[*special*"),
    (LosesDuplicates, "index_add[*", "index_add[*duplicates*"),
    (UpdatesInPlace, "index_set[*", "index_set[*slice*"),
    (WrongAxisVmap, "vmap[*", "vmap[axis1*"),
    (IgnoresOutAxes, "vmap[*", "vmap[out1*"),
    (LoopRunsOnce, "while_loop[*", "while_loop[never*"),
    (LoopsTooFar, "fori_loop[*", "fori_loop[empty*"),
    (ScansForward, "scan[*", "scan[reverse*"),
    (AlwaysTrue, "cond[*", "cond[python-bool*"),
    (KeyThatChanges, "random_normal[*", "random_normal[key-kept]"),
    (KeyThatChanges, "random_split[*", "random_split[key-kept]"),
    (DependentSplit, "random_*", "random_uniform[split]"),
    (WideComplexNormal, "random_normal[*", "random_normal[moments-complex*"),
    (ReachesHigh, "random_uniform[*", "random_uniform[below-high*"),
    (IncludesHigh, "random_integers[*", "random_integers[ends]"),
    (KeepsInfinity, "logsumexp[*", "logsumexp[*special*"),
    (ForgetsToConjugate, "vdot[*", "vdot[conjugates]"),
    (DropsImaginaryParts, "astype[*", "astype[complex64-to-float32*"),
    (SharesOnCopy, "copy[*", "copy[shares-nothing]"),
    (SharedExport, "export_dense[*", "export_dense[copy=True*"),
    (SharedImport, "import_dense[*", "import_dense[copy=True*"),
    (SwappedSparse, "sparse_matmul[*", "sparse_matmul[complex*"),
    (TakesEverything, "member_test[*", "member_test[*"),
    (UnknownDTypes, "sanitize_dtype[*", "sanitize_dtype[unknown]"),
    (UnequalOps, "ops[*", "ops[equality]"),
    (WrongLinalg, "linalg.det[*", "linalg.det[*"),
    (WrongLinalg, "linalg.qr[*", "linalg.qr[*"),
    (WrongLinalg, "eigh[*", "eigh[complex*"),
    (WideFFT, "fft.fft*", "fft.fft[complex64*"),
    (WideFFT, "fft.fft*", "fft.fftfreq[*float32*"),
    (ConjugatedGradients, "grad[complex-eager]", "grad[complex-eager]"),
    (ConjugatedGradients, "grad[non-holomorphic]", "grad[non-holomorphic]"),
    (ConjugatedGradients, "grad[difference-quotient]", "grad[difference-quotient]"),
]


@pytest.mark.parametrize(
    ("broken", "pattern", "culprit"), BROKEN, ids=[f"{b.__name__}-{c}" for b, _, c in BROKEN]
)
def test_broken_backend_is_caught(broken, pattern, culprit):
    failed = caught(broken(), pattern)
    matching = {case.name for case in CASES if case.matches(culprit)}
    assert matching, f"no case is called {culprit}"
    assert matching & set(failed), f"not caught; failed: {failed}"


@pytest.mark.parametrize("pattern", sorted({pattern for _, pattern, _ in BROKEN}))
def test_the_backend_that_they_are_made_of_passes(pattern):
    assert caught(Good(), pattern) == []


@pytest.mark.parametrize("label", ["complex-eager", "non-holomorphic", "difference-quotient"])
def test_right_gradients_pass_where_conjugated_ones_fail(label):
    assert caught(DerivativesOfPolynomials(), f"grad[{label}]") == []
