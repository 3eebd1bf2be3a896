"""Vectors changed in place, with one call for each pass over memory; products of a matrix."""

from __future__ import annotations

from typing import Any

import torch

from spacecore.backend import MatrixProducts, VectorArithmetic, differs
from spacecore_torch._products import Products

__all__ = ["Vectors"]


class Vectors:
    """`vector_arithmetic` and `matrix_products`."""

    @staticmethod
    @differs("on accelerators numbers stay tensors, so that nobody waits for them")
    def vector_arithmetic(example: Any, /) -> VectorArithmetic:
        on_host = example.device.type == "cpu"
        return VectorArithmetic(
            dot=_dot(on_host=on_host, is_complex=example.dtype.is_complex),
            add_multiple=_add_multiple if on_host else _add_multiple_of_tensor,
            scale_and_add=_scale_and_add if on_host else _scale_and_add_by_tensor,
            product=_product,
            on_host=on_host,
        )

    @staticmethod
    @differs("Torch's product with a vector costs less than `matmul`, which looks at axes")
    def matrix_products(a: Any, /) -> MatrixProducts:
        mv, matmul, dtype = torch.mv, Products.matmul, a.dtype
        # A transposed view that is kept would miss `a.data = ...`, and gradients where it was
        # made without.
        return MatrixProducts(
            vector=lambda x: mv(a, x) if x.dtype is dtype else matmul(a, x),
            vector_transposed=lambda y: mv(a.mT, y) if y.dtype is dtype else matmul(a.mT, y),
            rows=lambda xs: matmul(xs, a.mT),
            rows_transposed=lambda ys: matmul(ys, a),
        )


def _dot(*, on_host: bool, is_complex: bool) -> Any:
    if not is_complex:
        return _real_number if on_host else torch.dot
    return _complex_number if on_host else _real_part


def _real_number(x: Any, y: Any) -> Any:
    return torch.dot(x, y).item()


def _real_part(x: Any, y: Any) -> Any:
    return torch.vdot(x, y).real


def _complex_number(x: Any, y: Any) -> Any:
    return torch.vdot(x, y).item().real


def _add_multiple(x: Any, y: Any, n: int, a: Any) -> None:
    y.add_(x, alpha=a)


def _add_multiple_of_tensor(x: Any, y: Any, n: int, a: Any) -> None:
    y.addcmul_(x, a)


def _scale_and_add(x: Any, a: Any, y: Any) -> None:
    torch.add(y, x, alpha=a, out=x)


def _scale_and_add_by_tensor(x: Any, a: Any, y: Any) -> None:
    torch.addcmul(y, x, a, out=x)


def _product(matrix: Any) -> Any:
    mv = torch.mv
    return lambda x, out: mv(matrix, x, out=out)
