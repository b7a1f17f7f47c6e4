"""Closed sums and products against the factors added up and multiplied out one by one."""

from __future__ import annotations

import math
from itertools import count, islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adamw_cli.errors import UsageError
from adamw_cli.theory import schedule_products as products
from adamw_cli.theory import schedule_sums as sums
from tests.theory.loops import exact_product, line, warmed

small = st.integers(0, 60)
part = st.floats(0.0, 1.0)


def cosine(n: int, f: float) -> list[float]:
    return [f + (1 - f) * (1 + math.cos(math.pi * k / n)) / 2 for k in range(1, n + 1)]


def check(found: tuple[float, float], factors: list[float], rel: float = 1e-12) -> None:
    assert found[0] == pytest.approx(math.fsum(factors), rel=rel, abs=1e-12)
    assert found[1] == pytest.approx(math.fsum(c * c for c in factors), rel=rel, abs=1e-12)


@settings(deadline=None)
@given(small, small)
def test_constant(T: int, W: int) -> None:
    check(sums.constant_sums(T, W), warmed(T, W, iter([1.0] * (T - W))))


@settings(deadline=None)
@given(small, small, part)
def test_cosine_and_linear(N: int, W: int, f: float) -> None:
    check(sums.cosine_sums(W + N, W, f), warmed(W + N, W, iter(cosine(N, f))))
    check(sums.linear_sums(W + N, W, f), warmed(W + N, W, iter(line(N, f))))
    assert sums.cosine_sums(W + N, W, f)[0] == sums.linear_sums(W + N, W, f)[0]


@settings(deadline=None)
@given(small, small, st.integers(1, 60), part)
def test_wsd(W: int, S: int, D: int, f: float) -> None:
    T = W + S + D
    check(sums.wsd_sums(T, W, D, f), warmed(T, W, iter([1.0] * S + line(D, f))))


@settings(deadline=None)
@given(st.integers(20, 3000), st.integers(20, 3000))
def test_the_short_sums_of_inverse_roots_are_off_by_the_next_term(a: int, b: int) -> None:
    W, T = min(a, b), max(a, b)
    roots = math.fsum(1 / math.sqrt(t) for t in range(1, T + 1))
    assert sums.inverse_root_sum(T) - roots == pytest.approx(T**-1.5 / 24, rel=1e-3, abs=1e-12)
    warmed = math.fsum(min(t / W, math.sqrt(W / t)) for t in range(1, T + 1))
    missing = math.sqrt(W) * (W**-1.5 - T**-1.5) / 24
    assert warmed - sums.warmed_inverse_root_sum(T, W) == pytest.approx(missing, rel=1e-2, abs=1e-11)


def test_sums_of_inverse_roots_need_steps() -> None:
    for call in (
        lambda: sums.inverse_root_sum(0),
        lambda: sums.warmed_inverse_root_sum(10, 11),
        lambda: sums.warmed_inverse_root_sum(10, 0),
    ):
        with pytest.raises(UsageError):
            call()


@settings(deadline=None)
@given(st.integers(1, 3000), st.integers(1, 400))
def test_inverse_sqrt(T: int, W: int) -> None:
    found = sums.inverse_sqrt_sums(T, W)
    factors = warmed(T, W, (math.sqrt(W / t) for t in range(W + 1, T + 1)))
    # To rounding of the sums, and 1e-12 of the stated error.
    assert found[0] == pytest.approx(math.fsum(factors), rel=1e-14, abs=1.5e-12 * math.sqrt(W))
    assert found[1] == pytest.approx(math.fsum(c * c for c in factors), rel=1e-14, abs=1.5e-12 * W)


@settings(deadline=None)
@given(st.integers(0, 500), st.one_of(st.just(1.0), st.floats(0.5, 1.05)))
def test_exponential(T: int, rate: float) -> None:
    check(sums.exponential_sums(T, rate), [rate**k for k in range(T)])


