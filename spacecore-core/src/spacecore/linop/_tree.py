"""What operators made of blocks share: a table of blocks, and one loop made from it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, NamedTuple, cast

from spacecore.linop._base import Kernel, LinOp
from spacecore.linop._identity import ZeroLinOp
from spacecore.space import Space, TreeSpace

__all__ = ["Row", "TreeLinOp"]

Row = Sequence[tuple[Any, int]]  # blocks or their kernels, and the leaves that they take
Loop = Callable[[Sequence[Any]], list[Any]]


class Side(NamedTuple):
    """A space, and whether blocks have its elements apart, leaf by leaf."""

    space: Space
    splits: bool

    @property
    def parts(self) -> Sequence[Space]:
        return self.tree_space.leaf_spaces if self.splits else (self.space,)

    @property
    def tree_space(self) -> TreeSpace:
        return cast("TreeSpace", self.space)


class TreeLinOp(LinOp):
    """An operator whose domain or codomain is a space of trees; abstract.

    Subclasses tell which blocks add up to which leaf; what computes with them follows.
    """

    _is_expression = True

    # Whether blocks are applied to the leaves of an element, or to the element itself: a space
    # that several blocks share may be one of trees too.
    _splits_domain: ClassVar[bool] = True
    _splits_codomain: ClassVar[bool] = True

    @abstractmethod
    def _table(self) -> Sequence[Row]:
        """For each leaf of A x the blocks that add up to it, with the leaf of x each takes."""

    def _mirrored(self) -> Sequence[Row]:
        """The table of the adjoints."""
        columns: list[list[tuple[LinOp, int]]] = [[] for _ in self._source().parts]
        for number, row in enumerate(self._table()):
            for block, leaf in row:
                columns[leaf].append((block, number))
        return columns

    def _source(self) -> Side:
        return Side(self.domain, self._splits_domain)

    def _target(self) -> Side:
        return Side(self.codomain, self._splits_codomain)

    def _kernel(self) -> Kernel | None:
        rows = _kernels(self._table(), lambda block: block._forward_kernel())
        return None if rows is None else _through(self._source(), self._target(), rows)

    def _adjoint_kernel(self) -> Kernel | None:
        rows = _kernels(self._mirrored(), lambda block: block._backward_kernel())
        return None if rows is None else _through(self._target(), self._source(), rows)

    def _apply(self, x: Any) -> Any:
        return self._forward(lambda block: block.apply)(x)

    def _rapply(self, y: Any) -> Any:
        return self._backward(lambda block: block.rapply)(y)

    def _vapply(self, xs: Any, leading: tuple[int, ...]) -> Any:
        return self._forward(lambda block: lambda leaf: block._vapply(leaf, leading))(xs)

    def _rvapply(self, ys: Any, leading: tuple[int, ...]) -> Any:
        return self._backward(lambda block: lambda leaf: block._rvapply(leaf, leading))(ys)

    def _forward(self, function_of: Callable[[LinOp], Kernel]) -> Kernel:
        rows = [[(function_of(block), leaf) for block, leaf in row] for row in _kept(self._table())]
        return _through(self._source(), self._target(), rows)

    def _backward(self, function_of: Callable[[LinOp], Kernel]) -> Kernel:
        kept = _kept(self._mirrored())
        rows = [[(function_of(block), leaf) for block, leaf in row] for row in kept]
        return _through(self._target(), self._source(), rows)


def _kept(table: Sequence[Row]) -> Iterable[Row]:
    """The table without its zero blocks; of a row of nothing else, with the first of them."""
    for row in table:
        yield [term for term in row if type(term[0]) is not ZeroLinOp] or row[:1]


def _kernels(table: Sequence[Row], kernel_of: Any) -> Sequence[Row] | None:
    """The table with a kernel for each block; None if a block has none."""
    rows = []
    for row in _kept(table):
        found = []
        for block, leaf in row:
            kernel = kernel_of(block)
            if kernel is None:
                return None
            found.append((kernel, leaf))
        rows.append(found)
    return rows


def _through(source: Side, target: Side, rows: Sequence[Row]) -> Kernel:
    """A function of elements, from one of leaves: it takes the tree apart and makes another."""
    loop = _loop(rows, target.parts)
    if not source.splits:
        tree = target.tree_space.tree
        return lambda x: tree(loop((x,)))
    leaves = source.tree_space.leaves
    if not target.splits:
        return lambda x: loop(leaves(x))[0]
    tree = target.tree_space.tree
    return lambda x: tree(loop(leaves(x)))


def _loop(rows: Sequence[Row], spaces: Sequence[Space]) -> Loop:
    if all(len(row) == 1 for row in rows):
        kernels = [row[0][0] for row in rows]
        numbers = [row[0][1] for row in rows]
        if numbers == list(range(len(rows))):
            # Zero blocks may have been all that takes the last leaves.
            return lambda leaves: [f(x) for f, x in zip(kernels, leaves, strict=False)]
        pairs = list(zip(kernels, numbers, strict=True))
        return lambda leaves: [f(leaves[number]) for f, number in pairs]
    sums = [(space._add, row[0], row[1:]) for space, row in zip(spaces, rows, strict=True)]

    def loop(leaves: Sequence[Any]) -> list[Any]:
        results = []
        for add, (first, number), others in sums:
            total = first(leaves[number])
            for f, other in others:
                total = add(total, f(leaves[other]))
            results.append(total)
        return results

    return loop
