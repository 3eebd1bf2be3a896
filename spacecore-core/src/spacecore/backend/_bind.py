"""Binding at class creation: each declared name to the library's own function.

Nothing here runs per call. A name that a backend neither has, overrides nor declares
unsupported fails when its class is created, naming everything that is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any, ClassVar

from spacecore.backend._declare import Binding, Entry
from spacecore.errors import BackendContractError, UnsupportedOperationError

__all__ = ["Bound", "meant"]


class Bound:
    """A namespace whose declared names are bound to a library when it is subclassed.

    Attributes
    ----------
    xp : module
        The library's namespace that names are taken from.
    direct : mapping of str to object
        Names that the library has elsewhere or spells differently, each with the library's own.
    unsupported : mapping of str to str
        Names that the library lacks, each with the reason.
    differences : mapping of str to str
        Where the library departs from the contract and the backend leaves it so, each with the
        reason: patterns of the names of cases of `spacecore.testing`, such as `"sum[uint16*"`.
    capabilities : frozenset of str
        What the backend can do; a section that needs another capability is refused by name.
    """

    xp: ClassVar[Any] = None
    direct: ClassVar[Mapping[str, Any]] = {}
    unsupported: ClassVar[Mapping[str, str]] = {}
    differences: ClassVar[Mapping[str, str]] = {}
    capabilities: ClassVar[frozenset[str]] = frozenset()
    __entries__: ClassVar[Mapping[str, Entry]] = {}
    __bindings__: ClassVar[Mapping[str, Binding]] = {}

    def __init_subclass__(cls, *, declaration: bool = False, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if declaration:
            return
        if cls.xp is None:
            raise BackendContractError(
                f"A backend class sets `xp` to its library's namespace. {cls.__name__} sets none."
            )
        _bind(cls)

    @classmethod
    def contract(cls) -> Mapping[str, Entry]:
        """Every declared name, in the order of the sections."""
        found: dict[str, Entry] = {}
        for base in cls.__mro__:
            for name, entry in vars(base).get("__entries__", {}).items():
                found.setdefault(name, entry)
        return found

    @classmethod
    def bindings(cls) -> Mapping[str, Binding]:
        """How this backend provides each declared name."""
        return cls.__bindings__


def _bind(cls: type[Bound]) -> None:
    entries = cls.contract()
    for name in cls.unsupported:
        if name not in entries:
            raise BackendContractError(
                f"`unsupported` holds names of the contract. {cls.__name__} has {name!r}."
                f"{meant(name, entries)}"
            )
    declared = {base for base in cls.__mro__ if "__entries__" in vars(base)}
    bindings = {}
    missing = []
    for entry in entries.values():
        if entry.target is not None:
            continue
        binding = _bind_one(cls, entry, declared)
        if binding is None:
            missing.append(entry.name)
        else:
            bindings[entry.name] = binding
    if missing:
        raise BackendContractError(
            f"A backend provides every name of the contract or declares it in `unsupported`. "
            f"{cls.__name__} lacks {', '.join(missing)}."
        )
    for entry in entries.values():
        if entry.target is not None:
            bindings[entry.name] = Binding("alias", entry.target)
            setattr(cls, entry.name, _raw(cls, entry.target))
    cls.__bindings__ = bindings


def _bind_one(cls: type[Bound], entry: Entry, declared: set[type]) -> Binding | None:
    name = entry.name
    owner = _written_by(cls, name, declared)
    if owner is not None:
        written = vars(owner)[name]
        _document(written, owner, _raw_declaration(declared, cls, name))
        return _describe(written)
    if name in cls.direct:
        setattr(cls, name, _attribute(cls.direct[name]))
        return Binding("direct")
    reason = _refusal(cls, entry)
    if reason is not None:
        refuser = _refuser(cls, name, reason)
        refuser.__doc__ = _function(_raw_declaration(declared, cls, name)).__doc__
        setattr(cls, name, staticmethod(refuser))
        return Binding("unsupported", reason)
    found = getattr(cls.xp, name, _MISSING)
    if entry.default or (entry.fallback and found is _MISSING):
        setattr(cls, name, _raw_declaration(declared, cls, name))
        return Binding("default")
    if found is _MISSING:
        return None
    setattr(cls, name, _attribute(found))
    return Binding("direct")


_MISSING = object()


def _written_by(cls: type[Bound], name: str, declared: set[type]) -> type | None:
    """The class that wrote `name` by hand, if any did; one where it was only bound is not it."""
    for base in cls.__mro__:
        if base not in declared and name in vars(base):
            binding = vars(base).get("__bindings__", {}).get(name)
            if binding is None or binding.how == "wrapped":
                return base
    return None


def meant(name: str, names: Iterable[str], *, likeness: float = 0.6) -> str:
    """Return the question after a misspelt name; nothing if none is like it."""
    import difflib

    nearest = difflib.get_close_matches(name, sorted(names), n=1, cutoff=likeness)
    return f' Did you mean "{nearest[0]}"?' if nearest else ""


def _raw(cls: type[Bound], name: str) -> Any:
    return next(vars(base)[name] for base in cls.__mro__ if name in vars(base))


def _raw_declaration(declared: set[type], cls: type[Bound], name: str) -> Any:
    return next(vars(base)[name] for base in cls.__mro__ if base in declared and name in vars(base))


def _describe(member: Any) -> Binding:
    return Binding("wrapped", getattr(_function(member), "__spacecore_reason__", ""))


def _document(written: Any, owner: type, declared: Any) -> None:
    """Give a backend's own function the declaration's text, unless it has one of its own.

    A function from another package than the class, the library's perhaps, is left as it is.
    """
    function = _function(written)
    module = getattr(function, "__module__", None) or ""
    if module.partition(".")[0] != owner.__module__.partition(".")[0] or function.__doc__:
        return
    function.__doc__ = _function(declared).__doc__


def _function(member: Any) -> Any:
    return member.__func__ if isinstance(member, staticmethod | classmethod) else member


def _refusal(cls: type[Bound], entry: Entry) -> str | None:
    if entry.name in cls.unsupported:
        return cls.unsupported[entry.name]
    if entry.capability is not None and entry.capability not in cls.capabilities:
        return f"it has no {entry.capability}"
    return None


def _refuser(cls: type[Bound], name: str, reason: str) -> Callable[..., Any]:
    backend = str(getattr(cls, "family", cls.__name__))

    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise UnsupportedOperationError(
            f"`ops.{name}` is not supported by {backend}: {reason}.",
            backend=backend,
            hint=f'Ask `ops.supports("{name}")` first, or use a backend that has it.',
        )

    refuse.__name__ = name
    return refuse


def _attribute(found: Any) -> Any:
    """A class attribute that reads back as `found` itself, whatever kind of object it is."""
    plain = isinstance(found, type | ModuleType) or not hasattr(found, "__get__")
    return found if plain else staticmethod(found)
