"""The word for what decay does."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.batches import batch
from tests.metrics.paths import chunks, many, measured, paths, told
from tests.metrics.test_through_the_engine import values_of

NAN = math.nan
BY_HAND = [
    ([1.0, 1.0, 1.0], "none"),
    ([-3.0, -3.0], "none"),
    ([0.0, 0.0], "none"),
    ([0.0, 1.0, -3.0], "none"),  # starts at 0
    ([8.0, 4.0, 3.0, 1.0], "monotone"),
    ([-8.0, -4.0, -3.0], "monotone"),
    ([8.0, 4.0, 4.0, 3.0], "monotone"),  # stalls
    ([8.0, 8.0, 4.0], "monotone"),
    ([8.0, 4.0, 0.0, 0.0], "monotone"),
    ([8.0, 8.0, 0.0], "monotone"),
    ([1.0, math.nextafter(1, 0)], "monotone"),
    ([1e300, 1e-300], "monotone"),  # no double holds the ratio
    ([1e300, 1e-300, 0.0], "monotone"),
    ([8.0, 0.0, 0.0, 0.0], "one-step"),
    ([8.0, -0.0], "one-step"),
    ([-5e-324, 0.0], "one-step"),
    ([8.0, -4.0, 3.0, -1.0], "alternating"),
    ([-8.0, 4.0], "alternating"),
    ([8.0, -4.0, 4.0, -1.0], "alternating"),
    ([8.0, -4.0, 0.0, 0.0], "alternating"),
    ([1e300, -1e-300], "alternating"),
    ([8.0, -8.0, 8.0, -8.0], "marginal"),
    ([1.0, -1.0 - 2**-51, 1.0 - 2**-51], "marginal"),  # within rounding
    ([1.0, -1.0 - 2**-49, 1.0 + 2**-48], "divergent"),
    ([1.0, -1.0 + 2**-49, 1.0 - 2**-48], "alternating"),
    ([1.0, -2.0, 3.0, -9.0], "divergent"),
    ([1.0, -2.0, 2.0, -9.0], "divergent"),
    ([1.0, -2.0, 4.0, NAN, NAN], "divergent"),
    ([1e-300, -1e300], "divergent"),
    ([1.0, 2.0, 3.0], "growing"),
    ([-1.0, -1.0, -3.0], "growing"),
    ([1.0, math.nextafter(1, 2)], "growing"),
    ([1e-300, 1e300, NAN], "growing"),
    ([1.0, 2.0, 1.5], "mixed"),
    ([8.0, 4.0, -2.0], "mixed"),
    ([8.0, -4.0, -2.0], "mixed"),
    ([8.0, -4.0, -4.0], "mixed"),
    ([8.0, -4.0, 5.0], "mixed"),
    ([8.0, -9.0, 5.0], "mixed"),
    ([8.0, 4.0, 0.0, 1.0], "mixed"),  # 0 and on again
    ([8.0, 0.0, 0.0, -1.0], "mixed"),
    ([8.0, -4.0, 0.0, 1.0], "mixed"),
    ([1.0, -2.0, 0.0], "mixed"),
    ([1.0, 2.0, 0.0, 4.0], "mixed"),
    ([1.0, NAN], "mixed"),  # nothing was seen of it
]


def word(path: list[float]) -> str:
    """By pairs of weights, without ratios."""
    pairs = [(a, b) for a, b in pairwise(path) if not math.isnan(b) and (a, b) != (0, 0)]
    if path[0] == 0:
        return "none"
    if any(a == 0 for a, _ in pairs) or not pairs:
        return "mixed"
    landed = pairs[-1][1] == 0
    moved = pairs[:-1] if landed else pairs
    if all(a == b for a, b in pairs):
        return "none"
    if all((a > 0) == (b > 0) for a, b in moved):
        if all(abs(b) <= abs(a) for a, b in moved):
            return "one-step" if landed and not moved else "monotone"
        return "growing" if not landed and all(abs(b) >= abs(a) for a, b in moved) else "mixed"
    if any((a > 0) == (b > 0) for a, b in moved):
        return "mixed"
    by = [kept(abs(a), abs(b)) for a, b in moved]
    if landed:
        by.append(-1)
    if not any(by):
        return "marginal"
    if len(set(by) - {0}) > 1:
        return "mixed"
    return "alternating" if -1 in by else "divergent"


def kept(a: float, b: float) -> int:
    if abs(b - a) <= 4 * 2.0**-52 * a:
        return 0
    return 1 if b > a else -1


def regime(path: list[float], chunk: int | None) -> str:
    w = np.array(path)[:, None, None]
    return str(measured("decay_regime", told(start=w[0]), w[1:], chunk=chunk).item())


@pytest.mark.parametrize("chunk", [None, 1, 2])
@pytest.mark.parametrize(("path", "expected"), BY_HAND)
def test_by_hand(path: list[float], expected: str, chunk: int | None) -> None:
    assert regime(path, chunk) == expected
    assert word(path) == expected


@st.composite
def decays(draw: st.DrawFn) -> list[float]:
    """A weight that is multiplied by one factor or by a few."""
    factors = st.sampled_from([1.0, 0.5, 0.0, -0.5, -1.0, -2.0, 2.0, 1e-200, -1e-200, -1e200])
    chosen = draw(st.lists(factors, min_size=1, max_size=2))
    path = [draw(st.sampled_from([1.0, -3.0, 0.0, 1e150, -1e-150]))]
    for _ in range(draw(st.integers(1, 12))):
        path.append(path[-1] * draw(st.sampled_from(chosen)))
        if math.isinf(path[-1]):
            return [*path[:-1], NAN]
    return path


@many
@given(decays() | paths(), chunks)
@example([1.0, -1.0, 0.0], None)
def test_against_pairs_of_weights(path: list[float], chunk: int | None) -> None:
    assert regime(path, chunk) == word(path)


def test_a_word_for_the_whole_run() -> None:
    halved, turned, still, zero = [8.0, 4.0, 2.0], [8.0, -4.0, 2.0], [8.0, 8.0, 8.0], [0.0, 0.0, 0.0]
    first = [halved, halved, halved, zero, still]
    second = [halved, zero, turned, zero, halved]
    w = np.array([first, second]).transpose(2, 0, 1)
    for chunk in (None, 1):
        found = measured("decay_regime", told(start=w[0]), w[1:], chunk=chunk)
        assert found.tolist() == ["monotone", "monotone", "mixed", "none", "mixed"]


@pytest.mark.parametrize("kind", ["adamw", "sgdw", "sgd"])
@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (-0.1, "growing"),
        (0.0, "none"),
        (1e-6, "monotone"),
        (0.1, "monotone"),
        (1.0, "one-step"),
        (1.5, "alternating"),
        (1.9999999, "alternating"),
        (2.0, "marginal"),
        (2.0000001, "divergent"),
        (3.0, "divergent"),
    ],
)
def test_the_regimes_of_the_catalogue(kind: str, x: float, expected: str) -> None:
    for lr in (1.0, 0.125):
        b = batch(kind, "plateau", {}, [[1.0], [-300.0], [0.0]], lr=lr, weight_decay=x / lr)
        (found,) = values_of(b, 3000, ("decay_regime",))  # long enough to fade to 0, and to overflow
        assert found.tolist() == [expected]


def test_coordinates_that_decay_apart_and_coupled_decay_are_mixed() -> None:
    b = batch("adamw", "plateau", {}, [[1.0], [2.0]], lr=1.0, weight_decay=[[0.0], [0.5]])
    assert values_of(b, 10, ("decay_regime",))[0].tolist() == ["mixed"]
    b = batch("adam_l2", "plateau", {}, [[1.0]], lr=0.1, weight_decay=0.1)
    assert values_of(b, 3, ("decay_regime",))[0].tolist() == ["monotone"]
    assert values_of(b, 300, ("decay_regime",))[0].tolist() == ["mixed"]  # beyond 0 and back
