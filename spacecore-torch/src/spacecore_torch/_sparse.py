"""Sparse matrices in Torch's CSR, CSC and COO layouts.

Row and column indices are int32 where they fit: Torch multiplies these 2.5 times faster. COO has
int64 indices always.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import torch

from spacecore.backend import differs, dtype_name
from spacecore.errors import CastError
from spacecore_torch import _native
from spacecore_torch._promotion import result_type
from spacecore_torch._quiet import quietly
from spacecore_torch._sparse_product import (
    BLOCKS,
    COMPRESSED_DTYPES,
    below_transforms,
    matmul,
    unblocked,
)
from spacecore_torch._tracing import is_transforming
from spacecore_torch._transfer import from_foreign, to_numpy

__all__ = ["Sparse", "is_sparse"]

_LAYOUTS = {"csr": torch.sparse_csr, "csc": torch.sparse_csc, "coo": torch.sparse_coo}
_FORMATS = {layout: name for name, layout in _LAYOUTS.items()}
_SPARSE = BLOCKS.union(_FORMATS)


def is_sparse(x: object, /) -> bool:
    """Tell whether `x` is a tensor of a sparse layout."""
    return isinstance(x, _native.Tensor) and x.layout is not _native.strided and x.layout in _SPARSE


class Sparse:
    """Making, multiplying and reading sparse matrices."""

    device: Any
    is_sparse = staticmethod(differs("sparse tensors differ from dense ones by layout")(is_sparse))

    @differs("Torch has a function a format, and takes no other library's matrices")
    def assparse(self, x: Any, /, *, format: str | None = None, dtype: Any = None) -> torch.Tensor:
        if len(x.shape) != 2:
            raise ValueError(f"A sparse matrix has two axes. Got shape {tuple(x.shape)}.")
        if dtype is not None and not dtype.is_complex and "complex" in str(x.dtype):
            raise CastError(
                f"A cast keeps the imaginary part. Got {dtype_name(x.dtype)} into "
                f"{dtype_name(dtype)}. Take the real part first."
            )
        pass_beta_warning()
        return below_transforms(_made, x, format, self.device, dtype)

    @differs("Torch wants one dtype, multiplies few in compressed layouts, and maps none of them")
    def sparse_matmul(self, a: Any, x: Any, /) -> torch.Tensor:
        if a.dtype is not x.dtype:
            dtype = result_type(a, x)
            a, x = below_transforms(_cast, a, dtype), x.to(dtype)
        elif (
            type(a) is torch.Tensor
            and a.dtype in COMPRESSED_DTYPES
            and a.layout not in BLOCKS
            and not is_transforming()
        ):
            return a @ x  # as `matmul` would
        if a.dtype is torch.bool:
            return matmul(below_transforms(_cast, a, torch.int64), x.to(torch.int64)) != 0
        return matmul(a, x)

    @differs("Torch has no `T` for compressed layouts")
    def sparse_transpose(self, a: Any, /) -> torch.Tensor:
        return below_transforms(_transposed, a)

    @differs("Torch has it as a method")
    def sparse_to_dense(self, a: Any, /) -> torch.Tensor:
        return below_transforms(torch.Tensor.to_dense, a)

    @differs("Torch has no such function")
    def sparse_to_scipy(self, a: Any, /) -> Any:
        return below_transforms(_to_scipy, a)


@cache
def pass_beta_warning() -> None:
    """Let Torch say once, to nobody, that compressed sparse layouts are in beta.

    It says so once a process, at the first such tensor, whoever makes it.
    """
    with quietly(message="Sparse CS[RC] tensor support is in beta"):
        torch.sparse_csr_tensor(
            torch.tensor([0, 0]),
            torch.tensor([], dtype=torch.int64),
            torch.tensor([]),
            (1, 1),
            check_invariants=False,
        )


def _layout(asked: str | None, own: str) -> torch.layout:
    """The layout to make: the one asked for, else the matrix's own where Torch has it."""
    if asked is None:
        return _LAYOUTS.get(own, torch.sparse_csr)
    if asked not in _LAYOUTS:
        names = ", ".join(f'"{name}"' for name in _LAYOUTS)
        raise ValueError(f"A sparse format of Torch is one of {names}. Got {asked!r}.")
    return _LAYOUTS[asked]


def _in_layout(x: Any, layout: torch.layout) -> torch.Tensor:
    made = x if x.layout is layout else unblocked(x).to_sparse(layout=layout)
    if layout is torch.sparse_coo:
        return made
    starts, places = _indices(made)
    narrow = _index_dtype(made.shape, made.values().shape[0])
    if places.dtype is narrow:
        return made
    return torch.sparse_compressed_tensor(
        starts.to(narrow),
        places.to(narrow),
        made.values(),
        made.shape,
        layout=layout,
        check_invariants=False,
    )


def _made(x: Any, form: str | None, device: Any, dtype: Any) -> torch.Tensor:
    """A matrix of Torch's or SciPy's in a format, on a device, of a dtype."""
    if isinstance(x, torch.Tensor):
        made = _in_layout(x, _layout(form, _FORMATS.get(x.layout, "csr")))
    else:
        made = _from_scipy(x, _layout(form, x.format))
    return made.to(device=device, dtype=dtype)


def _cast(a: Any, dtype: torch.dtype) -> Any:
    return a.to(dtype)


def _transposed(a: Any) -> Any:
    return a.transpose(0, 1)


def _to_scipy(a: Any) -> Any:
    from scipy import sparse

    if a.layout is torch.sparse_coo:
        entries = (to_numpy(a._values()), tuple(to_numpy(a._indices())))
        return sparse.coo_array(entries, shape=tuple(a.shape))
    made = _in_layout(a, a.layout if a.layout in _FORMATS else torch.sparse_csr)
    starts, places = _indices(made)
    kind = sparse.csr_array if made.layout is torch.sparse_csr else sparse.csc_array
    return kind((to_numpy(made.values()), to_numpy(places), to_numpy(starts)), shape=tuple(a.shape))


def _from_scipy(x: Any, layout: torch.layout) -> torch.Tensor:
    made = x.asformat(_FORMATS[layout])
    if layout is torch.sparse_coo:
        places = torch.from_numpy(np.stack(made.coords).astype(np.int64))
        return torch.sparse_coo_tensor(
            places, from_foreign(made.data), made.shape, check_invariants=True
        )
    if not made.has_canonical_format:  # Torch keeps one of the entries that occur twice
        made = made.copy()
        made.sum_duplicates()
    narrow = _index_dtype(made.shape, made.nnz)
    starts, places = (from_foreign(x).to(narrow) for x in (made.indptr, made.indices))
    return torch.sparse_compressed_tensor(
        starts,
        places,
        from_foreign(made.data),
        made.shape,
        layout=layout,
        check_invariants=made.nnz > 0,  # older Torch refuses the strides of NumPy's empty arrays
    )


def _index_dtype(shape: Any, count: int) -> torch.dtype:
    return torch.int32 if max(*shape, count) < 2**31 else torch.int64


def _indices(a: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """The starts of the compressed axis, and the places along the other."""
    if a.layout is torch.sparse_csr:
        return a.crow_indices(), a.col_indices()
    return a.ccol_indices(), a.row_indices()
