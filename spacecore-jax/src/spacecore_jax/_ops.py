"""The JAX backend: JAX's own functions, and the few in which it differs."""

from __future__ import annotations

from functools import cache, partial
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from jax._src.array import ArrayImpl  # the public ways to this type initialise the devices
from jax.core import Tracer

from spacecore.backend import BackendFamily, BackendOps, MatrixProducts, differs, dtype_name
from spacecore_jax import _transfer
from spacecore_jax._arrays import ArrayFunctions
from spacecore_jax._autodiff import Autodiff
from spacecore_jax._creation import Creation
from spacecore_jax._decompositions import eigh, svd
from spacecore_jax._devices import device_of, find_device, is_on_cpu, kind_of, name_of
from spacecore_jax._dtypes import (
    NAMES,
    WIDE,
    eps,
    finfo,
    fitted,
    result_type,
    sanitize_dtype,
    wide_enabled,
)
from spacecore_jax._namespaces import JaxFFT, JaxLinalg
from spacecore_jax._products import (
    FULL,
    check_precision,
    linalg_products,
    products,
    products_of_stacks,
)
from spacecore_jax._random import RandomNumbers
from spacecore_jax._solves import Solves
from spacecore_jax._sparse import FORMATS, SparseMatrices, is_sparse

__all__ = ["JaxOps"]

_full = products(FULL)


_CIRCULAR = "acos acosh asin asinh atan atanh cos cosh sin sinh tan tanh"
_OTHERS = "abs expm1 log log10 log1p log2 sqrt"
_COMPLEX_ENDS = "of complex numbers with infinite, NaN or -0 parts JAX gets only some right"


