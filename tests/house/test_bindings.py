"""Nothing stands between the caller and NumPy, except where it says why."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import spacecore as sc

NAMESPACES = {
    "": (sc.NumpyOps, np),
    "linalg": (type(sc.NumpyOps.linalg), np.linalg),
    "fft": (type(sc.NumpyOps.fft), np.fft),
}


@pytest.fixture(params=NAMESPACES, ids=lambda name: name or "main")
def namespace(request):
    return NAMESPACES[request.param]


def test_direct_names_are_numpys_own_objects(namespace):
    bound, library = namespace
    wrong = []
    for name, binding in bound.bindings().items():
        if binding.how == "direct":
            expected = bound.direct[name] if name in bound.direct else getattr(library, name)
            if getattr(bound, name) is not expected:
                wrong.append(name)
    assert wrong == []


def test_the_table_of_direct_names_holds_numpys_objects(namespace):
    bound, _ = namespace
    foreign = {
        name: function.__module__
        for name, function in bound.direct.items()
        if not function.__module__.startswith("numpy")
    }
    ours = {"dtype_name": "spacecore.backend._dtypes"}
    python = {"sparse_matmul": "_operator"}  # SciPy's matrices are multiplied by `@`
    assert foreign in (ours | python, {})


def test_standard_names_are_direct_or_say_why(namespace):
    bound, _ = namespace
    standard = {name for name, entry in bound.contract().items() if entry.standard}
    silent = {
        name: binding
        for name, binding in bound.bindings().items()
        if name in standard and binding.how != "direct" and not binding.reason
    }
    assert silent == {}


def test_wrapped_names_say_in_what_the_library_differs(ops):
    silent = [
        f"{label}{name}"
        for label, space in (("", ops), ("linalg.", ops.linalg), ("fft.", ops.fft))
        for name, binding in space.bindings().items()
        if binding.how == "wrapped" and not binding.reason
    ]
    assert silent == []


def test_names_are_documented_whatever_is_behind_them(ops):
    silent = [
        f"{label}{name}"
        for label, space in (("", ops), ("linalg.", ops.linalg), ("fft.", ops.fft))
        for name, binding in space.bindings().items()
        if callable(found := getattr(space, name)) and binding.how != "direct"
        if not inspect.getdoc(found)
    ]
    assert silent == []


def test_a_text_of_its_own_is_kept_and_the_librarys_functions_are_left_alone():
    def undocumented(x):
        return x

    undocumented.__module__ = "numpy"  # as if the library had forgotten its text

    class Told(sc.NumpyOps):
        sin = staticmethod(undocumented)

        @staticmethod
        def exp(x, /):
            """Return mine."""
            return x

        @staticmethod
        def cos(x, /):
            return x

    assert Told.exp.__doc__ == "Return mine."
    assert Told.sin.__doc__ is None
    assert inspect.getdoc(Told.cos) == inspect.getdoc(sc.BackendOps.cos)
    on_host = sc.normalize_ops("numpy:cpu")
    assert inspect.getdoc(on_host.zeros) == inspect.getdoc(sc.NumpyOps.zeros)


def test_most_of_the_standard_is_bound_directly():
    how = [
        sc.NumpyOps.bindings()[name].how
        for name, entry in sc.NumpyOps.contract().items()
        if entry.standard
    ]
    assert how.count("direct") > 0.9 * len(how)
