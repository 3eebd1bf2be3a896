"""Derivatives against closed forms, and the conventions for complex numbers.

`grad` satisfies dF = Re <grad F, h>; `vjp` of a matrix is its adjoint, `linear_transpose` its
transpose.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from spacecore.testing._case import Case
from spacecore.testing._compare import check_array
from spacecore.testing._law import check_tree, complexes, floats, integers, law

__all__ = ["laws"]

_X = np.array([0.5, -1.0, 2.0])
_Y = np.array([1.0, 3.0, -2.0])
_Z = np.array([1 + 2j, -0.5j, 2 - 1j])
_M = np.array([[1.0, 2.0, -1.0], [0.5, 0.0, 3.0]])
_C = np.array([[1 + 1j, 2.0, -1j], [0.5j, 0.0, 3 - 2j]])


def laws() -> Iterator[Case]:
    """Yield the cases."""
    for mode in ("eager", "jit"):
        yield law(f"grad[real-{mode}]", partial(_grad_real, mode))
        yield law(f"grad[complex-{mode}]", partial(_grad_complex, mode))
        yield law(f"vjp[complex-{mode}]", partial(_vjp_complex, mode))
        yield law(f"jvp[complex-{mode}]", partial(_jvp_complex, mode))
        yield law(f"jvp[complex-sign-{mode}]", partial(_derivative_of_sign, mode))
        yield law(f"linear_transpose[complex-{mode}]", partial(_transpose_complex, mode))
    yield law("grad[argnums]", _grad_argnums)
    yield law("grad[tree]", _grad_tree)
    yield law("grad[aux]", _grad_aux)
    yield law("grad[second]", _grad_of_grad)
    yield law("grad[non-holomorphic]", _grad_parts)
    yield law("grad[difference-quotient]", _grad_quotient)
    yield law("grad[0-d]", _grad_scalar)
    yield law("grad[through-loop]", _grad_loop)
    yield law("grad[through-update]", _grad_update, operations=("index_add",))
    yield law("grad[vmap]", _grad_mapped)
    yield law("index_set[gradient-of-overwritten]", _grad_overwritten, operations=("grad",))
    yield law("full[derivative]", _filled_derivative, operations=("full_like", "jvp"))
    yield law("linspace[derivative]", _spaced_derivative, operations=("grad",))
    yield law("value_and_grad[real]", _value_and_grad)
    yield law("value_and_grad[aux-argnums]", _value_and_grad_aux)
    yield law("vjp[real]", _vjp_real)
    yield law("vjp[tree]", _vjp_tree)
    yield law("vjp[nothing-among-results]", _vjp_nothing)
    yield law("vjp[dicts-by-key]", _vjp_by_key)
    yield law("jvp[dicts-by-key]", _jvp_by_key)
    yield law("jvp[nothing-and-numbers]", _jvp_nothing)
    yield law("jvp[conjugate]", _jvp_conjugate)
    yield law("grad[nothing-among-arguments]", _grad_nothing)
    yield law("grad[constant]", _grad_constant)
    yield law("jvp[real]", _jvp_real)
    yield law("jvp[tree]", _jvp_tree)
    yield law("linear_transpose[real]", _transpose_real)
    yield law("linear_transpose[two-arguments]", _transpose_two)


def _made(ops: Any, function: Any, mode: str) -> Any:
    return ops.jit(function) if mode == "jit" else function


def _cube(ops: Any) -> Any:
    return lambda x: ops.sum(x * x * x)


def _grad_real(mode: str, ops: Any) -> None:
    check_tree(ops, _made(ops, ops.grad(_cube(ops)), mode)(floats(ops, _X)), 3 * _X**2)


def _grad_complex(mode: str, ops: Any) -> None:
    """F = sum |z|^2 has dF = Re <2 z, h>."""
    function = ops.grad(lambda z: ops.sum(ops.real(z * ops.conj(z))))
    check_tree(ops, _made(ops, function, mode)(complexes(ops, _Z)), 2 * _Z)


def _grad_parts(ops: Any) -> None:
    """F = sum Re(a z) has dF = Re <conj(a), h>; F = sum Im z has gradient 1j."""
    a, z = complexes(ops, _Z[::-1].copy()), complexes(ops, _Z)
    check_tree(ops, ops.grad(lambda w: ops.sum(ops.real(a * w)))(z), np.conj(_Z[::-1]))
    check_tree(ops, ops.grad(lambda w: ops.sum(ops.imag(w)))(z), np.full(3, 1j))


def _grad_quotient(ops: Any) -> None:
    """The convention itself, measured: dF against Re <grad F, h>."""

    def function(z: Any) -> Any:
        return ops.sum(ops.real(ops.exp(z) * ops.conj(z)))

    def measured(z: np.ndarray[Any, Any]) -> float:
        return float(np.sum(np.real(np.exp(z) * np.conj(z))))

    gradient = ops.to_numpy(ops.grad(function)(complexes(ops, _Z)))
    h = np.array([0.3 - 1j, 1 + 1j, -0.7j])
    slope = (measured(_Z + 1e-6 * h) - measured(_Z - 1e-6 * h)) / 2e-6
    got = float(np.real(np.vdot(gradient, h)))
    assert abs(got - slope) < 1e-4 * abs(slope), (
        f"expected Re<grad F, h> = {slope:.6g}, got {got:.6g}"
    )


def _grad_argnums(ops: Any) -> None:
    def function(x: Any, y: Any) -> Any:
        return ops.sum(x * x * y)

    x, y = floats(ops, _X), floats(ops, _Y)
    check_tree(ops, ops.grad(function, argnums=1)(x, y), _X**2)
    both = ops.grad(function, argnums=(0, 1))(x, y)
    check_tree(ops, tuple(both), (2 * _X * _Y, _X**2))


def _grad_tree(ops: Any) -> None:
    def function(tree: Any) -> Any:
        return ops.sum(tree["a"] * tree["b"][0]) + ops.sum(tree["b"][1])

    x, y = floats(ops, _X), floats(ops, _Y)
    got = ops.grad(function)({"a": x, "b": (y, x)})
    check_tree(ops, got, {"a": _Y, "b": (_X, np.ones(3))})


def _grad_aux(ops: Any) -> None:
    def function(x: Any) -> Any:
        return ops.sum(x * x), {"twice": 2 * x}

    gradient, aux = ops.grad(function, has_aux=True)(floats(ops, _X))
    check_tree(ops, gradient, 2 * _X)
    check_tree(ops, aux, {"twice": 2 * _X})


def _grad_of_grad(ops: Any) -> None:
    first = ops.grad(_cube(ops))
    check_tree(ops, ops.grad(lambda x: ops.sum(first(x)))(floats(ops, _X)), 6 * _X)


def _grad_scalar(ops: Any) -> None:
    check_tree(ops, ops.grad(lambda x: x * x * x)(floats(ops, 2.0)), np.asarray(12.0))


def _grad_loop(ops: Any) -> None:
    def function(x: Any) -> Any:
        return ops.sum(ops.fori_loop(0, 3, lambda i, s: s * x, ops.ones_like(x)))

    check_tree(ops, ops.grad(function)(floats(ops, _X)), 3 * _X**2)

    def scanned(x: Any) -> Any:
        return ops.sum(ops.scan(lambda c, v: (c * v, c), ops.ones_like(x[0]), x)[0])

    products = np.array([_X[1] * _X[2], _X[0] * _X[2], _X[0] * _X[1]])
    check_tree(ops, ops.grad(scanned)(floats(ops, _X)), products)


def _grad_update(ops: Any) -> None:
    def function(x: Any, y: Any) -> Any:
        return ops.sum(ops.index_add(x, slice(0, 2), y) ** 2)

    x, y = floats(ops, _X), floats(ops, _Y[:2])
    total = _X + np.append(_Y[:2], 0)
    got = tuple(ops.grad(function, argnums=(0, 1))(x, y))
    check_tree(ops, got, (2 * total, 2 * total[:2]))


def _grad_overwritten(ops: Any) -> None:
    """Of values that one index gets, the last is written, and has the derivative."""
    places = integers(ops, [2, 0, 2])

    def loss(values: Any) -> Any:
        return ops.sum(ops.index_set(floats(ops, np.ones(3)), places, values) ** 2)

    slope = ops.grad(loss)
    check_tree(ops, slope(floats(ops, [3, 4, 5])), np.array([0.0, 8, 10]))
    check_tree(ops, slope(floats(ops, 2)), np.array(8.0))
    check_tree(ops, ops.vmap(slope)(floats(ops, [[3, 4, 5]])), np.array([[0.0, 8, 10]]))


def _filled_derivative(ops: Any) -> None:
    """What is filled with an array depends on it, or the array is refused."""
    like = floats(ops, np.zeros(2))
    for fill in (lambda a: ops.full((2,), a), lambda a: ops.full_like(like, a)):
        value, tangent = ops.jvp(lambda a, f=fill: f(a) * a, (floats(ops, 3),), (floats(ops, 1),))
        check_tree(ops, (value, tangent), (np.array([9.0, 9]), np.array([6.0, 6])))


def _spaced_derivative(ops: Any) -> None:
    slope = ops.grad(lambda a: ops.sum(ops.linspace(0.0, a, 3)))
    check_tree(ops, slope(floats(ops, 2)), np.array(1.5))


def _grad_mapped(ops: Any) -> None:
    rows = np.stack([_X, _Y])
    check_tree(ops, ops.vmap(ops.grad(_cube(ops)))(floats(ops, rows)), 3 * rows**2)


def _value_and_grad(ops: Any) -> None:
    value, gradient = ops.value_and_grad(_cube(ops))(floats(ops, _X))
    check_tree(ops, (value, gradient), (np.sum(_X**3), 3 * _X**2))


def _value_and_grad_aux(ops: Any) -> None:
    def function(x: Any, y: Any) -> Any:
        return ops.sum(x * y), x + y

    run = ops.value_and_grad(function, argnums=(1,), has_aux=True)
    (value, aux), gradients = run(floats(ops, _X), floats(ops, _Y))
    check_tree(ops, (value, aux, tuple(gradients)), (np.sum(_X * _Y), _X + _Y, (_X,)))


def _vjp_real(ops: Any) -> None:
    m = floats(ops, _M)
    value, pull = ops.vjp(lambda x: m @ x, floats(ops, _X))
    check_tree(ops, value, _M @ _X)
    check_tree(ops, tuple(pull(floats(ops, [1, -2]))), (_M.T @ [1.0, -2.0],))


def _vjp_complex(mode: str, ops: Any) -> None:
    m, v = complexes(ops, _C), np.array([1j, 2 - 1j])

    def pulled(z: Any, w: Any) -> Any:
        return ops.vjp(lambda u: m @ u, z)[1](w)[0]

    got = _made(ops, pulled, mode)(complexes(ops, _Z), complexes(ops, v))
    check_tree(ops, got, np.conj(_C).T @ v)


def _vjp_tree(ops: Any) -> None:
    def function(tree: Any, y: Any) -> Any:
        return {"p": tree["a"] * y, "s": ops.sum(y)}

    value, pull = ops.vjp(function, {"a": floats(ops, _X)}, floats(ops, _Y))
    check_tree(ops, value, {"p": _X * _Y, "s": np.sum(_Y)})
    got = pull({"p": floats(ops, [1, 1, 2]), "s": floats(ops, 3.0)})
    weights = np.array([1.0, 1.0, 2.0])
    check_tree(ops, tuple(got), ({"a": weights * _Y}, weights * _X + 3))


def _vjp_nothing(ops: Any) -> None:
    """None is an empty tree, in what a differentiated function returns too."""
    x, v = floats(ops, _X), floats(ops, _Y)
    value, pull = ops.vjp(lambda u: (u * u, None), x)
    check_tree(ops, value, (_X**2, None))
    check_tree(ops, tuple(pull((v, None))), (2 * _X * _Y,))
    transpose = ops.linear_transpose(lambda u: (2 * u, None), x)
    check_tree(ops, tuple(transpose((v, None))), (2 * _Y,))


def _vjp_by_key(ops: Any) -> None:
    """The order in which the keys of a dict were inserted is of no matter."""
    x, v, w = floats(ops, _X), floats(ops, _Y), floats(ops, 2 * _X)
    _, pull = ops.vjp(lambda u: {"a": 2 * u, "b": u * u}, x)
    check_tree(ops, tuple(pull({"b": w, "a": v})), (2 * _Y + 4 * _X**2,))
    transpose = ops.linear_transpose(lambda u: {"a": 2 * u, "b": -u}, x)
    check_tree(ops, tuple(transpose({"b": w, "a": v})), (2 * _Y - 2 * _X,))


def _jvp_conjugate(ops: Any) -> None:
    """A conjugate, and a part of one, may be views that only remember it."""
    z, h = complexes(ops, _Z), complexes(ops, _Z[::-1].copy())
    for function, on_host in (
        (lambda w: w[0], lambda w: w[0]),
        (ops.real, np.real),
        (ops.conj, np.conj),
    ):
        got = ops.jvp(function, (ops.conj(z),), (h,))
        check_tree(ops, tuple(got), (on_host(np.conj(_Z)), on_host(_Z[::-1])))
    got = ops.jvp(lambda x: x[:2], (ops.imag(ops.conj(z)),), (ops.real(ops.conj(h)),))
    check_tree(ops, tuple(got), (-_Z.imag[:2], _Z.real[::-1][:2]))


def _jvp_by_key(ops: Any) -> None:
    x, y = floats(ops, _X), floats(ops, _Y)
    got = ops.jvp(lambda t: t["a"] * t["b"], ({"a": x, "b": y},), ({"b": x, "a": 2 * y},))
    check_tree(ops, tuple(got), (_X * _Y, 2 * _Y**2 + _X**2))


def _jvp_nothing(ops: Any) -> None:
    """None is an empty tree, and a number does not depend on anything."""
    x, h = floats(ops, _X), floats(ops, _Y)
    value, slope = ops.jvp(lambda t: (t[0] * 2, None, 1.5), ((x, None),), ((h, None),))
    assert value[1] is None is slope[1], f"expected None and None, got {value[1]}, {slope[1]}"
    check_tree(ops, (value[0], slope[0]), (2 * _X, 2 * _Y))
    found = float(value[2]), float(slope[2])
    assert found == (1.5, 0), f"expected 1.5 with derivative 0, got {found}"


def _grad_nothing(ops: Any) -> None:
    x = floats(ops, _X)
    got = ops.grad(lambda t, y: ops.sum(t["a"][0] ** 2) + y, argnums=(0, 1))(
        {"b": None, "a": (x, None)}, floats(ops, 1.0)
    )
    check_tree(ops, tuple(got), ({"a": (2 * _X, None), "b": None}, np.asarray(1.0)))


def _grad_constant(ops: Any) -> None:
    value, slope = ops.value_and_grad(lambda x: 1.5)(floats(ops, _X))
    assert float(value) == 1.5, f"expected 1.5, got {value}"
    check_tree(ops, slope, 0 * _X)


def _jvp_real(ops: Any) -> None:
    x, h = floats(ops, _X), floats(ops, _Y)
    got = ops.jvp(lambda v: v * v, (x,), (h,))
    check_tree(ops, tuple(got), (_X**2, 2 * _X * _Y))


def _jvp_complex(mode: str, ops: Any) -> None:
    m, h = complexes(ops, _C), np.array([1.0, 1j, -1.0])
    run = _made(ops, lambda z, t: ops.jvp(lambda u: m @ (u * u), (z,), (t,)), mode)
    got = run(complexes(ops, _Z), complexes(ops, h))
    check_tree(ops, tuple(got), (_C @ _Z**2, _C @ (2 * _Z * h)))


def _derivative_of_sign(mode: str, ops: Any) -> None:
    """The sign turns by the part of the direction across it; the derivative is self-adjoint."""
    h = np.array([1.0, 1j, 0.5 - 1j])
    sign = _Z / np.abs(_Z)
    turned = 1j * sign * np.imag(np.conj(sign) * h) / np.abs(_Z)
    z, t = complexes(ops, _Z), complexes(ops, h)
    run = _made(ops, lambda z, t: ops.jvp(ops.sign, (z,), (t,)), mode)
    check_tree(ops, tuple(run(z, t)), (sign, turned))
    pull = _made(ops, lambda z, t: ops.vjp(ops.sign, z)[1](t)[0], mode)
    check_tree(ops, pull(z, t), turned)
    check_tree(ops, pull(0 * z, t), 0 * _Z)


def _jvp_tree(ops: Any) -> None:
    x, y = floats(ops, _X), floats(ops, _Y)
    run = ops.jvp(lambda t, v: {"q": t["a"] * v}, ({"a": x}, y), ({"a": y}, x))
    check_tree(ops, tuple(run), ({"q": _X * _Y}, {"q": _Y**2 + _X**2}))


def _transpose_real(ops: Any) -> None:
    m = floats(ops, _M)
    (got,) = ops.linear_transpose(lambda x: m @ x, floats(ops, _X))(floats(ops, [1, -2]))
    check_tree(ops, got, _M.T @ [1.0, -2.0])


def _transpose_complex(mode: str, ops: Any) -> None:
    m, v = complexes(ops, _C), np.array([1j, 2 - 1j])
    run = ops.linear_transpose(lambda u: m @ u, complexes(ops, 0 * _Z))
    check_tree(ops, _made(ops, lambda w: run(w)[0], mode)(complexes(ops, v)), _C.T @ v)


def _transpose_two(ops: Any) -> None:
    m = floats(ops, _M)
    zero = floats(ops, [0, 0])
    run = ops.linear_transpose(lambda t, y: m @ t["a"] - 2 * y, {"a": floats(ops, _X)}, zero)
    v = np.array([1.0, -2.0])
    check_tree(ops, tuple(run(floats(ops, v))), ({"a": _M.T @ v}, -2 * v))
    check_array(ops, zero, np.zeros(2), ops.dtype_name(zero.dtype))
