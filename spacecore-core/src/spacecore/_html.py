"""How a notebook shows an object: a small table of facts, never of an array's contents."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["card"]

_LONGEST = 400


def card(title: str, facts: Mapping[str, str]) -> str:
    """Return a table of facts below a title, as HTML.

    Parameters
    ----------
    title : str
    facts : mapping of str to str
        Text, escaped here and cut where it is long.
    """
    from html import escape  # its table of entities is for notebooks alone

    rows = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(_cut(fact))}</td></tr>"
        for name, fact in facts.items()
    )
    return f"<table><caption>{escape(title)}</caption>{rows}</table>"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
