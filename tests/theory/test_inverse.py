"""Solutions put back into the loop."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import repeat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adamw_cli.errors import UsageError
from adamw_cli.theory import inverse as theory
from adamw_cli.theory.crossing import first_step_at_or_below
from adamw_cli.theory.half_life import crossing_step, half_life, total_shrink
from tests.theory.loops import decayed, exact_product, line

fractions = st.floats(0.01, 0.99)
rates = st.floats(1e-6, 10.0)
schedules = st.lists(st.floats(0.0, 2.0), min_size=1, max_size=60).filter(lambda c: max(c) > 1e-3)


def test_the_catalogues_example() -> None:
    lam = theory.weight_decay_for_half_life(3e-4, 1234)
    assert decayed(3e-4 * lam, repeat(1.0, 1234)) == pytest.approx(0.5, rel=1e-12)
    assert crossing_step(3e-4 * lam) == 1234


@settings(deadline=None)
@given(rates, st.integers(1, 5000), fractions)
def test_the_loop_has_the_half_life(given_rate: float, steps: int, fraction: float) -> None:
    x = given_rate * theory.weight_decay_for_half_life(given_rate, steps, fraction)
    assert decayed(x, repeat(1.0, steps)) == pytest.approx(fraction, rel=1e-10)
    assert crossing_step(x, fraction) == steps
    assert half_life(x, fraction) == pytest.approx(steps, rel=1e-11)


def test_a_half_life_need_not_be_whole() -> None:
    assert half_life(1e-3 * theory.weight_decay_for_half_life(1e-3, 6931.5)) == pytest.approx(6931.5, rel=1e-13)
    assert half_life(1e-3 * theory.weight_decay_for_half_life(1e-3, 0.3)) == pytest.approx(0.3, rel=1e-13)
    assert theory.weight_decay_for_half_life(1e-3, 1e17) == pytest.approx(math.log(2) * 1e-14, rel=1e-14)


def test_the_catalogues_cosine() -> None:
    """Catalogue 1.5: a cosine over t = 0, ..., T - 1, shrink 0.1: weight decay 0.460391 below the bound 0.460471."""
    lr, T = 1e-3, 10_000
    factors = [(1 + math.cos(math.pi * t / T)) / 2 for t in range(T)]
    lam = theory.weight_decay_for_total_shrink(lr, factors, 0.1)
    assert lam == pytest.approx(0.460391, abs=6e-7)
    assert math.log(10) / (lr * math.fsum(factors)) == pytest.approx(0.460471, abs=6e-7)
    assert total_shrink(lr * lam, factors) == pytest.approx(0.1, rel=3e-14)


@settings(deadline=None)
@given(rates, schedules, fractions)
def test_the_loop_has_the_total_shrink(given_rate: float, factors: list[float], shrink: float) -> None:
    x = given_rate * theory.weight_decay_for_total_shrink(given_rate, iter(factors), shrink)
    assert 0.0 < x * max(factors) < 1.0
    assert decayed(x, factors) == pytest.approx(shrink, rel=1e-9)


@settings(deadline=None)
@given(rates, st.lists(st.floats(0.1, 1.0), min_size=1, max_size=60), st.data())
def test_the_weight_is_down_to_the_fraction_at_the_step(
    given_rate: float, factors: list[float], data: st.DataObject
) -> None:
    step = data.draw(st.integers(1, len(factors)))
    fraction = data.draw(fractions)
    x = given_rate * theory.weight_decay_for_half_life_step(given_rate, factors, step, fraction)
    assert first_step_at_or_below(x, factors, fraction) == step
    assert decayed(x, factors[:step]) == pytest.approx(fraction, rel=1e-9)


@pytest.mark.parametrize("shrink", [1e-300, 1e-10, 0.5, 1 - 1e-9, 1 - 1e-15])
def test_extreme_shrinks(shrink: float) -> None:
    factors = line(1000, 0.0)
    x = theory.weight_decay_for_total_shrink(1.0, factors, shrink)
    assert float(exact_product(x, factors)) == pytest.approx(shrink, rel=1e-11)


def test_a_constant_schedule_gives_the_constant_form() -> None:
    for steps in (1, 2, 100, 10_000):
        assert theory.weight_decay_for_total_shrink(1.0, [1.0] * steps, 0.5) == pytest.approx(
            theory.weight_decay_for_half_life(1.0, steps), rel=4e-15
        )


def test_factors_of_any_size() -> None:
    for scale in (1e-200, 1e-3, 1e150):
        x = theory.weight_decay_for_total_shrink(1.0, [scale, scale / 2], 0.7)
        assert x * scale == pytest.approx(theory.weight_decay_for_total_shrink(1.0, [1.0, 0.5], 0.7), rel=1e-14)


def test_only_the_factors_up_to_the_step_are_read() -> None:
    def factors() -> Iterator[float]:
        yield from (1.0, 1.0)
        raise AssertionError("read too far")

    assert theory.weight_decay_for_half_life_step(1.0, factors(), 2, 0.25) == pytest.approx(0.5, rel=1e-15)


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda: theory.weight_decay_for_half_life(1e-3, 0), "target_steps"),
        (lambda: theory.weight_decay_for_half_life(1e-3, -5), "target_steps"),
        (lambda: theory.weight_decay_for_half_life(1e-3, math.inf), "target_steps"),
        (lambda: theory.weight_decay_for_half_life(0.0, 10), "lr must be"),
        (lambda: theory.weight_decay_for_half_life(math.nan, 10), "lr must be"),
        (lambda: theory.weight_decay_for_half_life(1e-3, 10, 1.0), "fraction"),
        (lambda: theory.weight_decay_for_half_life(1e-320, 10), "outside the range"),
        (lambda: theory.weight_decay_for_total_shrink(1.0, [1.0], 0.0), "shrink"),
        (lambda: theory.weight_decay_for_total_shrink(1.0, [1.0], 1.0), "shrink"),
        (lambda: theory.weight_decay_for_total_shrink(1.0, [1.0], math.nan), "shrink"),
        (lambda: theory.weight_decay_for_total_shrink(1.0, [0.0, 0.0], 0.5), "0 at every step"),
        (lambda: theory.weight_decay_for_total_shrink(1.0, [], 0.5), "0 at every step"),
        (lambda: theory.weight_decay_for_total_shrink(1.0, [1.0, -1.0], 0.5), "at least 0"),
        (lambda: theory.weight_decay_for_total_shrink(1.0, [1.0, math.nan], 0.5), "at least 0"),
        (lambda: theory.weight_decay_for_total_shrink(1.0, [1.0, math.inf], 0.5), "at least 0"),
        (lambda: theory.weight_decay_for_total_shrink(1.0, [1.0, 0.1], 1e-200), "within rounding of 1"),
        (lambda: theory.weight_decay_for_total_shrink(-1.0, [1.0], 0.5), "lr must be"),
        (lambda: theory.weight_decay_for_half_life_step(0.1, [1.0], 0), "target_steps"),
        (lambda: theory.weight_decay_for_half_life_step(0.1, [1.0], 2), "1 steps"),
    ],
)
def test_the_impossible_is_refused_with_a_hint(call: object, word: str) -> None:
    assert callable(call)
    with pytest.raises(UsageError, match=word) as caught:
        call()
    assert caught.value.hint
    assert not caught.value.message.endswith(".")
