"""Everything that can go wrong with a name, each by a real cause: one line that names the cure."""

from __future__ import annotations

import gc
import pickle
import sys
import weakref
from contextlib import suppress

import numpy as np
import pytest

import spacecore as sc

BROKEN = sc.errors.BackendLoadError


def failure(name: str, error: type[Exception]) -> str:
    """Resolve a name that must fail; return what the error says, others being untouched."""
    with pytest.raises(error) as caught:
        sc.normalize_ops(name)
    raised = caught.value
    assert type(raised) is error
    assert isinstance(raised, sc.BackendError)
    assert raised.backend == name.partition(":")[0]
    said = str(raised)
    assert "\n" not in said
    assert said.endswith((".", "?")) or (raised.hint and said.endswith(raised.hint))
    copy = pickle.loads(pickle.dumps(raised))
    assert (type(copy), str(copy), copy.backend, copy.hint) == (
        type(raised),
        said,
        raised.backend,
        raised.hint,
    )
    assert sc.Context("numpy").asarray([1.0]).dtype == np.float64
    return said


# --- names -----------------------------------------------------------------------------------


def test_unknown_name_lists_what_there_is():
    said = failure("tensorflow", sc.UnknownBackendError)
    assert 'There is no backend "tensorflow". Available:' in said
    assert "numpy" in said


@pytest.mark.parametrize(
    ("typed", "meant"), [("nunpy", "numpy"), ("JAX", "jax"), ("troch", "torch")]
)
def test_misspelt_name_is_corrected(typed, meant):
    assert failure(typed, sc.UnknownBackendError).endswith(f'Did you mean "{meant}"?')


@pytest.mark.parametrize("name", ["", "  "])
def test_empty_name_is_refused(name):
    with pytest.raises(sc.UnknownBackendError, match="named by a non-empty string"):
        sc.normalize_ops(name)


def test_colon_without_a_device_is_refused():
    assert 'Write "numpy" to leave' in failure("numpy:", sc.UnknownBackendError)


def test_device_of_an_unknown_backend_is_an_unknown_backend():
    assert "There is no backend" in failure("tensorflow:gpu", sc.UnknownBackendError)


def test_unknown_device_says_so():
    assert "Got device 'gpu'" in failure("numpy:gpu", sc.BackendUnavailableError)


KNOWN = [
    ("cupy", "CuPyOps", 'pip install "spacecore-cupy[cuda12]"'),
    ("jax", "JaxOps", "pip install spacecore-jax"),
    ("torch", "TorchOps", "pip install spacecore-torch"),
]

# Nothing but the core is found, whatever is installed beside it.
BARE = """
import importlib_metadata, json
importlib_metadata.distributions = lambda **kwargs: iter(())
import spacecore as sc
found = []
for code in {attempts}:
    try:
        exec(code)
    except ImportError as error:
        found.append([type(error).__name__, str(error)])
print(json.dumps([found, sc.available_backends(), [name for name in dir(sc) if "Ops" in name]]))
"""


@pytest.mark.parametrize(("name", "ops", "line"), KNOWN)
def test_known_backend_that_is_not_installed_says_how_to_get_it(elsewhere, name, ops, line):
    attempts = [f"sc.Context({name!r})", f"sc.{ops}", f"from spacecore import {ops}"]
    attempts.append(f"hasattr(sc, {ops!r})")
    found, there, shown = elsewhere.value(BARE.format(attempts=attempts))
    text = f'Backend "{name}" is not installed. Install it: {line}'
    assert found == [["BackendNotInstalledError", text]] * 4
    assert there == ["numpy"]
    assert shown == ["BackendOps", "NumpyOps"]


