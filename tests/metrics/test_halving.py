from __future__ import annotations

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.metrics.paths import chunks, many, measured, one, paths, told

NAN = math.nan


def halving(path: list[float]) -> int | None:
    for t, w in enumerate(path):
        if t > 0 and path[0] != 0 and abs(w) <= abs(path[0]) / 2:
            return t
    return None


def exact_half_life(path: list[float]) -> float:
    t = halving(path)
    if t is None:
        return NAN
    with localcontext() as context:
        context.prec = 60
        before, at, half = (abs(Decimal(x)) for x in (path[t - 1], path[t], path[0] / 2))
        return float(t - 1 + ((before / half).ln() / (before / at).ln() if at else 0))


BY_HAND = [
    # path, crossing step, half-life
    ([8.0, 4.0], 1, 1.0),  # exactly half counts
    ([8.0, 6.0, 3.0], 2, 1 + math.log(1.5) / math.log(2)),
    ([8.0, 2.0], 1, 0.5),  # a quarter in a step is a half in half a step
    ([-8.0, 6.0, -4.5, 1.0, 8.0, 0.1], 3, 2 + math.log(1.125) / math.log(4.5)),  # size counts, and the first time
    ([1.0, 0.0, 0.0], 1, 0.0),  # lands on 0: halved at once
    ([1.0, 4.0, 0.0], 2, 1.0),
    ([1.0, -0.0], 1, 0.0),
    ([1.0, 16.0, 0.25], 2, 1 + math.log(32) / math.log(64)),  # grows first
    ([0.0, 0.0, 1.0], NAN, NAN),
    ([0.0, 1.0, 0.0], NAN, NAN),
    ([-0.0, 1.0, 0.0], NAN, NAN),
    ([1.0, 0.9, 0.6], NAN, NAN),
    ([1.0, 2.0, 3.0], NAN, NAN),
    ([1.0, 0.6, NAN, NAN], NAN, NAN),
    ([1.0, 0.25, NAN, NAN], 1, 0.5),
    ([1e300, 1e-300], 1, math.log(2) / math.log(1e300) / 2),  # no double holds the ratio
    ([1e-200, 1e200, 1e-201], 2, 1 + (math.log(2) + 400 * math.log(10)) / (401 * math.log(10))),
]


@pytest.mark.parametrize("chunk", [None, 1])
@pytest.mark.parametrize(("path", "step", "half_life"), BY_HAND)
def test_by_hand(path: list[float], step: float, half_life: float, chunk: int | None) -> None:
    assert one("crossing_step", path, chunk=chunk) == pytest.approx(step, abs=0, nan_ok=True)
    assert one("half_life", path, chunk=chunk) == pytest.approx(half_life, rel=1e-14, abs=0, nan_ok=True)


@many
@given(paths(), chunks)
@example([1.0, math.nextafter(0.5, 1), math.nextafter(0.5, 0)], None)
@example([4 - 2**-50, math.nextafter(2 - 2**-51, 4), math.nextafter(2 - 2**-51, 0)], None)
@example([1e300, 5e-324], 1)
def test_against_the_definition(path: list[float], chunk: int | None) -> None:
    if 0 < abs(path[0]) < 1e-322:  # half of it is no double
        path[0] = 0.0
    step = halving(path)
    assert one("crossing_step", path, chunk=chunk) == pytest.approx(NAN if step is None else step, abs=0, nan_ok=True)
    assert one("half_life", path, chunk=chunk) == pytest.approx(exact_half_life(path), rel=1e-13, nan_ok=True)


@many
@given(
    st.floats(1e-3, 1.0 - 1e-3),
    st.sampled_from([1.0, -1.0]),
    st.floats(1e-8, 1e8) | st.floats(-1e8, -1e-8),
    chunks,
)
def test_exact_on_exponential_decay(size: float, sign: float, start: float, chunk: int | None) -> None:
    q = sign * size
    steps = math.ceil(math.log(0.5) / math.log(size)) + 2
    w = start * q ** np.arange(steps + 1.0)[:, None, None]
    result = measured("half_life", told(start=w[0]), w[1:], chunk=chunk and 50 * chunk)
    assert result.item() == pytest.approx(math.log(0.5) / math.log(size), rel=1e-13)


def test_slow_decay_is_measured_as_exactly_as_its_weights_are_known() -> None:
    rate = 1e-6
    steps = 700_000
    w = np.exp(np.arange(steps + 1) * math.log1p(-rate))[:, None, None]
    result = measured("half_life", told(start=w[0]), w[1:], chunk=32768)
    assert result.item() == pytest.approx(-math.log(2) / math.log1p(-rate), rel=1e-14)


def test_coordinates_and_lanes_cross_apart() -> None:
    q = np.array([[0.5, 0.9, 1.1], [0.99, -0.7, 0.0]])
    w = np.array([[4.0, -1.0, 2.0], [1e-9, 3.0, 7.0]]) * q ** np.arange(101.0)[:, None, None]
    for chunk in (None, 1, 10):
        expected = [[1, 7, NAN], [69, 2, 1]]
        np.testing.assert_array_equal(measured("crossing_step", told(start=w[0]), w[1:], chunk=chunk), expected)
        result = measured("half_life", told(start=w[0]), w[1:], chunk=chunk)
        log = [[math.log(abs(x)) if x else -math.inf for x in row] for row in q]
        exact = [[-math.log(2) / x if x < 0 else NAN for x in row] for row in log]
        np.testing.assert_allclose(result, exact, rtol=1e-12)
