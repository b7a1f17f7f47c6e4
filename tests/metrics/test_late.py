"""late_rms and late_max: how far weights stray in the last part of a run."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adamw_cli import load_text, simulate
from adamw_cli.metrics._watch import lane_of_facts
from tests.batches import batch, plain_run
from tests.metrics.paths import batches, chunks, few, many, measured, paths, told
from tests.metrics.test_through_the_engine import values_of

NAN = math.nan
NAMES = ("late_rms", "late_max")


def late(name: str, path: list[float], chunk: int | None = None, minimizer: float | None = None, **parameters: Any) -> float:  # fmt: skip
    w = np.array(path)[:, None, None]
    best = None if minimizer is None else np.array([[minimizer]])
    facts = told(start=w[0], minimizer=best, steps=len(path) - 1)
    return float(measured(name, facts, w[1:], chunk=chunk, **parameters).item())


def distances(path: list[float], level: float, part: float) -> list[float]:
    steps = len(path) - 1
    exact = part * steps
    count = max(1, int(exact) + (exact - int(exact) >= 0.5))
    return [abs(w - level) for w in path[len(path) - count :]]


def rms(values: list[float]) -> float:
    largest = max(values)
    if largest == 0:
        return 0.0
    return largest * math.sqrt(math.fsum((v / largest) ** 2 for v in values) / len(values))


BY_HAND: list[tuple[list[float], float | None, dict[str, Any], float, float]] = [
    # path, minimiser, parameters, rms, largest
    ([9.0, 9.0, 9.0, 3.0, -4.0], None, {}, math.sqrt(12.5), 4.0),
    ([9.0, 9.0, 9.0, 3.0, -4.0], None, {"part": 0.25}, 4.0, 4.0),
    ([9.0, 9.0, 9.0, 3.0, -4.0], None, {"part": 1e-9}, 4.0, 4.0),  # one at least
    ([9.0, 5.0, 5.0, -1.0, 7.0], None, {"part": 1.0}, 5.0, 7.0),  # not the start
    ([9.0, 9.0, 3.0, -4.0], None, {}, math.sqrt(12.5), 4.0),  # 1.5 of 3 steps are two
    ([9.0, 9.0, 3.0, -4.0], None, {"part": 0.49}, 4.0, 4.0),
    ([9.0, 4.0, 4.0, -1.0], 1.0, {}, math.sqrt(6.5), 3.0),
    ([9.0, 4.0, 4.0, -1.0], 1.0, {"level": 0.0, "part": 0.25}, 1.0, 1.0),  # what is given wins
    ([9.0, 1.0, 2.0], 2.0, {}, 0.0, 0.0),
    ([9.0, 0.0, 3e200, -4e200], None, {}, math.sqrt(12.5) * 1e200, 4e200),  # the squares overflow
    ([9.0, 0.0, 3e-200, -4e-200], None, {}, math.sqrt(12.5) * 1e-200, 4e-200),  # and underflow
    ([9.0, 0.0, 1.7e308, 1.7e308], None, {}, 1.7e308, 1.7e308),  # no double holds their sum
    ([9.0, 1.7e308], None, {"level": -1.7e308}, NAN, NAN),
    ([9.0, 1.0, 2.0, NAN], None, {}, NAN, NAN),
]


@pytest.mark.parametrize("chunk", [None, 1, 2, 3])
@pytest.mark.parametrize(("path", "minimizer", "parameters", "expected_rms", "expected_max"), BY_HAND)
def test_by_hand(
    path: list[float], minimizer: float | None, parameters: dict[str, Any], expected_rms: float, expected_max: float, chunk: int | None
) -> None:  # fmt: skip
    for name, expected in (("late_rms", expected_rms), ("late_max", expected_max)):
        found = late(name, path, chunk, minimizer, **parameters)
        assert found == pytest.approx(expected, rel=1e-15, abs=0, nan_ok=True)


@many
@given(paths(), chunks, st.sampled_from([0.0, 1.0, -2.5]), st.sampled_from([0.5, 1.0, 0.1, 0.29, 1e-3]))
@example([1.0] * 101, 7, 0.0, 0.29)  # 0.29 * 100 is less than 29
def test_against_the_definition(path: list[float], chunk: int | None, level: float, part: float) -> None:
    away = distances(path, level, part)
    whole = all(math.isfinite(v) for v in away) and not math.isnan(path[-1])
    found = {name: late(name, path, chunk, level=level, part=part) for name in NAMES}
    assert found["late_max"] == pytest.approx(max(away) if whole else NAN, abs=0, nan_ok=True)
    assert found["late_rms"] == pytest.approx(rms(away) if whole else NAN, rel=1e-13, abs=1e-321, nan_ok=True)


@few
@given(batches(), st.sampled_from([1, 7]))
def test_neither_chunks_nor_other_lanes_change_a_bit(w: Any, chunk: int) -> None:
    facts = told(start=w[0], steps=len(w) - 1)
    for name in NAMES:
        together = measured(name, facts, w[1:], part=0.7)
        np.testing.assert_array_equal(measured(name, facts, w[1:], chunk=chunk, part=0.7), together)
        for lane in range(w.shape[2]):
            alone = measured(name, lane_of_facts(facts, lane), w[1:, :, lane : lane + 1], part=0.7)
            np.testing.assert_array_equal(alone[:, 0], together[:, lane])


@pytest.mark.parametrize("name", NAMES)
def test_long_runs_in_any_chunks(name: str) -> None:
    w = np.random.default_rng(3).normal(size=(3001, 2, 3))
    w[2000:, :, 2] = np.nan
    facts = told(start=w[0], steps=3000)
    tail = w[-1000:] - np.array([[0.5], [-1.0]])
    expected = np.abs(tail).max(axis=0) if name == "late_max" else np.sqrt((tail**2).mean(axis=0))
    found = [measured(name, facts, w[1:], chunk=c, level=(0.5, -1.0), part=1 / 3) for c in (None, 1000, 999, 64)]
    np.testing.assert_allclose(found[0], expected, rtol=1e-13)
    for other in found[1:]:
        np.testing.assert_array_equal(other, found[0])


@pytest.mark.parametrize(("beta2", "peak"), [(0.999, 10.5), (0.99, 6.7), (0.95, 1.5)])
def test_the_bursts_of_adam_with_l2_are_as_in_the_catalogue(beta2: float, peak: float) -> None:
    b = batch("adam_l2", "plateau", {}, [[1e-3]], lr=1e-3, weight_decay=0.1, betas=(0.9, beta2), eps=0.0)
    amplitude = 1e-3 * 0.1 / (2 * 1.9)
    steps = 1_000_000
    mean, largest = values_of(b, steps, NAMES, {"steps": steps})
    assert mean.item() / amplitude == pytest.approx(1.07, abs=0.02)
    assert largest.item() / amplitude == pytest.approx(peak, rel=0.1)


def test_a_run_is_measured_as_the_plain_loop_says() -> None:
    values = {"curvature": (0.5, 20.0), "center": (1.0, -1.0), "matrix": None, "rotation": None}
    b = batch("adamw", "quadratic", values, [[4.0, -0.5], [2.0, 3.0]], lr=0.05, weight_decay=0.1)
    away = plain_run(b, 301)[150:] - np.array([[1.0], [-1.0]])  # 150.5 steps are 151
    mean, largest = values_of(b, 301, NAMES, {"steps": 301, "minimizer": np.array([[1.0], [-1.0]])}, chunk=77)
    np.testing.assert_allclose(mean, np.sqrt((away**2).mean(axis=0)), rtol=1e-9)
    np.testing.assert_allclose(largest, np.abs(away).max(axis=0), rtol=1e-9)


def test_a_scenario_knows_its_number_of_steps() -> None:
    text = """
version: 1
landscape: {kind: plateau}
start: [1.0, -2.0]
steps: 10
optimizers:
  adamw: {lr: 0.5, weight_decay: 1.0}
expect:
  - {metric: late_max, part: 0.3, near: [0.00390625, 0.0078125]}
  - {metric: late_rms, part: 0.1, near: [0.0009765625, 0.001953125]}
  - {metric: late_max, part: 0.1, level: [1.0, 0.0], near: [0.9990234375, 0.001953125]}
"""
    assert [verdict.outcome for verdict in simulate(load_text(text)).verdicts] == ["passed"] * 3
