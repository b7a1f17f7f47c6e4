from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.metrics.paths import chunks, many, measured, one, paths, told, weights

NAN = math.nan


def overshoot(path: list[float], level: float) -> float:
    furthest = NAN
    for w in path[1:]:
        if not math.isnan(w):
            beyond = w - level if path[0] < level else level - w
            furthest = max(0.0, beyond, 0.0 if math.isnan(furthest) else furthest)
    return NAN if path[0] == level or math.isinf(furthest) else furthest


def overshoot_after(path: list[float], turn: int, push: float) -> float:
    after = [w for w in path[turn + 1 :] if not math.isnan(w)]
    if not after or push == 0:
        return NAN
    furthest = max(0.0, *((w - path[turn]) * push for w in after))
    return NAN if math.isinf(furthest) else furthest


def settled(path: list[float], target: float, within: float) -> float:
    allowed = within * abs(path[0] - target)
    if path[0] == target:
        return NAN
    for t in range(len(path)):
        if all(abs(w - target) <= allowed for w in path[t:]):
            return t
    return NAN


OVERSHOOT: list[tuple[list[float], dict[str, Any], dict[str, Any], float]] = [
    # path, facts, parameters, overshoot
    ([4.0, 1.0, -0.5, -2.0, 1.0], {}, {}, 2.0),  # beyond 0, for want of a minimiser
    ([-4.0, 1.0, -0.5, 3.0, 1.0], {}, {}, 3.0),
    ([4.0, 1.0, 0.0], {}, {}, 0.0),
    ([4.0, 5.0, 9.0], {}, {}, 0.0),  # away from the level is not beyond it
    ([4.0, 1.0, -0.5], {"minimizer": 1.5}, {}, 2.0),
    ([4.0, 1.0, -0.5], {"minimizer": 5.0}, {}, 0.0),
    ([4.0, 1.0, 7.0], {"minimizer": 5.0}, {}, 2.0),
    ([4.0, 1.0, -0.5], {"minimizer": 1.5}, {"level": 0.25}, 0.75),  # what is given wins
    ([0.0, 1.0, -1.0], {}, {}, NAN),
    ([4.0, 5.0, 3.0], {}, {"level": 4.0}, NAN),
    ([4.0, -1.0, NAN, NAN], {}, {}, 1.0),
    ([4.0, NAN], {}, {}, NAN),  # no step to look at
    # after a turn: from the weight there, in the direction of the old push
    ([0.0, 1.0, 2.0, 2.5, 2.75, 1.0], {"turn_step": 2, "turn_direction": 1}, {}, 0.75),
    ([0.0, -1.0, -2.0, -2.5, -2.75, 9.0], {"turn_step": 2, "turn_direction": -1}, {}, 0.75),
    ([0.0, 1.0, 2.0, 1.5, 1.0], {"turn_step": 2, "turn_direction": 1}, {}, 0.0),  # turns at once
    ([0.0, 5.0, 2.0, 2.5], {"turn_step": 2, "turn_direction": 1}, {}, 0.5),  # what came before does not count
    ([3.0, 3.5, 2.0], {"turn_step": 0, "turn_direction": 1}, {}, 0.5),  # from the start
    ([3.0, 3.5, 2.0], {"turn_step": 0, "turn_direction": -1}, {}, 1.0),
    ([0.0, 1.0, 2.0], {"turn_step": 2, "turn_direction": 1}, {}, NAN),  # ends at the turn
    ([0.0, 1.0], {"turn_step": 2, "turn_direction": 1}, {}, NAN),  # and before it
    ([0.0, 1.0, 2.0, 9.0], {"turn_step": 2, "turn_direction": 0}, {}, NAN),  # nothing pushed
    ([0.0, 1.0, 2.0, 9.0, NAN], {"turn_step": 2, "turn_direction": 1}, {}, 7.0),
    ([0.0, 1.0, 2.0, NAN, NAN], {"turn_step": 2, "turn_direction": 1}, {}, NAN),
    ([0.0, NAN, NAN, NAN, NAN], {"turn_step": 2, "turn_direction": 1}, {}, NAN),
    ([4.0, 1.0, -2.0, -3.0], {"turn_step": 2, "turn_direction": -1}, {"level": 0.5}, 3.5),  # from the level given
    ([4.0, 1.0, -2.0], {"turn_step": 1}, {}, 2.0),  # no direction: as without a turn
]


@pytest.mark.parametrize("chunk", [None, 1, 2])
@pytest.mark.parametrize(("path", "facts", "parameters", "expected"), OVERSHOOT)
def test_overshoot_by_hand(
    path: list[float], facts: dict[str, Any], parameters: dict[str, Any], expected: float, chunk: int | None
) -> None:
    found = one("overshoot", path, chunk=chunk, facts=facts, **parameters)
    assert found == pytest.approx(expected, rel=1e-15, abs=0, nan_ok=True)
    assert math.copysign(1, found) == 1.0 or math.isnan(found)


@many
@given(paths(), chunks, weights | st.none(), weights | st.none())
def test_overshoot_against_the_definition(
    path: list[float], chunk: int | None, level: float | None, minimizer: float | None
) -> None:
    facts = {} if minimizer is None else {"minimizer": minimizer}
    expected = overshoot(path, level if level is not None else minimizer or 0.0)
    found = one("overshoot", path, chunk=chunk, facts=facts, level=level)
    assert found == pytest.approx(expected, rel=0, abs=0, nan_ok=True)