# --- the descriptor --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import not_there", "ModuleNotFoundError: No module named 'not_there'."),
        ("raise SystemExit('no licence')", "SystemExit: no licence."),
        ("raise RuntimeError", "RuntimeError."),
        ("raise RuntimeError('=====\\n\\nfirst line\\nsecond line')", "RuntimeError: first line."),
        ("1 +", "SyntaxError: invalid syntax"),
        ("x = 1 / 0", "ZeroDivisionError: division by zero."),
    ],
)
def test_descriptor_that_raises(site, code, said):
    name = site.plugin(modules={"_plugin": code})
    text = failure(name, BROKEN)
    assert f'Backend "{name}" of spacecore-{name} 1.0 failed at importing its descriptor' in text
    assert said in text
    assert text.endswith(f"Mend or remove spacecore-{name}; other backends are unaffected.")
    assert name in sc.available_backends()


def test_cause_of_a_failure_is_kept(site):
    name = site.plugin(modules={"_plugin": "1 / 0"})
    with pytest.raises(BROKEN) as caught:
        sc.normalize_ops(name)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


@pytest.mark.parametrize(
    ("entry_point", "said"),
    [
        ("not_there._plugin", "No module named 'not_there'"),
        ("spacecore.plugins:not_there", "has no attribute 'not_there'"),
        ("spacecore.plugins:resolve.not_there", "has no attribute 'not_there'"),
    ],
)
def test_entry_point_that_names_nothing(site, entry_point, said):
    name = site.plugin(entry_point=entry_point)
    text = failure(name, BROKEN)
    assert f"failed at importing its descriptor {entry_point}" in text
    assert said in text


HOOK = (
    "from spacecore.plugins import BackendSpec, hookimpl\n@hookimpl\ndef {signature}:\n    {body}\n"
)


def hook(body: str, signature: str = "spacecore_backends()") -> dict[str, str]:
    return {"_plugin": HOOK.format(signature=signature, body=body)}


@pytest.mark.parametrize("error", ["ValueError('no')", "SystemExit('no')"])
def test_hook_that_raises(site, error):
    name = site.plugin(modules=hook(f"raise {error}"))
    kind = error.partition("(")[0]
    assert f"failed at calling its hook spacecore_backends: {kind}: no." in failure(name, BROKEN)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return 'toy'", "returns a list of BackendSpec. Got str."),
        ("return {}", "returns a list of BackendSpec. Got dict."),
        ("return ['toy']", "returns a list of BackendSpec. Got str in it."),
        (
            "return BackendSpec(name='a', ops='a:b')",
            "returns a list of BackendSpec. Got BackendSpec.",
        ),
        ("return []", "must give a BackendSpec of that name. Got none."),
        ("return None", "must give a BackendSpec of that name. Got none."),
        ("return [BackendSpec(name='other', ops='a:b')]", 'of that name. Got "other".'),
        ("return [BackendSpec(name='Toy 1', ops='a:b')]", "Got 'Toy 1'."),
        ("return [BackendSpec(name='toy:1', ops='a:b')]", "lower-case letters, digits"),
        ("return [BackendSpec(name='toy', ops='a.b')]", "is \"package.module:name\". Got 'a.b'."),
        ("return [BackendSpec(name='toy', ops='a:b', probe='c')]", "Got 'c'."),
        ("return [BackendSpec(name='toy', ops='a:b', aliases='t')]", "`aliases` is a tuple of str"),
        ("return [BackendSpec(name='toy', ops='a:b', requires='jax')]", "`requires` is a tuple"),
        ("return [BackendSpec(name='toy', ops='a:b', requires=('a<2',))]", "Got 'a<2'."),
        ("return [BackendSpec(name='toy', ops='a:b', array_types=[int])]", "`array_types` is a"),
        ("return [BackendSpec(name='toy', ops='a:b', api='1.0')]", "(major, minor). Got '1.0'."),
    ],
)
def test_hook_that_returns_nonsense(site, body, said):
    name = site.plugin(modules=hook(body))
    text = failure(name, sc.BackendContractError)
    assert said in text
    assert f"spacecore-{name} 1.0" in text


