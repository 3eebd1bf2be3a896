"""What an array is: predicates, shapes, dtype names, copies and transfers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from spacecore._typing import Array, Device, DType, Shape
from spacecore.backend._declare import default, section

__all__ = ["ArrayFacts"]


@section("Arrays and dtypes")
class ArrayFacts:
    """Facts about arrays and dtypes, as the backend sees them; nothing here computes."""

    array_types: ClassVar[tuple[type, ...]]
    dtypes: ClassVar[frozenset[str]]
    device: Any

    @default
    def is_array(self, x: object, /) -> bool:
        """Tell whether `x` is an array of this backend, dense or sparse."""
        return self.is_dense(x) or self.is_sparse(x)

    @default
    def is_dense(self, x: object, /) -> bool:
        """Tell whether `x` is a dense array of this backend, tracers included."""
        return isinstance(x, self.array_types)

    @default
    def is_sparse(self, x: object, /) -> bool:
        """Tell whether `x` is a sparse matrix of this backend."""
        return False

    @staticmethod
    @default
    def is_traced(x: object, /) -> bool:
        """Tell whether `x` stands for values not known yet, so that it can't be read.

        True inside `jit`, `vmap` and `grad` on backends that trace.
        """
        return False

    @default
    def get_dtype(self, x: Array, /) -> DType:
        """Return the dtype of an array."""
        return x.dtype

    @staticmethod
    @default
    def shape(x: Array, /) -> Shape:
        """Return the shape of an array, as a tuple of int."""
        return tuple(x.shape)

    @staticmethod
    @default
    def ndim(x: Array, /) -> int:
        """Return the number of axes of an array."""
        return len(x.shape)

    @staticmethod
    @default
    def size(x: Array, /) -> int:
        """Return the number of elements of an array."""
        count = 1
        for length in x.shape:
            count *= length
        return count

    @staticmethod
    def sanitize_dtype(dtype: DType | str | None, /) -> DType:
        """Return this backend's own dtype object for a dtype in any spelling.

        Parameters
        ----------
        dtype : dtype, str, type or None
            This or another library's dtype, its name, a Python scalar type, or None for the
            default float.

        Raises
        ------
        CastError
            Where the backend can't hold the dtype; nothing is narrowed to make it fit.
        """
        raise NotImplementedError

    @default
    def default_dtype(self) -> DType:
        """Return the dtype that creation functions give to floats now."""
        return self.sanitize_dtype(None)

    @staticmethod
    def dtype_name(dtype: DType, /) -> str:
        """Return the standard's name of a dtype, such as `"float64"`."""
        raise NotImplementedError

    @default
    def real_dtype(self, dtype: DType, /) -> DType:
        """Return the dtype of the real part: float32 for complex64; a real dtype is itself."""
        name = self.dtype_name(dtype)
        return self.sanitize_dtype(_REAL.get(name, name))

    @default
    def complex_dtype(self, dtype: DType, /) -> DType:
        """Return the complex dtype of the same precision: complex64 for float32.

        Raises
        ------
        TypeError
            If no complex dtype has the precision of `dtype`.
        """
        name = self.dtype_name(dtype)
        if name not in _COMPLEX:
            raise TypeError(f"A complex dtype needs float32, float64 or complex. Got {name}.")
        return self.sanitize_dtype(_COMPLEX[name])

    @default
    def is_complex_dtype(self, dtype: DType, /) -> bool:
        """Tell whether a dtype is complex."""
        return self.dtype_name(dtype).startswith("complex")

    @default
    def eps(self, dtype: DType, /) -> float:
        """Return the gap between 1 and the next float of the dtype's precision."""
        return float(self.finfo(dtype).eps)  # type: ignore[attr-defined]

    @default
    def has_dtype(self, name: str, /) -> bool:
        """Tell whether arrays of a dtype, given by its standard name, can be made now."""
        return name in self.dtypes

    @staticmethod
    def copy(x: Array, /) -> Array:
        """Return a copy that shares no memory with `x`."""
        raise NotImplementedError

    @staticmethod
    def to_numpy(x: Array, /) -> Any:
        """Return the values as a NumPy array, sharing memory where the library can.

        Raises
        ------
        ConversionError
            For a traced array, or one that requires a gradient.
        """
        raise NotImplementedError

    @staticmethod
    @default
    def block_until_ready(x: Any, /) -> Any:
        """Wait until the values of `x` (an array, or a tree of them) are computed; return it."""
        return x

    @default
    def device_of(self, x: Array, /) -> Device:
        """Return the library's device object that `x` lies on, or None where it has none.

        Parameters
        ----------
        x : array, dense or sparse
        """
        return None

    @default
    def device_kind(self, device: Device, /) -> str:
        """Return the kind of a device: `"cpu"`, `"cuda"`, ..., as names of it begin."""
        return str(device).partition(":")[0]

    @default
    def is_on_host(self, x: Array, /) -> bool:
        """Tell whether the values of `x` lie in the host's memory, so that reading is cheap."""
        return self.device_kind(self.device_of(x)) == "cpu"

    @default
    def normalize_device(self, device: Any, /) -> Device:
        """Return the library's device object for a device or its name.

        None where the library has one device only, so that naming it changes nothing.

        Raises
        ------
        BackendUnavailableError
            If there is no such device here.
        """
        return device

    @default
    def member_test(
        self, shape: Shape, dtype: DType, otherwise: Callable[[Any], None], /
    ) -> Callable[[Any], None]:
        """Return the cheapest test that passes dense arrays of a shape and dtype, on the device.

        Parameters
        ----------
        shape : tuple of int
        dtype : dtype
        otherwise : callable
            Called with what is not plainly such an array; it raises, or accepts the rarer
            forms, such as traced arrays.
        """
        # dtype objects are one per dtype almost everywhere; `otherwise` accepts an equal one.
        kind: Any = self.array_types[0]
        device, device_of = self.device, self.device_of

        def test(x: Any) -> None:
            if type(x) is kind and x.shape == shape and x.dtype is dtype:
                return
            otherwise(x)

        def test_device(x: Any) -> None:
            if type(x) is kind and x.shape == shape and x.dtype is dtype and device_of(x) == device:
                return
            otherwise(x)

        return test if device is None else test_device

    @default
    def export_dense(self, x: Array, /, *, copy: bool | None = None) -> Any:
        """Return a dense array that any library can read through DLPack.

        What other libraries can't take as it is (foreign byte order, negative or broadcast
        strides, read-only memory, lazy conjugates) costs one copy. An array of the same type that
        is not `x` itself counts as a copy, and is not copied again: never return a view as such.

        Parameters
        ----------
        copy : bool or None
            None may share memory, True never does, False raises where sharing is impossible.

        Raises
        ------
        ConversionError
            For a traced array, one that requires a gradient, or a refused copy.
        """
        return x

    @staticmethod
    def import_dense(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Array:
        """Return an array of this backend from one that `export_dense` gave; dtype kept."""
        raise NotImplementedError


_REAL = {"complex64": "float32", "complex128": "float64"}
_COMPLEX = {
    "float32": "complex64",
    "float64": "complex128",
    "complex64": "complex64",
    "complex128": "complex128",
}
