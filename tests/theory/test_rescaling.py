"""Rescaling rules: what they keep is kept by the engine; the size of a step by the ratio of mean and noise, in numpy."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from adamw_cli import simulate_batch
from adamw_cli.errors import UsageError
from adamw_cli.theory import rescaling as theory
from adamw_cli.theory import stationary


def left(lr: float, lam: float, steps: int) -> float:
    values = {"lr": lr, "weight_decay": lam}
    return float(simulate_batch("adamw", {"kind": "plateau"}, [1.0], steps, hyperparameters=values).final_w[0, 0])


@settings(deadline=None, max_examples=30)
@given(st.floats(1e-4, 0.1), st.floats(0.01, 1.0), st.integers(1, 2000))
def test_an_epoch_of_the_engine(lr: float, lam: float, M: int) -> None:
    shrink = left(lr, lam, M)
    # to first order in x: |ln| is larger by x/2
    x = lr * lam
    assert 1 / theory.tau_epoch(lr, lam, M) == pytest.approx(-math.log(shrink) / (1 + x / 2), rel=x * x + 1e-9)


@settings(deadline=None)
@given(st.floats(1e-4, 0.1), st.floats(1.0, 100.0), st.floats(4.0, 1e4))
def test_the_weight_decay_for_a_timescale_gives_it(lr: float, tau: float, M: float) -> None:
    lam = theory.weight_decay_for_tau_epoch(lr, tau, M)
    assert theory.tau_epoch(lr, lam, M) == pytest.approx(tau, rel=1e-12)
    assert theory.weight_decay_for_tau_epoch(lr, tau, M / 2) == pytest.approx(2 * lam, rel=1e-12)


@settings(deadline=None, max_examples=20)
@given(st.floats(0.005, 0.1), st.sampled_from([16, 64, 256]), st.integers(1, 10))
def test_a_run_with_normalised_decay(lam_norm: float, batch: int, epochs: int) -> None:
    points = 12_800
    steps = points * epochs // batch
    lam = theory.normalised_weight_decay(lam_norm, batch, points, epochs)
    log_shrink = lam_norm * math.sqrt(steps)
    assert -math.log(left(1.0, lam, steps)) == pytest.approx(log_shrink * (1 + lam / 2), rel=lam * lam + 1e-9)


@settings(deadline=None, max_examples=50)
@given(st.floats(1e-5, 0.1), st.floats(0.0, 1.0), st.floats(0.8, 0.999), st.floats(0.9, 0.9999), st.floats(0.25, 8.0))
def test_the_square_root_rule(lr: float, lam: float, beta1: float, beta2: float, k: float) -> None:
    assume(k * (1 - min(beta1, beta2)) < 0.999)
    scaled = theory.sqrt_rule(lr, lam, beta1, beta2, 1e-8, k)
    # and so does the decay of a sample
    assert scaled.lr * scaled.weight_decay / k == pytest.approx(lr * lam, rel=1e-12)
    # the averages forget after as many samples as before
    assert (1 - scaled[2]) / k == pytest.approx(1 - beta1, rel=1e-12)
    assert (1 - scaled[3]) / k == pytest.approx(1 - beta2, rel=1e-12)
    # the standard deviation of a mean over k times as many samples is smaller by sqrt(k), and eps with it
    assert scaled[4] * math.sqrt(k) == pytest.approx(1e-8, rel=1e-12)
    assert scaled[0] / lr == pytest.approx(math.sqrt(k), rel=1e-12)
    back = theory.sqrt_rule(*scaled, 1 / k)
    assert back == pytest.approx((lr, lam, beta1, beta2, 1e-8), rel=1e-9)


@settings(deadline=None, max_examples=20)
@given(st.floats(1e-3, 1e3) | st.floats(-1e3, -1e-3), st.sampled_from([0.0, 1e-8, 0.1]))
def test_scaled_gradients_with_scaled_eps_take_the_same_path(scale: float, eps: float) -> None:
    def path(G: float, eps: float) -> np.ndarray:
        place = {"kind": "gradient_flip", "gradient": G, "flip_at": 5, "period": 7}
        values = {"lr": 1e-2, "weight_decay": 0.1, "eps": eps}
        return simulate_batch("adamw", place, [0.0], 200, hyperparameters=values, every=1).w[:, 0, 0]

    scaled = path(0.3 * scale, eps * abs(scale))
    assert math.copysign(1, scale) * scaled == pytest.approx(path(0.3, eps), abs=1e-13)


@cache
def updates(mu: float, sigma: float, beta1: float) -> tuple[float, float]:
    """Mean and root mean square of u over many runs with Gaussian gradients, after the averages have settled."""
    rng = np.random.default_rng(7)
    lanes, beta2 = 4000, 0.999
    m, v = np.full(lanes, mu), np.full(lanes, mu * mu + sigma * sigma)
    mean = square = 0.0
    for t in range(600):
        g = mu + sigma * rng.standard_normal(lanes)
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
        if t >= 200:
            u = m / np.sqrt(v)
            mean, square = mean + float(u.mean()), square + float((u * u).mean())
    return mean / 400, math.sqrt(square / 400)


@pytest.mark.parametrize(("mu", "sigma"), [(1.0, 0.5), (1.0, 1.0), (0.3, 1.0), (-1.0, 2.0)])
@pytest.mark.parametrize("beta1", [0.0, 0.9])
def test_the_signal_to_noise_ratio_sets_the_step(mu: float, sigma: float, beta1: float) -> None:
    mean, rms = updates(mu, sigma, beta1)
    assert theory.mean_update(mu, sigma) == pytest.approx(mean, rel=8e-3)
    assert theory.rms_update(mu, sigma, beta1) == pytest.approx(rms, rel=7e-3)
    assert theory.mean_update(1e200 * mu, 1e200 * sigma) == pytest.approx(theory.mean_update(mu, sigma))


def test_bad_arguments_are_refused() -> None:
    for call in (
        lambda: theory.tau_epoch(1.0, 1.0, 10),
        lambda: theory.tau_epoch(0.1, 0.0, 10),
        lambda: theory.tau_epoch(0.1, 0.1, 0),
        lambda: theory.weight_decay_for_tau_epoch(0.1, 0.5, 1),
        lambda: theory.weight_decay_for_tau_epoch(0.0, 2.0, 10),
        lambda: theory.normalised_weight_decay(0.0, 1, 1, 1),
        lambda: theory.normalised_weight_decay(0.1, 0, 1, 1),
        lambda: theory.sqrt_rule(0.1, 0.1, 0.9, 0.999, 1e-8, 10),
        lambda: theory.sqrt_rule(0.1, 0.1, 0.9, 0.999, 1e-8, 0),
        lambda: theory.sqrt_rule(0.1, 0.1, 1.0, 0.999, 1e-8, 2),
        lambda: theory.mean_update(0.0, 0.0),
        lambda: theory.mean_update(1.0, -1.0),
        lambda: theory.rms_update(1.0, 1.0, 1.0),
    ):
        with pytest.raises(UsageError):
            call()


@pytest.mark.parametrize("h", [0.0, 0.3, 10.0])
@pytest.mark.parametrize("k", [0.5, 2.0, 4.0])
def test_the_square_root_rule_keeps_what_noise_does_to_a_weight(h: float, k: float) -> None:
    lr, lam, beta1, sigma = 1e-4, 0.5, 0.9, 20.0
    scaled_lr, scaled_lam, scaled_beta1, _, _ = theory.sqrt_rule(lr, lam, beta1, 0.999, 1e-8, k)
    before = stationary.noisy_std(h, lr, lam, beta1, sigma)
    after = stationary.noisy_std(h, scaled_lr, scaled_lam, scaled_beta1, sigma / math.sqrt(k))
    assert after == pytest.approx(before, rel=2e-3)
    # another rule does not: lr times k
    wrong = stationary.noisy_std(h, k * lr, lam, beta1, sigma / math.sqrt(k))
    assert abs(wrong / before - 1.0) > 0.1
