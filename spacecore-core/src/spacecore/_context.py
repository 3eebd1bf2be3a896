"""`Context`: which library, which dtype, how much checking."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np

from spacecore._casting import cast, check_cast
from spacecore._checks import normalize_check_level, not_dense, not_sparse
from spacecore._typing import CheckLevel, Device, DType, Shape, type_name
from spacecore.backend import BackendFamily, BackendOps, dtype_name, transfer
from spacecore.errors import CastError, ConversionError
from spacecore.plugins import ops_of_array, resolve

__all__ = ["Context", "ContextLike", "normalize_ops"]

OpsLike: TypeAlias = "BackendOps | type[BackendOps] | str | BackendFamily"


class Context:
    """An array library, a default dtype and a check level: immutable, hashable, without arrays.

    Parameters
    ----------
    ops : BackendOps, class of one, name, BackendFamily or Context
        `"jax"`, `"torch:cuda:0"`, `sc.NumpyOps()`, ... Of a context what is not given is kept.
    dtype : dtype or str, optional
        What the context's arrays are made in; the backend's default float if not given.
    check_level : {"none", "cheap", "standard", "strict"}
        How much objects with this context validate.
    enable_checks : bool, optional
        Deprecated: True is `"standard"`, False is `"none"`.
    device : None
        Not taken here: part of the name of the backend.

    Attributes
    ----------
    ops : BackendOps
    dtype : dtype
        The backend's own dtype object.
    check_level : str

    Raises
    ------
    BackendError
        If the name does not resolve.
    CastError
        If the backend can't hold the dtype, such as float64 on JAX without `jax_enable_x64`.
    ValueError
        For an unknown check level.

    Examples
    --------
    >>> import spacecore as sc
    >>> ctx = sc.Context("numpy", dtype="float32")
    >>> ctx.asarray([1, 2, 3])
    array([1., 2., 3.], dtype=float32)
    """

    ops: BackendOps
    dtype: DType
    check_level: CheckLevel
    _key: tuple[BackendOps, str, CheckLevel]

    def __init__(
        self,
        ops: OpsLike,
        dtype: DType | str | None = None,
        *,
        check_level: CheckLevel | None = None,
        enable_checks: bool | None = None,
        device: None = None,
    ):
        state = vars(self)
        state["ops"] = normalize_ops(ops)
        if isinstance(ops, Context):
            dtype = ops.dtype if dtype is None else dtype
            if check_level is None and enable_checks is None:
                check_level = ops.check_level
        if device is not None:
            raise TypeError(
                f"A Context takes its device from the backend's name. Got device={device!r}. "
                f'Use `Context("{self.ops.family}:{device}")`.'
            )
        state["dtype"] = self.ops.sanitize_dtype(dtype)
        state["check_level"] = _level(check_level, enable_checks)
        state["_key"] = (self.ops, dtype_name(self.dtype), self.check_level)
        state["asarray"] = _compile_asarray(self.ops, self.dtype)

    @property
    def device(self) -> Device:
        """The device that arrays are made on, or None where the library chooses."""
        return self.ops.device

    @property
    def enable_checks(self) -> bool:
        """Whether anything is checked. Deprecated in favour of `check_level`."""
        return self.check_level != "none"

    def asarray(self, x: Any) -> Any:
        """Return data as a dense array of this backend, device and dtype.

        Parameters
        ----------
        x : array of any backend, number, or nested sequence of these
            A dense array that already fits is returned itself; memory is shared where possible.

        Returns
        -------
        array

        Raises
        ------
        CastError
            For complex into real, float into integer, and integers that do not fit.
        ConversionError
            For a sparse matrix, or an array that can't leave its library as it is.
        """
        return _asarray(self.ops, self.dtype, x)

    def assparse(self, x: Any, *, format: str | None = None) -> Any:
        """Return data as a sparse matrix of this backend, in the context's dtype.

        Parameters
        ----------
        x : sparse matrix of this backend or SciPy, or anything that `asarray` takes; shape (m, n)
        format : str, optional
            See `ops.assparse`.
        """
        foreign = ops_of_array(x)
        if not self.ops.is_sparse(x) and (foreign is None or not foreign.is_sparse(x)):
            x = self.asarray(x)
        elif foreign is not None and foreign.family != self.ops.family:
            x = foreign.sparse_to_scipy(x)
        check_cast(dtype_name(x.dtype), dtype_name(self.dtype))
        return self.ops.assparse(x, format=format, dtype=self.dtype)

    def assert_dense(self, x: object) -> None:
        """Raise unless `x` is a dense array of this backend.

        Raises
        ------
        TypeError
        """
        if not self.ops.is_dense(x):
            raise TypeError(not_dense(self.ops, x))

    def assert_sparse(self, x: object) -> None:
        """Raise unless `x` is a sparse matrix of this backend.

        Raises
        ------
        TypeError
        """
        if not self.ops.is_sparse(x):
            raise TypeError(not_sparse(self.ops, x))

    def zeros(self, shape: int | Shape) -> Any:
        """Return an array of zeros."""
        return self.ops.zeros(shape, dtype=self.dtype)

    def ones(self, shape: int | Shape) -> Any:
        """Return an array of ones."""
        return self.ops.ones(shape, dtype=self.dtype)

    def empty(self, shape: int | Shape) -> Any:
        """Return an array whose values are whatever the memory held."""
        return self.ops.empty(shape, dtype=self.dtype)

    def full(self, shape: int | Shape, fill_value: complex) -> Any:
        """Return an array filled with one number."""
        return self.ops.full(shape, fill_value, dtype=self.dtype)

    def arange(self, start: float, /, stop: float | None = None, step: float = 1) -> Any:
        """Return evenly spaced numbers from `start` up to `stop`, not included."""
        return self.ops.arange(start, stop, step, dtype=self.dtype)

    def linspace(self, start: complex, stop: complex, /, num: int, *, endpoint: bool = True) -> Any:
        """Return `num` evenly spaced numbers from `start` to `stop`."""
        return self.ops.linspace(start, stop, num, dtype=self.dtype, endpoint=endpoint)

    def eye(self, n_rows: int, n_cols: int | None = None, /, *, k: int = 0) -> Any:
        """Return a matrix with ones on its `k`-th diagonal and zeros elsewhere."""
        return self.ops.eye(n_rows, n_cols, k=k, dtype=self.dtype)

    def convert(
        self,
        target: ContextLike,
        *,
        dtype: DType | str | None = None,
        check_level: CheckLevel | None = None,
    ) -> Context:
        """Return this context on another library; itself if that changes nothing.

        Parameters
        ----------
        target : Context, ops, name or family
            A context is taken whole; anything else changes the library alone.
        dtype, check_level : optional
            Changed too where given.

        Raises
        ------
        CastError
            If the target can't hold the dtype; it is never narrowed.
        """
        if isinstance(target, Context):
            base, ops = target, target.ops
        else:
            base, ops = self, self._ops_on_same_kind(target)
        made = Context(
            ops,
            dtype_name(base.dtype) if dtype is None else dtype,
            check_level=check_level or base.check_level,
        )
        return self if made == self else made

    def _ops_on_same_kind(self, target: OpsLike) -> BackendOps:
        """The target's ops; a bare name keeps the kind of device that this context names."""
        if self.device is None or not isinstance(target, str) or ":" in target:
            return normalize_ops(target)
        return resolve(f"{target}:{self.ops.device_kind(self.device)}")

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError("A Context is immutable; use `convert`, or make a new one.")

    def __delattr__(self, name: str) -> None:
        raise AttributeError("A Context is immutable.")

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Context) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return (
            f"Context({self.ops!r}, dtype={dtype_name(self.dtype)}, "
            f"check_level={self.check_level!r})"
        )

    def _repr_html_(self) -> str:
        from spacecore._html import Section, page

        facts = {
            "ops": repr(self.ops),
            "dtype": dtype_name(self.dtype),
            "check level": self.check_level,
        }
        return page(Section("Context", facts=facts))

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self.ops, dtype_name(self.dtype), self.check_level)


