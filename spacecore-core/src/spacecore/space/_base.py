"""`Space`: a set of elements on a context, with a membership test and a geometry."""

from __future__ import annotations

import operator
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from spacecore._checks import not_dense, of_other_dtype
from spacecore._context import Context
from spacecore._conversion import Convertible
from spacecore._typing import DType, Shape, type_name
from spacecore.backend import BackendOps, dtype_name
from spacecore.errors import SpaceValidationError
from spacecore.space._batch import batched
from spacecore.space._element import plain

if TYPE_CHECKING:
    from spacecore._notation import Writer
    from spacecore.space._stacked import StackedSpace

__all__ = ["Space"]


class Space(Convertible, static=("ctx",)):
    """A set of elements: what they look like, where they live, how they are measured.

    Spaces are immutable and hold no elements. Two are equal when their sets of elements, dtype,
    family and geometry are; device and check level are not part of it.

    Public methods check their arguments, as far as the check level says, and call a hook of the
    same name with an underscore, which computes and checks nothing. The forms that begin with
    `v` take batches: any number of leading axes, the same in every leaf.

    Attributes
    ----------
    ctx : Context
    shape : tuple of int
    """

    ctx: Context
    shape: Shape

    _holds_arrays: ClassVar[bool] = False  # whether elements are arrays of `shape`
    # Whether the geometry is a weight of each entry, so that its maps take batches as well.
    _weighs: bool = False

    @property
    def ops(self) -> BackendOps:
        """The backend."""
        return self.ctx.ops

    @property
    def dtype(self) -> DType:
        """The dtype of elements: the context's."""
        return self.ctx.dtype

    @property
    def field(self) -> Literal["real", "complex"]:
        """The numbers that elements are scaled by."""
        return "complex" if self.ops.is_complex_dtype(self.dtype) else "real"

    @property
    def size(self) -> int:
        """Number of coordinates of an element."""
        count = 1
        for length in self.shape:
            count *= length
        return count

    @abstractmethod
    def check_member(self, x: Any) -> None:
        """Raise unless `x` is an element, as far as the check level looks.

        Raises
        ------
        SpaceValidationError
            A `ValueError` and a `TypeError`: says what was expected and what was got.
        """

    @abstractmethod
    def check_batch(self, xs: Any) -> Shape:
        """Return the leading axes of a batch of elements.

        Raises
        ------
        SpaceValidationError
            If `xs` is no batch of elements, at every level: without its leading axes a batch
            can't be computed with.
        """

    @abstractmethod
    def zeros(self) -> Any:
        """Return the zero element."""

    @abstractmethod
    def ones(self) -> Any:
        """Return the element whose coordinates are all one."""

    @abstractmethod
    def random(self, key: Any) -> Any:
        """Return an element with independent standard normal coordinates.

        Parameters
        ----------
        key : key
            From `ops.random_key(seed)`; the same key gives the same element.

        Raises
        ------
        TypeError
            If a number, a seed perhaps, is given for a key.
        """

    @property
    @abstractmethod
    def is_euclidean(self) -> bool:
        """Whether the Riesz map is the identity."""

    def add(self, x: Any, y: Any) -> Any:
        """Return `x + y`."""
        self.check_member(x)
        self.check_member(y)
        return self._add(x, y)

    def scale(self, a: Any, x: Any) -> Any:
        """Return `a * x` for a number of the space's field.

        Raises
        ------
        SpaceValidationError
            For a complex number on a real space.
        """
        self.check_scalar(a)
        self.check_member(x)
        return self._scale(self._coefficient(a), x)

    def axpy(self, a: Any, x: Any, y: Any) -> Any:
        """Return `a * x + y` for a number of the space's field."""
        self.check_scalar(a)
        self.check_member(x)
        self.check_member(y)
        return self._add(self._scale(self._coefficient(a), x), y)

    def inner(self, x: Any, y: Any) -> Any:
        """Return the inner product, conjugate-linear in `x`; array of shape ()."""
        self.check_member(x)
        self.check_member(y)
        return self._inner(x, y)

    def norm(self, x: Any) -> Any:
        """Return `sqrt(inner(x, x))`, real; array of shape ()."""
        self.check_member(x)
        return self._norm(x)

    def riesz(self, x: Any) -> Any:
        """Return R x, where `inner(x, y) = vdot(x, R y)`.

        Raises
        ------
        NotImplementedError
            If the geometry has no Riesz map.
        """
        self.check_member(x)
        return self._riesz(x)

    def riesz_inverse(self, x: Any) -> Any:
        """Return R⁻¹ x.

        Raises
        ------
        NotImplementedError
            If the geometry has no inverse Riesz map.
        """
        self.check_member(x)
        return self._riesz_inverse(x)

    def flatten(self, x: Any) -> Any:
        """Return the coordinates of an element; shape (size,)."""
        self.check_member(x)
        return self._flatten(x)

    def unflatten(self, v: Any) -> Any:
        """Return the element with given coordinates.

        Parameters
        ----------
        v : array, shape (size,)
        """
        self._check_coordinates(v, ())
        x = self._unflatten(v)
        self.check_member(x)
        return x

    def stacked(self, count: int) -> StackedSpace:
        """Return the space of `count` elements stacked along a leading axis."""
        from spacecore.space._stacked import StackedSpace

        return StackedSpace(self, count)

    def vinner(self, xs: Any, ys: Any) -> Any:
        """Return the inner products of two batches; array of their leading axes."""
        return self._over_batch(self._inner, xs, ys)

    def vnorm(self, xs: Any) -> Any:
        """Return the norms of a batch; array of its leading axes."""
        return self._over_batch(self._norm, xs)

    def vriesz(self, xs: Any) -> Any:
        """Return R x for each element of a batch."""
        return self._over_batch(self._riesz, xs)

    def vriesz_inverse(self, xs: Any) -> Any:
        """Return R⁻¹ x for each element of a batch."""
        return self._over_batch(self._riesz_inverse, xs)

    def vflatten(self, xs: Any) -> Any:
        """Return the coordinates of a batch; shape (..., size)."""
        return self._over_batch(self._flatten, xs)

    def vunflatten(self, vs: Any) -> Any:
        """Return the batch of elements with given coordinates.

        Parameters
        ----------
        vs : array, shape (..., size)
        """
        leading = tuple(vs.shape[:-1]) if self.ops.is_dense(vs) else ()
        self._check_coordinates(vs, leading)
        return batched(self.ops, self._unflatten, leading, vs)

    def check_scalar(self, a: Any) -> None:
        """Raise if elements can't be scaled by `a` and stay in the space.

        Raises
        ------
        SpaceValidationError
            For a complex number on a real space, and for what is no number.
        """
        if type(a) in _REAL or self.ctx.check_level == "none":
            return
        if not _is_number(self.ops, a):
            raise SpaceValidationError(
                f"Elements are scaled by a number or an array of shape (). Got {type_name(a)}."
            )
        if self.field == "real" and _is_complex(self.ops, a):
            raise SpaceValidationError(
                f"A real space is scaled by real numbers. Got {type_name(a)}. "
                f"Use a complex dtype for the space."
            )

    def __str__(self) -> str:
        from spacecore._notation import Writer, cut

        return cut(Writer(dtype_name(self.dtype)).space(self))

    def __repr__(self) -> str:
        return f"{type(self).__name__}: {self} ({self.ops.name}, {dtype_name(self.dtype)})"

    def _notation(self, write: Writer) -> str:
        """The set, in one line of mathematics."""
        lengths = "×".join(map(str, self.shape))
        return write.qualified(f"{type(self).__name__}({lengths})", self)

    def _shown(self) -> tuple[str, dict[str, str], dict[str, Any]]:
        return str(self), {"size": str(self.size)}, self._fields()

    def _over_batch(self, function: Any, *batches: Any) -> Any:
        batches = tuple(map(plain, batches))
        leading = {self.check_batch(xs) for xs in batches}
        if len(leading) > 1:
            found = " and ".join(map(str, sorted(leading)))
            raise SpaceValidationError(f"Expected batches of one length, got {found}")
        return batched(self.ops, function, leading.pop(), *batches)

    def _check_coordinates(self, v: Any, leading: Shape) -> None:
        if self.ctx.check_level == "none":
            return
        ops, shape = self.ops, (*leading, self.size)
        if not ops.is_dense(v):
            raise SpaceValidationError(not_dense(ops, v))
        if tuple(v.shape) != shape:
            raise SpaceValidationError(f"Expected shape {shape}, got {tuple(v.shape)}")
        if v.dtype != self.dtype:
            raise SpaceValidationError(of_other_dtype(self.dtype, v.dtype))

    # Hooks: they compute, and check nothing.

    def _coefficient(self, a: Any) -> Any:
        """A number as a Python number, which has no dtype; an array in the space's precision."""
        if type(a) in _REAL:
            return a
        if isinstance(a, np.generic):
            return a.item()
        if isinstance(a, int | float | complex):
            return a
        ops, dtype = self.ops, self.dtype
        if a.dtype == dtype:
            return a
        if not ops.is_complex_dtype(a.dtype):
            dtype = ops.real_dtype(dtype)
        return a if a.dtype == dtype else ops.astype(a, dtype)

    _add = staticmethod(operator.add)
    _scale = staticmethod(operator.mul)

    def _conj(self, x: Any) -> Any:
        return self.ops.conj(x)

    @abstractmethod
    def _inner(self, x: Any, y: Any) -> Any: ...

    def _norm(self, x: Any) -> Any:
        return self.ops.sqrt(self.ops.real(self._inner(x, x)))

    @abstractmethod
    def _riesz(self, x: Any) -> Any: ...

    @abstractmethod
    def _riesz_inverse(self, x: Any) -> Any: ...

    @abstractmethod
    def _flatten(self, x: Any) -> Any: ...

    @abstractmethod
    def _unflatten(self, v: Any) -> Any: ...


_REAL = (int, float)  # what every space is scaled by


def _is_number(ops: BackendOps, a: Any) -> bool:
    if isinstance(a, int | float | complex | np.number):
        return True
    return ops.is_dense(a) and tuple(a.shape) == ()


def _is_complex(ops: BackendOps, a: Any) -> bool:
    if isinstance(a, complex | np.complexfloating):
        return True
    return ops.is_dense(a) and ops.is_complex_dtype(a.dtype)
