from __future__ import annotations

import math
from itertools import repeat

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from adamw_cli.errors import UsageError
from adamw_cli.theory import half_life as theory
from tests.theory.loops import decayed, exact_half_life, exact_log, exact_product, first_below, nearly_tied

EXTREMES = [-1e300, -2.0, -0.1, -1e-17, -1e-300, 0.0, 1e-300, 1e-17, 1e-9, 0.1, 0.5, 1 - 1e-16, 1.0, 1 + 2.3e-16, 1.5]
EXTREMES += [2 - 2.3e-16, 2.0, 2 + 4.5e-16, 3.0, 1e300]
shrinking = st.floats(1e-3, 1.99).filter(lambda x: x != 1.0)
fractions = st.floats(0.05, 0.95)


@pytest.mark.parametrize(
    ("lr", "lam", "steps", "crossing"),
    [(1e-3, 0.01, 69314.371, 69315), (0.1, 0.1, 68.967564, 69), (0.5, 1.0, 1.0, 1)],
)
def test_the_catalogues_table(lr: float, lam: float, steps: float, crossing: int) -> None:
    assert theory.half_life(lr * lam) == pytest.approx(steps, rel=1e-8)
    assert theory.crossing_step(lr * lam) == crossing
    assert first_below(lr * lam, repeat(1.0), 0.5) == crossing


@pytest.mark.parametrize(("x", "error"), [(0.01, 2.7e-10), (0.3, 3.2e-4)])
def test_the_catalogues_series(x: float, error: float) -> None:
    series = math.log(2) * (1 / x - 1 / 2 - x / 12 - x**2 / 24)
    assert abs(series / theory.half_life(x) - 1) == pytest.approx(error, rel=0.05)


@settings(deadline=None)
@given(shrinking, fractions)
def test_crossing_step_is_where_the_loop_crosses(x: float, fraction: float) -> None:
    assume(not nearly_tied(x, repeat(1.0, 4000), fraction))
    assert theory.crossing_step(x, fraction) == first_below(x, repeat(1.0), fraction)


@settings(deadline=None)
@given(st.floats(1e-5, 1e-3), st.floats(0.2, 0.95))
@example(6.25e-5, 0.5)
def test_crossing_step_of_small_decay_is_where_the_loop_crosses(x: float, fraction: float) -> None:
    found = theory.crossing_step(x, fraction)
    assert found is not None
    assert abs(decayed(x, repeat(1.0, found))) <= fraction * (1 + 1e-10)
    assert abs(decayed(x, repeat(1.0, found - 1))) > fraction * (1 - 1e-10)


