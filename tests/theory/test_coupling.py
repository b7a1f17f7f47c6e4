"""Decay through an average, and matched decays: against loops and the engine."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from adamw_cli import simulate_batch
from adamw_cli.errors import UsageError
from adamw_cli.theory import coupling as theory
from adamw_cli.theory.transient import amplification_path


def late_factor(x: float, beta1: float) -> float:
    """What a step multiplies the weight by in the end; kept at size 1 on the way."""
    w, m, factor = 1.0, 0.0, 1.0
    for _ in range(4000):
        m = beta1 * m + (1 - beta1) * w
        new = w - x * m
        factor, w, m = new / w, 1.0, m / new
    return factor


@settings(deadline=None, max_examples=40)
@given(st.floats(0.0, 0.98), st.floats(-0.5, 0.95))
def test_the_rate_is_the_loops(beta1: float, part: float) -> None:
    x = part * (1 - math.sqrt(beta1)) / (1 + math.sqrt(beta1))
    assume(abs(x) > 1e-6)
    assert theory.ema_decay_rate(x, beta1) == pytest.approx(1 - late_factor(x, beta1), rel=1e-7, abs=1e-14)


@settings(deadline=None, max_examples=40)
@given(st.floats(0.0, 0.5), st.floats(1.05, 3.0))
def test_where_the_sign_alternates_too(beta1: float, part: float) -> None:
    x = part * (1 + math.sqrt(beta1)) / (1 - math.sqrt(beta1))
    assert theory.ema_decay_rate(x, beta1) == pytest.approx(1 - late_factor(x, beta1), rel=1e-7)


@settings(deadline=None, max_examples=60)
@given(st.floats(0.05, 0.95), st.floats(0.0, 40.0))
def test_none_is_where_the_roots_are_complex(beta1: float, x: float) -> None:
    found = np.roots([1.0, -(1 + beta1 - (1 - beta1) * x), beta1])
    assume(abs(found[0] - found[1]) > 1e-4)
    rate = theory.ema_decay_rate(x, beta1)
    assert (rate is None) == bool(np.iscomplex(found).any())
    if rate is not None:
        assert 1 - rate == pytest.approx(float(found[np.abs(found).argmax()]), rel=1e-9)


def test_small_decay_keeps_its_digits() -> None:
    for x in (1e-300, 1e-17, 1e-9):
        assert theory.ema_decay_rate(x, 0.9) == pytest.approx(x + 9 * x * x, rel=1e-14)
    assert theory.ema_decay_rate(0.0, 0.9) == 0.0


@pytest.mark.parametrize("beta1", [0.0, 0.5, 0.9])
def test_the_series_leaves_out_the_third_power(beta1: float) -> None:
    x = 1e-4 * (1 - beta1)
    rate = theory.ema_decay_rate(x, beta1)
    assert rate is not None
    third = x**3 * beta1 * (1 + beta1) / (1 - beta1) ** 2
    assert rate - (x + x * x * beta1 / (1 - beta1)) == pytest.approx(third, rel=5e-3, abs=1e-19)


@settings(deadline=None, max_examples=20)
@given(st.floats(0.01, 0.5), st.floats(0.5, 3.0))
def test_matched_decays_are_the_same_where_the_denominator_is_constant(x: float, h: float) -> None:
    eps = 1e8
    place = {"kind": "quadratic", "curvature": h, "center": 1.0}
    values = {"lr": 0.1 * eps, "betas": (0.0, 0.999), "eps": eps}
    lam = x / (0.1 * eps)
    matched = lam * eps
    a = simulate_batch("adamw", place, [3.0], 100, hyperparameters=values | {"weight_decay": lam}, every=1).w
    b = simulate_batch("adam_l2", place, [3.0], 100, hyperparameters=values | {"weight_decay": matched}, every=1).w
    assert np.abs(a - b).max() < 1e-6
    assert np.abs(a - 3.0).max() > 0.1


@settings(deadline=None, max_examples=20)
@given(st.floats(0.005, 0.3), st.floats(0.005, 0.3), st.floats(0.3, 0.95))
def test_the_gap_is_the_engines(kappa: float, x: float, beta1: float) -> None:
    eps = 1e10
    place = {"kind": "quadratic", "curvature": 1.0, "center": 0.0}
    values = {"lr": kappa * eps, "betas": (beta1, 0.999), "eps": eps}
    lam = x / (kappa * eps)
    a = simulate_batch("adamw", place, [1.0], 150, hyperparameters=values | {"weight_decay": lam}, every=1).w
    b = simulate_batch("adam_l2", place, [1.0], 150, hyperparameters=values | {"weight_decay": lam * eps}, every=1).w
    decoupled, coupled = amplification_path(kappa, x, beta1, 150), amplification_path(kappa + x, 0.0, beta1, 150)
    gap = max(abs(p - q) for p, q in zip(decoupled, coupled, strict=True))
    assert gap == pytest.approx(np.abs(a - b).max(), rel=1e-6, abs=1e-9)


def test_bad_arguments_are_refused() -> None:
    for call in (
        lambda: theory.ema_decay_rate(0.1, 1.0),
        lambda: theory.ema_decay_rate(0.1, -0.1),
        lambda: theory.ema_decay_rate(math.nan, 0.9),
        lambda: theory.ema_decay_rate(math.inf, 0.9),
    ):
        with pytest.raises(UsageError):
            call()
