"""Operators made of blocks, between spaces of trees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

from spacecore import _tree
from spacecore._ambient import resolve_context_priority
from spacecore._context import ContextLike
from spacecore._typing import type_name
from spacecore.linop._adjoint import AdjointLinOp
from spacecore.linop._base import LinOp
from spacecore.linop._identity import ZeroLinOp
from spacecore.linop._refusals import refuse_mismatch
from spacecore.linop._tree import Row, TreeLinOp
from spacecore.space import Space, TreeSpace

if TYPE_CHECKING:
    from spacecore._notation import Writer

__all__ = [
    "BlockDiagonalLinOp",
    "BlockMatrixLinOp",
    "StackedLinOp",
    "SumToSingleLinOp",
]


class _BlocksLinOp(TreeLinOp, data=("operators",)):
    """One operator for each leaf of a tree, which is what the domain or the codomain looks like."""

    operators: tuple[LinOp, ...]

    def _tree_space(self) -> TreeSpace:
        """The space whose leaves the blocks belong to."""
        return self._source().tree_space if self._splits_domain else self._target().tree_space

    def _notation(self, write: Writer) -> str:
        tree = write.tree(self._tree_space().tree(self.operators), _written)
        return type(self).__name__ + (tree if tree[0] in "([{" else f"({tree})")

    def _shown(self) -> tuple[str, dict[str, str], dict[str, Any]]:
        notation, facts, fields = super()._shown()
        names = _tree.leaf_names(self._tree_space().treedef)
        blocks = dict(zip(names, self.operators, strict=True))
        return notation, facts, {**{k: v for k, v in fields.items() if k != "operators"}, **blocks}


class BlockDiagonalLinOp(_BlocksLinOp):
    """One operator for each leaf: `(A x)_i = A_i x_i`, and `(A.H y)_i = A_i.H y_i`.

    Many matrices of one shape are multiplied at once by `DenseBlockDiagonalLinOp`, which holds
    them, and its elements, as one array.

    Parameters
    ----------
    tree_of_ops : tree of LinOp
        Domain and codomain are the trees of the operators' domains and codomains.
    ctx : Context, optional
    """

    def __init__(self, tree_of_ops: Any, ctx: ContextLike | None = None):
        treedef, blocks = _tree.structure_with_leaves(tree_of_ops, _is_operator)
        _check_blocks(blocks)
        domain = TreeSpace(treedef, [block.domain for block in blocks], ctx=ctx)
        codomain = TreeSpace(treedef, [block.codomain for block in blocks], ctx=ctx)
        codomain = domain if codomain == domain else codomain
        super().__init__(domain, codomain, ctx)
        self.operators = tuple(blocks)

    def _table(self) -> Sequence[Row]:
        return [[(block, number)] for number, block in enumerate(self.operators)]

    def _hermitian(self) -> bool | None:
        answers = [block._hermitian_by_structure() for block in self.operators]
        if any(answer is False for answer in answers):
            return False
        return True if all(answers) else None


class StackedLinOp(_BlocksLinOp):
    """Operators on one space, side by side: `A x = (A_1 x, ..., A_n x)`, `A.H y = Σ A_i.H y_i`.

    Parameters
    ----------
    tree_of_ops : tree of LinOp
        All with one domain. The codomain is the tree of their codomains.
    ctx : Context, optional
    """

    _splits_domain = False

    def __init__(self, tree_of_ops: Any, ctx: ContextLike | None = None):
        treedef, blocks = _tree.structure_with_leaves(tree_of_ops, _is_operator)
        _check_blocks(blocks)
        for block in blocks[1:]:
            if block.domain != blocks[0].domain:
                refuse_mismatch("StackedLinOp", "one domain", blocks[0].domain, block.domain)
        codomain = TreeSpace(treedef, [block.codomain for block in blocks], ctx=ctx)
        super().__init__(blocks[0].domain, codomain, ctx)
        self.operators = tuple(blocks)

    @classmethod
    def from_operators(cls, operators: Sequence[LinOp], ctx: ContextLike | None = None) -> Self:
        """Return the operator whose codomain is a tuple, one component an operator."""
        return cls(tuple(operators), ctx)

    def _table(self) -> Sequence[Row]:
        return [[(block, 0)] for block in self.operators]


class SumToSingleLinOp(_BlocksLinOp):
    """Operators into one space, added: `A x = Σ A_i x_i`, `(A.H y)_i = A_i.H y`.

    Parameters
    ----------
    tree_of_ops : tree of LinOp
        All with one codomain. The domain is the tree of their domains.
    ctx : Context, optional
    """

    _splits_codomain = False

    def __init__(self, tree_of_ops: Any, ctx: ContextLike | None = None):
        treedef, blocks = _tree.structure_with_leaves(tree_of_ops, _is_operator)
        _check_blocks(blocks)
        for block in blocks[1:]:
            if block.codomain != blocks[0].codomain:
                refuse_mismatch(
                    "SumToSingleLinOp", "one codomain", blocks[0].codomain, block.codomain
                )
        domain = TreeSpace(treedef, [block.domain for block in blocks], ctx=ctx)
        super().__init__(domain, blocks[0].codomain, ctx)
        self.operators = tuple(blocks)

    @classmethod
    def from_operators(cls, operators: Sequence[LinOp], ctx: ContextLike | None = None) -> Self:
        """Return the operator whose domain is a tuple, one component an operator."""
        return cls(tuple(operators), ctx)

    def _table(self) -> Sequence[Row]:
        return [[(block, number) for number, block in enumerate(self.operators)]]


class BlockMatrixLinOp(TreeLinOp, data=("rows",)):
    """A matrix of operators: `(A x)_i = Σ_j A_ij x_j`, `(A.H y)_j = Σ_i A_ij.H y_i`.

    Parameters
    ----------
    rows : sequence of sequences of LinOp, None or 0
        None and 0 are zero blocks. Blocks may be block operators themselves.
    ctx : Context, optional

    Raises
    ------
    ValueError
        If rows differ in length, or a row or a column has no operator to tell its space.
    SpaceValidationError
        If blocks of a column differ in domain, or blocks of a row in codomain.
    """

    rows: tuple[tuple[LinOp, ...], ...]

    def __init__(
        self, rows: Sequence[Sequence[LinOp | int | None]], ctx: ContextLike | None = None
    ):
        if any(isinstance(row, LinOp) for row in rows):
            raise TypeError(
                "A BlockMatrixLinOp is made of rows of blocks. Got an operator for a row. "
                "Write `[[A, B]]` for one row, `[[A], [B]]` for one column."
            )
        given = [list(row) for row in rows]
        if not given or not given[0] or len({len(row) for row in given}) > 1:
            raise ValueError(
                f"A BlockMatrixLinOp has rows of one length, at least 1 by 1. Got rows of lengths "
                f"{[len(row) for row in given]}."
            )
        domains = [_common("column", j, [row[j] for row in given]) for j in range(len(given[0]))]
        codomains = [_common("row", i, row) for i, row in enumerate(given)]
        context = resolve_context_priority(ctx, *domains, *codomains)
        domain = TreeSpace.from_leaf_spaces(domains, context)
        codomain = TreeSpace.from_leaf_spaces(codomains, context)
        super().__init__(domain, domain if codomain == domain else codomain, context)
        self.rows = tuple(
            tuple(
                block if isinstance(block, LinOp) else ZeroLinOp(domains[j], codomains[i])
                for j, block in enumerate(row)
            )
            for i, row in enumerate(given)
        )

    def _table(self) -> Sequence[Row]:
        return [[(block, number) for number, block in enumerate(row)] for row in self.rows]

    def _hermitian(self) -> bool | None:
        """True where each block mirrors the one across the diagonal by structure."""
        if self.domain != self.codomain:
            return False
        count = len(self.rows)
        pairs = ((self.rows[i][j], self.rows[j][i]) for i in range(count) for j in range(i + 1))
        return True if all(_mirror(one, other) for one, other in pairs) else None

    def _notation(self, write: Writer) -> str:
        return write.tree([list(row) for row in self.rows], lambda inside, op: inside.term(op))


def _common(kind: str, number: int, blocks: list[Any]) -> Space:
    """The domain of a column, or the codomain of a row."""
    found: Space | None = None
    for block in blocks:
        if _is_zero(block):
            continue
        _check_blocks([block])
        space = block.domain if kind == "column" else block.codomain
        if found is not None and space != found:
            side = "domain" if kind == "column" else "codomain"
            refuse_mismatch("BlockMatrixLinOp", f"one {side} in {kind} {number}", found, space)
        found = found if found is not None else space
    if found is None:
        raise ValueError(
            f"A {kind} of a BlockMatrixLinOp has an operator to tell its space. Got only zeros in "
            f"{kind} {number}. Use ZeroLinOp(dom, cod)."
        )
    return found


def _mirror(one: LinOp, other: LinOp) -> bool:
    if one is other:
        return one._hermitian_by_structure() is True
    if type(one) is ZeroLinOp and type(other) is ZeroLinOp:
        return True
    return (isinstance(one, AdjointLinOp) and one.operator is other) or (
        isinstance(other, AdjointLinOp) and other.operator is one
    )


def _written(write: Writer, x: Any) -> str:
    """A block; or a node of a kind that only `optree` knows, a deque say."""
    return write.term(x) if isinstance(x, LinOp) else f"{type_name(x)}(…)"


def _is_zero(block: Any) -> bool:
    return block is None or (isinstance(block, int) and block == 0)


def _is_operator(x: object) -> bool:
    return isinstance(x, LinOp)


def _check_blocks(blocks: Sequence[Any]) -> None:
    if not blocks:
        raise ValueError("An operator of blocks has at least one. Got none.")
    for block in blocks:
        if not isinstance(block, LinOp):
            raise TypeError(f"A block is a LinOp. Got {type_name(block)}.")
