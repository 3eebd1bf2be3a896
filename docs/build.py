#!/usr/bin/env python3
"""Build the documentation into `site/`: run the tutorials, write the reference, call Sphinx.

    python docs/build.py [--quick] [--open]

The sources are copied to `build/docs` first, so that what is generated stays out of them. Any
warning fails the build.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import sys
import time
import webbrowser
from pathlib import Path

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
STAGE = ROOT / "build" / "docs"
SITE = ROOT / "site"

NEEDED = ("furo", "jax", "matplotlib", "myst_parser", "numpydoc", "spacecore", "sphinx", "torch")


def main() -> int:
    parser = argparse.ArgumentParser(prog="docs/build.py", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="do not run the tutorials")
    parser.add_argument("--open", action="store_true", help="show the result in a browser")
    args = parser.parse_args()
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        print(f"The documentation is built with {', '.join(missing)}, not installed here.")
        print("  pip install -r docs/requirements.txt -e spacecore-core -e spacecore-jax")
        print("  pip install -e spacecore-torch -e spacecore-cupy matplotlib")
        return 1
    started = time.monotonic()
    stage()
    status = sphinx(run_tutorials=not args.quick)
    if status == 0:
        print(f"\n{SITE / 'index.html'}  ({time.monotonic() - started:.0f} s)")
        if args.open:
            webbrowser.open((SITE / "index.html").as_uri())
    return status


def stage() -> None:
    """Copy the pages, and write the generated ones beside them."""
    shutil.rmtree(STAGE, ignore_errors=True)
    ignored = shutil.ignore_patterns("__pycache__", "template", "tutorials", "*.mplstyle", "*.py")
    shutil.copytree(DOCS, STAGE, ignore=ignored)
    shutil.copy(DOCS / "conf.py", STAGE)
    sys.path.insert(0, str(DOCS))
    from api_pages import write_api
    from contract_page import write_contract

    write_api(STAGE / "reference")
    write_contract(STAGE / "reference")


def sphinx(*, run_tutorials: bool) -> int:
    """Run Sphinx on the copy. The site is replaced whole, and only if nothing was wrong."""
    from sphinx.cmd.build import main as sphinx_build

    os.environ.setdefault("OMP_NUM_THREADS", "1")
    made = STAGE.with_name("site")
    shutil.rmtree(made, ignore_errors=True)
    options = ["-b", "html", "-d", str(STAGE.with_name("doctrees")), "-E", "-q"]
    if not run_tutorials:
        options += ["-D", "plot_gallery=0"]
    status = sphinx_build([*options, "--fail-on-warning", "--keep-going", str(STAGE), str(made)])
    if status == 0:
        shutil.rmtree(SITE, ignore_errors=True)
        shutil.move(made, SITE)
    return status


if __name__ == "__main__":
    sys.exit(main())
