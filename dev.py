#!/usr/bin/env python3
"""The developer's front door: every task of the project, one verb each.

It needs Python 3.11 or newer and nothing else. What a verb uses is installed into an environment
of the repository's own, under `.dev/`, and again only when a requirement has changed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent
OLDEST = (3, 11)
DISTRIBUTIONS = ("spacecore-core", "spacecore-jax", "spacecore-torch", "spacecore-cupy")

# What a verb needs: how many of the distributions, and what else, as arguments of pip in which
# `[name]` is a dependency group of pyproject.toml. Each level holds the one before it, so that
# one environment grows and nothing is installed twice.
EVERYTHING = ["[demo]", "[test]", "[cupy]", "[lint]"]
LEVELS: Sequence[tuple[int, Sequence[str]]] = (
    (2, ["[demo]"]),
    (3, ["[demo]"]),
    (4, [*EVERYTHING]),
    (4, [*EVERYTHING, "--requirement", "docs/requirements.txt"]),
)
DEMO, DEMO_ALL, WORK, DOCS = range(4)

STARTED = time.monotonic()
PATIENCE = 10.0  # seconds of silence, after which a sign of life is due
MILESTONE = re.compile(
    r"\s*(Downloading \S+ \(.* [MG]B\)|Building editable for \S+|Installing collected packages)"
    r"(?!.*finished)"
)


class StepError(Exception):
    """A step failed, and the message says what to do."""


# --- verbs -----------------------------------------------------------------------------------


def demo(args: argparse.Namespace) -> int:
    backends = ["numpy", "jax", *(["torch"] if args.all else [])]
    python = environment(DEMO_ALL if args.all else DEMO)
    return run([python, "docs/demo.py", *backends, "--picture", "demo.png"], JAX_ENABLE_X64="1")


def test(args: argparse.Namespace) -> int:
    python = environment(WORK)
    parallel = ["-n", "auto", "--dist", "worksteal"]
    chosen = [*args.rest, *(parallel if set(args.rest) <= {"--all"} else [])]
    backends = "numpy jax torch cupy"
    variables = {"OMP_NUM_THREADS": "1", "SPACECORE_TEST_BACKENDS": backends}
    status = run([python, "-m", "pytest", *chosen], **variables)
    if status == 5:
        print("No test was run, which is a failure. Give pytest a path or a name that matches.")
    return status


def lint(args: argparse.Namespace) -> int:
    python = environment(WORK)
    if args.fix:
        format_options, check_options = [], ["--fix"]
    else:
        format_options, check_options = ["--check"], []
    formatted = run([python, "-m", "ruff", "format", *format_options, "."])
    checked = run([python, "-m", "ruff", "check", *check_options, "."])
    return formatted or checked


def type_(args: argparse.Namespace) -> int:
    return run([environment(WORK), "-m", "mypy"])


def bench(args: argparse.Namespace) -> int:
    return run([environment(WORK), "tests/bench/run.py", *args.rest], OMP_NUM_THREADS="1")


def docs(args: argparse.Namespace) -> int:
    return run([environment(DOCS), "docs/build.py", *args.rest])


def conform(args: argparse.Namespace) -> int:
    return run([environment(WORK), "-m", "spacecore.testing", *args.rest])


def check(args: argparse.Namespace) -> int:
    results = {step.__name__.rstrip("_"): step(args) for step in (lint, type_, test)}
    print()
    for name, status in results.items():
        print(f"{name:6}{'passed' if status == 0 else 'FAILED'}")
    return next((status for status in results.values() if status), 0)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python3 dev.py", description=__doc__, allow_abbrev=False)
    top.set_defaults(takes_rest=False)
    verbs = top.add_subparsers(title="verbs", metavar="VERB")

    def verb(name: str, task: object, text: str, rest: str = "") -> argparse.ArgumentParser:
        usage = None if not rest else f"python3 dev.py {name} {rest}"
        made = verbs.add_parser(name, help=text, description=text, usage=usage, allow_abbrev=False)
        made.set_defaults(task=task, takes_rest=bool(rest), fix=False)
        return made

    one = verb("demo", demo, "smooth a real signal on NumPy and JAX by one routine, and compare")
    one.add_argument("--all", action="store_true", help="on Torch too (a large download)")
    verb("test", test, "run the tests, or those that pytest's arguments choose", "[PYTEST ARG ...]")
    one = verb("lint", lint, "check the format and the rules of the code")
    one.add_argument("--fix", action="store_true", help="mend what can be mended by machine")
    verb("type", type_, "check the types, strictly")
    verb("bench", bench, "measure against the raw libraries, or one benchmark", "[NAME]")
    verb("docs", docs, "run the tutorials and build the documentation", "[OPTION ...]")
    verb("conform", conform, "run the contract's own tests on one backend", "NAME")
    verb("check", check, "lint, type and test: what has to pass before a change is in")
    return top


# --- the environment -------------------------------------------------------------------------


def environment(level: int) -> str:
    """Return the path of a Python that has everything of a level, installing what is missing."""
    home = ROOT / ".dev" / "py{}.{}".format(*sys.version_info[:2])
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = home / "stamp.json"
    wanted = fingerprint()
    found = json.loads(stamp.read_text()) if python.exists() and stamp.exists() else {}
    if found.get("fingerprint") == wanted and found["level"] >= level:
        return str(python)
    level = max(level, found.get("level", DEMO))
    stamp.unlink(missing_ok=True)
    if not python.exists():
        say(f"making an environment in {home.relative_to(ROOT)}")
        quietly([sys.executable, "-m", "venv", "--clear", "--without-pip", str(home)], home)
    if not list(home.glob("**/site-packages/pip")):
        install_pip(python, home)
    say(f"installing {', '.join(DISTRIBUTIONS[: LEVELS[level][0]])} and what they need")
    quietly([str(python), "-m", "pip", "install", *requirements(level)], home)
    stamp.write_text(json.dumps({"fingerprint": wanted, "level": level}))
    say("ready")
    return str(python)


def fingerprint() -> str:
    """Digest everything that decides what is installed, and where."""
    parts = [sys.version, str(ROOT), json.dumps(dependency_groups()), repr(LEVELS)]
    files = [ROOT / "tests" / "constraints.txt", ROOT / "docs" / "requirements.txt"]
    for name in DISTRIBUTIONS:
        files += [ROOT / name / "pyproject.toml", *(ROOT / name).glob("src/*/_version.py")]
    parts += [path.read_text(encoding="utf-8") for path in files]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def requirements(level: int) -> list[str]:
    """Return pip's arguments for a level: distributions as editable folders, the rest, limits."""
    count, others = LEVELS[level]
    groups = dependency_groups()
    found = [part for name in DISTRIBUTIONS[:count] for part in ("--editable", name)]
    for other in others:
        found += groups[other.strip("[]")] if other.startswith("[") else [other]
    return [*found, "--constraint", "tests/constraints.txt"]


