"""The other distribution that owns the import package `spacecore`: what to say of it. Data only."""

from __future__ import annotations

from spacecore._version import __version__

__all__ = ["NAMESAKE"]

UNINSTALL = "pip uninstall -y spacecore"
REINSTALL = f"pip install --force-reinstall --no-deps spacecore-core=={__version__}"

NAMESAKE = (
    "Another distribution, spacecore {version}, is installed, and it writes to the same import "
    f"package as spacecore-core. To mend it: `{UNINSTALL}`, then `{REINSTALL}`, which puts back "
    "the files that both of them have."
)
