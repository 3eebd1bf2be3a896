"""What every source file looks like, and what none does."""

from __future__ import annotations

import ast

import spacecore as sc

MOST_LINES = 400

# Where an object is probed, or any exception is caught: (module, function), and why there.
PROBES = {
    ("spacecore._ambient", "resolve_context_priority"): "any object may carry a `ctx`, or none",
    ("spacecore._notation", "_name"): "functions are of many types, and most have a name",
    ("spacecore.backend._bind", "_attribute"): "whether a library's object is a descriptor",
    ("spacecore.backend._bind", "_bind_one"): "whether the library has a name, asked once a class",
    ("spacecore.backend._bind", "_document"): "whatever a library put there may have no module",
    ("spacecore.backend._bind", "_describe"): "a reason stands on the function where there is one",
    ("spacecore.backend._bind", "_refuser"): "an extension namespace has no family",
    ("spacecore.backend._declare", "_is_marked"): "the mark is on the functions that have it",
    ("spacecore.backend._ops", "_extension"): "a base class may have the extension, or none",
    ("spacecore.cli._probe", "_version"): "a library need not tell its version",
    ("spacecore.linop._holdings", "_inside"): "an object that a user's function holds",
    ("spacecore.linop._holdings", "held"): "a user's function may be bound to any object",
    ("spacecore.linop._matrix_free", "_name"): "a user's function may be any callable",
    ("spacecore.linop._refusals", "described"): "an error describes whatever was given",
    ("spacecore.plugins._descriptor", "plugin_errors"): "any code runs in a stranger's plugin",
    ("spacecore.plugins._discovery", "_where"): "metadata finders differ in what they tell",
    ("spacecore.plugins._discovery", "_installed"): "a stranger's metadata is read",
    ("spacecore.plugins._loading", "_version"): "a library need not tell its version",
    ("spacecore.plugins._loading", "check_class"): "a plugin may give anything for its class",
    ("spacecore.plugins._registry", "register"): "a caller may give anything for a class",
    ("spacecore.testing._case", "verify"): "the backend under test is a stranger's code",
    ("spacecore.testing._compare", "check_raises"): "the backend under test may raise anything",
    ("spacecore.testing._decompositions", "_fields"): "a result may lack the standard's fields",
    ("spacecore_torch._creation", "_from_buffer"): "any object may turn itself into an array",
}


def test_every_module_has_a_docstring_and_a_sorted_all(modules):
    wrong = []
    for module in modules.values():
        if ast.get_docstring(module.tree) is None:
            wrong.append(f"{module.name} has no docstring")
        exported = module.exported()
        if exported is None and not module.is_script:
            wrong.append(f"{module.name} has no __all__")
        elif exported and exported != sorted(set(exported)):
            wrong.append(f"{module.name}: __all__ is not sorted")
    assert not wrong, "\n".join(["", *wrong])


def test_files_are_short(modules):
    lengths = {module.name: module.text.count("\n") for module in modules.values()}
    assert {name: count for name, count in lengths.items() if count > MOST_LINES} == {}


def test_nothing_is_probed_but_where_listed(modules):
    found = {
        (module.name, function)
        for module in modules.values()
        for function in probing_functions(module.tree)
    }
    unlisted, idle = sorted(found - set(PROBES)), sorted(set(PROBES) - found)
    assert not unlisted, f"these probe, and are not listed: {unlisted}"
    assert not idle, f"these are listed, and probe nothing any more: {idle}"


def probing_functions(tree: ast.Module):
    """Names of the functions that call `hasattr`, `getattr` with a default, or catch anything."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    inside = {}
    for function in (node for node in ast.walk(tree) if isinstance(node, functions)):
        for node in ast.walk(function):
            inside[node] = function.name  # the innermost comes last
    for node in ast.walk(tree):
        if probes(node):
            yield inside.get(node, "")


def probes(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="hasattr")):
            return True
        case ast.Call(func=ast.Name(id="getattr"), args=[_, _, _]):
            return True
        case ast.ExceptHandler(type=None):
            return True
        case ast.ExceptHandler(type=ast.expr() as caught):
            names = {name.id for name in ast.walk(caught) if isinstance(name, ast.Name)}
            return bool(names & {"Exception", "BaseException"})
    return False


def test_the_door_shows_what_it_says():
    installed_backends = {"CuPyOps", "JaxOps", "TorchOps"}
    helpers = {"TYPE_CHECKING", "Any", "annotations", "KNOWN_CLASSES", "import_module"}
    for name in sc.__all__:
        assert getattr(sc, name) is not None  # a layer is imported when something of it is used
    submodules = {name for name, value in vars(sc).items() if type(value) is type(sc)}
    public = {name for name in vars(sc) if not name.startswith("_")} - submodules
    modules = {name for name in sc.__all__ if name in submodules}
    assert public - installed_backends - helpers == set(sc.__all__) - modules - {"__version__"}
    assert sc.__all__ == sorted(sc.__all__)
    assert not installed_backends & set(sc.__all__)
