"""The template of a plugin: built, installed and held to the contract as its author would."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

PLUGINS = Path(__file__).parents[2] / "docs" / "plugins"
TEMPLATE, GUIDE = PLUGINS / "template", PLUGINS / "guide.md"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The template's wheel, built from a copy of it."""
    source = tmp_path_factory.mktemp("template") / "source"
    shutil.copytree(TEMPLATE, source)
    out = source.parent / "dist"
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out)]
    done = subprocess.run([*command, str(source)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = out.iterdir()
    return built


@pytest.fixture
def installed(elsewhere, wheel):
    """A folder in which the wheel is unpacked, which is all that installing it does."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(elsewhere.folder)
    return elsewhere


def test_wheel_holds_one_package_and_its_metadata(wheel):
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
    assert tops == {"spacecore_strictnp", "spacecore_strictnp-0.1.0.dist-info"}


def test_installed_template_is_listed_and_computes(installed):
    code = """
import spacecore as sc
assert "strictnp" in sc.available_backends()
ctx = sc.Context("strictnp", dtype="float64")
x = ctx.asarray([1.0, 2.0])
assert sc.ops_of(x) is ctx.ops
print(float(ctx.ops.sum(x)), sc.Context("numpy").asarray(x))
"""
    assert installed.run(code) == "3.0 [1. 2.]"


def test_installed_template_keeps_the_contract(installed):
    done = installed.python("-m", "spacecore.testing", "strictnp")
    assert done.returncode == 0, done.stdout + done.stderr


def test_template_passes_its_own_tests(installed, tmp_path):
    shutil.copytree(TEMPLATE / "tests", tmp_path / "tests")
    done = installed.python(
        "-m", "pytest", "-q", "-x", "-p", "no:randomly", str(tmp_path / "tests")
    )
    assert done.returncode == 0, done.stdout


def test_doctor_is_content_with_the_template(installed):
    done = installed.python("-W", "error", "-m", "spacecore", "doctor", "strictnp")
    assert done.returncode == 0, done.stdout
    assert "strictnp  works  spacecore-strictnp 0.1.0" in done.stdout
    assert "warning" not in done.stdout
    assert "strict flags" in done.stdout


def test_guide_holds_every_line_of_the_template():
    blocks = re.findall(
        r"^```(?:python|toml)\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL
    )
    sources = [path for path in TEMPLATE.rglob("*") if path.suffix in (".py", ".toml")]
    assert len(sources) == 5
    for path in sources:
        text = path.read_text()
        shown = [block for block in blocks if block.rstrip() in text]
        rest = text
        for block in sorted(shown, key=len, reverse=True):
            rest = rest.replace(block.rstrip(), "")
        assert rest.strip() == "", f"{path.name}: the guide lacks\n{rest}"
