"""Adam with L2 on a plateau: the formulas against the engine, and the integration against a much finer one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adamw_cli import simulate_batch
from adamw_cli.errors import UsageError
from adamw_cli.theory import plateau_l2 as theory
from adamw_cli.trace import Array


def engine(w0: float, lr: float, beta1: float, beta2: float, steps: int, lam: float = 0.1, eps: float = 1e-13) -> Array:
    values = {"lr": lr, "weight_decay": lam, "betas": (beta1, beta2), "eps": eps}
    return simulate_batch("adam_l2", {"kind": "plateau"}, [w0], steps, hyperparameters=values, every=1).w[:, 0, 0]


@settings(max_examples=30, deadline=None)
@given(
    w0=st.floats(1e-6, 1e3), lr=st.floats(1e-5, 1.0), lam=st.floats(1e-4, 10.0), eps=st.floats(0.0, 1.0), beta1=st.floats(0.0, 0.99),
)  # fmt: skip
def test_the_first_step(w0: float, lr: float, lam: float, eps: float, beta1: float) -> None:
    moved = w0 - float(engine(w0, lr, beta1, 0.999, 1, lam, eps)[1])
    assert theory.first_step(w0, lr, lam, eps) == pytest.approx(moved, rel=1e-10, abs=1e-15 * w0)


@settings(max_examples=25, deadline=None)
@given(
    N=st.floats(100, 2e4),
    beta1=st.floats(0.5, 0.95),
    beta2=st.floats(0.95, 0.999),
    fraction=st.sampled_from([0.9, 0.5, 0.2, 0.1]),
)
def test_times_to_a_part_are_good_to_about_a_step_in_n(N: float, beta1: float, beta2: float, fraction: float) -> None:
    lr = 1e-3
    time = theory.ode_fraction_time(N * lr, lr, beta1, beta2, fraction)
    assert time is not None
    w = engine(N * lr, lr, beta1, beta2, math.ceil(1.1 * time) + 10)
    step = int(np.argmax(w <= fraction * w[0]))
    assert abs(time - step) <= 1.0 + 4e-3 * time * (100 / N)
    assert theory.ode_fraction_time(N * lr, lr, beta1, beta2, fraction, most_steps=time * 0.99) is None
    path = theory.ode_path(N * lr, lr, beta1, beta2, step)
    assert path[: len(path)] == pytest.approx(w[: len(path)], rel=0.02, abs=2 * lr)


@settings(max_examples=15, deadline=None)
@given(N=st.floats(300, 1e4), beta1=st.floats(0.8, 0.95), beta2=st.floats(0.98, 0.999))
def test_the_first_change_of_sign(N: float, beta1: float, beta2: float) -> None:
    time = theory.ode_sign_change(N * 1e-3, 1e-3, beta1, beta2)
    assert time is not None
    w = engine(N * 1e-3, 1e-3, beta1, beta2, math.ceil(1.1 * time) + 20)
    assert int(np.argmax(w < 0.0)) == pytest.approx(time, rel=2e-3 + 1.5 / N, abs=2.0)
    assert len(theory.ode_path(N * 1e-3, 1e-3, beta1, beta2, math.ceil(2 * time))) == pytest.approx(time, abs=2)


@pytest.mark.parametrize(("N", "beta1", "beta2"), [(300.0, 0.9, 0.999), (200.0, 0.8, 0.95), (500.0, 0.5, 0.99)])
def test_the_integration_against_small_steps_of_runge_and_kutta(N: float, beta1: float, beta2: float) -> None:
    """w' = -M/(N sqrt(V)) with the averages as differential equations of their own, thousands of steps on the way."""
    a, k, h = -math.log(beta1), -math.log(beta2), N / 4000.0

    def slope(t: float, y: Array) -> Array:
        M, V = y[1] / -math.expm1(-a * t), y[2] / -math.expm1(-k * t)
        return np.array([-M / math.sqrt(V) / N, a * (y[0] - y[1]), k * (y[0] ** 2 - y[2])])

    t = 1e-6
    y = np.array([1.0, -math.expm1(-a * t), -math.expm1(-k * t)])
    before = (t, 1.0)
    while y[0] > 0.5:
        before = (t, float(y[0]))
        s = slope(t, y)
        b = slope(t + h / 2, y + h / 2 * s)
        c = slope(t + h / 2, y + h / 2 * b)
        y = y + h / 6 * (s + 2 * b + 2 * c + slope(t + h, y + h * c))
        t += h
    reached = before[0] + h * (before[1] - 0.5) / (before[1] - float(y[0]))
    assert theory.ode_fraction_time(N, 1.0, beta1, beta2) == pytest.approx(reached, rel=2e-5)


