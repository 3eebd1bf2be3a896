"""The NumPy backend: the library's own functions, and the few in which it differs."""

from __future__ import annotations

import sys
from functools import cache
from operator import matmul
from typing import Any, ClassVar

import numpy as np

from spacecore._typing import Array, DType, Shape
from spacecore.backend import _numpy_decompositions, _numpy_functions
from spacecore.backend._declare import differs
from spacecore.backend._dtypes import dtype_name, no_dtype
from spacecore.backend._family import BackendFamily
from spacecore.backend._numpy_functions import REAL_SCALARS, refuse_imaginary
from spacecore.backend._numpy_vectors import blas_arithmetic, dot_products
from spacecore.backend._ops import BackendOps
from spacecore.backend._vectors import (
    MatrixProducts,
    VectorArithmetic,
    plain_arithmetic,
    plain_products,
)
from spacecore.backend.eager import (
    RandomKey,
    check_drawn,
    check_interval,
    check_key,
    stretch,
)
from spacecore.errors import BackendUnavailableError, CastError, ConversionError

__all__ = ["NumpyOps"]

_STATEFUL = differs("NumPy draws from a generator, which each draw changes")


class NumpyOps(BackendOps):
    """NumPy: always there, on the host, eager; sparse matrices are SciPy's."""

    family = BackendFamily.NUMPY
    xp: ClassVar[Any] = np
    array_types = (np.ndarray, np.generic)
    dtypes = frozenset(
        [
            "bool",
            "int8",
            "int16",
            "int32",
            "int64",
            "uint8",
            "uint16",
            "uint32",
            "uint64",
            "float16",
            "float32",
            "float64",
            "complex64",
            "complex128",
        ]
    )
    capabilities = frozenset({"sparse"})
    sparse_formats = ("csr", "csc", "coo", "bsr", "dia", "dok", "lil")
    direct: ClassVar[dict[str, Any]] = {
        "allclose": np.allclose,
        "cholesky": np.linalg.cholesky,
        "diagonal": np.linalg.diagonal,
        "dtype_name": dtype_name,
        "isclose": np.isclose,
        "ix_": np.ix_,
        "ndim": np.ndim,
        "norm": np.linalg.norm,
        "ravel": np.ravel,
        "shape": np.shape,
        "size": np.size,
        "solve": np.linalg.solve,
        "sparse_matmul": matmul,
        "to_numpy": np.asarray,
        "trace": np.linalg.trace,
        "transpose": np.transpose,
        "vdot": np.vdot,
    }

    linalg = _numpy_functions.NumpyLinalg()
    fft = _numpy_functions.NumpyFFT()

    argsort = staticmethod(_numpy_functions.argsort)
    diff = staticmethod(_numpy_functions.diff)
    astype = staticmethod(_numpy_functions.astype)
    eigh = staticmethod(_numpy_decompositions.eigh)
    eps = staticmethod(_numpy_functions.eps)
    finfo = staticmethod(_numpy_functions.finfo)
    full = staticmethod(_numpy_functions.full)
    full_like = staticmethod(_numpy_functions.full_like)
    iinfo = staticmethod(_numpy_functions.iinfo)
    linspace = staticmethod(_numpy_functions.linspace)
    sort = staticmethod(_numpy_functions.sort)
    svd = staticmethod(_numpy_decompositions.svd)
    vectorize = staticmethod(_numpy_functions.vectorize)
    if _numpy_functions.VERSION < (2, 3):
        count_nonzero = staticmethod(_numpy_functions.count_nonzero)
        take_along_axis = staticmethod(_numpy_functions.take_along_axis)

    @differs("a sparse matrix is SciPy's, and SciPy is imported only once something uses it")
    def is_sparse(self, x: object, /) -> bool:
        return "scipy.sparse" in sys.modules and isinstance(x, _sparse_kinds())

    @staticmethod
    @differs("NumPy takes only its own dtypes and their names")
    def sanitize_dtype(dtype: DType | str | None, /) -> DType:
        if dtype is None:
            return _FLOAT64
        if type(dtype) is type(_FLOAT64) and dtype.isnative:
            return dtype
        found = _DTYPES.get(dtype_name(dtype))
        if found is None:
            raise CastError(no_dtype("NumPy", dtype, NumpyOps.dtypes))
        return found

    @differs("NumPy has one device, the host")
    def normalize_device(self, device: Any, /) -> None:
        if str(device) != "cpu":
            raise BackendUnavailableError(
                f"NumPy computes on the host only. Got device {str(device)!r}.",
                backend="numpy",
                hint='Leave the device out, or write "numpy:cpu".',
            )

    @differs("the arrays of a host library say nothing of devices")
    def device_of(self, x: Array, /) -> str:
        return "cpu"

    @staticmethod
    @differs("NumPy updates in place")
    def index_set(x: Array, index: Any, values: Any, /, *, copy: bool = True) -> Any:
        # What is almost always true is asked in place: a call would take longer than the rest.
        given = type(values)
        if given is _ARRAY:
            if values.dtype is not x.dtype:
                refuse_imaginary(values, x.dtype)
        elif given is not float and given not in REAL_SCALARS:
            refuse_imaginary(values, x.dtype)
        out: Any = _array(x) if copy or not isinstance(x, _ARRAY) else x
        out[index] = values
        return out

    @staticmethod
    @differs("NumPy updates in place, and `x[index] += values` adds once for a repeated index")
    def index_add(x: Array, index: Any, values: Any, /, *, copy: bool = True) -> Any:
        given = type(values)
        if given is _ARRAY:
            if values.dtype is not x.dtype:
                refuse_imaginary(values, x.dtype)
                values = values.astype(x.dtype)  # NumPy adds first, and casts the sum
            if values.ndim == 1 and (type(index) is not _ARRAY or index.ndim != 1):
                values = _spread(values, x, index)
        elif given is float or given in REAL_SCALARS:
            if x.dtype.kind in "iu":
                values = x.dtype.type(values)  # which refuses a number beyond the range
        else:
            values = _as_array(values)
            refuse_imaginary(values, x.dtype)
            values = _spread(values.astype(x.dtype), x, index)
        out: Any = _array(x) if copy or not isinstance(x, _ARRAY) else x
        _add_at(out, index, values)
        return out

    @differs("NumPy exports read-only and foreign-endian arrays only as copies")
    def export_dense(self, x: Array, /, *, copy: bool | None = None) -> np.ndarray[Any, Any]:
        array = np.asarray(x)
        fit = (
            array.flags.writeable
            and array.dtype.isnative
            and all(
                step >= 0 and step % array.itemsize == 0 and (step > 0 or length <= 1)
                for step, length in zip(array.strides, array.shape, strict=True)
            )
        )
        if fit and copy is not True:
            return array
        if copy is False:
            raise ConversionError(
                "An array crosses without a copy if it is writeable, in native byte order, with "
                f"positive strides. Got strides {array.strides}, dtype {array.dtype.str}, "
                f"writeable={array.flags.writeable}. Pass copy=None."
            )
        return _numpy_functions.aligned_copy(array)

    @staticmethod
    @differs("an array on a GPU has to be asked for on the host; refusals are in our words")
    def import_dense(x: Any, /, device: Any = None, copy: bool | None = None) -> Any:
        # Arguments that go by name alone would cost a third of the call, also where none is given.
        if copy is None:
            try:
                return _from_dlpack(x)
            except (BufferError, RuntimeError, ValueError):
                pass  # not on the host, or refused; which, is told below
        try:
            made = _from_dlpack(x, device="cpu", copy=False if copy is False else None)
            return np.array(made) if copy else made  # NumPy's own copies of it are read-only
        except (BufferError, RuntimeError, ValueError) as error:
            raise ConversionError(
                f"NumPy can't take this {type(x).__name__} of dtype {dtype_name(x.dtype)}: {error}"
            ) from error

    @differs("BLAS changes vectors in place, in one pass")
    def vector_arithmetic(self, example: Array, /) -> VectorArithmetic:
        return blas_arithmetic(example.dtype) or plain_arithmetic(self, example)

    @differs("a method of the matrix costs less than a universal function")
    def matrix_products(self, a: Array, /) -> MatrixProducts:
        # Subclasses of arrays have products of their own.
        if type(a) is np.ndarray and a.ndim == 2:
            return dot_products(a)
        return plain_products(self, a)

    @differs("NumPy draws from a generator, which each draw changes, and no complex numbers")
    def random_normal(
        self, key: RandomKey, shape: Shape = (), /, dtype: DType | None = None
    ) -> Any:
        target = self.sanitize_dtype(dtype)
        if dtype is not None:
            check_drawn("random_normal", target.name)
        draw = check_key(key).generator()
        real = self.real_dtype(target)
        if target == real:
            made = np.asarray(draw.standard_normal(shape, dtype=_drawn(real)))
            return made.astype(real, copy=False)
        parts = np.asarray(draw.standard_normal((2, *shape), dtype=_drawn(real)))
        return ((parts[0] + 1j * parts[1]) * np.sqrt(0.5)).astype(target)

    @differs("NumPy draws from a generator, which each draw changes; rounding reaches `high`")
    def random_uniform(
        self,
        key: RandomKey,
        shape: Shape = (),
        /,
        dtype: DType | None = None,
        *,
        low: float = 0.0,
        high: float = 1.0,
    ) -> Any:
        target = self.sanitize_dtype(dtype)
        if dtype is not None:
            check_drawn("random_uniform", target.name)
        plain = low == 0 and high == 1
        wide = not plain and check_interval(low, high, _numpy_functions.finfo(target).max)
        unit = np.asarray(check_key(key).generator().random(shape, dtype=_drawn(target)))
        if plain and unit.dtype == target:
            return unit
        drawn = unit if plain else stretch(unit, low, high, wide=wide)
        drawn = drawn.astype(target, copy=False)
        below = np.nextafter(target.type(high), target.type(low))  # rounding may reach `high`
        return np.minimum(drawn, below)

    @_STATEFUL
    def random_integers(
        self,
        key: RandomKey,
        shape: Shape = (),
        /,
        dtype: DType | None = None,
        *,
        low: int = 0,
        high: int,
    ) -> Any:
        target = np.dtype(np.int64) if dtype is None else self.sanitize_dtype(dtype)
        if dtype is not None:
            check_drawn("random_integers", target.name)
        return np.asarray(check_key(key).generator().integers(low, high, size=shape, dtype=target))

    @_STATEFUL
    def random_rademacher(
        self, key: RandomKey, shape: Shape = (), /, dtype: DType | None = None
    ) -> Any:
        target = self.sanitize_dtype(dtype)
        if dtype is not None:
            check_drawn("random_rademacher", target.name)
        signs = np.asarray(check_key(key).generator().integers(0, 2, size=shape, dtype=np.int8))
        return (2 * signs - 1).astype(target)

    @differs("SciPy converts from a matrix, or makes one, by different functions")
    def assparse(self, x: Any, /, *, format: str | None = None, dtype: DType | None = None) -> Any:
        if x.ndim != 2:  # SciPy's arrays have up to two
            raise ValueError(f"A sparse matrix has two axes. Got shape {x.shape}.")
        if dtype is not None and x.dtype.kind == "c" and np.dtype(dtype).kind != "c":
            raise CastError(
                f"A cast keeps the imaginary part. Got {x.dtype} into {np.dtype(dtype)}. "
                "Take the real part first."
            )
        made: Any = x if isinstance(x, _sparse_kinds()) else _csr(x)
        made = made.asformat(format) if format is not None else made
        return made.astype(dtype, copy=False) if dtype is not None else made

    @differs("SciPy's is a method of its matrices")
    def sparse_to_dense(self, a: Any, /) -> Any:
        return a.toarray()

    @differs("NumPy's sparse matrices are SciPy's")
    def sparse_to_scipy(self, a: Any, /) -> Any:
        return a


@cache
def _sparse_kinds() -> tuple[type, type]:
    """SciPy's sparse arrays and its sparse matrices."""
    from scipy import sparse

    return sparse.sparray, sparse.spmatrix


def _csr(x: Array) -> Any:
    from scipy import sparse

    return sparse.csr_array(x)


_ARRAY, _array, _as_array, _add_at = np.ndarray, np.array, np.asarray, np.add.at  # found at once
_from_dlpack = np.from_dlpack
_FLOAT64 = np.dtype(np.float64)
_DTYPES = {name: np.dtype(name) for name in NumpyOps.dtypes}


def _spread(values: Any, x: Any, index: Any) -> Any:
    """The values in the shape of `x[index]`, where `numpy.add.at` reads beyond their end.

    It takes them for as many as the indices, if they have one axis like `x`, and these have more.
    """
    if values.ndim != 1 or x.ndim != 1 or type(index) is slice:
        return values
    shape = x[index].shape
    return values if values.shape == shape else np.broadcast_to(values, shape)


def _drawn(dtype: DType) -> Any:
    """The dtype that NumPy's generator draws in, from which `dtype` is rounded."""
    return np.float32 if dtype == np.float32 else np.float64
