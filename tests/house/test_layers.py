"""Imports point down, or sideways within a folder; and to libraries that were declared."""

from __future__ import annotations

import sys

# From the ground up: what a module's first name below `spacecore` says of its layer.
LAYERS = [
    {"errors", "_html", "_output", "_typing", "_version"},
    {"backend", "_form", "_tree"},
    {"plugins"},
    {"_ambient", "_casting", "_checks", "_context", "_conversion", "_structure", "_value"}
    | {"_notation", "_outline"},
    {"space"},
    {"linop"},
    {"functional"},
    {"linalg"},
    {"__main__", "cli", "testing", "interop"},
]

# Imports that point up all the same, each made when it is needed, and why it has to be.
KNOTS = {
    ("spacecore.backend._ops", "spacecore.plugins"): (
        "ops pickle by name, and a name is resolved by the registry"
    ),
}

# What each package, or part of one, may import beside the standard library and itself.
LIBRARIES = {
    "spacecore": {"numpy", "scipy", "pluggy", "importlib_metadata", "optree"},
    "spacecore.linalg": {"numpy", "scipy", "tqdm", "matplotlib"},  # to watch, where they are there
    "spacecore.testing": {"numpy", "scipy", "pytest", "hypothesis", "array_api_strict"},
    "spacecore_jax": {"numpy", "scipy", "spacecore", "jax"},
    "spacecore_torch": {"numpy", "scipy", "spacecore", "torch", "array_api_compat"},
    "spacecore_cupy": {"numpy", "scipy", "spacecore", "cupy", "cupyx", "array_api_compat"},
}

# The door itself re-exports, for type checkers alone, the classes that the plugins define.
REEXPORTS = {"spacecore_cupy.CuPyOps", "spacecore_jax.JaxOps", "spacecore_torch.TorchOps"}


def report(wrong: list[str]) -> str:
    return "\n".join(["", *wrong])


def layer_of(dotted: str) -> int:
    first = dotted.split(".")[1]
    found = [number for number, names in enumerate(LAYERS) if first in names]
    assert found, f"{dotted} has no place among the layers: give it one here and in CONTRIBUTING.md"
    return found[0]


def folder_of(dotted: str, modules) -> str:
    """The top-level package below `spacecore` that a module is in, or `spacecore` itself."""
    package, first, *inside = dotted.split(".")
    return f"{package}.{first}" if inside or modules[dotted].is_package else package


def module_in(dotted: str, modules) -> str:
    """The longest part of a dotted name that is a module."""
    while dotted not in modules:
        dotted = dotted.rpartition(".")[0]
    return dotted


def internal_imports(modules):
    """Pairs of core modules, the importing one and the imported; the door may import anything."""
    for module in modules.values():
        if module.package != "spacecore" or module.name == "spacecore":
            continue
        for dotted in module.imports():
            if dotted.partition(".")[0] == "spacecore":
                yield module.name, module_in(dotted, modules)


def test_imports_point_down(modules):
    wrong = []
    for source, target in internal_imports(modules):
        if target == "spacecore":
            wrong.append(f"{source} imports the door, which imports it")
        elif (source, target) in KNOTS:
            continue
        elif layer_of(target) > layer_of(source):
            wrong.append(f"{source} imports {target}, from above")
        elif layer_of(target) == layer_of(source):
            folders = {folder_of(name, modules) for name in (source, target)}
            if len(folders) > 1 and "spacecore" not in folders:
                wrong.append(f"{source} imports {target}, from another folder of its layer")
    assert not wrong, report(wrong)


def test_every_knot_is_still_needed(modules):
    assert set(KNOTS) <= set(internal_imports(modules))


def test_packages_import_what_they_declare(modules):
    wrong = []
    for module in modules.values():
        part = ".".join(module.name.split(".")[:2])
        allowed = LIBRARIES.get(part, LIBRARIES[module.package])
        for dotted in module.imports():
            root = dotted.partition(".")[0]
            if root in sys.stdlib_module_names or root == module.package or root in allowed:
                continue
            if module.name == "spacecore" and dotted in REEXPORTS:
                continue
            wrong.append(f"{module.name} imports {dotted}")
    assert not wrong, report(wrong)


def test_modules_take_from_each_other_what_is_exported(modules):
    """No name comes from a module that does not list it; plugins see public modules alone."""
    wrong = []
    for module in modules.values():
        for dotted in module.imports():
            if dotted.partition(".")[0] not in {"spacecore", module.package}:
                continue
            home = module_in(dotted, modules)
            name = dotted.removeprefix(home).lstrip(".")
            private = module.package != dotted.partition(".")[0] and "._" in home
            if private or (name and name not in (modules[home].exported() or [])):
                wrong.append(f"{module.name} imports {dotted}")
    assert not wrong, report(wrong)
