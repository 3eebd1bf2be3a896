"""One table for the functions of arrays: what each takes, and what it must give.

A row is crossed with dtypes and calls. The default cover has each dtype and each call at least
once; the thorough one has every pair.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np

from spacecore.backend import BackendOps, FFTNamespace, LinalgNamespace
from spacecore.testing._case import Case, Requirement, function_of
from spacecore.testing._compare import check_array
from spacecore.testing._inputs import ArraySpec, make, put
from spacecore.testing._rules import default_of

__all__ = ["Call", "DTypeOf", "Row", "Rule", "call", "cases_of_rows", "cover", "section_of"]


class DTypeOf(NamedTuple):
    """A dtype among the arguments, in the backend's own spelling."""

    name: str


class Call(NamedTuple):
    """Arguments: array descriptions, dtypes, and literals, alone or in lists."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]


def call(*args: Any, **kwargs: Any) -> Call:
    """Write down one call of a function."""
    return Call(args, kwargs)


Rule = Callable[[Any, Sequence[str], str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One function of the table.

    Parameters
    ----------
    name : str
        As in the contract; of an extension with its name.
    dtypes : sequence of str
        Crossed with the calls whose arrays leave their dtype open.
    calls : sequence of Call
    reference : callable, optional
        On NumPy arrays; NumPy's function of that name by default.
    result : callable, optional
        The rule of the result's dtype from the ops, the inputs' dtypes and the reference's
        dtype, which is what it is by default.
    domain : str
        Which values.
    loose : float
        Multiplies the tolerance.
    signed_zeros : bool
        Whether the signs of zeros are fixed.
    fixed : callable, optional
        Where the result is fixed by the standard, from the inputs on the host.
    note : str
        Ends the names of the row's cases.
    """

    name: str
    dtypes: Sequence[str] = ()
    calls: Sequence[Call]
    reference: Callable[..., Any] | None = None
    result: Rule | None = None
    domain: str = "ordinary"
    loose: float = 1.0
    signed_zeros: bool = False
    fixed: Callable[..., Any] | None = None
    note: str = ""
    needs: tuple[str, ...] = field(default=())


def cases_of_rows(rows: Sequence[Row], *, thorough: bool) -> Iterator[Case]:
    """Yield the cases of a table."""
    for row in rows:
        open_calls = [c for c in row.calls if _leaves_dtype_open(c)]
        for made, dtype in cover(open_calls, row.dtypes, row.name, thorough=thorough):
            yield _case(row, made, dtype)
        for made in row.calls:
            if not _leaves_dtype_open(made):
                yield _case(row, made, "")


def cover(
    first: Sequence[Any], second: Sequence[Any], seed: str, *, thorough: bool
) -> list[tuple[Any, Any]]:
    """Return pairs in which every item of either occurs; every pair of items if thorough.

    Where the rotation starts depends on the seed, so that different functions pair differently.
    """
    if not first or not second:
        return []
    if thorough:
        return list(product(first, second))
    start = crc32(seed.encode())
    count = max(len(first), len(second))
    return [(first[i % len(first)], second[(start + i) % len(second)]) for i in range(count)]


def section_of(name: str) -> str:
    """Return the heading of a name of the contract."""
    return _SECTIONS[name]


_SECTIONS = {
    **{name: entry.section for name, entry in BackendOps.contract().items()},
    **{f"linalg.{name}": entry.section for name, entry in LinalgNamespace.contract().items()},
    **{f"fft.{name}": entry.section for name, entry in FFTNamespace.contract().items()},
}


def _case(row: Row, made: Call, dtype: str) -> Case:
    name = f"{row.name}[{_label(made, dtype, row.note)}]"
    specs = list(_specs(made))
    named = [spec.dtype or dtype for spec in specs if spec.dtype != "index"]
    needed = tuple(dict.fromkeys([*named, *_named_dtypes(made)]))
    requirement = Requirement(
        operations=(row.name, *row.needs),
        dtypes=needed,
        numpy_arrays=any(s.layout in ("reversed", "readonly") for s in specs),
    )
    return Case(name, section_of(row.name), requirement, _Check(row, made, dtype, name))


