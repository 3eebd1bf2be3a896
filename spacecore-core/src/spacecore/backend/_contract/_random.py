"""Random numbers from explicit keys."""

from __future__ import annotations

from typing import Any

from spacecore._typing import Array, DType, Shape
from spacecore.backend._declare import default, section
from spacecore.backend.eager import RandomKey, check_key

__all__ = ["RandomNumbers"]


@section("Random numbers")
class RandomNumbers:
    """The same key gives the same numbers; a key is never changed by its use.

    Streams are each library's own: one seed gives different numbers on different backends. What is
    no key is refused by a `TypeError`, a dtype that a function can't draw in by a `CastError`.
    """

    @default
    def random_key(self, seed: int, /) -> Any:
        """Return a key from a non-negative integer."""
        return RandomKey(seed)

    @default
    def random_split(self, key: Any, /, num: int = 2) -> Any:
        """Return `num` keys, in a sequence, with independent streams.

        Raises
        ------
        ValueError
            If `num` is negative.
        """
        return check_key(key).split(num)

    def random_normal(self, key: Any, shape: Shape = (), /, dtype: DType | None = None) -> Array:
        """Return standard normal numbers.

        Parameters
        ----------
        key : key
        shape : tuple of int
        dtype : dtype, optional
            Floating-point, the default float if not given. For a complex dtype, real and
            imaginary part each have variance 1/2.
        """
        raise NotImplementedError

    def random_uniform(
        self,
        key: Any,
        shape: Shape = (),
        /,
        dtype: DType | None = None,
        *,
        low: float = 0.0,
        high: float = 1.0,
    ) -> Array:
        """Return numbers uniform in `[low, high)`, of a real floating-point dtype."""
        raise NotImplementedError

    def random_integers(
        self, key: Any, shape: Shape = (), /, dtype: DType | None = None, *, low: int = 0, high: int
    ) -> Array:
        """Return integers uniform in `[low, high)`, of an integer dtype."""
        raise NotImplementedError

    def random_rademacher(
        self, key: Any, shape: Shape = (), /, dtype: DType | None = None
    ) -> Array:
        """Return numbers that are 1 or -1 with equal probability, of any numeric dtype."""
        raise NotImplementedError
