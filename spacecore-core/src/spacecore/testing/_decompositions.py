"""Factorizations: the factors multiply back and have their structure; signs are free."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from zlib import crc32

import numpy as np

from spacecore.testing._case import Case, function_of
from spacecore.testing._compare import agree, check_array, tolerance
from spacecore.testing._inputs import FLOATING, array, make, put
from spacecore.testing._law import law, on_host
from spacecore.testing._rules import real_part
from spacecore.testing._table import cover

__all__ = ["laws"]

_SQUARES = ((3, 3), (2, 3, 3), (1, 1), (0, 2, 2), (2, 1, 3, 3))
_OBLONGS = ((4, 3), (3, 4), (2, 4, 3), (3, 3), (0, 3))

Options = tuple[dict[str, Any], ...]
Check = Callable[[Any, str, Any, dict[str, Any], str], None]


def laws() -> Iterator[Case]:
    """Yield the cases."""
    for name in ("eigh", "linalg.eigh"):
        yield from _crossed(name, _eigh, _SQUARES, "hermitian", ({},))
    for name in ("cholesky", "linalg.cholesky"):
        yield from _crossed(name, _cholesky, _SQUARES, "definite", ({}, {"upper": True}))
    for name in ("svd", "linalg.svd"):
        full: Options = ({}, {"full_matrices": False}, {"full_matrices": True})
        yield from _crossed(name, _svd, _OBLONGS, "ordinary", full)
    yield law("eigh[convention]", _eigh_convention, dtypes=("float64", "complex128"))
    yield law("svd[convention]", _svd_convention, dtypes=("float64", "complex128"))
    modes: Options = ({}, {"mode": "complete"}, {"mode": "reduced"})
    yield from _crossed("linalg.qr", _qr, _OBLONGS[:4], "ordinary", modes)


def _crossed(name: str, check: Check, shapes: Any, domain: str, options: Options) -> Iterator[Case]:
    calls = [(shape, options[i % len(options)]) for i, shape in enumerate(shapes)]
    for (shape, option), dtype in cover(calls, FLOATING, name, thorough=True):
        extra = "".join(f"-{key}={value}" for key, value in option.items())
        label = f"{name}[{dtype}-{str(shape).replace(' ', '')}{extra}]"
        host = partial(make, array(*shape), dtype, domain, crc32(f"{name}{shape}".encode()))
        function = partial(_run, check, name, host, option)
        yield law(label, function, dtypes=(dtype,))


def _run(
    check: Check, name: str, host: Callable[[], Any], option: dict[str, Any], ops: Any
) -> None:
    values = host()
    check(ops, name, values, option, values.dtype.name)


def _eigh_convention(ops: Any) -> None:
    """Simple eigenvalues have the same eigenvectors everywhere: by hand, (1, ±i) / √2."""
    x = np.asarray([[2, -1j], [1j, 2]])
    _, vectors = ops.eigh(put(ops, x))
    _same(ops.to_numpy(vectors), np.asarray([[1, 1], [-1j, 1j]]) / np.sqrt(2), "eigenvectors")
    x = np.asarray([[2.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 4.0]])
    _, vectors = ops.eigh(put(ops, np.stack([x, -x])))
    got = ops.to_numpy(vectors)
    _same(got[1], got[0][:, ::-1], "eigenvectors of the negative")


def _svd_convention(ops: Any) -> None:
    """The factor is fixed by U and taken back by Vh."""
    x = np.asarray([[0.0, -3.0, 0.0], [2.0, 0.0, 0.0]])
    for full in (False, True):
        left, values, right = map(ops.to_numpy, ops.svd(put(ops, x), full_matrices=full))
        _same(left, np.eye(2), "left singular vectors")
        _same(values, np.asarray([3.0, 2.0]), "singular values")
        _same(right[:2], np.asarray([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0]]), "right singular vectors")


def _fields(result: Any, names: tuple[str, ...], name: str) -> list[Any]:
    """The parts by position; in the standard's namespace they have names as well."""
    assert isinstance(result, tuple), f"expected a tuple of {names}, got {type(result).__name__}"
    assert len(result) == len(names), f"expected {names}, got {len(result)} parts"
    if name.startswith("linalg."):
        for field, part in zip(names, result, strict=True):
            found = getattr(result, field, None)
            assert found is part, f"expected a named tuple with the field {field}, got none"
    return list(result)


