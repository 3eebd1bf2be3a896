"""The developer's commands, and the demonstration."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VERBS = ("demo", "test", "lint", "type", "bench", "docs", "conform", "check")


def run(*command):
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_dev_alone_prints_its_verbs():
    done = run("dev.py")
    assert done.returncode == 0
    assert re.findall(r"^    (\w+) ", done.stdout, re.MULTILINE) == list(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb):
    done = run("dev.py", verb, "--help")
    assert done.returncode == 0
    assert verb in done.stdout


@pytest.mark.parametrize("wrong", [["bogus"], ["lint", "bogus"], ["--bogus"]])
def test_what_is_not_understood_is_refused(wrong):
    done = run("dev.py", *wrong)
    assert done.returncode == 2
    assert "bogus" in done.stderr


def test_ci_runs_what_people_type():
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    assert "python3 dev.py test" in lines
    assert "python3 dev.py test" in (ROOT / "README.md").read_text()


def test_demo_compares_backends_and_draws(tmp_path, tested_backends):
    pytest.importorskip("matplotlib")
    picture = tmp_path / "demo.png"
    backends = ["numpy", *(name for name in tested_backends if name != "numpy")]
    done = run("docs/demo.py", *backends, "--picture", str(picture))
    assert done.returncode == 0, done.stdout + done.stderr
    rows = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}
    for name in backends:
        assert rows[name].split()[1] == "float64"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert str(picture) in done.stdout


def test_demo_says_how_to_install_what_is_missing(tmp_path):
    pytest.importorskip("matplotlib")
    code = (
        "import runpy, sys, importlib_metadata\n"
        "importlib_metadata.distributions = lambda **_: []\n"
        f"sys.argv = ['demo.py', 'numpy', 'jax', '--picture', {str(tmp_path / 'demo.png')!r}]\n"
        "runpy.run_path('docs/demo.py', run_name='__main__')\n"
    )
    done = run("-c", code)
    assert done.returncode == 0, done.stderr
    assert "Install it: pip install spacecore-jax" in done.stdout
