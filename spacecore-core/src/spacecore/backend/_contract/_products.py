"""Products, stacking and reductions that everyday array code uses beyond the standard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from typing import Any, NamedTuple

from spacecore._typing import Array, Axes
from spacecore.backend._contract._linalg import LinalgNamespace
from spacecore.backend._declare import default, fallback, section
from spacecore.backend._einsum import einsum
from spacecore.backend._phases import phases

__all__ = ["ArrayExtras"]


class EighResult(NamedTuple):
    """Eigenvalues and eigenvectors."""

    eigenvalues: Array
    eigenvectors: Array


class SVDResult(NamedTuple):
    """Singular values between singular vectors."""

    U: Array
    S: Array
    Vh: Array


@section("Products and shapes")
class ArrayExtras:
    """Functions with NumPy's names and meaning."""

    linalg: LinalgNamespace

    @default
    def vdot(self, x1: Array, x2: Array, /) -> Array:
        """Return the sum of `conj(x1) * x2` over all elements.

        Parameters
        ----------
        x1, x2 : array
            As many elements in each; flattened first.
        """
        return self.linalg.vecdot(self.ravel(x1), self.ravel(x2))

    @fallback
    def einsum(self, subscripts: str, /, *operands: Array) -> Array:
        """Return the sum of products that the subscripts describe, as `numpy.einsum`."""
        return einsum(self, subscripts, operands)

    @fallback
    def kron(self, x1: Array, x2: Array, /) -> Array:
        """Return the Kronecker product; shape `(m * p, n * q)` of `(m, n)` and `(p, q)`."""
        ops: Any = self
        ndim = max(len(x1.shape), len(x2.shape))
        rows = (1,) * (ndim - len(x1.shape)) + tuple(x1.shape)
        columns = (1,) * (ndim - len(x2.shape)) + tuple(x2.shape)
        left = ops.reshape(x1, tuple(n for row in rows for n in (row, 1)))
        right = ops.reshape(x2, tuple(n for column in columns for n in (1, column)))
        return ops.reshape(left * right, tuple(m * n for m, n in zip(rows, columns, strict=True)))

    @default
    def norm(
        self, x: Array, /, ord: Any = None, axis: Axes = None, keepdims: bool = False
    ) -> Array:
        """Return a vector or matrix norm, as `numpy.linalg.norm`.

        Parameters
        ----------
        x : array, floating-point
        ord : {None, int, float, inf, -inf, "fro", "nuc"}
            None is the 2-norm of all elements, or over `axis`.
        axis : int or tuple of int, optional
            One axis for a vector norm, two for a matrix norm; by default all.
        keepdims : bool
        """
        if ord is None:
            return self.linalg.vector_norm(x, axis=axis, keepdims=keepdims)
        axes = tuple(range(len(x.shape))) if axis is None else axis
        if isinstance(axes, int) or len(axes) == 1:
            return self.linalg.vector_norm(x, axis=axes, ord=ord, keepdims=keepdims)
        moved = self.moveaxis(x, axes, (-2, -1))  # type: ignore[attr-defined]
        value = self.linalg.matrix_norm(moved, ord=ord)
        if not keepdims:
            return value
        kept = tuple(1 if i in _positive(axes, len(x.shape)) else n for i, n in enumerate(x.shape))
        return self.reshape(value, kept)  # type: ignore[attr-defined]

    @default
    def logsumexp(self, x: Array, /, axis: Axes = None, keepdims: bool = False) -> Array:
        """Return `log(sum(exp(x)))` without overflow; `-inf` where every element is.

        Of complex numbers it is the principal logarithm, of imaginary part in [-π, π].
        """
        ops: Any = self
        if not ops.isdtype(x.dtype, ("real floating", "complex floating")):
            x = ops.astype(x, ops.sanitize_dtype(None))
        if 0 in x.shape:  # of no elements there is no largest
            return ops.sum(x, axis=axis, keepdims=keepdims) - inf
        sizes = ops.real(x) if ops.is_complex_dtype(x.dtype) else x
        largest = ops.max(sizes, axis=axis, keepdims=True)
        shift = ops.where(ops.isfinite(largest), largest, ops.zeros_like(largest))
        total = ops.log(ops.sum(ops.exp(x - shift), axis=axis, keepdims=True)) + shift
        return total if keepdims else ops.reshape(total, ops.sum(x, axis=axis).shape)

    @default
    def isclose(
        self,
        x1: Array,
        x2: Array,
        /,
        rtol: float = 1e-5,
        atol: float = 1e-8,
        equal_nan: bool = False,
    ) -> Array:
        """Return where `|x1 - x2| <= atol + rtol * |x2|`; infinities equal those of their sign."""
        ops: Any = self
        if ops.isdtype(x1.dtype, "integral"):  # whose difference may wrap
            x1, x2 = (ops.astype(x, ops.default_dtype()) for x in (x1, x2))
        finite = ops.isfinite(x1) & ops.isfinite(x2)
        close = (x1 == x2) | (finite & (ops.abs(x1 - x2) <= atol + rtol * ops.abs(x2)))
        return close | (ops.isnan(x1) & ops.isnan(x2)) if equal_nan else close

    @default
    def allclose(
        self,
        x1: Array,
        x2: Array,
        /,
        rtol: float = 1e-5,
        atol: float = 1e-8,
        equal_nan: bool = False,
    ) -> bool | Array:
        """Tell whether all elements are close (see `isclose`); an array where traced."""
        ops: Any = self
        return ops.all(self.isclose(x1, x2, rtol, atol, equal_nan))

    @default
    def ravel(self, x: Array, /) -> Array:
        """Return the elements in one axis, in row-major order; a view where possible."""
        return self.reshape(x, (-1,))  # type: ignore[attr-defined]

    @default
    def transpose(self, x: Array, /, axes: tuple[int, ...] | None = None) -> Array:
        """Return `x` with its axes permuted, reversed by default."""
        order = tuple(reversed(range(len(x.shape)))) if axes is None else axes
        return self.permute_dims(x, order)  # type: ignore[attr-defined]

    @fallback
    def swapaxes(self, x: Array, axis1: int, axis2: int, /) -> Array:
        """Return `x` with two axes exchanged."""
        order = list(range(len(x.shape)))
        order[axis1], order[axis2] = order[axis2], order[axis1]
        return self.permute_dims(x, tuple(order))  # type: ignore[attr-defined]

    @fallback
    def hstack(self, arrays: Sequence[Array], /) -> Array:
        """Join along the second axis, or the first if arrays have only one."""
        ops: Any = self
        joined = [x if x.shape else ops.reshape(x, (1,)) for x in arrays]
        return ops.concat(joined, axis=0 if len(joined[0].shape) == 1 else 1)

    @fallback
    def vstack(self, arrays: Sequence[Array], /) -> Array:
        """Join along the first axis, one-axis arrays as rows."""
        ops: Any = self
        flat = {0: (1, 1), 1: (1, -1)}
        return ops.concat([ops.reshape(x, flat.get(len(x.shape), x.shape)) for x in arrays], axis=0)

    @fallback
    def dstack(self, arrays: Sequence[Array], /) -> Array:
        """Join along the third axis."""
        ops: Any = self
        deep = {0: (1, 1, 1), 1: (1, -1, 1)}
        shapes = [(*x.shape, 1) if len(x.shape) == 2 else x.shape for x in arrays]
        joined = [
            ops.reshape(x, deep.get(len(shape), shape))
            for x, shape in zip(arrays, shapes, strict=True)
        ]
        return ops.concat(joined, axis=2)

    @fallback
    def column_stack(self, arrays: Sequence[Array], /) -> Array:
        """Join along the second axis, one-axis arrays as columns."""
        ops: Any = self
        joined = [ops.reshape(x, (-1, 1)) if len(x.shape) < 2 else x for x in arrays]
        return ops.concat(joined, axis=1)

    @fallback
    def diag(self, x: Array, /, k: int = 0) -> Array:
        """Return the `k`-th diagonal of a matrix, or the matrix with `x` as its `k`-th."""
        ops: Any = self
        if len(x.shape) == 2:
            return self.linalg.diagonal(x, offset=k)
        like = {"dtype": x.dtype, "device": ops.device_of(x)}
        beside = ops.zeros((abs(k),), **like)
        columns = ops.concat([beside, x] if k > 0 else [x, beside])
        on = ops.eye(columns.shape[0], k=k, dtype=ops.bool, device=ops.device_of(x))
        return ops.where(on, ops.expand_dims(columns, axis=0), ops.zeros((), **like))

    @default
    def diagonal(self, x: Array, /, *, offset: int = 0) -> Array:
        """Return the diagonals of the last two axes; shape `(..., min(m, n))`."""
        return self.linalg.diagonal(x, offset=offset)

    @default
    def trace(self, x: Array, /, *, offset: int = 0) -> Array:
        """Return the sums of the diagonals of the last two axes; shape `(...)`."""
        return self.linalg.trace(x, offset=offset)

    @default
    def eigh(self, x: Array, /) -> tuple[Array, Array]:
        """Return eigenvalues, ascending, and eigenvectors of Hermitian matrices.

        Those of `linalg.eigh`, each eigenvector multiplied by the factor of modulus 1 that makes
        its first entry of nearly the largest modulus real and positive: for simple eigenvalues
        the same on every backend.

        Parameters
        ----------
        x : array, shape (..., n, n)

        Returns
        -------
        named tuple of `eigenvalues`, shape (..., n), and `eigenvectors`, shape (..., n, n)
        """
        values, vectors = self.linalg.eigh(x)
        return EighResult(values, vectors * phases(self, vectors))

    @default
    def svd(self, x: Array, /, *, full_matrices: bool = True) -> tuple[Array, Array, Array]:
        """Return `(U, S, Vh)` with `x = U @ diag(S) @ Vh`.

        Those of `linalg.svd`, each pair of singular vectors multiplied by the factor of modulus 1
        that makes the first entry of nearly the largest modulus of its column of U real and
        positive: for simple singular values the same on every backend.

        Parameters
        ----------
        x : array, shape (..., m, n)
        full_matrices : bool, default True
            False keeps only the k = min(m, n) singular vectors that have a singular value.

        Returns
        -------
        named tuple of `U`, `S` and `Vh`
        """
        ops: Any = self
        left, values, right = self.linalg.svd(x, full_matrices=full_matrices)
        paired = values.shape[-1]
        factors = phases(self, left[..., :paired])
        turned = ops.conj(ops.matrix_transpose(factors)) * right[..., :paired, :]
        left = ops.concat([left[..., :paired] * factors, left[..., paired:]], axis=-1)
        right = ops.concat([turned, right[..., paired:, :]], axis=-2)
        return SVDResult(left, values, right)

    @default
    def cholesky(self, x: Array, /, *, upper: bool = False) -> Array:
        """Return the Cholesky factor of positive definite matrices; see `linalg.cholesky`."""
        return self.linalg.cholesky(x, upper=upper)

    @default
    def solve(self, x1: Array, x2: Array, /) -> Array:
        """Return the solution of `x1 @ x = x2`; see `linalg.solve`."""
        return self.linalg.solve(x1, x2)

    @default
    def ix_(self, *indices: Array) -> tuple[Array, ...]:
        """Return index arrays shaped so that together they select a grid.

        Parameters
        ----------
        *indices : array, shape (k,), integer or bool
            Bools stand for the places where they are true.

        Raises
        ------
        ValueError
            For indices of another number of axes.
        """
        ops: Any = self
        made = []
        for i, x in enumerate(indices):
            if len(x.shape) != 1:
                raise ValueError(f"`ix_` takes indices of one axis. Got shape {tuple(x.shape)}.")
            places = ops.nonzero(x)[0] if ops.dtype_name(x.dtype) == "bool" else x
            shape = (*(1,) * i, places.shape[0], *(1,) * (len(indices) - i - 1))
            made.append(ops.reshape(places, shape))
        return tuple(made)

    @default
    def vectorize(self, fn: Callable[..., Any], /) -> Callable[..., Any]:
        """Return a function that applies `fn` to each element of its broadcast arguments.

        Parameters
        ----------
        fn : callable
            Takes scalars (0-d arrays) and returns one, or a tuple of them.
        """
        ops: Any = self

        def elementwise(*arrays: Any) -> Any:
            same = ops.broadcast_arrays(*(ops.asarray(x) for x in arrays))
            made = ops.vmap(fn)(*(self.ravel(x) for x in same))
            if isinstance(made, tuple):
                return tuple(ops.reshape(x, same[0].shape) for x in made)
            return ops.reshape(made, same[0].shape)

        return elementwise


def _positive(axes: tuple[int, ...], ndim: int) -> set[int]:
    return {axis % ndim for axis in axes}
