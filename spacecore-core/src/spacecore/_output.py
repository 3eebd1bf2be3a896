"""What our commands write to."""

from __future__ import annotations

import sys
from io import TextIOWrapper

__all__ = ["write_anything"]


def write_anything() -> None:
    """Let characters that the encoding of an output lacks be written as escapes.

    A command shows what others wrote: names, errors, mathematics. On a pipe in an encoding of one
    byte a character too many would end it.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
