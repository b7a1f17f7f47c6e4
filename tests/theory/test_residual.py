"""Residual momentum: the closed forms against the engine, against loops, and against one another in their limits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from adamw_cli import simulate_batch
from adamw_cli.errors import UsageError
from adamw_cli.theory import residual as theory
from adamw_cli.theory import update_bound

DEFAULT = (0.9, 0.999)
gradients = st.floats(1e-3, 1e3) | st.floats(-1e3, -1e-3)
beta1s = st.just(0.0) | st.floats(0.1, 0.97)
beta2s = st.floats(0.5, 0.9995)
epsilons = st.sampled_from([0.0, 1e-8, 0.1])


def pulse(
    w0: float, G: float, k: int, steps: int, lr: float, lam: float, beta1: float, beta2: float, eps: float
) -> dict[str, np.ndarray]:
    """The engine's w, m and v, every step from 0 on."""
    values = {"lr": lr, "weight_decay": lam, "betas": (beta1, beta2), "eps": eps}
    place = {"kind": "gradient_pulse", "gradient": G, "pulse_steps": k}
    trace = simulate_batch("adamw", place, [w0], steps, hyperparameters=values, every=1, states=True)
    return {"w": trace.w[:, 0, 0], "m": trace.states["m"][:, 0, 0], "v": trace.states["v"][:, 0, 0]}


def long_after(w: float, G: float, steps: int, lr: float, lam: float, beta1: float, beta2: float) -> list[float]:
    """Weights after a gradient that has long been there is gone: a loop with eps = 0 and no bias correction."""
    m, v, path = math.copysign(1.0, G), 1.0, [w]
    for _ in range(steps):
        m, v = beta1 * m, beta2 * v
        path.append(path[-1] - lr * lam * path[-1] - lr * m / math.sqrt(v))
    return path


@settings(deadline=None, max_examples=60)
@given(gradients, st.integers(0, 60), st.integers(0, 60), beta1s, beta2s, epsilons)
def test_the_update_is_the_engines(G: float, k: int, j: int, beta1: float, beta2: float, eps: float) -> None:
    assume(k + j > 0)
    run = pulse(0.0, G, k, k + j, 1.0, 0.0, beta1, beta2, eps)
    size = math.sqrt(run["v"][-1] / (1 - beta2 ** (k + j))) + eps
    u = run["m"][-1] / (1 - beta1 ** (k + j)) / size if size else 0.0
    assert theory.update(G, k, j, beta1, beta2, eps) == pytest.approx(u, rel=1e-11)


@settings(deadline=None, max_examples=60)
@given(
    st.floats(-3.0, 3.0), gradients, st.integers(0, 80), st.integers(1, 120), st.floats(1e-3, 0.3),
    st.floats(-0.5, 8.0) | st.just(0.0), beta1s, beta2s, epsilons,
)  # fmt: skip
def test_path_is_the_engines(
    w0: float, G: float, k: int, steps: int, lr: float, lam: float, beta1: float, beta2: float, eps: float
) -> None:
    run = pulse(w0, G, k, steps, lr, lam, beta1, beta2, eps)["w"]
    found = theory.path(w0, G, k, steps, lr, lam, beta1, beta2, eps)
    assert len(found) == steps + 1
    assert found == pytest.approx(run, rel=1e-10, abs=1e-11 * float(abs(run).max()) + 1e-200)


def test_an_update_outlives_the_averages() -> None:
    assert theory.update(-2.0, 10**6, 10**5, 0.99, 0.999, 0.0) == pytest.approx(
        -math.exp(10**5 * (math.log(0.99) - math.log(0.999) / 2)), rel=1e-10
    )
    assert theory.update(1.0, 10**6, 10**6, 0.99, 0.9, 0.0) == math.inf
    assert theory.update(-1.0, 10**6, 10**6, 0.99, 0.9, 0.0) == -math.inf
    assert theory.update(1.0, 10**6, 10**7, 0.99, 0.9, 1e-8) == 0.0
    assert theory.update(0.0, 5, 1, *DEFAULT, 0.0) == theory.update(1.0, 0, 3, *DEFAULT, 0.0) == 0.0
    assert theory.update(1.0, 5, 1, 0.9, 0.0, 0.0) == theory.update(1.0, 5, 1, 0.0, 0.9, 0.0) == 0.0
    assert theory.update(1e-300, 5, 0, *DEFAULT, 1e-8) == pytest.approx(1e-292, rel=1e-10)


