"""Spaces: sets of elements with membership, geometry and algebra."""

from __future__ import annotations

from spacecore.space._base import Space
from spacecore.space._dense import DenseCoordinateSpace, DenseVectorSpace
from spacecore.space._geometry import EuclideanInnerProduct, InnerProduct, WeightedInnerProduct

__all__ = [
    "DenseCoordinateSpace",
    "DenseVectorSpace",
    "EuclideanInnerProduct",
    "InnerProduct",
    "Space",
    "WeightedInnerProduct",
]
