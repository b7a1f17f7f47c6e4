"""Metrics of runs of the engine, beside formulas and loops that are written here."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from adamw_cli import registry
from adamw_cli.engine.lower import Batch
from adamw_cli.engine.run import gradient_at, run
from adamw_cli.metrics._contract import Ending
from adamw_cli.metrics._watch import Watcher
from tests.batches import batch, plain_run
from tests.metrics.paths import told

BOWL = {"matrix": None, "rotation": None}


@np.errstate(all="ignore")
def values_of(
    b: Batch, steps: int, names: tuple[str, ...], facts: dict[str, Any] | None = None, chunk: int | None = None
) -> list[Any]:
    """Run a batch with the metrics watching; one result for each."""
    known = told(start=b.start, weight_decay=b.scalars.get("weight_decay"), **(facts or {}))
    measures = [registry.load("metrics", name).Measure(known) for name in names]
    trace = run(b, steps, observers=[Watcher(known, measures)], chunk=chunk)
    last = trace.final_w
    loss = np.asarray(b.landscape.value(last.T, trace.steps_run, b.landscape_values), dtype=float)
    ending = Ending(last, trace.status, loss, gradient_at(b, np.ascontiguousarray(last), steps))
    return [m.result(ending) for m in measures]


@pytest.mark.parametrize("kind", ["adamw", "sgdw"])
@pytest.mark.parametrize(("lr", "lam"), [(0.1, 0.5), (1e-3, 0.1), (1e-4, 0.1)])
def test_decoupled_decay_halves_a_weight_as_the_logarithm_says(kind: str, lr: float, lam: float) -> None:
    expected = -math.log(2) / math.log(1 - lr * lam)
    b = batch(kind, "plateau", {}, [[1.0, -300.0], [1e-12, 1e12]], lr=lr, weight_decay=lam)
    found, step, shrink, cosine = values_of(
        b, math.ceil(expected), ("half_life", "crossing_step", "total_shrink", "direction_cosine")
    )
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    np.testing.assert_array_equal(step, math.ceil(expected))
    np.testing.assert_allclose(shrink, (1 - lr * lam) ** math.ceil(expected), rtol=1e-9)
    np.testing.assert_allclose(cosine, 1.0, rtol=1e-12)


def test_decay_beyond_one_alternates_and_its_size_halves() -> None:
    b = batch("adamw", "plateau", {}, [[3.0]], lr=1.0, weight_decay=1.8)  # w is multiplied by -0.8
    half_life, overshoot, lowest = values_of(b, 20, ("half_life", "overshoot", "minimum"))
    assert half_life.item() == pytest.approx(math.log(0.5) / math.log(0.8), rel=1e-12)
    assert overshoot.item() == pytest.approx(2.4, rel=1e-12)
    assert lowest.item() == pytest.approx(-2.4, rel=1e-12)


def test_gradient_descent_on_a_bowl() -> None:
    # w - 1 is multiplied by 1 - lr*curvature = 0.5, -0.5, -0.5 each step, from 4, 4, -2.
    b = batch("sgd", "quadratic", {"curvature": (1.0, 3.0, 3.0), "center": 1.0, **BOWL}, [[5.0], [5.0], [-1.0]], lr=0.5)
    names = ("overshoot", "settling_step", "maximum_step", "minimum", "minimum_step", "crossing_step")
    found = values_of(b, 30, names, {"minimizer": np.ones((3, 1))})
    expected: list[list[float | None]] = [[0, 2, 1], [5, 5, 5], [0, 0, 1], [1, -1, -1], [None, 1, 0], [2, 1, 2]]
    for result, row in zip(found, expected, strict=True):
        for value, number in zip(result[:, 0], row, strict=True):
            assert number is None or value == pytest.approx(number, rel=1e-7)
    b = batch("sgd", "quadratic", {"curvature": (1.0, 3.0), "center": 1.0, **BOWL}, [[5.0], [5.0]], lr=0.5)
    loss, norm = values_of(b, 2, ("final_loss", "gradient_norm"))  # w - 1 is 1 and 1
    assert loss.item() == pytest.approx(2.0, rel=1e-15)
    assert norm.item() == pytest.approx(math.sqrt(10), rel=1e-15)


@pytest.mark.parametrize("slope", [0.7, -0.7])
def test_momentum_overshoots_a_flip_by_what_the_loop_says(slope: float) -> None:
    flip, steps, mu, lr = 30, 80, 0.9, 0.1
    w = buffer = furthest = turned = 0.0
    for t in range(1, steps + 1):
        buffer = mu * buffer + (slope if t <= flip else -slope)
        w -= lr * buffer
        if t == flip:
            turned = w
        if t > flip:
            furthest = max(furthest, -math.copysign(1, slope) * (w - turned))
    assert furthest > 0.1
    b = batch("sgd", "gradient_flip", {"gradient": slope, "flip_at": flip, "period": None}, [[0.0]], lr=lr, momentum=mu)
    facts = {"turn_step": flip, "turn_direction": -np.sign([[slope]])}
    for chunk in (None, 1, 29, 30, 31):
        (found,) = values_of(b, steps, ("overshoot",), facts, chunk)
        assert found.item() == pytest.approx(furthest, rel=1e-12)


def test_the_path_of_adamw_is_measured_as_the_plain_loop_runs_it() -> None:
    values = {"curvature": (0.5, 20.0), "center": (1.0, -1.0), **BOWL}
    b = batch("adamw", "quadratic", values, [[4.0, -0.5], [2.0, 3.0]], lr=0.05, weight_decay=0.1)
    w = np.concatenate([b.start[None], plain_run(b, 300)])
    names = ("crossing_step", "maximum_step", "minimum_step", "settling_step", "maximum", "minimum", "weight_norm")
    found = dict(zip(names, values_of(b, 300, names, chunk=77), strict=True))
    for i, lane in np.ndindex(2, 2):
        path = w[:, i, lane].tolist()
        halved = [t for t, x in enumerate(path) if abs(x) <= abs(path[0]) / 2]
        outside = [t for t, x in enumerate(path) if abs(x) > 0.05 * abs(path[0])]
        np.testing.assert_equal(found["crossing_step"][i, lane], halved[0] if halved else np.nan)
        np.testing.assert_equal(found["settling_step"][i, lane], outside[-1] + 1 if outside[-1] < 300 else np.nan)
        assert found["maximum_step"][i, lane] == path.index(max(path))
        assert found["minimum_step"][i, lane] == path.index(min(path))
        assert found["maximum"][i, lane] == pytest.approx(max(path), rel=1e-10)
        assert found["minimum"][i, lane] == pytest.approx(min(path), rel=1e-10)
    np.testing.assert_allclose(found["weight_norm"], [math.hypot(*w[-1, :, lane]) for lane in (0, 1)], rtol=1e-10)


def test_the_box_fills_where_a_constant_gradient_meets_decay() -> None:
    b = batch("adamw", "slope", {"gradient": (1.0, -3.0)}, [[0.0], [0.0]], lr=0.1, weight_decay=0.5, eps=0.0)
    (found,) = values_of(b, 400, ("box_saturation",))  # w = 2 (1 - 0.95^400)
    assert found.item() == pytest.approx(1 - 0.95**400, rel=1e-9)


def test_one_diverged_coordinate_makes_its_whole_lane_diverged() -> None:
    values = {"curvature": (0.01, 1.0), "center": 0.0, **BOWL}
    b = batch("sgd", "quadratic", values, [[1.0, 1.0], [1.0, 1.0]], lr=np.array([[101.0, 0.1]]))
    names = ("status", "total_shrink", "final_loss", "weight_norm", "crossing_step", "settling_step", "maximum_step")
    status, shrink, loss, norm, crossing, settling, maximum = values_of(b, 400, names)
    assert status.tolist() == ["diverged", "finished"]
    assert np.isnan(shrink[:, 0]).all()
    assert np.isnan([loss[0], norm[0], *settling[:, 0]]).all()
    np.testing.assert_array_equal(crossing[:, 0], [1, np.nan])  # before it diverged
    assert maximum[1, 0] == 154  # times -100 each step: 1e308 at an even step, the last before the overflow
    np.testing.assert_allclose(shrink[1, 1], 0.9**400, rtol=1e-9)


def test_a_run_that_diverges_without_a_gradient_has_no_loss_and_no_gradient_norm() -> None:
    b = batch("adamw", "plateau", {}, [[1.0]], lr=1.0, weight_decay=100.0)
    found = values_of(b, 400, ("final_loss", "gradient_norm", "total_shrink", "box_saturation", "half_life"))
    assert all(np.isnan(f).all() for f in found)


def test_a_run_may_end_where_loss_and_gradient_are_no_finite_numbers_without_having_diverged() -> None:
    directions = batch("sgd", "scale_invariant", {"strength": 1.0, "direction": (1.0, 0.0)}, [[0.0], [0.0]], lr=0.1)
    status, loss = values_of(directions, 5, ("status", "final_loss"))  # at w = 0 there is no direction
    assert status.tolist() == ["finished"]
    assert np.isnan(loss).all()
    # Decay alone takes 800, where the gradient is 0, to -800, where exp(-w) overflows.
    values = {"center": 0.0, "rate": 1.0, "scale": 1.0}
    steep = batch("sgdw", "exponential", values, [[800.0]], lr=1.0, weight_decay=2.0)
    status, *found = values_of(steep, 1, ("status", "final_loss", "gradient_norm"))
    assert status.tolist() == ["finished"]
    assert not np.isfinite(found).any()
    for name in ("final_loss", "gradient_norm"):
        assert "not a finite number" in registry.load("metrics", name).SPEC.undefined
