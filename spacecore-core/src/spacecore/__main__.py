"""`python -m spacecore`: the same commands as the script."""

from __future__ import annotations

import sys

from spacecore.cli import main

__all__: list[str] = []

if __name__ == "__main__":
    sys.exit(main(prog="python -m spacecore"))
