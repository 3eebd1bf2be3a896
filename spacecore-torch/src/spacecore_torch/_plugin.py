"""Torch's descriptor: what the registry reads before Torch is imported."""

from __future__ import annotations

from importlib.util import find_spec

from spacecore.plugins import BackendSpec, hookimpl

__all__ = ["spacecore_backends", "spacecore_doctor"]


@hookimpl
def spacecore_backends() -> list[BackendSpec]:
    return [
        BackendSpec(
            name="torch",
            ops="spacecore_torch._ops:TorchOps",
            requires=("torch",),
            aliases=("pytorch",),
            array_types=("torch",),
            capabilities=("autodiff", "sparse"),
            install="pip install spacecore-torch",
            summary="Torch on the host and on accelerators, with derivatives",
        )
    ]


@hookimpl
def spacecore_doctor(backend: str) -> dict[str, object] | None:
    if backend != "torch":
        return None
    if find_spec("torch") is None:
        return {"torch": "not installed"}
    from spacecore_torch._devices import account

    return account()
