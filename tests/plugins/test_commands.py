"""`spacecore backends` and `spacecore doctor`, read as people and machines read them."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

import spacecore as sc
from spacecore.plugins import GROUP


def command(site, *arguments: str, **variables: str):
    """Run a command; return its exit status and what it printed, in one line of words."""
    done = site.python("-W", "error", "-m", "spacecore", *arguments, **variables)
    return done.returncode, " ".join(f"{done.stdout} {done.stderr}".split())


def examined(site, *arguments: str, **variables: str):
    """Run `doctor --json`; return its exit status, its backends by name, and all it said."""
    done = site.python(
        "-W", "error", "-m", "spacecore", "doctor", "--json", *arguments, **variables
    )
    said = json.loads(done.stdout)
    return done.returncode, {one["name"]: one for one in said["backends"]}, said


CRASH = "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)"
HANG = "import time\ntime.sleep(600)"

# --- backends --------------------------------------------------------------------------------


def test_list_shows_every_plugin_however_broken(elsewhere):
    causes = {"a": "1 / 0", "b": "raise SystemExit", "c": CRASH, "d": HANG}
    names = [
        elsewhere.plugin(f"{elsewhere.name}{letter}", modules={"_plugin": code})
        for letter, code in causes.items()
    ]
    status, said = command(elsewhere, "backends")
    assert status == 0
    assert said.startswith(f"numpy installed spacecore-core {sc.__version__}")
    for name in names:
        assert f"{name} installed spacecore-{name} 1.0" in said


def test_list_tells_the_states_apart(elsewhere):
    name = elsewhere.name
    elsewhere.plugin(f"{name}a")
    elsewhere.plugin(f"{name}b")
    for version in "12":
        elsewhere.plugin(f"{name}c", distribution=f"{name}-{version}")
    done = elsewhere.python(
        "-m", "spacecore", "backends", "--json", SPACECORE_BACKENDS_BLOCK=f"{name}b"
    )
    rows = {row["name"]: row for row in json.loads(done.stdout)["backends"]}
    assert rows["numpy"]["state"] == "installed"
    assert rows["numpy"]["offers"][0]["distribution"] == "spacecore-core"
    assert rows[f"{name}a"]["state"] == "installed"
    assert rows[f"{name}a"]["offers"] == [
        {
            "distribution": f"spacecore-{name}a",
            "version": "1.0",
            "entry_point": f"spacecore_{name}a._plugin",
        }
    ]
    assert rows[f"{name}b"]["state"] == "blocked"
    assert "SPACECORE_BACKENDS_BLOCK" in rows[f"{name}b"]["note"]
    assert rows[f"{name}c"]["state"] == "several"
    assert f"SPACECORE_BACKENDS_PIN={name}c={name}-" in rows[f"{name}c"]["note"]
    pinned = {"SPACECORE_BACKENDS_PIN": f"{name}c={name}-2"}
    assert (
        f"{name}c installed {name}-2 1.0 pinned, before {name}-1 1.0"
        in command(elsewhere, "backends", **pinned)[1]
    )


def test_list_says_why_nothing_was_looked_for(elsewhere):
    said = command(elsewhere, "backends", SPACECORE_DISABLE_PLUGINS="1")[1]
    assert "torch blocked by the environment variable SPACECORE_DISABLE_PLUGINS" in said
    assert "SPACECORE_DISABLE_PLUGINS is set" in said


def test_list_names_unreadable_metadata_and_odd_names(elsewhere):
    info = elsewhere.distribution("unrelated", entry_points={GROUP: {"a": "b"}})
    (info / "entry_points.txt").write_bytes(b"\xff[spacecore.backends]")
    elsewhere.distribution("odd", entry_points={GROUP: {"Odd": "b"}})
    said = command(elsewhere, "backends", COLUMNS="1000")[1]
    assert f"{info.name} can't be read: UnicodeDecodeError" in said
    assert "odd 1.0 offers a backend under a name that can't be one: 'Odd'" in said


def test_list_loads_no_array_library_and_no_plugin(elsewhere):
    name = elsewhere.plugin()
    libraries = ("jax", "torch", "cupy", "scipy", "optree", "pluggy", f"spacecore_{name}")
    code = f"""
