"""Fresh environments with some of the distributions: what is there works, the rest says how."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import spacecore as sc

CONSTRAINTS = Path(__file__).parents[1] / "constraints.txt"
PIP_LINES = {
    "jax": "pip install spacecore-jax",
    "torch": "pip install spacecore-torch",
    "cupy": 'pip install "spacecore-cupy[cuda12]"',
}
CLASSES = {"jax": "JaxOps", "torch": "TorchOps", "cupy": "CuPyOps"}
CUPY = "cupy-cuda12x"

# Name of the environment: the distributions beside the core, and libraries beside what they ask.
ENVIRONMENTS = {
    "core": ((), ()),
    "jax": (("jax",), ()),
    "torch": (("torch",), ()),
    "cupy": (("cupy",), ()),
    "all": (("jax", "torch", "cupy"), (CUPY,)),
}

# Importing SpaceCore may load this many modules beyond those that NumPy loads: of its own, and of
# the standard library and NumPy.
OWN, OTHERS = 90, 14

ARRAY_LIBRARIES = {"jax", "jaxlib", "torch", "cupy", "scipy", "array_api_compat", "ml_dtypes"}
READERS = {"pluggy", "optree", "importlib_metadata"}


@pytest.fixture(params=ENVIRONMENTS)
def environment(request, make_environment, tested_backends):
    backends, libraries = ENVIRONMENTS[request.param]
    untested = {"jax", "torch"} & set(backends) - set(tested_backends)
    if untested:
        pytest.skip(f"not among the tested backends: {', '.join(untested)}")
    names = ["spacecore-core", *(f"spacecore-{name}" for name in backends)]
    return make_environment(request.param, *names, libraries=libraries)


@pytest.fixture
def present(environment):
    """The backends that can compute here; CuPy's has no device."""
    return environment.backends - {"cupy"}


@pytest.fixture
def absent(environment):
    return set(CLASSES) - environment.backends


def test_available_backends_are_those_installed(environment):
    found = environment.value(
        "import json, spacecore; print(json.dumps(spacecore.available_backends()))"
    )
    assert found == sorted({"numpy", *environment.backends})


def test_one_routine_gives_the_same_numbers_on_what_is_installed(environment, present):
    code = """
import json, sys
import numpy as np
import spacecore as sc

def smooth(ctx, signal):
    ops, x = ctx.ops, ctx.asarray(signal)
    place = ctx.arange(x.shape[0])
    weights = ops.exp(-((place[:, None] - place[None, :]) ** 2) / 4.5)
    return ops.matmul(weights / ops.sum(weights, axis=1)[:, None], x)

signal = np.cumsum(np.random.default_rng(0).standard_normal(60))
expected = smooth(sc.Context("numpy"), signal)
differences = {}
for name in sys.argv[1:] or BACKENDS:
    ctx = sc.Context(name, dtype="float64")
    got = ctx.ops.to_numpy(smooth(ctx, signal))
    assert got.dtype == np.float64
    differences[name] = float(np.max(np.abs(got - expected)))
print(json.dumps(differences))
"""
    names = sorted({"numpy", *present})
    differences = environment.value(f"BACKENDS = {names}\n{code}", JAX_ENABLE_X64="1")
    assert sorted(differences) == names
    assert max(differences.values()) < 1e-12


def test_absent_backends_give_their_install_line(environment, absent):
    code = """
import json
import spacecore as sc

def message(action):
    try:
        action()
    except ImportError as error:
        return [type(error).__name__, str(error)]
    return None

def import_name(name):
    exec(f"from spacecore import {name}")

found = {
    name: [
        message(lambda: sc.Context(name)),
        message(lambda: getattr(sc, cls)),
        message(lambda: import_name(cls)),
    ]
    for name, cls in CLASSES.items()
}
print(json.dumps(found))
"""
    wanted = {name: cls for name, cls in CLASSES.items() if name in absent}
    found = environment.value(f"CLASSES = {wanted}\n{code}")
    for name in absent:
        told = f'Backend "{name}" is not installed. Install it: {PIP_LINES[name]}'
        assert found[name] == [["BackendNotInstalledError", told]] * 3


