"""Every exception of SpaceCore, in one tree.

Each class is also the builtin that a caller would think to catch, and says in
one line the rule, what was got, and what to do about it.
"""

from __future__ import annotations

__all__ = [
    "BackendBlockedError",
    "BackendContractError",
    "BackendError",
    "BackendLoadError",
    "BackendNotInstalledError",
    "BackendUnavailableError",
    "CastError",
    "ConversionError",
    "DuplicateBackendError",
    "IncompatibleBackendError",
    "PluginWarning",
    "SolveError",
    "SpaceCoreError",
    "SpaceValidationError",
    "UnknownBackendError",
    "UnsupportedOperationError",
]


class SpaceCoreError(Exception):
    """The root of SpaceCore's exceptions."""


class SpaceValidationError(SpaceCoreError, ValueError, TypeError):
    """A value is not an element of the space it was given to."""


class CastError(SpaceCoreError, TypeError):
    """A cast would lose something: an imaginary part, a fraction, or bits."""


class ConversionError(SpaceCoreError, TypeError):
    """An array or object can't cross to another backend as it is."""


class SolveError(SpaceCoreError, RuntimeError):
    """A solve did not converge; raised by `raise_for_status` alone."""


class BackendError(SpaceCoreError):
    """Something about a backend; the root of what resolving a name can raise.

    Parameters
    ----------
    message : str
        The rule and what was got.
    backend : str, optional
        The name of the backend concerned.
    hint : str, optional
        What to do about it; appended to the message.
    """

    def __init__(self, message: str, *, backend: str | None = None, hint: str | None = None):
        super().__init__(message)
        self.backend = backend
        self.hint = hint

    def __str__(self) -> str:
        message = str(self.args[0]) if self.args else ""
        return f"{message} {self.hint}" if self.hint else message


class UnknownBackendError(BackendError, ValueError):
    """No installed distribution offers a backend of this name."""


class BackendNotInstalledError(BackendError, ImportError):
    """The backend is known, and its distribution is not installed."""


class BackendLoadError(BackendError, ImportError):
    """A plugin raised while it was loaded; `__cause__` keeps the original."""


class IncompatibleBackendError(BackendError, ImportError):
    """The plugin was built for another major version of the contract."""


class DuplicateBackendError(BackendError, ValueError):
    """Several distributions offer one name, and none is pinned."""


class BackendUnavailableError(BackendError, ImportError, RuntimeError):
    """The backend is installed, and its library or device is not there."""


class BackendBlockedError(BackendError, ImportError, RuntimeError):
    """An environment variable forbids this backend."""


class BackendContractError(BackendError, TypeError):
    """A plugin breaks the contract; addressed to its author."""


class UnsupportedOperationError(BackendError, NotImplementedError):
    """The backend declares that it does not have this operation."""


class PluginWarning(UserWarning):
    """Something odd about the installed plugins that stops nothing."""
