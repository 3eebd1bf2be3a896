"""What CuPy's backend says and does where no device answers, and that CuPy has what it names."""

from __future__ import annotations

import ast
import inspect
import os
import pickle
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import cupy
import pytest

import spacecore as sc
import spacecore_cupy
from spacecore.plugins import known_failures, spec_of
from spacecore_cupy import CuPyOps
from spacecore_cupy._plugin import spacecore_doctor
from spacecore_cupy._probe import probe

SOURCES = sorted(Path(inspect.getfile(spacecore_cupy)).parent.glob("*.py"))
LIBRARIES = ("cupy", "cupyx", "array_api_compat")
no_gpu = pytest.mark.skipif(probe() is None, reason="a CUDA device is here")


def run(code: str, **environment: str) -> str:
    """Run Python in a process of its own, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@no_gpu
@pytest.mark.parametrize(
    "ask",
    [lambda: sc.Context("cupy"), lambda: sc.CuPyOps, lambda: sc.Context("cupy:cuda:0")],
    ids=["context", "class", "device"],
)
def test_asking_for_cupy_says_that_there_is_no_device(ask: Any) -> None:
    with pytest.raises(sc.BackendUnavailableError, match="no CUDA device: ") as caught:
        ask()
    assert isinstance(caught.value, ImportError)
    assert caught.value.backend == "cupy"
    assert isinstance(known_failures()["cupy"], sc.BackendUnavailableError)


@no_gpu
def test_the_class_is_caught_as_an_import_error() -> None:
    with pytest.raises(ImportError, match="no CUDA device"):
        from spacecore import CuPyOps  # noqa: F401


@no_gpu
def test_a_named_device_is_refused() -> None:
    with pytest.raises(sc.BackendUnavailableError, match="no CUDA device"):
        CuPyOps("cuda:0")


@no_gpu
def test_the_doctor_gives_the_reason() -> None:
    found = spacecore_doctor("cupy")
    assert found is not None
    assert found["cupy"] == cupy.__version__
    assert found["devices"] == []
    assert "no CUDA device" in str(found["reason"])
    assert spacecore_doctor("torch") is None


def test_probing_leaves_the_process_as_it_was() -> None:
    code = "from spacecore_cupy._probe import probe; print(probe() == probe())"
    assert run(code).split() == ["True"]


def test_listing_and_the_descriptor_import_no_cupy() -> None:
    code = """
import sys, spacecore as sc, spacecore_cupy
from spacecore.plugins import spec_of
spec = spec_of("cupy")
print("cupy" in sc.available_backends(), "CuPyOps" in dir(sc), spec.requires, spec.install)
print(sorted(n for n in sys.modules if n.split(".")[0] in ("cupy", "cupyx", "array_api_compat")))
"""
    listed, imported = run(code).splitlines()
    assert listed == """True True ('cupy',) pip install "spacecore-cupy[cuda12]\""""
    assert imported == "[]"


def test_missing_cupy_is_named_with_the_line_that_installs_it() -> None:
    code = """
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder
class WithoutCuPy(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        return None if name.partition(".")[0] == "cupy" else PathFinder.find_spec(name, path)
sys.meta_path[:] = [f for f in sys.meta_path if f is not PathFinder] + [WithoutCuPy()]
import spacecore as sc
from spacecore_cupy._plugin import spacecore_doctor
print("cupy" in sc.available_backends())
for ask in (lambda: sc.Context("cupy"), lambda: sc.CuPyOps):
    try:
        ask()
    except ImportError as error:
        print(type(error).__name__, error)
print(spacecore_doctor("cupy"))
"""
    listed, *errors, doctor = run(code).splitlines()
    assert listed == "True"
    assert len(errors) == 2
    for error in errors:
        assert error.startswith("BackendUnavailableError")
        assert "needs cupy" in error
        assert 'pip install "spacecore-cupy[cuda12]"' in error
    assert doctor == "{'cupy': 'not installed'}"


def test_instances_without_a_device_ask_for_none() -> None:
    ops = CuPyOps()
    assert ops == CuPyOps()
    assert ops.name == "cupy"
    assert not ops.supports("autodiff")
    assert ops.supports("sparse")
    assert sc.Context(ops, "float32").dtype.name == "float32"
    assert pickle.dumps(ops)
    assert not ops.is_array([1.0])
    assert not ops.is_sparse([1.0])


def test_the_spec_tells_what_the_class_does() -> None:
    spec = spec_of("cupy")
    assert set(spec.capabilities) == CuPyOps.capabilities
    assert spec.name == CuPyOps.family == sc.BackendFamily.CUPY
    for kind in CuPyOps.array_types:
        assert any(kind.__module__.startswith(claim) for claim in spec.array_types)


def test_functions_are_cupys_own() -> None:
    wrapped = {name for name, how in CuPyOps.bindings().items() if how.how == "wrapped"}
    for name in ("exp", "add", "sum", "matmul", "einsum", "take", "where", "concat", "sign"):
        assert getattr(CuPyOps, name) is getattr(cupy, name)
        assert name not in wrapped
    assert CuPyOps.linalg.matmul is cupy.matmul
    assert CuPyOps.linalg.outer is cupy.outer
    assert CuPyOps.fft.fft is cupy.fft.fft


def test_what_is_wrapped_says_why() -> None:
    own = {"random_", "sparse_", "assparse"}  # sections that no library has in this form
    for space in (CuPyOps, type(CuPyOps.linalg), type(CuPyOps.fft)):
        for name, how in space.bindings().items():
            if how.how == "wrapped" and not any(name.startswith(prefix) for prefix in own):
                assert how.reason, name


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_every_name_of_cupy_in_the_sources_exists(path: Path) -> None:
    tree = ast.parse(path.read_text())
    libraries = dict(_imported(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            found = _resolve(node.value, libraries)  # an alias: `compat: Any = ...`
            if found is not None:
                libraries[node.target.id] = found
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            _resolve(node, libraries)


def _imported(tree: ast.Module) -> Any:
    """The names that a source binds to modules and classes of the array library."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                root = alias.name.partition(".")[0]
                if root in LIBRARIES:
                    import_module(alias.name)
                    yield root, import_module(root)
        elif (
            isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in LIBRARIES
        ):
            for alias in node.names:
                yield alias.name, getattr(import_module(str(node.module)), alias.name)


def _resolve(node: ast.expr, libraries: dict[str, Any]) -> Any:
    """The object that a dotted name stands for, or None if it is none of the library's.

    An attribute that is not there raises AttributeError.
    """
    if isinstance(node, ast.Name):
        return libraries.get(node.id)
    if isinstance(node, ast.Attribute):
        owner = _resolve(node.value, libraries)
        return None if owner is None else getattr(owner, node.attr)
    return None


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("cupy:ndarray", "astype copy device dtype ndim reshape shape strides view"),
        ("cupy.cuda:Device", "__enter__ id synchronize use"),
        ("cupy.random:Generator", "integers random standard_normal"),
        ("cupyx.scipy.sparse:csr_array", "T asformat astype dtype get toarray"),
        ("cupyx.scipy.sparse:csc_array", "T asformat astype dtype get toarray"),
        ("cupyx.scipy.sparse:coo_array", "T asformat astype dtype get toarray"),
    ],
)
def test_objects_of_cupy_have_what_is_called_on_them(kind: str, names: str) -> None:
    module, _, attribute = kind.partition(":")
    found = getattr(import_module(module), attribute)
    # sparse arrays set their dtype when they are made
    missing = [n for n in names.split() if not hasattr(found, n) and n != "dtype"]
    assert not missing
