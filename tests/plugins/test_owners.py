"""From an array to its backend: by type, importing no library."""

from __future__ import annotations

import sys
from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse

import spacecore as sc

OPS = """
from spacecore import BackendFamily, NumpyOps
import {library}
class ToyOps(NumpyOps):
    family = BackendFamily({name!r})
    array_types = ({library}.Array,)
    def is_sparse(self, x, /): return False
"""

LIBRARY = """
import numpy as np
class Array:
    def __init__(self, values): self.values = np.asarray(values)
    dtype = property(lambda self: self.values.dtype)
    shape = property(lambda self: self.values.shape)
class NoArray: pass
class Special(Array): pass
"""


def library(site, **spec) -> str:
    """Install a library of arrays, and a plugin for it; return the name of both."""
    module = f"{site.name}_arrays"
    site.distribution(module, modules={module: LIBRARY})
    site.plugin(
        modules={"_ops": OPS.format(library=module, name=site.name)},
        **{"requires": (module,), "array_types": (module,), **spec},
    )
    return module


@pytest.mark.parametrize(
    "x",
    [np.zeros(2), np.float32(1), np.ma.zeros(2), scipy.sparse.eye_array(2), np.zeros(0, "M8[s]")],
)
def test_numpy_and_scipy_arrays_are_numpys(x):
    assert sc.ops_of(x) is sc.normalize_ops("numpy")


@pytest.mark.parametrize(
    "x", [1, "text", None, [np.zeros(2)], Fraction(1, 2), object(), np.dtype("f8")]
)
def test_what_is_no_array_has_no_backend(x):
    with pytest.raises(TypeError, match="`ops_of` needs an array"):
        sc.ops_of(x)


def test_array_leads_to_its_backend_by_the_claim_of_its_package(site):
    arrays = __import__(library(site))
    ops = sc.ops_of(arrays.Array([1.0]))
    assert ops.family == site.name
    assert sc.ops_of(arrays.Special([1.0])) is ops
    with pytest.raises(TypeError):
        sc.ops_of(arrays.NoArray())


def test_array_leads_to_its_backend_by_the_claim_of_its_type(site):
    arrays = __import__(library(site, array_types=(f"{site.name}_arrays.Array",)))
    assert sc.ops_of(arrays.Special([1.0])).family == site.name


def test_unclaimed_array_leads_to_its_backend_once_that_is_loaded(site):
    arrays = __import__(library(site, array_types=()))
    with pytest.raises(TypeError):
        sc.ops_of(arrays.Array([1.0]))
    sc.normalize_ops(site.name)
    assert sc.ops_of(arrays.Array([1.0])).family == site.name


def test_asking_imports_nothing_for_a_claim_whose_library_is_not_loaded(site):
    library(site, array_types=("fractions",))
    with pytest.raises(TypeError):
        sc.ops_of(Fraction(1, 3))
    assert f"{site.name}_arrays" not in sys.modules
    assert f"spacecore_{site.name}._ops" not in sys.modules


def test_claim_on_numpys_types_is_in_vain(site):
    site.plugin(array_types=("numpy",))
    sc.normalize_ops(site.name)
    assert sc.ops_of(np.zeros(2)).family == "numpy"


def test_registered_subclass_leaves_numpys_arrays_to_numpy(site):
    sc.register_ops(type("Local", (sc.NumpyOps,), {"family": sc.BackendFamily(site.name)}))
    sc.normalize_ops(site.name)
    assert sc.ops_of(np.zeros(2)).family == "numpy"


def test_registered_class_owns_its_types_until_it_is_unregistered(site):
    class Mine:
        pass

    class MineOps(sc.NumpyOps):
        family = sc.BackendFamily(site.name)
        array_types = (Mine,)

    with pytest.raises(TypeError):
        sc.ops_of(Mine())
    sc.register_ops(MineOps)
    assert type(sc.ops_of(Mine())) is MineOps
    sc.unregister_ops(MineOps)
    with pytest.raises(TypeError):
        sc.ops_of(Mine())


def test_subclass_of_an_ndarray_belongs_to_the_nearest_claim(site):
    class Mine(np.ndarray):
        pass

    class MineOps(sc.NumpyOps):
        family = sc.BackendFamily(site.name)
        array_types = (Mine,)

    assert sc.ops_of(np.zeros(2).view(Mine)).family == "numpy"
    sc.register_ops(MineOps)
    assert sc.ops_of(np.zeros(2).view(Mine)).family == site.name
    assert sc.ops_of(np.zeros(2)).family == "numpy"


def test_broken_plugin_does_not_disturb_other_arrays(site):
    arrays = __import__(library(site))
    broken = site.plugin(f"a{site.name}", modules={"_plugin": "1 / 0"})
    assert sc.ops_of(arrays.Array([1.0])).family == site.name
    assert broken in sc.plugins.known_failures()


def test_array_of_a_backend_that_is_blocked_names_the_variable(site, monkeypatch):
    arrays = __import__(library(site))
    operators = "add radd sub rsub mul rmul truediv rtruediv pow matmul neg lt le gt ge getitem"
    body = {f"__{name}__": lambda *args: None for name in operators.split()}
    full = type("Full", (arrays.Array,), {"ndim": 1, **body})
    monkeypatch.setenv("SPACECORE_BACKENDS_BLOCK", site.name)
    with pytest.raises(sc.BackendBlockedError):
        sc.ops_of(full([1.0]))
    with pytest.raises(TypeError, match="`ops_of` needs an array"):
        sc.ops_of(arrays.NoArray())
