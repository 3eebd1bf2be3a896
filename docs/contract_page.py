"""The reference of the contract, written from the code: every name, and who provides it how."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from importlib import import_module
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from numpydoc.docscrape_sphinx import SphinxDocString
from sphinx.util.inspect import stringify_signature

import spacecore as sc
from spacecore.backend import Binding, Entry, FFTNamespace, LinalgNamespace

__all__ = ["write_contract"]

# Columns, with the distribution that holds the array library of each.
BACKENDS = {"numpy": "numpy", "jax": "jax", "torch": "torch", "cupy": "cupy-cuda12x"}
TITLES = {"numpy": "NumPy", "jax": "JAX", "torch": "Torch", "cupy": "CuPy"}

STANDARD = sc.BackendOps.__array_api_version__
SYMBOLS = {"direct": "●", "wrapped": "◐", "default": "○", "unsupported": "✗"}
LEGEND = """\
=======  ==========================================================================================
●        **direct**: the library's own function, with nothing around it
◐        **wrapped**: the library's function differs from the contract, and the backend makes up for
         it; :doc:`each has its reason <wrapped>`
○        **default**: the contract's own, in terms of its other functions
✗        **unsupported**: raises ``UnsupportedOperationError``; ask ``ops.supports(name)`` first
≠        **differs still**: in some corner the library's answer is another, and is left so; click on
         the name to read where
=======  ==========================================================================================
"""


class Part(NamedTuple):
    """One namespace of the contract: how its names are reached, and where they are bound."""

    prefix: str
    owner: Any
    bound: Mapping[str, Any]
    backends: Mapping[str, type[sc.BackendOps]]


def write_contract(folder: Path) -> None:
    """Write the table, the list of wrapped names, and a page a section."""
    backends = {name: _ops_class(name) for name in BACKENDS if name in sc.available_backends()}
    parts = [
        Part("ops.", sc.BackendOps, backends, backends),
        Part("ops.linalg.", LinalgNamespace, _types(backends, "linalg"), backends),
        Part("ops.fft.", FFTNamespace, _types(backends, "fft"), backends),
    ]
    pages = folder / "contract"
    pages.mkdir(parents=True)
    rows: list[str] = []
    files: list[str] = []
    for part in parts:
        for title, entries in _sections(part):
            names = list(entries)
            file = re.sub(r"\W+", "_", title.lower()).strip("_")
            (pages / f"{file}.rst").write_text(_section_page(part, title, names), encoding="utf-8")
            files.append(file)
            rows.append(_heading(title, "-") + _table(part, names))
    _write(folder / "contract.rst", _front(backends), "".join(rows), _spellings(), _toctree(files))
    _write(folder / "wrapped.rst", _wrapped(parts))


def _ops_class(name: str) -> type[sc.BackendOps]:
    """A backend's class, whether or not this machine has a device for it."""
    module, _, attribute = sc.plugins.spec_of(name).ops.partition(":")
    found: type[sc.BackendOps] = getattr(import_module(module), attribute)
    return found


def _types(backends: Mapping[str, type[sc.BackendOps]], extension: str) -> dict[str, Any]:
    return {name: type(getattr(cls, extension)) for name, cls in backends.items()}


def _sections(part: Part) -> Iterator[tuple[str, Iterable[Entry]]]:
    entries = [entry for entry in part.owner.contract().values() if entry.target is None]
    return groupby(entries, key=lambda entry: entry.section)


def _binding(part: Part, backend: str, name: str) -> Binding:
    found: Binding = part.bound[backend].bindings()[name]
    return found


def _remaining(part: Part, backend: str, name: str) -> str:
    """In what a function still differs from the contract on a backend; empty if in nothing."""
    full = (part.prefix + name).removeprefix("ops.")
    found = part.backends[backend].differences.items()
    reasons = [why for cases, why in found if fnmatchcase(full, cases.partition("[")[0])]
    return "; ".join(dict.fromkeys(reasons))


# --- the table -------------------------------------------------------------------------------


