"""Operators given in coordinates: what they need beyond the Euclidean adjoint."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from spacecore._ambient import resolve_context_priority
from spacecore._checks import not_dense, on_other_device
from spacecore._context import Context, ContextLike
from spacecore._typing import DType, Shape
from spacecore.errors import SpaceValidationError
from spacecore.linop._base import Kernel, LinOp
from spacecore.linop._refusals import refuse_no_space
from spacecore.space import DenseCoordinateSpace, DenseVectorSpace, Space

__all__ = ["CoordinateLinOp", "are_vectors", "codomain_of", "context_of_dense", "through_riesz"]


class CoordinateLinOp(LinOp):
    """An operator whose Euclidean adjoint is at hand; the Riesz maps of its spaces do the rest.

    Subclasses give kernels between elements, and kernels of batches with one leading axis.
    """

    @abstractmethod
    def _kernel(self) -> Kernel: ...

    @abstractmethod
    def _euclidean_adjoint_kernel(self) -> Kernel:
        """A function that computes Aᴴ y in coordinates."""

    def _adjoint_kernel(self) -> Kernel:
        euclidean = self._euclidean_adjoint_kernel()
        if self._narrows():
            euclidean = self._narrowed(euclidean)
        return through_riesz(self.domain, self.codomain, euclidean)

    def _pulled_back(self, transposed: Kernel, array: Any, ys: Any) -> Any:
        """The adjoint of a batch, from a product of it with Aᵀ; where weights are all there is."""
        ops, dom, cod = self.ops, self.domain, self.codomain
        ys = ys if cod.is_euclidean else cod._riesz(ys)
        if ops.is_complex_dtype(array.dtype):
            back = ops.conj(transposed(ops.conj(ys)))
        else:
            back = transposed(ys)
        back = ops.astype(back, dom.dtype) if self._narrows() else back
        return back if dom.is_euclidean else dom._riesz_inverse(back)

    def _check_coefficients(self, x: Any) -> None:
        """Raise unless coefficients times an element of the domain are of the codomain.

        Raises
        ------
        SpaceValidationError
        """
        ops, dom, cod, name = self.ops, self.domain, self.codomain, type(self).__name__
        if dom.field != cod.field:
            raise SpaceValidationError(
                f"{name} maps between spaces over one field. Got a {dom.field} domain and a "
                f"{cod.field} codomain. Use a complex dtype for both."
            )
        given = ops.result_type(x.dtype, dom.dtype)
        if given != cod.dtype:
            raise SpaceValidationError(
                f"Expected coefficients of {name} that give dtype {ops.dtype_name(cod.dtype)}, "
                f"got {ops.dtype_name(x.dtype)}, which gives {ops.dtype_name(given)}"
            )
        if self.ctx.check_level == "none":
            return
        for each in (ops, dom.ops, cod.ops):  # any of which may name the device
            if wrong := on_other_device(each, x):
                raise SpaceValidationError(wrong)

    def _narrows(self) -> bool:
        """Whether the domain is of a narrower dtype, to which adjoints are rounded."""
        return bool(self.domain.dtype != self.codomain.dtype)

    def _narrowed(self, kernel: Kernel) -> Kernel:
        astype, dtype = self.ops.astype, self.domain.dtype
        return lambda y: astype(kernel(y), dtype)


def through_riesz(domain: Space, codomain: Space, euclidean: Kernel) -> Kernel:
    """Return the adjoint in the spaces' inner products, `R_X⁻¹ Aᴴ R_Y`.

    Parameters
    ----------
    domain, codomain : Space
        Of A.
    euclidean : callable
        Computes Aᴴ y.
    """
    if domain.is_euclidean and codomain.is_euclidean:
        return euclidean
    if domain.is_euclidean:
        lower = codomain._riesz
        return lambda y: euclidean(lower(y))
    if codomain.is_euclidean:
        lift = domain._riesz_inverse
        return lambda y: lift(euclidean(y))
    lower, lift = codomain._riesz, domain._riesz_inverse
    return lambda y: lift(euclidean(lower(y)))


def context_of_dense(x: Any, ctx: ContextLike | None, *others: Any) -> Context:
    """Return the context of an operator; raise if its coefficients are no dense array there.

    Raises
    ------
    SpaceValidationError
    TypeError
        If another thing that the context may come from is no space.
    """
    refuse_no_space(*(other for other in others if other is not None and other is not x))
    context = resolve_context_priority(ctx, *(other for other in others if other is not None))
    if not context.ops.is_dense(x):
        raise SpaceValidationError(not_dense(context.ops, x))
    return context


def codomain_of(shape: Shape, dtype: DType, dom: Space) -> Space:
    """Return the codomain of coefficients that are given without one.

    Parameters
    ----------
    shape : tuple of int
        Of the results.
    dtype : dtype
        Of the coefficients.
    dom : Space

    Returns
    -------
    Space
        The domain where it has that shape and can hold what comes out, whatever its geometry:
        a square matrix maps a space to itself. Else the Euclidean space of that shape.
    """
    joint = dom.ops.result_type(dtype, dom.dtype)
    if shape == dom.shape and joint == dom.dtype and not _mixes_fields(dom):
        return dom
    kind = DenseVectorSpace if len(shape) == 1 else DenseCoordinateSpace
    return kind(shape, dom.ctx.convert(dom.ops, dtype=joint))


def _mixes_fields(space: Space) -> bool:
    """Whether some leaves are real and some complex, and would drop imaginary parts."""
    if space._holds_arrays:
        return False
    return space.field == "real" and space.ops.is_complex_dtype(space.dtype)


def are_vectors(*spaces: Space) -> bool:
    """Whether elements are arrays with one axis: their own coordinates."""
    return all(space._holds_arrays and len(space.shape) == 1 for space in spaces)