@many
@given(paths(), chunks, st.integers(0, 45), st.sampled_from([-1.0, 0.0, 1.0]))
def test_overshoot_after_a_turn_against_the_definition(
    path: list[float], chunk: int | None, turn: int, push: float
) -> None:
    found = one("overshoot", path, chunk=chunk, facts={"turn_step": turn, "turn_direction": push})
    assert found == pytest.approx(overshoot_after(path, turn, push), rel=0, abs=0, nan_ok=True)


SETTLING: list[tuple[list[float], dict[str, Any], dict[str, Any], float]] = [
    # path, facts, parameters, step
    ([1.0, 0.5, 0.1, 0.04, 0.01], {}, {}, 3),
    ([1.0, 0.5, 0.1, 0.05, -0.05], {}, {}, 3),  # the edge is inside
    ([1.0, 0.04, 0.01, 0.06, 0.02], {}, {}, 4),  # leaves and comes back
    ([1.0, 0.04, 0.01, 0.06], {}, {}, NAN),  # outside at the last step
    ([1.0, 0.04, -0.06], {}, {}, NAN),
    ([1.0, 0.5, 0.04], {}, {}, 2),
    ([0.0, 1.0, 0.0], {}, {}, NAN),  # starts on the target
    ([3.0, 2.5, 2.0, 2.125], {"minimizer": 2.0}, {"within": 0.25}, 2),
    ([3.0, 2.5, 2.0, 2.125], {"minimizer": 2.0}, {"within": 0.1}, NAN),
    ([3.0, 2.0, 2.5, 2.25], {"minimizer": 2.0}, {"target": 2.5, "within": 0.5}, 2),  # what is given wins
    ([3.0, 2.0, 2.0], {}, {"target": 3.0}, NAN),
    ([1.0, 0.5, -0.5], {}, {"within": 1.0}, 0),  # never outside, from the start on
    ([1.0, 1.5, -0.5], {}, {"within": 1.0}, 2),
    ([1.0, 0.01, NAN, NAN], {}, {}, NAN),
    ([1.0, NAN], {}, {"within": 2.0}, NAN),
]


@pytest.mark.parametrize("chunk", [None, 1, 2])
@pytest.mark.parametrize(("path", "facts", "parameters", "expected"), SETTLING)
def test_settling_by_hand(
    path: list[float], facts: dict[str, Any], parameters: dict[str, Any], expected: float, chunk: int | None
) -> None:
    found = one("settling_step", path, chunk=chunk, facts=facts, **parameters)
    assert found == pytest.approx(expected, abs=0, nan_ok=True)


@many
@given(
    paths(),
    chunks,
    st.sampled_from([0.0, 0.5, -1.0]) | st.none(),
    st.floats(-4, 4) | st.none(),
    st.sampled_from([0.05, 0.5, 1.0, 3.0, 1e-9]),
)
def test_settling_against_the_definition(
    path: list[float], chunk: int | None, target: float | None, minimizer: float | None, within: float
) -> None:
    facts = {} if minimizer is None else {"minimizer": minimizer}
    expected = settled(path, target if target is not None else minimizer or 0.0, within)
    found = one("settling_step", path, chunk=chunk, facts=facts, target=target, within=within)
    assert found == pytest.approx(expected, abs=0, nan_ok=True)


@pytest.mark.parametrize("chunk", [None, 100, 1000])
def test_settling_in_long_chunks(chunk: int | None) -> None:
    w = np.array([[1.0, -2.0], [3.0, 0.5]]) * 0.99 ** np.arange(3001)[:, None, None]
    w[1500, 0, 0] = 1.0  # one step outside, late
    w[1999, 1, 1] = -0.026
    found = measured("settling_step", told(start=w[0]), w[1:], chunk=chunk)
    np.testing.assert_array_equal(found, [[1501, 299], [299, 2000]])


def test_each_coordinate_has_its_level_and_each_lane_its_side() -> None:
    start = np.array([[1.0, -1.0], [0.0, 5.0]])
    w = np.array([[[2.5, -3.0], [4.0, 2.0]], [[2.0, 2.25], [3.0, 3.0]]])
    facts = told(start=start, minimizer=np.array([[2.0], [3.0]]))
    np.testing.assert_array_equal(measured("overshoot", facts, w), [[0.5, 0.25], [1.0, 1.0]])
    np.testing.assert_array_equal(measured("overshoot", facts, w, level=2.25), [[0.25, 0.0], [1.75, 0.25]])
    np.testing.assert_array_equal(measured("overshoot", facts, w, level=(1.0, 3.5)), [[np.nan, 1.25], [0.5, 1.5]])
    np.testing.assert_array_equal(measured("settling_step", facts, w), [[2, np.nan], [2, 2]])
    np.testing.assert_array_equal(measured("settling_step", facts, w, within=0.5), [[1, 2], [1, 1]])
    np.testing.assert_array_equal(measured("settling_step", facts, w, target=(2.0, 3.5), within=0.25), [[2, 2], [1, np.nan]])  # fmt: skip


def test_turns_are_followed_for_each_coordinate_and_lane() -> None:
    start = np.zeros((2, 2))
    w = np.array([[[1.0, -2.0], [3.0, 4.0]], [[1.5, -2.5], [3.5, 5.0]], [[0.0, -3.0], [2.5, 7.0]]])
    push = np.array([[1.0, -1.0], [-1.0, 0.0]])
    for chunk in (None, 1):
        found = measured("overshoot", told(start=start, turn_step=1, turn_direction=push), w, chunk=chunk)
        np.testing.assert_array_equal(found, [[0.5, 1.0], [0.5, np.nan]])
