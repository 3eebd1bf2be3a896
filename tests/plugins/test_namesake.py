"""The other distribution called `spacecore`: it writes to the same package, in any order."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
from pathlib import Path

import pytest

import spacecore as sc

UNINSTALL = "pip uninstall -y spacecore"
REINSTALL = f"pip install --force-reinstall --no-deps spacecore-core=={sc.__version__}"

# What the other one has under the same names, and under names of its own.
THEIRS = {
    "spacecore/__init__.py": "__version__ = '0.4.0'\n",
    "spacecore/backend/__init__.py": "class Ops: pass\n",
    "spacecore/kernels.py": "",
}


@pytest.fixture
def ours(elsewhere) -> Path:
    """spacecore-core as an installer leaves it: files, and a RECORD of what they hold."""
    package = elsewhere.folder / "spacecore"
    shutil.copytree(
        Path(sc.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__", ".*")
    )
    record = "".join(
        f"{path.relative_to(elsewhere.folder).as_posix()},sha256={digest(path)},1\n"
        for path in package.rglob("*")
        if path.is_file()
    )
    info = elsewhere.distribution("spacecore-core", version=sc.__version__)
    (info / "RECORD").write_text(record)
    link_neighbours(elsewhere.folder.parent / "others")
    return elsewhere.folder


def link_neighbours(folder: Path) -> None:
    """What is installed beside the package, which the scripts below lose with its folder."""
    folder.mkdir()
    for entry in Path(sc.__file__).parents[1].iterdir():
        if not entry.name.startswith("spacecore"):
            (folder / entry.name).symlink_to(entry)


def digest(path: Path) -> str:
    raw = hashlib.sha256(path.read_bytes()).digest()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def install_theirs(folder: Path, *, over: bool) -> None:
    """Install the other distribution, over our files or (as if it was there before) under them."""
    info = folder / "spacecore-0.4.0.dist-info"
    info.mkdir()
    info.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: spacecore\nVersion: 0.4.0\n")
    for name, text in THEIRS.items():
        path = folder / name
        if over or not path.exists():
            path.write_text(text)


def uninstall_theirs(folder: Path) -> None:
    """Remove what the other's RECORD lists, as an installer does: shared files go too."""
    shutil.rmtree(folder / "spacecore-0.4.0.dist-info")
    for name in THEIRS:
        (folder / name).unlink()


# The script, as an installer writes it, where no other folder has the package.
SCRIPT = """
import sys
from pathlib import Path
sys.path = [p for p in sys.path if p == sys.argv[1] or not Path(p, "spacecore").is_dir()]
del sys.argv[1]
from spacecore.cli import main
sys.exit(main())
"""


def doctor(site, *arguments: str):
    command = arguments or ("doctor", "numpy")
    found = os.pathsep.join(map(str, (site.folder, site.folder.parent / "others")))
    done = site.python("-c", SCRIPT, str(site.folder), *command, PYTHONPATH=found)
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def test_alone_all_is_well(elsewhere, ours):
    status, said = doctor(elsewhere)
    assert status == 0, said
    assert "Noticed" not in said


def test_installed_before_ours_it_is_noticed_at_the_first_scan(elsewhere, ours):
    install_theirs(ours, over=False)
    code = """
import warnings
import spacecore as sc
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    sc.available_backends(), sc.available_backends()
    sc.Context("numpy").zeros(1)
print(*[one.message for one in caught])
"""
    said = elsewhere.run(code)
    assert said.count("Another distribution, spacecore 0.4.0, is installed") == 1
    assert f"`{UNINSTALL}`, then `{REINSTALL}`" in said
    status, said = doctor(elsewhere)
    assert status == 0, said
    assert f"`{UNINSTALL}`, then `{REINSTALL}`" in said


def test_installed_after_ours_its_files_are_named(elsewhere, ours):
    install_theirs(ours, over=True)
    status, said = doctor(elsewhere)
    assert status == 1
    assert "spacecore-core can't be imported" in said
    assert "2 of its files are not its own" in said
    assert "spacecore/backend/__init__.py" in said
    assert f"To mend it: `{UNINSTALL}`, then `{REINSTALL}`." in said


def test_installed_after_ours_with_another_door_only(elsewhere, ours):
    install_theirs(ours, over=True)
    backend = Path(sc.__file__).parent / "backend" / "__init__.py"
    shutil.copy(backend, ours / "spacecore" / "backend" / "__init__.py")
    status, said = doctor(elsewhere)
    assert status == 1
    assert "1 of its files are not its own: spacecore/__init__.py." in said
    assert f"`{UNINSTALL}`, then `{REINSTALL}`" in said
    assert "Another distribution, spacecore 0.4.0" in doctor(elsewhere, "backends")[1]


def test_uninstalled_after_ours_the_missing_files_are_named(elsewhere, ours):
    install_theirs(ours, over=False)
    uninstall_theirs(ours)
    status, said = doctor(elsewhere)
    assert status == 1
    assert "2 of its files are missing" in said
    assert f"To mend it: `{REINSTALL}`." in said
    assert UNINSTALL not in said


def test_editable_installation_is_not_called_damaged(elsewhere):
    done = elsewhere.python("-m", "spacecore", "doctor", "numpy")
    assert done.returncode == 0, done.stdout