def test_misspelt_hook_is_corrected(site):
    name = site.plugin(modules=hook("return []", "spacecore_backend()"))
    text = failure(name, sc.BackendContractError)
    assert "spacecore_backend" in text
    assert text.endswith('Did you mean "spacecore_backends"?')


def test_hook_with_an_argument_it_never_gets(site):
    name = site.plugin(modules=hook("return []", "spacecore_backends(device)"))
    assert "device" in failure(name, sc.BackendContractError)


def test_hook_that_is_not_marked(site):
    name = site.plugin(modules={"_plugin": "def spacecore_backends():\n    return []\n"})
    assert "marked with `@hookimpl`?" in failure(name, sc.BackendContractError)


def test_two_specs_of_one_name(site):
    spec = f"BackendSpec(name={site.name!r}, ops='a:b')"
    name = site.plugin(modules=hook(f"return [{spec}, {spec}]"))
    assert f'gives "{name}" to 2.' in failure(name, sc.DuplicateBackendError)


# --- versions and requirements ---------------------------------------------------------------


def test_newer_major_asks_for_a_newer_core(site):
    text = failure(site.plugin(api=(2, 0)), sc.IncompatibleBackendError)
    assert "This spacecore-core has version 1.0 of the contract." in text
    assert text.endswith("needs 2.0. Update spacecore-core: pip install --upgrade spacecore-core")


def test_older_major_asks_for_a_newer_plugin(site):
    name = site.plugin(api=(0, 9))
    text = failure(name, sc.IncompatibleBackendError)
    assert text.endswith(f"pip install --upgrade spacecore-{name}")


def test_newer_minor_asks_for_a_newer_core(site):
    text = failure(site.plugin(api=(1, 7)), sc.IncompatibleBackendError)
    assert text.endswith("needs 1.7. Update spacecore-core: pip install --upgrade spacecore-core")


def test_same_or_older_minor_works(site):
    assert sc.normalize_ops(site.plugin(api=(1, 0))).family == site.name


def test_absent_library_is_named_with_its_pip_line(site):
    name = site.plugin(requires=("numpy", "not_there"), install="pip install not-there")
    text = failure(name, sc.BackendUnavailableError)
    assert "needs not_there, not installed here. Install it: pip install not-there" in text


def test_library_blocked_in_sys_modules_is_absent(site, monkeypatch):
    monkeypatch.setitem(sys.modules, "blocked_library", None)
    text = failure(site.plugin(requires=("blocked_library",)), sc.BackendUnavailableError)
    assert text.endswith("Install it: pip install blocked_library")


def test_old_library_is_refused_before_it_is_imported(site):
    site.distribution("oldlib", version="0.5.3", modules={"oldlib": "1 / 0"})
    text = failure(site.plugin(requires=("oldlib>=0.6",)), sc.BackendUnavailableError)
    assert "needs oldlib 0.6 or newer. Got 0.5.3." in text
    assert text.endswith('Update it: pip install --upgrade "oldlib>=0.6"')


def test_old_library_under_another_distribution_name_explains_the_failing_import(site):
    module = f"{site.name}_lib"
    site.distribution("a-wheel-of-it", modules={module: "__version__ = '1.9.0'"})
    name = site.plugin(
        requires=(f"{module}>=2",), modules={"_ops": f"import {module}\n{module}.new"}
    )
    text = failure(name, sc.BackendUnavailableError)
    assert f"needs {module} 2 or newer. Got 1.9.0." in text


@pytest.mark.parametrize(
    ("minimum", "version"), [("2", "2.0"), ("2.0", "2"), ("2.1", "2.1.0rc1"), ("2.9", "2.10+cu12")]
)
def test_new_enough_library_is_taken(site, minimum, version):
    module = f"{site.name}_lib"
    site.distribution(module, version=version, modules={module: ""})
    assert sc.normalize_ops(site.plugin(requires=(f"{module}>={minimum}",)))


# --- the ops ---------------------------------------------------------------------------------

