"""The catalogue's further schedules, and its way to count: against factors added up and multiplied out."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adamw_cli.errors import UsageError
from adamw_cli.theory import schedule_extra as theory
from adamw_cli.theory import schedule_sums
from tests.theory.loops import exact_product

lengths = st.integers(1, 400)
slopes = st.floats(1e-4, 20.0)


def check(found: tuple[float, float], factors: list[float], rel: float = 1e-12) -> None:
    assert found[0] == pytest.approx(math.fsum(factors), rel=rel)
    assert found[1] == pytest.approx(math.fsum(c * c for c in factors), rel=rel)


@settings(deadline=None)
@given(st.integers(2, 400))
def test_counted_from_0(T: int) -> None:
    line = [1 - t / T for t in range(T)]
    cosine = [(1 + math.cos(math.pi * t / T)) / 2 for t in range(T)]
    check(theory.counted_from_0(schedule_sums.linear_sums(T)), line)
    check(theory.counted_from_0(schedule_sums.cosine_sums(T)), cosine)
    f = 0.1
    floor = [f + (1 - f) * c for c in cosine]
    check(theory.counted_from_0(schedule_sums.cosine_sums(T, f=f), last=f), floor)


@settings(deadline=None)
@given(lengths)
def test_the_parabola(T: int) -> None:
    check(theory.parabola_sums(T), [(1 - t / T) ** 2 for t in range(T)])
    assert theory.parabola_sums(T)[0] == pytest.approx(T / 3 + 1 / 2 + 1 / (6 * T), rel=1e-14)
    assert theory.parabola_sums(T)[1] == pytest.approx(T / 5 + 1 / 2 + 1 / (3 * T) - 1 / (30 * T**3), rel=1e-14)


@settings(deadline=None)
@given(lengths, slopes)
def test_the_sums_of_inverse_time(T: int, c: float) -> None:
    check(theory.inverse_time_sums(T, c), [1 / (1 + c * t) for t in range(T)])


@settings(deadline=None, max_examples=50)
@given(st.floats(0.0, 1.0), slopes, lengths)
def test_the_product_of_inverse_time(x: float, c: float, T: int) -> None:
    expected = float(exact_product(x, [1 / (1 + c * t) for t in range(T)]))
    assert theory.inverse_time_total_shrink(x, c, T) == pytest.approx(expected, rel=1e-11 + 4e-15 * x / c, abs=1e-300)


def test_the_product_is_the_catalogues() -> None:
    x, c, T = 0.05, 0.01, 1000
    logs = [math.lgamma(z) for z in ((1 - x) / c + T, 1 / c, (1 - x) / c, 1 / c + T)]
    expected = math.exp(logs[0] + logs[1] - logs[2] - logs[3])
    assert theory.inverse_time_total_shrink(x, c, T) == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize(("x", "c"), [(0.05, 0.1), (0.3, 2.0), (0.01, 1e-3), (0.9, 0.02)])
def test_a_power_law_in_the_end(x: float, c: float) -> None:
    ratio = theory.inverse_time_tail(x, c, 10**8) / theory.inverse_time_total_shrink(x, c, 10**8)
    assert ratio == pytest.approx(1.0, rel=2 * x / c**2 / 1e8 + 1e-10)
    assert theory.inverse_time_tail(x, c, 4e6) / theory.inverse_time_tail(x, c, 1e6) == pytest.approx(4 ** (-x / c))


@settings(deadline=None)
@given(st.integers(20, 3000), st.integers(20, 3000))
def test_the_short_sums_of_inverse_roots_are_off_by_the_next_term(a: int, b: int) -> None:
    W, T = min(a, b), max(a, b)
    roots = math.fsum(1 / math.sqrt(t) for t in range(1, T + 1))
    assert theory.inverse_root_sum(T) - roots == pytest.approx(T**-1.5 / 24, rel=1e-3, abs=1e-12)
    warmed = math.fsum(min(t / W, math.sqrt(W / t)) for t in range(1, T + 1))
    missing = math.sqrt(W) * (W**-1.5 - T**-1.5) / 24
    assert warmed - theory.warmed_inverse_root_sum(T, W) == pytest.approx(missing, rel=1e-2, abs=1e-11)


def test_ends_and_bad_arguments() -> None:
    assert theory.inverse_time_total_shrink(1.0, 0.5, 3) == theory.inverse_time_tail(1.0, 0.5, 3) == 0.0
    assert theory.inverse_time_total_shrink(0.0, 0.5, 1000) == 1.0
    for call in (
        lambda: theory.parabola_sums(0),
        lambda: theory.inverse_time_sums(3, 0.0),
        lambda: theory.inverse_time_sums(0, 1.0),
        lambda: theory.inverse_time_total_shrink(1.1, 1.0, 3),
        lambda: theory.inverse_time_total_shrink(math.nan, 1.0, 3),
        lambda: theory.inverse_time_total_shrink(0.1, -1.0, 3),
        lambda: theory.inverse_time_tail(0.1, 1.0, 0.0),
        lambda: theory.inverse_root_sum(0),
        lambda: theory.warmed_inverse_root_sum(10, 11),
        lambda: theory.warmed_inverse_root_sum(10, 0),
    ):
        with pytest.raises(UsageError):
            call()
