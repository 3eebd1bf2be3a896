"""`BackendOps`: the contract of a backend, and what makes an instance of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from spacecore import _tree
from spacecore.backend._bind import Bound, meant
from spacecore.backend._contract import FFTNamespace, LinalgNamespace, Sections
from spacecore.backend._family import BackendFamily
from spacecore.errors import BackendContractError

__all__ = ["BackendOps"]

_CAPABILITIES = frozenset({"autodiff", "jit", "sparse"})  # that SpaceCore itself asks for
_CREATION = ("arange", "asarray", "empty", "eye", "full", "linspace", "ones", "zeros")


class BackendOps(Sections, Bound, declaration=True):
    """An array library, as an object: which one, and where.

    An instance is an array API namespace (2024.12, with `linalg` and `fft`) and has what the
    standard lacks. Two are equal when they are of one family, on one device, with the same
    options; they hash, and pickle by name.

    Parameters
    ----------
    device : device, str or None
        Where arrays are made. `None` leaves that to the library, and checks nothing.
    **options : hashable
        Of a backend that has some: its own `__init__` names them, and hands them on.

    Attributes
    ----------
    family : BackendFamily
    device : device or None
        The library's own device object.
    capabilities : frozenset of str
        See `supports`.
    allow_sparse : bool
        Whether sparse matrices can be made and multiplied.
    sparse_formats : tuple of str
        The formats that `assparse` makes, the default first.
    sparse_shares_type : bool
        Whether sparse matrices are of the type of dense arrays, so that the type alone says
        nothing.
    has_native_vmap : bool
        Whether `vmap` is the library's, rather than a loop.
    array_types : tuple of type
        The concrete types of dense arrays, the commonest first.

    Notes
    -----
    To add a backend, subclass, set `family`, `xp`, `array_types` and `capabilities`, and override
    the functions in which the library differs from the contract.
    """

    family: ClassVar[BackendFamily]
    array_types: ClassVar[tuple[type, ...]] = ()
    sparse_formats: ClassVar[tuple[str, ...]] = ()
    sparse_shares_type: ClassVar[bool] = False
    has_native_vmap: ClassVar[bool] = False
    linalg: LinalgNamespace
    fft: FFTNamespace
    __array_api_version__: ClassVar[str] = "2024.12"

    device: Any
    options: tuple[tuple[str, Any], ...]
    _key: tuple[Any, ...]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        hears = "register_value_class" in vars(cls)  # a subclass shares the trees of its base
        super().__init_subclass__(**kwargs)
        if not cls.array_types:
            raise BackendContractError(
                f"A backend class sets `array_types` to the classes of its library's arrays. "
                f"{cls.__name__} sets none. Write `array_types = (Array,)`."
            )
        cls.linalg = _extension(cls, "linalg", LinalgNamespace)
        cls.fft = _extension(cls, "fft", FFTNamespace)
        if hears:
            _tree.listen(cls.register_value_class)

    def __init__(self, device: Any = None, **options: Any):
        if options and type(self).__init__ is BackendOps.__init__:  # which no subclass has narrowed
            raise TypeError(
                f"{type(self).__name__} takes a device and nothing else. Got {', '.join(options)}. "
                f"A dtype and a check level belong to a Context."
            )
        fixed = tuple(sorted((name, value) for name, value in options.items() if value is not None))
        state = vars(self)
        state["device"] = None if device is None else self.normalize_device(device)
        state["options"] = fixed
        state["_key"] = (self.family, self.device_name, fixed)
        if self.device is not None:
            self._bind_creation()

    @property
    def __name__(self) -> str:
        return f"spacecore.{self.family}"

    @property
    def name(self) -> str:
        """The name that resolves to this ops: the family, and the device if it has one."""
        return str(self.family) if self.device is None else f"{self.family}:{self.device_name}"

    @property
    def device_name(self) -> str | None:
        """The device as a string that `normalize_device` understands, or None."""
        return None if self.device is None else str(self.device)

    @property
    def allow_sparse(self) -> bool:
        return "sparse" in self.capabilities

    def supports(self, name: str) -> bool:
        """Tell whether this backend has a capability or an operation.

        Parameters
        ----------
        name : str
            A capability, `"autodiff"`, `"jit"`, `"sparse"` or one of the backend's own; else a
            name of the contract, such as `"sort"` or `"linalg.svd"`. `"jit"` is the capability:
            the function is there on every backend, and compiles nothing where this is False.

        Returns
        -------
        bool
            False too for what no backend of today is known to have.

        Raises
        ------
        ValueError
            If the name is none of these, and so like one that it must be misspelt.
        """
        if name in self.capabilities:
            return True
        if name in _CAPABILITIES:
            return False
        binding = self.bindings().get(name)
        extension, dot, inner = name.partition(".")
        if dot and extension in ("linalg", "fft"):
            binding = getattr(self, extension).bindings().get(inner)
        if binding is not None:
            return binding.how != "unsupported"
        _refuse_misspelt(self, name)
        return False

    def _bind_creation(self) -> None:
        """Bind on this instance the functions that make arrays, so that they land on its device."""
        state = vars(self)
        for name in _CREATION:
            state[name] = _placed(getattr(self, name), self.device)
        fft = object.__new__(type(self.fft))
        for name in ("fftfreq", "rfftfreq"):
            vars(fft)[name] = _placed(getattr(fft, name), self.device)
        state["fft"] = fft

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable; make a new one.")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable.")

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, BackendOps) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        given = [] if self.device is None else [f"device={self.device_name!r}"]
        given += [f"{name}={value!r}" for name, value in self.options]
        return f"{type(self).__name__}({', '.join(given)})"

    def _repr_html_(self) -> str:
        from spacecore._html import Section, page

        facts = {
            "family": str(self.family),
            "device": self.device_name or "the library's choice",
            **{name: repr(value) for name, value in self.options},
            "capabilities": ", ".join(sorted(self.capabilities)) or "none",
        }
        return page(Section(type(self).__qualname__, facts=facts))

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self.name, self.options)


def _refuse_misspelt(ops: BackendOps, name: str) -> None:
    known = list(ops.bindings())
    for extension, holder in (("linalg", ops.linalg), ("fft", ops.fft)):
        known += [f"{extension}.{inner}" for inner in holder.bindings()]
    # Of capabilities there are few, of functions many, and a later version has more of them.
    cure = meant(name, _CAPABILITIES | ops.capabilities, likeness=0.75)
    cure = cure or meant(name, known, likeness=0.85)
    if cure:
        raise ValueError(
            f"`supports` takes a capability or a name of the contract. Got {name!r}.{cure}"
        )


def _placed(function: Callable[..., Any], device: Any) -> Callable[..., Any]:
    placed = partial(function, device=device)
    placed.__doc__ = function.__doc__
    return placed


def _restore(name: str, options: tuple[tuple[str, Any], ...]) -> BackendOps:
    from spacecore.plugins import resolve

    ops = resolve(name)
    return type(ops)(ops.device, **dict(options)) if options else ops


def _extension(cls: type[BackendOps], name: str, base: type[Bound]) -> Any:
    """An instance of the extension that the class body named, or one bound to `xp.<name>`."""
    written = vars(cls).get(name)
    if written is not None:
        return written
    inherited = getattr(cls, name, None)
    if inherited is not None and "xp" not in vars(cls):
        return inherited
    return type(f"{cls.__name__}{name.title()}", (base,), {"xp": getattr(cls.xp, name)})()
