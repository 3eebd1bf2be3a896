"""CuPy's descriptor. Importing this imports no CuPy."""

from __future__ import annotations

from importlib.util import find_spec

from spacecore.plugins import BackendSpec, hookimpl

__all__ = ["spacecore_backends", "spacecore_doctor"]


@hookimpl
def spacecore_backends() -> list[BackendSpec]:
    return [
        BackendSpec(
            name="cupy",
            ops="spacecore_cupy._ops:CuPyOps",
            requires=("cupy",),
            array_types=("cupy", "cupyx.scipy.sparse"),
            capabilities=("sparse",),
            probe="spacecore_cupy._probe:probe",
            install='pip install "spacecore-cupy[cuda12]"',
            summary="CuPy on NVIDIA GPUs, sparse matrices by cuSPARSE",
        )
    ]


@hookimpl
def spacecore_doctor(backend: str) -> dict[str, object] | None:
    if backend != "cupy":
        return None
    if find_spec("cupy") is None:
        return {"cupy": "not installed"}
    from spacecore_cupy._probe import describe

    return describe()
