"""The discrete Fourier transforms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from spacecore.testing import _rules
from spacecore.testing._inputs import COMPLEX, FLOATING, REAL_FLOATING, array
from spacecore.testing._table import Call, DTypeOf, Row, call

__all__ = ["rows"]


def rows() -> list[Row]:
    """Return the rows of the table."""
    return [*_one_axis(), *_many_axes(), *_frequencies(), *_shifts()]


def _one_axis() -> Iterator[Row]:
    x = array(2, 4)
    calls: tuple[Call, ...] = (
        call(array(5)),
        call(x),
        call(x, axis=0),
        call(x, n=6),
        call(x, n=3, axis=-1),
        call(x, norm="ortho"),
        call(array(5), norm="forward"),
        call(x, n=5, axis=1, norm="backward"),
        call(array(2, 4, layout="strided")),
        call(array(0, 4)),
        call(array(2, 4, 0), n=6, axis=1),
    )
    for name in ("fft", "ifft", "irfft", "hfft"):
        yield Row(name=f"fft.{name}", dtypes=COMPLEX, calls=calls, loose=10)
    for name in ("rfft", "ihfft"):
        yield Row(name=f"fft.{name}", dtypes=REAL_FLOATING, calls=calls, loose=10)


def _many_axes() -> Iterator[Row]:
    x = array(2, 4)
    calls: tuple[Call, ...] = (
        call(x),
        call(array(2, 3, 2), axes=(0, 2)),
        call(x, s=(3, 3), axes=(0, 1)),
        call(x, s=(3,), axes=(-1,), norm="ortho"),
        call(x, norm="forward"),
        call(array(0, 2, 3), axes=(1, 2)),
        call(array(0, 2, 3), s=(2, 4), axes=(-2, -1)),
        call(x, s=(-1, 3), axes=(0, 1)),
    )
    for name in ("fftn", "ifftn"):
        yield Row(name=f"fft.{name}", dtypes=COMPLEX, calls=calls, loose=10)
    yield Row(name="fft.rfftn", dtypes=REAL_FLOATING, calls=calls, loose=10)
    yield Row(name="fft.irfftn", dtypes=COMPLEX, calls=calls, loose=10)


def _frequencies() -> Iterator[Row]:
    for name in ("fftfreq", "rfftfreq"):
        full = f"fft.{name}"
        made = (call(4), call(5), call(1), call(6, d=0.5))
        yield Row(name=full, calls=made, result=_rules.default_real)
        chosen = tuple(call(5, d=2.0, dtype=DTypeOf(dtype)) for dtype in REAL_FLOATING)
        yield Row(name=full, calls=chosen, reference=_in_dtype(getattr(np.fft, name)))


def _in_dtype(reference: Any) -> Any:
    def frequencies(n: int, *, d: float = 1.0, dtype: Any = None) -> Any:
        return reference(n, d=d).astype(dtype)

    return frequencies


def _shifts() -> Iterator[Row]:
    x = array(3, 4)
    axes: tuple[Any, ...] = (0, (0, 1), -1, ())
    calls = (call(array(5)), call(x), *(call(x, axes=each) for each in axes))
    for name in ("fftshift", "ifftshift"):
        yield Row(name=f"fft.{name}", dtypes=FLOATING, calls=calls)
