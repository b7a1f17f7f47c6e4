"""Metrics of single steps: the first, the last, one by its number, and the one on which a sign changes."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.batches import batch, plain_run
from tests.metrics.paths import chunks, many, measured, one, paths, told
from tests.metrics.test_through_the_engine import values_of

NAN = math.nan


def held(value: float) -> float:
    return value if math.isfinite(value) else NAN


def step_size(path: list[float], step: int | None) -> float:
    t = len(path) - 1 if step is None else step
    return held(abs(path[t] - path[t - 1])) if t < len(path) else NAN


def sign_change(path: list[float]) -> float:
    for t, w in enumerate(path):
        if (path[0] > 0 and w < 0) or (path[0] < 0 and w > 0):
            return t
    return NAN


def log_shrink(path: list[float]) -> float:
    if math.isnan(path[-1]) or not path[-1] or not path[0]:
        return NAN
    with localcontext() as context:
        context.prec = 60
        return float(abs(Decimal(path[-1]) / Decimal(path[0])).ln())


def decay_rate(path: list[float]) -> float:
    before, last = abs(path[-2]), abs(path[-1])
    return held((before - last) / before) if before else NAN


def approach_rate(path: list[float]) -> float:
    found = NAN
    moves = [b - a for a, b in pairwise(path)]
    largest = 0.0
    for t, move in enumerate(moves):
        largest = max(largest, abs(move)) if not math.isnan(move) else largest
        if t > 0 and min(abs(moves[t - 1]), abs(move)) > 1e-6 * largest:
            found = (moves[t - 1] - move) / moves[t - 1]
    return NAN if math.isnan(path[-1]) else held(found)


def same(found: float, expected: float, rel: float = 0.0) -> bool:
    return found == pytest.approx(expected, rel=rel, abs=0, nan_ok=True)


@many
@given(paths(), chunks, st.integers(0, 45) | st.none())
def test_steps_against_the_definition(path: list[float], chunk: int | None, step: int | None) -> None:
    assert same(one("first_step", path, chunk=chunk), step_size(path, 1))
    assert same(one("step_size", path, chunk=chunk, step=step or None), step_size(path, step or None))
    at = len(path) - 1 if step is None else step
    assert same(one("weight", path, chunk=chunk, step=step), path[at] if at < len(path) else NAN)
    half = held(abs(path[-1] / 2 - path[-2] / 2))
    assert same(one("two_cycle_amplitude", path, chunk=chunk), half)


@many
@given(paths(), chunks)
@example([1.0, 0.0, -0.0, -5e-324], None)
@example([2.0, 1.0, -1.0, 1.0, -1.0], 2)
def test_rates_and_sign_changes_against_the_definition(path: list[float], chunk: int | None) -> None:
    assert same(one("first_sign_change", path, chunk=chunk), sign_change(path))
    assert same(one("log_shrink", path, chunk=chunk), log_shrink(path), rel=1e-15)
    assert same(one("decay_rate", path, chunk=chunk), decay_rate(path))


@many
@given(paths(), chunks)
@example([0.0, 1.0, 1.5, 1.75, 1.75 + 1e-9, 1.75 - 1e-9], None)
@example([0.0, 1e-9, 3e-9, 1.0, 1.0 + 1e-9], 2)  # what counted before a large move counts after it
def test_approach_rates_against_the_definition(path: list[float], chunk: int | None) -> None:
    assert same(one("approach_rate", path, chunk=chunk), approach_rate(path))


STEPS: list[tuple[str, list[float], dict[str, Any], float]] = [
    ("first_step", [4.0, 2.5, 0.0], {}, 1.5),
    ("first_step", [4.0, 5.5], {}, 1.5),
    ("first_step", [0.0, 0.0], {}, 0.0),
    ("first_step", [4.0, 3.0, NAN], {}, 1.0),  # before it diverged
    ("first_step", [4.0, NAN, NAN], {}, NAN),
    ("first_step", [1.7e308, -1.7e308], {}, NAN),
    ("step_size", [4.0, 2.5, 3.0, 1.0], {}, 2.0),
    ("step_size", [4.0, 2.5, 3.0, 1.0], {"step": 2}, 0.5),
    ("step_size", [4.0, 2.5, 3.0, 1.0], {"step": 1}, 1.5),
    ("step_size", [4.0, 2.5, 3.0, 1.0], {"step": 4}, NAN),
    ("step_size", [4.0, 2.5, NAN], {}, NAN),
    ("step_size", [4.0, 2.5, NAN], {"step": 1}, 1.5),
    ("weight", [4.0, 2.5, -3.0], {}, -3.0),
    ("weight", [4.0, 2.5, -3.0], {"step": 0}, 4.0),
    ("weight", [4.0, 2.5, -3.0], {"step": 1}, 2.5),
    ("weight", [4.0, 2.5, -3.0], {"step": 3}, NAN),
    ("weight", [4.0, 2.5, NAN], {}, NAN),
    ("weight", [4.0, 2.5, NAN], {"step": 1}, 2.5),
    ("two_cycle_amplitude", [9.0, 1.0, -2.0], {}, 1.5),
    ("two_cycle_amplitude", [9.0, 1.6e308, -1.6e308], {}, 1.6e308),
    ("two_cycle_amplitude", [9.0, 1.0, NAN], {}, NAN),
    ("first_sign_change", [-1.0, -2.0, 0.0, -1.0, 0.5, 1.0], {}, 4),
    ("first_sign_change", [1.0, -0.5], {}, 1),
    ("first_sign_change", [1.0, 0.5, 0.0], {}, NAN),
    ("first_sign_change", [1.0, -0.0, -5e-324], {}, 2),
    ("first_sign_change", [0.0, 1.0, -1.0], {}, NAN),
    ("first_sign_change", [1.0, -2.0, NAN], {}, 1),
    ("first_sign_change", [1.0, NAN, NAN], {}, NAN),
    ("log_shrink", [-8.0, 3.0, 4.0], {}, -math.log(2)),
    ("log_shrink", [2.0, 6.0], {}, math.log(3)),
    ("log_shrink", [1.0, 1.0 - 2.0**-50], {}, -(2.0**-50)),
    ("log_shrink", [1e300, 1e-300], {}, -600 * math.log(10)),
    ("log_shrink", [1e-300, 1e300], {}, 600 * math.log(10)),
    ("log_shrink", [1.0, 5e-324], {}, -1074 * math.log(2)),
    ("log_shrink", [1.0, 1.0], {}, 0.0),
    ("log_shrink", [1.0, 0.0], {}, NAN),
    ("log_shrink", [0.0, 1.0], {}, NAN),
    ("log_shrink", [1.0, NAN], {}, NAN),
    ("decay_rate", [9.0, 4.0, 3.0], {}, 0.25),
    ("decay_rate", [9.0, -4.0, 3.0], {}, 0.25),  # of the size
    ("decay_rate", [9.0, 4.0, 5.0], {}, -0.25),
    ("decay_rate", [9.0, 4.0, 0.0], {}, 1.0),
    ("decay_rate", [9.0, 0.0, 0.0], {}, NAN),
    ("decay_rate", [9.0, 4.0, NAN], {}, NAN),
    ("approach_rate", [5.0, 9.0, 8.0, 7.25], {}, 0.25),
    ("approach_rate", [5.0, 1.0, 2.0, 3.0], {}, 0.0),
    ("approach_rate", [0.0, 1.0, -1.0], {}, 3.0),  # to and fro, and growing
    ("approach_rate", [0.0, 8.0, 10.0, 10.0], {}, 0.75),  # at rest: the moves before
    ("approach_rate", [0.0, 8.0, 10.0, 10.0 + 1e-7, 10.0 - 1e-7], {}, 0.75),  # rounding, beside a move of 8
    ("approach_rate", [0.0, 8e-3, 1e-2, 1e-2 + 1e-7, 1e-2 - 1e-7], {}, 3.0),  # the same, no longer so small
    ("approach_rate", [0.0, 1.0], {}, NAN),
    ("approach_rate", [1.0, 1.0, 1.0], {}, NAN),
    ("approach_rate", [1.0, 1.0, 2.0], {}, NAN),
    ("approach_rate", [0.0, 1.0, 1.5, NAN], {}, NAN),
]


@pytest.mark.parametrize("chunk", [None, 1, 2])
@pytest.mark.parametrize(("name", "path", "parameters", "expected"), STEPS)
def test_by_hand(name: str, path: list[float], parameters: dict[str, Any], expected: float, chunk: int | None) -> None:
    # A logarithm is as exact as its own last digit, and 1e-2 + 1e-7 is rounded.
    assert same(one(name, path, chunk=chunk, **parameters), expected, rel=1e-8 if name == "approach_rate" else 1e-15)


@pytest.mark.parametrize("chunk", [None, 1000, 7])
def test_coordinates_and_lanes_keep_apart_over_many_chunks(chunk: int | None) -> None:
    t = np.arange(3001)[:, None, None]
    goal, rate = np.array([[1.0, -2.0], [0.0, 5.0]]), np.array([[0.5, 1e-3], [0.03, 1.7]])
    w = goal + 3.0 * (1 - rate) ** t
    found = measured("approach_rate", told(start=w[0]), w[1:], chunk=chunk)
    np.testing.assert_allclose(found, rate, rtol=1e-8)
    np.testing.assert_array_equal(measured("first_sign_change", told(start=w[0]), w[1:], chunk=chunk), [[np.nan, 406], [np.nan, np.nan]])  # fmt: skip
    np.testing.assert_array_equal(measured("weight", told(start=w[0]), w[1:], chunk=chunk, step=2000), w[2000])


RADIAL: list[tuple[list[float], list[float], float]] = [
    ([3.0, 4.0], [1.5, 2.0], 1.0),
    ([3.0, 4.0], [6.0, 8.0], -1.0),
    ([3.0, 4.0], [2.0, 3.0], 7 / (5 * math.sqrt(2))),  # both by the same, as under a sign
    ([3.0, 4.0], [7.0, 1.0], 0.0),
    ([-2.0], [5.0], 1.0),
    ([0.0, 2.0], [0.0, 1.0], 1.0),
    ([3e300, 4e300], [1.5e300, 2e300], 1.0),
    ([3e-300, 4e-300], [1.5e-300, 2e-300], 1.0),
    ([3.0, 4.0], [3.0, 4.0], NAN),
    ([0.0, 0.0], [1.0, 1.0], NAN),
    ([3.0, 4.0], [NAN, NAN], NAN),
]


@pytest.mark.parametrize("chunk", [None, 1])
@pytest.mark.parametrize(("start", "first", "expected"), RADIAL)
def test_radiality_by_hand(start: list[float], first: list[float], expected: float, chunk: int | None) -> None:
    w = np.array([start, first, [7.0] * len(start)])[:, :, None]  # what comes later does not matter
    assert measured("radiality", told(start=w[0]), w[1:], chunk=chunk).item() == pytest.approx(
        expected, rel=1e-15, abs=1e-15, nan_ok=True
    )


def test_the_first_step_of_adam_with_l2_is_of_one_size_for_all_weights() -> None:
    start = [[1.0], [10.0], [100.0]]
    b = batch("adam_l2", "plateau", {}, start, lr=1e-3, weight_decay=0.01)
    first, radiality = values_of(b, 5, ("first_step", "radiality"))
    for w, step in zip((1.0, 10.0, 100.0), first[:, 0], strict=True):
        assert step == pytest.approx(1e-3 * 0.01 * w / (0.01 * w + 1e-8), rel=1e-10)
    assert radiality.item() == pytest.approx(0.637647, abs=5e-7)
    b = batch("adam_l2", "plateau", {}, [[0.1], [1e-5]], lr=1e-3, weight_decay=0.01)
    (first,) = values_of(b, 1, ("first_step",))
    assert first.ravel().tolist() == [pytest.approx(9.9999e-4, abs=5e-9), pytest.approx(9.09e-4, abs=5e-7)]


def test_a_step_of_decoupled_decay_is_a_part_of_the_weight() -> None:
    b = batch("adamw", "plateau", {}, [[1.0], [10.0], [100.0]], lr=0.1, weight_decay=0.1)
    names = ("first_step", "radiality", "decay_rate", "approach_rate", "log_shrink", "step_size", "weight")
    first, radiality, rate, approach, log, step, weight = values_of(b, 500, names)
    np.testing.assert_allclose(first[:, 0], [0.01, 0.1, 1.0], rtol=1e-12)
    assert radiality.item() == pytest.approx(1.0, rel=1e-15)
    np.testing.assert_allclose(rate, 0.01, rtol=1e-12)
    np.testing.assert_allclose(approach, 0.01, rtol=1e-8)
    np.testing.assert_allclose(log, 500 * math.log(0.99), rtol=1e-12)
    np.testing.assert_allclose(step[:, 0], 0.01 * 0.99**499 * np.array([1, 10, 100]), rtol=1e-11)
    np.testing.assert_allclose(weight[:, 0], 0.99**500 * np.array([1, 10, 100]), rtol=1e-11)


def test_a_constant_gradient_is_approached_at_the_rate_of_decay() -> None:
    b = batch("adamw", "slope", {"gradient": (1.0, -3.0)}, [[0.5], [-4.0]], lr=0.1, weight_decay=0.2, eps=0.0)
    for steps in (40, 4000):  # on the way, and long at rest
        (found,) = values_of(b, steps, ("approach_rate",))
        np.testing.assert_allclose(found, 0.02, rtol=1e-6)


def test_the_sign_changes_as_late_as_the_catalogue_says() -> None:
    b = batch("adam_l2", "plateau", {}, [[1.0], [-1.0]], lr=1e-3, weight_decay=0.01, eps=0.0)
    (found,) = values_of(b, 6500, ("first_sign_change",))
    assert found.ravel().tolist() == [6217, 6217]


def test_a_cycle_of_two_has_the_amplitude_of_the_catalogue() -> None:
    for beta1, within in ((0.0, 5e-6), (0.1, 1e-8)):
        b = batch("adam_l2", "plateau", {}, [[0.05]], lr=1e-3, weight_decay=0.5, betas=(beta1, 0.9), eps=0.0)
        (found,) = values_of(b, 4000, ("two_cycle_amplitude",))
        assert found.item() == pytest.approx(1e-3 * (1 - beta1) / (2 * (1 + beta1)), rel=within)


def test_steps_of_a_run_are_those_of_the_plain_loop() -> None:
    values = {"curvature": (0.5, 20.0), "center": (1.0, -1.0), "matrix": None, "rotation": None}
    b = batch("adamw", "quadratic", values, [[4.0, -0.5], [2.0, 3.0]], lr=0.05, weight_decay=0.1)
    w = np.concatenate([b.start[None], plain_run(b, 60)])
    names = ("first_step", "step_size", "weight", "two_cycle_amplitude", "first_sign_change", "log_shrink")
    found = dict(zip(names, values_of(b, 60, names, chunk=13), strict=True))
    for i, lane in np.ndindex(2, 2):
        path = w[:, i, lane].tolist()
        at = {name: found[name][i, lane] for name in names}
        assert at["first_step"] == pytest.approx(abs(path[1] - path[0]), rel=1e-9)
        assert at["step_size"] == pytest.approx(abs(path[-1] - path[-2]), rel=1e-9)
        assert at["weight"] == pytest.approx(path[-1], rel=1e-12)
        assert at["two_cycle_amplitude"] == pytest.approx(abs(path[-1] - path[-2]) / 2, rel=1e-9)
        assert same(at["first_sign_change"], sign_change(path))
        assert at["log_shrink"] == pytest.approx(log_shrink(path), rel=1e-9)
