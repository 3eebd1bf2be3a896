"""Linear operators between spaces, and their algebra."""

from __future__ import annotations

from spacecore.linop._adjoint import AdjointLinOp
from spacecore.linop._base import LinOp
from spacecore.linop._block import (
    BlockDiagonalLinOp,
    BlockMatrixLinOp,
    StackedLinOp,
    SumToSingleLinOp,
)
from spacecore.linop._composed import ComposedLinOp, make_composed
from spacecore.linop._dense import DenseLinOp
from spacecore.linop._dense_blocks import DenseBlockDiagonalLinOp
from spacecore.linop._diagonal import DiagonalLinOp
from spacecore.linop._identity import IdentityLinOp, ZeroLinOp
from spacecore.linop._matrix_free import MatrixFreeLinOp
from spacecore.linop._scaled import ScaledLinOp, make_scaled
from spacecore.linop._sparse import SparseLinOp
from spacecore.linop._sum import SumLinOp, make_sum
from spacecore.linop._tree import TreeLinOp

__all__ = [
    "AdjointLinOp",
    "BlockDiagonalLinOp",
    "BlockMatrixLinOp",
    "ComposedLinOp",
    "DenseBlockDiagonalLinOp",
    "DenseLinOp",
    "DiagonalLinOp",
    "IdentityLinOp",
    "LinOp",
    "MatrixFreeLinOp",
    "ScaledLinOp",
    "SparseLinOp",
    "StackedLinOp",
    "SumLinOp",
    "SumToSingleLinOp",
    "TreeLinOp",
    "ZeroLinOp",
    "make_composed",
    "make_scaled",
    "make_sum",
]
