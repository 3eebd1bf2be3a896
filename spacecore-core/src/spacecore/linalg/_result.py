"""What a solver returns: the solution, how it went, and whether to believe it."""

from __future__ import annotations

from enum import Enum
from typing import Any

import numpy as np

from spacecore._structure import LEAF, spec_of
from spacecore._value import Value
from spacecore.backend import BackendOps
from spacecore.errors import ConversionError, SolveError

__all__ = ["SolveResult", "SolveStatus", "solve_result"]


class SolveStatus(Enum):
    """How a solve ended; the value is the message.

    Attributes
    ----------
    code : int
        What compiled functions carry: the place in the order below, 0 for convergence.
    """

    CONVERGED = "The residual is within the tolerance."
    MAX_ITERATIONS = (
        "The iterations ran out. Raise maxiter, loosen tol, or precondition; and see that the "
        "operator is self-adjoint in its space."
    )
    NOT_POSITIVE_DEFINITE = (
        "A direction of zero or negative curvature was met: the operator or the preconditioner is "
        "not positive definite. Check their signs."
    )
    STAGNATED = (
        "The residual can't be reduced further in this precision. Loosen tol, or use a wider dtype."
    )
    NOT_FINITE = "An infinity or a NaN appeared. Check the operator and the right-hand side."

    def __init__(self, message: str):
        self.code = len(type(self).__members__)

    def __str__(self) -> str:
        return self.name.lower().replace("_", " ")


_STATUSES = tuple(SolveStatus)


class SolveResult(
    Value,
    data=("x", "num_iters", "residual_norm", "target", "code", "history"),
    static=("ops", "solver", "batch_ndim"),
):
    """The result of a solve, of one right-hand side or of a batch.

    For a batch the numbers are arrays of its leading axes. Where the loop is compiled they are
    arrays always, so that asking for the solution waits for nothing.

    Attributes
    ----------
    x : element of the space, or batch of them
        The solution; where the solve did not converge, where it stopped.
    num_iters : int or array
        Products with the operator that moved the solution.
    residual_norm : float or array
        ‖b − A x‖ of this x, in the norm of the space: the true one. Only x has derivatives: those
        of this number, of the target and of the history are zero.
    target : float or array
        What that norm was to reach.
    code : int or array
        The code of the status.
    history : array or None
        Residual norms by the recurrence, the starting one first, shape (steps + 1, ...), and NaN
        where a system of a batch took no step, or a norm was not looked at. Where loops are
        compiled there is room for all steps that were allowed.
    solver : str
    batch_ndim : int
        How many leading axes of the right-hand side the solver was given. Axes before them, and
        before the steps of a history, are what `vmap` mapped.
    """

    x: Any
    num_iters: Any
    residual_norm: Any
    target: Any
    code: Any
    history: Any
    ops: BackendOps
    solver: str
    batch_ndim: int

    @property
    def converged(self) -> Any:
        """Whether the residual is within the tolerance; bool, or array of bool."""
        return self.code == 0

    @property
    def status(self) -> Any:
        """A `SolveStatus`; for a batch and inside a compiled function, the array of codes."""
        if isinstance(self.code, int):
            return _STATUSES[self.code]
        if self.ops.is_traced(self.code) or tuple(self.code.shape) != ():
            return self.code
        return _STATUSES[int(self.code)]

    def raise_for_status(self) -> None:
        """Raise if the solve, or one of a batch, did not converge.

        Raises
        ------
        SolveError
        ConversionError
            Inside a compiled or mapped function, where no status is known yet.
        """
        if self.ops.is_traced(self.code):
            raise ConversionError(
                "A solve has no status while it is compiled or mapped. Got a traced result. "
                "Return it, and call `raise_for_status()` outside."
            )
        codes = self._codes()
        failed = [code for code in codes if code != 0]
        if failed:
            status = _STATUSES[failed[0]]
            which = "" if len(codes) == 1 else f" {len(failed)} of {len(codes)} systems:"
            raise SolveError(f"{self.solver} did not converge.{which} {status.value}")

    def plot(self, ax: Any = None, *, label: str = "residual") -> Any:
        """Draw the residual norms over the iterations, and what they were to reach.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; new axes if not given. On those of another result, to compare.
        label : str
            What the legend calls the curve; of a batch, which has many, the first, and only
            where there are curves already. The target has the colour of its curve.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        ValueError
            If no history was kept.
        """
        if self.history is None:
            raise ValueError(f"No history was kept. Call `{self.solver}(..., history=True)`.")
        from spacecore.linalg._plot import draw

        norms, targets = map(self.ops.to_numpy, map(self.ops.asarray, (self.history, self.target)))
        norms = np.moveaxis(norms, norms.ndim - 1 - self.batch_ndim, 0)
        return draw(self.solver, norms, targets, ax, label)

    def _codes(self) -> list[int]:
        if isinstance(self.code, int):
            return [self.code]
        return [int(code) for code in self.ops.to_numpy(self.code).reshape(-1)]

    def __repr__(self) -> str:
        if self.ops.is_traced(self.code):
            return f"SolveResult({self.solver}, traced)"
        return f"SolveResult({self.solver}: {self._outcome()})"

    def _shown(self) -> tuple[str, dict[str, str], dict[str, Any]]:
        if self.ops.is_traced(self.code):
            return super()._shown()
        names = ("x", "num_iters", "residual_norm", "target", "history")
        return self._outcome(), {}, {name: getattr(self, name) for name in names}

    def _outcome(self) -> str:
        if isinstance(self.status, SolveStatus):
            steps = int(self.num_iters)
            return (
                f"{self.status} after {steps} iteration{'s' if steps != 1 else ''}, "
                f"residual {float(self.residual_norm):.3g}"
            )
        codes = self._codes()
        return f"{codes.count(0)} of {len(codes)} systems converged"


_OF_ARRAYS = dict.fromkeys(SolveResult._data, LEAF)


def solve_result(
    *,
    x: Any,
    num_iters: Any,
    residual_norm: Any,
    target: Any,
    code: Any,
    history: Any,
    ops: BackendOps,
    solver: str,
    batch_ndim: int,
) -> SolveResult:
    """Return a result that is closed from the start: only x may be a tree.

    Calling the class, which looks at each field, takes as long as a small product.
    """
    of_x = spec_of(x, declared=True)
    made = object.__new__(SolveResult)
    state = vars(made)
    state["_static_names"] = SolveResult._static
    state["_specs"] = _OF_ARRAYS if of_x is LEAF else {**_OF_ARRAYS, "x": of_x}
    state["x"], state["num_iters"], state["residual_norm"] = x, num_iters, residual_norm
    state["target"], state["code"], state["history"] = target, code, history
    state["ops"], state["solver"], state["batch_ndim"] = ops, solver, batch_ndim
    return made
