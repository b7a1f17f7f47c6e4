"""The fixed point and the approach to it, against AdamW written out with its moments and their bias correction."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adamw_cli import simulate_batch
from adamw_cli.errors import UsageError
from adamw_cli.theory import constant_gradient as theory

gradients = st.floats(1e-6, 1e3) | st.floats(-1e3, -1e-6)


def adamw(w: float, G: float, steps: int, lr: float, lam: float, eps: float) -> float:
    """AdamW as published, one step at a time; no gradient step where the denominator is 0."""
    m = v = 0.0
    for t in range(1, steps + 1):
        m, v = 0.9 * m + 0.1 * G, 0.99 * v + 0.01 * G * G
        denominator = math.sqrt(v / (1 - 0.99**t)) + eps
        w = w - lr * lam * w - (lr * m / (1 - 0.9**t) / denominator if denominator else 0.0)
    return w


@settings(deadline=None)
@given(
    st.floats(-5.0, 5.0),
    gradients | st.just(0.0),
    st.integers(0, 300),
    st.floats(1e-4, 0.5),
    st.floats(-0.5, 5.0) | st.just(0.0) | st.floats(1e-300, 1e-9),
    st.sampled_from([0.0, 1e-8, 0.1]),
)
def test_weight_is_the_loops(w0: float, G: float, steps: int, lr: float, lam: float, eps: float) -> None:
    expected = adamw(w0, G, steps, lr, lam, eps)
    size = max(abs(w0), abs(expected), steps * lr)
    assert theory.weight(w0, G, steps, lr, lam, eps) == pytest.approx(expected, rel=1e-11, abs=1e-12 * size)


@settings(deadline=None)
@given(gradients, st.floats(0.01, 10.0), st.sampled_from([0.0, 1e-8, 0.1]))
def test_the_equilibrium_stays_where_it_is_and_is_reached(G: float, lam: float, eps: float) -> None:
    goal = theory.equilibrium(G, lam, eps)
    assert adamw(goal, G, 20, 0.01, lam, eps) == pytest.approx(goal, rel=1e-11)
    assert adamw(1.0, G, 400, 0.2 / lam, lam, eps) == pytest.approx(goal, rel=1e-10, abs=1e-12)
    assert theory.weight(1.0, G, 10**6, 0.2 / lam, lam, eps) == pytest.approx(goal, rel=1e-15)


def test_the_catalogues_numbers() -> None:
    assert theory.equilibrium(1.0, 0.5, 0.0) == -2.0
    assert theory.equilibrium(1e-8, 0.5, 1e-8) == -1.0  # G = eps halves it
    assert theory.equilibrium(0.0, 0.5, 0.0) == 0.0
    assert theory.equilibrium(0.0, 0.0, 0.0) == 0.0
    assert theory.equilibrium(-2.0, 0.0, 1e-8) == math.inf


@pytest.mark.parametrize("x", [1e-300, 1e-17, 1 - 1e-16, 1.0, 1.5, 2.0, 3.0, -0.1])
def test_extreme_decay(x: float) -> None:
    for steps in (0, 1, 2, 7):
        found = theory.weight(0.7, -3.0, steps, 1.0, x, 1e-8)
        assert found == pytest.approx(adamw(0.7, -3.0, steps, 1.0, x, 1e-8), rel=1e-12, abs=1e-12)
    assert not math.isnan(theory.weight(0.7, -3.0, 10**6, 1.0, x, 1e-8))


def test_growth_overflows_to_infinity_and_its_fixed_point_stays() -> None:
    assert theory.weight(1.0, 0.0, 10**6, 0.1, -1.0, 1e-8) == math.inf
    assert theory.weight(-1.0, 0.0, 10**6, 0.1, -1.0, 1e-8) == -math.inf
    assert theory.weight(0.0, 0.0, 10**6, 0.1, -1.0, 1e-8) == 0.0
    assert theory.weight(1.0, 2.0, 10**6, 0.1, -1.0, 0.0) == 1.0  # w* = -1/lam = 1


def test_nan_is_refused() -> None:
    with pytest.raises(UsageError, match="gradient"):
        theory.equilibrium(math.nan, 0.1, 1e-8)
    with pytest.raises(UsageError, match="weight_decay"):
        theory.equilibrium(1.0, math.nan, 1e-8)
    with pytest.raises(UsageError, match="weight_decay"):
        theory.approach_rate(math.nan)


@settings(deadline=None, max_examples=50)
@given(gradients, st.floats(0.01, 10.0), st.floats(0.01, 1.9), st.sampled_from([0.0, 1e-8, 0.1]))
def test_where_decay_comes_last_the_equilibrium_is_the_engines(G: float, lam: float, x: float, eps: float) -> None:
    goal = (1 - x) * theory.equilibrium(G, lam, eps)
    values = {"lr": x / lam, "weight_decay": lam, "eps": eps}
    place = {"kind": "slope", "gradient": G}
    stays = simulate_batch("adamw_decay_last", place, [goal], 20, hyperparameters=values).final_w[0, 0]
    size = max(abs(goal), abs(theory.equilibrium(G, lam, eps)))
    assert stays == pytest.approx(goal, rel=1e-10, abs=1e-12 * size)


@settings(deadline=None, max_examples=50)
@given(gradients, st.floats(0.1, 10.0), st.floats(-0.5, -1e-3) | st.floats(1e-3, 2.5))
def test_the_distance_is_multiplied_by_the_rate(G: float, lam: float, x: float) -> None:
    goal = theory.equilibrium(G, lam, 0.0) if x >= 0.0 else theory.equilibrium(G, -lam, 0.0)
    values = {"lr": abs(x) / lam, "weight_decay": math.copysign(lam, x), "eps": 0.0}
    trace = simulate_batch("adamw", {"kind": "slope", "gradient": G}, [goal + 1.0], 3, hyperparameters=values, every=1)
    distance = trace.w[:, 0, 0] - goal
    assert distance[1:3] == pytest.approx(theory.approach_rate(x) * distance[:2], abs=1e-11 * (1 + abs(goal)))
