"""Distributions made without an installer: what a plugin's tests put on a path of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from spacecore.plugins import GROUP

__all__ = ["write_distribution", "write_plugin"]


def write_distribution(
    folder: str | Path,
    name: str,
    version: str = "1.0",
    *,
    modules: Mapping[str, str] | None = None,
    entry_points: Mapping[str, Mapping[str, str]] | None = None,
    dependencies: Sequence[str] = (),
) -> Path:
    """Write an installed distribution into a folder, and return where its metadata lies.

    It is found by every reader of packaging metadata once the folder is on `sys.path`.

    Parameters
    ----------
    folder : path
        Made if it is not there.
    name, version : str
    modules : mapping of str to str, optional
        Source code, by dotted module name; a name with modules below it is a package.
    entry_points : mapping of str to mapping of str to str, optional
        References by name, by group.
    dependencies : sequence of str, optional
        Requirements, as in `Requires-Dist`.

    Returns
    -------
    Path

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     write_distribution(folder, "a-library", modules={"a_library": "x = 1"}).name
    'a_library-1.0.dist-info'
    """
    root = Path(folder)
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    required = "".join(f"Requires-Dist: {requirement}\n" for requirement in dependencies)
    files = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{required}",
        f"{info}/INSTALLER": "spacecore.testing\n",
        **_sources(modules or {}),
    }
    if entry_points:
        files[f"{info}/entry_points.txt"] = _sections(entry_points)
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return root / info


def write_plugin(
    folder: str | Path,
    name: str = "toy",
    *,
    distribution: str | None = None,
    version: str = "1.0",
    modules: Mapping[str, str] | None = None,
    entry_point: str | None = None,
    dependencies: Sequence[str] = (),
    **spec: Any,
) -> Path:
    """Write an installed plugin whose backend computes with NumPy, and return its metadata.

    Parameters
    ----------
    folder : path
    name : str
        Of the backend, and of its entry point.
    distribution : str, optional
        `spacecore-<name>` by default; the package is called the same, with underscores.
    version : str
    modules : mapping of str to str, optional
        Source code in the place of the descriptor, `_plugin`, or of the ops, `_ops`, or beside
        them, by name within the package.
    entry_point : str, optional
        What the entry point refers to, if not the descriptor.
    dependencies : sequence of str, optional
        Requirements of the distribution, as in `Requires-Dist`.
    **spec
        Fields of the `BackendSpec`, other than those that make it work.

    Returns
    -------
    Path

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     write_plugin(folder, "toy", api=(2, 0)).name
    'spacecore_toy-1.0.dist-info'
    """
    distribution = distribution or f"spacecore-{name}"
    package = distribution.replace("-", "_")
    fields = {"name": name, "ops": f"{package}._ops:ToyOps", **spec}
    sources = {
        "_plugin": _DESCRIPTOR.format(
            fields=", ".join(f"{field}={value!r}" for field, value in fields.items())
        ),
        "_ops": _OPS.format(name=name),
        **(modules or {}),
    }
    return write_distribution(
        folder,
        distribution,
        version,
        modules={package: "", **{f"{package}.{key}": text for key, text in sources.items()}},
        entry_points={GROUP: {name: entry_point or f"{package}._plugin"}},
        dependencies=dependencies,
    )


_DESCRIPTOR = """\
from spacecore.plugins import BackendSpec, hookimpl


@hookimpl
def spacecore_backends():
    return [BackendSpec({fields})]
"""

_OPS = """\
from spacecore import BackendFamily, NumpyOps


class ToyOps(NumpyOps):
    family = BackendFamily({name!r})
"""


def _sources(modules: Mapping[str, str]) -> dict[str, str]:
    """Files by path; packages are the modules that others lie below, written out or not."""
    packages = {parent for name in modules for parent in _parents(name)}
    files = {f"{package.replace('.', '/')}/__init__.py": "" for package in sorted(packages)}
    for name, text in modules.items():
        path = name.replace(".", "/")
        files[f"{path}/__init__.py" if name in packages else f"{path}.py"] = text
    return files


def _parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]


def _sections(groups: Mapping[str, Mapping[str, str]]) -> str:
    return "\n".join(
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in entries.items())
        for group, entries in groups.items()
    )
