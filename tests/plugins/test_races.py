"""Many threads, nested imports, other processes: one object, and no deadlock."""

from __future__ import annotations

import multiprocessing
import pickle

import pytest

import spacecore as sc

LIMIT = 60.0  # seconds; a deadlock is what takes longer

SLOW = "import time\ntime.sleep(0.2)\n"
OPS = """
from spacecore import BackendFamily, NumpyOps
class ToyOps(NumpyOps):
    family = BackendFamily({name!r})
"""


def ops(name: str, first: str = "") -> dict[str, str]:
    return {"_ops": first + OPS.format(name=name)}


THREADS = """
import threading, sys
import spacecore as sc
{before}
names = {names}
barrier = threading.Barrier(64)
found, errors = {{name: [] for name in names}}, []
def use(i):
    name = names[i % len(names)]
    barrier.wait()
    try:
        found[name].append(sc.Context(name).ops)
    except BaseException as error:
        errors.append(repr(error))
threads = [threading.Thread(target=use, args=(i,)) for i in range(64)]
for thread in threads: thread.start()
{during}
for thread in threads: thread.join()
assert not errors, errors[:3]
for name in names:
    assert len(found[name]) == 64 // len(names)
    assert all(one is found[name][0] for one in found[name])
    assert sc.normalize_ops(name) is found[name][0]
print("one")
"""


def race(site, *names: str, before: str = "", during: str = "") -> None:
    code = THREADS.format(names=names, before=before, during=during)
    assert site.run(code, timeout=LIMIT) == "one"


def test_first_use_from_64_threads_gives_one_object(elsewhere):
    race(elsewhere, elsewhere.plugin(modules=ops(elsewhere.name, SLOW)))


def test_first_use_of_several_backends_at_once(elsewhere):
    names = [f"{elsewhere.name}{letter}" for letter in "abcd"]
    for name in names:
        elsewhere.plugin(name, modules=ops(name, SLOW))
    race(elsewhere, *names)


def test_use_while_another_thread_imports_the_plugin(elsewhere):
    name = elsewhere.plugin(modules=ops(elsewhere.name, SLOW))
    race(elsewhere, name, during=f"import spacecore_{name}._ops")


def test_use_while_another_thread_registers(elsewhere):
    name = elsewhere.plugin(modules=ops(elsewhere.name, SLOW))
    code = f"""
import threading
import spacecore as sc
thread = threading.Thread(target=sc.normalize_ops, args=({name!r},))
thread.start()
class Local(sc.NumpyOps): family = sc.BackendFamily({name!r})
import time; time.sleep(0.1)
sc.register_ops(Local)
thread.join()
print(type(sc.normalize_ops({name!r})).__name__)
"""
    assert elsewhere.run(code, timeout=LIMIT) == "Local"


def test_nested_imports(elsewhere):
    inner, outer = f"{elsewhere.name}in", f"{elsewhere.name}out"
    elsewhere.plugin(inner, modules=ops(inner, SLOW))
    nested = f"import spacecore\nspacecore.Context({inner!r})\n"
    elsewhere.plugin(outer, modules=ops(outer, nested))
    race(elsewhere, inner, outer)


def test_descriptor_that_uses_spacecore_at_its_import(elsewhere):
    name = elsewhere.name
    code = f"""
import spacecore
spacecore.available_backends(), spacecore.get_context()
from spacecore.plugins import BackendSpec, hookimpl
@hookimpl
def spacecore_backends():
    return [BackendSpec(name={name!r}, ops="spacecore_{name}._ops:ToyOps")]
"""
    race(elsewhere, elsewhere.plugin(modules={"_plugin": code}))


def test_backend_that_resolves_itself_at_import_fails_and_hangs_nothing(elsewhere):
    name = elsewhere.plugin(
        modules=ops(elsewhere.name, f"import spacecore\nspacecore.Context({elsewhere.name!r})\n")
    )
    code = f"""
import spacecore as sc
try: sc.Context({name!r})
except sc.BackendLoadError as error: print(error)
"""
    assert f'Backend "{name}"' in elsewhere.run(code, timeout=LIMIT)


