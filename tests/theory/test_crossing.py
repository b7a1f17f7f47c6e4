"""Times to a fraction: exact ones against the loop, closed forms against the catalogue's table and, to a step, the loop."""

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
from tests.theory.loops import decayed, first_below, line, nearly_tied, warmed

X = 5e-4  # lr 1e-3, weight decay 0.5: the catalogue's table, with T = 10000
T = 10_000


def half_cosine(n: int, f: float = 0.0) -> list[float]:
    return [f + (1 - f) * (1 + math.cos(math.pi * k / n)) / 2 for k in range(1, n + 1)]


def inverse_roots(W: int) -> Iterator[float]:
    return (min(t / W, math.sqrt(W / t)) for t in count(1))


# name, time, what the catalogue says, the crossing that it measured, factors as it counts them
TABLE = [
    ("linear", lambda: theory.linear_time(X, T), 1498.58, 1499, lambda: (1 - t / T for t in range(T))),
    ("cosine", lambda: theory.cosine_time(X, T), 1409.08, 1409, lambda: iter([1.0, *half_cosine(T)])),
    ("exponential", lambda: theory.exponential_time(X, 0.9999), 1492.23, 1492, lambda: (0.9999**t for t in range(T))),
    ("warm-up 1000", lambda: theory.constant_time(X, 1000), 1885.8, 1886, lambda: (min(t / 1000, 1) for t in count(1))),
    ("warm-up 10000", lambda: theory.constant_time(X, T), 5265.04, 5265, lambda: (min(t / T, 1) for t in count(1))),
    ("inverse sqrt", lambda: theory.inverse_sqrt_time(X, 1000), 2082.7, 2082, lambda: inverse_roots(1000)),
]


@pytest.mark.parametrize(("name", "time", "said", "step", "factors"), TABLE, ids=[row[0] for row in TABLE])
def test_the_catalogues_table(
    name: str, time: Callable[[], float | None], said: float, step: int, factors: Callable[[], Iterator[float]]
) -> None:
    assert time() == pytest.approx(said, abs=0.06)
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


@pytest.mark.parametrize("x", [-0.1, 0.0, 5e-324])
def test_without_decay_no_form_gives_a_time(x: float) -> None:
    assert theory.constant_time(x) is theory.constant_time(x, 10) is None
    assert theory.linear_time(x, T) is theory.cosine_time(x, T) is theory.wsd_time(x, T, 10, 10) is None
    assert theory.inverse_sqrt_time(x, 10) is None
    assert theory.exponential_time(x, 0.9) is theory.exponential_time(x, 1.0) is theory.exponential_time(x, 1.1) is None
    assert theory.step_time(x, 10, 0.9) is theory.step_time(x, 10, 1.0) is theory.step_time(x, 10, 1.1) is None


def near(time: float | None, x: float, factors: list[float], tolerance: float = 1.6) -> None:
    """The closed form's time, against the loop; both may be never, or the loop may run out of steps just before."""
    measured = first_below(x, factors, 0.5)
    if time is not None and time >= len(factors) and measured is None:
        return
    if time is None or measured is None:
        # Where only one of them says never, the run must end within a step's worth of the fraction.
        if time is not None or measured is not None:
            assert decayed(x, factors) == pytest.approx(0.5, rel=3 * x)
        return
    # By how much the sum of factors is off, rather than the time: near a factor of 0 time is ill-determined.
    done = math.fsum(factors[: math.floor(time)]) + (time % 1) * [*factors, factors[-1]][math.floor(time)]
    assert done == pytest.approx(math.fsum(factors[:measured]), abs=tolerance * max(1.0, factors[measured - 1]))


decay = st.floats(2e-4, 5e-3)
lengths = st.integers(100, 3000)
finals = st.floats(0.0, 1.0)


@settings(deadline=None)
@given(decay, st.integers(0, 2000))
def test_constant_time(x: float, W: int) -> None:
    near(theory.constant_time(x, W), x, warmed(9000, W, repeat(1.0, 9000 - W)))


@settings(deadline=None)
@given(decay, lengths, st.integers(0, 2000), finals)
def test_linear_and_cosine_time(x: float, N: int, W: int, f: float) -> None:
    near(theory.linear_time(x, W + N, W, f), x, warmed(W + N, W, iter(line(N, f))))
    near(theory.cosine_time(x, W + N, W, f), x, warmed(W + N, W, iter(half_cosine(N, f))))


@settings(deadline=None)
@given(decay, st.integers(0, 1500), st.integers(0, 1500), st.integers(1, 1500), finals)
def test_wsd_time(x: float, W: int, S: int, D: int, f: float) -> None:
    factors = warmed(W + S + D, W, iter([1.0] * S + line(D, f)))
    near(theory.wsd_time(x, W + S + D, W, D, f), x, factors)


@settings(deadline=None)
@given(decay, st.integers(1, 2000))
def test_inverse_sqrt_time(x: float, W: int) -> None:
    time = theory.inverse_sqrt_time(x, W)
    assert time is not None
    assume(time < 15_000)
    near(time, x, [f for f, _ in zip(inverse_roots(W), range(20_000), strict=False)])


@settings(deadline=None)
@given(decay, st.one_of(st.just(1.0), st.floats(0.995, 1.0005)))
def test_exponential_time(x: float, rate: float) -> None:
    near(theory.exponential_time(x, rate), x, [rate**k for k in range(9000)])


@settings(deadline=None)
@given(decay, st.integers(10, 2000), st.one_of(st.just(1.0), st.floats(0.1, 1.01)))
def test_step_time(x: float, every: int, factor: float) -> None:
    near(theory.step_time(x, every, factor), x, [factor ** (k // every) for k in range(12_000)])


def test_the_branches_of_wsd_meet() -> None:
    W, S, D = 400, 600, 1000
    total = W + S + D
    for edge in (W / 2, W / 2 + S):
        below = theory.wsd_time(math.log(2) / (edge * (1 - 1e-9)), total, W, D)
        above = theory.wsd_time(math.log(2) / (edge * (1 + 1e-9)), total, W, D)
        assert below is not None
        assert above is not None
        assert abs(below - above) < 0.51
    assert theory.wsd_time(math.log(2) / (W / 2 + S + D / 2 + 1), total, W, D) is None


def test_the_last_moment_of_a_schedule_that_falls_to_0() -> None:
    n = 1000
    for time in (theory.linear_time, theory.cosine_time):
        last = time(math.log(2) / (n / 2 * (1 - 1e-12)), n)
        assert last is not None
        assert n - 2 < last <= n
        assert time(math.log(2) / (n / 2 * (1 + 1e-9)), n) is None
    assert theory.linear_time(0.05, 20, 20) is None is theory.cosine_time(0.05, 20, 20)
    assert theory.exponential_time(math.log(2) / (1 / (1 - 0.5) + 1e-9), 0.5) is None


def test_bad_arguments_are_refused() -> None:
    for call in (
        lambda: theory.first_step_at_or_below(0.1, [1.0], 1.0),
        lambda: theory.first_step_at_or_below(math.nan, [1.0]),
        lambda: theory.first_step_at_or_below(0.1, [math.nan]),
        lambda: theory.constant_time(0.1, 0, 0.0),
        lambda: theory.linear_time(math.nan, 10),
        lambda: theory.exponential_time(0.1, 0.0),
        lambda: theory.step_time(0.1, 2, -1.0),
    ):
        with pytest.raises(UsageError):
            call()
