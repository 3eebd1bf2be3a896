"""The commands: their arguments, and how their answers are laid out."""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from spacecore._version import __version__
from spacecore.cli._listing import Listing, listing
from spacecore.cli._terminal import Ink, say, table, wrapped
from spacecore.plugins._environment import VARIABLES

if TYPE_CHECKING:
    from spacecore.cli._doctor import Finding

__all__ = ["run"]

_STYLES = {
    "works": "green",
    "installed": "",
    "missing": "dim",
    "blocked": "yellow",
    "unavailable": "yellow",
    "": "red",
}


def run(argv: Sequence[str] | None, prog: str) -> int:
    """Parse arguments, run the command they name, and return the exit status."""
    args = _parser(prog).parse_args(argv)
    if args.command == "backends":
        return _backends(as_json=args.json)
    if args.command == "doctor":
        return _doctor(args.names, args.timeout, as_json=args.json)
    _parser(prog).print_help()
    return 0


def _parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog, description="What SpaceCore can compute with here.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"spacecore-core {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    text = "list the backends that are installed, importing none of them"
    one = commands.add_parser("backends", help=text, description=f"{text.capitalize()}.")
    one.add_argument("--json", action="store_true", help="for a machine to read")
    text = "try each backend, or those named, in a process of its own"
    one = commands.add_parser(
        "doctor",
        help=text,
        description=f"{text.capitalize()}. The exit status is 1 if one of them does not work; "
        "blocked ones count if they are named.",
    )
    one.add_argument("names", metavar="NAME", nargs="*", help='such as jax, or "torch:cuda:1"')
    one.add_argument("--json", action="store_true", help="for a machine to read")
    one.add_argument(
        "--timeout", type=float, default=60.0, metavar="SECONDS", help="for each; 60 by default"
    )
    return parser


def _backends(*, as_json: bool) -> int:
    found = listing()
    if as_json:
        _print_json(backends=[row.data() for row in found.rows], problems=found.problems)
        return 0
    ink = Ink()
    rows = [(row.name, row.state, row.source, row.note) for row in found.rows]
    say(table(rows, ink, ({"": "bold"}, _STYLES, {}, {"": "dim"})))
    _print_problems(found.problems, ink)
    return 0


def _doctor(names: Sequence[str], limit: float, *, as_json: bool) -> int:
    from spacecore.cli._doctor import examine_all  # the list does not wait for what
    from spacecore.cli._installation import damage, remedy  # these import

    found = listing()
    asked = names or [row.name for row in found.rows if row.state != "missing"]
    harm = damage()
    problems = [*found.problems, *(f"{line} To mend it: {remedy()}" for line in harm)]
    findings = []
    ink = Ink()
    if not as_json:
        say(_header(ink))
    for finding in examine_all(asked, limit):
        findings.append(finding)
        if not as_json:
            say("\n" + _paragraphs(finding, found, ink))
    if as_json:
        _print_json(
            python=platform.python_version(),
            platform=platform.platform(terse=True),
            environment=_settings(),
            backends=[finding._asdict() for finding in findings],
            problems=problems,
        )
    else:
        _print_problems(problems, ink)
    excused = {"works"} if names else {"works", "blocked"}
    return int(bool(harm) or any(finding.state not in excused for finding in findings))


def _header(ink: Ink) -> str:
    told = f"spacecore-core {__version__}, Python {platform.python_version()}"
    lines = [ink.paint(told, "bold") + f", {platform.platform(terse=True)}"]
    lines += [wrapped(name, value, ink, gutter=28) for name, value in _settings().items()]
    return "\n".join(lines)


def _paragraphs(finding: Finding, found: Listing, ink: Ink) -> str:
    """One backend: a heading, what is wrong with it, and its facts."""
    sources = {row.name: row.source for row in found.rows}
    style = _STYLES.get(finding.state, _STYLES[""])
    source = sources.get(finding.name.partition(":")[0], "")
    heading = f"{ink.paint(finding.name, 'bold')}  {ink.paint(finding.state, style)}"
    lines = [f"{heading}  {ink.paint(source, 'dim')}".rstrip()]
    facts = {
        "why": finding.error,
        "fix": finding.hint,
        **finding.facts,
    }
    gutter = min(max(map(len, facts)) + 2, 26)
    pairs = [(label, text) for label, value in facts.items() for text in _texts(value)]
    pairs += [("warning", text) for text in finding.warnings]
    lines += [wrapped(label, text, ink, gutter=gutter) for label, text in pairs if text]
    return "\n".join(lines)


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [f"{names}: {reason}" for names, reason in value.items()]
    return [value]


def _settings() -> dict[str, str]:
    return {name: os.environ[name] for name in VARIABLES if os.environ.get(name)}


def _print_problems(problems: Sequence[str], ink: Ink) -> None:
    if problems:
        say("\n" + ink.paint("Noticed", "bold", "yellow"))
    for problem in problems:
        say(wrapped("-", problem, ink, gutter=2))


def _print_json(**data: Any) -> None:
    say(json.dumps({"spacecore": __version__, **data}, indent=2))