def test_interpreter_that_is_shutting_down_can_still_resolve(elsewhere):
    name = elsewhere.plugin()
    code = f"""
import atexit
import spacecore as sc
atexit.register(lambda: print(sc.Context({name!r}).ops.family))
"""
    assert elsewhere.run(code) == name


# --- classes in trees ------------------------------------------------------------------------


def test_a_class_that_is_defined_while_a_backend_starts_is_heard_once(elsewhere):
    code = """
import threading, time
import spacecore as sc
heard, started, base = [], threading.Event(), sc.DenseVectorSpace
def define():
    started.wait()
    type("Own", (base,), {})
thread = threading.Thread(target=define)
thread.start()
class Toy(sc.NumpyOps):
    family = sc.BackendFamily("toy")
    @staticmethod
    def register_value_class(cls):
        started.set()
        time.sleep(0.02)
        heard.append(cls.__name__)
thread.join()
print(heard.count("Own"))
"""
    assert elsewhere.run(code, timeout=LIMIT) == "1"


def test_threads_that_first_use_one_dataclass(elsewhere):
    code = """
import sys, threading
from dataclasses import make_dataclass
import spacecore as sc
sys.setswitchinterval(1e-6)
X = sc.DenseVectorSpace(2, "numpy")
kinds = [make_dataclass(f"Pair{i}", "ab") for i in range(50)]
barrier, spaces, errors = threading.Barrier(4), [], []
def use():
    barrier.wait()
    try:
        spaces.extend(sc.TreeSpace.of(kind(X, X)) for kind in kinds)
    except BaseException as error:
        errors.append(repr(error))
threads = [threading.Thread(target=use) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert not errors, errors[:3]
print(len(spaces), len(set(spaces)))
"""
    assert elsewhere.run(code, timeout=LIMIT) == "200 50"


# --- processes -------------------------------------------------------------------------------


def test_pickles_are_small_and_name_the_backend(ops):
    for x in (ops, sc.Context(ops)):
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            data = pickle.dumps(x, protocol)
            assert len(data) <= 200
            assert pickle.loads(data) == x
    assert pickle.loads(pickle.dumps(ops)) is ops


def test_spawned_process_resolves_from_a_pickle(elsewhere):
    name = elsewhere.plugin()
    data = elsewhere.run(f"""
import pickle
import spacecore as sc
print(pickle.dumps(sc.Context({name!r}, "float32")).hex())
""")
    code = f"""
import pickle
ctx = pickle.loads(bytes.fromhex({data!r}))
print(type(ctx.ops).__module__, ctx.dtype, ctx.asarray([1, 2]).sum())
"""
    assert elsewhere.run(code) == f"spacecore_{name}._ops float32 3.0"


def test_multiprocessing_hands_contexts_over(elsewhere):
    name = elsewhere.plugin()
    elsewhere.distribution(
        "worker",
        modules={
            "worker": "def total(ctx): return str(ctx.ops.family), float(ctx.ones(3).sum())\n",
        },
    )
    code = f"""
import multiprocessing
import spacecore as sc
import worker
if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.apply(worker.total, (sc.Context({name!r}),)))
"""
    script = elsewhere.folder / "script.py"
    script.write_text(code)
    done = elsewhere.python(str(script), timeout=LIMIT)
    assert done.stdout.strip() == f"({name!r}, 3.0)", done.stderr


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="needs fork")
@pytest.mark.parametrize("before", ["", "sc.available_backends()", "sc.Context({name!r})"])
def test_everything_works_after_a_fork_with_numpy_only(elsewhere, before):
    name = elsewhere.plugin()
    code = f"""
import os
import spacecore as sc
ctx = sc.get_context()
{before.format(name=name)}
child = os.fork()
if child == 0:
    assert ctx.asarray([1.0, 2.0]).sum() == 3.0
    assert {name!r} in sc.available_backends()
    assert sc.ops_of(ctx.zeros(2)) is ctx.ops
    assert sc.Context({name!r}).ops is sc.normalize_ops({name!r})
    os._exit(0)
print(os.waitpid(child, 0)[1])
"""
    assert elsewhere.run(code, timeout=LIMIT) == "0"
