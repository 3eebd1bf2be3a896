"""`spacecore backends` and `spacecore doctor`: what is installed, and what works."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None, *, prog: str = "spacecore") -> int:
    """Run a command, and return its exit status.

    Parameters
    ----------
    argv : sequence of str, optional
        The process's arguments by default.
    prog : str
        What the command is called in its help.

    Returns
    -------
    int
        0; 1 if a backend that was asked about does not work; 2 for wrong arguments.
    """
    try:
        from spacecore._output import write_anything
        from spacecore.cli._commands import run
    except (ImportError, AttributeError) as error:  # files of another distribution, or none
        from spacecore.cli._installation import explanation

        sys.stderr.write(f"{explanation(error)}\n")
        return 1
    write_anything()
    try:
        status = run(argv, prog)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status
