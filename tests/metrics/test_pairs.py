"""Metrics of two runs: a run and its twin, a run and another one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adamw_cli import registry
from adamw_cli.trace import Array
from tests.metrics.paths import batches, chunks, ending_of, many, measured, told

NAN = math.nan


def contraction(path: list[float], twin: list[float], chunk: int | None = None) -> float:
    """twin_contraction of a single weight; the starts come first."""
    w, other = (np.array(p, dtype=float)[:, None, None] for p in (path, twin))
    facts = told(start=w[0], other_start=other[0])
    both = np.concatenate([w, other], axis=2)[1:]
    return float(measured("twin_contraction", facts, both, ending_of(w[0], w[1:]), chunk=chunk).item())


TWINS: list[tuple[list[float], list[float], float]] = [
    # path, twin, what a step multiplies the difference by
    ([1.0, 5.0, 3.0], [2.0, 5.5, 3.25], 0.5),  # the difference is 1, 1/2, 1/4
    ([2.0, 5.5, 3.25], [1.0, 5.0, 3.0], 0.5),
    ([1.0, 5.0], [2.0, 5.25], 0.25),
    ([1.0, 5.0, 3.0], [2.0, 4.5, 3.25], 0.5),  # it may change its sign
    ([0.0, 0.0, 0.0, 0.0], [1.0, 2.0, 4.0, 8.0], 2.0),  # or grow
    ([0.0, 0.0, 0.0], [1.0, 1.0, 1.0], 1.0),
    ([0.0, 0.0, 0.0, 0.0], [1.0, 0.5, 0.25, 0.1], 0.5),  # a tenth, and from then on too little
    ([0.0, 0.0, 0.0, 0.0], [1.0, 0.01, 0.25, 0.05], 0.5),  # the last step that is large enough
    ([0.0, 0.0, 0.0], [1.0, 0.01, 0.003], 0.01),  # none is: the first step
    ([0.0, 0.0, 0.0], [1.0, 0.0, 0.0], 0.0),  # nothing is left at once
    ([0.0, 0.0, 0.0, NAN], [1.0, 0.5, 0.25, 0.125], 0.5),  # before one of them diverged
    ([0.0, 0.0, 0.0, 0.0], [1.0, 3.0, 9.0, NAN], 3.0),
    ([0.0, 0.0, -1e308], [1.0, 3.0, 1e308], 3.0),  # a difference that no double holds
    ([0.0, NAN], [1.0, 0.5], NAN),
    ([0.0, 0.0], [1.0, NAN], NAN),
    ([1.0, 0.5], [1.0, 0.5], NAN),  # no difference to begin with
]


@pytest.mark.parametrize("chunk", [None, 1, 2])
@pytest.mark.parametrize(("path", "twin", "expected"), TWINS)
def test_twins_by_hand(path: list[float], twin: list[float], expected: float, chunk: int | None) -> None:
    assert contraction(path, twin, chunk) == pytest.approx(expected, rel=1e-15, abs=0, nan_ok=True)


@many
@given(
    st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0, 4.0, -0.5]) | st.floats(-2, 2), min_size=2, max_size=40),
    st.floats(0.01, 2),
    st.integers(1, 80),
    chunks,
)
def test_twins_against_the_definition(path: list[float], apart: float, diverged: int, chunk: int | None) -> None:
    twin = [w * 0.75 + apart if t < diverged else NAN for t, w in enumerate(path)]
    differences = [abs(a - b) for a, b in zip(path, twin, strict=True)]
    large = [t for t, size in enumerate(differences) if t and size > 0.1 * differences[0]]
    n = large[-1] if large else 1
    expected = (differences[n] / differences[0]) ** (1 / n) if differences[0] else NAN
    assert contraction(path, twin, chunk) == pytest.approx(expected, rel=1e-14, nan_ok=True)


def test_a_run_alone_has_no_contraction() -> None:
    w = np.array([[[1.0]], [[0.5]]])
    assert np.isnan(measured("twin_contraction", told(start=w[0]), w[1:])).all()


def test_twins_of_each_coordinate_and_lane() -> None:
    start, apart = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0.5, 1.0], [2.0, 0.25]])
    factor = np.array([[0.5, 2.0], [0.9, 0.05]])
    t = np.arange(6)[:, None, None]
    w = start + np.sin(t)
    both = np.concatenate([w, w + apart * factor**t], axis=2)
    for chunk in (None, 1, 4):
        found = measured("twin_contraction", told(start=start, other_start=start + apart), both[1:], chunk=chunk)
        np.testing.assert_allclose(found, factor, rtol=1e-12)


def gap(path: Array, other: Array, chunk: int | None = None) -> Array:
    """path_gap, for two arrays (1 + n, d, lanes)."""
    facts = told(start=path[0], other_start=other[0])
    both = np.concatenate([path, other], axis=2)[1:]
    found: Array = measured("path_gap", facts, both, ending_of(path[0], path[1:]), chunk=chunk, to="other")
    return found


def column(*weights: list[float]) -> Array:
    """A path of one lane: one list of weights for each step."""
    return np.array(weights)[:, :, None]


GAPS: list[tuple[Array, Array, float]] = [
    (column([3.0, 4.0], [1.0, 1.0], [0.0, 0.0]), column([3.0, 4.0], [4.0, 5.0], [1.0, 0.0]), 1.0),  # 5 of 5
    (column([3.0, 4.0], [1.0, 1.0], [0.0, 0.0]), column([3.0, 4.0], [1.0, 1.0], [0.0, -6.0]), 1.2),  # at the last step
    (column([2.0], [1.0], [0.5]), column([2.0], [1.0], [0.5]), 0.0),
    (column([-2.0], [1.0]), column([-2.0], [0.0]), 0.5),
    (column([1e-300, 0.0], [1e-300, 0.0]), column([1e-300, 0.0], [4e-300, 4e-300]), 5.0),
    (column([1e300, 0.0], [1e300, 0.0]), column([1e300, 0.0], [4e300, 4e300]), 5.0),
    (column([0.0, 0.0], [1.0, 1.0]), column([0.0, 0.0], [2.0, 2.0]), NAN),
    (column([1.0, 1.0], [NAN, NAN]), column([1.0, 1.0], [2.0, 2.0]), NAN),
    (column([1.0, 1.0], [2.0, 2.0], [1.0, 1.0]), column([1.0, 1.0], [9.0, 2.0], [NAN, NAN]), NAN),
    (column([1.0], [-1e308]), column([1.0], [1e308]), NAN),
]


@pytest.mark.parametrize("chunk", [None, 1])
@pytest.mark.parametrize(("path", "other", "expected"), GAPS)
def test_gaps_by_hand(path: Array, other: Array, expected: float, chunk: int | None) -> None:
    assert gap(path, other, chunk).item() == pytest.approx(expected, rel=1e-14, abs=0, nan_ok=True)


def test_a_run_alone_has_no_gap() -> None:
    w = np.array([[[1.0]], [[0.5]]])
    assert np.isnan(measured("path_gap", told(start=w[0]), w[1:], to="other")).all()
    assert not registry.load("metrics", "path_gap").SPEC.shown


@many
@given(batches(), chunks, st.integers(0, 99))
def test_gaps_against_the_definition(w: Array, chunk: int | None, seed: int) -> None:
    w = np.where(np.abs(w) > 1e100, 1.0, w)
    w[0] = np.where(np.abs(w[0]) < 1e-100, 0.0, w[0])
    other = w + np.random.default_rng(seed).normal(size=w.shape)
    found = gap(w, other, chunk)
    for lane in range(w.shape[2]):
        size = math.hypot(*w[0, :, lane])
        distances = [math.hypot(*(w[t, :, lane] - other[t, :, lane])) for t in range(1, len(w))]
        defined = size > 0 and not any(map(math.isnan, distances))
        assert found[lane] == pytest.approx(max(distances) / size if defined else NAN, rel=1e-13, nan_ok=True)
