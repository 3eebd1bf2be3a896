"""JAX's devices, by names that can be told, stored and found again."""

from __future__ import annotations

from typing import Any

import jax

from spacecore.errors import BackendUnavailableError
from spacecore_jax._dtypes import sanitize_dtype, wide_enabled

__all__ = ["describe", "device_of", "find_device", "is_on_cpu", "kind_of", "name_of"]


def find_device(device: Any) -> Any:
    """Return JAX's device for a device, or for a name such as `"cpu"`, `"cpu:1"` or `"gpu"`.

    A kind alone is the first of that kind. Devices of this process count.

    Raises
    ------
    BackendUnavailableError
    """
    if isinstance(device, jax.Device):
        return device
    name = str(device)
    kind, _, index = name.partition(":")
    for found in _local_devices(kind):
        if index in ("", str(found.id)):
            return found
    there = _all_devices()
    for found in there:
        if name == str(found):  # as JAX prints it, in some versions otherwise than by kind
            return found
    raise BackendUnavailableError(
        f"JAX has no device {name!r} here. It has {', '.join(map(name_of, there))}.",
        backend="jax",
        hint="Use one of these, or install the build of JAX for that device.",
    )


def kind_of(device: Any) -> str:
    """Return the kind that names of a device begin with."""
    # JAX calls GPUs of every maker "gpu", and finds NVIDIA's as "cuda" too, which is what other
    # libraries call them.
    if device.platform == "gpu" and "cuda" in device.client.platform_version.lower():
        return "cuda"
    return str(device.platform)


def name_of(device: Any) -> str:
    """Return the name that `find_device` takes."""
    return f"{kind_of(device)}:{device.id}"


def device_of(x: jax.Array) -> Any:
    """Return the device of an array; its sharding if it lies on several."""
    devices = x.devices()
    return next(iter(devices)) if len(devices) == 1 else x.sharding


def is_on_cpu(device: Any) -> bool:
    """Tell whether arrays made on a device, or on the default one for None, lie on the host."""
    if device is None:
        device = jax.config.jax_default_device  # type: ignore[attr-defined]
    if device is None:
        return jax.default_backend() == "cpu"
    return (device if isinstance(device, str) else device.platform) == "cpu"


def describe() -> dict[str, object]:
    """Return versions, devices and settings; what `spacecore doctor` prints."""
    from importlib.metadata import version

    facts: dict[str, object] = {
        "jax": jax.__version__,
        "jaxlib": version("jaxlib"),
        "jax_enable_x64": wide_enabled(),
        "default dtype": sanitize_dtype(None).name,
    }
    try:
        facts["devices"] = [name_of(device) for device in _all_devices()]
    except RuntimeError as error:  # a driver that is missing or broken
        facts["devices"] = f"none: {error}"
    return facts


def _local_devices(kind: str) -> list[Any]:
    try:
        return list(jax.local_devices(backend=kind))
    except RuntimeError:  # how JAX says that it has no such kind
        return []


def _all_devices() -> list[Any]:
    default = jax.local_devices()
    return [*default, *(each for each in _local_devices("cpu") if each not in default)]
