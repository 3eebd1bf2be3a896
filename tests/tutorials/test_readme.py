"""Every block of Python in the READMEs and on the documentation's pages runs.

The blocks of a page run in order, in one namespace, as its readers would type them. A block fenced
as `text` right after one of Python is what that one prints. A comment `<!-- needs: NAME -->` on a
line of its own before a block lets it be left out where that backend can't run, as are all blocks
of a backend's own README; `<!-- not run -->` marks one that shows a fragment.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

import spacecore as sc

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (".", "explanation", "how-to", "reference")
PAGES = [
    ROOT / "README.md",
    *sorted(ROOT.glob("spacecore-*/README.md")),
    *sorted(path for name in FOLDERS for path in (ROOT / "docs" / name).glob("*.md")),
]
FENCED = re.compile(r"^```(\S*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARKER = "\x1e"


class Block(NamedTuple):
    """A fenced block: where its code begins in the page, what it is, and its marks."""

    line: int
    language: str
    code: str
    before: str


def test_root_readme_has_an_example() -> None:
    assert [block for block in blocks(ROOT / "README.md") if block.language == "python"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_blocks_run_and_print_what_they_say(page: Path, tmp_path: Path) -> None:
    own = page.parent.name.removeprefix("spacecore-")
    if own in sc.available_backends() and own not in usable():
        pytest.skip(f"{own} can't run here")
    chosen = [block for block in blocks(page) if block.language == "python" and runs(block)]
    if not chosen:
        return
    script = tmp_path / page.name
    script.write_text(as_script(chosen), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script)],
        env=environment(),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    printed = done.stdout.split(f"{MARKER}\n")[1:]
    for block, text in zip(chosen, printed, strict=True):
        promised = output_of(page, block)
        assert promised is None or promised == text, f"{page.name}, line {block.line}"


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found = []
    for match in FENCED.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        before = text[: match.start()].rstrip().rpartition("\n")[2]
        found.append(Block(line, match[1], match[2], before))
    return found


def output_of(page: Path, block: Block) -> str | None:
    """The block of text that follows another with nothing between, or None."""
    for previous, following in zip(blocks(page), blocks(page)[1:], strict=False):
        adjacent = following.before == "```" and following.language == "text"
        if previous.line == block.line and adjacent:
            return following.code
    return None


def runs(block: Block) -> bool:
    """Whether a block is meant to be run, here."""
    needs = re.search(r"<!-- needs: (.+?) -->", block.before)
    missing = set(needs[1].replace(",", " ").split()) - usable() if needs else set()
    return not missing and "<!-- not run -->" not in block.before


def as_script(chosen: list[Block]) -> str:
    """The page with nothing but its code left, so that a traceback has the page's line numbers."""
    lines: list[str] = []
    for block in chosen:
        lines += [""] * (block.line - 1 - len(lines))
        lines += [f"print({MARKER!r})", *block.code.splitlines()]
    return "\n".join(lines) + "\n"


def environment() -> dict[str, str]:
    """The process's variables, without what the tests set, and without backends that can't run."""
    kept = {key: value for key, value in os.environ.items() if key != "JAX_ENABLE_X64"}
    unusable = set(sc.available_backends()) - usable()
    return {**kept, "JAX_PLATFORMS": "cpu", "SPACECORE_BACKENDS_BLOCK": ",".join(unusable)}


def usable() -> set[str]:
    """The backends that are installed and can run here."""
    found = set()
    for name in sc.available_backends():
        try:
            sc.normalize_ops(name)
        except sc.BackendUnavailableError:
            continue
        found.add(name)
    return found
