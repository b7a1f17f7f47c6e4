"""The exact proximal step beside AdamW's: against decimals and the engine."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adamw_cli import simulate_batch
from adamw_cli.errors import UsageError
from adamw_cli.theory import prox as theory


@settings(deadline=None)
@given(st.floats(1e-12, 1e3))
def test_the_gap_is_exact(x: float) -> None:
    exact = Fraction(x)
    assert theory.gap(x) == pytest.approx(float(1 / (1 + exact) - (1 - exact)), rel=1e-15)
    assert 0 < theory.gap(x) <= x * x


@settings(deadline=None, max_examples=40)
@given(st.floats(-5.0, 5.0), st.sampled_from([-2.0, 0.5]), st.floats(0.01, 1.0), st.floats(0.05, 2.0))
def test_the_gap_of_a_step_is_the_engines(w: float, G: float, lr: float, lam: float) -> None:
    values = {"lr": lr, "weight_decay": lam, "eps": 1.0}
    place = {"kind": "slope", "gradient": G}
    exact, adamw = (
        float(simulate_batch(rule, place, [w], 1, hyperparameters=values).final_w[0, 0])
        for rule in ("adamw_prox", "adamw")
    )
    u = G / (abs(G) + 1.0)
    assert theory.step_gap(w, u, lr, lam) == pytest.approx(exact - adamw, rel=1e-9, abs=1e-14)


@settings(deadline=None)
@given(st.floats(0.0, 1.8), st.integers(0, 60))
def test_the_ratio_of_trajectories_is_exact(x: float, T: int) -> None:
    exact = Fraction(x)
    assert theory.trajectory_ratio(x, T) == pytest.approx(float((1 - exact**2) ** T), rel=1e-12, abs=1e-300)


def test_the_ratio_of_long_and_of_growing_trajectories() -> None:
    assert theory.trajectory_ratio(1e-9, 10**18) == pytest.approx(math.exp(-1))
    assert theory.trajectory_ratio(1.0, 0) == 1.0
    assert theory.trajectory_ratio(1.0, 5) == 0.0
    assert theory.trajectory_ratio(3.0, 10_001) == -math.inf
    assert theory.trajectory_ratio(3.0, 10_000) == math.inf


def test_bad_arguments_are_refused() -> None:
    for call in (
        lambda: theory.gap(-0.1),
        lambda: theory.gap(math.nan),
        lambda: theory.gap(math.inf),
        lambda: theory.step_gap(1.0, 1.0, 0.1, -1.0),
        lambda: theory.step_gap(math.nan, 1.0, 0.1, 1.0),
        lambda: theory.step_gap(1.0, math.nan, 0.1, 1.0),
        lambda: theory.trajectory_ratio(-0.1, 3),
        lambda: theory.trajectory_ratio(0.1, -1),
    ):
        with pytest.raises(UsageError):
            call()