def _front(backends: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{TITLES[name]} {version(BACKENDS[name])}" for name in backends)
    return (
        _heading("The contract", "=")
        + "What ``ctx.ops`` has, on every backend. Most of it is the `Python array API standard "
        f"<https://data-apis.org/array-api/{STANDARD}/>`_, version {STANDARD}; names with a ⁺ are "
        "SpaceCore's own. This page is written from the classes of the backends, as they are "
        f"bound with {versions}.\n\n" + LEGEND + "\n"
    )


def _table(part: Part, entries: list[Entry]) -> str:
    head = ["Name", "Gives", *(TITLES[backend] for backend in part.bound)]
    lines = [".. list-table::", "   :class: contract", "   :header-rows: 1", ""]
    for row in (head, *_rows(part, entries)):
        lines += [f"   {'  -' if place else '* -'} {cell}" for place, cell in enumerate(row)]
    return "\n".join(lines) + "\n\n"


def _rows(part: Part, entries: list[Entry]) -> Iterator[list[str]]:
    """One row a function; constants and dtypes that are provided alike share one."""
    for alike, group in groupby(entries, key=lambda entry: _shared(part, entry)):
        several = list(group)
        if alike is None:
            for entry in several:
                yield [_name(part, entry), _summary(part, entry), *_how(part, entry)]
        else:
            names = ", ".join(f"``{entry.name}``" for entry in several)
            about = (inspect.getdoc(_owner(part, several[0].name)) or "").partition("\n")[0]
            yield [names, _code(about), *alike]


def _shared(part: Part, entry: Entry) -> tuple[str, ...] | None:
    return None if _declared(part, entry.name) is not None else tuple(_how(part, entry))


def _name(part: Part, entry: Entry) -> str:
    role = f":py:func:`{entry.name} <{part.prefix}{entry.name}>`"
    return role if entry.standard else f"{role} ⁺"


def _how(part: Part, entry: Entry) -> list[str]:
    return [_symbol(part, backend, entry.name) for backend in part.bound]


def _symbol(part: Part, backend: str, name: str) -> str:
    symbol = SYMBOLS[_binding(part, backend, name).how]
    return f"{symbol} ≠" if _remaining(part, backend, name) else symbol


def _summary(part: Part, entry: Entry) -> str:
    return _code((inspect.getdoc(_declared(part, entry.name)) or "").partition("\n")[0])


def _spellings() -> str:
    pairs = [e for e in sc.BackendOps.contract().values() if e.target is not None]
    return (
        _heading("NumPy's spellings", "-")
        + "Names that people's code already uses. Each is the same object as the name after it.\n\n"
        + ", ".join(f"``{e.name}`` = ``{e.target}``" for e in pairs)
        + "\n\n"
    )


def _toctree(files: list[str]) -> str:
    lines = [".. toctree::", "   :hidden:", "", "   wrapped"]
    return "\n".join([*lines, *(f"   contract/{file}" for file in files)]) + "\n"


# --- the wrapped ones ------------------------------------------------------------------------


def _wrapped(parts: list[Part]) -> str:
    text = _heading("What is wrapped, and why", "=") + (
        "Nothing stands between ``ops.exp`` and the library's function unless the library differs "
        "from the contract. Here is every place where something does, and in what; and what "
        "differs still, because to hide it would cost every call.\n\n"
    )
    text += _counts(parts)
    for backend in parts[0].bound:
        text += _heading(TITLES[backend], "-")
        for verb, reasons in _told(parts, backend):
            if reasons:
                text += f"**{verb}:**\n\n"
                text += "".join(f"* {names}: {why}\n" for why, names in reasons.items()) + "\n"
    return text


def _counts(parts: list[Part]) -> str:
    """How many functions each backend provides in each way."""
    hows = {
        backend: Counter(
            _binding(part, backend, entry.name).how for part, entry in _functions(parts)
        )
        for backend in parts[0].bound
    }
    lines = [".. list-table::", "   :class: contract", "   :header-rows: 1", ""]
    rows = [["", "", *(TITLES[backend] for backend in hows)]]
    rows += [[s, how, *(str(hows[b][how]) for b in hows)] for how, s in SYMBOLS.items()]
    for row in rows:
        lines += [f"   {'  -' if place else '* -'} {cell}" for place, cell in enumerate(row)]
    return "\n".join(lines) + "\n\n"


def _told(parts: list[Part], backend: str) -> Iterator[tuple[str, dict[str, str]]]:
    """What there is to say of a backend, under its headings."""
    for how, verb in (("wrapped", "Wrapped"), ("unsupported", "Unsupported")):
        yield verb, _by_reason(parts, lambda part, name, how=how: _why(part, backend, name, how))
    yield "Differs still", _by_reason(parts, lambda part, name: _remaining(part, backend, name))


def _why(part: Part, backend: str, name: str, how: str) -> str:
    binding = _binding(part, backend, name)
    return binding.reason if binding.how == how else ""


def _by_reason(parts: list[Part], why_of: Callable[[Part, str], str]) -> dict[str, str]:
    """The names that have something said of them, those of one reason together."""
    found: dict[str, list[str]] = {}
    for part, entry in _functions(parts):
        why = why_of(part, entry.name)
        if why:
            full = (part.prefix + entry.name).removeprefix("ops.")
            role = f":py:func:`{full} <{part.prefix}{entry.name}>`"
            found.setdefault(_code(why), []).append(role)
    return {why: ", ".join(names) for why, names in found.items()}


def _functions(parts: list[Part]) -> Iterator[tuple[Part, Entry]]:
    """Every function, without constants, dtypes and second spellings."""
    for part in parts:
        for entry in part.owner.contract().values():
            if entry.target is None and _declared(part, entry.name) is not None:
                yield part, entry


def _code(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"``\1``", text)


# --- a page a section ------------------------------------------------------------------------


def _section_page(part: Part, title: str, entries: list[Entry]) -> str:
    about = SphinxDocString(inspect.getdoc(_owner(part, entries[0].name)) or "")
    text = _heading(title, "=") + f"{about}\n\n"
    for entry in entries:
        declared = _declared(part, entry.name)
        if declared is not None:
            text += _function(part, entry, declared)
    return text


def _function(part: Part, entry: Entry, declared: Any) -> str:
    signature = inspect.signature(declared)
    kept = [p for p in signature.parameters.values() if p.name != "self"]
    shown = stringify_signature(signature.replace(parameters=kept), unqualified_typehints=True)
    body = f"{SphinxDocString(inspect.getdoc(declared) or '')}\n\n{_provided(part, entry)}\n"
    indented = "".join(f"   {line}".rstrip() + "\n" for line in body.splitlines())
    return f".. py:function:: {part.prefix}{entry.name}{shown}\n\n{indented}\n"


def _provided(part: Part, entry: Entry) -> str:
    """Whose function it is, how each backend provides it, and what remains different."""
    whose = f"Array API standard {STANDARD}" if entry.standard else "SpaceCore"
    groups: dict[Binding, list[str]] = {}
    for backend in part.bound:
        groups.setdefault(_binding(part, backend, entry.name), []).append(TITLES[backend])
    lines = [
        f"{SYMBOLS[how]} {how}: {', '.join(names)}" + (f" ({_code(why)})" if why else "")
        for (how, why), names in groups.items()
    ]
    for backend in part.bound:
        remaining = _remaining(part, backend, entry.name)
        lines += [f"≠ differs still: {TITLES[backend]} ({_code(remaining)})"] if remaining else []
    block = "\n".join(f"   | {line}" for line in lines)
    return f":Defined by: {whose}\n:Provided:\n{block}"


def _declared(part: Part, name: str) -> Any:
    """The function that declares a name, or None if it is a constant or a dtype."""
    member = vars(_owner(part, name)).get(name)
    return getattr(member, "__func__", member)


def _owner(part: Part, name: str) -> type:
    """The section that declares a name."""
    return next(b for b in part.owner.__mro__ if name in vars(b).get("__entries__", {}))


def _heading(text: str, line: str) -> str:
    return f"{text}\n{line * len(text)}\n\n"


def _write(path: Path, *parts: str) -> None:
    path.write_text("".join(parts), encoding="utf-8")
