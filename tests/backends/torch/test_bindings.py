"""Nothing stands between the caller and Torch, except where it says why."""

from __future__ import annotations

import pytest

import spacecore as sc

torch = pytest.importorskip("torch")
pytest.importorskip("spacecore_torch")

NAMESPACES = {
    "": (sc.TorchOps, torch),
    "linalg": (type(sc.TorchOps.linalg), torch.linalg),
    "fft": (type(sc.TorchOps.fft), torch.fft),
}

# Hot in numerical code, and the same in Torch: none of these may get a wrapper.
DIRECT = [
    *("abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "ceil", "conj", "copy", "cos"),
    *("cosh", "diagonal", "diff", "exp", "expand_dims", "expm1", "floor", "imag"),
    *("isfinite", "log", "log1p", "log2", "moveaxis", "negative", "norm", "ones_like"),
    *("ravel", "real", "reciprocal", "signbit", "sin", "sinh", "sqrt", "square", "stack"),
    *("swapaxes", "tan", "tanh", "tile", "trunc", "unstack", "vstack", "zeros_like"),
]


@pytest.fixture(params=NAMESPACES, ids=lambda name: name or "main")
def namespace(request):
    return NAMESPACES[request.param]


def test_direct_names_are_torchs_own_objects(namespace):
    bound, library = namespace
    wrong = [
        name
        for name, binding in bound.bindings().items()
        if binding.how == "direct"
        and getattr(bound, name) is not bound.direct.get(name, vars(library).get(name))
    ]
    assert wrong == []


def test_hot_names_have_no_wrapper():
    bindings = sc.TorchOps.bindings()
    assert [name for name in DIRECT if bindings[name].how != "direct"] == []


def test_wrapped_names_of_the_standard_say_why(namespace):
    bound, _ = namespace
    entries = bound.contract()
    silent = [
        name
        for name, binding in bound.bindings().items()
        if binding.how == "wrapped" and entries[name].standard and not binding.reason
    ]
    assert silent == []


def test_every_name_is_bound(namespace):
    bound, _ = namespace
    assert not any(binding.how == "unsupported" for binding in bound.bindings().values())


def test_the_extension_shares_the_main_namespaces_products():
    for name in ("matmul", "matrix_transpose", "tensordot", "vecdot"):
        assert getattr(sc.TorchOps.linalg, name) is getattr(sc.TorchOps, name)
