"""Times to a fraction under a schedule, against the loop and the catalogue's table."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import count, repeat

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from adamw_cli.errors import UsageError
from adamw_cli.theory import crossing as theory
from adamw_cli.theory.half_life import crossing_step, half_life
from tests.theory.loops import decayed, first_below, nearly_tied

X = 5e-4  # lr 1e-3, weight decay 0.5: the catalogue's table, with T = 10000
T = 10_000


def half_cosine(n: int) -> list[float]:
    return [(1 + math.cos(math.pi * k / n)) / 2 for k in range(1, n + 1)]


def inverse_roots(W: int) -> Iterator[float]:
    return (min(t / W, math.sqrt(W / t)) for t in count(1))


# name, the crossing that the catalogue measured, factors as it counts them
TABLE = [
    ("linear", 1499, lambda: (1 - t / T for t in range(T))),
    ("cosine", 1409, lambda: iter([1.0, *half_cosine(T)])),
    ("exponential", 1492, lambda: (0.9999**t for t in range(T))),
    ("warm-up 1000", 1886, lambda: (min(t / 1000, 1) for t in count(1))),
    ("warm-up 10000", 5265, lambda: (min(t / T, 1) for t in count(1))),
    ("inverse sqrt", 2082, lambda: inverse_roots(1000)),
]


@pytest.mark.parametrize(("name", "step", "factors"), TABLE, ids=[row[0] for row in TABLE])
def test_the_catalogues_table(name: str, step: int, factors: Callable[[], Iterator[float]]) -> None:
    assert first_below(X, factors(), 0.5) == theory.first_step_at_or_below(X, factors()) == step


@settings(deadline=None)
@given(st.floats(-0.3, 2.5), st.lists(st.floats(0.0, 1.2), max_size=80), st.floats(0.05, 0.95))
def test_the_exact_step_is_where_the_loop_crosses(x: float, factors: list[float], fraction: float) -> None:
    assume(not nearly_tied(x, factors, fraction))
    assert theory.first_step_at_or_below(x, factors, fraction) == first_below(x, factors, fraction)


@settings(deadline=None)
@given(st.floats(1e-3, 1.99), st.floats(0.05, 0.95))
def test_a_constant_schedule_gives_the_constant_forms(x: float, fraction: float) -> None:
    assert theory.first_step_at_or_below(x, repeat(1.0), fraction) == crossing_step(x, fraction)
    time = theory.time_at_or_below(x, repeat(1.0), fraction)
    assert time == pytest.approx(half_life(x, fraction), rel=1e-9, abs=1e-9)


@settings(deadline=None)
@given(st.floats(0.001, 0.9), st.lists(st.floats(0.0, 1.0), min_size=1, max_size=80), st.floats(0.05, 0.95))
def test_the_time_is_the_loop_interpolated_geometrically(x: float, factors: list[float], fraction: float) -> None:
    assume(not nearly_tied(x, factors, fraction))
    n = first_below(x, factors, fraction)
    time = theory.time_at_or_below(x, factors, fraction)
    if n is None:
        assert time is None
        return
    before, after = decayed(x, factors[: n - 1]), decayed(x, factors[:n])
    assert time == pytest.approx(n - 1 + math.log(before / fraction) / math.log(before / after), abs=1e-8)


def test_a_step_to_exactly_0_and_what_comes_after_is_not_read() -> None:
    def factors() -> Iterator[float]:
        yield from (0.1, 0.2, 1.0)
        raise AssertionError("read too far")

    assert theory.first_step_at_or_below(1.0, factors(), 1e-9) == 3
    assert theory.time_at_or_below(1.0, factors(), 1e-9) == 2.0


def test_many_small_steps_keep_their_digits() -> None:
    n = 200_000
    x = -math.expm1(-math.log(2) / n)
    assert theory.first_step_at_or_below(x, repeat(1.0)) == n == crossing_step(x)
    assert theory.first_step_at_or_below(x * (1 - 1e-9), repeat(1.0)) == n + 1


@pytest.mark.parametrize("x", [-0.1, 0.0, 1e-300, 1e-17, 2.0, 3.0])
def test_never_is_none(x: float) -> None:
    assert theory.first_step_at_or_below(x, [1.0] * 100) is None
    assert theory.time_at_or_below(x, [1.0] * 100) is None


def test_bad_arguments_are_refused() -> None:
    for call in (
        lambda: theory.first_step_at_or_below(0.1, [1.0], 1.0),
        lambda: theory.first_step_at_or_below(math.nan, [1.0]),
        lambda: theory.first_step_at_or_below(0.1, [math.nan]),
    ):
        with pytest.raises(UsageError):
            call()
