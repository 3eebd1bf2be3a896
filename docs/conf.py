"""Sphinx's settings. `build.py` copies this folder, adds the generated pages, and runs Sphinx."""

from __future__ import annotations

import os

from sphinx.application import Sphinx

import spacecore

os.environ.setdefault("JAX_PLATFORMS", "cpu")  # the pages look alike on every machine

project = "SpaceCore"
author = "The SpaceCore developers"
copyright = author  # noqa: A001  Sphinx asks for this name
version = release = spacecore.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["**/GALLERY_HEADER.rst"]
nitpicky = False

# --- text ---
default_role = "code"  # a word in single backticks, as docstrings have them
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

# --- reference ---
add_module_names = False
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_type_aliases = {"Array": "Array", "ContextLike": "ContextLike", "OpsLike": "OpsLike"}
autodoc_inherit_docstrings = True
autodoc_member_order = "bysource"
maximum_signature_line_length = 110
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
python_use_unqualified_type_names = True
toc_object_entries_show_parents = "hide"

# --- tutorials ---
sphinx_gallery_conf = {
    "examples_dirs": ["../../docs/tutorials"],
    "gallery_dirs": ["tutorials"],
    "filename_pattern": r"/\d\d_",
    "within_subsection_order": "FileNameSortKey",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "remove_config_comments": True,
    "min_reported_time": 1e6,
    "reset_modules": ("matplotlib", "look.put_on"),
    "show_memory": False,
    "show_signature": False,
    "capture_repr": ("_repr_html_",),
    "matplotlib_animations": False,
    "nested_sections": False,
    "write_computation_times": False,
}

# --- looks ---
html_theme = "furo"
html_title = f"SpaceCore {release}"
html_static_path = ["_static"]
html_css_files = ["spacecore.css"]
html_copy_source = False
html_show_sourcelink = False
pygments_style = "friendly"
pygments_dark_style = "github-dark"


def _public_bases(app: Sphinx, name: str, obj: object, options: object, bases: list[type]) -> None:
    """Show the first public class that a private base comes from in its place."""
    bases[:] = [next(filter(_is_public, base.__mro__)) for base in bases]


def _is_public(base: type) -> bool:
    return not base.__module__.startswith("spacecore") or base.__name__ in spacecore.__all__


def setup(app: Sphinx) -> None:
    app.connect("autodoc-process-bases", _public_bases)
