"""Which backends there are: metadata, duplicates, environment variables, registration."""

from __future__ import annotations

import shutil
import sys

import pytest

import spacecore as sc
from spacecore.plugins import GROUP, spec_of

# --- metadata --------------------------------------------------------------------------------


def test_installed_plugin_is_listed_without_being_imported(site):
    name = site.plugin(modules={"_plugin": "1 / 0"})
    assert name in sc.available_backends()
    assert f"spacecore_{name}" not in sys.modules


def test_installed_plugin_resolves(site):
    name = site.plugin()
    ops = sc.normalize_ops(name)
    assert ops is sc.normalize_ops(name)
    assert sc.Context(name).ops is ops
    assert type(ops).__name__ == "ToyOps"


def test_entry_point_may_name_an_object(site):
    code = """
from spacecore.plugins import BackendSpec, hookimpl
class Plugin:
    @hookimpl
    def spacecore_backends(self):
        return [BackendSpec(name={name!r}, ops="spacecore_{name}._ops:ToyOps")]
class Holder:
    plugin = Plugin()
"""
    name = site.plugin(
        modules={"_plugin": code.format(name=site.name)},
        entry_point=f"spacecore_{site.name}._plugin:Holder.plugin",
    )
    assert sc.normalize_ops(name).family == name


def test_one_plugin_may_give_several_backends(site):
    one, two = f"{site.name}a", f"{site.name}b"
    ops = "\n".join(
        f"class {name}(NumpyOps): family = BackendFamily({name!r})" for name in (one, two)
    )
    specs = ", ".join(
        f"BackendSpec(name={name!r}, ops='both_{one}._ops:{name}')" for name in (one, two)
    )
    site.distribution(
        "both",
        modules={
            f"both_{one}._ops": f"from spacecore import BackendFamily, NumpyOps\n{ops}",
            f"both_{one}._plugin": "from spacecore.plugins import BackendSpec, hookimpl\n"
            f"@hookimpl\ndef spacecore_backends():\n    return [{specs}]\n",
        },
        entry_points={GROUP: {one: f"both_{one}._plugin", two: f"both_{one}._plugin"}},
    )
    assert [sc.normalize_ops(name).family for name in (one, two)] == [one, two]


def test_plugin_that_is_installed_later_is_found(site):
    with pytest.raises(sc.UnknownBackendError):
        sc.normalize_ops(site.name)
    name = site.plugin()
    assert sc.normalize_ops(name).family == name
    assert name in sc.available_backends()


def test_plugin_that_is_removed_is_gone_from_the_list(site):
    name = site.plugin()
    assert name in sc.available_backends()
    for path in list(site.folder.iterdir()):
        shutil.rmtree(path)
    assert name not in sc.available_backends()


@pytest.mark.parametrize(
    "damage",
    [
        lambda info: (info / "entry_points.txt").write_bytes(b"[spacecore.backends]\n\xff\xfe = a"),
        lambda info: (info / "entry_points.txt").write_text("[spacecore.backends]\nno sign\n"),
        lambda info: (info / "entry_points.txt").write_text("spacecore.backends\n[a\n"),
        lambda info: (info / "METADATA").write_bytes(b"\xff\xfe\x00"),
        lambda info: (info / "METADATA").write_text(""),
        lambda info: (info / "METADATA").unlink(),
        shutil.rmtree,
    ],
)
@pytest.mark.parametrize("group", [GROUP, "console_scripts"])
def test_unreadable_metadata_costs_its_own_distribution_alone(site, damage, group):
    info = site.distribution("unrelated", entry_points={group: {"x": "y:z"}})
    damage(info)
    name = site.plugin()
    assert sc.normalize_ops(name).family == name
    assert {name, "numpy"} <= set(sc.available_backends())


@pytest.mark.parametrize("bad", ["Toy", "toy:cuda", "toy one", "2toy"])
def test_entry_point_with_a_name_that_none_can_have_is_not_listed(site, bad):
    site.distribution("odd", entry_points={GROUP: {bad: "odd"}})
    assert bad not in sc.available_backends()


# --- duplicates ------------------------------------------------------------------------------


def twice(site) -> str:
    site.plugin(distribution=f"{site.name}-one")
    return site.plugin(distribution=f"{site.name}-two", version="2.0")


