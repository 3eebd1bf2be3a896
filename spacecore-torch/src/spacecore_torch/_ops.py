"""`TorchOps`: Torch's own functions, and the files that hold what differs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import torch
from torch.utils._pytree import tree_leaves

from spacecore.backend import BackendFamily, BackendOps, differs
from spacecore_torch import _native
from spacecore_torch._creation import Creation
from spacecore_torch._decompositions import eigh, svd
from spacecore_torch._devices import normalize_device
from spacecore_torch._dtypes import NAMES, Dtypes
from spacecore_torch._elementwise import Elementwise
from spacecore_torch._fft import TorchFFT
from spacecore_torch._gaps import DIFFERENCES
from spacecore_torch._info import TorchInfo
from spacecore_torch._linalg import TorchLinalg
from spacecore_torch._products import Products
from spacecore_torch._random import RandomNumbers
from spacecore_torch._reductions import Reductions
from spacecore_torch._searching import Searching
from spacecore_torch._shapes import Shapes
from spacecore_torch._solves import Solves
from spacecore_torch._sparse import Sparse
from spacecore_torch._tracing import is_traced
from spacecore_torch._transfer import export, from_foreign, to_numpy
from spacecore_torch._transforms import Transforms, register_value_class
from spacecore_torch._updates import Updates
from spacecore_torch._vectors import Vectors

__all__ = ["TorchOps"]


class TorchOps(
    Creation,
    Dtypes,
    Elementwise,
    Products,
    RandomNumbers,
    Reductions,
    Searching,
    Shapes,
    Solves,
    Sparse,
    Transforms,
    Updates,
    Vectors,
    BackendOps,
):
    """Torch: eager, on the host and on accelerators, with derivatives and sparse matrices.

    Parameters
    ----------
    device : torch.device or str, optional
        `"cpu"`, `"cuda"` (which is `"cuda:0"`), `"mps"`, `"meta"`, ... Without it arrays are made
        on Torch's default device.
    compile : bool
        Whether `jit` compiles by `torch.compile`; else it returns the function itself.

    Notes
    -----
    A gradient flows through every operation, by `ops.grad` as well as by `backward()`.

    Products run in the full precision of their dtype as long as Torch's own flags say so, and
    they do by default: `torch.get_float32_matmul_precision()` is `"highest"`. SpaceCore never sets
    these flags.

    Torch stores uint16, uint32 and uint64 and computes next to nothing in them: arithmetic raises
    its `NotImplementedError`. Sums of uint8 are int64.

    A slice runs forwards: `x[::-1]` is an error of Torch; use `ops.flip`.

    Two warnings that Torch gives once a process are used up here, unheard: that compressed sparse
    layouts are in beta, and that a search copies strided arrays.
    """

    family = BackendFamily.TORCH
    xp: ClassVar[Any] = torch
    array_types = (torch.Tensor, torch.nn.Parameter)
    dtypes = frozenset(NAMES)
    capabilities = frozenset({"autodiff", "sparse"})
    sparse_formats = ("csr", "csc", "coo")
    sparse_shares_type = True
    differences = DIFFERENCES
    linalg = TorchLinalg()
    fft = TorchFFT()
    direct: ClassVar[dict[str, Any]] = {
        "bitwise_invert": torch.bitwise_not,
        "broadcast_arrays": torch.broadcast_tensors,
        "cholesky": torch.linalg.cholesky,
        "copy": torch.clone,
        "diagonal": torch.linalg.diagonal,
        "expand_dims": torch.unsqueeze,
        "moveaxis": torch.movedim,  # `vmap` knows this name of it alone
        "ndim": torch.Tensor.dim,
        "norm": torch.linalg.norm,
        "ravel": torch.ravel,
        "size": torch.Tensor.numel,
        "unstack": torch.unbind,
    }

    solve = staticmethod(TorchLinalg.solve)
    trace = staticmethod(TorchLinalg.trace)
    eigh = staticmethod(eigh)
    svd = staticmethod(svd)

    def __init__(self, device: Any = None, *, compile: bool = False):
        super().__init__(device, compile=True if compile else None)
        if compile:
            vars(self)["capabilities"] = self.capabilities | {"jit"}

    @differs("a sparse tensor is of the same class")
    def is_dense(self, x: object, /) -> bool:
        return isinstance(x, _native.Tensor) and x.layout is _native.strided

    is_traced = staticmethod(differs("Torch wraps what it maps and differentiates")(is_traced))

    @differs("Torch has no such function")
    def __array_namespace_info__(self) -> TorchInfo:  # type: ignore[override]
        return TorchInfo(self.device)

    @differs("Torch's devices have an index or none")
    def normalize_device(self, device: Any, /) -> torch.device:
        return normalize_device(device)

    @differs("Torch has it as an attribute")
    def device_of(self, x: Any, /) -> torch.device:
        return x.device

    @staticmethod
    @differs("accelerators compute behind the host's back")
    def block_until_ready(x: Any, /) -> Any:
        for device in {leaf.device for leaf in tree_leaves(x) if isinstance(leaf, torch.Tensor)}:
            if device.type not in ("cpu", "meta"):
                torch.accelerator.synchronize(device)
        return x

    @staticmethod
    @differs("Torch's trees know the classes that are registered with it")
    def register_value_class(cls: type, /) -> None:  # noqa: PLW0211
        register_value_class(cls)

    @differs("a sparse tensor is of the same class")
    def member_test(
        self, shape: Any, dtype: Any, otherwise: Callable[[object], None], /
    ) -> Callable[[object], None]:
        kind, strided, device = torch.Tensor, torch.strided, self.device

        def test(x: Any) -> None:
            if type(x) is kind and x.shape == shape and x.dtype is dtype and x.layout is strided:
                return
            otherwise(x)

        def test_device(x: Any) -> None:
            if (
                type(x) is kind
                and x.shape == shape
                and x.dtype is dtype
                and x.layout is strided
                and x.device == device
            ):
                return
            otherwise(x)

        return test if device is None else test_device

    to_numpy = staticmethod(
        differs("Torch refuses lazy conjugates and accelerators, and says less")(to_numpy)
    )

    @differs("other libraries read no lazy conjugates and no broadcast memory")
    def export_dense(self, x: Any, /, *, copy: bool | None = None) -> torch.Tensor:
        return export(x, copy=copy)

    @staticmethod
    @differs("Torch aborts on negative strides, and warns of read-only memory")
    def import_dense(x: Any, /, *, device: Any = None, copy: bool | None = None) -> torch.Tensor:
        return from_foreign(x, device=device, copy=copy)