@settings(deadline=None, max_examples=40)
@given(
    st.floats(0.01, 5.0), gradients, st.integers(1, 80), st.integers(1, 40), st.floats(1e-4, 1e-1),
    st.floats(0.1, 0.97), beta2s, epsilons,
)  # fmt: skip
def test_with_the_critical_lambda_one_step_of_the_engine_stands_still(
    size: float, G: float, k: int, j: int, lr: float, beta1: float, beta2: float, eps: float
) -> None:
    w = -math.copysign(size, G)
    lam = theory.critical_lambda(w, G, k, j, beta1, beta2, eps)
    assert lam is not None
    run = pulse(0.0, G, k, k + j + 1, lr, 0.0, beta1, beta2, eps)["w"]
    step, after = float(run[k + j] - run[k + j - 1]), float(run[k + j + 1] - run[k + j])
    scale = 1e-11 * abs(step) + 1e-14 * abs(float(run[-1]))
    assert step - lr * lam * w == pytest.approx(0.0, abs=scale)
    if beta1 < 0.9 * math.sqrt(beta2) and k > 5:
        assert abs(after) < abs(lr * lam * w)  # momentum fades: decay wins in the next step
    assert theory.critical_lambda(-w, G, k, j, beta1, beta2, eps) is None
    assert theory.critical_lambda(0.0, G, k, j, beta1, beta2, eps) is None


def test_the_critical_lambda_of_a_long_history() -> None:
    for j in (1, 5, 30):
        rho = 0.9 / math.sqrt(0.999)
        assert theory.critical_lambda(-2.0, 3.0, 10**6, j, *DEFAULT, 0.0) == pytest.approx(rho**j / 2.0, rel=1e-12)
    assert theory.growth_threshold(-2.0, *DEFAULT) == pytest.approx(
        theory.critical_lambda(2.0, -3.0, 10**6, 1, *DEFAULT, 0.0), rel=1e-12
    )
    assert theory.growth_threshold(0.0, *DEFAULT) == math.inf
    assert theory.critical_lambda(1.0, -1.0, 0, 3, *DEFAULT, 0.0) is None
    assert theory.critical_lambda(1.0, -1.0, 9, 3, 0.0, 0.9, 0.0) is None


def excess(lam: float, w0: float, G: float, k: int, j: int, lr: float, *numbers: float) -> float:
    """Outward move of step k + j in a loop with that decay from the first step on, over lr."""
    beta1, beta2, eps = numbers
    m = v = 0.0
    w, u = w0, 0.0
    for t in range(1, k + j + 1):
        g = G if t <= k else 0.0
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
        u = m / (1 - beta1**t) / (math.sqrt(v / (1 - beta2**t)) + eps)
        if t < k + j:
            w = w - lr * lam * w - lr * u
    return -math.copysign(1.0, G) * (-lam * w - u)


@settings(deadline=None, max_examples=60)
@given(
    st.floats(-1.0, 5.0), gradients, st.integers(1, 40), st.integers(1, 15), st.floats(1e-3, 0.3),
    st.floats(0.1, 0.95), st.floats(0.97, 0.9995), epsilons,
)  # fmt: skip
def test_the_self_consistent_lambda_is_the_first_root(
    outward: float, G: float, k: int, j: int, lr: float, beta1: float, beta2: float, eps: float
) -> None:
    w0 = -math.copysign(1.0, G) * outward
    given_numbers = (w0, G, k, j, lr, beta1, beta2, eps)
    lam = theory.self_consistent_critical_lambda(*given_numbers)
    assert lam is not None
    assert 0.0 < lam <= 1.0 / lr * (1 + 1e-12)
    at_0 = excess(0.0, *given_numbers)
    assert excess(lam, *given_numbers) == pytest.approx(0.0, abs=1e-9 * max(1.0, at_0, lam * abs(outward)))
    before = [excess(lam * part / 40 * 0.999, *given_numbers) for part in range(41)]
    assert min(before) > -1e-9 * max(1.0, lam * abs(outward))


@settings(deadline=None, max_examples=60)
@given(
    st.floats(-4.0, 4.0),
    st.lists(st.floats(0.0, 1.0), min_size=1, max_size=12),
    st.integers(0, 5),
    st.floats(1e-3, 3.0),
)
def test_the_first_balance_is_found(start: float, pushes: list[float], idle: int, goal: float) -> None:
    pushes = pushes + [0.0] * idle

    def weight(x: float, w: float) -> float:
        for push in pushes:
            w = (1.0 - x) * w + push
        return w

    found = theory._first_balance(lambda x: weight(x, 0.0), start, len(pushes), goal)
    grid = [n / 4000 for n in range(1, 4001)]
    above = [x for x in grid if x * weight(x, start) >= goal * (1 + 1e-9)]
    if found is None:
        assert not above
        return
    assert found * weight(found, start) == pytest.approx(goal, rel=1e-9)
    assert not above or above[0] >= found * (1 - 1e-12)


