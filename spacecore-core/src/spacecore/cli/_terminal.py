"""Text for people: colours where they are seen, columns, wrapped lines."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Mapping, Sequence

__all__ = ["Ink", "say", "table", "wrapped"]

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}


class Ink:
    """Colours, or none: where the output is no terminal, or `NO_COLOR` is set."""

    def __init__(self) -> None:
        self.on = (
            sys.stdout.isatty()
            and not os.environ.get("NO_COLOR")
            and os.environ.get("TERM") != "dumb"
        )
        self.width = min(shutil.get_terminal_size((100, 24)).columns, 100)

    def paint(self, text: str, *styles: str) -> str:
        """Return text in some of bold, dim, red, green, yellow."""
        codes = ";".join(_CODES[style] for style in styles)
        return f"\033[{codes}m{text}\033[0m" if self.on and text and codes else text


def say(text: str) -> None:
    """Write a line, now: what follows may take a while."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def table(rows: Sequence[Sequence[str]], ink: Ink, styles: Sequence[Mapping[str, str]]) -> str:
    """Return rows in columns, each cell in the style that its column has for its text.

    Parameters
    ----------
    rows : sequence of sequence of str
    ink : Ink
    styles : sequence of mapping of str to str
        One a column: the style by the text, `""` for any other.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        line = ""
        for cell, width, style in zip(row, widths, styles, strict=True):
            name = style.get(cell, style.get("", ""))
            line += ink.paint(cell, *([name] if name else [])) + " " * (width - len(cell) + 2)
        lines.append(line.rstrip())
    return "\n".join(lines)


def wrapped(label: str, text: str, ink: Ink, *, indent: int = 2, gutter: int = 14) -> str:
    """Return a labelled paragraph, its text in a column of its own."""
    margin = indent + gutter
    lines = textwrap.wrap(
        text, max(ink.width - margin, 30), break_long_words=False, break_on_hyphens=False
    ) or [""]
    first = " " * indent + ink.paint(label, "dim") + " " * max(gutter - len(label), 1) + lines[0]
    return "\n".join([first, *(" " * margin + line for line in lines[1:])])
