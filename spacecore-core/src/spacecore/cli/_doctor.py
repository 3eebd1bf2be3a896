"""Each backend tried in a process of its own, with a limit of time."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from spacecore.plugins._doors import REGISTRY

__all__ = ["Finding", "examine_all"]

_PROBE = """\
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from spacecore.cli._probe import main
main(*sys.argv[2:])
"""

# The errors that say a backend is not at fault: what the user chose, or the machine lacks.
_STATES = {
    "BackendBlockedError": "blocked",
    "BackendNotInstalledError": "missing",
    "BackendUnavailableError": "unavailable",
    "UnknownBackendError": "unknown",
}


class Finding(NamedTuple):
    """What was found out about one backend.

    Attributes
    ----------
    name : str
    state : str
        `works`, `unavailable`, `broken`, `hangs`, `crashes`, `blocked`, `missing` or `unknown`.
    error, hint : str
        Why it does not work, and what to do; empty where it does.
    warnings : list of str
        What it does that a plugin should not.
    facts : dict
        Versions, devices, dtypes, capabilities, and what its own hook says.
    """

    name: str
    state: str
    error: str
    hint: str
    warnings: list[str]
    facts: dict[str, Any]


def examine_all(names: Sequence[str], limit: float) -> Iterator[Finding]:
    """Examine backends, two at a time, and yield what was found in the order given.

    Parameters
    ----------
    names : sequence of str
    limit : float
        Seconds that each may take.
    """
    with ThreadPoolExecutor(2) as pool:
        yield from pool.map(lambda name: examine(name, limit), names)


def examine(name: str, limit: float) -> Finding:
    """Examine one backend in a process of its own."""
    with TemporaryDirectory() as folder:
        report = Path(folder, "report")
        report.touch()
        ending, said = _run(name, report, limit)
        records = [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]
    facts = {key: value for record in records for key, value in record.get("facts", {}).items()}
    facts = {key: value for key, value in facts.items() if value}
    told = [record["warning"] for record in records if "warning" in record]
    errors = [record["error"] for record in records if "error" in record]
    if errors:
        state = _STATES.get(errors[0]["type"], "broken")
        return Finding(name, state, errors[0]["message"], errors[0]["hint"] or "", told, facts)
    if ending is None:
        return Finding(name, "works", "", "", told, facts)
    stages = [record["stage"] for record in records if "stage" in record]
    message = f"The process {ending.text}, {stages[-1] if stages else 'starting'}."
    message += f" It said: {said}" if said else ""
    return Finding(name, ending.state, message, _advice(name, ending), told, facts)


class _Ending(NamedTuple):
    """How a process ended that did not end well."""

    state: str
    text: str


def _run(name: str, report: Path, limit: float) -> tuple[_Ending | None, str]:
    """How the process ended if not well, and the last of what it said."""
    command = [sys.executable, "-c", _PROBE, json.dumps(sys.path), name, str(report)]
    try:
        done = subprocess.run(  # noqa: S603  our own command
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        return _Ending("hangs", f"was not done after {limit:g} s"), _last_line(late.stderr)
    if done.returncode == 0:
        return None, ""
    return _Ending("crashes", _ending(done.returncode)), _last_line(done.stderr)


def _ending(status: int) -> str:
    if status >= 0:
        return f"ended with status {status}"
    try:
        return f"was killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"was killed by signal {-status}"


def _last_line(output: bytes | None) -> str:
    lines = (output or b"").decode(errors="replace").strip().splitlines()
    return lines[-1][:300] if lines else ""


def _advice(name: str, ending: _Ending) -> str:
    """What to do about a plugin that takes its process down, or is not done in time."""
    candidates = REGISTRY.scan().candidates.get(name.partition(":")[0], ())
    culprits = " or ".join(candidate.distribution for candidate in candidates) or name
    cure = f"Update or remove {culprits}, or the library it loads; other backends are unaffected."
    return f"Give it longer by `--timeout`. {cure}" if ending.state == "hangs" else cure
