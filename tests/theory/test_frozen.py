"""A frozen denominator, with and without bias correction: against the recurrence in loops, numpy's roots and the engine."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from adamw_cli import simulate_batch
from adamw_cli.errors import UsageError
from adamw_cli.theory import frozen as theory
from adamw_cli.theory import transient, update_bound

betas = st.just(0.0) | st.floats(0.05, 0.98)
decays = st.just(0.0) | st.floats(1e-4, 1.9)
parts = st.floats(1e-4, 0.97)  # of the threshold


def loop(kappa: float, x: float, beta1: float, steps: int, corrected: bool = False) -> list[float]:
    w, m, found = 1.0, 0.0, [1.0]
    for t in range(1, steps + 1):
        m = beta1 * m + (1 - beta1) * w
        w = (1 - x) * w - kappa * m / (1 - beta1**t if corrected else 1.0)
        found.append(w)
    return found


@settings(deadline=None, max_examples=40)
@given(st.floats(-5.0, 5.0), st.floats(0.0, 1.0), st.floats(0.01, 5.0), st.floats(0.0, 2.0))
def test_the_ratio_is_that_of_the_engines_steps(w: float, lam: float, G: float, eps: float) -> None:
    place = {"kind": "slope", "gradient": G}
    decayed, plain = (
        simulate_batch("adamw", place, [w], 1, hyperparameters={"lr": 1.0, "weight_decay": value, "eps": eps}).final_w[
            0, 0
        ]
        for value in (lam, 0.0)
    )
    ratio = update_bound.decay_to_gradient_ratio(w, lam, G, G * G, eps)
    assert ratio == pytest.approx(abs(decayed - plain) / (w - plain), rel=1e-9, abs=1e-12)
    at_0 = update_bound.decay_to_gradient_ratio(w, lam, G, G * G, 0.0)
    assert update_bound.decay_to_gradient_ratio(w, lam, G, G * G, abs(G)) == pytest.approx(2 * at_0)


def test_the_ratio_without_one_of_the_two() -> None:
    assert update_bound.decay_to_gradient_ratio(0.0, 0.1, 0.0, 0.0, 0.0) == 0.0
    assert update_bound.decay_to_gradient_ratio(1.0, 0.1, 0.0, 1.0, 0.0) == math.inf


@settings(deadline=None, max_examples=60)
@given(betas, decays, st.floats(1e-4, 1.05))
@example(0.9, 0.0, 0.9)
@example(0.9, 1.0, 0.5)
@example(0.0, 0.5, 0.5)
def test_the_path_is_the_loops(beta1: float, x: float, part: float) -> None:
    kappa = part * theory.stability_threshold(beta1, x)
    expected = loop(kappa, x, beta1, 200)
    # where the two roots nearly meet, the loop's own rounding is magnified by their closeness
    scale = max(abs(w) for w in expected)
    assert theory.path(kappa, x, beta1, 200) == pytest.approx(expected, rel=1e-9, abs=1e-10 * scale)


@pytest.mark.parametrize(("beta1", "x"), [(0.9, 0.0), (0.5, 0.2), (0.25, 0.75), (0.9, 0.3)])
def test_the_path_where_the_roots_meet(beta1: float, x: float) -> None:
    for edge in theory.oscillation_range(beta1, x):
        for kappa in (edge * (1 - 1e-13), edge, edge * (1 + 1e-13), edge * (1 + 1e-7)):
            assert theory.path(kappa, x, beta1, 100) == pytest.approx(loop(kappa, x, beta1, 100), rel=1e-6, abs=1e-9)


def test_the_path_never_raises_and_is_never_nan() -> None:
    for kappa in (0.0, 1e-300, 1.0, 1e5, 1e150):
        for x in (0.0, 1e-300, 0.5, 1.0, 1.5, 2.0):
            for beta1 in (0.0, 1e-300, 0.5, 1 - 1e-16):
                assert not any(math.isnan(w) for w in theory.path(kappa, x, beta1, 300)), (kappa, x, beta1)


@settings(deadline=None, max_examples=60)
@given(betas, decays, parts)
def test_the_roots_are_numpys(beta1: float, x: float, part: float) -> None:
    kappa = part * theory.stability_threshold(beta1, x)
    expected = np.roots([1.0, -((1 - x) + beta1 - (1 - beta1) * kappa), (1 - x) * beta1])
    assume(abs(expected[0] - expected[1]) > 1e-3)
    found = theory._roots(kappa, x, beta1)
    assert sorted(found, key=lambda z: (z.real, z.imag)) == pytest.approx(
        sorted(expected, key=lambda z: (z.real, z.imag)), abs=1e-10
    )
    assert abs(found[0]) >= abs(found[1]) * (1 - 1e-15)
    polar = theory._radius_and_angle(kappa, x, beta1)
    assert (polar is not None) == bool(np.iscomplex(expected).any())
    if polar is not None:
        assert polar[0] * math.cos(polar[1]) == pytest.approx(found[0].real, abs=1e-12)
        assert polar[0] * math.sin(polar[1]) == pytest.approx(found[0].imag, abs=1e-12)


@settings(deadline=None, max_examples=40)
@given(st.floats(0.05, 0.98), st.floats(0.0, 0.95))
def test_between_the_edges_the_roots_are_complex(beta1: float, x: float) -> None:
    low, high = theory.oscillation_range(beta1, x)
    assume(low > 1e-6)
    assert theory._radius_and_angle(low * (1 - 1e-6), x, beta1) is None
    assert theory._radius_and_angle(low * (1 + 1e-6), x, beta1) is not None
    assert theory._radius_and_angle(high * (1 - 1e-6), x, beta1) is not None
    assert theory._radius_and_angle(high * (1 + 1e-6), x, beta1) is None
    critical = (1 - math.sqrt(beta1)) / (1 + math.sqrt(beta1))
    assert theory.oscillation_range(beta1, 0.0)[0] == pytest.approx(critical, rel=1e-12)


@settings(deadline=None, max_examples=30)
@given(st.floats(0.0, 0.9), st.floats(0.0, 1.7))
def test_the_loop_shrinks_below_the_threshold_and_grows_above(beta1: float, x: float) -> None:
    kappa = theory.stability_threshold(beta1, x)
    below, above = (np.abs(loop(part * kappa, x, beta1, 1000)) for part in (0.99, 1.01))
    assert below[900:].max() < 0.9 * below[400:500].max()
    assert above[900:].max() > 1.1 * above[400:500].max()


@settings(deadline=None, max_examples=80)
@given(betas, decays, parts)
@example(0.9, 0.05, 10 / 38)
@example(0.9, 0.5, 1e-3)  # real roots of which the momentum's lasts longer
@example(0.9, 1.5, 0.3)
def test_the_undershoot_is_the_loops(beta1: float, x: float, part: float) -> None:
    kappa = part * theory.stability_threshold(beta1, x)
    lowest = min(loop(kappa, x, beta1, 4000))
    assert theory.undershoot_fraction(kappa, x, beta1) == pytest.approx(-min(lowest, 0.0), rel=1e-7, abs=1e-9)


@settings(deadline=None, max_examples=40)
@given(st.floats(0.3, 0.98), st.floats(0.0, 0.02), st.floats(0.0, 1.0), st.sampled_from([0.3, 0.02, 1e-4]))
def test_settling_time_is_a_bound(beta1: float, x: float, share: float, tol: float) -> None:
    low, high = theory.oscillation_range(beta1, x)
    kappa = low + (0.02 + 0.9 * share) * (high - low)
    time = theory.settling_time(kappa, x, beta1, tol)
    assert time is not None
    outside = max((t for t, w in enumerate(loop(kappa, x, beta1, 3000)) if abs(w) > tol * (1 + 1e-9)), default=0)
    polar = theory._radius_and_angle(kappa, x, beta1)
    assert polar is not None
    assert outside <= time + 1e-6
    # and not a loose one: within half a turn some step is on the envelope, up to how far steps lie apart
    assert time <= outside + math.pi / polar[1] + math.log(4) / -math.log(polar[0])


@settings(deadline=None, max_examples=40)
@given(st.floats(0.3, 0.98), st.floats(0.0, 0.2), st.floats(0.05, 0.95))
def test_settling_time_is_when_the_envelope_is_there(beta1: float, x: float, share: float) -> None:
    low, high = theory.oscillation_range(beta1, x)
    kappa = low + share * (high - low)
    w = loop(kappa, x, beta1, 40)
    # w_t = Re(c z^t), so that |c| |z|^t is the envelope; c from two steps of the loop
    z = np.roots([1.0, -((1 - x) + beta1 - (1 - beta1) * kappa), (1 - x) * beta1])[0]
    c = np.linalg.solve([[(z**t).real, -(z**t).imag] for t in (0, 1)], w[:2])
    assert w[20] == pytest.approx(((c[0] + 1j * c[1]) * z**20).real, abs=1e-9)
    time = theory.settling_time(kappa, x, beta1, 0.01)
    assert time is not None
    assert np.hypot(*c) * abs(z) ** time == pytest.approx(0.01, rel=1e-7)


def test_real_roots_have_no_angle() -> None:
    for kappa in (0.01, 37.99):
        assert theory.settling_time(kappa, 0.0, 0.9, 0.1) is None
    assert theory.undershoot_fraction(theory.stability_threshold(0.9, 0.0), 0.0, 0.9) == math.inf
    assert theory.undershoot_fraction(0.0, 0.0, 0.9) == 0.0


@settings(deadline=None, max_examples=40)
@given(betas, decays, parts)
def test_the_corrected_path_is_the_loops_and_its_peak_the_largest(beta1: float, x: float, part: float) -> None:
    kappa = part * theory.stability_threshold(beta1, x)
    expected = loop(kappa, x, beta1, 4000, corrected=True)
    scale = max(map(abs, expected))
    assert transient.amplification_path(kappa, x, beta1, 200) == pytest.approx(
        expected[:201], rel=1e-8, abs=1e-10 * scale
    )
    peak, step = transient.bc_transient_peak(kappa, x, beta1)
    assert peak == pytest.approx(scale, rel=1e-8)
    assert abs(expected[step]) == pytest.approx(scale, rel=1e-8)


def test_the_corrected_path_is_the_engines() -> None:
    values = {"lr": 19.0 / 1e-80, "weight_decay": 0.01 * 1e-80 / 19.0, "eps": 1.0}
    place = {"kind": "quadratic", "curvature": 1e-80, "center": 0.0}
    w = simulate_batch("adamw", place, [1.0], 100, hyperparameters=values, every=1).w[:, 0, 0]
    assert transient.amplification_path(19.0, 0.01, 0.9, 100) == pytest.approx(w.tolist(), rel=1e-9)


def test_a_peak_too_large_for_a_float_comes_back() -> None:
    kappa = 0.8 * theory.stability_threshold(0.997, 0.0)
    peak, step = transient.bc_transient_peak(kappa, 0.0, 0.997)
    assert peak == math.inf
    path = transient.amplification_path(kappa, 0.0, 0.997, 100_000)
    assert abs(path[step]) == math.inf
    assert math.isfinite(path[-1])
    assert not any(math.isnan(w) for w in path)


def test_bad_arguments_are_refused() -> None:
    for call in (
        lambda: theory.path(-1.0, 0.0, 0.9, 3),
        lambda: theory.path(math.inf, 0.0, 0.9, 3),
        lambda: theory.path(math.nan, 0.0, 0.9, 3),
        lambda: theory.path(1.0, 0.0, 0.9, -1),
        lambda: theory._roots(1.0, 2.1, 0.9),
        lambda: theory.stability_threshold(1.0, 0.0),
        lambda: theory.stability_threshold(0.9, -0.1),
        lambda: theory.oscillation_range(0.9, 1.1),
        lambda: theory.oscillation_range(-0.1, 0.0),
        lambda: theory.settling_time(1.0, 0.0, 0.9, 1.0),
        lambda: update_bound.decay_to_gradient_ratio(1.0, 1.0, 1.0, -1.0, 1.0),
        lambda: update_bound.decay_to_gradient_ratio(1.0, 1.0, 1.0, 1.0, -1.0),
        lambda: update_bound.decay_to_gradient_ratio(1.0, 1.0, math.nan, 1.0, 1.0),
        lambda: transient.bc_transient_peak(38.1, 0.0, 0.9),
        lambda: transient.bc_transient_peak(1.0, 0.0, 0.99999),
        lambda: transient.amplification_path(1.0, 0.0, 0.9, -1),
    ):
        with pytest.raises(UsageError):
            call()