@settings(max_examples=25, deadline=None)
@given(N=st.floats(3e4, 1e5), beta2=st.floats(0.9, 0.99), beta1=st.floats(0.0, 0.9), fraction=st.floats(0.2, 0.9))
def test_lags_explain_the_delay_where_they_are_small(N: float, beta2: float, beta1: float, fraction: float) -> None:
    exact = theory.ode_fraction_time(N, 1.0, beta1, beta2, fraction)
    assert exact is not None
    naive = (1 - fraction) * N
    for estimate in (
        theory.lag_time(N, 1.0, beta1, beta2, fraction),
        theory.lag_time_large(N, 1.0, beta1, beta2, fraction),
    ):
        assert abs(estimate - exact) <= 0.12 * abs(exact - naive) + 2.0


@given(beta=st.floats(0.01, 0.999), t=st.integers(1, 3000))
@settings(max_examples=40, deadline=None)
def test_the_lag_is_the_mean_age(beta: float, t: int) -> None:
    weights = beta ** np.arange(t)
    assert theory._lag(beta, t) == pytest.approx((weights * np.arange(t)).sum() / weights.sum(), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(("G", "lam", "beta2"), [(1.0, 0.01, 0.999), (5.0, 0.02, 0.99), (-0.5, 1e-3, 0.995)])
def test_forgetting(G: float, lam: float, beta2: float) -> None:
    """By the recurrence of v alone, with m_hat = lam w: the step at which lr lam w/sqrt(v) comes to lr/sqrt(2)."""
    v, j = G * G, 0
    while lam / math.sqrt(v) < math.sqrt(0.5):
        v, j = beta2 * v + (1 - beta2) * lam * lam, j + 1
    assert theory.v_forget_time(G, 1.0, lam, beta2) == pytest.approx(j, abs=1.0)
    assert theory.v_forget_time(lam / 2, 1.0, lam, beta2) == 0.0


def test_the_threshold() -> None:
    w = engine(1e-5, 1e-3, 0.0, 0.999, 1, 0.1, 1e-2)  # far below eps/lam = 0.1
    assert theory.sign_phase_threshold(0.1, 1e-2) == pytest.approx(0.1)
    assert 1 - w[1] / w[0] == pytest.approx(1e-3 * 0.1 / 1e-2, rel=1e-3)


@pytest.mark.parametrize(
    "call",
    [
        lambda: theory.ode_fraction_time(1e100, 1.0, 0.9, 0.999),
        lambda: theory.ode_fraction_time(1.0, -1.0, 0.9, 0.999),
        lambda: theory.ode_fraction_time(1.0, 1e-3, 1.0, 0.999),
        lambda: theory.ode_fraction_time(1.0, 1e-3, 0.9, 0.999, 1.0),
        lambda: theory.ode_sign_change(1.0, 1e-3, 0.9, -0.1),
        lambda: theory.universal_time(-1.0, 0.5),
        lambda: theory.first_step(math.nan, 1e-3, 0.1, 1e-8),
    ],
)
def test_what_has_no_answer_is_refused(call: object) -> None:
    with pytest.raises(UsageError):
        call()  # type: ignore[operator]
