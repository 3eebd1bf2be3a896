"""SpaceCore: which array library you compute with is an explicit, swappable object.

A `Context` names the library, the dtype and how much is checked. Code written against `ctx.ops`
runs on any of them. Nothing but NumPy is imported until another backend is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from spacecore import errors, plugins
from spacecore._ambient import (
    get_context,
    normalize_context,
    ops_of,
    resolve_context_priority,
    set_context,
    use_context,
)
from spacecore._checks import CHECK_LEVELS
from spacecore._context import Context, normalize_ops
from spacecore._typing import CheckLevel
from spacecore._version import __version__
from spacecore.backend import BackendFamily, BackendOps
from spacecore.backend._numpy import NumpyOps
from spacecore.errors import (
    BackendBlockedError,
    BackendContractError,
    BackendError,
    BackendLoadError,
    BackendNotInstalledError,
    BackendUnavailableError,
    CastError,
    ConversionError,
    DuplicateBackendError,
    IncompatibleBackendError,
    PluginWarning,
    SolveError,
    SpaceCoreError,
    SpaceValidationError,
    UnknownBackendError,
    UnsupportedOperationError,
)
from spacecore.plugins import available_backends, register_ops, unregister_ops
from spacecore.plugins._known import KNOWN_CLASSES

if TYPE_CHECKING:
    from spacecore.linalg import SolveResult, SolveStatus, cg
    from spacecore.linop import (
        AdjointLinOp,
        BlockDiagonalLinOp,
        BlockMatrixLinOp,
        ComposedLinOp,
        DenseBlockDiagonalLinOp,
        DenseLinOp,
        DiagonalLinOp,
        IdentityLinOp,
        LinOp,
        MatrixFreeLinOp,
        ScaledLinOp,
        SparseLinOp,
        StackedLinOp,
        SumLinOp,
        SumToSingleLinOp,
        TreeLinOp,
        ZeroLinOp,
        make_composed,
        make_scaled,
        make_sum,
    )
    from spacecore.space import (
        DenseCoordinateSpace,
        DenseVectorSpace,
        EuclideanInnerProduct,
        InnerProduct,
        OperatorInnerProduct,
        Space,
        StackedSpace,
        TreeElement,
        TreeSpace,
        WeightedInnerProduct,
    )
    from spacecore_cupy import CuPyOps as CuPyOps
    from spacecore_jax import JaxOps as JaxOps
    from spacecore_torch import TorchOps as TorchOps

__all__ = [
    "AdjointLinOp",
    "BackendBlockedError",
    "BackendContractError",
    "BackendError",
    "BackendFamily",
    "BackendLoadError",
    "BackendNotInstalledError",
    "BackendOps",
    "BackendUnavailableError",
    "BlockDiagonalLinOp",
    "BlockMatrixLinOp",
    "CHECK_LEVELS",
    "CastError",
    "CheckLevel",
    "ComposedLinOp",
    "Context",
    "ConversionError",
    "DenseBlockDiagonalLinOp",
    "DenseCoordinateSpace",
    "DenseLinOp",
    "DenseVectorSpace",
    "DiagonalLinOp",
    "DuplicateBackendError",
    "EuclideanInnerProduct",
    "IdentityLinOp",
    "IncompatibleBackendError",
    "InnerProduct",
    "LinOp",
    "MatrixFreeLinOp",
    "NumpyOps",
    "OperatorInnerProduct",
    "PluginWarning",
    "ScaledLinOp",
    "SolveError",
    "SolveResult",
    "SolveStatus",
    "Space",
    "SpaceCoreError",
    "SpaceValidationError",
    "SparseLinOp",
    "StackedLinOp",
    "StackedSpace",
    "SumLinOp",
    "SumToSingleLinOp",
    "TreeElement",
    "TreeLinOp",
    "TreeSpace",
    "UnknownBackendError",
    "UnsupportedOperationError",
    "WeightedInnerProduct",
    "ZeroLinOp",
    "__version__",
    "available_backends",
    "cg",
    "errors",
    "get_context",
    "make_composed",
    "make_scaled",
    "make_sum",
    "normalize_context",
    "normalize_ops",
    "ops_of",
    "plugins",
    "register_ops",
    "resolve_context_priority",
    "set_context",
    "unregister_ops",
    "use_context",
]

_LAYERS = ("spacecore.space", "spacecore.linop", "spacecore.linalg")

if not TYPE_CHECKING:  # so that a type checker still refuses a name that does not exist

    def __getattr__(name: str) -> Any:
        """Import a layer, or an installed backend's class, when something of it is first used.

        A missing backend says how to install it. `hasattr` and `getattr` with a default raise
        that error too: it is no `AttributeError`.
        """
        if name in KNOWN_CLASSES:  # not kept here: another class may be registered
            return type(plugins.resolve(KNOWN_CLASSES[name]))
        if name in __all__:
            for layer in map(import_module, _LAYERS):
                if name in layer.__all__:
                    return globals().setdefault(name, getattr(layer, name))
        raise AttributeError(f"module 'spacecore' has no attribute {name!r}")


def __dir__() -> list[str]:
    there = available_backends()
    return sorted([*__all__, *(cls for cls, name in KNOWN_CLASSES.items() if name in there)])
