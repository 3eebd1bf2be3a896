"""`Space`: a set of elements on a context, with a membership test and a geometry."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Literal, Self

from spacecore._context import Context, ContextLike
from spacecore._conversion import Conversion
from spacecore._typing import CheckLevel, DType, Shape
from spacecore._value import Value
from spacecore.backend import BackendOps

__all__ = ["Space"]


class Space(Value, static=("ctx",)):
    """A set of elements: what they look like, where they live, how they are measured.

    Spaces are immutable and hold no elements. Two are equal when their sets of elements, dtype,
    family and geometry are; device and check level are not part of it.

    Attributes
    ----------
    ctx : Context
    shape : tuple of int
    size : int
        Number of coordinates.
    """

    ctx: Context
    shape: Shape

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
    def check_member(self, x: object) -> None:
        """Raise unless `x` is an element, as far as the check level looks.

        Raises
        ------
        SpaceValidationError
            A `ValueError` and a `TypeError`: says what was expected and what was got.
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
        """

    @abstractmethod
    def inner(self, x: Any, y: Any) -> Any:
        """Return the inner product, conjugate-linear in `x`; array of shape ()."""

    @abstractmethod
    def norm(self, x: Any) -> Any:
        """Return `sqrt(inner(x, x))`, real; array of shape ()."""

    @abstractmethod
    def riesz(self, x: Any) -> Any:
        """Return R x, where `inner(x, y) = vdot(x, R y)`."""

    @abstractmethod
    def riesz_inverse(self, x: Any) -> Any:
        """Return R⁻¹ x."""

    @property
    @abstractmethod
    def is_euclidean(self) -> bool:
        """Whether the Riesz map is the identity."""

    def convert(
        self,
        target: ContextLike,
        *,
        dtype: DType | str | None = None,
        check_level: CheckLevel | None = None,
        copy: bool | None = None,
    ) -> Self:
        """Return this object on another library; itself if nothing changes.

        Parameters
        ----------
        target : Context, ops, name or family
            A context is taken whole. Anything else changes the library and keeps the dtype and
            the check level.
        dtype, check_level : optional
            Changed too where given; a dtype within its kind of number or to a wider kind.
        copy : bool or None
            None shares the memory of arrays where both libraries can, True never does, False
            raises where it can't be shared.

        Raises
        ------
        CastError
            If the target can't hold the dtype, or the dtype asked for would lose something.
        ConversionError
            If an array can't cross as it is.
        """
        conversion = Conversion(target, dtype=dtype, check_level=check_level, copy=copy)
        made: Self = conversion.value(self, self.ctx)
        return made
