"""Spaces: sets of elements with membership, geometry and algebra."""

from __future__ import annotations

from spacecore.space._base import Space
from spacecore.space._dense import DenseCoordinateSpace, DenseVectorSpace
from spacecore.space._element import TreeElement
from spacecore.space._geometry import EuclideanInnerProduct, InnerProduct, WeightedInnerProduct
from spacecore.space._operator_geometry import OperatorInnerProduct
from spacecore.space._stacked import StackedSpace
from spacecore.space._tree import TreeSpace

__all__ = [
    "DenseCoordinateSpace",
    "DenseVectorSpace",
    "EuclideanInnerProduct",
    "InnerProduct",
    "OperatorInnerProduct",
    "Space",
    "StackedSpace",
    "TreeElement",
    "TreeSpace",
    "WeightedInnerProduct",
]
