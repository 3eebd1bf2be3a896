"""`sc.JaxOps` and its like; what importing and listing load; descriptors that stay light."""

from __future__ import annotations

import sys

import pytest

import spacecore as sc

CLASSES = {"cupy": "CuPyOps", "jax": "JaxOps", "torch": "TorchOps"}
LIBRARIES = ("jax", "jaxlib", "torch", "cupy", "scipy", "optree", "pluggy", "importlib_metadata")


@pytest.fixture
def installed_class(backend: str) -> str:
    """The name of an installed plugin's class."""
    if backend not in CLASSES:
        pytest.skip(f"{backend} has no class of its own at the door")
    return CLASSES[backend]


def test_class_of_an_installed_backend_is_at_the_door(backend, installed_class):
    ops = getattr(sc, installed_class)
    assert ops is type(sc.normalize_ops(backend))
    assert ops() == sc.normalize_ops(backend)
    assert installed_class in dir(sc)
    assert installed_class not in sc.__all__


def test_class_is_imported_by_name_and_on_first_use_alone(elsewhere, backend, installed_class):
    code = f"""
import sys
import spacecore
assert {backend!r} not in sys.modules
from spacecore import {installed_class}
assert {backend!r} in sys.modules
print({installed_class}.family)
"""
    assert elsewhere.run(code) == backend


def test_class_that_is_registered_for_a_while_leaves_no_trace(elsewhere, backend, installed_class):
    code = f"""
import spacecore as sc
class Mine(sc.NumpyOps): family = sc.BackendFamily({backend!r})
sc.register_ops(Mine)
print(sc.{installed_class} is Mine)
sc.unregister_ops(Mine)
from spacecore import {installed_class}
print({installed_class} is Mine)
"""
    assert elsewhere.run(code).split() == ["True", "False"]


@pytest.mark.parametrize("name", ["NoSuchOps", "jaxops", "_private"])
def test_other_names_are_attribute_errors(name):
    assert not hasattr(sc, name)


def test_everything_in_dir_is_there_or_installed():
    for name in dir(sc):
        if name not in CLASSES.values():
            assert hasattr(sc, name)


def loaded_by(site, code: str) -> str:
    shown = f"print(*[name for name in {LIBRARIES} if name in sys.modules])"
    return site.run(f"import sys\nimport spacecore as sc\n{code}\n{shown}")


def test_import_loads_no_backend_and_no_reader_of_metadata(elsewhere):
    assert loaded_by(elsewhere, "") == ""


def test_numpy_is_resolved_without_looking_for_plugins(elsewhere):
    code = "sc.Context(sc.NumpyOps()).asarray([1.0]).sum(); sc.normalize_ops('numpy')"
    assert loaded_by(elsewhere, code) == "pluggy"


def test_listing_loads_no_plugin(elsewhere):
    assert loaded_by(elsewhere, "sc.available_backends(); dir(sc)") == "importlib_metadata"


@pytest.mark.parametrize("name", ["numpy", *CLASSES])
def test_our_descriptors_import_no_array_library(elsewhere, name):
    code = f"""
if {name!r} in sc.available_backends():
    spec = sc.plugins.spec_of({name!r})
    assert spec.summary
    assert not [library for library in spec.requirements() if library.module != "numpy"
                and library.module in sys.modules]
"""
    loaded = set(loaded_by(elsewhere, code).split())
    assert loaded <= {"importlib_metadata", "pluggy"}


def test_warm_name_is_a_dictionary_hit():
    sc.normalize_ops("numpy")
    called = []

    def trace(frame, event, argument):
        if event in ("call", "c_call"):
            called.append(frame.f_code.co_name if event == "call" else argument.__name__)

    sys.setprofile(trace)
    sc.plugins.resolve("numpy")
    sys.setprofile(None)
    assert called == ["resolve", "get", "setprofile"]
