"""Torch is loaded when it is asked for, and no sooner; what the registry knows before."""

from __future__ import annotations

import pickle
import sys

import pytest

import spacecore as sc

torch = pytest.importorskip("torch")
pytest.importorskip("spacecore_torch")


def test_importing_the_distribution_imports_no_torch(run_python):
    code = """
import sys, spacecore_torch, spacecore_torch._plugin as plugin
(spec,) = plugin.spacecore_backends()
assert "torch" not in sys.modules
assert "TorchOps" in dir(spacecore_torch)
print(spec.name, spec.requires, spacecore_torch.TorchOps.family)
"""
    assert run_python(code) == "torch ('torch',) torch"


def test_an_unknown_attribute_is_an_attribute_error():
    import spacecore_torch

    with pytest.raises(AttributeError, match="no attribute 'CudaOps'"):
        spacecore_torch.CudaOps  # noqa: B018


@pytest.mark.parametrize("options", [{}, {"device": "cpu"}, {"device": "meta"}, {"compile": True}])
def test_ops_survive_pickling(options):
    ops = sc.TorchOps(**options)
    copy = pickle.loads(pickle.dumps(ops))
    assert copy == ops
    assert hash(copy) == hash(ops)
    assert repr(copy) == repr(ops)
    assert copy.supports("jit") == ops.supports("jit")


def test_options_tell_ops_apart():
    assert sc.TorchOps(compile=True) != sc.TorchOps()
    assert sc.TorchOps(compile=False) == sc.TorchOps()
    assert sc.TorchOps(compile=True).capabilities == {"autodiff", "jit", "sparse"}
    assert sc.TorchOps().capabilities == {"autodiff", "sparse"}


def test_the_doctor_is_told_versions_and_devices():
    from spacecore_torch import _plugin

    account = _plugin.spacecore_doctor("torch")
    assert account["torch"] == torch.__version__
    assert "cpu" in account["devices"]
    assert account["default dtype"] == "float32"
    assert account["threads"] >= 1
    assert _plugin.spacecore_doctor("numpy") is None


def test_the_doctor_says_that_torch_is_not_installed(monkeypatch):
    from spacecore_torch import _plugin

    monkeypatch.setitem(sys.modules, "torch", None)
    assert _plugin.spacecore_doctor("torch") == {"torch": "not installed"}
