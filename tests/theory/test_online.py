"""Reddi's sequence: what a cycle does, against the recurrence in a loop and against the engine."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adamw_cli import simulate_batch
from adamw_cli.errors import UsageError
from adamw_cli.theory import online as theory


def settled(
    C: float, c: float, n: int, beta1: float, beta2: float, lr: float, lam: float, amsgrad: bool
) -> tuple[list[float], list[float], float]:
    """Updates and weights of the last cycle of a loop from w = 0, and the weight before it; no bias correction."""
    w = m = v = v_max = 0.0
    slowest = max(beta1, beta2, 1.0 - lr * lam if lam else 0.0)
    cycles = math.ceil(40.0 / -math.log(slowest) / n) + 2 if slowest else 3
    updates: list[float] = []
    weights: list[float] = []
    for t in range(cycles * n):
        g = C if t % n == 0 else c
        m += (1.0 - beta1) * (g - m)
        v += (1.0 - beta2) * (g * g - v)
        v_max = max(v_max, v)
        updates.append(m / math.sqrt(v_max if amsgrad else v))
        weights.append(w)
        w -= lr * (lam * w + updates[-1])
    return updates[-n:], weights[-n:]


@settings(deadline=None, max_examples=60)
@given(
    C=st.floats(0.1, 20.0).flatmap(lambda C: st.sampled_from([C, -C])), c=st.sampled_from([-1.0, 0.5, -7.0]), n=st.integers(2, 12), beta1=st.sampled_from([0.0, 0.5, 0.9]),
    beta2=st.sampled_from([0.0, 0.1, 0.7, 0.99]), amsgrad=st.booleans(), x=st.sampled_from([0.02, 0.1, 0.5]),
)  # fmt: skip
def test_a_settled_cycle_of_the_recurrence(
    C: float, c: float, n: int, beta1: float, beta2: float, amsgrad: bool, x: float
) -> None:
    lr, lam = 0.05, x / 0.05
    if amsgrad and abs(C) < abs(c):
        return  # the averages' first steps are then the largest
    updates, weights = settled(C, c, n, beta1, beta2, lr, lam, amsgrad)
    args = (C, c, n, beta1, beta2)
    assert theory.cycle_updates(*args, amsgrad) == pytest.approx(updates, rel=1e-9, abs=1e-9)
    assert theory.net_drift(*args, amsgrad) == pytest.approx(-math.fsum(updates), abs=1e-8)
    # over a cycle decay takes what the updates add
    assert theory.net_drift(*args, amsgrad) / (n * lam) == pytest.approx(math.fsum(weights) / n, abs=1e-8)


def test_the_engine_on_the_sequence() -> None:
    place = {"kind": "online_sequence", "peak": 3.0}
    values = {"lr": 1e-3, "betas": (0.0, 0.1), "eps": 0.0}
    free = simulate_batch("adam", place, [0.0], 30_000, hyperparameters=values, every=15_000).w[:, 0, 0]
    drift = theory.net_drift(3.0, -1.0, 3, 0.0, 0.1)
    assert (free[-1] - free[-2]) / 5000 / 1e-3 == pytest.approx(drift, rel=1e-9)
    decayed = values | {"weight_decay": 0.1}
    late = simulate_batch("adamw", place, [0.0], 300_000, hyperparameters=decayed, every=1).w[-3:, 0, 0]
    assert late.mean() == pytest.approx(drift / 0.3, rel=1e-9)


def test_amsgrad_goes_down_the_hill_whatever_the_betas() -> None:
    for beta1 in (0.0, 0.9):
        for beta2 in (0.0, 0.1, 0.9):
            drift = theory.net_drift(3.0, -1.0, 3, beta1, beta2, amsgrad=True)
            assert drift == pytest.approx(theory.net_drift(3.0, -1.0, 3, 0.0, beta2, amsgrad=True))
            assert drift < 0.0


@given(n=st.integers(3, 30), times=st.floats(1.05, 30.0))
@settings(deadline=None, max_examples=60)
def test_where_adam_turns_round(n: int, times: float) -> None:
    C = (n - 1) * times
    found = theory.safe_beta2(C, -1.0, n)
    assert found is not None
    drifts = [theory.net_drift(C, -1.0, n, 0.0, found + by * min(found, 1.0 - found)) for by in (-0.9, -0.1, 0.1, 0.9)]
    assert drifts == sorted(drifts, reverse=True)
    assert drifts[1] > 0.0 > drifts[2]
    # Reddi's theorem 1: the beta2 of its proof is on the wrong side
    if n == 3:
        assert found > 1.0 / (1.0 + C * C)


def test_momentum_over_the_cycle_may_leave_nothing_to_turn() -> None:
    assert theory.safe_beta2(3.0, -1.0, 3, 0.9) is None
    assert theory.safe_beta2(1.9, -1.0, 3) is None
    figure_1 = theory.safe_beta2(1010.0, -10.0, 101, 0.9)
    assert figure_1 is not None
    assert 0.999 < figure_1 < 1.0


@pytest.mark.parametrize(
    "args",
    [
        (3.0, 0.0, 3, 0.0, 0.1),
        (3.0, -1.0, 1, 0.0, 0.1),
        (3.0, -1.0, 3, 1.0, 0.1),
        (3.0, -1.0, 3, 0.0, -0.1),
        (math.nan, -1.0, 3, 0.0, 0.1),
        (math.inf, -1.0, 3, 0.0, 0.1),
        (1e-200, -1.0, 3, 0.0, 0.0),
    ],
)
def test_what_is_no_such_sequence(args: tuple[float, float, int, float, float]) -> None:
    with pytest.raises(UsageError):
        theory.net_drift(*args)


def test_only_the_ratio_of_the_gradients_counts() -> None:
    for scale in (1e-250, 1e-3, 1e250):
        scaled = theory.cycle_updates(3.0 * scale, -scale, 3, 0.5, 0.1)
        assert scaled == pytest.approx(theory.cycle_updates(3.0, -1.0, 3, 0.5, 0.1), rel=1e-12)