@settings(deadline=None)
@given(shrinking, fractions)
def test_half_life_is_what_the_loop_interpolates_to(x: float, fraction: float) -> None:
    n = first_below(x, repeat(1.0), fraction)
    assert n is not None
    before, after = abs(decayed(x, repeat(1.0, n - 1))), abs(decayed(x, repeat(1.0, n)))
    measured = n - 1 + math.log(before / fraction) / math.log(before / after)
    assert theory.half_life(x, fraction) == pytest.approx(measured, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("x", [x for x in EXTREMES if 0 < x < 2 and x != 1])
def test_half_life_and_timescale_against_decimals(x: float) -> None:
    for fraction in (0.5, 0.9, 1e-3):
        assert theory.half_life(x, fraction) == pytest.approx(exact_half_life(x, fraction), rel=4e-15)
    assert theory.timescale(x) == pytest.approx(float(-1 / exact_log(x)), rel=4e-15)
    assert theory.doubling_time(x) == math.inf


@pytest.mark.parametrize("x", [x for x in EXTREMES if x < 0 or x > 2])
def test_doubling_time_against_decimals(x: float) -> None:
    assert theory.doubling_time(x) == pytest.approx(-exact_half_life(x), rel=4e-15)
    assert theory.half_life(x) == theory.timescale(x) == math.inf
    assert theory.crossing_step(x) is None


def test_doubling_time_is_when_the_loop_has_doubled() -> None:
    for x in (-0.1, -1.0, 2.1, 3.0):
        n = math.ceil(theory.doubling_time(x) - 1e-9)
        assert abs(decayed(x, repeat(1.0, n))) >= 2.0
        assert abs(decayed(x, repeat(1.0, n - 1))) < 2.0


def test_the_edges_between_regimes() -> None:
    words = [theory.regime(x) for x in EXTREMES]
    assert words[:5] == ["growing"] * 5
    assert words[5:12] == ["none", *["monotone"] * 6]
    assert words[12:] == ["one-step", *["alternating"] * 3, "marginal", *["divergent"] * 3]
    assert theory.regime(math.inf) == "divergent"
    assert theory.regime(-math.inf) == "growing"
    assert theory.regime(-0.0) == "none"


@settings(deadline=None)
@given(st.floats(-0.5, 3.0))
def test_regime_is_what_three_steps_of_the_loop_show(x: float) -> None:
    w = [decayed(x, repeat(1.0, n)) for n in range(4)]
    if abs(x) < 1e-15 or abs(x - 2) < 1e-14:
        return  # the loop cannot tell these from 0 and 2
    sizes = [abs(v) for v in w]
    kind = theory.regime(x)
    assert (kind in ("growing", "divergent")) == (sizes[1] > 1.0)
    assert (kind in ("monotone", "alternating", "one-step")) == (sizes[1] < 1.0)
    assert (kind in ("alternating", "divergent", "marginal")) == (w[1] < 0.0)
    assert (kind == "one-step") == (w[1] == 0.0)


def test_none_one_step_and_marginal() -> None:
    assert theory.half_life(0.0) == theory.half_life(2.0) == math.inf
    assert theory.timescale(0.0) == theory.timescale(2.0) == math.inf
    assert theory.crossing_step(0.0) is theory.crossing_step(2.0) is None
    assert theory.half_life(1.0) == theory.timescale(1.0) == 0.0
    assert theory.crossing_step(1.0) == 1


def test_very_slow_decay_is_a_very_large_integer() -> None:
    assert theory.half_life(1e-300) == pytest.approx(6.931471805599453e299, rel=1e-15)
    assert theory.crossing_step(1e-300) == pytest.approx(6.931471805599453e299, rel=1e-14)
    assert theory.crossing_step(1e-17) == pytest.approx(math.log(2) * 1e17, rel=1e-14)
    assert theory.half_life(5e-324) == math.inf
    assert theory.crossing_step(5e-324) is None


def test_a_tie_up_to_rounding_counts_as_reached() -> None:
    for n in (1, 2, 3, 10, 1234, 10**6, 10**9):
        x = -math.expm1(-math.log(2) / n)
        for rounded in (x, math.nextafter(x, 0), math.nextafter(x, 1), (x / 3e-4) * 3e-4):
            assert theory.crossing_step(rounded) == n
    assert theory.crossing_step(0.1, 0.9**3) == 3
    # A real miss is not a tie.
    assert theory.crossing_step(0.5 - 1e-6) == 2
    assert theory.crossing_step(-math.expm1(-math.log(2) / (1234 + 1e-6))) == 1235


@settings(deadline=None)
@given(st.floats(-0.5, 2.5), st.integers(0, 300))
@example(1.0, 0)
@example(1.0, 1)
@example(1.5, 300)
def test_shrink_after_against_decimals(x: float, steps: int) -> None:
    expected = float(exact_product(x, repeat(1.0, steps)))
    assert theory.shrink_after(x, steps) == pytest.approx(expected, rel=1e-13, abs=1e-300)


@pytest.mark.parametrize("x", EXTREMES)
def test_shrink_after_never_raises(x: float) -> None:
    for steps in (0, 1, 2, 3, 10**6, 10**6 + 1):
        value = theory.shrink_after(x, steps)
        assert not math.isnan(value)
        if steps < 4:
            assert value == pytest.approx(float(exact_product(x, repeat(1.0, steps))), rel=1e-14)
    assert theory.shrink_after(x, 0) == 1.0


def test_shrink_after_overflows_to_infinity_with_the_right_sign() -> None:
    assert theory.shrink_after(3.0, 10**6) == math.inf
    assert theory.shrink_after(3.0, 10**6 + 1) == -math.inf
    assert theory.shrink_after(-1.0, 10**6 + 1) == math.inf
    assert theory.total_shrink(3.0, repeat(1.0, 10**4 + 1)) == -math.inf
    assert theory.shrink_after(0.1, 10**6) == 0.0


@settings(deadline=None)
@given(st.floats(-0.5, 2.5), st.lists(st.floats(0.0, 1.5), max_size=60))
@example(1.0, [0.5, 1.0, 0.5])
@example(0.1, [])
def test_total_shrink_against_the_loop(x: float, factors: list[float]) -> None:
    # 1 - x f near 0 keeps few digits of x f: compare where no factor comes that near.
    assume(all(x * f == 1.0 or abs(1 - x * f) > 1e-6 for f in factors))
    assert theory.total_shrink(x, factors) == pytest.approx(decayed(x, factors), rel=1e-8, abs=1e-300)


def test_total_shrink_of_many_small_steps_against_decimals() -> None:
    factors = [1 - t / 20_000 for t in range(20_000)]
    for x in (1e-17, 1e-9, 1e-4, 0.01):
        expected = float(exact_product(x, factors))
        assert theory.total_shrink(x, iter(factors)) == pytest.approx(expected, rel=1e-13)
    assert math.log(theory.total_shrink(1e-9, factors)) == pytest.approx(-1e-9 * sum(factors), rel=1e-8)


def test_a_flip_of_sign_is_counted() -> None:
    assert theory.total_shrink(1.5, [1.0]) == -0.5
    assert theory.total_shrink(1.5, [1.0, 1.0]) == pytest.approx(0.25)
    assert theory.total_shrink(2.0, [1.0, 0.25]) == -0.5
    assert theory.total_shrink(0.5, [1.0, 2.0, 7.0]) == 0.0


@settings(deadline=None)
@given(st.floats(0.01, 3.0))
def test_half_life_prox_is_where_the_proximal_loop_crosses(x: float) -> None:
    steps = theory.half_life_prox(x)
    assume(abs(steps - round(steps)) > 1e-9)
    w, n = 1.0, 0
    while w > 0.5:
        w, n = w / (1.0 + x), n + 1
    assert math.ceil(steps) == n


def test_the_prox_is_slower_by_the_catalogues_number() -> None:
    gap = theory.half_life_prox(0.05) - theory.half_life(0.05)
    assert gap == pytest.approx(0.69329175, abs=5e-9)
    assert math.log(2) * (1 + 0.05**2 / 12) == pytest.approx(0.69329159, abs=5e-9)
    assert theory.half_life_prox(1e-300) == pytest.approx(6.931471805599453e299, rel=1e-15)


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.1, 1.5, math.nan])
def test_a_fraction_outside_0_and_1_is_refused(fraction: float) -> None:
    for function in (theory.half_life, theory.crossing_step):
        with pytest.raises(UsageError, match="fraction") as caught:
            function(0.1, fraction)
        assert caught.value.hint


def test_nan_is_refused() -> None:
    for function in (theory.regime, theory.half_life, theory.crossing_step, theory.timescale, theory.doubling_time):
        with pytest.raises(UsageError, match="not a number"):
            function(math.nan)
    with pytest.raises(UsageError, match="not a number"):
        theory.shrink_after(math.nan, 3)
    with pytest.raises(UsageError, match="not a number"):
        theory.total_shrink(0.1, [math.nan])
    with pytest.raises(UsageError, match="above 0"):
        theory.half_life_prox(-0.1)
