"""Every function of the contract at n = 4: the library's call, ours, and array-api-compat's."""

from __future__ import annotations

import re
import warnings
from math import exp, log
from statistics import median
from types import ModuleType
from typing import Any

from _calls import BY_HAND, REMARKS, calls, operands
from _libraries import Library, libraries
from _measure import Budget, Samples, rounds
from _report import Row, Table, compared

TITLE = "ops.f(x) for every f of the contract, n = 4"
SAME, WRAPPED = 1.03, 1.3
CALLS = 6  # of an empty function, where a library has an attribute and no call to compare with
AGAIN = 3  # times as long is measured once more what seems to miss, and both count
READ = re.compile(r"\w+\.\w+")


def measure(budget: Budget) -> Table:
    rows: list[Row] = []
    summary = ["A library's own function misses where more than finding it on `ops` is slower."]
    for library in libraries():
        found, failures = _rows(library, budget)
        rows += found
        summary += _sums(library.name, found[1:], failures)  # the first is of finding alone
    shown = [row for row in rows if row.ratio is not None and row.ratio > SAME]
    return Table(TITLE, rows, shown=shown, summary=summary)


def _rows(library: Library, budget: Budget) -> tuple[list[Row], list[str]]:
    rows, failures = [], []
    namespace = {**operands(library), "compat": library.compat, "holder": _holder(library)}
    finding = _finding(library, budget)
    rows.append(finding)
    for name, expression in calls(library.ops):
        binding = _binding(library.ops, name)
        if binding.how == "unsupported":
            continue
        contenders = {"ours": expression.format(xp="ops")}
        failure = _failure(contenders["ours"], namespace)
        if failure is not None:
            failures.append(f"{library.name} {name}: {failure}")
            continue
        contenders |= _others(library, name, expression, binding.how, namespace)
        theirs = binding.how == "direct" and not _is_ours(library.ops, name)
        samples = dict(rounds(contenders, namespace, budget))
        row = _judged(f"{library.name} {name}", samples, finding, theirs=theirs)
        if row.missed:
            more = rounds(contenders, namespace, budget._replace(rounds=AGAIN * budget.rounds))
            samples = {each: taken + more[each] for each, taken in samples.items()}
            row = _judged(row.what, samples, finding, theirs=theirs)
        row.note = _note(name, binding, theirs=theirs)
        rows.append(row)
    return rows, failures


def _judged(what: str, samples: Samples, finding: Row, *, theirs: bool) -> Row:
    """The row of what was measured, with what it may cost."""
    times = {name: taken for name, taken in samples.items() if name != "call"}
    limits: dict[str, float] = {"limit": SAME if theirs else WRAPPED}
    if "call" in samples:
        ceiling = CALLS * median(samples["call"])
        if median(samples["raw"]) < ceiling:
            limits = {"ceiling": ceiling}
    row = compared(what, times, **limits)
    row.missed = row.missed and not (theirs and _is_finding(row, finding))
    return row


def _nothing(x: Any) -> Any:
    return x


def _finding(library: Library, budget: Budget) -> Row:
    """One function called on an object like `ops`, and in a module: a part of every row."""
    module = ModuleType("raw")
    vars(module)["same"] = _nothing
    namespace = {"module": module, "holder": _holder(library)}
    samples = rounds({"raw": "module.same(None)", "ours": "holder.same(None)"}, namespace, budget)
    return compared(f"{library.name} (finding a function)", samples)


def _holder(library: Library) -> Any:
    """The backend's operations, with one more, that does nothing."""
    like = type(library.ops)
    return type("Holder", (like,), {"same": staticmethod(_nothing)})()


def _is_finding(row: Row, finding: Row) -> bool:
    """Whether the library's own function is slower by no more than it takes to find it."""
    found = 1 + row.what.count(".")  # `ops.linalg.det` is two
    return _excess(row) <= 2 * found * _excess(finding)


def _excess(row: Row) -> float:
    return (row.ours or 0.0) - (row.raw or 0.0)


def _note(name: str, binding: Any, *, theirs: bool) -> str:
    said = "" if theirs else f"{binding.how}: {binding.reason}".rstrip(": ")
    return "; ".join(part for part in (said, REMARKS.get(name, "")) if part)


def _others(
    library: Library, name: str, expression: str, how: str, namespace: dict[str, Any]
) -> dict[str, str]:
    """The raw call, and the peer's, where they exist and run."""
    written = BY_HAND[library.name].get(name)
    theirs = expression.format(xp="xp")
    if how == "direct" and written is None and not _is_same(library, name):
        written = _held(library, name, expression, namespace)
    raw = written or theirs
    found = {} if _failure(raw, namespace) else {"raw": raw}
    if READ.fullmatch(raw) and found:
        found["call"] = "holder.same(None)"
    peer = expression.format(xp="compat")
    if library.compat is not None and "raw" in found and not _failure(peer, namespace):
        found["compat"] = peer
    return found


def _held(library: Library, name: str, expression: str, namespace: dict[str, Any]) -> str:
    """The same function as an attribute of a module, for one that its library spells otherwise."""
    module = ModuleType("raw")
    last = name.rpartition(".")[2]
    vars(module)[last] = _reached(library.ops, name)
    label = f"raw_{name.replace('.', '_')}"
    namespace[label] = module
    return expression.replace(f"{{xp}}.{name}", f"{label}.{last}").format(xp=label)


def _is_same(library: Library, name: str) -> bool:
    try:
        return _reached(library.xp, name) is _reached(library.ops, name)
    except AttributeError:
        return False


def _is_ours(ops: Any, name: str) -> bool:
    """Whether the function bound under a name was written in one of our distributions."""
    return str(getattr(_reached(ops, name), "__module__", "")).startswith("spacecore")


def _reached(namespace: Any, name: str) -> Any:
    for part in name.split("."):
        namespace = getattr(namespace, part)
    return namespace


def _binding(ops: Any, name: str) -> Any:
    extension, _, last = name.rpartition(".")
    owner = getattr(ops, extension) if extension else ops
    binding = owner.bindings()[last]
    return owner.bindings()[binding.reason] if binding.how == "alias" else binding


def _failure(source: str, namespace: dict[str, Any]) -> str | None:
    """Why an expression can't be timed, or None: whatever a library raises is the answer."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            eval(source, namespace)
    except Exception as error:  # noqa: BLE001
        return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
    return None


def _sums(name: str, rows: list[Row], failures: list[str]) -> list[str]:
    compared_rows = [row for row in rows if row.ratio is not None]
    worst = sorted(compared_rows, key=lambda row: row.ratio or 0, reverse=True)[:10]
    direct = [row for row in compared_rows if not row.note]
    over = sum((row.ratio or 0) > SAME for row in compared_rows)
    lines = [
        f"{name}: {len(rows)} functions, {len(compared_rows)} with a raw call; geometric mean "
        f"x{_mean(compared_rows):.3f} ({len(direct)} bound directly x{_mean(direct):.3f}), "
        f"{over} over x{SAME}",
        "  worst: " + ", ".join(f"{row.what.split()[1]} x{row.ratio:.2f}" for row in worst),
    ]
    peers = [row.peers["compat"] for row in compared_rows if "compat" in row.peers]
    if peers:
        mean = exp(sum(map(log, peers)) / len(peers))
        lines.append(f"  array-api-compat over {len(peers)} of them: x{mean:.3f}")
    return lines + [f"  failed: {failure}" for failure in failures]


def _mean(rows: list[Row]) -> float:
    ratios = [row.ratio for row in rows if row.ratio]
    return exp(sum(map(log, ratios)) / len(ratios)) if ratios else 1.0