def test_the_listing_says_how_to_get_what_is_missing(environment, absent):
    code = "from spacecore.cli._listing import listing; import json; "
    code += "print(json.dumps([[row.name, row.state, row.note] for row in listing().rows]))"
    missing = {name: note for name, state, note in environment.value(code) if state == "missing"}
    assert missing == {name: PIP_LINES[name] for name in absent}


def test_classes_are_listed_where_installed(environment):
    listed = environment.value("import json, spacecore; print(json.dumps(dir(spacecore)))")
    classes = set(CLASSES.values())
    assert classes & set(listed) == {CLASSES[name] for name in environment.backends}
    exported = environment.value("import json, spacecore; print(json.dumps(spacecore.__all__))")
    assert classes & set(exported) == set()


@pytest.mark.parametrize("environment", ["cupy", "all"], indirect=True)
def test_cupy_says_what_it_lacks(environment, tested_backends):
    if "cupy" in tested_backends:
        pytest.skip("here is a device")
    code = "import spacecore as sc\nsc.Context('cupy')"
    told = environment.run(code).stderr.strip().splitlines()[-1]
    assert "BackendUnavailableError" in told
    has_library = len(environment.backends) > 1
    assert ("device" if has_library else PIP_LINES["cupy"]) in told


def loaded(environment, code: str) -> set[str]:
    """Names of the modules that are loaded once code has run."""
    found = environment.value(f"{code}\nimport json, sys\nprint(json.dumps(list(sys.modules)))")
    return set(found)


def roots(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


def test_import_loads_numpy_and_little_else(environment):
    numpy = loaded(environment, "import numpy, inspect")  # which older releases leave to us
    ours = loaded(environment, "import spacecore")
    assert roots(ours) & (ARRAY_LIBRARIES | READERS) == set()
    own = {name for name in ours if name.startswith("spacecore")}
    others = ours - own - numpy
    assert len(own) <= OWN, sorted(own)
    assert len(others) <= OTHERS, sorted(others)
    assert roots(others) - set(sys.stdlib_module_names) <= {"numpy"}


def test_listing_loads_no_array_library(environment):
    code = "import spacecore as sc\nsc.available_backends()\ndir(sc)\nrepr(sc.BackendFamily.JAX)"
    assert roots(loaded(environment, code)) & ARRAY_LIBRARIES == set()


def test_descriptors_load_no_array_library(environment):
    code = (
        "import spacecore as sc\n"
        "for name in sc.available_backends():\n"
        "    spec = sc.plugins.spec_of(name)\n"
        "    assert spec.name == name and spec.summary and spec.install\n"
    )
    assert roots(loaded(environment, code)) & ARRAY_LIBRARIES == set()


def test_asking_for_one_backend_loads_that_one(environment, present):
    for name in present:
        code = f"import spacecore as sc\nsc.Context({name!r})"
        others = {"jax", "torch", "cupy"} - {name}
        assert roots(loaded(environment, code)) & others == set()


@pytest.mark.parametrize("extra", ["jax", "torch", "cupy"])
def test_extra_resolves(built, make_environment, extra):
    """`pip install "spacecore-core[...]"`, up to the point where it would download."""
    fresh = make_environment("empty")
    command = [
        *(sys.executable, "-m", "pip", "--python", str(fresh.python), "install", "--dry-run"),
        *("--find-links", str(built["spacecore-core"].wheel.parent)),
        *("--constraint", str(CONSTRAINTS), f"spacecore-core[{extra}]"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    would_install = done.stdout.strip().splitlines()[-1].split()
    ours = {name for name in would_install if name.startswith("spacecore")}
    assert ours == {f"spacecore-core-{sc.__version__}", f"spacecore-{extra}-{sc.__version__}"}
