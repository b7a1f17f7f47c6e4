from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given

from adamw_cli.trace import Array
from tests.metrics.paths import batches, chunks, many, measured, one, paths, told

NAMES = ("maximum", "maximum_step", "minimum", "minimum_step")
NAN = math.nan


def extremes(path: list[float]) -> tuple[float, int, float, int]:
    highest, highest_step, lowest, lowest_step = path[0], 0, path[0], 0
    for t, w in enumerate(path):
        if w > highest:
            highest, highest_step = w, t
        if w < lowest:
            lowest, lowest_step = w, t
    return highest, highest_step, lowest, lowest_step


BY_HAND = [
    ([1.0, 3.0, 3.0, -2.0, 0.0, -2.0], (3.0, 1, -2.0, 3)),  # the earliest of a tie
    ([5.0, 4.0, 5.0], (5.0, 0, 4.0, 1)),  # the start is step 0
    ([-1.0, -3.0, -2.0], (-1.0, 0, -3.0, 1)),
    ([2.0, 2.0], (2.0, 0, 2.0, 0)),
    ([0.0, -0.0], (0.0, 0, 0.0, 0)),  # one zero, not two
    ([1.0, 2.0, 7.0, NAN, NAN], (7.0, 2, 1.0, 0)),
    ([1.0, NAN, NAN], (1.0, 0, 1.0, 0)),
    ([1e300, -1e300, 1.7e308], (1.7e308, 2, -1e300, 1)),
]


@pytest.mark.parametrize("chunk", [None, 1, 2])
@pytest.mark.parametrize(("path", "expected"), BY_HAND)
def test_by_hand(path: list[float], expected: tuple[float, ...], chunk: int | None) -> None:
    assert tuple(one(name, path, chunk=chunk) for name in NAMES) == expected


def test_zero_has_no_sign() -> None:
    assert math.copysign(1, one("maximum", [-1.0, -0.0])) == 1.0
    assert math.copysign(1, one("minimum", [1.0, -0.0])) == 1.0


@many
@given(paths(), chunks)
def test_against_the_definition(path: list[float], chunk: int | None) -> None:
    assert tuple(one(name, path, chunk=chunk) for name in NAMES) == extremes(path)


@many
@given(batches(), chunks)
def test_coordinates_and_lanes_apart(w: Array, chunk: int | None) -> None:
    found = [measured(name, told(start=w[0]), w[1:], chunk=chunk) for name in NAMES]
    for i, lane in np.ndindex(w[0].shape):
        assert tuple(r[i, lane] for r in found) == extremes(w[:, i, lane].tolist())


@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (3, 5), (2, 700)])
@pytest.mark.parametrize("steps", [1, 255, 256, 1000, 1025])
def test_long_chunks_whatever_their_shape_in_memory(shape: tuple[int, int], steps: int) -> None:
    rng = np.random.default_rng(steps)
    rows = rng.integers(-40, 40, size=(steps + 1, 3, *shape)).astype(float)
    rows[steps // 2 :, :, 0, -1] = np.nan
    rows[0] = 0.0
    for w in (rows[:, 0], np.ascontiguousarray(rows[:, 0])):
        peaks = [np.nanmax(w, axis=0), np.nanmin(w, axis=0)]
        found = {name: measured(name, told(start=w[0]), w[1:]) for name in NAMES}
        np.testing.assert_array_equal(found["maximum"], peaks[0])
        np.testing.assert_array_equal(found["minimum"], peaks[1])
        np.testing.assert_array_equal(found["maximum_step"], (w == peaks[0]).argmax(axis=0))
        np.testing.assert_array_equal(found["minimum_step"], (w == peaks[1]).argmax(axis=0))
