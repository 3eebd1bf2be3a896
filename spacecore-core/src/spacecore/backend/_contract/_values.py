"""What a backend is told of SpaceCore's own objects."""

from __future__ import annotations

from spacecore.backend._declare import default, section

__all__ = ["ValueClasses"]


@section("Values")
class ValueClasses:
    """Objects that hold arrays, such as spaces and operators."""

    @staticmethod
    @default
    def register_value_class(value_class: type, /) -> None:
        """Make a class a node of the library's own trees; called once for each class.

        Parameters
        ----------
        value_class : type
            Has `tree_flatten()`, which returns `(children, static)`, and the class method
            `tree_unflatten(static, children)`; children may be stand-ins of any kind.
        """