ContextLike: TypeAlias = "Context | OpsLike"


def normalize_ops(ops: OpsLike | Context) -> BackendOps:
    """Return the `BackendOps` object for an instance, class, name, family or context.

    Raises
    ------
    BackendError
        If a name does not resolve.
    TypeError
    """
    if isinstance(ops, BackendOps):
        return ops
    if isinstance(ops, str):
        return resolve(ops)
    if isinstance(ops, type) and issubclass(ops, BackendOps):
        return ops()
    if isinstance(ops, Context):
        return ops.ops
    raise TypeError(
        f"A backend is given as BackendOps, its class, a name or a Context. Got {type_name(ops)}. "
        f"{_instead_of(ops)}"
    )


def _instead_of(given: object) -> str:
    """What was meant by something in the place of a backend or a context."""
    from spacecore._value import Value

    if isinstance(given, ModuleType):
        return f'Use its name: `Context("{given.__name__}")`.'
    if isinstance(given, Value):  # the second of several operators, perhaps
        return "Give several of a kind as one tuple, and other arguments by name."
    return 'Use a name: `Context("numpy")`.'


def _level(check_level: CheckLevel | None, enable_checks: bool | None) -> CheckLevel:
    if enable_checks is None:
        return normalize_check_level("standard" if check_level is None else check_level)
    if check_level is not None:
        raise TypeError(
            "A Context takes check_level or the deprecated enable_checks, not both. "
            "Drop enable_checks."
        )
    level: CheckLevel = "standard" if enable_checks else "none"
    warnings.warn(
        f'enable_checks is deprecated; use check_level="{level}".',
        DeprecationWarning,
        stacklevel=3,
    )
    return level