OPS = "from spacecore import BackendFamily, BackendOps, NumpyOps\n"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("raise SystemExit(3)", "SystemExit: 3."),
        ("import not_there", "No module named 'not_there'."),
        ("", "AttributeError: module"),
    ],
)
def test_ops_that_can_not_be_imported(site, code, said):
    name = site.plugin(modules={"_ops": code}, install="pip install it")
    text = failure(name, BROKEN)
    assert f"failed at importing spacecore_{name}._ops:ToyOps" in text
    assert said in text
    assert text.endswith("To install it anew: pip install it")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("ToyOps = 3", "is a subclass of BackendOps. Got 3."),
        ("class ToyOps: pass", "is a subclass of BackendOps."),
        ("ToyOps = BackendOps", "is a subclass of BackendOps."),
        ("ToyOps = NumpyOps", "has BackendFamily('numpy')."),
        ("class ToyOps(BackendOps): family = BackendFamily('x')", "sets `xp` to"),
        ("import math\nclass ToyOps(BackendOps): xp = math; family = 'x'", "ToyOps lacks "),
        (
            "class ToyOps(NumpyOps): array_types = ()",
            "sets `array_types` to the classes of its library's arrays. ToyOps sets none",
        ),
        (
            "class ToyOps(NumpyOps): unsupported = {'sorrt': 'no order'}",
            """holds names of the contract. ToyOps has 'sorrt'. Did you mean "sort"?""",
        ),
    ],
)
def test_ops_that_break_the_contract(site, code, said):
    name = site.plugin(modules={"_ops": OPS + code})
    text = failure(name, sc.BackendContractError)
    assert f'Backend "{name}" of spacecore-{name} 1.0 breaks the contract.' in text
    assert said in text


def test_constructor_that_raises(site):
    code = f"{OPS}class ToyOps(NumpyOps):\n    family = BackendFamily({site.name!r})\n"
    name = site.plugin(modules={"_ops": f"{code}    def __init__(self): raise OSError('no')\n"})
    assert "failed at constructing ToyOps(): OSError: no." in failure(name, BROKEN)


def test_device_that_is_not_there_gives_the_reason(site):
    probe = "def probe(): return 'no device: the driver is too old'"
    package = f"spacecore_{site.name}"
    name = site.plugin(probe=f"{package}._probe:probe", modules={"_probe": probe})
    text = failure(name, sc.BackendUnavailableError)
    assert text.endswith("can't run here: no device: the driver is too old.")


def test_probe_that_raises(site):
    package = f"spacecore_{site.name}"
    name = site.plugin(probe=f"{package}._probe:probe", modules={"_probe": "def probe(): 1 / 0"})
    assert f"failed at probing by {package}._probe:probe: ZeroDivisionError" in failure(
        name, BROKEN
    )


def test_failure_is_not_final(site):
    name = site.plugin(modules={"_plugin": "1 / 0"})
    failure(name, BROKEN)
    assert isinstance(sc.plugins.known_failures()[name], BROKEN)
    site.plugin(summary="mended, with a longer descriptor so that no stale bytecode is taken")
    assert sc.normalize_ops(name).family == name
    assert name not in sc.plugins.known_failures()


def test_a_failure_that_is_remembered_keeps_no_arrays(site):
    name = site.plugin(modules={"_plugin": "1 / 0"})

    def fail() -> weakref.ref[np.ndarray]:
        mine = np.zeros(3)
        with suppress(BROKEN):
            sc.normalize_ops(name)
        return weakref.ref(mine)

    mine = fail()
    gc.collect()
    assert mine() is None
    kept = sc.plugins.known_failures()[name]
    assert (type(kept), str(kept), kept.backend) == (BROKEN, failure(name, BROKEN), name)


def test_keyboard_interrupt_is_the_users(site):
    name = site.plugin(modules={"_plugin": "raise KeyboardInterrupt"})
    with pytest.raises(KeyboardInterrupt):
        sc.normalize_ops(name)
