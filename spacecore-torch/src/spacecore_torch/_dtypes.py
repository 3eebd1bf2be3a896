"""Dtypes: names, casts, and what each can hold."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch

from spacecore import backend
from spacecore.backend import differs
from spacecore.errors import CastError
from spacecore_torch import _native
from spacecore_torch._promotion import promote_dtypes, result_type

__all__ = ["Dtypes", "NAMES"]


NAMES = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "bfloat16", "float32", "float64", "complex64", "complex128"),
)
_BY_NAME: dict[str, torch.dtype] = {name: getattr(torch, name) for name in NAMES}
_NAME_OF = {dtype: name for name, dtype in _BY_NAME.items()}

_KINDS = {
    "bool": frozenset({torch.bool}),
    "signed integer": frozenset({torch.int8, torch.int16, torch.int32, torch.int64}),
    "unsigned integer": frozenset({torch.uint8, torch.uint16, torch.uint32, torch.uint64}),
    "real floating": frozenset({torch.float16, torch.bfloat16, torch.float32, torch.float64}),
    "complex floating": frozenset({torch.complex64, torch.complex128}),
}
_COMPLEX = _KINDS["complex floating"]
_KINDS["integral"] = _KINDS["signed integer"] | _KINDS["unsigned integer"]
_KINDS["numeric"] = _KINDS["integral"] | _KINDS["real floating"] | _KINDS["complex floating"]


_CASTS: dict[tuple[torch.dtype, torch.dtype], bool] = {}


def _is_exact(one: torch.dtype, to: torch.dtype) -> bool:
    """Whether NumPy calls a cast safe; its dtypes lack bfloat16, of which 8 bits are exact."""
    if torch.bfloat16 not in (one, to) and one in _NAME_OF and to in _NAME_OF:
        return bool(np.can_cast(_NAME_OF[one], _NAME_OF[to]))
    narrow = (torch.bool, torch.int8, torch.uint8)
    return promote_dtypes(one, to) is to and (one.is_floating_point or one in narrow)


class FloatLimits(NamedTuple):
    """What `finfo` returns."""

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: torch.dtype


class IntegerLimits(NamedTuple):
    """What `iinfo` returns."""

    bits: int
    max: int
    min: int
    dtype: torch.dtype


class Dtypes:
    """Data type functions of the standard, and SpaceCore's own about dtypes."""

    @staticmethod
    @differs("Torch has dtypes under one spelling only, and a default that can change")
    def sanitize_dtype(dtype: Any, /) -> torch.dtype:
        if isinstance(dtype, torch.dtype):
            return dtype
        if dtype is None:
            return torch.get_default_dtype()
        known = _BY_NAME.get(dtype) if isinstance(dtype, str) else None
        if known is not None:  # and nothing is cached, which `torch.compile` warns of
            return known
        name = backend.dtype_name(dtype)
        if name not in _BY_NAME:
            raise CastError(backend.no_dtype("Torch", name, NAMES))
        return _BY_NAME[name]

    @staticmethod
    @differs("Torch's dtypes print with the library's name")
    def dtype_name(dtype: Any, /) -> str:
        return _NAME_OF.get(dtype) or backend.dtype_name(dtype)

    @staticmethod
    @differs("Torch casts complex to real with a warning")
    def astype(
        x: Any, dtype: torch.dtype, /, *, copy: bool = True, device: Any = None
    ) -> torch.Tensor:
        if x.dtype.is_complex and dtype not in _COMPLEX:
            x = _without_imaginary_part(x, Dtypes.sanitize_dtype(dtype))
        return x.to(dtype=dtype, device=device, copy=copy)

    @staticmethod
    @differs("Torch allows every cast within a kind, narrowing ones too")
    def can_cast(from_: Any, to: torch.dtype, /) -> bool:
        dtype = from_ if isinstance(from_, _native.dtype) else from_.dtype
        known = _CASTS.get((dtype, to))
        if known is None:
            known = _CASTS[dtype, to] = _is_exact(dtype, to)
        return known

    @staticmethod
    @differs("Torch takes a dtype only, and names it by a string")
    def finfo(type: Any, /) -> FloatLimits:
        dtype = type if isinstance(type, _native.dtype) else type.dtype
        return _FLOAT_LIMITS.get(dtype) or _float_limits(dtype)

    @staticmethod
    @differs("Torch takes a dtype only, and names it by a string")
    def iinfo(type: Any, /) -> IntegerLimits:
        dtype = type if isinstance(type, _native.dtype) else type.dtype
        return _INTEGER_LIMITS.get(dtype) or _integer_limits(dtype)

    @staticmethod
    @differs("Torch has it as an attribute of `finfo`")
    def eps(dtype: Any, /) -> float:
        return (_FLOAT_LIMITS.get(dtype) or _float_limits(dtype)).eps

    @staticmethod
    @differs("Torch has no such function")
    def isdtype(dtype: torch.dtype, kind: Any) -> bool:
        if type(kind) is str and kind in _KINDS:
            return dtype in _KINDS[kind]
        kinds = kind if isinstance(kind, tuple) else (kind,)
        return any(_is_of_kind(dtype, k) for k in kinds)

    result_type = staticmethod(
        differs("Torch takes two arguments, and lets arrays with axes overrule 0-d ones")(
            result_type
        )
    )


def _float_limits(dtype: torch.dtype) -> FloatLimits:
    found = torch.finfo(dtype)
    return FloatLimits(
        found.bits, found.eps, found.max, found.min, found.smallest_normal, dtype.to_real()
    )


def _integer_limits(dtype: torch.dtype) -> IntegerLimits:
    found = torch.iinfo(dtype)
    return IntegerLimits(found.bits, found.max, found.min, dtype)


# Looked up, since asking Torch takes several times as long.
_FLOAT_LIMITS = {
    dtype: _float_limits(dtype) for dtype in _KINDS["real floating"] | _KINDS["complex floating"]
}
_INTEGER_LIMITS = {dtype: _integer_limits(dtype) for dtype in _KINDS["integral"]}


def _is_of_kind(dtype: torch.dtype, kind: Any) -> bool:
    if isinstance(kind, torch.dtype):
        return dtype is kind
    if kind not in _KINDS:
        kinds = ", ".join(f'"{known}"' for known in _KINDS)
        raise ValueError(f"A kind of dtype is one of {kinds}, or a dtype. Got {kind!r}.")
    return dtype in _KINDS[kind]


def _without_imaginary_part(x: Any, dtype: torch.dtype) -> torch.Tensor:
    """What a cast to bool may start from; other casts of complex to real are refused."""
    if dtype.is_complex:  # in another spelling than Torch's own
        return x
    if dtype is torch.bool:
        return x != 0
    raise CastError(
        f"A complex array is not cast to a real dtype. Got {_NAME_OF[x.dtype]} into "
        f"{_NAME_OF[dtype]}. Take the real part first: `ops.real(x)`."
    )
