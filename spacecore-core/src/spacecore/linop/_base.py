"""`LinOp`: a linear map between two spaces, and its adjoint in their geometry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import spacecore.linop as algebra  # whose classes derive from this one; looked up when needed
from spacecore._ambient import resolve_context_priority
from spacecore._checks import elsewhere
from spacecore._context import Context, ContextLike
from spacecore._typing import DType
from spacecore.backend import BackendOps
from spacecore.errors import SpaceValidationError
from spacecore.linop._algebra import Algebra
from spacecore.linop._checked import checked_batch, guarded
from spacecore.linop._probe import probe_adjoint, probe_batches, probe_hermitian
from spacecore.linop._refusals import refuse_no_space
from spacecore.linop._written import inherited, inherited_batch, settle
from spacecore.space import Space, TreeElement
from spacecore.space._batch import batched
from spacecore.space._element import plain

__all__ = ["Kernel", "LinOp"]

Kernel = Callable[[Any], Any]


class LinOp(Algebra, data=("domain", "codomain"), static=("ctx",)):
    """A linear map from one space to another.

    To write one, subclass and define `_apply(x)` and `_rapply(y)`: elements in, elements out,
    checked around them. `_rapply` is the adjoint in the inner products of the spaces,
    `⟨A x, y⟩ = ⟨x, A.H y⟩`. Writing the public `apply` and `rapply` instead works as well.

    Parameters
    ----------
    dom, cod : Space
        Domain and codomain.
    ctx : Context, optional
        By default the spaces' own.

    Raises
    ------
    TypeError
        If domain or codomain is no space.
    SpaceValidationError
        If a space is of another family or device than the context.

    Attributes
    ----------
    domain, codomain : Space
    ctx : Context

    Examples
    --------
    >>> import spacecore as sc
    >>> class Reverse(sc.LinOp):
    ...     def _apply(self, x):
    ...         return self.ops.flip(x)
    ...
    ...     _rapply = _apply
    >>> X = sc.DenseVectorSpace(3, "numpy")
    >>> A = Reverse(X, X)
    >>> A @ X.ctx.asarray([1, 2, 3])
    array([3., 2., 1.])
    """

    domain: Space
    codomain: Space
    ctx: Context

    # An array on the left hands the operation over, and is told what to write instead.
    __array_ufunc__ = None
    __array_priority__ = 1000

    def __init__(self, dom: Space, cod: Space, ctx: ContextLike | None = None):
        refuse_no_space(dom, cod)
        context = ctx if isinstance(ctx, Context) else resolve_context_priority(ctx, dom, cod)
        for space in (dom, cod):
            if space.ctx is not context and (wrong := elsewhere(context.ops, space.ops)):
                role = "domain" if space is dom else "codomain"
                raise SpaceValidationError(f"{wrong} for the {role}. Convert it first.")
        state = vars(self)  # past the guard against changes, which a finished object needs
        state["ctx"] = context
        state["domain"], state["codomain"] = dom, cod

    # Whether `_kernel` and `_adjoint_kernel` compute what `_apply` and `_rapply` do.
    _compiles: ClassVar[bool] = False
    _compiles_adjoint: ClassVar[bool] = False
    _is_expression: ClassVar[bool] = False  # of operators that were tested when they were made
    _own_batch_forms: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        settle(cls, vars(LinOp))

    @property
    def dom(self) -> Space:
        """The domain."""
        return self.domain

    @property
    def cod(self) -> Space:
        """The codomain."""
        return self.codomain

    @property
    def ops(self) -> BackendOps:
        """The backend."""
        return self.ctx.ops

    @property
    def dtype(self) -> DType:
        """The dtype of what the operator gives."""
        return self.codomain.dtype

    @property
    def shape(self) -> tuple[int, int]:
        """Sizes of codomain and domain: the shape of `to_matrix()`."""
        return self.codomain.size, self.domain.size

    @property
    def H(self) -> LinOp:
        """The adjoint in the inner products of the spaces, as a view."""
        return algebra.AdjointLinOp(self)

    def _probe(self) -> None:
        """At `strict`, test what was written by hand on random elements: adjoint, batch forms."""
        if self.ctx.check_level != "strict" or self._is_expression:
            return
        if not (self._compiles and self._compiles_adjoint):
            probe_adjoint(self)
        for name in self._batch_forms():
            probe_batches(self, name)

    # Application. The kernels are compiled on first use and kept as attributes that shadow the
    # methods; they refer to data and spaces, never to the operator.

    def apply(self, x: Any) -> Any:
        """Return A x.

        Parameters
        ----------
        x : element of the domain

        Returns
        -------
        element of the codomain

        Raises
        ------
        SpaceValidationError
            If `x` is no element of the domain.
        """
        if type(self).apply is not LinOp.apply:
            return inherited(self, "apply", "_kernel")(x)
        kernel = self._forward_kernel()
        if kernel is not None:
            compiled = vars(self)["apply"] = guarded(self.domain, kernel, self.ctx)
            return compiled(x)
        if type(x) is TreeElement:
            x = x.value
        if self.ctx.check_level == "none":
            return self._apply(x)
        self.domain.check_member(x)
        result = self._apply(x)
        self.codomain.check_member(result)
        return result

    def rapply(self, y: Any) -> Any:
        """Return A.H y, the adjoint in the inner products of the spaces.

        Parameters
        ----------
        y : element of the codomain

        Returns
        -------
        element of the domain

        Raises
        ------
        SpaceValidationError
            If `y` is no element of the codomain.
        """
        if type(self).rapply is not LinOp.rapply:
            return inherited(self, "rapply", "_adjoint_kernel")(y)
        kernel = self._backward_kernel()
        if kernel is not None:
            compiled = vars(self)["rapply"] = guarded(self.codomain, kernel, self.ctx)
            return compiled(y)
        if type(y) is TreeElement:
            y = y.value
        if self.ctx.check_level == "none":
            return self._rapply(y)
        self.codomain.check_member(y)
        result = self._rapply(y)
        self.domain.check_member(result)
        return result

    def vapply(self, xs: Any) -> Any:
        """Return A x for each element of a batch.

        Parameters
        ----------
        xs : batch of elements of the domain
            With one or more leading axes, the same in every leaf.

        Returns
        -------
        batch of elements of the codomain, with the same leading axes

        Raises
        ------
        SpaceValidationError
            If `xs` is no batch of elements of the domain.
        """
        xs = plain(xs)
        leading = self.domain.check_batch(xs)
        if type(self).vapply is not LinOp.vapply:
            return inherited_batch(self, "vapply")(xs, leading)
        return self._vapply(xs, leading)

    def rvapply(self, ys: Any) -> Any:
        """Return A.H y for each element of a batch.

        Parameters
        ----------
        ys : batch of elements of the codomain
            With one or more leading axes, the same in every leaf.

        Returns
        -------
        batch of elements of the domain, with the same leading axes

        Raises
        ------
        SpaceValidationError
            If `ys` is no batch of elements of the codomain.
        """
        ys = plain(ys)
        leading = self.codomain.check_batch(ys)
        if type(self).rvapply is not LinOp.rvapply:
            return inherited_batch(self, "rvapply")(ys, leading)
        return self._rvapply(ys, leading)

    # Hooks.

    def _forward_kernel(self) -> Kernel | None:
        """The kernel of A x, unless a subclass wrote the application anew."""
        return self._kernel() if self._compiles else None

    def _backward_kernel(self) -> Kernel | None:
        """The kernel of A.H y, unless a subclass wrote the adjoint anew."""
        return self._adjoint_kernel() if self._compiles_adjoint else None

    def _kernel(self) -> Kernel | None:
        """A function that computes A x and refers to no operator; None where `_apply` is it."""
        return None

    def _adjoint_kernel(self) -> Kernel | None:
        """A function that computes A.H y; None where `_rapply` is it."""
        return None

    def _hermitian(self) -> bool | None:
        """What structure says of A = A.H."""
        return None if self.domain == self.codomain else False

    def _hermitian_by_structure(self) -> bool | None:
        """What structure says, or a subclass that answers by itself: of parts of an expression."""
        if type(self).is_hermitian is not LinOp.is_hermitian:
            return self.is_hermitian()
        return self._hermitian()

    def _batch_forms(self) -> tuple[str, ...]:
        """The batch forms that are written by hand, and not derived from kernels."""
        return self._own_batch_forms

    def _coordinate_kernel(self) -> Callable[[Any, Any], Any] | None:
        """A function of coordinates x, and an array that A x may be written into; or None."""
        return None

    def _apply(self, x: Any) -> Any:
        kernel = self._kernel()
        if kernel is None:
            raise NotImplementedError(f"{type(self).__name__} must write `_apply(x)`.")
        return kernel(x)

    def _rapply(self, y: Any) -> Any:
        kernel = self._adjoint_kernel()
        if kernel is None:
            raise NotImplementedError(
                f"{type(self).__name__} has no adjoint. Write `_rapply(y)` on it."
            )
        return kernel(y)

    def _vapply(self, xs: Any, leading: tuple[int, ...]) -> Any:
        results = batched(self.ops, self._apply, leading, xs)
        return checked_batch(self.codomain, results, leading)

    def _rvapply(self, ys: Any, leading: tuple[int, ...]) -> Any:
        results = batched(self.ops, self._rapply, leading, ys)
        return checked_batch(self.domain, results, leading)

    # Dense forms.

    def to_matrix(self) -> Any:
        """Return the matrix of the operator in coordinates; array of shape `self.shape`.

        It may be the operator's own array: copy what you are to write into.
        """
        columns = self.vapply(
            self.domain.vunflatten(self.ops.eye(self.shape[1], dtype=self.domain.dtype))
        )
        return self.ops.permute_dims(self.codomain.vflatten(columns), (1, 0))

    def to_dense(self) -> Any:
        """Return the array of the operator; shape `codomain.shape + domain.shape`."""
        return self.ops.reshape(self.to_matrix(), (*self.codomain.shape, *self.domain.shape))

    def to_sparse(self, *, format: str | None = None) -> Any:
        """Return the matrix of the operator as a sparse matrix of the backend.

        Parameters
        ----------
        format : str, optional
            One of `ops.sparse_formats`; the backend's first if not given.

        Raises
        ------
        UnsupportedOperationError
            If the backend has no sparse matrices.
        ValueError
            If it has not this format.
        """
        return self.ops.assparse(self.to_matrix(), format=format)

    def is_hermitian(self) -> bool | None:
        """Tell whether A = A.H by structure alone: None where structure does not say.

        At `strict`, what structure leaves open is tried on two random elements, by two products,
        and answered to rounding; not for traced arrays.
        """
        answer = self._hermitian()
        if answer is None and self.ctx.check_level == "strict":
            return probe_hermitian(self)
        return answer

    def fuse(self, *, materialize: bool = False) -> LinOp:
        """Return an equal operator with products and sums of matrices multiplied out.

        Parameters
        ----------
        materialize : bool
            Also turn operators without a matrix into dense ones.
        """
        from spacecore.linop._fuse import fuse

        return fuse(self, materialize=materialize)
