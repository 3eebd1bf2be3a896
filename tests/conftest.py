"""What every test shares: the backends it runs on, its random numbers, and its isolation."""

from __future__ import annotations

import os
import random
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import FrameType

import numpy as np
import pytest

SEED = "SPACECORE_TEST_SEED"
BACKENDS = "SPACECORE_TEST_BACKENDS"
FORGETTING = 100  # tests

# Before anything imports JAX: the tests compare backends in double precision.
os.environ.setdefault("JAX_ENABLE_X64", "1")
# One seed for the run; worker processes inherit it.
os.environ.setdefault(SEED, str(random.randrange(2**32)))

import spacecore as sc  # noqa: E402  JAX's setting comes first
from spacecore.testing import Case, law_cases  # noqa: E402


def pytest_report_header() -> list[str]:
    """Say what the run depends on, so that it can be repeated."""
    return [
        f"spacecore {sc.__version__}, numpy {np.__version__}; backends: {', '.join(tested())}",
        f"random numbers: repeat them with {SEED}={os.environ[SEED]}",
    ]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes `backend` or `ops` once on each backend, and `law` with each law."""
    if "law" in metafunc.fixturenames:
        laws = law_cases(thorough=metafunc.config.getoption("--all"))
        pairs = [(backend, law) for backend in tested() for law in laws]
        if not metafunc.config.getoption("--all"):
            pairs = [pair for pair in pairs if _covers(*pair)]
        ids = [f"{backend}-{law}" for backend, law in pairs]
        metafunc.parametrize(("backend", "law"), pairs, ids=ids, scope="session")
    elif "backend" in metafunc.fixturenames:
        metafunc.parametrize("backend", tested(), scope="session")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that runs laws in full."""
    parser.addoption(
        "--all", action="store_true", help="every law with every class, dtype and backend"
    )


def _covers(backend: str, law: Case) -> bool:
    """Whether a law in its one dtype runs on a backend: all on the first, half on each other."""
    if backend == tested()[0]:
        return True
    number = tested().index(backend)
    return zlib.crc32(law.name.encode()) % 2 == number % 2


@cache
def tested() -> tuple[str, ...]:
    """Names of the backends that tests run on: the chosen ones, else all that are installed.

    CuPy is among them where a device answers. A chosen backend that is missing fails its tests.
    """
    chosen = os.environ.get(BACKENDS, "").replace(",", " ").split()
    names = chosen or sc.available_backends()
    return tuple(name for name in names if name != "cupy" or _answers(name))


def _answers(name: str) -> bool:
    try:
        sc.normalize_ops(name)
    except ImportError:  # what it says has tests of its own
        return False
    return True


@pytest.fixture(scope="session")
def tested_backends() -> tuple[str, ...]:
    """Names of the backends that tests run on."""
    return tested()


@pytest.fixture(scope="session")
def ops(backend: str) -> sc.BackendOps:
    """The ops of one backend; a test that takes it runs on each."""
    return sc.normalize_ops(backend)


@pytest.fixture(scope="session")
def foreign_ops(ops: sc.BackendOps, tested_backends: tuple[str, ...]) -> sc.BackendOps:
    """The ops of another backend than `ops`; NumPy's, wherever that is another."""
    others = [name for name in ("numpy", *tested_backends) if name != ops.family]
    if not others:
        pytest.skip("needs a second backend")
    return sc.normalize_ops(others[0])


@pytest.fixture
def ctx(ops: sc.BackendOps) -> sc.Context:
    """A context in the default dtype of one backend."""
    return sc.Context(ops)


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """A seed of the test's own, whatever order the tests run in."""
    return zlib.crc32(f"{os.environ[SEED]} {request.node.nodeid}".encode())


@pytest.fixture
def rng(seed: int) -> np.random.Generator:
    """NumPy's generator, from the test's seed."""
    return np.random.default_rng(seed)


@pytest.fixture
def frames() -> Callable[[Callable[[], object]], int]:
    """How many Python frames of the package a call runs, at its second time."""
    package = str(Path(sc.__file__).parent)

    def counted(call: Callable[[], object]) -> int:
        count = 0

        def profile(frame: FrameType, event: str, _: object) -> None:
            nonlocal count
            count += event == "call" and frame.f_code.co_filename.startswith(package)

        call()
        sys.setprofile(profile)
        try:
            call()
        finally:
            sys.setprofile(None)
        return count

    return counted


@pytest.fixture(autouse=True)
def forgetful(request: pytest.FixtureRequest) -> Iterator[None]:
    """Free what a backend has compiled, now and then: few tests run what others compiled."""
    names = {"backend", "ops"} & set(request.fixturenames)
    yield
    if len(names) == 2:  # not a parameter of a test's own that is called so
        ops = request.getfixturevalue("ops")
        _TESTS[ops.family] += 1
        if _TESTS[ops.family] % FORGETTING == 0:
            ops.forget_compiled()


_TESTS: Counter[str] = Counter()


@pytest.fixture(autouse=True)
def isolated() -> Iterator[None]:
    """Undo what a test does to the process: its ambient context, backends it registered."""
    context = sc.get_context()
    names = set(sc.available_backends())
    yield
    sc.set_context(context)
    for name in set(sc.available_backends()) - names:
        with suppress(sc.UnknownBackendError):  # it came from an environment variable
            sc.unregister_ops(name)