def _restore(ops: BackendOps, dtype: str, check_level: CheckLevel) -> Context:
    return Context(ops, dtype, check_level=check_level)


def _compile_asarray(ops: BackendOps, dtype: DType) -> Callable[[Any], Any]:
    """`asarray` with the case of nothing to do decided in two comparisons, or three."""
    kind: Any = ops.array_types[0]
    is_sparse = ops.is_sparse

    def asarray(x: Any) -> Any:
        if type(x) is kind and x.dtype is dtype:
            return x
        return _asarray(ops, dtype, x)

    def asarray_if_dense(x: Any) -> Any:
        if type(x) is kind and x.dtype is dtype and not is_sparse(x):
            return x
        return _asarray(ops, dtype, x)

    made: Any = asarray_if_dense if ops.sparse_shares_type else asarray
    if ops.device is not None:
        made = partial(_asarray, ops, dtype)
    made.__doc__, made.__qualname__ = Context.asarray.__doc__, "Context.asarray"
    return made


def _asarray(ops: BackendOps, wanted: DType, x: Any) -> Any:
    if type(x) is not np.ndarray and isinstance(x, np.ndarray) and np.ma.is_masked(x):
        raise CastError(
            "`ctx.asarray` keeps every part of its data. Got an array with masked values, whose "
            "mask would be lost. Use `x.filled(value)`."
        )
    if ops.is_dense(x):
        return ops.asarray(cast(ops, x, wanted), device=ops.device)
    source = ops_of_array(x)
    if source is not None:
        return _from_array(ops, wanted, x, source)
    if isinstance(x, list | tuple) and _holds_arrays(x):
        return ops.stack([_asarray(ops, wanted, item) for item in x])
    return _from_array(ops, wanted, _from_python(x), resolve("numpy"))


_asarray.__qualname__ = "Context.asarray"  # by which Python names it where a call is wrong


def _from_array(ops: BackendOps, dtype: DType, x: Any, source: BackendOps) -> Any:
    if source.is_sparse(x):
        raise ConversionError(
            f"`ctx.asarray` makes dense arrays. Got a sparse {type(x).__name__}. "
            f"Use `ctx.assparse(x)`."
        )
    have, want = dtype_name(x.dtype), dtype_name(dtype)
    if have != want:
        check_cast(have, want)
        if source.has_dtype(want):  # first, so that the target need not hold the wider dtype
            x = cast(source, x, want)
    return cast(ops, transfer(x, source, ops), dtype)


def _holds_arrays(items: list[Any] | tuple[Any, ...]) -> bool:
    for item in items:
        if type(item) in _NUMBERS:
            continue
        if isinstance(item, list | tuple):
            if _holds_arrays(item):
                return True
        elif ops_of_array(item) is not None:
            return True
    return False


_NUMBERS = frozenset({bool, int, float, complex})


def _from_python(x: Any) -> Any:
    """A NumPy array of a number or of nested sequences of them."""
    made = np.asarray(x)
    if made.dtype.kind not in "biufc":
        raise CastError(
            f"`ctx.asarray` takes numbers, nested sequences of them, and arrays. "
            f"Got {type_name(x)}, which NumPy reads as {made.dtype}."
        )
    return made.astype(np.bool_) if made.size == 0 else made  # no element has a kind to lose
