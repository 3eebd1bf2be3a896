"""From a name to its ops: the first time over the library's own import, and warm."""

from __future__ import annotations

import spacecore as sc
from _measure import Budget, rounds
from _processes import distributions, interleaved, middle
from _report import Row, Table, compared
from spacecore.plugins import resolve

TITLE = "resolving a name (the first time: CPU time)"
IMPORTS = {"jax": "import jax.numpy", "torch": "import torch"}


def measure(budget: Budget) -> Table:
    rows = []
    with distributions(300) as folder:
        for name, raw in IMPORTS.items():
            if name in sc.available_backends():
                rows += _first(name, raw, folder, max(1, budget.processes // 2))
    return Table(TITLE, [*rows, *_warm(budget)])


def _first(name: str, raw: str, folder: str, count: int) -> list[Row]:
    """Time what comes after the library's own import, the collector that it provoked aside."""
    code = f"import spacecore\nctx = spacecore.Context({name!r})"
    codes = {"": (code, {}), ", 300 distributions more": (code, {"PYTHONPATH": folder})}
    runs = interleaved(codes, count, setup=f"{raw}\nimport gc\ngc.disable()")
    return [
        Row(
            f'first Context("{name}"){variant}',
            ours=middle(runs[variant], "inside"),
            target="60 ms",
            missed=middle(runs[variant], "inside") > 0.060,
            note=f"after `{raw}`, with `import spacecore`",
        )
        for variant in codes
    ]


def _warm(budget: Budget) -> list[Row]:
    ops = resolve("numpy")
    namespace = {"resolve": resolve, "table": {"numpy": ops}, "sc": sc, "ops": ops}
    warm = rounds({"raw": "table['numpy']", "ours": "resolve('numpy')"}, namespace, budget)
    context = rounds({"raw": "sc.Context(ops)", "ours": "sc.Context('numpy')"}, namespace, budget)
    return [
        compared("name to ops, warm", warm, ceiling=150e-9, note="raw: a dictionary look-up"),
        compared("Context by name, warm", context, note="raw: Context of the ops object"),
    ]
