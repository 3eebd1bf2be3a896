"""Inspection of the array API standard: what a library can do, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from spacecore._typing import Device, DType
from spacecore.backend._declare import section

__all__ = ["Inspection", "NamespaceInfo"]


class NamespaceInfo(Protocol):
    """What a library says of itself."""

    def capabilities(self) -> Mapping[str, Any]:
        """Return what the library can do beyond the core of the standard.

        Returns
        -------
        dict
            `"boolean indexing"` and `"data-dependent shapes"` are bools; `"max dimensions"` is the
            largest number of axes, or None where there is no limit.
        """
        ...

    def default_device(self) -> Device:
        """Return the device that arrays are made on by default, or None if there is none."""
        ...

    def default_dtypes(self, *, device: Device | None = None) -> Mapping[str, DType]:
        """Return the default dtype of each kind.

        Returns
        -------
        dict, with keys `"real floating"`, `"complex floating"`, `"integral"` and `"indexing"`
        """
        ...

    def devices(self) -> Sequence[Device]:
        """Return the devices that arrays can be made on."""
        ...

    def dtypes(
        self, *, device: Device | None = None, kind: str | tuple[str, ...] | None = None
    ) -> Mapping[str, DType]:
        """Return the standard's dtypes that exist on a device, by name.

        Parameters
        ----------
        device : device, optional
            The default device by default.
        kind : str or tuple of str, optional
            Only these kinds, named as `isdtype` names them; all by default.
        """
        ...


@section("Inspection", standard=True)
class Inspection:
    """The library's account of itself."""

    @staticmethod
    def __array_namespace_info__() -> NamespaceInfo:
        """Return the devices, dtypes and limits of the library.

        Returns
        -------
        object with methods `capabilities`, `default_device`, `default_dtypes`, `devices`, `dtypes`
        """
        raise NotImplementedError
