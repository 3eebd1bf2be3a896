"""The ops object itself: equality, hash, pickle, names, declarations, refusals."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from spacecore.backend import BackendOps
from spacecore.backend._bind import meant
from spacecore.errors import BackendError, UnsupportedOperationError
from spacecore.testing._case import Case, Requirement
from spacecore.testing._compare import check_raises
from spacecore.testing._law import law

__all__ = ["laws"]

_SECTION = "The backend as an object"


def laws() -> Iterator[Case]:
    """Yield the cases."""
    for name, check in (
        ("equality", _equality),
        ("pickle", _pickle),
        ("immutable", _immutable),
        ("name", _name),
        ("namespace", _namespace),
        ("capabilities", _capabilities),
        ("refusals", _refusals),
        ("bindings", _bindings),
        ("differences", _differences),
    ):
        yield Case(f"ops[{name}]", _SECTION, Requirement(), check)
    for entry in BackendOps.contract().values():
        if entry.target is not None:
            yield law(f"{entry.name}[alias]", partial(_alias, entry.name, entry.target))
    yield law("concatenate[tuple]", _concatenate)
    yield law("transpose[positional-axes]", _transpose)


def _again(ops: Any) -> Any:
    return type(ops)(ops.device, **dict(ops.options))


def _equality(ops: Any) -> None:
    other = _again(ops)
    assert other == ops, "expected two ops of one family and device to be equal"
    assert hash(other) == hash(ops), "expected equal ops to have equal hashes"
    assert len({ops, other}) == 1, "expected equal ops to be one in a set"
    assert ops != str(ops.family), "expected ops to differ from a string"


def _pickle(ops: Any) -> None:
    """By name, so that only what a name resolves to can come back."""
    try:
        restored = pickle.loads(pickle.dumps(ops))  # noqa: S301 - it was pickled here
    except BackendError as error:
        raise AssertionError(f"expected its name to resolve on unpickling, got {error}") from error
    assert restored == ops, f"expected equal ops back, got {restored!r}"


def _immutable(ops: Any) -> None:
    def assign() -> None:
        ops.device = None

    check_raises(assign, AttributeError)


def _name(ops: Any) -> None:
    want = f"spacecore.{ops.family}"
    assert ops.__name__ == want, f"expected __name__ {want}, got {ops.__name__}"
    assert ops.name.startswith(str(ops.family)), f"expected {ops.family} first, got {ops.name}"
    assert type(ops).__name__ in repr(ops), f"expected the class in the repr, got {ops!r}"


def _namespace(ops: Any) -> None:
    version = ops.__array_api_version__
    assert version == "2024.12", f"expected the standard 2024.12, got {version}"


def _capabilities(ops: Any) -> None:
    for capability in ops.capabilities:
        assert ops.supports(capability), f"expected supports({capability!r}) for what is declared"
    assert not ops.supports("time travel"), "expected False for what does not exist"
    assert ops.sparse_formats or not ops.allow_sparse, "expected sparse_formats to be declared"
    assert ops.allow_sparse is ("sparse" in ops.capabilities), "expected allow_sparse to agree"


def _refusals(ops: Any) -> None:
    for holder in (ops, ops.linalg, ops.fft):
        for name, binding in holder.bindings().items():
            if binding.how != "unsupported":
                continue
            assert binding.reason, f"expected a reason for lacking {name}"
            refusal = _refusal(getattr(holder, name))
            assert refusal is not None, f"expected {name} refused, got a result"
            told = name in str(refusal) and bool(refusal.hint)
            assert told, f"expected a refusal naming {name} with a hint, got {refusal}"


def _refusal(function: Callable[[], Any]) -> UnsupportedOperationError | None:
    try:
        function()
    except UnsupportedOperationError as error:
        return error
    return None


def _bindings(ops: Any) -> None:
    for name in ops.contract():
        assert name in ops.bindings(), f"expected a binding of {name}"
        supported = ops.bindings()[name].how != "unsupported"
        if name in ("autodiff", "jit", "sparse"):  # capabilities first
            supported = name in ops.capabilities
        assert ops.supports(name) is supported, f"expected supports({name!r}) is {supported}"


def _differences(ops: Any) -> None:
    from spacecore.testing._laws import law_cases  # which this is one of
    from spacecore.testing._suite import contract_cases

    cases = []
    if ops.differences:
        cases = [*contract_cases(thorough=True), *law_cases(thorough=True)]
    for pattern, reason in ops.differences.items():
        assert reason, f"expected a reason for the difference {pattern}"
        if not any(case.matches(pattern) for case in cases):
            names = {case.name.partition("[")[0] for case in cases}
            near = meant(pattern.partition("[")[0], names)
            raise AssertionError(f"expected a case of the difference {pattern!r}, got none.{near}")


def _alias(name: str, target: str, ops: Any) -> None:
    one, other = getattr(type(ops), name), getattr(type(ops), target)
    assert one is other or one == other, f"expected ops.{name} to be ops.{target}"


def _concatenate(ops: Any) -> None:
    got = ops.concatenate((ops.zeros((2,)), ops.ones((1,))), axis=0)
    assert tuple(got.shape) == (3,), f"expected shape (3,), got {tuple(got.shape)}"


def _transpose(ops: Any) -> None:
    got = ops.transpose(ops.zeros((2, 3, 4)), (2, 0, 1))
    assert tuple(got.shape) == (4, 2, 3), f"expected shape (4, 2, 3), got {tuple(got.shape)}"
