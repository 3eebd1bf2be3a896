"""The reference of the public names: one page a layer, written from `spacecore.__all__`.

A layer that has no public name yet has no page; a public name of a layer that is not listed here
stops the build.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple

from sphinx.util.inspect import stringify_signature

import spacecore as sc

__all__ = ["write_api"]


class Layer(NamedTuple):
    """A page: what it is called, which modules' names it holds, and what it begins with."""

    file: str
    title: str
    modules: tuple[str, ...]
    text: str


LAYERS = (
    Layer(
        "contexts",
        "Contexts",
        ("_context", "_ambient", "_checks", "_typing"),
        "Which library, which dtype, how much checking; and the context that objects take where "
        "none is given.",
    ),
    Layer(
        "backends",
        "Backends",
        ("backend", "plugins"),
        "Array libraries as objects, and the registry that finds them by name. What every one of "
        "them can compute is on the pages of :doc:`the contract <contract>`.",
    ),
    Layer(
        "spaces",
        "Spaces",
        ("space",),
        "Sets of elements: what they look like, where they live, how they are measured.",
    ),
    Layer(
        "operators",
        "Operators",
        ("linop",),
        "Linear maps between spaces, and their algebra.",
    ),
    Layer(
        "functionals",
        "Functionals",
        ("functional",),
        "Scalar functions on spaces, with gradients and proximal maps.",
    ),
    Layer(
        "solvers",
        "Solvers",
        ("linalg",),
        "Linear systems, least squares, eigenvalues, and first-order methods.",
    ),
    Layer(
        "errors",
        "Errors",
        ("errors",),
        "Every exception is an :class:`~spacecore.SpaceCoreError`, and also the builtin that a "
        "caller would think to catch.",
    ),
)

# Plugin authors' names: public, and one module down.
PLUGIN_NAMES = ("BackendSpec", "resolve", "spec_of", "known_failures", "ops_of_array")


def write_api(folder: Path) -> None:
    """Write a page a layer into `folder`; a public name that belongs to none is an error."""
    names = {name: getattr(sc, name) for name in sc.__all__ if not name.startswith("__")}
    documented: set[str] = set()
    files = []
    for layer in LAYERS:
        mine = {name: obj for name, obj in names.items() if _layer_of(name, obj) in layer.modules}
        if not mine:
            continue
        documented |= mine.keys()
        text = _heading(layer.title, "=") + layer.text + "\n\n" + _entries("spacecore", mine)
        if layer.file == "backends":
            text += _plugins()
        (folder / f"{layer.file}.rst").write_text(text, encoding="utf-8")
        files.append(layer.file)
    (folder / "index.rst").write_text(_index(files), encoding="utf-8")
    left = {name for name in names if name not in documented and not inspect.ismodule(names[name])}
    if left:
        raise SystemExit(f"docs/api_pages.py: no page of the reference holds {sorted(left)}")


def _index(files: list[str]) -> str:
    after = files.index("backends") + 1
    pages = [*files[:after], "contract", "differences", *files[after:]]
    return (
        _heading("Reference", "=")
        + "``import spacecore as sc`` is the one door: every public name is ``sc.`` something. The "
        "pages are written from the docstrings of the installed code.\n\n"
        + "\n".join([".. toctree::", "   :maxdepth: 1", "", *(f"   {page}" for page in pages)])
        + "\n"
    )


def _layer_of(name: str, obj: Any) -> str:
    """The first part of the module that a name is defined in; of data, where the name is."""
    if inspect.ismodule(obj):
        return ""
    if not (inspect.isclass(obj) or inspect.isfunction(obj)):
        return "_checks"
    return str(obj.__module__).split(".")[1]


def _plugins() -> str:
    there = {name: getattr(sc.plugins, name) for name in PLUGIN_NAMES}
    introduction = "For the authors of backends, in the module ``spacecore.plugins``.\n\n"
    return _heading("Plugins", "-") + introduction + _entries("spacecore.plugins", there)


def _entries(module: str, names: dict[str, Any]) -> str:
    ordered = sorted(names, key=lambda name: (not inspect.isclass(names[name]), name))
    parts = [f".. currentmodule:: {module}\n\n"]
    for name in ordered:
        obj = names[name]
        if inspect.isclass(obj):
            head = f".. autoclass:: {name}{_signature(obj)}\n   :show-inheritance:\n\n"
            parts.append(head + _members(obj))
        elif inspect.isfunction(obj):
            parts.append(f".. autofunction:: {name}\n\n")
        else:
            parts.append(f".. py:data:: {name}\n   :value: {obj!r}\n\n   {_SAID[name]}\n\n")
    return "".join(parts)


_SAID = {
    "CHECK_LEVELS": "The four check levels, cheapest first.",
    "CheckLevel": "The type of a check level.",
}


def _signature(cls: type) -> str:
    """What a class is called with: the signature of its `__init__`, whatever its metaclass."""
    written = inspect.getattr_static(cls, "__init__")
    if not inspect.isfunction(written):
        return ""
    signature = inspect.signature(written)
    kept = list(signature.parameters.values())[1:]
    bare = signature.replace(parameters=kept, return_annotation=inspect.Signature.empty)
    return stringify_signature(bare, unqualified_typehints=True)


def _members(cls: type) -> str:
    """Directives for what a class, or a private base of it, adds to its public bases."""
    if issubclass(cls, Exception):
        return ""
    public = {obj for obj in vars(sc).values() if inspect.isclass(obj)} - {cls}
    contract = {*sc.BackendOps.contract(), "linalg", "fft"} if cls is sc.BackendOps else set()
    seen = contract | {name for base in cls.__mro__ if base in public for name in dir(base)}
    text = ""
    for base in cls.__mro__:
        if base in public or not base.__module__.startswith("spacecore"):
            continue
        for name, member in vars(base).items():
            kind = _KINDS.get(type(member))
            if kind is not None and not name.startswith("_") and name not in seen:
                seen.add(name)
                text += f"   .. {kind}:: {cls.__name__}.{name}\n\n"
    return text


_KINDS = {
    FunctionType: "automethod",
    classmethod: "automethod",
    property: "autoproperty",
    staticmethod: "automethod",
}


def _heading(text: str, line: str) -> str:
    return f"{text}\n{line * len(text)}\n\n"