def dependency_groups() -> Mapping[str, list[str]]:
    """Return the lists of requirements that stand in pyproject.toml."""
    import tomllib  # not in the Pythons that are to be told to make way for a newer one

    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups: Mapping[str, list[str]] = table["dependency-groups"]
    return groups


def install_pip(python: Path, home: Path) -> None:
    """Put pip into an environment: from Python itself, else by another pip, else from a wheel.

    Debian's Python has neither `ensurepip` nor leave to install into itself; its pip and its
    bundled wheels may still install into an environment.
    """
    bundled = sorted(Path("/usr/share/python-wheels").glob("pip-*.whl"))
    if find_spec("ensurepip") is not None:
        quietly([str(python), "-m", "ensurepip", "--default-pip"], home)
    elif find_spec("pip") is not None:
        quietly([sys.executable, "-m", "pip", "--python", str(python), "install", "pip"], home)
    elif bundled:
        quietly([str(python), f"{bundled[-1]}/pip", "install", "pip"], home)
    else:
        raise StepError(
            f"{sys.executable} comes without pip and without ensurepip, so nothing can be "
            "installed. On Debian and Ubuntu: `sudo apt install python3-venv`; elsewhere use a "
            "Python from its makers."
        )


# --- running things, visibly -----------------------------------------------------------------


def run(command: Sequence[str], **variables: str) -> int:
    """Run a command in the repository with our environment; its output is the user's to see."""
    shown = [Path(command[0]).name, *command[1:]]
    print(f"$ {shlex.join(shown)}", flush=True)
    return subprocess.run(command, cwd=ROOT, env=variables_for(variables), check=False).returncode


def quietly(command: Sequence[str], home: Path) -> None:
    """Run a step of the installation: its output goes to a log, its milestones to the screen.

    Raises
    ------
    StepError
        If it fails, with the end of the log.
    """
    quiet = ["--no-input", "--no-compile", "--progress-bar", "off"]
    options = quiet if "install" in command else []
    home.parent.mkdir(exist_ok=True)
    log = home.parent / f"{home.name}.log"
    with log.open("w", encoding="utf-8") as out, sign_of_life():
        process = subprocess.Popen(
            [*command, *options],
            cwd=ROOT,
            env=variables_for({"PIP_DISABLE_PIP_VERSION_CHECK": "1"}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        assert process.stdout is not None
        for line in process.stdout:
            out.write(line)
            milestone = MILESTONE.match(line)
            if milestone:
                say(f"  {milestone[1]}")
    if process.wait() != 0:
        end = "".join(log.read_text(encoding="utf-8").splitlines(keepends=True)[-25:])
        raise StepError(f"{end}\nThis failed: {shlex.join(command)}\nAll of its output: {log}")


@contextmanager
def sign_of_life() -> Iterator[None]:
    """Say now and then, while the block runs, that it does."""
    done = threading.Event()

    def beat() -> None:
        while not done.wait(PATIENCE):
            say("  ...")

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def say(text: str) -> None:
    print(f"[{time.monotonic() - STARTED:6.1f} s] {text}", flush=True)


def variables_for(added: Mapping[str, str]) -> dict[str, str]:
    """The user's variables, less those that let in packages of other environments, over ours."""
    kept = {key: value for key, value in os.environ.items() if key not in FOREIGN}
    return {"PYTHONNOUSERSITE": "1", **added, **kept}


FOREIGN = frozenset({"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PIP_TARGET", "PIP_USER"})


def main() -> int:
    if sys.version_info < OLDEST:
        have = sys.version.partition(" ")[0]
        print(f"SpaceCore needs Python 3.11 or newer, and this is {have}.")
        print("Start it with a newer one: `python3.12 dev.py`.")
        return 1
    top = parser()
    args, rest = top.parse_known_args()
    if rest and not args.takes_rest:
        top.error(f"unexpected: {shlex.join(rest)}")
    if "task" not in args:
        top.print_help()
        return 0
    args.rest = rest
    try:
        return int(args.task(args))
    except StepError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