@settings(deadline=None)
@given(st.integers(0, 200), st.integers(1, 50), st.one_of(st.just(1.0), st.floats(0.1, 1.1)))
def test_step(T: int, every: int, factor: float) -> None:
    check(sums.step_sums(T, every, factor), [factor ** (k // every) for k in range(T)])


def test_a_rate_within_rounding_of_1_does_not_cancel() -> None:
    for rate in (math.nextafter(1.0, 0.0), math.nextafter(1.0, 2.0), 1 - 1e-12):
        assert sums.exponential_sums(10**6, rate)[0] == pytest.approx(1e6 + (rate - 1) * 5e11, rel=1e-12)
    assert sums.exponential_sums(10**9, 1.1)[0] == math.inf


def test_the_catalogues_sums_count_from_0() -> None:
    """S1 and S2 over t = 0, ..., T - 1, as the catalogue has them, are larger by 1, the first factor, for f = 0."""
    T, g = 1000, 0.999
    assert sums.linear_sums(T)[0] + 1 == (T + 1) / 2
    assert sums.linear_sums(T)[1] + 1 == pytest.approx((T + 1) * (2 * T + 1) / (6 * T), rel=1e-14)
    assert sums.cosine_sums(T)[0] + 1 == (T + 1) / 2
    assert sums.cosine_sums(T)[1] + 1 == pytest.approx(3 * T / 8 + 1 / 2, rel=1e-14)
    emin = 0.1
    assert sums.cosine_sums(T, f=emin)[0] + 1 - emin == pytest.approx(emin * T + (1 - emin) * (T + 1) / 2, rel=1e-14)
    assert sums.exponential_sums(T, g)[0] == pytest.approx((1 - g**T) / (1 - g), rel=1e-12)
    assert sums.constant_sums(T, 100)[0] == 101 / 2 + T - 100
    # The catalogue's last D factors are (T - t + 1)/(D + 1): D/2, here (D - 1)/2.
    assert sums.wsd_sums(T, 100, 200)[0] == 101 / 2 + (T - 300) + 200 / 2 - 1 / 2


def test_the_catalogues_inverse_roots() -> None:
    T, W = 10_000, 100
    zeta_half = -1.4603545088
    assert sums.inverse_sqrt_sums(T, 1)[0] == pytest.approx(
        2 * math.sqrt(T) + zeta_half + 1 / (2 * math.sqrt(T)), abs=1e-7
    )
    short = (W + 1) / 2 + math.sqrt(W) * (
        2 * (math.sqrt(T) - math.sqrt(W)) + 1 / (2 * math.sqrt(T)) - 1 / (2 * math.sqrt(W))
    )
    # The next term of the series, sqrt(W) (W^(-3/2) - T^(-3/2))/24, is what the catalogue leaves out.
    missing = math.sqrt(W) * (W**-1.5 - T**-1.5) / 24
    assert sums.inverse_sqrt_sums(T, W)[0] == pytest.approx(short + missing, abs=1e-7)


def test_two_terms_of_the_logarithm_are_as_good_as_the_catalogue_says() -> None:
    x, T = 0.006, 1000
    factors = line(T, 0.0)
    exact = float(exact_product(x, factors).ln())
    estimate = sums.log_shrink_estimate(x, *sums.linear_sums(T))
    assert estimate == pytest.approx(exact, rel=1.3e-5)
    assert estimate > exact  # all terms left out are negative
    assert sums.log_shrink_estimate(x, sums.linear_sums(T)[0], 0.0) != pytest.approx(exact, rel=1e-3)


def test_sums_refuse_a_rate_that_is_not_above_0() -> None:
    for bad in (0.0, -0.5, math.nan, math.inf):
        with pytest.raises(UsageError, match="rate must be"):
            sums.exponential_sums(10, bad)
        with pytest.raises(UsageError, match="factor must be"):
            sums.step_sums(10, 2, bad)


@settings(deadline=None)
@given(st.floats(1e-6, 1.0), st.integers(1, 300))
def test_linear_product(x: float, T: int) -> None:
    expected = float(exact_product(x, [(T - t) / T for t in range(1, T + 1)]))
    assert products.linear_total_shrink(x, T) == pytest.approx(expected, rel=3e-12)


@pytest.mark.parametrize(
    ("x", "T"), [(0.05, 1000), (1.0, 1000), (1e-3, 20_000), (0.97, 500), (1e-12, 500), (1e-300, 9)]
)
def test_linear_product_over_many_steps(x: float, T: int) -> None:
    expected = float(exact_product(x, [(T - t) / T for t in range(1, T + 1)]))
    assert products.linear_total_shrink(x, T) == pytest.approx(expected, rel=5e-16 * T + 1e-12)
    if x == 0.05:
        a = T / x  # the catalogue's form, over t = 0, ..., T - 1
        catalogue = math.exp(T * math.log(x / T) + math.lgamma(a) - math.lgamma(a - T))
        assert (1 - x) * products.linear_total_shrink(x, T) == pytest.approx(catalogue, rel=1e-9)


@settings(deadline=None)
@given(st.floats(0.0, 0.99), st.floats(0.01, 0.999), st.integers(0, 300))
def test_exponential_product(x: float, rate: float, T: int) -> None:
    expected = float(exact_product(x, [rate**k for k in range(T)]))
    assert products.exponential_total_shrink(x, rate, T) == pytest.approx(expected, rel=1e-11, abs=1e-300)


def test_the_residual_fraction_of_the_catalogue() -> None:
    x, rate = 5e-4, 0.999
    assert products.exponential_total_shrink(x, rate) == pytest.approx(0.60649273, abs=5e-9)
    factors = list(islice((rate**k for k in count()), 40_000))
    assert products.exponential_total_shrink(x, rate) == pytest.approx(float(exact_product(x, factors)), rel=1e-12)
    assert products.exponential_total_shrink(0.0, 0.5) == 1.0


def test_products_refuse_what_they_do_not_hold_for() -> None:
    for x in (0.0, -0.1, 1.1, math.nan):
        with pytest.raises(UsageError, match="between 0 and 1"):
            products.linear_total_shrink(x, 10)
    for x in (-0.1, 0.999, 1.0, math.nan):
        with pytest.raises(UsageError, match="at most"):
            products.exponential_total_shrink(x, 0.5)
    with pytest.raises(UsageError, match="rate"):
        products.exponential_total_shrink(0.1, 1.0)
