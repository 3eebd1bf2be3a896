"""What environment variables say about backends; read whenever a name is not resolved yet."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable

from spacecore.errors import BackendBlockedError, PluginWarning

__all__ = [
    "blocked",
    "default_backend",
    "development_modules",
    "pins",
    "plugins_disabled",
    "refuse_blocked",
    "warn_unmatched",
]

BLOCK = "SPACECORE_BACKENDS_BLOCK"
DEFAULT = "SPACECORE_DEFAULT_BACKEND"
DEVELOPMENT = "SPACECORE_PLUGINS"
DISABLE = "SPACECORE_DISABLE_PLUGINS"
PIN = "SPACECORE_BACKENDS_PIN"

_warned: set[tuple[str, str]] = set()


def plugins_disabled() -> bool:
    """Whether entry points are ignored altogether."""
    return os.environ.get(DISABLE, "").strip().lower() not in ("", "0", "false", "no")


def blocked() -> frozenset[str]:
    """The names that may not be resolved."""
    return frozenset(_items(BLOCK))


def pins() -> dict[str, str]:
    """The distribution chosen for a name that several offer."""
    return dict(_pin(item) for item in _items(PIN))


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


def warn_unmatched(names: Iterable[str]) -> None:
    """Warn once of each name in the variables that no backend has."""
    known = set(names)
    for variable, mentioned in ((BLOCK, blocked()), (PIN, pins())):
        for name in mentioned:
            if name not in known and (variable, name) not in _warned:
                _warned.add((variable, name))
                warnings.warn(
                    f'{variable} names "{name}", and there is no such backend. '
                    f"There are: {', '.join(sorted(known))}.",
                    PluginWarning,
                    stacklevel=2,
                )


def _items(variable: str) -> list[str]:
    return [item for part in os.environ.get(variable, "").split(",") if (item := part.strip())]


def _pin(item: str) -> tuple[str, str]:
    name, equals, distribution = item.partition("=")
    if not equals:
        raise ValueError(f"{PIN} holds name=distribution, comma-separated. Got {item!r}.")
    return name.strip(), distribution.strip()
