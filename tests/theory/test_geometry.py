"""Direction and coupled decay, against the engine with gradients +-sigma in turn, whose mean is 0 and which need no noise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from adamw_cli import simulate_batch
from adamw_cli.errors import UsageError
from adamw_cli.theory import geometry as theory
from adamw_cli.theory.half_life import log_shrink

weights = st.lists(st.floats(0.1, 100.0) | st.floats(-100.0, -0.1), min_size=1, max_size=6)
activities = st.floats(0.3, 10.0)


def alternating(rule: str, sigma: list[float], w0: list[float], lr: float, lam: float, steps: int) -> np.ndarray:
    place = {"kind": "gradient_flip", "gradient": sigma, "flip_at": 1, "period": 1}
    values = {"lr": lr, "weight_decay": lam, "betas": (0.9, 0.999)}
    return simulate_batch(rule, place, w0, steps, hyperparameters=values, every=steps // 2).w[:, :, 0]


@settings(deadline=None, max_examples=40)
@given(weights)
def test_radiality_is_the_cosine_of_the_first_coupled_step(w: list[float]) -> None:
    values = {"lr": 0.1, "weight_decay": 0.3, "eps": 0.0}
    start = np.array(w)
    moved = simulate_batch("adam_l2", {"kind": "plateau"}, start, 1, hyperparameters=values).final_w[:, 0] - start
    cosine = -(moved @ start) / (np.linalg.norm(moved) * np.linalg.norm(start))
    assert theory.radiality(w) == pytest.approx(cosine, rel=1e-11)
    assert 1 / math.sqrt(len(w)) - 1e-12 <= theory.radiality(w) <= 1 + 1e-12


def test_radiality_of_extremes() -> None:
    assert theory.radiality([1e300, 1e300, -1e300, 1e300]) == theory.radiality([1e-300] * 4) == 1.0
    assert theory.radiality([1e150, 1e-150]) == pytest.approx(1 / math.sqrt(2))


@settings(deadline=None, max_examples=25)
@given(activities, st.floats(0.5, 30.0), st.floats(0.05, 0.3))
def test_coupled_rate_is_what_the_engine_shrinks_by(sigma: float, w: float, lam: float) -> None:
    lr, steps = 1e-7, 4000
    _, middle, end = alternating("adam_l2", [sigma], [w], lr, lam, steps)[:, 0]
    measured = (middle - end) / w / (steps // 2)
    assert theory.coupled_rate(w, sigma, lr, lam) == pytest.approx(measured, rel=2e-3)


@settings(deadline=None, max_examples=25)
@given(activities, st.floats(1e-4, 0.5))
def test_decoupled_decay_is_the_same_for_every_activity(sigma: float, x: float) -> None:
    w = alternating("adamw", [sigma], [2.0], 1e-9, x / 1e-9, 20)[-1, 0]
    assert log_shrink(x) == pytest.approx(math.log(w / 2.0) / 20, rel=1e-4)


def integrated(w: float, sigma: float, lr: float, lam: float, steps: float) -> float:
    """The differential equation by Runge and Kutta."""
    n = 2000
    h = steps / n

    def slope(v: float) -> float:
        return -lr * lam * v / math.hypot(sigma, lam * v)

    for _ in range(n):
        a = slope(w)
        b = slope(w + h * a / 2)
        c = slope(w + h * b / 2)
        w += h * (a + 2 * b + 2 * c + slope(w + h * c)) / 6
    return w


@settings(deadline=None, max_examples=40)
@given(st.floats(0.05, 20.0), st.floats(0.05, 5.0), st.floats(0.05, 2.0), st.floats(1.0, 10_000.0))
def test_coupled_weight_solves_its_equation(w0: float, sigma: float, lam: float, steps: float) -> None:
    # at most some 10 e-folds, so that the steps of the integration are small
    assume(1e-3 * lam * steps / math.hypot(sigma, 0.0) < 10)
    found = theory.coupled_weight(w0, sigma, 1e-3, lam, steps)
    assert found == pytest.approx(integrated(w0, sigma, 1e-3, lam, steps), rel=1e-7)
    assert theory.coupled_weight(-w0, sigma, 1e-3, lam, steps) == -found


@pytest.mark.parametrize(("sigma", "lam"), [(0.1, 0.1), (1.0, 0.5), (3.0, 2.0)])
def test_coupled_weight_is_where_the_engine_is(sigma: float, lam: float) -> None:
    # half the distance of two starts, on which the first gradients push alike
    ends = [alternating("adam_l2", [sigma], [w0], 2e-5, lam, 20_000)[-1, 0] for w0 in (1.0, -1.0)]
    end = (ends[0] - ends[1]) / 2
    # v remembers larger weights for 1000 steps, which slows decay by up to half a percent
    assert theory.coupled_weight(1.0, sigma, 2e-5, lam, 20_000) == pytest.approx(end, abs=6e-3 * (1 - end))


def test_coupled_weight_at_its_ends() -> None:
    assert theory.coupled_weight(2.0, 1.0, 1e-3, 0.1, 0) == 2.0
    assert theory.coupled_weight(2.0, 1.0, 1e-3, 0.0, 100) == 2.0
    assert theory.coupled_weight(0.0, 1.0, 1e-3, 0.1, 100) == 0.0
    # no noise at all: a straight line, down to 0
    assert theory.coupled_weight(2.0, 0.0, 1e-3, 0.1, 1000) == pytest.approx(1.0)
    assert theory.coupled_weight(2.0, 0.0, 1e-3, 0.1, 3000) == 0.0
    assert theory.coupled_weight(2.0, 1e-9, 1e-3, 0.1, 1000) == pytest.approx(1.0, rel=1e-6)
    # exponential where sigma is large, however small what is left
    assert theory.coupled_weight(1.0, 1e6, 1.0, 1.0, 5e7) == pytest.approx(math.exp(-50), rel=1e-9)
    assert theory.coupled_weight(1.0, 1.0, 1.0, 1.0, 1e6) == 0.0


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.floats(-5.0, 5.0), activities), min_size=2, max_size=5), st.floats(0.01, 3.0))
def test_rotation_sign_is_that_of_a_small_step(pairs: list[tuple[float, float]], lam: float) -> None:
    w, sigma = (np.array(column) for column in zip(*pairs, strict=True))
    assume(np.abs(w).max() > 0.1)
    after = w * (1 - 1e-4 * lam / np.hypot(sigma, lam * w))
    change = (sigma @ after**2) / (after @ after) - (sigma @ w**2) / (w @ w)
    assume(abs(change) > 1e-9)
    assert theory.rotation_sign(w.tolist(), sigma.tolist(), 1e-4, lam) == math.copysign(1, change)


def test_the_engine_turns_towards_the_active_axis() -> None:
    w = alternating("adam_l2", [0.5, 2.0, 8.0], [1.0, 1.0, 1.0], 1e-4, 0.1, 4000)[-1]
    assert w[0] < w[1] < w[2]
    assert theory.rotation_sign([1.0] * 3, [0.5, 2.0, 8.0], 1e-4, 0.1) == 1
    # strong decay of a large inactive weight is limited by its own size
    assert theory.rotation_sign([100.0, 1.0], [0.5, 1.0], 1e-4, 1.0) == -1


def test_bad_arguments_are_refused() -> None:
    for call in (
        lambda: theory.radiality([]),
        lambda: theory.radiality([1.0, 0.0]),
        lambda: theory.radiality([1.0, math.inf]),
        lambda: theory.radiality([math.nan]),
        lambda: theory.coupled_rate(1.0, -1.0, 0.1, 0.1),
        lambda: theory.coupled_rate(math.nan, 1.0, 0.1, 0.1),
        lambda: theory.coupled_weight(1.0, 1.0, 0.1, -0.1, 10),
        lambda: theory.coupled_weight(1.0, math.inf, 0.1, 0.1, 10),
        lambda: theory.rotation_sign([1.0], [1.0, 2.0], 0.1, 0.1),
        lambda: theory.rotation_sign([0.0, 0.0], [1.0, 2.0], 0.1, 0.1),
        lambda: theory.rotation_sign([1.0, 1.0], [0.0, 2.0], 0.1, 0.1),
    ):
        with pytest.raises(UsageError):
            call()
    assert theory.coupled_rate(0.0, 0.0, 0.1, 0.1) == math.inf
    assert theory.coupled_rate(0.0, 0.0, 0.1, 0.0) == 0.0
