"""The suite: every case, from every table and every list of laws."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from spacecore.testing import (
    _creation,
    _decompositions,
    _elementwise,
    _errors,
    _facts,
    _fourier,
    _linear_algebra,
    _manipulation,
    _own_arrays,
    _own_autodiff,
    _own_compilation,
    _own_control,
    _own_identity,
    _own_products,
    _own_random,
    _own_solves,
    _own_sparse,
    _own_updates,
    _own_vectorization,
    _reductions,
    _sets,
    _special_values,
)
from spacecore.testing._case import Case
from spacecore.testing._table import Row, cases_of_rows

__all__ = ["contract_cases"]

_TABLES: tuple[Callable[[], list[Row]], ...] = (
    _creation.rows,
    _elementwise.rows,
    _special_values.rows,
    _reductions.rows,
    _manipulation.rows,
    _linear_algebra.rows,
    _fourier.rows,
    _own_products.rows,
)
_LAWS: tuple[Callable[[], Iterator[Case]], ...] = (
    _facts.laws,
    _sets.laws,
    _decompositions.laws,
    _errors.laws,
    _own_identity.laws,
    _own_arrays.laws,
    _own_products.laws,
    _own_updates.laws,
    _own_control.laws,
    _own_vectorization.laws,
    _own_compilation.laws,
    _own_random.laws,
    _own_autodiff.laws,
    _own_sparse.laws,
    _own_solves.laws,
)


def contract_cases(*, thorough: bool = False, pattern: str = "*") -> list[Case]:
    """Return the cases of the contract, each with a name of its own.

    Parameters
    ----------
    thorough : bool, default False
        Every call with every dtype, instead of each at least once.
    pattern : str
        Only the cases whose names match, as in a shell; brackets stand for themselves.

    Returns
    -------
    list of Case
        To give to `pytest.mark.parametrize` with `ids=str`, or to run one by one.
    """
    cases: dict[str, Case] = {}
    for case in _all(thorough=thorough):
        if case.name in cases:
            raise ValueError(f"Cases have names of their own. Got {case.name} twice.")
        cases[case.name] = case
    return [case for case in cases.values() if case.matches(pattern)]


def _all(*, thorough: bool) -> Iterator[Case]:
    for table in _TABLES:
        yield from cases_of_rows(table(), thorough=thorough)
    for laws in _LAWS:
        yield from laws()