import sys
from spacecore.cli import main
assert main(["backends"]) == 0
print([name for name in {libraries} if name in sys.modules])
"""
    assert elsewhere.run(code).splitlines()[-1] == "[]"


# --- doctor ----------------------------------------------------------------------------------


def test_doctor_tells_what_a_backend_can_do():
    done = subprocess.run(
        [sys.executable, "-m", "spacecore", "doctor", "numpy", "--json"],
        capture_output=True,
        check=True,
    )
    (found,) = json.loads(done.stdout)["backends"]
    assert found["state"] == "works"
    facts = found["facts"]
    assert facts["numpy"]
    assert facts["devices"] == "cpu"
    assert facts["default dtype"] == "float64"
    assert "complex128" in facts["dtypes"]
    assert facts["can"] == "sparse"
    assert facts["cannot"] == "autodiff"
    (reason,) = {why for names, why in facts["unsupported"].items() if "vjp" in names}
    assert "autodiff" in reason


DIAGNOSES = {
    "descriptor": ({"_plugin": "1 / 0"}, "broken", "importing its descriptor"),
    "exit": ({"_ops": "raise SystemExit(4)"}, "broken", "SystemExit: 4."),
    "import": ({"_ops": "import not_there"}, "broken", "No module named 'not_there'"),
    "contract": ({"_ops": "ToyOps = 3"}, "broken", "subclass of BackendOps"),
    "crash": ({"_ops": CRASH}, "crashes", "was killed by SIGSEGV, importing"),
    "crash early": ({"_plugin": CRASH}, "crashes", "importing its descriptor"),
    "abort": ({"_ops": "import os\nos._exit(7)"}, "crashes", "ended with status 7"),
    "hang": ({"_plugin": HANG}, "hangs", "was not done after 5 s, importing its descriptor"),
}


@pytest.mark.parametrize(("modules", "state", "said"), DIAGNOSES.values(), ids=DIAGNOSES.keys())
def test_doctor_sees_what_ends_a_process(elsewhere, modules, state, said):
    broken = elsewhere.plugin(modules=modules)
    well = elsewhere.plugin(f"{elsewhere.name}well")
    status, found, _ = examined(elsewhere, broken, well, "--timeout", "5")
    assert status == 1
    assert found[well]["state"] == "works"
    assert found[broken]["state"] == state
    assert said in found[broken]["error"]
    assert f"spacecore-{broken}" in found[broken]["error"] + found[broken]["hint"]


def test_doctor_counts_only_what_was_asked_about(elsewhere):
    elsewhere.plugin(modules={"_plugin": "1 / 0"})
    assert command(elsewhere, "doctor", "numpy")[0] == 0
    assert command(elsewhere, "doctor", elsewhere.name)[0] == 1


def test_doctor_takes_a_device_and_an_alias(elsewhere):
    status, found, _ = examined(elsewhere, "np", "numpy:cpu", "numpy:gpu")
    assert status == 1
    states = {name: one["state"] for name, one in found.items()}
    assert states == {"np": "works", "numpy:cpu": "works", "numpy:gpu": "unavailable"}


def test_doctor_excuses_blocked_backends_unless_they_are_named(elsewhere):
    name = elsewhere.plugin(modules={"_plugin": "1 / 0"})
    installed = sorted({*sc.available_backends(), name} - {"numpy"})
    block = {"SPACECORE_BACKENDS_BLOCK": ",".join(installed)}
    status, found, said = examined(elsewhere, **block)
    assert {one["state"] for one in found.values()} == {"works", "blocked"}
    assert status == 0
    assert said["environment"] == block
    assert examined(elsewhere, name, **block)[0] == 1


def test_doctor_on_names_that_are_not_installed(elsewhere):
    status, found, _ = examined(elsewhere, "nosuch", "torch", SPACECORE_DISABLE_PLUGINS="1")
    assert status == 1
    assert found["nosuch"]["state"] == "unknown"
    assert found["torch"]["state"] == "blocked"


def test_doctor_reports_duplicates(elsewhere):
    for version in "12":
        elsewhere.plugin(distribution=f"{elsewhere.name}-{version}")
    status, found, _ = examined(elsewhere, elsewhere.name)
    assert status == 1
    assert "SPACECORE_BACKENDS_PIN" in found[elsewhere.name]["hint"]


def test_doctor_names_a_descriptor_that_imports_its_library(elsewhere):
    library = f"{elsewhere.name}_lib"
    elsewhere.distribution(library, modules={library: "__version__ = '3.1'"})
    name = elsewhere.plugin(requires=(library,))
    descriptor = elsewhere.folder / f"spacecore_{name}" / "_plugin.py"
    descriptor.write_text(f"import {library}\n{descriptor.read_text()}")
    status, found, _ = examined(elsewhere, name)
    assert status == 0
    assert found[name]["warnings"] == [
        f"Its descriptor imports {library}, which makes listing slow."
    ]
    assert found[name]["facts"][library] == "3.1"


@pytest.mark.parametrize(
    ("module", "what"), [("_plugin", "Its descriptor"), ("_ops", "Its import")]
)
def test_doctor_names_a_plugin_that_changes_the_environment(elsewhere, module, what):
    name = elsewhere.plugin()
    source = elsewhere.folder / f"spacecore_{name}" / f"{module}.py"
    source.write_text(f"import os\nos.environ['MEDDLED'] = '1'\n{source.read_text()}")
    _, found, _ = examined(elsewhere, name)
    assert found[name]["warnings"] == [f"{what} changes environment variables: MEDDLED."]


HOOK = """
from spacecore.plugins import hookimpl
@hookimpl
def spacecore_doctor(backend):
    {body}
