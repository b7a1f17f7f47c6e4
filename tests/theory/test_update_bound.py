"""How large an update can be: bounds against sequences of gradients, and what is left of an update against loops."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from adamw_cli.errors import UsageError
from adamw_cli.theory import update_bound as theory
from adamw_cli.theory._numbers import taken_up

DEFAULT = (0.9, 0.999)
beta1s = st.floats(0.0, 0.97)
beta2s = st.floats(0.5, 0.9995)


def ratios(gradients: Sequence[float], beta1: float, beta2: float, corrected: bool) -> list[float]:
    """|m|/sqrt(v) at every step; a loop."""
    m = v = 0.0
    found = []
    for t, g in enumerate(gradients, start=1):
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
        scale = math.sqrt(1 - beta2**t) / (1 - beta1**t) if corrected else 1.0
        found.append(abs(m) / math.sqrt(v) * scale if v else 0.0)
    return found


@settings(deadline=None, max_examples=80)
@given(st.lists(st.floats(-100.0, 100.0), min_size=1, max_size=60), st.floats(0.0, 0.9), st.floats(0.85, 0.9995))
def test_no_gradients_exceed_the_bounds(gradients: list[float], beta1: float, beta2: float) -> None:
    assume(all(g == 0.0 or abs(g) > 1e-6 for g in gradients))
    bound = theory.max_update_ratio(beta1, beta2)
    assert max(ratios(gradients, beta1, beta2, corrected=False)) <= bound * (1 + 1e-9)
    for t, found in enumerate(ratios(gradients, beta1, beta2, corrected=True), start=1):
        assert found <= theory.bias_corrected_update_ratio(t, beta1, beta2) * (1 + 1e-9)
        assert theory.bias_corrected_update_ratio(t, beta1, beta2) <= bound * (1 + 1e-9)


@settings(deadline=None, max_examples=60)
@given(st.floats(0.1, 0.97), beta2s, st.integers(1, 150))
def test_growing_gradients_attain_them(beta1: float, beta2: float, t: int) -> None:
    grown = [(beta1 / beta2) ** i for i in range(t)][::-1]
    found = ratios(grown, beta1, beta2, corrected=True)[-1]
    assert theory.bias_corrected_update_ratio(t, beta1, beta2) == pytest.approx(found, rel=1e-9)
    if beta1 * beta1 < 0.8 * beta2:
        assert ratios([(beta1 / beta2) ** i for i in range(300)][::-1], beta1, beta2, corrected=False)[
            -1
        ] == pytest.approx(theory.max_update_ratio(beta1, beta2), rel=1e-9)
        late = theory.bias_corrected_update_ratio(10**6, beta1, beta2)
        assert late == pytest.approx(theory.max_update_ratio(beta1, beta2), rel=1e-9)


@settings(deadline=None, max_examples=60)
@given(beta1s, beta2s)
def test_a_lone_gradient(beta1: float, beta2: float) -> None:
    first = ratios([0.0] * 50 + [3.0], beta1, beta2, corrected=False)[-1]
    assert theory.single_spike_ratio(beta1, beta2) == pytest.approx(first, rel=1e-11)
    if beta1 < 0.95 * math.sqrt(beta2):
        total = math.fsum(ratios([1.0] + [0.0] * 700, beta1, beta2, corrected=False))
        first = 0.1 * theory.single_spike_ratio(beta1, beta2)
        assert first + theory.residual_drift(first, beta1, beta2) == pytest.approx(0.1 * total, rel=1e-9)


@settings(deadline=None, max_examples=50)
@given(st.floats(-1.0, 1.0), st.floats(0.01, 1.0), st.floats(0.5, 1.0), st.floats(0.5, 0.9))
def test_no_weight_leaves_its_bound(w0: float, lam: float, x: float, beta1: float) -> None:
    bound = theory.weight_bound(w0, lam, beta1, 0.95)
    w, lr = w0, x / lam
    for ratio in ratios([(0.95 / beta1) ** i for i in range(400)], beta1, 0.95, corrected=True):
        w = w - lr * lam * w - lr * ratio
        assert abs(w) <= bound * (1 + 1e-12)
    assert abs(w) >= 0.99 * theory.max_update_ratio(beta1, 0.95) / lam  # and it is nearly reached


@pytest.mark.parametrize(
    ("beta1", "beta2", "ratio"),
    [
        (0.0, 0.0, 1.0),
        (0.0, 0.75, 2.0),
        (0.9, 0.0, math.inf),
        (0.9, 0.81, math.inf),
        (0.9, 0.8, math.inf),
        (0.5, 0.5, 1.0),
        (0.97, 0.97, 1.0),
        (0.5, 0.75, 0.5 / math.sqrt(0.25 * (1 - 0.25 / 0.75))),
    ],
)
def test_the_edges_of_the_bound(beta1: float, beta2: float, ratio: float) -> None:
    assert theory.max_update_ratio(beta1, beta2) == pytest.approx(ratio, rel=1e-12)
    assert theory.weight_bound(0.5, 0.1, beta1, beta2) == pytest.approx(10 * ratio, rel=1e-12)


@settings(deadline=None, max_examples=40)
@given(st.floats(0.05, 0.9), st.floats(0.9, 0.9995))
def test_what_is_left_of_a_long_history(beta1: float, beta2: float) -> None:
    left = math.fsum((beta1 / math.sqrt(beta2)) ** j for j in range(1, 1500))
    assert theory.residual_drift(0.1, beta1, beta2) == pytest.approx(0.1 * left, rel=1e-9)
    assert theory.residual_drift(-0.05, beta1, beta2) == pytest.approx(-0.05 * left, rel=1e-9)


def test_the_edges_of_the_others() -> None:
    assert theory.bias_corrected_update_ratio(1, 0.9, 0.0) == 1.0
    assert theory.bias_corrected_update_ratio(2, 0.9, 0.0) == math.inf
    assert theory.bias_corrected_update_ratio(7, 0.0, 0.0) == 1.0
    assert theory.bias_corrected_update_ratio(10**6, 0.9, 0.5) == math.inf
    assert theory.bias_corrected_update_ratio(3, 0.5, 0.25) == pytest.approx(
        ratios([0.5**i for i in range(3)], 0.5, 0.25, corrected=True)[-1]
    )
    assert theory.weight_bound(1.0, -0.1, *DEFAULT) == math.inf
    assert theory.residual_drift(1.0, 0.9, 0.5) == math.inf
    assert taken_up(1 - 1e-12, 1) == pytest.approx(1e-12, rel=1e-4)


def residuals(G: float, beta1: float, beta2: float, eps: float) -> list[float]:
    return [abs(G) * beta1**j / (abs(G) * beta2 ** (j / 2) + eps) for j in range(1500)]


@settings(deadline=None, max_examples=80)
@given(
    st.floats(1e-3, 1e3) | st.floats(-1e3, -1e-3), st.floats(0.0, 0.95), st.floats(0.3, 0.999), st.floats(1e-12, 10.0)
)
def test_the_largest_residual_update_and_its_drift(G: float, beta1: float, beta2: float, eps: float) -> None:
    sizes = residuals(G, beta1, beta2, eps)
    largest, j = theory.largest_residual_update(G, beta1, beta2, eps)
    assert largest == pytest.approx(max(sizes), rel=1e-11)
    assert j is not None
    assert sizes[j] == pytest.approx(largest, rel=1e-11)
    if beta1 < 0.97 * max(math.sqrt(beta2), 0.9):
        drift = theory.residual_drift_eps(G, 0.1, beta1, beta2, eps)
        assert drift == pytest.approx(0.1 * math.fsum(sizes[1:]), rel=1e-9)


def test_the_edges_of_the_largest() -> None:
    assert theory.largest_residual_update(2.0, 0.9, 0.999, 2.0) == (0.5, 0)
    assert theory.largest_residual_update(0.0, 0.9, 0.5, 1e-8) == (0.0, 0)
    assert theory.largest_residual_update(0.0, 0.9, 0.5, 0.0) == (0.0, 0)
    assert theory.largest_residual_update(1.0, 0.9, 0.0, 1e-8) == (pytest.approx(0.9e8), 1)
    assert theory.largest_residual_update(1.0, 0.9, 0.0, 0.0) == (1.0, 0)  # v = 0 at once: the update is taken for 0
    assert theory.largest_residual_update(1.0, 0.9, 0.5, 0.0) == (math.inf, None)
    assert (
        theory.residual_drift_eps(0.0, 1.0, 0.9, 0.5, 1e-8) == 0.0 == theory.residual_drift_eps(1.0, 1.0, 0.0, 0.5, 0.1)
    )
    assert theory.residual_drift_eps(1.0, 1.0, *DEFAULT, 0.0) == theory.residual_drift(1.0, *DEFAULT)
    assert theory.residual_drift_eps(1e-30, 1.0, *DEFAULT, 1e-8) == pytest.approx(9e-22, rel=1e-9)


def test_bad_arguments_are_refused() -> None:
    for call in (
        lambda: theory.max_update_ratio(1.0, 0.999),
        lambda: theory.max_update_ratio(math.nan, 0.999),
        lambda: theory.max_update_ratio(-0.1, 0.9),
        lambda: theory.max_update_ratio(0.9, 1.0),
        lambda: theory.bias_corrected_update_ratio(0, *DEFAULT),
        lambda: theory.weight_bound(math.nan, 0.1, *DEFAULT),
        lambda: theory.weight_bound(1.0, math.nan, *DEFAULT),
        lambda: theory.residual_drift(math.nan, *DEFAULT),
        lambda: theory.largest_residual_update(math.nan, *DEFAULT, 0.0),
        lambda: theory.residual_drift_eps(math.nan, 1.0, *DEFAULT, 0.0),
    ):
        with pytest.raises(UsageError):
            call()
