"""NumPy's descriptor: the built-in backend comes through the same hook as anyone's."""

from __future__ import annotations

from spacecore.plugins._hooks import hookimpl
from spacecore.plugins._spec import BackendSpec

__all__ = ["spacecore_backends", "spacecore_doctor"]


@hookimpl
def spacecore_backends() -> list[BackendSpec]:
    return [
        BackendSpec(
            name="numpy",
            ops="spacecore.backend._numpy:NumpyOps",
            requires=("numpy",),
            aliases=("np",),
            array_types=("numpy", "scipy.sparse"),
            capabilities=("sparse",),
            install="pip install spacecore-core",
            summary="NumPy on the host, sparse matrices by SciPy",
        )
    ]


@hookimpl
def spacecore_doctor(backend: str) -> dict[str, object] | None:
    if backend != "numpy":
        return None
    import numpy as np

    return {"numpy": np.__version__, "devices": ["cpu"]}
