"""JAX's descriptor. Importing this imports no JAX."""

from __future__ import annotations

from importlib.util import find_spec

from spacecore.plugins import BackendSpec, hookimpl

__all__ = ["spacecore_backends", "spacecore_doctor"]


@hookimpl
def spacecore_backends() -> list[BackendSpec]:
    return [
        BackendSpec(
            name="jax",
            ops="spacecore_jax._ops:JaxOps",
            requires=("jax>=0.8", "jaxlib"),
            array_types=("jax", "jaxlib"),
            capabilities=("autodiff", "jit", "sparse"),
            install="pip install spacecore-jax",
            summary="JAX, compiled and differentiated, on CPU, GPU and TPU",
        )
    ]


@hookimpl
def spacecore_doctor(backend: str) -> dict[str, object] | None:
    if backend != "jax":
        return None
    if find_spec("jax") is None:
        return {"jax": "not installed"}
    from spacecore_jax._devices import describe

    return describe()
