"""The name of a backend, as a string that prints as itself."""

from __future__ import annotations

from typing import ClassVar

__all__ = ["BackendFamily"]


class BackendFamily(str):
    """The family of a backend: `numpy`, `jax`, `torch`, `cupy`, or a plugin's name.

    A `str`, so it can stand wherever a name can. Each name has one instance.

    Examples
    --------
    >>> BackendFamily("numpy") is BackendFamily.NUMPY
    True
    >>> BackendFamily.JAX == "jax"
    True
    """

    __slots__ = ()

    NUMPY: ClassVar[BackendFamily]
    JAX: ClassVar[BackendFamily]
    TORCH: ClassVar[BackendFamily]
    CUPY: ClassVar[BackendFamily]

    def __new__(cls, name: str) -> BackendFamily:
        family = _FAMILIES.get(name)
        if family is None:
            family = _FAMILIES.setdefault(str(name), super().__new__(cls, name))
        return family

    def __repr__(self) -> str:
        return f"BackendFamily({str.__repr__(self)})"

    def __reduce__(self) -> tuple[type[BackendFamily], tuple[str]]:
        return BackendFamily, (str(self),)


_FAMILIES: dict[str, BackendFamily] = {}
BackendFamily.NUMPY = BackendFamily("numpy")
BackendFamily.JAX = BackendFamily("jax")
BackendFamily.TORCH = BackendFamily("torch")
BackendFamily.CUPY = BackendFamily("cupy")
