"""NumPy's functions that differ from the standard, wrapped thinly; NumPy's spellings still work."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from math import isfinite, isinf
from typing import Any, ClassVar

import numpy as np

from spacecore._typing import DType
from spacecore.backend._contract import FFTNamespace, LinalgNamespace
from spacecore.backend._declare import differs
from spacecore.errors import CastError

__all__ = [
    "FloatLimits",
    "NumpyFFT",
    "NumpyLinalg",
    "REAL_SCALARS",
    "VERSION",
    "aligned_copy",
    "argsort",
    "astype",
    "count_nonzero",
    "diff",
    "eps",
    "finfo",
    "full",
    "full_like",
    "iinfo",
    "linspace",
    "matrix_rank",
    "refuse_imaginary",
    "sort",
    "take_along_axis",
    "vectorize",
]

_ALIGNMENT = 64  # bytes, at which the libraries that compile want arrays to begin

REAL_SCALARS = frozenset({bool, int, float, *(np.dtype(code).type for code in "?bhilqBHILQefdg")})

VERSION = tuple(int(part) for part in np.__version__.split(".")[:2])


def aligned_copy(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return a copy that any library can go on with as it is: in rows, native, and aligned."""
    dtype = array.dtype.newbyteorder("=")
    memory = np.empty(array.nbytes + _ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % _ALIGNMENT
    made = memory[start : start + array.nbytes].view(dtype).reshape(array.shape)
    made[...] = array
    return made


@differs("NumPy takes no 0-d results of its own, and drops imaginary parts with a warning")
def astype(x: Any, dtype: DType, /, *, copy: bool = True, device: Any = None) -> Any:
    if x.dtype.kind == "c" and np.dtype(dtype).kind in "iuf":
        raise CastError(
            f"A cast keeps the imaginary part. Got {x.dtype} into {np.dtype(dtype)}. "
            "Take the real part, `ops.real(x)`."
        )
    if device is not None and device != "cpu":
        raise ValueError(f'NumPy computes on "cpu" only. Got device {device!r}.')
    return x.astype(dtype, copy=copy)


@differs("NumPy drops imaginary parts with a warning")
def full(
    shape: Any,
    fill_value: Any,
    dtype: DType | None = None,
    order: Any = "C",
    *,
    device: Any = None,
    like: Any = None,
) -> Any:
    if dtype is not None and type(fill_value) not in REAL_SCALARS:
        refuse_imaginary(fill_value, np.dtype(dtype))
    return np.full(shape, fill_value, dtype, order, device=device, like=like)


@differs("NumPy drops imaginary parts with a warning")
def full_like(
    x: Any,
    fill_value: Any,
    dtype: DType | None = None,
    order: Any = "K",
    subok: bool = True,  # noqa: FBT002 - NumPy's signature
    shape: Any = None,
    *,
    device: Any = None,
) -> Any:
    if type(fill_value) not in REAL_SCALARS:
        refuse_imaginary(fill_value, x.dtype if dtype is None else np.dtype(dtype))
    return np.full_like(x, fill_value, dtype, order, subok, shape, device=device)


def refuse_imaginary(values: Any, dtype: Any) -> None:
    """Raise where complex values would be written into an array of a real dtype.

    Raises
    ------
    CastError
    """
    whole = values.dtype.kind == "c" if isinstance(values, _ARRAYS) else type(values) is complex
    if whole and dtype.kind in "iuf":
        raise CastError(
            f"Values written into an array keep their imaginary part. Got complex ones for "
            f"{dtype}. Take the real part, `ops.real(values)`."
        )


@differs("NumPy's steps overflow")
def linspace(start: Any, stop: Any, /, num: int = 50, **options: Any) -> Any:
    are_finite = type(start) is float is type(stop) and isfinite(start) and isfinite(stop)
    if are_finite and isinf(stop - start):
        dtype = options.pop("dtype", None)
        made = 2 * np.linspace(start / 2, stop / 2, num, **options)
        return made if dtype is None else made.astype(dtype)
    return np.linspace(start, stop, num, **options)


@differs("NumPy sorts ascending only")
def sort(
    x: Any,
    axis: int | None = -1,
    kind: Any = None,
    order: Any = None,
    *,
    descending: bool = False,
    stable: bool | None = None,
) -> Any:
    made = np.sort(x, axis, kind, order, stable=stable)
    return np.flip(made, axis) if descending else made


@differs("NumPy sorts ascending only, and moves equal elements unless told not to")
def argsort(
    x: Any,
    axis: int | None = -1,
    kind: Any = None,
    order: Any = None,
    *,
    descending: bool = False,
    stable: bool | None = None,
) -> Any:
    if kind is None and stable is None:
        stable = True
    if not descending:
        return np.argsort(x, axis, kind, order, stable=stable)
    backwards = np.flip(x, axis)  # sorted backwards twice, equal elements keep their order
    last = (np.size(x) if axis is None else np.shape(x)[axis]) - 1
    return last - np.flip(np.argsort(backwards, axis, kind, order, stable=stable), axis)


@differs("NumPy takes no None for what is joined on")
def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    if prepend is None is append:
        return np.diff(a, n, axis)
    ends = {"prepend": prepend, "append": append}
    return np.diff(a, n, axis, **{name: end for name, end in ends.items() if end is not None})


@differs("NumPy before 2.3 gives a Python int")
def count_nonzero(x: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    return np.asarray(np.count_nonzero(x, axis, keepdims=keepdims))


@differs("NumPy before 2.3 has no default axis")
def take_along_axis(x: Any, indices: Any, axis: int | None = -1) -> Any:
    return np.take_along_axis(x, indices, axis)


@differs("NumPy gives every result the dtype of the first, and has none of no elements")
def vectorize(fn: Callable[..., Any], /, **options: Any) -> Callable[..., Any]:
    if options:  # of NumPy's own, the dtypes of the results among them
        return np.vectorize(fn, **options)

    @wraps(fn, updated=())
    def elementwise(*arrays: Any) -> Any:
        same = np.broadcast_arrays(*arrays)
        shape = same[0].shape
        if same[0].size == 0:  # what `fn` returns is learnt from zeros
            examples = (np.zeros((), x.dtype)[()] for x in same)
            return _of_results([fn(*examples)], lambda made: np.empty(shape, made.dtype))
        results = [fn(*scalars) for scalars in zip(*(x.flat for x in same), strict=True)]
        return _of_results(results, lambda made: made.reshape(shape))

    return elementwise


def _of_results(results: list[Any], shaped: Callable[[Any], Any]) -> Any:
    """The results as an array, or as an array for each place of a tuple."""
    if not isinstance(results[0], tuple):
        return shaped(np.array(results))
    return tuple(shaped(np.array(column)) for column in zip(*results, strict=True))


class FloatLimits:
    """`numpy.finfo` with the limits as Python floats; its other attributes are NumPy's."""

    __slots__ = ("_info", "eps", "max", "min", "smallest_normal")

    def __init__(self, info: Any):
        self._info = info
        self.eps = float(info.eps)
        self.max = float(info.max)
        self.min = float(info.min)
        self.smallest_normal = float(info.smallest_normal)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._info, name)

    def __repr__(self) -> str:
        return repr(self._info)


@differs("NumPy gives its own scalars, and refuses arrays")
def finfo(type: Any, /) -> FloatLimits:
    return _limits(_dtype_of(type))


@lru_cache(maxsize=32)
def _limits(dtype: Any) -> FloatLimits:
    return FloatLimits(np.finfo(dtype))


@differs("NumPy refuses arrays")
def iinfo(type: Any, /) -> Any:
    return _integer_limits(_dtype_of(type))


_integer_limits = lru_cache(maxsize=32)(np.iinfo)


# A cache called directly: with a function around it, this would take longer than NumPy's own.
@differs("NumPy gives its own scalar")
@lru_cache(maxsize=32)
def eps(dtype: Any, /) -> float:
    return _limits(dtype).eps


def _dtype_of(subject: Any) -> Any:
    return subject.dtype if isinstance(subject, _ARRAYS) else subject


_ARRAYS = (np.ndarray, np.generic)


@differs("NumPy before 2.4 finds no largest singular value where there is none")
def matrix_rank(
    x: Any,
    tol: Any = None,
    hermitian: bool = False,  # noqa: FBT002 - NumPy's signature
    *,
    rtol: Any = None,
) -> Any:
    if 0 in x.shape[-2:]:
        return np.zeros(x.shape[:-2], np.int64)
    return np.linalg.matrix_rank(x, tol, hermitian, rtol=rtol)


class NumpyLinalg(LinalgNamespace):
    """`numpy.linalg`."""

    xp: ClassVar[Any] = np.linalg

    if VERSION < (2, 4):
        matrix_rank = staticmethod(matrix_rank)

    @staticmethod
    @differs("NumPy neglects singular values below 1e-15 by default, whatever the dtype")
    def pinv(
        x: Any,
        /,
        rcond: Any = None,
        hermitian: bool = False,  # noqa: FBT002 - NumPy's signature
        *,
        rtol: Any = None,
    ) -> Any:
        if rcond is not None:
            return np.linalg.pinv(x, rcond, hermitian)
        return np.linalg.pinv(x, hermitian=hermitian, rtol=rtol)


class NumpyFFT(FFTNamespace):
    """`numpy.fft`."""

    xp: ClassVar[Any] = np.fft

    @staticmethod
    @differs("NumPy gives float64 only")
    def fftfreq(
        n: int, /, d: float = 1.0, *, dtype: DType | None = None, device: Any = None
    ) -> Any:
        made = np.fft.fftfreq(n, d, device)
        return made if dtype is None else made.astype(dtype, copy=False)

    @staticmethod
    @differs("NumPy gives float64 only")
    def rfftfreq(
        n: int, /, d: float = 1.0, *, dtype: DType | None = None, device: Any = None
    ) -> Any:
        made = np.fft.rfftfreq(n, d, device)
        return made if dtype is None else made.astype(dtype, copy=False)