def test_two_distributions_of_one_name_are_refused(site):
    name = twice(site)
    with pytest.raises(sc.DuplicateBackendError) as caught:
        sc.normalize_ops(name)
    said = str(caught.value)
    assert f"{name}-one 1.0 ({name}_one._plugin)" in said
    assert f"{name}-two 2.0 ({name}_two._plugin)" in said
    assert f"set SPACECORE_BACKENDS_PIN={name}={name}-" in said
    assert sc.normalize_ops("numpy")


@pytest.mark.parametrize("spelling", ["{}-two", "{}_Two", "{}.two"])
def test_pin_chooses(site, monkeypatch, spelling):
    name = twice(site)
    monkeypatch.setenv("SPACECORE_BACKENDS_PIN", f" {name} = {spelling.format(name)} ")
    assert type(sc.normalize_ops(name)).__module__ == f"{name}_two._ops"


def test_pin_to_what_does_not_offer_it_warns_once_and_refuses(site, monkeypatch):
    name = twice(site)
    monkeypatch.setenv("SPACECORE_BACKENDS_PIN", f"{name}=scipy")
    with (
        pytest.warns(sc.PluginWarning, match=f'pins "{name}" to scipy, which does not offer it'),
        pytest.raises(sc.DuplicateBackendError),
    ):
        sc.normalize_ops(name)
    with pytest.raises(sc.DuplicateBackendError):
        sc.normalize_ops(name)


def test_two_entry_points_within_a_distribution_are_its_authors_fault(site):
    name = site.plugin()
    (points,) = site.folder.glob("*.dist-info/entry_points.txt")
    points.write_text(points.read_text() + f"{name} = spacecore_{name}.other\n")
    with pytest.raises(sc.DuplicateBackendError, match=f"authors of spacecore-{name}"):
        sc.normalize_ops(name)


def test_an_entry_point_written_twice_is_one(site):
    name = site.plugin()
    (points,) = site.folder.glob("*.dist-info/entry_points.txt")
    points.write_text(points.read_text() * 2)
    assert sc.normalize_ops(name).family == name


def test_one_distribution_seen_twice_on_the_path_is_one(site, monkeypatch, tmp_path):
    name = site.plugin()
    shutil.copytree(site.folder, tmp_path / "copy")
    monkeypatch.setattr(sys, "path", [*sys.path, str(site.folder), str(tmp_path / "copy")])
    assert sc.normalize_ops(name).family == name


def test_older_copy_further_on_the_path_is_hidden_as_its_modules_are(site, monkeypatch, tmp_path):
    name = site.plugin(version="2.0")
    sc.testing.write_plugin(tmp_path / "old", name, version="1.0", entry_point="gone")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path / "old")])
    assert sc.normalize_ops(name).family == name


def test_another_numpy_needs_a_pin(site, monkeypatch):
    site.plugin("numpy", distribution=f"{site.name}-numpy", api=(9, 0))
    assert type(sc.normalize_ops("numpy")) is sc.NumpyOps
    assert spec_of("numpy").api == (1, 0)
    monkeypatch.setenv("SPACECORE_BACKENDS_PIN", f"numpy={site.name}-numpy")
    assert spec_of("numpy").api == (9, 0)


# --- aliases ---------------------------------------------------------------------------------


def test_alias_resolves_to_the_same_object(site):
    name = site.plugin(aliases=(f"{site.name}-alias",))
    ops = sc.normalize_ops(f"{name}-alias")
    assert ops is sc.normalize_ops(name)
    assert ops.family == name
    assert sc.normalize_ops("np") is sc.normalize_ops("numpy")


def test_alias_is_found_beside_a_broken_plugin(site):
    broken = site.plugin(f"a{site.name}", modules={"_plugin": "1 / 0"})
    name = site.plugin(aliases=(f"{site.name}-alias",))
    assert sc.normalize_ops(f"{name}-alias").family == name
    assert broken in sc.plugins.known_failures()


def test_alias_with_a_device(site):
    site.plugin(aliases=(f"{site.name}-alias",))
    assert sc.normalize_ops(f"{site.name}-alias:cpu") is sc.normalize_ops(site.name)


def test_alias_of_two_backends_is_refused(site):
    alias = f"{site.name}-alias"
    for letter in "ab":
        site.plugin(f"{site.name}{letter}", aliases=(alias,))
    with pytest.raises(sc.DuplicateBackendError, match=f"{site.name}a and {site.name}b"):
        sc.normalize_ops(alias)


def test_alias_never_hides_a_name(site):
    name = site.plugin(aliases=("numpy",))
    assert sc.normalize_ops("numpy").family == "numpy"
    assert sc.normalize_ops(name).family == name


# --- registration ----------------------------------------------------------------------------


