"""The examples in the docstrings of every distribution run, and print what they say."""

from __future__ import annotations

import doctest
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec

import pytest

import spacecore as sc

# A package, and the backend without which its modules can't be imported.
PACKAGES = {
    "spacecore": "numpy",
    "spacecore_jax": "jax",
    "spacecore_torch": "torch",
    "spacecore_cupy": "cupy",
}


def _modules(package: str) -> Iterator[str]:
    """Names of all modules of a package, found without importing more than its packages."""
    if find_spec(package) is None:
        return
    yield package
    root = import_module(package)
    for module in pkgutil.walk_packages(root.__path__, f"{package}."):
        yield module.name


MODULES = [(module, name) for package, name in PACKAGES.items() for module in _modules(package)]


@pytest.mark.parametrize(("module", "needed"), MODULES, ids=[m for m, _ in MODULES])
def test_examples_run(module: str, needed: str) -> None:
    found = doctest.DocTestFinder(exclude_empty=True).find(import_module(module))
    examples = [test for test in found if test.examples]
    if examples:
        _skip_without(needed)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for test in examples:
        runner.run(test)
    assert runner.failures == 0


def _skip_without(backend: str) -> None:
    try:
        sc.normalize_ops(backend)
    except sc.BackendUnavailableError as error:
        pytest.skip(str(error))


def test_examples_are_found() -> None:
    finder = doctest.DocTestFinder()
    assert any(test.examples for test in finder.find(sc.Context, "Context"))