def _adjoint(x: Any) -> Any:
    return np.conj(np.swapaxes(x, -1, -2))


def _identity_like(x: Any) -> Any:
    """The identity of the size of `x`'s columns, in its stack."""
    return np.broadcast_to(np.eye(x.shape[-1], dtype=x.dtype), (*x.shape[:-2], *(x.shape[-1:] * 2)))


def _same(got: Any, want: Any, what: str) -> None:
    try:
        agree(got, want, loose=50)
    except AssertionError as error:
        raise AssertionError(f"{what}: {error}") from None


def _orthonormal(x: Any, what: str) -> None:
    product = _adjoint(x) @ x
    error = np.abs(product - _identity_like(x)).max(initial=0.0)
    assert error <= 50 * tolerance(x.dtype.name), (
        f"expected orthonormal columns of {what}, got an error of {error:.2g}"
    )


def _eigh(ops: Any, name: str, host: Any, option: dict[str, Any], dtype: str) -> None:
    result = function_of(ops, name)(put(ops, host), **option)
    values, vectors = _fields(result, ("eigenvalues", "eigenvectors"), name)
    w, v = on_host(values, ops), on_host(vectors, ops)
    check_array(ops, vectors, v, dtype)
    check_array(ops, values, np.linalg.eigvalsh(host), real_part(ops, [dtype], ""), loose=50)
    _orthonormal(v, "eigenvectors")
    _same(host @ v, v * w[..., None, :].astype(dtype), "A V = V diag(w)")


def _cholesky(ops: Any, name: str, host: Any, option: dict[str, Any], dtype: str) -> None:
    factor = function_of(ops, name)(put(ops, host), **option)
    lower = np.linalg.cholesky(host)
    check_array(ops, factor, _adjoint(lower) if option else lower, dtype, loose=50)


def _svd(ops: Any, name: str, host: Any, option: dict[str, Any], dtype: str) -> None:
    parts = _fields(function_of(ops, name)(put(ops, host), **option), ("U", "S", "Vh"), name)
    u, s, vh = (on_host(part, ops) for part in parts)
    full = option.get("full_matrices", True)
    shapes = [x.shape for x in np.linalg.svd(host, full_matrices=full)]
    for part, shape, kind in zip(
        parts, shapes, (dtype, real_part(ops, [dtype], ""), dtype), strict=True
    ):
        check_array(ops, part, np.reshape(on_host(part, ops), shape), kind)
    _orthonormal(u, "U")
    _orthonormal(_adjoint(vh), "V")
    assert (s >= 0).all(), "expected singular values of at least 0"
    assert (np.diff(s, axis=-1) <= 0).all(), "expected descending singular values"
    count = s.shape[-1]
    product = (u[..., :count] * s[..., None, :].astype(dtype)) @ vh[..., :count, :]
    _same(product, host, "U diag(S) Vh = A")


def _qr(ops: Any, name: str, host: Any, option: dict[str, Any], dtype: str) -> None:
    parts = _fields(function_of(ops, name)(put(ops, host), **option), ("Q", "R"), name)
    shapes = [x.shape for x in np.linalg.qr(host, mode=option.get("mode", "reduced"))]
    for part, shape in zip(parts, shapes, strict=True):
        check_array(ops, part, np.reshape(on_host(part, ops), shape), dtype)
    q, r = (on_host(part, ops) for part in parts)
    _orthonormal(q, "Q")
    assert np.array_equal(r, np.triu(r)), "expected an upper triangular R"
    _same(q @ r, host, "Q R = A")
