"""The libraries that are compared: each with its ops, its raw namespace and its small arrays."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

import spacecore as sc

__all__ = ["Library", "libraries", "pointer"]

_NAMESPACES = {"numpy": "numpy", "torch": "torch", "jax": "jax.numpy"}


class Library(NamedTuple):
    """One array library, raw, through SpaceCore, and through array-api-compat where it wraps it."""

    name: str
    xp: Any
    ops: Any
    compat: Any


def libraries() -> list[Library]:
    """Return those whose SpaceCore distribution is installed and loads, on one thread."""
    found = []
    for name, namespace in _NAMESPACES.items():
        try:
            ops = sc.normalize_ops(name)
        except sc.BackendError as error:
            sys.stderr.write(f"{name} is left out: {error}\n")
            continue
        found.append(Library(name, import_module(namespace), ops, _compat(name)))
        if name == "torch":
            found[-1].xp.set_num_threads(1)
    return found


def pointer(x: Any) -> int:
    """Return where the values of a dense array begin."""
    family = sc.ops_of(x).family
    if family == "torch":
        return x.data_ptr()
    return x.unsafe_buffer_pointer() if family == "jax" else np.asarray(x).ctypes.data


def _compat(name: str) -> Any:
    """The wrapped namespace; array-api-compat hands out JAX's own as it is."""
    if name == "jax" or find_spec("array_api_compat") is None:
        return None
    return import_module(f"array_api_compat.{name}")
