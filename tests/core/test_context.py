"""A context: how it is made, compared, kept and changed."""

from __future__ import annotations

import inspect
import pickle
import threading
import warnings

import numpy as np
import pytest

import spacecore as sc


def test_context_parts_on_numpy():
    ctx = sc.Context(sc.NumpyOps(), dtype=np.float64)
    assert str(ctx.ops.family) == "numpy"
    assert str(ctx.dtype) == "float64"
    assert ctx.check_level == "standard"
    assert ctx.device is None


def test_context_takes_name_class_instance_and_family(ops):
    given = [ops, type(ops), str(ops.family), ops.family, sc.BackendFamily(str(ops.family))]
    contexts = [sc.Context(each) for each in given]
    assert len(set(contexts)) == 1
    assert {ctx.check_level for ctx in contexts} == {"standard"}


def test_context_default_dtype_is_the_backends(ops):
    made = ops.asarray([1.0])
    assert sc.Context(ops).dtype == made.dtype


@pytest.mark.parametrize("level", sc.CHECK_LEVELS)
def test_context_keeps_its_level(ops, level):
    assert sc.Context(ops, check_level=level).check_level == level


def test_unknown_level_names_the_four():
    with pytest.raises(ValueError, match=r'"none", "cheap", "standard", "strict".*\'loud\''):
        sc.Context("numpy", check_level="loud")


def test_context_is_immutable(ctx):
    with pytest.raises(AttributeError, match="immutable"):
        ctx.dtype = "float32"
    with pytest.raises(AttributeError, match="immutable"):
        del ctx.dtype


def test_context_equality_and_hash(ops):
    one, same = sc.Context(ops, "float32"), sc.Context(ops, "float32")
    assert one == same
    assert hash(one) == hash(same)
    assert one != sc.Context(ops, "float64")
    assert one != sc.Context(ops, "float32", check_level="none")
    assert one != "numpy"


def test_context_pickles(ops):
    ctx = sc.Context(ops, "float32", check_level="strict")
    back = pickle.loads(pickle.dumps(ctx))
    assert back == ctx
    assert back.ops is sc.normalize_ops(ops.name)
    assert back.asarray([1]).dtype == ctx.dtype


def test_context_repr_shows_its_parts():
    text = repr(sc.Context("numpy", "float32", check_level="cheap"))
    assert text == "Context(NumpyOps(), dtype=float32, check_level='cheap')"


@pytest.mark.parametrize(("flag", "level"), [(True, "standard"), (False, "none")])
def test_enable_checks_is_deprecated_and_works(flag, level):
    with pytest.warns(DeprecationWarning, match="check_level"):
        ctx = sc.Context("numpy", enable_checks=flag)
    assert ctx.check_level == level
    assert ctx.enable_checks is flag


WRONG = {
    r'Use its name: `Context\("numpy"\)`': lambda: sc.Context(np),
    r"as one tuple": lambda: sc.StackedLinOp(*2 * (sc.IdentityLinOp(sc.DenseVectorSpace(2)),)),
    r"Name it: `geometry=WeightedInnerProduct": lambda: sc.DenseVectorSpace(
        2, sc.WeightedInnerProduct(np.ones(2))
    ),
    r"It is the first argument of a space": lambda: sc.DenseVectorSpace(sc.Context("numpy"), 2),
    r'Use `Context\("numpy:cpu"\)`': lambda: sc.Context("numpy", device="cpu"),
    r'part of the backend.s name: "numpy:cuda:0"': lambda: sc.Context("numpy", "cuda:0"),
}


@pytest.mark.parametrize("told", WRONG)
def test_what_is_no_context_or_dtype_is_told_its_place(told):
    with pytest.raises(TypeError, match=told):
        WRONG[told]()


def test_a_dtype_that_a_backend_lacks_is_told_the_nearest(ops):
    with pytest.raises(sc.CastError, match=r"no dtype flaot32\. Did you mean float32\?"):
        sc.Context(ops, "flaot32")
    for lacking in (object, "datetime64[s]", np.longdouble, np.dtype("U5")):
        with pytest.raises(sc.CastError, match=r"has no dtype .* one of b"):
            sc.Context(ops, lacking)


def test_asarray_of_a_context_is_documented_and_named(ops):
    for ctx in (sc.Context(ops), sc.Context(f"{ops.family}:cpu")):
        assert inspect.getdoc(ctx.asarray) == inspect.getdoc(sc.Context.asarray)
        with pytest.raises(TypeError, match=r"^Context\.asarray\(\) got an unexpected keyword"):
            ctx.asarray(1, dtype="float32")


def test_enable_checks_together_with_level_is_refused():
    with pytest.raises(TypeError, match="not both"):
        sc.Context("numpy", check_level="none", enable_checks=False)


def test_enable_checks_false_with_default_level_is_no_conflict():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        assert sc.Context("numpy", enable_checks=False).check_level == "none"


def test_creation_is_in_the_contexts_dtype(ops):
    ctx = sc.Context(ops, "float32")
    made = {
        "zeros": ctx.zeros((2, 3)),
        "ones": ctx.ones((2, 3)),
        "empty": ctx.empty((2, 3)),
        "full": ctx.full((2, 3), 7),
        "arange": ctx.arange(6),
        "linspace": ctx.linspace(0, 1, 6),
        "eye": ctx.eye(2, 3),
    }
    assert {ops.dtype_name(x.dtype) for x in made.values()} == {"float32"}
    assert {ops.size(x) for x in made.values()} == {6}
    np.testing.assert_array_equal(ops.to_numpy(made["full"]), np.full((2, 3), 7.0))
    np.testing.assert_array_equal(ops.to_numpy(made["arange"]), np.arange(6.0))
    np.testing.assert_array_equal(ops.to_numpy(made["eye"]), np.eye(2, 3))


