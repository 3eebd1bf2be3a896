"""Arrays from data: strongly typed, nothing narrowed, memory shared where it fits."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax._src.array import ArrayImpl  # the public ways to this type initialise the devices

from spacecore.backend import differs
from spacecore.errors import ConversionError
from spacecore_jax._devices import device_of
from spacecore_jax._dtypes import (
    DTYPE_CLASSES,
    accumulated,
    default_dtype_of,
    keeps_width,
    refuse_complex_to_real,
    refuse_wide,
    sanitize_dtype,
    strong,
)
from spacecore_jax._host import aligned_copy, from_host, is_shareable
from spacecore_jax._transfer import import_dense

__all__ = ["Creation"]

_SCALARS = (bool, int, float, complex)
_HELD = {"b": "biufcV", "i": "iufcV", "f": "fcV", "c": "c"}  # V is bfloat16's


class Creation:
    """The functions that take a dtype."""

    arange = staticmethod(keeps_width(jnp.arange))
    cumulative_sum = staticmethod(keeps_width(jnp.cumulative_sum))
    empty = staticmethod(keeps_width(jnp.empty))
    empty_like = staticmethod(keeps_width(jnp.empty_like))
    eye = staticmethod(keeps_width(jnp.eye))
    linspace = staticmethod(keeps_width(jnp.linspace))
    ones = staticmethod(keeps_width(jnp.ones))
    ones_like = staticmethod(keeps_width(jnp.ones_like))
    prod = staticmethod(keeps_width(jnp.prod))
    sum = staticmethod(keeps_width(jnp.sum))
    zeros = staticmethod(keeps_width(jnp.zeros))
    zeros_like = staticmethod(keeps_width(jnp.zeros_like))

    @staticmethod
    @differs("JAX narrows NumPy's 64 bits, copies what it could share, and types scalars weakly")
    def asarray(
        obj: Any, /, *, dtype: Any = None, device: Any = None, copy: bool | None = None
    ) -> Any:
        """Return the data of `obj` as an array.

        A NumPy array of some size is shared on the CPU where its memory is row-major and aligned
        to 64 bytes, and copied once otherwise: writing to it afterwards may change the result.
        `copy=True` never shares.
        """
        target = None if dtype is None else sanitize_dtype(dtype)
        if type(obj) is ArrayImpl or isinstance(obj, jax.Array):
            return _from_jax(obj, target, device, copy)
        if isinstance(obj, list | tuple):
            return _from_sequence(obj, target, device, copy)
        if isinstance(obj, _SCALARS) and not isinstance(obj, np.generic):
            _refuse_needed_copy(copy)
            return _from_scalar(obj, target, device)
        return _from_buffer(obj, target, device, copy)

    @staticmethod
    @differs(
        "JAX takes no memory that is read-only, runs backwards or has gaps, and narrows 64 bits"
    )
    def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Any:
        if isinstance(x, jax.Array):
            return _from_jax(x, None, device, copy)
        try:
            return import_dense(x, device=device, copy=copy)
        except ConversionError as error:
            raise BufferError(str(error)) from error

    @staticmethod
    @differs("JAX types a scalar weakly, narrows a 64-bit dtype, and drops imaginary parts")
    def full(shape: Any, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Any:
        if isinstance(fill_value, np.generic):
            fill_value = fill_value.item()
        target = None if dtype is None else sanitize_dtype(dtype)
        if isinstance(fill_value, _SCALARS):
            natural = default_dtype_of(fill_value)
            target = natural if target is None else target
            refuse_complex_to_real(natural, target)
            if device is None and _holds(target, natural):
                lengths = tuple(shape) if isinstance(shape, tuple | list) else (shape,)
                return _filled(np.array(fill_value, target), lengths)
        else:
            natural = _kind_of(fill_value)
            if target is None and isinstance(fill_value, jax.Array | np.ndarray):
                target = sanitize_dtype(natural)  # which JAX would take weakly, or narrow
            if target is not None:
                refuse_complex_to_real(natural, target)
        return jnp.full(shape, fill_value, dtype=target, device=device)

    @staticmethod
    @differs("JAX narrows a 64-bit dtype, drops imaginary parts, and wraps what is out of range")
    def full_like(x: Any, /, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Any:
        target = x.dtype if dtype is None else sanitize_dtype(dtype)
        refuse_complex_to_real(_kind_of(fill_value), target)
        if type(fill_value) is int and target.kind in "iu":
            np.array(fill_value, target)  # raises for a number beyond the range
        return jnp.full_like(x, fill_value, dtype=dtype, device=device)

    @staticmethod
    @differs("JAX narrows a 64-bit dtype, and drops imaginary parts")
    def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
        target = sanitize_dtype(dtype)
        if x.dtype == target:
            return jnp.astype(x, target, copy=copy, device=device)
        refuse_complex_to_real(x.dtype, target)
        return jnp.astype(x, target, device=device)  # new already; asked for, JAX copies it again

    @staticmethod
    @differs("JAX narrows a 64-bit dtype, and multiplies narrow integers in their own width")
    def cumulative_prod(
        x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
    ) -> Any:
        if dtype is None:
            dtype = accumulated(x.dtype)
        else:
            refuse_wide(dtype)
        return jnp.cumulative_prod(x, axis=axis, dtype=dtype, include_initial=include_initial)

    @staticmethod
    @differs("JAX deprecates an array in the place of its dtype")
    def can_cast(from_: Any, to: Any, /) -> bool:
        if type(from_) not in DTYPE_CLASSES and isinstance(from_, jax.Array):
            from_ = from_.dtype
        return jnp.can_cast(from_, to)


def _from_jax(x: Any, dtype: Any, device: Any, copy: bool | None) -> Any:
    if x.aval.weak_type:  # a Python number, once it was traced
        x = strong(x)
    made = x
    if dtype is not None and x.dtype != dtype:
        refuse_complex_to_real(x.dtype, dtype)
        made = jnp.astype(x, dtype)
    if device is not None and (isinstance(x, jax.core.Tracer) or device_of(made) != device):
        made = jax.device_put(made, device)
    if made is not x:
        _refuse_needed_copy(copy)
        return made
    return jnp.copy(x) if copy is True else x


def _from_scalar(obj: complex, dtype: Any, device: Any) -> Any:
    natural = default_dtype_of(obj)
    target = natural if dtype is None else dtype
    if _holds(target, natural):  # JAX takes NumPy's scalar in faster than a scalar and its dtype
        return jnp.asarray(np.array(obj, target), device=device)
    return jnp.asarray(obj, dtype=target, device=device)


def _holds(dtype: Any, natural: Any) -> bool:
    """Whether scalars of the kind of one dtype fit into another, large numbers aside."""
    return dtype.kind in _HELD[natural.kind]


def _kind_of(value: Any) -> Any:
    """A dtype of the kind of a scalar or an array."""
    if isinstance(value, jax.Array | np.ndarray | np.generic):
        return value.dtype
    return default_dtype_of(value) if isinstance(value, _SCALARS) else np.asarray(value).dtype


@partial(jax.jit, static_argnums=1, inline=True)
def _filled(value: Any, shape: tuple[Any, ...]) -> Any:
    return jnp.broadcast_to(value, shape)


def _from_sequence(items: Sequence[Any], dtype: Any, device: Any, copy: bool | None) -> Any:
    _refuse_needed_copy(copy)
    if dtype is None:
        for leaf in jax.tree.leaves(items):
            if isinstance(leaf, np.ndarray | np.generic):
                refuse_wide(leaf.dtype)
    return jnp.asarray(items, dtype=dtype, device=device)


def _from_buffer(obj: Any, dtype: Any, device: Any, copy: bool | None) -> Any:
    array = np.asarray(obj)
    if array.dtype.kind in "OSUMm":  # JAX knows what else it takes, and says what it does not
        return jnp.asarray(obj, dtype=dtype, device=device, copy=copy)
    if dtype is None:
        refuse_wide(array.dtype)
    else:
        refuse_complex_to_real(array.dtype, dtype)
    if dtype is not None and array.dtype != dtype:
        _refuse_needed_copy(copy)
        return from_host(aligned_copy(array, dtype), device)
    if copy is False and not is_shareable(array, device):
        _refuse_needed_copy(copy)
    return from_host(array, device, copy=copy)


def _refuse_needed_copy(copy: bool | None) -> None:
    if copy is False:
        raise ValueError(
            "`asarray` with copy=False needs an array that JAX can use as it is: of this dtype, "
            "on this device, in row-major memory aligned to 64 bytes. Pass copy=None."
        )