@dataclass(frozen=True, slots=True)
class _Check:
    """Call the backend's function and the reference, and compare."""

    row: Row
    made: Call
    dtype: str
    name: str

    def __call__(self, ops: Any) -> None:
        row = self.row
        inputs: list[tuple[Any, np.ndarray[Any, Any]]] = []
        hosts: list[Any] = []

        def on_host(spec: ArraySpec) -> Any:
            seed = crc32(self.name.encode()) + len(hosts)
            kind = default_of(ops, "integral") if spec.dtype == "index" else spec.dtype
            hosts.append(make(spec._replace(dtype=kind), self.dtype, row.domain, seed))
            return hosts[-1]

        host_call = _mapped(self.made, on_host, lambda d: np.dtype(d.name))
        remaining = iter(hosts)

        def on_backend(spec: ArraySpec) -> Any:
            host = next(remaining)
            inputs.append((put(ops, host, spec.layout), host))
            return inputs[-1][0]

        their_call = _mapped(self.made, on_backend, lambda d: ops.sanitize_dtype(d.name))
        expected = _reference(row)(*host_call.args, **host_call.kwargs)
        got = function_of(ops, row.name)(*their_call.args, **their_call.kwargs)
        self._compare(ops, got, expected, [host.dtype.name for host in hosts], hosts)
        for x, host in inputs:
            assert np.array_equal(ops.to_numpy(x), host, equal_nan=host.dtype.kind in "fc"), (
                "expected its inputs to be left as they were, got one changed"
            )

    def _compare(self, ops: Any, got: Any, expected: Any, dtypes: list[str], hosts: Any) -> None:
        row = self.row
        if isinstance(expected, tuple | list):
            assert isinstance(got, tuple | list), (
                f"expected {len(expected)} arrays, got {type(got).__name__}"
            )
            assert len(got) == len(expected), f"expected {len(expected)} arrays, got {len(got)}"
            pairs = list(zip(got, expected, strict=True))
        else:
            pairs = [(got, expected)]
        for one, other in pairs:
            want = np.asarray(other)
            name = row.result(ops, dtypes, want.dtype.name) if row.result else want.dtype.name
            if row.fixed is not None:
                free = ~np.broadcast_to(row.fixed(*hosts), want.shape)
                want = np.where(free, np.reshape(ops.to_numpy(one), want.shape), want)
            check_array(ops, one, want, name, loose=row.loose, signed_zeros=row.signed_zeros)


def _reference(row: Row) -> Callable[..., Any]:
    if row.reference is not None:
        return row.reference
    found: Any = np
    for part in row.name.split("."):
        found = getattr(found, part)
    reference: Callable[..., Any] = found
    return reference


def _mapped(
    made: Call, on_array: Callable[[ArraySpec], Any], on_dtype: Callable[[DTypeOf], Any]
) -> Call:
    def visit(item: Any) -> Any:
        if isinstance(item, ArraySpec):
            return on_array(item)
        if isinstance(item, DTypeOf):
            return on_dtype(item)
        return [visit(part) for part in item] if isinstance(item, list) else item

    return Call(
        tuple(visit(item) for item in made.args), {k: visit(v) for k, v in made.kwargs.items()}
    )


def _flat(made: Call) -> Iterator[Any]:
    for item in (*made.args, *made.kwargs.values()):
        if isinstance(item, list):
            yield from item
        else:
            yield item


def _specs(made: Call) -> Iterator[ArraySpec]:
    return (item for item in _flat(made) if isinstance(item, ArraySpec))


def _named_dtypes(made: Call) -> Iterator[str]:
    return (item.name for item in _flat(made) if isinstance(item, DTypeOf))


def _leaves_dtype_open(made: Call) -> bool:
    return any(spec.dtype is None for spec in _specs(made))


def _label(made: Call, dtype: str, note: str) -> str:
    parts = [dtype] if dtype else []
    parts += [_text(item) for item in made.args]
    parts += [name if v is True else f"{name}={_text(v)}" for name, v in made.kwargs.items()]
    return "-".join([*parts, note] if note else parts)


def _text(item: Any) -> str:
    if isinstance(item, ArraySpec):
        return item.label()
    if isinstance(item, DTypeOf):
        return item.name
    if isinstance(item, list):
        return "[" + ",".join(_text(part) for part in item) + "]"
    return str(item).replace(" ", "")
