"""The `linalg` extension of the array API standard."""

from __future__ import annotations

from typing import Literal

from spacecore._typing import Array, Axes, DType
from spacecore.backend._bind import Bound
from spacecore.backend._contract._linear_algebra import LinearAlgebraFunctions
from spacecore.backend._declare import section

__all__ = ["LinalgNamespace"]


@section("linalg extension", standard=True)
class LinalgNamespace(Bound, declaration=True):
    """Matrices and stacks of them: the last two axes are the matrix, the others broadcast.

    "Floating-point" is real floating-point or complex; `x.H` is the conjugate transpose. Whether a
    matrix has the structure that a function asks for (Hermitian, invertible) need not be checked.
    """

    matmul = staticmethod(LinearAlgebraFunctions.matmul)
    matrix_transpose = staticmethod(LinearAlgebraFunctions.matrix_transpose)
    tensordot = staticmethod(LinearAlgebraFunctions.tensordot)
    vecdot = staticmethod(LinearAlgebraFunctions.vecdot)

    @staticmethod
    def cholesky(x: Array, /, *, upper: bool = False) -> Array:
        """Return the Cholesky factor of a Hermitian positive definite matrix.

        Parameters
        ----------
        x : array, shape (..., n, n), floating-point
        upper : bool, default False
            Return U of `x = U.H @ U` rather than L of `x = L @ L.H`.

        Returns
        -------
        array, shape (..., n, n), dtype of `x`, with zeros in the other triangle
        """
        raise NotImplementedError

    @staticmethod
    def cross(x1: Array, x2: Array, /, *, axis: int = -1) -> Array:
        """Return the cross products of vectors of length 3.

        Parameters
        ----------
        x1, x2 : array, numeric
            Of length 3 along `axis`; the other axes broadcast.
        axis : int, default -1
            Negative, for it is counted from the end of each operand before broadcasting.

        Returns
        -------
        array, the broadcast shape, the promoted dtype

        Raises
        ------
        Exception
            Of the library's own type, if a length along `axis` is not 3.
        """
        raise NotImplementedError

    @staticmethod
    def det(x: Array, /) -> Array:
        """Return the determinant; `slogdet` does not overflow.

        Parameters
        ----------
        x : array, shape (..., n, n), floating-point

        Returns
        -------
        array, shape (...), dtype of `x`
        """
        raise NotImplementedError

    @staticmethod
    def diagonal(x: Array, /, *, offset: int = 0) -> Array:
        """Return a diagonal of each matrix.

        Parameters
        ----------
        x : array, shape (..., m, n)
        offset : int, default 0
            Positive is above the main diagonal, negative below.

        Returns
        -------
        array, shape (..., length of the diagonal), dtype of `x`
        """
        raise NotImplementedError

    @staticmethod
    def eigh(x: Array, /) -> tuple[Array, Array]:
        """Return the eigenvalues and eigenvectors of a Hermitian matrix.

        `x = Q @ diag(w) @ Q.H`. An eigenvector is fixed only up to a factor of modulus 1, and
        those of a multiple eigenvalue only up to a rotation.

        Parameters
        ----------
        x : array, shape (..., n, n), floating-point

        Returns
        -------
        named tuple
            `eigenvalues`, shape (..., n), real; the standard leaves their order open, and every
            common library sorts them ascending. `eigenvectors`, shape (..., n, n), dtype of `x`,
            in orthonormal columns.
        """
        raise NotImplementedError

    @staticmethod
    def eigvalsh(x: Array, /) -> Array:
        """Return the eigenvalues of a Hermitian matrix.

        Parameters
        ----------
        x : array, shape (..., n, n), floating-point

        Returns
        -------
        array, shape (..., n), real, in the order of `eigh`
        """
        raise NotImplementedError

    @staticmethod
    def inv(x: Array, /) -> Array:
        """Return the inverse of an invertible matrix; `solve` is better where it will do.

        Parameters
        ----------
        x : array, shape (..., n, n), floating-point

        Returns
        -------
        array, shape (..., n, n), dtype of `x`
        """
        raise NotImplementedError

    @staticmethod
    def matrix_norm(
        x: Array,
        /,
        *,
        keepdims: bool = False,
        ord: float | Literal["fro", "nuc"] | None = "fro",
    ) -> Array:
        """Return a norm of each matrix.

        Parameters
        ----------
        x : array, shape (..., m, n), floating-point
        ord : {"fro", "nuc", 1, 2, inf, -1, -2, -inf}, default "fro"
            `"fro"` is the Euclidean norm of the entries and `"nuc"` the sum of the singular
            values; 1 is the largest column sum of absolute values, inf the largest row sum and 2
            the largest singular value; -1, -inf and -2 are the smallest ones, and no norms.

        Returns
        -------
        array, real, shape (...), or (..., 1, 1) under `keepdims`
        """
        raise NotImplementedError

    @staticmethod
    def matrix_power(x: Array, n: int, /) -> Array:
        """Return a matrix to an integer power.

        Parameters
        ----------
        x : array, shape (..., n, n), floating-point
        n : int
            0 gives the identity; a negative power takes the inverse, which must exist.

        Returns
        -------
        array, shape and dtype of `x`
        """
        raise NotImplementedError

    @staticmethod
    def matrix_rank(x: Array, /, *, rtol: float | Array | None = None) -> Array:
        """Return the number of singular values that are not negligible.

        Parameters
        ----------
        x : array, shape (..., m, n), floating-point
        rtol : float or array, optional
            Singular values up to `rtol` times the largest count as zero. By default
            `max(m, n) * eps`. An array broadcasts with shape (...).

        Returns
        -------
        array, shape (...), of the default integer dtype
        """
        raise NotImplementedError

    @staticmethod
    def outer(x1: Array, x2: Array, /) -> Array:
        """Return the outer product of two vectors, without conjugation.

        Parameters
        ----------
        x1 : array, shape (m,), numeric
        x2 : array, shape (n,), numeric

        Returns
        -------
        array, shape (m, n), the promoted dtype
        """
        raise NotImplementedError

    @staticmethod
    def pinv(x: Array, /, *, rtol: float | Array | None = None) -> Array:
        """Return the Moore-Penrose pseudo-inverse.

        Parameters
        ----------
        x : array, shape (..., m, n), floating-point
        rtol : float or array, optional
            Singular values up to `rtol` times the largest count as zero. By default
            `max(m, n) * eps`. An array broadcasts with shape (...).

        Returns
        -------
        array, shape (..., n, m), dtype of `x`
        """
        raise NotImplementedError

    @staticmethod
    def qr(x: Array, /, *, mode: Literal["reduced", "complete"] = "reduced") -> tuple[Array, Array]:
        """Return the factors of `x = Q @ R`, unitary and upper triangular.

        The signs (or phases) of the diagonal of R are up to the library.

        Parameters
        ----------
        x : array, shape (..., m, n), floating-point
        mode : {"reduced", "complete"}, default "reduced"
            Whether Q has k = min(m, n) columns, or all m.

        Returns
        -------
        named tuple
            `Q`, shape (..., m, k) or (..., m, m), with orthonormal columns; `R`, shape (..., k, n)
            or (..., m, n); dtype of `x`.
        """
        raise NotImplementedError

    @staticmethod
    def slogdet(x: Array, /) -> tuple[Array, Array]:
        """Return the sign of the determinant, and the logarithm of its absolute value.

        Parameters
        ----------
        x : array, shape (..., n, n), floating-point

        Returns
        -------
        named tuple
            `sign`, shape (...), dtype of `x`, of modulus 1, or 0 for a singular matrix;
            `logabsdet`, shape (...), real, then minus infinity.
        """
        raise NotImplementedError

    @staticmethod
    def solve(x1: Array, x2: Array, /) -> Array:
        """Return the solution `x` of `x1 @ x = x2`.

        Parameters
        ----------
        x1 : array, shape (..., n, n), floating-point, invertible
        x2 : array, shape (n,) or (..., n, k), floating-point
            One right-hand side if it is 1-D, else the columns; a stack of vectors needs k = 1.

        Returns
        -------
        array, shape (..., n) for a 1-D `x2`, else (..., n, k), the promoted dtype
        """
        raise NotImplementedError

    @staticmethod
    def svd(x: Array, /, *, full_matrices: bool = True) -> tuple[Array, Array, Array]:
        """Return the singular value decomposition `x = U @ diag(S) @ Vh`.

        A pair of singular vectors is fixed only up to a factor of modulus 1, and those of a
        multiple singular value only up to a rotation.

        Parameters
        ----------
        x : array, shape (..., m, n), floating-point
        full_matrices : bool, default True
            False keeps only the k = min(m, n) singular vectors that have a singular value.

        Returns
        -------
        named tuple
            `U`, shape (..., m, m) or (..., m, k); `S`, shape (..., k), real, descending; `Vh`,
            shape (..., n, n) or (..., k, n), the conjugate transpose of the right vectors.
        """
        raise NotImplementedError

    @staticmethod
    def svdvals(x: Array, /) -> Array:
        """Return the singular values.

        Parameters
        ----------
        x : array, shape (..., m, n), floating-point

        Returns
        -------
        array, shape (..., min(m, n)), real, descending
        """
        raise NotImplementedError

    @staticmethod
    def trace(x: Array, /, *, offset: int = 0, dtype: DType | None = None) -> Array:
        """Return the sum of a diagonal of each matrix, over the last two axes.

        Parameters
        ----------
        x : array, shape (..., m, n), numeric
        offset : int, default 0
            Positive is above the main diagonal, negative below.
        dtype : dtype, optional
            What to add in, as for `sum`: that of `x`, but a narrow integer is widened.

        Returns
        -------
        array, shape (...)
        """
        raise NotImplementedError

    @staticmethod
    def vector_norm(
        x: Array, /, *, axis: Axes = None, keepdims: bool = False, ord: float = 2
    ) -> Array:
        """Return a norm of the vectors along the given axes.

        Parameters
        ----------
        x : array, floating-point
        axis : int or tuple of int, optional
            By default every axis; the entries over several axes count as one vector.
        ord : int or float, default 2
            p gives `sum(abs(x)**p)**(1/p)`, inf the largest absolute value, -inf the smallest and
            0 the number of nonzeros. It is a norm for p >= 1 only.

        Returns
        -------
        array, real, shape of `x` without `axis` (or with length 1 there under `keepdims`)
        """
        raise NotImplementedError
