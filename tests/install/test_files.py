"""What the wheels and sdists hold."""

from __future__ import annotations

import tarfile
from email.message import Message
from email.parser import Parser
from zipfile import ZipFile

import pytest

import spacecore as sc

VERSION = sc.__version__
PACKAGES = {
    "spacecore-core": "spacecore",
    "spacecore-jax": "spacecore_jax",
    "spacecore-torch": "spacecore_torch",
    "spacecore-cupy": "spacecore_cupy",
}


@pytest.fixture(params=PACKAGES)
def distribution(request):
    return request.param


@pytest.fixture
def wheel(built, distribution):
    with ZipFile(built[distribution].wheel) as archive:
        yield archive


@pytest.fixture
def dist_info(distribution):
    return f"{distribution.replace('-', '_')}-{VERSION}.dist-info"


@pytest.fixture
def metadata(wheel, dist_info) -> Message:
    return Parser().parsestr(wheel.read(f"{dist_info}/METADATA").decode())


def test_wheel_is_for_every_platform(built, distribution):
    name = f"{distribution.replace('-', '_')}-{VERSION}-py3-none-any.whl"
    assert built[distribution].wheel.name == name


def test_wheel_holds_one_package_and_nothing_else(wheel, distribution, dist_info):
    package = PACKAGES[distribution]
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    assert tops == {package, dist_info}
    suffixes = {
        name.rpartition(".")[2] for name in wheel.namelist() if name.startswith(f"{package}/")
    }
    assert suffixes == {"py", "typed"}
    assert f"{package}/py.typed" in wheel.namelist()
    assert f"{package}/__init__.py" in wheel.namelist()


def test_wheel_carries_the_licence(wheel, dist_info, metadata):
    text = wheel.read(f"{dist_info}/licenses/LICENSE").decode()
    assert "Apache License" in text
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["License-File"] == "LICENSE"


def test_metadata_says_what_it_is(metadata, distribution):
    assert metadata["Name"] == distribution
    assert metadata["Version"] == VERSION
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["Summary"].endswith(".")
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata.get_payload().lstrip().startswith(f"# {distribution}")
    assert "Typing :: Typed" in metadata.get_all("Classifier")


def test_plugin_announces_its_backend(wheel, distribution, dist_info):
    name = f"{dist_info}/entry_points.txt"
    if distribution == "spacecore-core":
        if name in wheel.namelist():
            assert "spacecore.backends" not in wheel.read(name).decode()
        return
    family = distribution.partition("-")[2]
    lines = wheel.read(name).decode().split("\n")
    assert lines[0] == "[spacecore.backends]"
    assert lines[1] == f"{family} = {PACKAGES[distribution]}._plugin"


def test_sdist_holds_what_builds_the_wheel(built, distribution, wheel):
    with tarfile.open(built[distribution].sdist) as archive:
        root = f"{distribution.replace('-', '_')}-{VERSION}/"
        names = {name.removeprefix(root) for name in archive.getnames()}
    package = PACKAGES[distribution]
    sources = {f"src/{name}" for name in wheel.namelist() if name.startswith(f"{package}/")}
    extra = {"pyproject.toml", "PKG-INFO", "README.md", "LICENSE", "CHANGELOG.md", ".gitignore"}
    assert sources <= names
    assert names - sources <= extra
    assert extra - {".gitignore"} <= names
