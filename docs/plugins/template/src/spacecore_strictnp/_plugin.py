"""The descriptor: data about the backend. It is imported to list and to diagnose; keep it light."""

from __future__ import annotations

from spacecore.plugins import BackendSpec, hookimpl


@hookimpl
def spacecore_backends() -> list[BackendSpec]:
    return [
        BackendSpec(
            name="strictnp",
            ops="spacecore_strictnp._ops:StrictNumpyOps",
            requires=("array_api_strict>=2.3",),
            array_types=("array_api_strict",),
            install="pip install spacecore-strictnp",
            summary="The array API standard and nothing else, on NumPy's numbers",
        )
    ]


@hookimpl
def spacecore_doctor(backend: str) -> dict[str, object] | None:
    if backend != "strictnp":
        return None
    import array_api_strict  # doctor has loaded it by now

    return {"strict flags": array_api_strict.get_array_api_strict_flags()["api_version"]}
