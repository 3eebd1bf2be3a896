"""The source of the installed packages, parsed and not imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGES = ("spacecore", "spacecore_jax", "spacecore_torch", "spacecore_cupy")


class Module(NamedTuple):
    """One source file: the dotted name of its module, and what stands in it."""

    name: str
    text: str
    tree: ast.Module
    is_package: bool

    @property
    def package(self) -> str:
        return self.name.partition(".")[0]

    @property
    def is_script(self) -> bool:
        """Whether it is run, as `python -m` does, and never imported."""
        return self.name.endswith(".__main__")

    def imports(self) -> Iterator[str]:
        """Dotted names of all that it imports, wherever the statement stands.

        `from a import b` gives `a.b`: whether b is a module is for the reader to decide.
        """
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{self.name}: imports are absolute"
                yield from (f"{node.module}.{alias.name}" for alias in node.names)

    def exported(self) -> list[str] | None:
        """What `__all__` says, or None without one."""
        for node in self.tree.body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
                return [str(name) for name in ast.literal_eval(node.value)]
        return None


@pytest.fixture(scope="session")
def modules() -> dict[str, Module]:
    return {module.name: module for package in PACKAGES for module in _modules_of(package)}


def _modules_of(package: str) -> Iterator[Module]:
    spec = find_spec(package)
    assert spec is not None, f"{package} is not installed"
    assert spec.origin is not None, f"{package} has no __init__.py"
    folder = Path(spec.origin).parent
    for path in sorted(folder.rglob("*.py")):
        parts = [package, *path.relative_to(folder).with_suffix("").parts]
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        text = path.read_text(encoding="utf-8")
        yield Module(name, text, ast.parse(text), is_package)
