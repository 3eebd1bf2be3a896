"""How an operator shows itself: a term of an expression, and its type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from spacecore._conversion import Convertible
from spacecore.backend import dtype_name
from spacecore.space import Space

if TYPE_CHECKING:
    from spacecore._notation import Writer

__all__ = ["Term"]


class Term(Convertible):
    """What is written `term: domain → codomain`; operators derive from it."""

    domain: Space
    codomain: Space

    # How strongly a term holds together: 0 a sum, 1 a multiple, 2 a product, 3 a name.
    _binding: ClassVar[int] = 3

    def __str__(self) -> str:
        return f"{self._term()}: {self._type()}"

    def __repr__(self) -> str:
        space = self.codomain
        return f"{self} ({space.ops.name}, {dtype_name(space.dtype)})"

    def _notation(self, write: Writer) -> str:
        """The operator as it stands in an expression."""
        return type(self).__name__

    def _term(self) -> str:
        from spacecore._notation import Writer, cut

        return cut(Writer("").term(self))

    def _type(self) -> str:
        """Domain and codomain, in mathematics."""
        from spacecore._notation import Writer, cut

        dtype = dtype_name(self.codomain.dtype)
        spaces = (self.domain, self.codomain)
        return " → ".join(cut(Writer(dtype).space(space)) for space in spaces)

    def _shown(self) -> tuple[str, dict[str, str], dict[str, Any]]:
        term = self._term()
        facts = {"shape": str((self.codomain.size, self.domain.size))}
        if term != type(self).__name__:
            facts["term"] = term
        return self._type(), facts, self._fields()