@pytest.mark.parametrize("lr", [5e-324, 1e-320, 1e-310])
def test_the_search_for_a_self_consistent_lambda_ends_where_floats_are_far_apart(lr: float) -> None:
    """Halving an interval of two neighbours went on for ever."""
    found = theory.self_consistent_critical_lambda(1.0, -1.0, 100, 1, lr, *DEFAULT, 1e-8)
    assert found is None or found > 0.0


def test_no_self_consistent_lambda() -> None:
    assert theory.self_consistent_critical_lambda(1.0, 0.0, 5, 1, 1e-3, *DEFAULT, 1e-8) is None
    assert theory.self_consistent_critical_lambda(1.0, -1.0, 0, 1, 1e-3, *DEFAULT, 1e-8) is None
    # The update grows, from a weight that is soon forgotten: no decay below 1/lr can hold it.
    assert theory.self_consistent_critical_lambda(0.0, -1.0, 100, 10, 0.5, 0.9, 0.5, 0.0) is None
    # j = 0: with w0 = 1/lam there is equilibrium from the start.
    assert theory.self_consistent_critical_lambda(4.0, -1.0, 7, 0, 0.1, *DEFAULT, 0.0) == pytest.approx(0.25, rel=1e-9)
    assert theory.self_consistent_critical_lambda(4.0, -1.0, 1, 0, 0.1, *DEFAULT, 0.0) == pytest.approx(0.25, rel=1e-12)


def test_where_q_is_rho() -> None:
    rho = 0.9 / math.sqrt(0.999)
    for lam in (1 - rho, (1 - rho) * (1 + 1e-9), (1 - rho) * (1 - 1e-6)):
        path = long_after(0.5, -1.0, 60, 1.0, lam, *DEFAULT)
        assert theory.peak_step(0.5, -1.0, 1.0, lam, *DEFAULT) == path.index(max(path))
        assert theory.peak_excursion(0.5, -1.0, 1.0, lam, *DEFAULT) == pytest.approx(max(path) - 0.5, rel=1e-12)
        there = rho / (1 - rho) - 0.5  # the limit of J* as q -> rho, with lr = 1
        assert theory._peak_time(0.5, -1.0, 1.0, lam, *DEFAULT) == pytest.approx(there, rel=1e-5)


@settings(deadline=None, max_examples=80)
@given(st.floats(0.0, 5.0), st.floats(1e-4, 0.3), st.floats(1e-3, 3.0), st.floats(0.0, 0.95), st.floats(0.95, 0.9995))
def test_the_peak_is_the_loops(w: float, lr: float, lam: float, beta1: float, beta2: float) -> None:
    assume(lr * lam <= 1.0 and beta1 < 0.99 * math.sqrt(beta2))
    path = long_after(w, -1.0, 2500, lr, lam, beta1, beta2)
    best = max(path)
    step = theory.peak_step(w, -1.0, lr, lam, beta1, beta2)
    assert step is not None
    assume(step < 2500)
    assert path[step] == pytest.approx(best, rel=1e-14)  # two steps may be as high, to rounding
    assert theory.peak_step(-w, 1.0, lr, lam, beta1, beta2) == step
    for side in (1.0, -1.0):
        found = theory.peak_excursion(side * w, -side, lr, lam, beta1, beta2)
        assert found == pytest.approx(best - w, rel=1e-9, abs=4e-15 * max(w, best) * (1 + step / 10))


@pytest.mark.parametrize("ulps", range(-6, 7))
def test_the_peak_where_both_rates_are_nearly_one(ulps: int) -> None:
    """The difference of their logarithms was once 0 there, or all rounding; the peak moves by less than a step."""
    rho = theory._rho(0.9, 0.999)
    lam = (1.0 - rho) / 1e-2
    for _ in range(abs(ulps)):
        lam = math.nextafter(lam, math.copysign(math.inf, ulps))
    assert theory._peak_time(0.02, -1.0, 1e-2, lam, 0.9, 0.999) == pytest.approx(rho / (1.0 - rho) - 2.0, rel=1e-12)


def test_the_peak_where_the_momentum_is_next_to_nothing() -> None:
    assert theory.peak_step(0.0, -1.0, 0.25, 1.0, 5e-324, 0.96875) in (0, 1)


def test_the_peak_of_a_long_history_is_the_exact_paths() -> None:
    path = theory.path(5.0, -1.0, 20_000, 20_500, 1e-3, 0.05, 0.9, 0.99, 0.0)[20_000:]
    numbers = (path[0], -1.0, 1e-3, 0.05, 0.9, 0.99)
    assert theory.peak_step(*numbers) == path.index(max(path))
    assert theory.peak_excursion(*numbers) == pytest.approx(max(path) - path[0], rel=1e-9)


