"""Random walks and equilibria: against the covariance of the recurrence itself, iterated until it stands still."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adamw_cli.errors import UsageError
from adamw_cli.theory import autoregression, equilibrium, stationary
from adamw_cli.trace import Array


def settled(step: Array, noise: Array) -> tuple[float, float]:
    """Standard deviation of the first state of s <- A s + b z, and the angle of many such from one step to the next."""
    power, covariance = step.copy(), np.outer(noise, noise)
    for _ in range(60):  # twice as many steps each time
        covariance = covariance + power @ covariance @ power.T
        power = power @ power
    now, lag = covariance[0, 0], (step @ covariance)[0, 0]
    return math.sqrt(now), math.acos(lag / now)


def adamw(x: float, beta1: float, pull: float, lr: float) -> tuple[Array, Array]:
    """State (w, m): m <- beta1 m + (1 - beta1)(pull w + z), w <- (1 - x) w - lr m, in units of the denominator."""
    fresh = 1.0 - beta1
    return (
        np.array([[1.0 - x - lr * fresh * pull, -lr * beta1], [fresh * pull, beta1]]),
        np.array([-lr * fresh, fresh]),
    )


def sgd(lr: float, lam: float, momentum: float, sigma: float) -> tuple[Array, Array]:
    """State (w, b): b <- momentum b + lam w + z, w <- w - lr b."""
    return np.array([[1.0 - lr * lam, -lr * momentum], [lam, momentum]]), np.array([-lr * sigma, sigma])


def sgdw(lr: float, lam: float, momentum: float, sigma: float) -> tuple[Array, Array]:
    """State (w, b): b <- momentum b + z, w <- (1 - lr lam) w - lr b."""
    return np.array([[1.0 - lr * lam, -lr * momentum], [0.0, momentum]]), np.array([-lr * sigma, sigma])


rates, decays, momenta = st.sampled_from([1e-2, 0.1]), st.floats(0.05, 2.0), st.sampled_from([0.0, 0.5, 0.9])


@settings(deadline=None, max_examples=60)
@given(rates, decays, momenta, st.floats(0.1, 5.0), st.floats(0.0, 5.0))
def test_walks_are_those_of_the_recurrence(lr: float, lam: float, beta1: float, sigma: float, pull: float) -> None:
    walks = [
        (equilibrium.adamw_walk(lr, lam, beta1), adamw(lr * lam, beta1, 0.0, lr)),
        (equilibrium.sgd_walk(lr, lam, beta1, sigma), sgd(lr, lam, beta1, sigma)),
        (equilibrium.sgdw_walk(lr, lam, beta1, sigma), sgdw(lr, lam, beta1, sigma)),
        (equilibrium.adam_l2_walk(lr, lam, beta1, sigma), adamw(0.0, beta1, lam / sigma, lr)),
    ]
    for walk, recurrence in walks:
        std, angle = settled(*recurrence)
        assert equilibrium.walk_norm(9.0, *walk) == pytest.approx(3.0 * std, rel=1e-8)
        assert equilibrium.walk_angle(walk.rest, walk.phi2) == pytest.approx(angle, rel=1e-6)
        largest = max(abs(np.linalg.eigvals(recurrence[0])))
        assert autoregression.relaxation_rate(*walk[:2]) == pytest.approx(-math.log(largest), rel=1e-6, abs=1e-9)
    std, _ = settled(*adamw(lr * lam, beta1, pull, lr))
    assert stationary.noisy_std(pull * sigma, lr, lam, beta1, sigma) == pytest.approx(std, rel=1e-8)


@settings(deadline=None, max_examples=60)
@given(st.floats(-0.95, 0.95), st.floats(-0.95, 0.95))
def test_steps_per_independent_value_are_a_sum_over_lags(z1: float, z2: float) -> None:
    rest, phi2 = (1.0 - z1) * (1.0 - z2), -z1 * z2
    phi1 = z1 + z2
    correlation = [1.0, phi1 / (1.0 - phi2)]
    for _ in range(2000):
        correlation.append(phi1 * correlation[-1] + phi2 * correlation[-2])
    assert autoregression.spread(rest, phi2) == pytest.approx(2 * math.fsum(r * r for r in correlation) - 1, rel=1e-5)
    assert autoregression.turn(rest, phi2) == pytest.approx(1.0 - correlation[1], abs=1e-12)


@pytest.mark.parametrize(("rest", "phi2"), [(0.0, 0.0), (-0.1, 0.0), (2.0, 0.0), (0.1, -1.0), (0.1, 1.0), (4.0, -0.9)])
def test_walks_that_run_away(rest: float, phi2: float) -> None:
    for value in (autoregression.turn, autoregression.spread, autoregression.relaxation_rate):
        with pytest.raises(UsageError, match="stationary"):
            value(rest, phi2)


@given(x=st.floats(1e-7, 1e-4), beta1=momenta)
def test_first_order_forms_are_the_limit_of_small_steps(x: float, beta1: float) -> None:
    lam = 0.1
    lr = x / lam
    near = 2.0 * x / (1.0 - beta1)
    walk = equilibrium.adamw_walk(lr, lam, beta1)
    assert equilibrium.walk_norm(7, *walk) == pytest.approx(equilibrium.adamw_norm(7, lr, lam), rel=near)
    assert equilibrium.walk_angle(walk.rest, walk.phi2) == pytest.approx(
        equilibrium.adamw_angle(lr, lam, beta1), rel=near
    )
    angle = equilibrium.walk_angle(*equilibrium.sgd_walk(lr, lam, beta1, 2.0)[:2])
    assert angle == pytest.approx(math.sqrt(2 * x / (1 + beta1)), rel=near)


def test_scale_invariant_lengths_are_where_the_walk_with_that_noise_has_them() -> None:
    # R is the length at which C walks with the noise sigma/R have the length R
    C, lr, lam, sigma = 256.0, 1e-4, 0.01, 3.0
    for momentum in (0.0, 0.9):
        R = equilibrium.sgd_invariant_norm(C, lr, lam, momentum, sigma)
        walk = equilibrium.sgd_walk(lr, lam, momentum, sigma / R)
        assert equilibrium.walk_norm(C, *walk) == pytest.approx(R, rel=1e-5)
        R = equilibrium.adam_l2_invariant_norm(C, lr, lam, sigma)
        walk = equilibrium.adam_l2_walk(lr, lam, momentum, sigma / R)
        assert equilibrium.walk_norm(C, *walk) == pytest.approx(R, rel=1e-5)
        angle = equilibrium.adam_l2_invariant_angle(C, lr, lam, momentum, sigma)
        assert equilibrium.walk_angle(walk.rest, walk.phi2) == pytest.approx(angle, rel=1e-5)


@pytest.mark.parametrize(
    ("beta1", "beta2", "x"),
    [(0.9, 0.99, 1e-3), (0.95, 0.98, 0.05), (0.0, 0.9, 0.1), (0.7, 0.7, 0.2), (0.98, 0.98, 0.05)],
)
def test_lions_signs(beta1: float, beta2: float, x: float) -> None:
    n = 6000
    response = np.concatenate([[1.0 - beta1], beta1 * (1.0 - beta2) * beta2 ** np.arange(n - 1.0)])
    r = np.array([response[k:] @ response[: n - k] for k in range(3000)]) / (response @ response)
    rho = 2.0 / math.pi * np.arcsin(np.minimum(r, 1.0))
    q = 1.0 - x
    S = 1.0 + 2.0 * float(np.sum(q ** np.arange(1, 3000) * rho[1:]))
    assert equilibrium.lion_sign_sum(x, beta1, beta2) == pytest.approx(S, rel=1e-9)
    # w_t = -lr sum_k q^k s_(t-k): covariances as double sums, over so many lags as matter
    powers = q ** np.arange(2500.0)

    def covariance(lag: int) -> float:
        shifted = rho[np.abs(np.arange(2500)[:, None] - np.arange(2500)[None, :] - lag)]
        return float(powers @ shifted @ powers)

    if x >= 0.05:
        lr, lam = 0.1, x / 0.1
        assert equilibrium.lion_norm(4, lr, lam, beta1, beta2) == pytest.approx(2 * lr * math.sqrt(covariance(0)))
        angle = math.acos(covariance(1) / covariance(0))
        assert equilibrium.lion_angle(lr, lam, beta1, beta2) == pytest.approx(angle, rel=1e-6)


@pytest.mark.parametrize(
    "bad",
    [
        lambda: equilibrium.adamw_norm(4, 0.1, 0.0),
        lambda: equilibrium.adamw_norm(0, 0.1, 0.1),
        lambda: equilibrium.adamw_walk(0.1, 0.1, 1.0),
        lambda: equilibrium.adamw_walk(1.0, 1.5, 0.9),
        lambda: equilibrium.adam_l2_walk(0.1, 0.1, 0.9, 0.0),
        lambda: equilibrium.sgd_invariant_norm(4, 0.1, 0.1, 0.9, math.nan),
        lambda: equilibrium.lion_sign_sum(1.0, 0.9, 0.99),
        lambda: equilibrium.lion_sign_sum(0.1, 0.9, 1.0),
        lambda: equilibrium.lion_sign_sum(0.1, 0.9999999, 0.9999999),
        lambda: stationary.noisy_std(-1.0, 0.1, 0.1, 0.9, 1.0),
        lambda: stationary.noisy_std(1.0, 0.1, 0.1, 0.9, 0.0),
        lambda: stationary.noisy_point(1.0, 1.0, 0.1, -1.0),
        lambda: stationary.noisy_point(1.0, 0.0, 0.1, 1.0),
    ],
)  # fmt: skip
def test_what_has_no_equilibrium(bad) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UsageError):
        bad()


@given(st.floats(0.1, 5.0), st.floats(0.1, 5.0), st.floats(0.05, 2.0), st.floats(0.01, 50.0))
def test_mean_weights_under_noise(a: float, h: float, lam: float, sigma: float) -> None:
    w = stationary.noisy_point(a, h, lam, sigma)
    mu = h * (a - w)
    assert lam * w == pytest.approx(mu / math.hypot(mu, sigma), rel=1e-9)
    assert stationary.noisy_point(-a, h, lam, sigma) == -w
    # less noise, nearer to the box; noise far above the mean, a prior of precision lam sigma
    assert stationary.map_point(a, h, lam * sigma) >= w
    assert w <= stationary.box_point(a, lam)
    much = 1e5 * h * a
    assert stationary.noisy_point(a, h, lam, much) == pytest.approx(stationary.map_point(a, h, lam * much), rel=1e-9)
