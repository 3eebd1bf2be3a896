"""What environment variables say about backends; read whenever a name is not resolved yet."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterable, Mapping

from spacecore.errors import BackendBlockedError, PluginWarning

__all__ = [
    "BLOCK",
    "DEFAULT",
    "DEVELOPMENT",
    "DISABLE",
    "PIN",
    "VARIABLES",
    "blocked",
    "default_backend",
    "development_modules",
    "normalized",
    "pins",
    "plugins_disabled",
    "refuse_blocked",
    "warn_once",
    "warn_unmatched",
]

BLOCK = "SPACECORE_BACKENDS_BLOCK"
DEFAULT = "SPACECORE_DEFAULT_BACKEND"
DEVELOPMENT = "SPACECORE_PLUGINS"
DISABLE = "SPACECORE_DISABLE_PLUGINS"
PIN = "SPACECORE_BACKENDS_PIN"
VARIABLES = (DEFAULT, BLOCK, PIN, DISABLE, DEVELOPMENT)

INDISPENSABLE = "numpy"

_warned: set[str] = set()


def normalized(distribution: str) -> str:
    """Return the name of a distribution in the one spelling that package indexes compare."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def plugins_disabled() -> bool:
    """Whether entry points are ignored altogether."""
    return os.environ.get(DISABLE, "").strip().lower() not in ("", "0", "false", "no")


def blocked() -> frozenset[str]:
    """The names that may not be resolved; never NumPy, on which SpaceCore itself computes."""
    return frozenset(_items(BLOCK)) - {INDISPENSABLE}


def pins() -> dict[str, str]:
    """The distribution chosen for a name that several offer."""
    return {name: distribution for name, distribution in map(_pin, _items(PIN)) if distribution}


def development_modules() -> list[str]:
    """Descriptor modules that are not installed."""
    return _items(DEVELOPMENT)


def default_backend() -> str:
    """The name that the default context is made from."""
    return os.environ.get(DEFAULT, "").strip() or "numpy"


def refuse_blocked(name: str) -> None:
    """Raise if the environment forbids a backend.

    Raises
    ------
    BackendBlockedError
    """
    if name in blocked():
        raise BackendBlockedError(
            f'Backend "{name}" is blocked by the environment variable {BLOCK}.',
            backend=name,
            hint="Take its name out of the variable to use it.",
        )


def warn_unmatched(offers: Mapping[str, Iterable[str]]) -> None:
    """Warn once of each thing in the variables that matches nothing.

    Parameters
    ----------
    offers : mapping of str to iterable of str
        The distributions that offer each name.
    """
    names = ", ".join(sorted(offers))
    for name in _items(BLOCK):
        if name == INDISPENSABLE:
            warn_once(f"{BLOCK} names {name}, which SpaceCore itself needs; it stays available.")
        elif name not in offers:
            warn_once(f'{BLOCK} names "{name}", and there is no such backend. There are: {names}.')
    for name, distribution in pins().items():
        if name not in offers:
            warn_once(f'{PIN} names "{name}", and there is no such backend. There are: {names}.')
        elif distribution not in offers[name]:
            there = ", ".join(offers[name]) or "no installed distribution"
            warn_once(
                f'{PIN} pins "{name}" to {distribution}, which does not offer it. '
                f"It is offered by {there}."
            )
    for item in _items(PIN):
        if not all(_pin(item)):
            warn_once(f"{PIN} holds name=distribution, comma-separated. Got {item!r}; ignored.")


def warn_once(message: str) -> None:
    """Issue a `PluginWarning`, unless this process had it already."""
    if message not in _warned:
        _warned.add(message)
        warnings.warn(message, PluginWarning, stacklevel=2)


def _pin(item: str) -> tuple[str, str]:
    name, _, distribution = item.partition("=")
    return name.strip(), normalized(distribution.strip())


def _items(variable: str) -> list[str]:
    return [item for part in os.environ.get(variable, "").split(",") if (item := part.strip())]