def test_convert_changes_the_library_alone(backend):
    ctx = sc.Context("numpy", "float32", check_level="cheap")
    there = ctx.convert(backend)
    assert there.ops == sc.normalize_ops(backend)
    assert sc.NumpyOps().dtype_name(there.dtype) == "float32"
    assert there.check_level == "cheap"
    assert there.convert("numpy") == ctx


def test_convert_to_the_same_returns_itself(ctx):
    assert ctx.convert(ctx) is ctx
    assert ctx.convert(ctx.ops) is ctx
    assert ctx.convert(ctx.ops.family) is ctx
    assert ctx.convert(sc.Context(ctx.ops)) is ctx


def test_a_context_of_a_context_keeps_what_is_not_given(ops):
    ctx = sc.Context(ops, "complex64", check_level="strict")
    assert sc.Context(ctx) == ctx
    assert sc.Context(ctx, "float32") == sc.Context(ops, "float32", check_level="strict")
    assert sc.Context(ctx, check_level="cheap") == sc.Context(ops, "complex64", check_level="cheap")


def test_convert_changes_dtype_and_level_where_asked(ctx):
    there = ctx.convert(ctx.ops, dtype="complex64", check_level="none")
    assert there == sc.Context(ctx.ops, "complex64", check_level="none")


def test_normalize_ops_refuses_what_names_no_backend():
    with pytest.raises(TypeError, match="Got int"):
        sc.normalize_ops(3)
    with pytest.raises(sc.UnknownBackendError):
        sc.normalize_ops("")


# The ambient context.


def test_default_context_is_numpy_float64_standard():
    assert sc.get_context() == sc.Context("numpy", "float64", check_level="standard")
    assert sc.DenseVectorSpace(3).ctx == sc.get_context()


def test_use_context_holds_in_its_block_alone(backend):
    before = sc.get_context()
    with sc.use_context(backend, "float32", check_level="none") as inside:
        assert sc.get_context() is inside
        assert sc.DenseVectorSpace(3).ctx == inside
        with sc.use_context("numpy"):
            assert sc.get_context() == sc.Context("numpy")
        assert sc.get_context() is inside
    assert sc.get_context() is before


def test_use_context_ends_with_an_exception():
    before = sc.get_context()
    with pytest.raises(ZeroDivisionError), sc.use_context("numpy", "float32"):
        raise ZeroDivisionError
    assert sc.get_context() is before


def test_use_context_is_local_to_its_thread():
    seen = []
    with sc.use_context("numpy", "float32"):
        thread = threading.Thread(target=lambda: seen.append(sc.get_context()))
        thread.start()
        thread.join()
    assert seen == [sc.Context("numpy", "float64")]


def test_set_context_reaches_other_threads():
    sc.set_context("numpy", "float32")
    seen = []
    thread = threading.Thread(target=lambda: seen.append(sc.get_context()))
    thread.start()
    thread.join()
    assert seen == [sc.Context("numpy", "float32")]


def test_explicit_context_wins():
    X = sc.DenseVectorSpace(3, sc.Context("numpy", "float32"))
    assert sc.resolve_context_priority(sc.Context("numpy"), X) == sc.Context("numpy")
    assert sc.resolve_context_priority("numpy", X) == sc.Context("numpy")


def test_others_decide_where_nothing_is_explicit(ops):
    X = sc.DenseVectorSpace(3, sc.Context(ops, "float32", check_level="cheap"))
    assert sc.resolve_context_priority(None, X, object(), [1]) == X.ctx
    x = ops.zeros((2,), dtype=ops.float32)
    found = sc.resolve_context_priority(None, x)
    assert (found.ops, found.dtype) == (ops, x.dtype)
    assert found.check_level == sc.get_context().check_level


def test_others_join_dtypes_and_take_the_strictest_level(ops):
    X = sc.DenseVectorSpace(3, sc.Context(ops, "float32", check_level="none"))
    Y = sc.DenseVectorSpace(3, sc.Context(ops, "complex64", check_level="strict"))
    assert sc.resolve_context_priority(None, X, Y) == Y.ctx
    z = ops.zeros((2,), dtype=ops.float64)
    found = sc.resolve_context_priority(None, X, z, Y)
    assert found == sc.Context(ops, "complex128", check_level="strict")


def test_others_of_two_families_are_refused(backend):
    if backend == "numpy":
        pytest.skip("needs a second family")
    X, Y = sc.DenseVectorSpace(3, "numpy"), sc.DenseVectorSpace(3, backend)
    with pytest.raises(ValueError, match=r"one family.*convert"):
        sc.resolve_context_priority(None, X, Y)


def test_nothing_found_gives_the_ambient_context():
    with sc.use_context("numpy", "float32") as ambient:
        assert sc.resolve_context_priority(None, object(), [1.0]) is ambient


def test_ops_of_arrays_and_objects(ops, ctx):
    assert sc.ops_of(ops.zeros(3)) == ops
    assert sc.ops_of(ctx) is ctx.ops
    assert sc.ops_of(sc.DenseVectorSpace(3, ctx)) is ctx.ops
    with pytest.raises(TypeError, match="Got list"):
        sc.ops_of([1.0])


def test_a_backend_takes_no_options_but_its_own(backend):
    kind = type(sc.normalize_ops(backend))
    for wrong in ({"dtype": "float32"}, {"foo": None}):
        with pytest.raises(TypeError, match=next(iter(wrong))):
            kind(**wrong)
    with pytest.raises(TypeError, match="Got dtype. A dtype and a check level belong to a Context"):
        sc.NumpyOps(dtype="float32")
