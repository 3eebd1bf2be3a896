"""The suite as others use it: complete, light, told in a table."""

from __future__ import annotations

import io
import subprocess
import sys
from typing import ClassVar

import pytest

import spacecore as sc
from spacecore.backend import FFTNamespace, LinalgNamespace
from spacecore.testing import Case, Requirement, contract_cases, run_cases
from spacecore.testing.__main__ import main

CASES = contract_cases()


def test_every_name_of_the_contract_has_a_case():
    declared = {
        *sc.BackendOps.contract(),
        *(f"linalg.{name}" for name in LinalgNamespace.contract()),
        *(f"fft.{name}" for name in FFTNamespace.contract()),
    }
    covered = {case.name.partition("[")[0] for case in CASES}
    assert declared - covered == set()
    assert covered - declared == {"ops"}


def test_a_case_tests_the_function_that_it_is_named_after():
    strays = [
        case.name
        for case in CASES
        if not case.name.startswith("ops[")
        and case.requirement.operations[0] != case.name.partition("[")[0]
    ]
    assert strays == []


def test_names_tell_the_call():
    names = {case.name for case in CASES}
    assert "sum[complex64-(0,3)-axis=-1-keepdims]" in names or any(
        name.startswith("sum[") and "(0,3)-axis=-1-keepdims" in name for name in names
    )
    assert len(names) == len(CASES)


def test_thorough_has_every_default_case_and_each_dtype_with_each_call():
    thorough = {case.name for case in contract_cases(thorough=True)}
    assert thorough >= {case.name for case in CASES}
    for dtype in ("float32", "int8", "complex128"):
        for rest in ("(2,3)-axis=0", "(0,3)-axis=-1-keepdims", "()"):
            assert f"sum[{dtype}-{rest}]" in thorough


def test_pattern_picks_cases_by_name():
    picked = contract_cases(pattern="linalg.det[*")
    assert picked
    assert all(case.name.startswith("linalg.det[") for case in picked)


def test_a_declared_difference_skips_and_a_stale_one_is_told():
    class Declared(sc.NumpyOps):
        differences: ClassVar = {"exp[float32*": "for this test"}

    (case,) = [c for c in CASES if c.name.startswith("exp[float32") and "special" in c.name]
    with pytest.raises(sc.UnsupportedOperationError, match="for this test"):
        case.run(Declared())
    assert "exp[float32*" in _stale(Declared())


def test_a_difference_that_names_no_case_fails():
    class Misspelt(sc.NumpyOps):
        differences: ClassVar = {"sun[int*": "for this test"}

    report = run_cases(Misspelt(), contract_cases(pattern="ops[differences]"))
    (line,) = report.failures
    assert "'sun[int*'" in line
    assert line.endswith('Did you mean "sum"?')


def test_a_capability_comes_before_a_function_and_a_misspelt_name_is_refused(ops):
    assert ops.supports("jit") is ("jit" in ops.capabilities)
    assert ops.supports("sum") is ops.supports("linalg.svd") is ops.supports("fft.fft") is True
    assert ops.supports("time travel") is False
    misspelt = {"autodif": "autodiff", "sprase": "sparse", "sumn": "sum", "linalg.sdv": "svd"}
    for name, meant in misspelt.items():
        with pytest.raises(ValueError, match=f'Did you mean ".*{meant}"'):
            ops.supports(name)

    class Sharded(sc.NumpyOps):
        capabilities = sc.NumpyOps.capabilities | {"sharding"}

    assert Sharded().supports("sharding") is True


def test_an_eager_vmap_names_the_axis_that_is_not_there():
    ops = sc.NumpyOps()
    for axes in (3, (-3,)):
        with pytest.raises(ValueError, match=r"Got in_axes -?3 for shapes \(2, 2\)"):
            ops.vmap(ops.sum, in_axes=axes)(ops.ones((2, 2)))


def _stale(ops):
    from spacecore.testing import stale_differences

    return stale_differences(ops, CASES)


def test_an_undeclared_refusal_fails():
    def refuse(ops):
        raise sc.UnsupportedOperationError("not here")

    case = Case("exp[none]", "none", Requirement(("exp",)), refuse)
    with pytest.raises(AssertionError, match="UnsupportedOperationError: not here"):
        case.run(sc.NumpyOps())


def test_report_counts_sections_and_stops_at_the_first_failure():
    def fail(ops):
        raise AssertionError("expected more, got less")

    cases = [Case(f"exp[{i}]", "Section", Requirement(), fail) for i in range(3)]
    report = run_cases(sc.NumpyOps(), cases, stop=True)
    assert report.counts == {"Section": {"passed": 0, "failed": 1, "unsupported": 0}}
    assert report.failures == ["exp[0]: expected more, got less"]
    assert not report.ok


def test_a_run_frees_compiled_code_as_it_goes():
    class Compiling(sc.NumpyOps):
        kept = most = 0

        @classmethod
        def forget_compiled(cls):
            cls.kept = 0

    def compile_one(ops):
        Compiling.kept += 1
        Compiling.most = max(Compiling.most, Compiling.kept)

    cases = [Case(f"exp[{i}]", "Section", Requirement(), compile_one) for i in range(1000)]
    assert run_cases(Compiling(), cases).ok
    assert Compiling.most <= 500


def test_nothing_run_is_not_a_success():
    assert not run_cases(sc.NumpyOps(), []).ok
    assert main(["numpy", "--filter", "no such case"]) == 1


def test_command_line_prints_a_table_and_its_code(capsys):
    assert main(["numpy", "--filter", "hypot"]) == 0
    out = capsys.readouterr().out
    assert "passed" in out
    assert "Elementwise functions: transcendental" in out
    assert main(["nonesuch"]) == 1
    assert "nonesuch" in capsys.readouterr().err


def test_command_line_shows_failures_with_call_expected_and_got(capsys):
    class Shifted(sc.NumpyOps):
        family = sc.BackendFamily("shifted")

        @staticmethod
        def hypot(x1, x2, /):
            return sc.NumpyOps.hypot(x1, x2) + 1

    sc.register_ops(Shifted)
    assert main(["shifted", "--filter", "hypot[*", "-x"]) == 1
    out = capsys.readouterr().out
    assert "hypot[float" in out
    assert "expected" in out
    assert "got" in out


def test_command_line_shows_what_an_output_lacks_characters_for(monkeypatch):
    class Shouting(sc.NumpyOps):
        family = sc.BackendFamily("shouting")

        @staticmethod
        def hypot(x1, x2, /):
            raise ValueError("ℝ → ℂ")

    sc.register_ops(Shouting)
    out = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", out)
    assert main(["shouting", "--filter", "hypot[*", "-x"]) == 1
    out.flush()
    assert b"\\u211d \\u2192 \\u2102" in out.buffer.getvalue()


def test_importing_the_suite_imports_no_test_library():
    code = (
        "import sys, spacecore.testing as t; t.contract_cases(); "
        "print([n for n in ('pytest', 'hypothesis', 'array_api_strict', 'scipy', 'jax', 'torch') "
        "if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
