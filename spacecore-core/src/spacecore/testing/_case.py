"""A case: one thing that must be true of a backend, and what it takes to ask."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

import numpy as np

from spacecore.backend import BackendOps, Binding
from spacecore.errors import UnsupportedOperationError

__all__ = ["Case", "Requirement", "binding_of", "function_of"]


class Requirement(NamedTuple):
    """What a backend must declare before a case applies to it.

    Attributes
    ----------
    operations : tuple of str
        Names of the contract; those of an extension with its name, `"linalg.det"`.
    dtypes : tuple of str
    capabilities : tuple of str
    sparse_formats : tuple of str
    numpy_arrays : bool
        Whether the arrays must be NumPy's, which alone can be read-only or run backwards.
    """

    operations: tuple[str, ...] = ()
    dtypes: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    sparse_formats: tuple[str, ...] = ()
    numpy_arrays: bool = False

    def unmet(self, ops: BackendOps) -> str | None:
        """Return what the backend declares that it lacks, or None if it has everything."""
        for name in self.operations:
            binding = binding_of(ops, name)
            if binding.how == "unsupported":
                return f"`ops.{name}`: {binding.reason}"
        for capability in self.capabilities:
            if capability not in ops.capabilities:
                return f"it has no {capability}"
        for dtype in self.dtypes:
            if not ops.has_dtype(dtype):
                return f"it has no {dtype}"
        for form in self.sparse_formats:
            if form not in ops.sparse_formats:
                return f"it has no sparse format {form}"
        if self.numpy_arrays and np.ndarray not in ops.array_types:
            return "only NumPy's arrays are read-only or run backwards"
        return None


@dataclass(frozen=True, slots=True)
class Case:
    """One named requirement on a backend.

    Parameters
    ----------
    name : str
        The function, and in brackets what it is given: `sum[float32-(0,3)-axis=-1]`.
    section : str
        The heading it is counted under.
    requirement : Requirement
        What the backend must declare for the case to apply.
    check : callable
        Takes the ops; raises AssertionError, in one line, where the requirement fails.
    """

    name: str
    section: str
    requirement: Requirement
    check: Callable[[Any], None]

    def unsupported(self, ops: BackendOps) -> str | None:
        """Return why the backend declares that this case does not apply, or None if it does."""
        unmet = self.requirement.unmet(ops)
        if unmet is not None:
            return unmet
        for pattern, reason in ops.differences.items():
            if self.matches(pattern):
                return reason
        return None

    def matches(self, pattern: str) -> bool:
        """Tell whether the name matches: `*` and `?` as in a shell, brackets as they are."""
        return fnmatchcase(self.name, pattern.replace("[", "[[]"))

    def run(self, ops: BackendOps) -> None:
        """Raise unless the backend does what the case asks.

        Raises
        ------
        AssertionError
            In one line: the call, what was expected, what was got.
        UnsupportedOperationError
            If the backend declares that it lacks what the case needs; a test skips then.
        """
        reason = self.unsupported(ops)
        if reason is not None:
            raise UnsupportedOperationError(
                f"{self.name} does not apply to {ops.family}: {reason}.", backend=str(ops.family)
            )
        self.verify(ops)

    def verify(self, ops: BackendOps) -> None:
        """Do as `run`, whatever the backend declares."""
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore", RuntimeWarning)
            try:
                self.check(ops)
            except AssertionError as error:
                raise AssertionError(f"{self.name}: {error}") from None
            except Exception as error:  # the backend under test is a stranger's code
                line = str(error).strip().partition("\n")[0][:200]
                raise AssertionError(
                    f"{self.name}: expected a result, got {type(error).__name__}: {line}"
                ) from error

    def __str__(self) -> str:
        return self.name


def binding_of(ops: BackendOps, name: str) -> Binding:
    """Return how a backend provides a name of the contract, extensions included."""
    extension, _, inner = name.rpartition(".")
    holder: Any = getattr(ops, extension) if extension else ops
    bindings = holder.bindings()
    if inner not in bindings:
        return Binding("unsupported", "its extension is not bound to the contract")
    found: Binding = bindings[inner]
    return found


def function_of(ops: BackendOps, name: str) -> Callable[..., Any]:
    """Return the function of a name of the contract, extensions included."""
    found: Any = ops
    for part in name.split("."):
        found = getattr(found, part)
    function: Callable[..., Any] = found
    return function
