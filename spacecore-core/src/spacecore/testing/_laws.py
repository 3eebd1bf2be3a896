"""The laws of what is built on a backend, as cases beside those of the contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from spacecore._checks import CHECK_LEVELS
from spacecore._context import Context
from spacecore.testing._case import Case, Requirement
from spacecore.testing._factories import OPERATORS, SPACES, Factory
from spacecore.testing._inputs import FLOATING
from spacecore.testing._laws_linop import OPERATOR_LAWS
from spacecore.testing._laws_space import SPACE_LAWS

__all__ = ["law_cases"]

Law = Callable[[Any, bool], None]


def law_cases(
    *,
    thorough: bool = False,
    pattern: str = "*",
    spaces: Sequence[Factory] = SPACES,
    operators: Sequence[Factory] = OPERATORS,
) -> list[Case]:
    """Return the laws of spaces and operators as cases, each with a name of its own.

    Parameters
    ----------
    thorough : bool, default False
        Every law of every factory with every dtype, instead of each pair of them at least once.
    pattern : str
        Only the cases whose names match, as in a shell; brackets stand for themselves.
    spaces, operators : sequence of Factory
        What to hold the laws to: SpaceCore's own classes if not given.

    Returns
    -------
    list of Case
    """
    cases = [
        *_crossed("Laws: spaces", "space", SPACE_LAWS, spaces, thorough=thorough),
        *_crossed("Laws: operators", "linop", OPERATOR_LAWS, operators, thorough=thorough),
    ]
    return [case for case in cases if case.matches(pattern)]


def _crossed(
    section: str, kind: str, laws: dict[str, Law], factories: Sequence[Factory], *, thorough: bool
) -> Iterator[Case]:
    for i, factory in enumerate(factories):
        for j, (name, law) in enumerate(laws.items()):
            # Turned by one from law to law and from factory to factory: every pair is met.
            for k in range(len(FLOATING)) if thorough else [i + j]:
                dtype, level = FLOATING[k % 4], CHECK_LEVELS[(k // 4 + j) % 4]
                yield Case(
                    f"{kind}.{name}[{factory.name}-{dtype}]",
                    section,
                    Requirement(
                        dtypes=(dtype, *_narrow(dtype)),
                        capabilities=factory.capabilities,
                        sparse_formats=factory.sparse_formats,
                    ),
                    _check(factory, law, dtype, level),
                )


def _check(factory: Factory, law: Law, dtype: str, level: Any) -> Callable[[Any], None]:
    def check(ops: Any) -> None:
        law(factory.make(Context(ops, dtype, check_level=level)), factory.has_riesz)

    return check


def _narrow(dtype: str) -> tuple[str, ...]:
    """The dtypes that a law in `dtype` meets besides: of real parts, and of narrower spaces."""
    return {
        "float32": (),
        "float64": ("float32",),
        "complex64": ("float32",),
        "complex128": ("complex64", "float64", "float32"),
    }[dtype]