"""


def with_hook(site, body: str) -> str:
    name = site.plugin()
    source = site.folder / f"spacecore_{name}" / "_plugin.py"
    source.write_text(source.read_text() + HOOK.format(body=body))
    return name


def test_doctor_asks_the_plugin_itself(elsewhere):
    body = "return {'asked': backend, 'devices': ['left', 3], 'nothing': None}"
    name = with_hook(elsewhere, body)
    facts = examined(elsewhere, name)[1][name]["facts"]
    assert (facts["asked"], facts["devices"]) == (name, "left, 3")
    assert "nothing" not in facts
    status, said = command(elsewhere, "doctor", name)
    assert status == 0
    assert f"asked {name}" in said


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise ValueError('no')", "calling its hook spacecore_doctor: ValueError: no."),
        ("return [1]", "returns a mapping or None. Got list."),
    ],
)
def test_doctor_reports_a_hook_that_fails(elsewhere, body, said):
    name = with_hook(elsewhere, body)
    status, found, _ = examined(elsewhere, name)
    assert status == 1
    assert found[name]["state"] == "broken"
    assert said in found[name]["error"]


def test_doctor_notices_a_backend_that_computes_nonsense(elsewhere):
    code = f"""
from spacecore import BackendFamily, NumpyOps
class ToyOps(NumpyOps):
    family = BackendFamily({elsewhere.name!r})
    def sum(self, x, /, **options): return 7.0
"""
    name = elsewhere.plugin(modules={"_ops": code})
    assert "1.875, got 7.0" in examined(elsewhere, name)[1][name]["error"]


# --- in a terminal ---------------------------------------------------------------------------


def in_terminal(*arguments: str, **variables: str) -> str:
    """Run a command whose output is a terminal; return what appears there."""
    pty = pytest.importorskip("pty")
    terminal, output = pty.openpty()
    environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    process = subprocess.Popen(
        [sys.executable, "-m", "spacecore", *arguments],
        stdout=output,
        env={**environment, "TERM": "xterm", **variables},
    )
    os.close(output)
    seen = b""
    while True:
        try:
            part = os.read(terminal, 4096)
        except OSError:  # what Linux says when the other end is closed
            break
        if not part:
            break
        seen += part
    os.close(terminal)
    assert process.wait() == 0
    return seen.decode()


def test_colours_are_for_terminals(elsewhere):
    assert "\x1b[1mnumpy\x1b[0m" in in_terminal("backends")
    assert "\x1b[32mworks\x1b[0m" in in_terminal("doctor", "numpy")
    assert "\x1b" not in elsewhere.python("-m", "spacecore", "doctor", "numpy").stdout


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colours_can_be_refused(variables):
    assert "\x1b" not in in_terminal("doctor", "numpy", **variables)


def test_lines_fit_the_terminal(elsewhere):
    said = elsewhere.python("-m", "spacecore", "doctor", "numpy", COLUMNS="60").stdout
    assert max(map(len, said.splitlines()[2:])) <= 60


def test_reader_that_stops_early_is_no_error(elsewhere):
    line = f"{sys.executable} -m spacecore doctor numpy | true"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_help_and_version(elsewhere):
    assert command(elsewhere)[0] == 0
    assert "backends" in command(elsewhere)[1]
    assert command(elsewhere, "--version") == (0, f"spacecore-core {sc.__version__}")
    assert command(elsewhere, "nosuch")[0] == 2


# --- outputs that lack characters ------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
@pytest.mark.parametrize("arguments", [("backends",), ("doctor", "{name}")])
def test_what_others_wrote_is_shown_on_any_output(elsewhere, encoding, arguments):
    modules = {"_plugin": "raise ValueError('ℝ^80 → ℂ')"}
    name = elsewhere.plugin(modules=modules)
    arguments = [argument.format(name=name) for argument in arguments]
    done = elsewhere.python("-m", "spacecore", *arguments, PYTHONIOENCODING=encoding)
    assert "UnicodeEncodeError" not in done.stderr
    assert name in done.stdout
    if "doctor" in arguments:
        assert "\\u211d^80 \\u2192 \\u2102" in done.stdout
