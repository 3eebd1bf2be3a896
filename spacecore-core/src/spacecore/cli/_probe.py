"""What `doctor` runs in a process of its own: one backend, stage by stage.

Each stage is written down before it begins, so that whoever waits knows where a process that
hangs or dies was.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from spacecore.backend import BackendOps
from spacecore.errors import BackendError
from spacecore.plugins._descriptor import ask_doctor, plugin_errors
from spacecore.plugins._doors import REGISTRY
from spacecore.plugins._environment import refuse_blocked

__all__ = ["main"]


def main(name: str, report: str) -> None:
    """Examine one backend, appending what is found to a file of JSON lines.

    Parameters
    ----------
    name : str
        The backend; with a device, there.
    report : str
        Path of the file.
    """
    path = Path(report)
    try:
        _examine(name, path)
    except BackendError as error:
        said = {"type": type(error).__name__, "message": str(error.args[0]), "hint": error.hint}
        _write(path, error=said)


def _examine(name: str, path: Path) -> None:
    family = REGISTRY.canonical(name.partition(":")[0])
    refuse_blocked(family)  # before anything of it is imported
    candidate = REGISTRY.choose(family)
    _write(path, stage=f"importing its descriptor {candidate.value}")
    with _watched(path, "Its descriptor"):
        spec = REGISTRY.spec(family)
    libraries = [library.module for library in spec.requirements()]
    early = [name for name in libraries if name in sys.modules and name not in _BEFORE]
    if early:
        _write(
            path, warning=f"Its descriptor imports {', '.join(early)}, which makes listing slow."
        )
    _write(path, facts={"summary": spec.summary}, stage=f"importing {spec.ops}")
    with _watched(path, "Its import"):
        ops = REGISTRY.resolve(name)
    _write(path, facts={library: _version(library) for library in libraries})
    _write(path, stage="computing a sum of squares")
    with plugin_errors(candidate, "computing a sum of squares"):
        _compute(ops)
        _write(path, facts=_facts(ops))
    _write(path, stage="calling its hook spacecore_doctor")
    _write(path, facts=_plain(ask_doctor(candidate)))


_BEFORE = frozenset(sys.modules)


@contextmanager
def _watched(path: Path, what: str) -> Iterator[None]:
    """Note which environment variables the block changes."""
    before = dict(os.environ)
    yield
    names = sorted({*before, *os.environ})
    changed = [name for name in names if before.get(name) != os.environ.get(name)]
    if changed:
        _write(path, warning=f"{what} changes environment variables: {', '.join(changed)}.")


def _version(library: str) -> str | None:
    version = getattr(sys.modules.get(library), "__version__", None)
    return None if version is None else str(version)


def _compute(ops: BackendOps) -> None:
    x: Any = ops.linspace(0, 1, 5)
    squares: Any = ops.sum(x * x)
    total = float(squares)
    if abs(total - 1.875) > 1e-3:
        raise ArithmeticError(f"the sum of squares of 0, 1/4, ..., 1 is 1.875, got {total}")


def _facts(ops: BackendOps) -> dict[str, Any]:
    info = ops.__array_namespace_info__()
    refused: dict[str, list[str]] = {}
    wanted = {entry.capability for entry in ops.contract().values() if entry.capability}
    for name, binding in ops.bindings().items():
        if binding.how == "unsupported":
            refused.setdefault(binding.reason, []).append(name)
    return {
        "devices": ", ".join(map(str, info.devices())),
        "default dtype": ops.dtype_name(ops.default_dtype()),
        "dtypes": ", ".join(name for name in _DTYPES if ops.has_dtype(name)),
        "can": ", ".join(sorted(ops.capabilities)),
        "cannot": ", ".join(sorted(wanted - ops.capabilities)),
        "unsupported": {", ".join(names): reason for reason, names in refused.items()},
    }


_DTYPES = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "bfloat16", "float32", "float64", "complex64", "complex128"),
)


def _plain(answer: Mapping[str, object]) -> dict[str, str]:
    """What a hook said, as text."""
    return {
        key: ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        for key, value in answer.items()
        if value is not None
    }


def _write(path: Path, **record: Any) -> None:
    with path.open("a", encoding="utf-8") as out:
        out.write(json.dumps(record) + "\n")
