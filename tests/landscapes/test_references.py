"""Gradients and losses against automatic differentiation of the formulas in another notation, and against printed digits."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from adamw_cli import registry
from adamw_cli.engine.run import gradient_at
from tests.batches import LANDSCAPES, batch

needs_jax = pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="needs jax")
Loss = Callable[..., Any]


def _each(one: Callable[..., Any]) -> Loss:
    """A sum over coordinates of one(np, x, coordinate's parameter by name)."""

    def loss(np_: Any, w: Any, v: dict[str, Any]) -> Any:
        def pick(name: str, i: int) -> float:
            return v[name][i] if isinstance(v[name], tuple) else v[name]

        return sum(one(np_, w[i] - (pick("center", i) if "center" in v else 0.0), lambda n, i=i: pick(n, i)) for i in range(w.shape[0]))  # fmt: skip

    return loss


def _shift(w: Any, v: dict[str, Any]) -> Any:
    return w - np.array(v["center"])


def _ackley(np_: Any, w: Any, v: dict[str, Any]) -> Any:
    x, d = _shift(w, v), w.shape[0]
    r = np_.sqrt(np_.dot(x, x) / d)
    return -v["depth"] * np_.exp(-v["steepness"] * r) - np_.exp(np_.sum(np_.cos(v["frequency"] * x)) / d) + v["depth"] + math.e  # fmt: skip


def _logistic(np_: Any, w: Any, v: dict[str, Any]) -> Any:
    module = registry.load("landscapes", "logistic")
    labels = module.SEPARABLE_LABELS if v["separable"] else module.LABELS
    return sum(np_.log1p(np_.exp(-y * (a * w[0] + b * w[1] + w[2]))) for (a, b), y in zip(module.POINTS, labels, strict=True)) / 12  # fmt: skip


def _saddle(np_: Any, w: Any, v: dict[str, Any]) -> Any:
    x = _shift(w, v)
    return v["rise"] * sum(x[:-1] ** 2) / 2 + v["fall"] * (x[-1] ** 4 / (2 * v["radius"] ** 2) - x[-1] ** 2) / 2


def _angle(np_: Any, w: Any, v: dict[str, Any]) -> Any:
    if v["direction"] is None:
        return v["strength"] * 2 * np_.arctan(w[1] / (np_.sqrt(w[0] ** 2 + w[1] ** 2) + w[0]))  # the half angle
    u = np.array(v["direction"]) / math.hypot(*v["direction"])
    return v["strength"] * np_.sum((w / np_.linalg.norm(w) - u) ** 2) / 2


LOSSES: dict[str, Loss] = {
    "abs": _each(lambda np_, x, p: p("slope") * np_.abs(x)),
    "relu": _each(lambda np_, x, p: p("slope") * np_.maximum(x, 0.0)),
    "bend": _each(lambda np_, x, p: p("right") * np_.maximum(x, 0.0) - p("left") * np_.maximum(-x, 0.0)),
    "cliff": _each(lambda np_, x, p: p("slope") * np_.maximum(-x, p("steepness") * x)),
    "ridge": _each(lambda np_, x, p: p("slope") * np_.minimum(x, p("steepness") * x)),
    "exponential": _each(lambda np_, x, p: p("scale") / np_.exp(p("rate") * x)),
    "gaussian_well": _each(lambda np_, x, p: p("depth") - p("depth") * np_.exp(-((x / p("width")) ** 2) / 2)),
    "laplacian_well": _each(lambda np_, x, p: p("depth") - p("depth") / np_.exp(np_.abs(x) / p("width"))),
    "quartic": _each(lambda np_, x, p: p("scale") / 4 * x**4),
    "huber": _each(lambda np_, x, p: p("curvature") * np_.where(np_.abs(x) < p("threshold"), x**2 / 2, p("threshold") * np_.abs(x) - p("threshold") ** 2 / 2)),
    "logcosh": _each(lambda np_, x, p: p("slope") / p("sharpness") * np_.log(np_.cosh(p("sharpness") * x))),
    "rastrigin": _each(lambda np_, x, p: x**2 + 2 * p("amplitude") * np_.sin(np.pi * x) ** 2),
    "styblinski_tang": _each(lambda np_, x, p: x * (5 + x * (-16 + x**2)) / 2),
    "double_well": _each(lambda np_, x, p: p("depth") * (x**4 / p("radius") ** 4 - 2 * x**2 / p("radius") ** 2 + 1) + p("tilt") * x),
    "saddle": _saddle,
    "ackley": _ackley,
    "beale": lambda np_, w, v: sum((a - w[0] * (1 - w[1] ** n)) ** 2 for a, n in ((1.5, 1), (2.25, 2), (2.625, 3))),
    "himmelblau": lambda np_, w, v: (w[0] ** 2 + w[1] - 11) ** 2 + (w[0] + w[1] ** 2 - 7) ** 2,
    "sigmoid_plateau": lambda np_, w, v: 1 / (1 + np_.exp(-v["steepness"] * (np_.sum(_shift(w, v) ** 2) - v["radius"] ** 2))),
    "degenerate_valley": lambda np_, w, v: (np_.prod(w) - v["target"]) ** 2 / 2,
    "scale_invariant": _angle,
    "logistic": _logistic,
}  # fmt: skip


@needs_jax
@pytest.mark.parametrize("name", sorted(LOSSES))
def test_loss_and_gradient_against_automatic_differentiation(name: str) -> None:
    import jax

    for d, values in LANDSCAPES[name]:
        w = np.random.default_rng(11).normal(scale=2.0, size=(d, 200))
        with jax.enable_x64(True):
            function = jax.vmap(jax.value_and_grad(lambda one, values=values: LOSSES[name](jax.numpy, one, values)))
            loss, slope = (np.asarray(found) for found in function(jax.numpy.asarray(w.T)))
        assert loss.dtype == np.float64
        measured = registry.load("landscapes", name).value(w.T, np.ones(200), values)
        np.testing.assert_allclose(measured, loss, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(gradient_at(batch("adam", name, values, w), w, 1), slope.T, rtol=1e-11, atol=1e-12)


def loss(name: str, point: list[float], **values: Any) -> float:
    filled = {p.name: p.default for p in registry.load("landscapes", name).SPEC.parameters} | values
    return float(registry.load("landscapes", name).value(np.array(point), 1, filled))


@pytest.mark.parametrize(
    ("name", "point", "values", "printed", "within"),
    [
        # Known values of the test functions, in the digits in which collections print them.
        ("ackley", [0.0, 0.0], {"center": 0.0}, 0.0, 1e-15),
        ("ackley", [1.0, 1.0], {"center": 0.0}, 3.6253849384403627, 1e-14),
        ("beale", [3.0, 0.5], {}, 0.0, 0.0),
        ("beale", [1.0, 1.0], {}, 14.203125, 0.0),
        ("himmelblau", [3.0, 2.0], {}, 0.0, 0.0),
        ("himmelblau", [-2.805118, 3.131313], {}, 0.0, 1e-9),
        ("himmelblau", [-3.779310, -3.283186], {}, 0.0, 1e-9),
        ("himmelblau", [3.584428, -1.848127], {}, 0.0, 1e-9),
        ("himmelblau", [-0.270845, -0.923039], {}, 181.617, 5e-4),
        ("rastrigin", [0.0, 0.0], {"center": 0.0}, 0.0, 0.0),
        ("rastrigin", [0.99495864, 0.99495864], {"center": 0.0}, 1.98991, 2e-5),
        ("rastrigin", [4.52299366, 4.52299366], {"center": 0.0}, 80.70658, 5e-5),
        ("styblinski_tang", [-2.903534, -2.903534], {}, -78.33233, 5e-6),
        ("styblinski_tang", [2.746803], {}, -25.02945, 5e-5),
        ("rosenbrock", [-1.2, 1.0], {}, 24.2, 1e-14),
    ],
)  # fmt: skip
def test_printed_values(name: str, point: list[float], values: dict[str, Any], printed: float, within: float) -> None:
    assert loss(name, point, **values) == pytest.approx(printed, rel=0.0, abs=within)


def minimizer(name: str, dimension: int, **values: Any) -> list[float] | None:
    filled = {p.name: p.default for p in registry.load("landscapes", name).SPEC.parameters} | values
    found: list[float] | None = registry.load("landscapes", name).minimizer(dimension, filled)
    return found


def test_which_landscapes_have_a_minimiser() -> None:
    with_one = {
        "quadratic", "rosenbrock", "abs", "cliff", "gaussian_well", "laplacian_well", "quartic", "huber", "logcosh", "rastrigin",
        "styblinski_tang", "ackley", "beale", "sigmoid_plateau", "logistic", "double_well", "bend",
    }  # fmt: skip
    for name in (*LOSSES, "quadratic", "rosenbrock"):
        d, values = LANDSCAPES[name][0]
        assert (registry.load("landscapes", name).minimizer(d, values) is not None) == (name in with_one), name


def test_minimisers_that_depend_on_the_parameters() -> None:
    assert minimizer("bend", 2, center=1.0, left=-1.0, right=2.0) == [1.0, 1.0]
    for left, right in ((0.0, 2.0), (-1.0, 0.0), (1.0, 2.0), ((-1.0, 1.0), 2.0)):
        assert minimizer("bend", 2, center=1.0, left=left, right=right) is None
    assert minimizer("double_well", 2, center=1.0, tilt=(0.1, 0.0)) is None
    assert minimizer("double_well", 1, center=1.0, tilt=1e-300) == pytest.approx([0.0], abs=1e-12)
    assert minimizer("double_well", 1, center=1.0, tilt=-1e-300) == pytest.approx([2.0], rel=1e-12)
    assert minimizer("double_well", 1, center=1.0, tilt=1e308, radius=1e10) is None  # not a float
    assert minimizer("logistic", 3, separable=True) is None
    assert minimizer("logistic", 3) == pytest.approx([0.444687, -1.706185, 1.005216], abs=5e-7)
    assert minimizer("styblinski_tang", 2) == pytest.approx([-2.903534, -2.903534], abs=5e-7)


@pytest.mark.parametrize(("tilt", "wells"), [(0.0, 2), (1.539, 2), (1.541, 1), (-1.539, 2), (-1.541, 1)])
def test_how_far_a_double_well_can_be_tilted(tilt: float, wells: int) -> None:
    """8 D/sqrt(27) = 1.5396 for D = r = 1."""
    w = np.linspace(-3.0, 3.0, 60001)[None]
    values = {"center": 0.0, "radius": 1.0, "depth": 1.0, "tilt": tilt}
    g = gradient_at(batch("adam", "double_well", values, w), w, 1)[0]
    assert int(np.sum((g[:-1] < 0.0) & (g[1:] >= 0.0))) == wells


def test_the_points_of_the_regression_are_what_its_generator_makes() -> None:
    module = registry.load("landscapes", "logistic")
    x, u = 3, []
    for _ in range(48):
        x = 48271 * x % (2**31 - 1)
        u.append(x / (2**31 - 1))
    points = [(round(4 * u[k] - 2, 2), round(4 * u[k + 1] - 2, 2)) for k in range(0, 48, 4)]
    assert list(module.POINTS) == points
    clear = [a - 2 * b + 0.5 for a, b in points]
    blurred = [value + 6 * (u[4 * k + 2] - 0.5) for k, value in enumerate(clear)]
    assert np.sign(clear).tolist() == list(module.SEPARABLE_LABELS)
    assert np.sign(blurred).tolist() == list(module.LABELS)
    assert sum(a != b for a, b in zip(module.LABELS, module.SEPARABLE_LABELS, strict=True)) == 2


def test_the_gradient_of_a_direction_is_orthogonal_and_falls_as_one_over_the_length() -> None:
    for d, values in LANDSCAPES["scale_invariant"]:
        w = np.random.default_rng(5).normal(size=(d, 50))
        g, far = (gradient_at(batch("adam", "scale_invariant", values, at), at, 1) for at in (w, 8.0 * w))
        np.testing.assert_allclose((w * g).sum(axis=0), 0.0, atol=1e-14)
        np.testing.assert_allclose(far, g / 8.0, rtol=1e-13)
        if values["direction"] is None:
            sizes = np.linalg.norm(g, axis=0) * np.linalg.norm(w, axis=0)
            np.testing.assert_allclose(sizes, values["strength"], rtol=1e-14)


def test_gradients_at_kinks() -> None:
    def at(name: str, point: float, **values: Any) -> float:
        w = np.array([[point]])
        filled = {p.name: p.default for p in registry.load("landscapes", name).SPEC.parameters} | values
        return float(gradient_at(batch("adam", name, filled, w), w, 1).item())

    assert at("abs", 0.7, center=0.7) == at("cliff", 0.7, center=0.7) == at("relu", 0.7, center=0.7) == 0.0
    assert at("ridge", 0.7, center=0.7, slope=3.0) == 3.0
    assert at("laplacian_well", 0.7, center=0.7) == at("ackley", 0.7, center=0.7) == 0.0
    for left, right, there in ((-1.0, 2.0, 0.0), (1.0, 2.0, 1.0), (5.0, 2.0, 2.0), (-1.0, -3.0, -1.0), (0.0, 3.0, 0.0)):
        assert at("bend", 0.7, center=0.7, left=left, right=right) == there