class JaxOps(ArrayFunctions, Autodiff, Creation, RandomNumbers, Solves, SparseMatrices, BackendOps):
    """JAX: compiled, differentiated and mapped, on CPU, GPU or TPU.

    Parameters
    ----------
    device : jax.Device or str, optional
        `"cpu"`, `"cpu:1"`, `"gpu"`, `"cuda:0"`, ... Where arrays are made.
    matmul_precision : str, optional
        `"default"`, `"high"` or `"highest"`, or one of JAX's other names for these: what products
        on accelerators are computed in. Full precision if not given.

    Notes
    -----
    64-bit dtypes are there once `jax.config.update("jax_enable_x64", True)` was called; until
    then they are refused, never narrowed. A NumPy array that becomes a JAX array on the CPU shares
    its memory where that is row-major and aligned to 64 bytes: a later write to it changes the JAX
    array. `copy=True` avoids that.
    """

    family = BackendFamily.JAX
    xp: ClassVar[Any] = jnp
    array_types = (ArrayImpl, jax.Array)
    dtypes = NAMES
    capabilities = frozenset({"autodiff", "jit", "sparse"})
    sparse_formats = FORMATS
    has_native_vmap = True
    direct: ClassVar[dict[str, Any]] = {
        "block_until_ready": jax.block_until_ready,
        "cholesky": jnp.linalg.cholesky,
        "cond": jax.lax.cond,
        "diagonal": jnp.linalg.diagonal,
        "dtype_name": dtype_name,
        "forget_compiled": jax.clear_caches,
        "fori_loop": jax.lax.fori_loop,
        "jit": jax.jit,
        "jvp": jax.jvp,
        "norm": jnp.linalg.norm,
        "permute_dims": jnp.transpose,
        "ravel": jnp.ravel,
        "scan": jax.lax.scan,
        "solve": jnp.linalg.solve,
        "transpose": jnp.transpose,
        "vectorize": jnp.vectorize,
        "vmap": jax.vmap,
        "while_loop": jax.lax.while_loop,
    }
    differences: ClassVar[dict[str, str]] = {
        "floor_divide[float*special]": "JAX gives 0 for -0 // x, where it is -0",
        **{f"{name}[complex*special]": _COMPLEX_ENDS for name in f"{_CIRCULAR} {_OTHERS}".split()},
    }
    linalg = JaxLinalg()
    fft = JaxFFT()

    einsum = staticmethod(_full["einsum"])
    matmul = staticmethod(_full["matmul"])
    tensordot = staticmethod(_full["tensordot"])
    vdot = staticmethod(_full["vdot"])
    vecdot = staticmethod(_full["vecdot"])
    eigh = staticmethod(eigh)
    eps = staticmethod(differs("JAX's limits are NumPy scalars")(eps))
    finfo = staticmethod(differs("JAX's limits are NumPy scalars")(finfo))
    result_type = staticmethod(result_type)
    sanitize_dtype = staticmethod(sanitize_dtype)
    svd = staticmethod(svd)
    export_dense = staticmethod(_transfer.export_dense)
    import_dense = staticmethod(_transfer.import_dense)
    trace = staticmethod(JaxLinalg.trace)
    to_numpy = staticmethod(_transfer.to_numpy)

    def __init__(self, device: Any = None, *, matmul_precision: str | None = None):
        if matmul_precision is not None:
            check_precision(matmul_precision)
        super().__init__(device, matmul_precision=matmul_precision)
        if matmul_precision is not None:
            state = vars(self)
            state.update(products(matmul_precision))
            state["linalg"] = JaxLinalg(linalg_products(matmul_precision))

    @differs("what is called once is dispatched once")
    def matrix_products(self, a: Any, /) -> MatrixProducts:
        plain = super().matrix_products(a)
        if len(a.shape) == 2:
            return plain
        precision = dict(self.options).get("matmul_precision", FULL)
        vector, vector_transposed = products_of_stacks(precision)
        return plain._replace(
            vector=partial(vector, a), vector_transposed=partial(vector_transposed, a)
        )

    @property
    def device_name(self) -> str | None:
        return None if self.device is None else name_of(self.device)

    @differs("JAX prints a device otherwise than it is named")
    def normalize_device(self, device: Any, /) -> Any:
        return find_device(device)

    @differs("JAX prints a device otherwise than it is named")
    def device_kind(self, device: Any, /) -> str:
        return kind_of(device)

    @differs("an array may lie on several devices, and a tracer on none yet")
    def device_of(self, x: Any, /) -> Any:
        """Return the device that `x` lies on, its sharding if on several; None for a tracer."""
        if type(x) is ArrayImpl:
            return device_of(x)
        x = x.data if is_sparse(x) else x
        return None if isinstance(x, Tracer) else device_of(x)

    @differs("an array may lie on several devices, and a tracer on none yet")
    def is_on_host(self, x: Any, /) -> bool:
        return not isinstance(x, Tracer) and all(map(is_on_cpu, x.devices()))

    @differs("JAX's 64-bit dtypes come and go with a setting")
    def has_dtype(self, name: str, /) -> bool:
        return name in self.dtypes and (name not in WIDE or wide_enabled())

    @staticmethod
    @differs("JAX traces: an array may be a tracer, a sparse matrix one of tracers")
    def is_traced(x: Any, /) -> bool:
        if type(x) is ArrayImpl:
            return False
        return isinstance(x, Tracer) or (is_sparse(x) and isinstance(x.data, Tracer))

    @staticmethod
    @differs("the contract's third argument is keepdims, JAX's is a scaling")
    def logsumexp(x: Any, /, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: FBT002
        return jax.nn.logsumexp(x, axis, keepdims=keepdims)

    @staticmethod
    @differs("JAX keeps a registry of the classes in its trees")
    @cache  # JAX refuses a class that it knows
    def register_value_class(value_class: type, /) -> None:
        jax.tree_util.register_pytree_node_class(value_class)

    @staticmethod
    @differs("JAX's indices are 32-bit whatever the default")
    def searchsorted(x1: Any, x2: Any, /, *, side: str = "left", sorter: Any = None) -> Any:
        return _searchsorted(x1, x2, sorter, side=side)

    @staticmethod
    @differs("JAX's is a method of a view, `x.at[index]`, and warns of values of another dtype")
    def index_set(x: Any, index: Any, values: Any, /, *, copy: bool = True) -> Any:
        return x.at[index].set(fitted(values, x.dtype))

    @staticmethod
    @differs("JAX's is a method of a view, `x.at[index]`, and warns of values of another dtype")
    def index_add(x: Any, index: Any, values: Any, /, *, copy: bool = True) -> Any:
        if x.dtype.kind == "b":  # JAX adds none; of two, a sum is true where the larger is
            return x.at[index].max(fitted(values, x.dtype))
        return x.at[index].add(fitted(values, x.dtype))


@partial(jax.jit, static_argnames="side", inline=True)
def _searchsorted(x1: Any, x2: Any, sorter: Any, *, side: str) -> Any:
    result_type(x1, x2)  # refuses what JAX would compare narrowed
    found = jnp.searchsorted(x1, x2, side=side, sorter=sorter)
    return found.astype(jnp.asarray(0).dtype)
