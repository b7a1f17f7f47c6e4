"""Fixed points on quadratic losses: against the engine, their own equations, and the conditions for a minimum in a box."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from adamw_cli import simulate_batch
from adamw_cli.errors import UsageError
from adamw_cli.theory import stationary as theory

centers = st.floats(0.2, 5.0) | st.floats(-5.0, -0.2)
curvatures = st.floats(0.2, 5.0)


def end(rule: str, h: float, a: float, lam: float, eps: float, schedule: str = "constant") -> float:
    place = {"kind": "quadratic", "curvature": h, "center": a}
    values = {"lr": 1e-2, "weight_decay": lam, "betas": (0.9, 0.99), "eps": eps}
    clock = {"kind": schedule}
    return float(simulate_batch(rule, place, [0.3], 20_000, hyperparameters=values, schedules=clock).final_w[0, 0])


@settings(deadline=None, max_examples=15)
@given(centers, curvatures, st.floats(0.05, 2.0))
def test_coupled_decay_ends_at_the_map(a: float, h: float, lam: float) -> None:
    assert theory.map_point(a, h, lam) == pytest.approx(end("adam_l2", h, a, lam, 0.1), rel=1e-9)


@settings(deadline=None, max_examples=15)
@given(centers, curvatures, st.floats(0.1, 2.0), st.floats(0.2, 3.0))
def test_adamw_with_eps_ends_where_it_stands_still(a: float, h: float, lam: float, eps: float) -> None:
    assert theory.box_point_with_eps(a, h, lam, eps) == pytest.approx(end("adamw", h, a, lam, eps), rel=1e-8)


@settings(deadline=None, max_examples=15)
@given(centers, curvatures, st.floats(0.1, 2.0))
def test_adamw_ends_in_the_box(a: float, h: float, lam: float) -> None:
    # With a minimum on the wall itself the gradient fades on the way there, and the way takes longer than this run.
    assume(abs(abs(a) * lam - 1.0) > 0.1)
    # a learning rate that falls to 0, so that the circling about the end does too
    assert theory.box_point(a, lam) == pytest.approx(end("adamw", h, a, lam, 1e-8, "cosine"), abs=5e-3)


@settings(deadline=None)
@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3), st.floats(0.0, 1e3), st.floats(0.0, 1e3))
def test_the_root_solves_its_equation(a: float, h: float, lam: float, eps: float) -> None:
    w = theory.box_point_with_eps(a, h, lam, eps)
    left, right = lam * w * (h * abs(a - w) + eps), h * (a - w)
    scale = lam * abs(w) * (h * (abs(a) + abs(w)) + eps) + h * (abs(a) + abs(w))
    assert abs(left - right) <= 1e-14 * scale + 1e-300
    assert theory.box_point_with_eps(-a, h, lam, eps) == -w
    assert abs(w) <= abs(a) * (1 + 1e-15)


@settings(deadline=None)
@given(centers, curvatures, st.floats(0.01, 3.0))
def test_the_limits_of_eps(a: float, h: float, lam: float) -> None:
    assert theory.box_point_with_eps(a, h, lam, 0.0) == pytest.approx(theory.box_point(a, lam), rel=1e-14)
    large = 1e9
    assert theory.box_point_with_eps(a, h, lam, large) == pytest.approx(h * a / (h + lam * large), rel=1e-7)
    assert theory.box_point_with_eps(0.0, h, lam, 1.0) == 0.0
    assert theory.box_point_with_eps(a, h, 0.0, 1.0) == pytest.approx(a)


def test_small_numbers() -> None:
    assert theory.map_point(2.0, 1.0, 0.0) == theory.box_point(2.0, 0.0) == 2.0
    assert theory.map_point(3.0, 2.0, 1.0) == pytest.approx(2.0)


def definite(seed: int, d: int, spread: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(d, d)) * spread ** rng.uniform(-1, 1, size=d)
    H = root @ root.T + 1e-3 * np.eye(d)
    return (H + H.T) / 2, rng.normal(size=d) * 3


@settings(deadline=None, max_examples=80)
@given(st.integers(0, 10**6), st.integers(1, 7), st.floats(1.0, 10.0), st.floats(0.05, 5.0))
def test_the_minimum_in_the_box_meets_its_conditions(seed: int, d: int, spread: float, lam: float) -> None:
    H, a = definite(seed, d, spread)
    w = np.array(theory.box_minimizer(H.tolist(), a.tolist(), lam))
    slope, scale = H @ (w - a), np.abs(H) @ (np.abs(w) + np.abs(a))
    side = 1 / lam
    assert (np.abs(w) <= side).all()
    held = np.abs(w) == side
    assert (np.abs(slope[~held]) <= 1e-9 * scale[~held]).all()
    assert (slope[held] * np.sign(w[held]) <= 1e-9 * scale[held]).all()


@pytest.mark.parametrize("center", [(3.0, 0.5), (0.5, 0.2), (-4.0, 3.0), (2.0, -0.1)])
def test_the_engine_ends_there(center: tuple[float, float]) -> None:
    matrix = [[2.0, 1.5], [1.5, 2.0]]
    place = {"kind": "quadratic", "matrix": matrix, "center": list(center)}
    values = {"lr": 2e-3, "weight_decay": 1.0, "betas": (0.9, 0.99), "eps": 1e-8}
    w = simulate_batch("adamw", place, [0.0, 0.0], 40_000, hyperparameters=values, schedules={"kind": "cosine"}).final_w
    assert theory.box_minimizer(matrix, center, 1.0) == pytest.approx(tuple(w[:, 0]), abs=1e-3)


def test_a_box_that_is_not_there_or_does_not_matter() -> None:
    matrix = [[2.0, 1.5], [1.5, 2.0]]
    assert theory.box_minimizer(matrix, [3.0, 0.5], 0.0) == (3.0, 0.5)
    assert theory.box_minimizer(matrix, [3.0, 0.5], 0.1) == (3.0, 0.5)
    assert theory.box_minimizer([[4.0]], [-3.0], 0.5) == (-2.0,)


def test_bad_arguments_are_refused() -> None:
    one = [[1.0, 0.0], [0.0, 1.0]]
    for call in (
        lambda: theory.map_point(1.0, 0.0, 0.1),
        lambda: theory.map_point(math.nan, 1.0, 0.1),
        lambda: theory.map_point(1.0, 1.0, -0.1),
        lambda: theory.box_point(5.0, -0.1),
        lambda: theory.box_point(math.nan, 0.1),
        lambda: theory.box_point_with_eps(1.0, 1.0, 0.1, -1.0),
        lambda: theory.box_point_with_eps(1.0, -1.0, 0.1, 1.0),
        lambda: theory.box_minimizer(one, [1.0], 1.0),
        lambda: theory.box_minimizer([], [], 1.0),
        lambda: theory.box_minimizer([[1.0, 0.5], [0.4, 1.0]], [1.0, 1.0], 1.0),
        lambda: theory.box_minimizer([[1.0, 2.0], [2.0, 1.0]], [1.0, 1.0], 1.0),
        lambda: theory.box_minimizer(one, [1.0, math.inf], 1.0),
        lambda: theory.box_minimizer(one, [1.0, 1.0], -1.0),
    ):
        with pytest.raises(UsageError):
            call()
