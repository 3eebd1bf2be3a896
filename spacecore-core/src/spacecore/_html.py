"""HTML for notebooks: sections that one can open, with facts and no contents of arrays."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

__all__ = ["Section", "page"]

_LONGEST = 400
_POWER = re.compile(r"\^(\d+|\([\d×]*\))")

# Greys that are half transparent suit light and dark grounds alike; where a notebook drops the
# style, what is left is still a tree of sections.
_STYLE = """
.spacecore{font-size:13px;line-height:1.5;text-align:left}
.spacecore summary{cursor:pointer;padding:1px 4px;border-radius:4px}
.spacecore summary:hover{background:rgba(128,128,128,.14)}
.spacecore .sc-leaf{padding:1px 4px 1px 17px}
.spacecore .sc-label{opacity:.7;margin-right:.6em}
.spacecore .sc-title{font-weight:600}
.spacecore .sc-math{font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;
margin-left:.6em}
.spacecore .sc-math sup{line-height:0;font-size:.8em}
.spacecore .sc-said{opacity:.7;margin-left:.8em}
.spacecore .sc-inside{margin-left:8px;padding-left:12px;border-left:1px solid rgba(128,128,128,.4)}
.spacecore table{border-collapse:collapse;border:0;margin:1px 0 3px 4px;background:none;
color:inherit}
.spacecore tr{background:none!important;border:0}
.spacecore th,.spacecore td{border:0;padding:0 1.2em 0 0;text-align:left;vertical-align:top;
background:none;color:inherit;font-size:12px;white-space:normal}
.spacecore th{font-weight:normal;opacity:.7;white-space:nowrap}
.spacecore td{font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace}
"""


class Section(NamedTuple):
    """An object as it is shown: a line, and what stands below it once it is opened.

    Attributes
    ----------
    title : str
    notation : str
        What follows the title; a number or a shape after `^` is raised.
    said : str
        A remark at the end of the line.
    facts : mapping of str to str
    parts : sequence of (str, Section)
        Labels, and what they are the labels of.
    """

    title: str
    notation: str = ""
    said: str = ""
    facts: Mapping[str, str] = {}
    parts: Sequence[tuple[str, Section]] = ()


def page(section: Section) -> str:
    """Return the HTML of a section and all below it; everything is text, and escaped here."""
    return (
        f'<div class="spacecore"><style>{_STYLE}</style>{_written("", section, is_open=True)}</div>'
    )


def _written(label: str, section: Section, *, is_open: bool = False) -> str:
    line = _span("label", label) + _span("title", section.title)
    line += _span("math", section.notation) + _span("said", section.said)
    if not section.facts and not section.parts:
        return f'<div class="sc-leaf">{line}</div>'
    rows = "".join(
        f"<tr><th>{escape(name)}</th><td>{_text(fact)}</td></tr>"
        for name, fact in section.facts.items()
    )
    table = f"<table>{rows}</table>" if rows else ""
    parts = "".join(_written(name, part) for name, part in section.parts)
    return (
        f"<details{' open' if is_open else ''}><summary>{line}</summary>"
        f'<div class="sc-inside">{table}{parts}</div></details>'
    )


def _span(kind: str, text: str) -> str:
    return f'<span class="sc-{kind}">{_text(text)}</span>' if text else ""


def _text(text: str) -> str:
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return _POWER.sub(lambda found: f"<sup>{found[1].strip('()')}</sup>", escape(shown))
