"""The contract that every array library is held to, and NumPy's implementation of it."""

from __future__ import annotations

from spacecore.backend._contract import FFTNamespace, LinalgNamespace
from spacecore.backend._declare import Binding, Entry, default, differs
from spacecore.backend._dtypes import dtype_name, no_dtype
from spacecore.backend._family import BackendFamily
from spacecore.backend._ops import BackendOps
from spacecore.backend._phases import phases
from spacecore.backend._transfer import transfer, transfer_sparse
from spacecore.backend._vectors import MatrixProducts, VectorArithmetic

__all__ = [
    "BackendFamily",
    "BackendOps",
    "Binding",
    "Entry",
    "FFTNamespace",
    "LinalgNamespace",
    "MatrixProducts",
    "VectorArithmetic",
    "default",
    "differs",
    "dtype_name",
    "no_dtype",
    "phases",
    "transfer",
    "transfer_sparse",
]
