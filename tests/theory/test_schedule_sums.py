"""Sums of the package's schedules against the closed forms that docs/theory.md and the catalogue state."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adamw_cli.calculators.clock import clock
from tests.theory.loops import exact_product, line

small = st.integers(0, 60)


class Sums(NamedTuple):
    s1: float
    s2: float


def added(factors: Iterable[float]) -> Sums:
    values = list(factors)
    return Sums(math.fsum(values), math.fsum(value * value for value in values))


def sums(T: int, kind: str, **parameters: float) -> Sums:
    return added(clock(kind, parameters, T).factors())


@settings(deadline=None, max_examples=40)
@given(small, st.integers(1, 60), st.integers(2, 60))
def test_what_the_docs_say_of_s1(stable: int, W: int, D: int) -> None:
    T = W + stable + D
    warm = (W + 1) / 2
    assert sums(T, "constant", warmup_steps=W).s1 == pytest.approx(warm + T - W, rel=1e-13)
    for kind in ("cosine", "linear"):
        assert sums(T, kind, warmup_steps=W).s1 == pytest.approx(warm + (T - W - 1) / 2, rel=1e-13)
    wsd = sums(T, "wsd", warmup_steps=W, decay_steps=D)
    assert wsd.s1 == pytest.approx(warm + (T - D - W) + (D - 1) / 2, rel=1e-13)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 500), st.floats(0.5, 0.999))
def test_an_exponential_is_a_geometric_series(T: int, g: float) -> None:
    found = sums(T, "exponential", rate=g)
    assert found.s1 == pytest.approx((1 - g**T) / (1 - g), rel=1e-11)
    assert found.s2 == pytest.approx((1 - g ** (2 * T)) / (1 - g * g), rel=1e-11)


def test_the_catalogues_sums_count_from_0() -> None:
    """S1 and S2 over t = 0, ..., T - 1, as the catalogue has them, are larger by 1, the first factor."""
    T = 1000
    assert sums(T, "linear").s1 + 1 == pytest.approx((T + 1) / 2, rel=1e-14)
    assert sums(T, "linear").s2 + 1 == pytest.approx((T + 1) * (2 * T + 1) / (6 * T), rel=1e-14)
    assert sums(T, "cosine").s1 + 1 == pytest.approx((T + 1) / 2, rel=1e-14)
    assert sums(T, "cosine").s2 + 1 == pytest.approx(3 * T / 8 + 1 / 2, rel=1e-14)
    emin, s, g = 0.1, 50, 0.8
    lifted = sums(T, "cosine", final_fraction=emin).s1 + 1 - emin
    assert lifted == pytest.approx(emin * T + (1 - emin) * (T + 1) / 2, rel=1e-14)
    assert sums(T, "step", every=s, factor=g).s1 == pytest.approx(s * (1 - g ** (T / s)) / (1 - g), rel=1e-13)


def test_two_terms_of_the_logarithm_are_as_good_as_the_catalogue_says() -> None:
    x, T = 0.006, 1000
    factors = line(T, 0.0)
    exact = float(exact_product(x, factors).ln())
    s1, s2 = added(factors)
    assert -x * s1 - x * x * s2 / 2 == pytest.approx(exact, rel=1.3e-5)
    assert -x * s1 - x * x * s2 / 2 > exact  # all terms left out are negative
    assert -x * s1 != pytest.approx(exact, rel=1e-3)