def ops_class(name: str, base: type[sc.BackendOps] = sc.NumpyOps) -> type[sc.BackendOps]:
    return type("LocalOps", (base,), {"family": sc.BackendFamily(name)})


def test_registered_class_comes_first_and_leaves_no_trace(site):
    name = site.plugin()
    installed = sc.normalize_ops(name)
    local = sc.register_ops(ops_class(name))
    assert type(sc.normalize_ops(name)) is local
    assert name in sc.available_backends()
    sc.unregister_ops(name)
    assert type(sc.normalize_ops(name)) is type(installed)


def test_registered_class_resolves_with_a_device(site):
    class Placed(sc.NumpyOps):
        family = sc.BackendFamily(site.name)

        def normalize_device(self, device):
            return str(device)

    sc.register_ops(Placed)
    ops = sc.normalize_ops(f"{site.name}:left:3")
    assert ops.device == "left:3"
    assert ops == Placed("left:3")
    assert sc.normalize_ops(site.name).device is None


def test_devices_that_are_one_give_one_object(site):
    class Placed(sc.NumpyOps):
        family = sc.BackendFamily(site.name)

        def normalize_device(self, device):
            return f"{device}:0" if ":" not in str(device) else str(device)

    sc.register_ops(Placed)
    assert sc.normalize_ops(f"{site.name}:left") is sc.normalize_ops(f"{site.name}:left:0")


def test_a_class_that_is_replaced_while_it_is_placed_leaves_no_trace(site):
    class Replaced(sc.NumpyOps):
        family = sc.BackendFamily(site.name)

        def normalize_device(self, device):
            sc.unregister_ops(Replaced)
            sc.register_ops(Placed)
            return str(device)

    class Placed(sc.NumpyOps):
        family = sc.BackendFamily(site.name)

        def normalize_device(self, device):
            return str(device)

    sc.register_ops(Replaced)
    assert type(sc.normalize_ops(f"{site.name}:left")) is Placed
    assert type(sc.normalize_ops(site.name)) is Placed


def test_registering_again_is_no_matter_and_another_is_refused(site):
    local = sc.register_ops(ops_class(site.name))
    assert sc.register_ops(local) is local
    with pytest.raises(sc.DuplicateBackendError, match="unregister_ops"):
        sc.register_ops(ops_class(site.name))
    sc.unregister_ops(local)
    with pytest.raises(sc.UnknownBackendError, match="register_ops"):
        sc.unregister_ops(local)


@pytest.mark.parametrize("wrong", [int, 3, sc.BackendOps])
def test_registering_what_is_no_backend_is_refused(wrong):
    with pytest.raises(sc.BackendContractError):
        sc.register_ops(wrong)


@pytest.mark.parametrize("name", ["has:colon", "Upper", "", "two words"])
def test_registering_under_a_name_that_none_can_have_is_refused(name):
    with pytest.raises(sc.BackendContractError, match="lower-case letters"):
        sc.register_ops(ops_class(name))


def test_explicit_registration_is_not_hindered_by_disabled_plugins(site, monkeypatch):
    monkeypatch.setenv("SPACECORE_DISABLE_PLUGINS", "1")
    sc.register_ops(ops_class(site.name))
    assert sc.normalize_ops(site.name).family == site.name


# --- environment variables -------------------------------------------------------------------


def test_blocked_backend_names_the_variable(site, monkeypatch):
    name = site.plugin()
    monkeypatch.setenv("SPACECORE_BACKENDS_BLOCK", f"{name} ,")
    assert name not in sc.available_backends()
    for asked in (name, f"{name}:cpu"):
        with pytest.raises(sc.BackendBlockedError, match="variable SPACECORE_BACKENDS_BLOCK"):
            sc.normalize_ops(asked)
    monkeypatch.delenv("SPACECORE_BACKENDS_BLOCK")
    assert sc.normalize_ops(name).family == name


def test_blocked_backend_is_blocked_by_its_alias_too(site, monkeypatch):
    name = site.plugin(aliases=(f"{site.name}-alias",))
    monkeypatch.setenv("SPACECORE_BACKENDS_BLOCK", name)
    with pytest.raises(sc.BackendBlockedError):
        sc.normalize_ops(f"{name}-alias")


def test_numpy_can_not_be_blocked(elsewhere):
    code = "import warnings; warnings.simplefilter('ignore')\nimport spacecore as sc\n"
    code += "print(sc.available_backends()); sc.normalize_ops('numpy')"
    assert "numpy" in elsewhere.run(code, SPACECORE_BACKENDS_BLOCK="numpy")


