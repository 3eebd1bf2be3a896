"""How contexts, ops and spaces show themselves: facts, never an array's contents."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

import spacecore as sc


class Cells(HTMLParser):
    """The text of a table; an unbalanced one fails."""

    def __init__(self, html: str):
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def test_context_shows_its_three_decisions(ctx):
    shown = Cells(ctx._repr_html_()).text
    assert shown[0] == "Context"
    assert dict(zip(shown[1::2], shown[2::2], strict=True)) == {
        "ops": repr(ctx.ops),
        "dtype": ctx.ops.dtype_name(ctx.dtype),
        "check level": "standard",
    }
    assert repr(ctx).startswith(f"Context({type(ctx.ops).__name__}(), dtype=")


def test_ops_show_family_device_and_capabilities(ops):
    shown = Cells(ops._repr_html_()).text
    assert shown[0] == type(ops).__name__
    assert str(ops.family) in shown
    assert ", ".join(sorted(ops.capabilities)) in shown


def test_space_shows_its_fields_and_no_contents(ctx):
    weights = ctx.asarray([1234.5, 4321.5])
    space = sc.DenseVectorSpace(2, ctx, geometry=sc.WeightedInnerProduct(weights))
    for shown in (repr(space), " ".join(Cells(space._repr_html_()).text)):
        assert "DenseVectorSpace" in shown
        assert "1234" not in shown


@pytest.mark.parametrize("wrap", [tuple, list, lambda x: {"a": x[0]}])
def test_arrays_inside_a_field_show_no_contents(ctx, wrap):
    class Held(sc.InnerProduct):
        def __init__(self, arrays):
            self.arrays = arrays

        def inner(self, ops, x, y):
            return ops.vdot(x, y)

    held = Held(wrap([ctx.asarray([1234.5])]))
    for shown in (repr(held), held._repr_html_()):
        assert "1234" not in shown
        assert "[1]" in shown


def test_text_is_escaped_and_cut():
    class Named(sc.InnerProduct):
        def __init__(self, name):
            self.name = name

        def inner(self, ops, x, y):
            return ops.vdot(x, y)

    html = Named("<script>" + "x" * 1000)._repr_html_()
    assert "<script>" not in html
    assert len(html) < 800
