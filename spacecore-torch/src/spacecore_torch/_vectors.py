"""Vectors changed in place, with one call for each pass over memory; products of a matrix.

A call of Torch's costs a microsecond, in which BLAS is through with a thousand numbers. Short
vectors on the host therefore go to BLAS, by NumPy's view of their memory.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import torch

from spacecore import NumpyOps
from spacecore.backend import MatrixProducts, VectorArithmetic, differs
from spacecore_torch._hidden import refuse_hidden
from spacecore_torch._products import Products
from spacecore_torch._tracing import is_transforming, is_wrapped

__all__ = ["Vectors"]


class Vectors:
    """`vector_arithmetic` and `matrix_products`."""

    @staticmethod
    @differs("on accelerators numbers stay tensors, so that nobody waits for them")
    def vector_arithmetic(example: Any, /) -> VectorArithmetic:
        on_host = example.device.type == "cpu"
        if on_host and _is_short(example):
            return _by_blas(example.dtype)
        return VectorArithmetic(
            dot=_dot(on_host=on_host, is_complex=example.dtype.is_complex),
            add_multiple=_add_multiple if on_host else _add_multiple_of_tensor,
            scale_and_add=_scale_and_add if on_host else _scale_and_add_by_tensor,
            product=_product,
            on_host=on_host,
            slices_share=True,
        )

    @staticmethod
    @differs("Torch's product with a vector costs less than `matmul`, which looks at axes")
    def matrix_products(a: Any, /) -> MatrixProducts:
        mv, matmul, dtype = torch.mv, Products.matmul, a.dtype
        if a.ndim > 2:
            return _of_stack(a)
        # A transposed view that is kept would miss `a.data = ...`, and gradients where it was
        # made without.
        return MatrixProducts(
            vector=lambda x: mv(a, x) if x.dtype is dtype else matmul(a, x),
            vector_transposed=lambda y: mv(a.mT, y) if y.dtype is dtype else matmul(a.mT, y),
            rows=lambda xs: matmul(xs, a.mT),
            rows_transposed=lambda ys: matmul(ys, a),
        )


# Up to here neither library uses threads, which would wait for each other's.
SHORT = 2**13
_OF_BLAS = {
    torch.float32: np.float32,
    torch.float64: np.float64,
    torch.complex64: np.complex64,
    torch.complex128: np.complex128,
}


def _is_short(example: Any) -> bool:
    is_tensor = type(example) is torch.Tensor or type(example) is torch.nn.Parameter
    return (
        is_tensor
        and example.shape[0] <= SHORT
        and example.dtype in _OF_BLAS
        and example.layout is torch.strided
        and not is_transforming()  # what operations give has no memory of its own
        and not torch.compiler.is_compiling()
    )


@cache
def _by_blas(dtype: torch.dtype) -> VectorArithmetic:
    own = NumpyOps().vector_arithmetic(np.empty(0, _OF_BLAS[dtype]))
    return own._replace(product=_product, view=_view, array=torch.from_numpy)


def _view(x: Any) -> Any:
    if x.requires_grad and (torch.is_grad_enabled() or is_wrapped(x)):
        refuse_hidden(x)
    # Detached, and with the conjugation and the sign that views only remember carried out.
    return x.numpy(force=True)


# Entries of a matrix up to which a stack of them is multiplied by columns: by rows it takes a
# quarter of the time from about 32 by 32 on.
_SMALL = 256


def _of_stack(a: Any) -> MatrixProducts:
    matmul, bmm, dtype = Products.matmul, torch.bmm, a.dtype
    small = a.shape[1] * a.shape[2] <= _SMALL

    def vector(x: Any) -> Any:
        if small and x.dtype is dtype:
            return bmm(a, x.unsqueeze(2)).squeeze(2)
        return matmul(x.unsqueeze(1), a.mT).squeeze(1)

    return MatrixProducts(
        vector=vector,
        vector_transposed=lambda y: matmul(y.unsqueeze(1), a).squeeze(1),
        rows=lambda xs: matmul(xs, a.mT),
        rows_transposed=lambda ys: matmul(ys, a),
    )


def _dot(*, on_host: bool, is_complex: bool) -> Any:
    if not is_complex:
        return _real_number if on_host else torch.dot
    return _complex_number if on_host else _real_part


def _real_number(x: Any, y: Any) -> Any:
    product = torch.dot(x, y)
    if product.requires_grad:
        refuse_hidden(product)
    return product.item()


def _real_part(x: Any, y: Any) -> Any:
    return torch.vdot(x, y).real


def _complex_number(x: Any, y: Any) -> Any:
    product = torch.vdot(x, y)
    if product.requires_grad:
        refuse_hidden(product)
    return product.item().real


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