def test_disabled_plugins_are_not_looked_for(site, monkeypatch):
    name = site.plugin()
    monkeypatch.setenv("SPACECORE_DISABLE_PLUGINS", "1")
    assert sc.available_backends() == ("numpy",)
    with pytest.raises(sc.UnknownBackendError, match="SPACECORE_DISABLE_PLUGINS is set"):
        sc.normalize_ops(name)
    monkeypatch.setenv("SPACECORE_DISABLE_PLUGINS", "0")
    assert sc.normalize_ops(name).family == name


def test_disabled_plugins_are_told_from_missing_ones(elsewhere):
    code = "import spacecore as sc\ntry: sc.JaxOps\n"
    code += "except ImportError as error: print(type(error).__name__, error)"
    said = elsewhere.run(code, SPACECORE_DISABLE_PLUGINS="1")
    assert said.startswith("BackendBlockedError")
    assert "SPACECORE_DISABLE_PLUGINS is set" in said


def test_uninstalled_descriptor_is_found_by_its_module(site, monkeypatch):
    name = site.plugin()
    (points,) = site.folder.glob("*.dist-info/entry_points.txt")
    points.unlink()
    assert name not in sc.available_backends()
    monkeypatch.setenv("SPACECORE_PLUGINS", f"spacecore_{name}._plugin")
    assert name in sc.available_backends()
    assert sc.normalize_ops(name).family == name


def test_uninstalled_descriptor_that_is_broken_warns_once_and_is_passed_over(site, monkeypatch):
    monkeypatch.setenv("SPACECORE_PLUGINS", f"missing_{site.name}")
    with pytest.warns(sc.PluginWarning, match=f"missing_{site.name}"):
        assert "numpy" in sc.available_backends()
    assert "numpy" in sc.available_backends()


def test_uninstalled_descriptor_without_a_marked_hook_warns(site, monkeypatch):
    site.plugin(modules={"_plugin": "def spacecore_backends():\n    return []\n"})
    (points,) = site.folder.glob("*.dist-info/entry_points.txt")
    points.unlink()
    monkeypatch.setenv("SPACECORE_PLUGINS", f"spacecore_{site.name}._plugin")
    with pytest.warns(sc.PluginWarning, match="gives no backend.* marked with `@hookimpl`"):
        assert site.name not in sc.available_backends()


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("SPACECORE_BACKENDS_BLOCK", "nosuch1", 'names "nosuch1", and there is no such backend'),
        ("SPACECORE_BACKENDS_PIN", "nosuch2=scipy", 'names "nosuch2", and there is no such'),
        ("SPACECORE_BACKENDS_PIN", "nosuch3", "holds name=distribution"),
        ("SPACECORE_BACKENDS_BLOCK", "numpy", "which SpaceCore itself needs"),
    ],
)
def test_variable_that_matches_nothing_warns_once(elsewhere, variable, value, said):
    code = """
import json, warnings
import spacecore as sc
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    for attempt in range(2):
        try: sc.normalize_ops("unknown")
        except sc.UnknownBackendError: pass
print(json.dumps([str(one.message) for one in caught if one.category is sc.PluginWarning]))
"""
    (message,) = elsewhere.value(code, **{variable: value})
    assert said in message
    assert variable in message


def test_default_backend_is_taken_from_the_variable(elsewhere):
    name = elsewhere.plugin()
    code = "import spacecore as sc; print(sc.get_context().ops.family)"
    assert elsewhere.run(code, SPACECORE_DEFAULT_BACKEND=name) == name


def test_unknown_default_backend_names_the_variable(elsewhere):
    code = "import spacecore as sc\ntry: sc.get_context()\nexcept ValueError as e: print(e)"
    said = elsewhere.run(code, SPACECORE_DEFAULT_BACKEND="nosuch:gpu")
    assert said.endswith("SPACECORE_DEFAULT_BACKEND names it.")


def test_plugin_that_changes_the_environment_at_import_blocks_nothing_loaded(elsewhere):
    code = "import os\nos.environ['SPACECORE_BACKENDS_BLOCK'] = 'numpy'\n1 / 0"
    name = elsewhere.plugin(modules={"_plugin": code})
    run = f"""
import warnings; warnings.simplefilter("ignore")
import spacecore as sc
try: sc.normalize_ops({name!r})
except ImportError: pass
print(sc.Context("numpy").zeros(2))
"""
    assert elsewhere.run(run) == "[0. 0.]"