def test_where_there_is_no_peak() -> None:
    assert theory.peak_step(1.0, 1.0, 1e-3, 0.1, *DEFAULT) is None
    assert theory.peak_step(1.0, -1.0, 1e-3, 0.0, *DEFAULT) is None
    assert theory.peak_step(1.0, -1.0, 1e-3, -0.1, *DEFAULT) is None
    assert theory.peak_step(1.0, -1.0, 1.0, 1.5, *DEFAULT) is None
    assert theory.peak_step(1.0, -1.0, 1e-3, 0.1, 0.9, 0.8) is None
    assert theory.peak_step(1.0, 0.0, 1e-3, 0.0, *DEFAULT) == 0 == theory.peak_excursion(1.0, 0.0, 1e-3, 0.0, *DEFAULT)
    assert theory.peak_step(0.1, -1.0, 1.0, 1.0, *DEFAULT) == 1  # x = 1: the weight is what the first step left
    assert theory.peak_excursion(0.1, -1.0, 1.0, 1.0, *DEFAULT) == pytest.approx(0.9 / math.sqrt(0.999) - 0.1)
    assert theory.peak_excursion(1.0, -1.0, 1e-3, 0.0, *DEFAULT) == update_bound.residual_drift(1e-3, *DEFAULT)
    for numbers in ((1.0, 1.0, 1e-3, 0.1), (1.0, 1.0, 1e-3, 0.0), (1.0, -1.0, 1.0, 1.5)):
        with pytest.raises(UsageError, match="peak"):
            theory.peak_excursion(*numbers, *DEFAULT)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 200), st.floats(0.05, 0.95), st.floats(0.95, 0.9995), st.integers(0, 300))
def test_the_drift_of_any_history(k: int, beta1: float, beta2: float, steps: int) -> None:
    assume(beta1 < 0.98 * math.sqrt(beta2))
    w = pulse(0.0, -1.0, k, k + 3000, 1.0, 0.0, beta1, beta2, 0.0)["w"][k:]
    # The engine takes states below 1e-290 for 0; what was left then is far below rounding.
    assert theory.residual_drift_finite(k, 1.0, beta1, beta2) == pytest.approx(w[-1] - w[0], rel=1e-10)
    part = theory.residual_drift_finite(k, 0.5, beta1, beta2, steps)
    assert part == pytest.approx((w[steps] - w[0]) / 2, rel=1e-10, abs=1e-11)


def test_the_limits_of_drift() -> None:
    assert theory.residual_drift_finite(10**6, 2.0, *DEFAULT) == pytest.approx(
        update_bound.residual_drift(2.0, *DEFAULT), rel=1e-12
    )
    assert theory.residual_drift_finite(5, 1.0, 0.9, 0.8) == update_bound.residual_drift(1.0, 0.9, 0.81) == math.inf
    assert theory.residual_drift_finite(5, 1.0, 0.9, 0.8, 10) < 20.0
    assert theory.residual_drift_finite(5, 1.0, 0.0, 0.9) == update_bound.residual_drift(1.0, 0.0, 0.9) == 0.0
    assert theory.residual_drift_finite(0, 1.0, *DEFAULT) == theory.residual_drift_finite(5, 1.0, *DEFAULT, 0) == 0.0
    u = theory.update(-1.0, 10**5, 7, *DEFAULT, 0.0)
    rest = sum(theory.update(-1.0, 10**5, j, *DEFAULT, 0.0) for j in range(8, 600))
    assert update_bound.residual_drift(0.1 * u, *DEFAULT) == pytest.approx(0.1 * rest, rel=1e-11)
    assert update_bound.residual_drift(0.0, 0.9, 0.5) == 0.0


def test_bad_arguments_are_refused() -> None:
    for call in (
        lambda: theory.update(1.0, -1, 1, *DEFAULT, 0.0),
        lambda: theory.update(1.0, 1, -1, *DEFAULT, 0.0),
        lambda: theory.update(1.0, 1, 1, 1.0, 0.999, 0.0),
        lambda: theory.update(1.0, 1, 1, 0.9, 1.0, 0.0),
        lambda: theory.update(math.nan, 1, 1, *DEFAULT, 0.0),
        lambda: theory.critical_lambda(math.nan, 1.0, 1, 1, *DEFAULT, 0.0),
        lambda: theory.growth_threshold(1.0, 0.9, 0.0),
        lambda: theory.growth_threshold(math.nan, *DEFAULT),
        lambda: theory.peak_step(math.nan, 1.0, 0.1, 0.1, *DEFAULT),
        lambda: update_bound.residual_drift(1.0, -0.1, 0.999),
        lambda: theory.residual_drift_finite(-1, 1.0, *DEFAULT),
        lambda: theory.path(1.0, 1.0, 1, -1, 0.1, 0.1, *DEFAULT, 0.0),
    ):
        with pytest.raises(UsageError):
            call()
