"""What conventions differ in, against steps of both kinds, written out."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adamw_cli.errors import UsageError
from adamw_cli.theory import conventions as theory


@settings(deadline=None)
@given(st.floats(-3, 3), st.floats(-1, 1), st.floats(1e-5, 1.0), st.floats(0.0, 0.9))
def test_either_order_does_what_the_other_does(w: float, u: float, lr: float, x: float) -> None:
    old = (1 - x) * w - lr * u
    assert (1 - x) * (w - theory.lr_for_new_weights(lr, x) * u) == pytest.approx(old, rel=1e-12, abs=1e-14)
    new = (1 - x) * (w - lr * u)
    assert (1 - x) * w - theory.lr_for_old_weights(lr, x) * u == pytest.approx(new, rel=1e-12, abs=1e-14)


@settings(deadline=None)
@given(st.floats(1e-6, 0.6), st.lists(st.floats(1e-3, 1.2), min_size=1, max_size=20))
def test_the_largest_error_of_a_step(x: float, factors: list[float]) -> None:
    """From weight 0 a step is all there is: -s lr for one order, and with the converted lr for the other."""
    lr = 0.1
    new, old = [], []
    for s in factors:
        wanted, got = s * lr, (1 - s * x) * s * theory.lr_for_new_weights(lr, x)
        new.append(abs(got / wanted - 1))
        wanted, got = (1 - s * x) * s * lr, s * theory.lr_for_old_weights(lr, x)
        old.append(abs(got / wanted - 1))
    assert theory.largest_step_error(x, factors, new_weights=True) == pytest.approx(max(new), abs=1e-12)
    assert theory.largest_step_error(x, factors, new_weights=False) == pytest.approx(max(old), abs=1e-12)


def test_a_schedule_that_takes_decay_to_1_leaves_no_step_to_convert() -> None:
    assert theory.largest_step_error(0.5, [1.0, 2.0], new_weights=False) == math.inf


@pytest.mark.parametrize("x", [1.0, 1.5, -0.1, math.nan])
def test_the_orders_cannot_be_turned_into_each_other(x: float) -> None:
    with pytest.raises(UsageError, match="below 1 only"):
        theory.lr_for_new_weights(0.1, x)


@pytest.mark.parametrize("beta2", [0.5, 0.9, 0.95, 0.99, 0.999, 0.9999])
def test_an_eps_hat_is_an_eps_outside_times_the_ratio(beta2: float) -> None:
    eps, v = 1e-3, 0.7
    for t in (1, 2, 10, 1000):
        c2 = 1 - beta2**t
        hat = math.sqrt(c2) / (math.sqrt(v) + eps)
        assert 1 / (math.sqrt(v / c2) + eps * theory.eps_hat_ratio(beta2, t)) == pytest.approx(hat, rel=1e-10)
    settled = theory.eps_hat_settles(beta2)
    ratios = [theory.eps_hat_ratio(beta2, t) for t in range(1, settled + 2)]
    assert ratios[settled - 1] <= 1.01
    assert all(ratio > 1.01 for ratio in ratios[: settled - 1])


def test_eps_for_eps_root_is_right_at_both_ends_and_never_further_off_than_is_said() -> None:
    root = 1e-6
    for eps in (0.0, 1e-8, 1e-3):
        instead = theory.eps_without_root(eps, root)
        losses = []
        for k in range(-140, 141):
            v = root * 10 ** (k / 10)
            losses.append(1 - (math.sqrt(v + root) + eps) / (math.sqrt(v) + instead))
        assert all(-1e-12 <= loss <= theory.EPS_ROOT_ERROR + 1e-12 for loss in losses)
        assert max(losses[0], losses[-1]) < 1e-5
        if eps == 0.0:
            assert losses[140] == pytest.approx(theory.EPS_ROOT_ERROR, rel=1e-12)
