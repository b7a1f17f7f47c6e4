"""Decay with few bits: against arithmetic in those bits, done by numpy, by ml_dtypes where it is there, and by hand."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adamw_cli.errors import UsageError
from adamw_cli.theory import precision

BITS = {"float16": 11, "float32": 24}
# Of the catalogue, section 10.
COUNTS = [(1e-6, 128), (1e-4, 128), (1e-3, 128), (1.953125e-3, 128), (2e-3, 122), (3e-3, 38), (4e-3, 0), (1e-2, 0)]


def rounded(value: Fraction, bits: int) -> Fraction:
    """To `bits` significant bits, halves to even; by definition, one number at a time."""
    exponent = 0
    while abs(value) >= 2 ** (exponent + 1):
        exponent += 1
    while abs(value) < Fraction(2) ** exponent:
        exponent -= 1
    unit = Fraction(2) ** (exponent - bits + 1)
    return round(value / unit) * unit


def step(w: Fraction, x: float, bits: int) -> Fraction:
    return rounded((1 - decimal(x)) * w, bits)


def decimal(x: float) -> Fraction:
    return Fraction(f"{x:.15g}")


@pytest.mark.parametrize(("x", "count"), COUNTS)
def test_how_many_of_128_significands_are_frozen_in_bfloat16(x: float, count: int) -> None:
    moved = [step(Fraction(k), x, 8) != k for k in range(128, 256)]
    assert [precision.stall(float(k), x, 8) != k for k in range(128, 256)] == moved
    assert precision.frozen_fraction(x, 8) == moved.count(False) / 128 == count / 128


@settings(deadline=None)
@given(st.floats(1e-5, 0.3), st.integers(3, 11))
def test_the_frozen_part_is_a_count(x: float, bits: int) -> None:
    lowest = 1 << (bits - 1)
    frozen = sum(step(Fraction(k), x, bits) == k for k in range(lowest, 2 * lowest))
    assert precision.frozen_fraction(x, bits) == frozen / lowest


@pytest.mark.parametrize("bits", range(2, 12))
def test_the_two_thresholds(bits: int) -> None:
    low, high = precision.all_frozen_up_to(bits), precision.none_frozen_from(bits)
    assert precision.frozen_fraction(low, bits) == 1.0 > precision.frozen_fraction(low * 1.01, bits)
    below = high * (1 - 1.01 / 2 ** (bits - 1))
    assert precision.frozen_fraction(high, bits) == 0.0
    assert bits < 3 or precision.frozen_fraction(below, bits) > 0.0


@settings(deadline=None)
@given(st.integers(3, 9), st.floats(1e-4, 0.2), st.integers(-3, 3), st.data())
def test_where_decay_ends(bits: int, x: float, exponent: int, data: st.DataObject) -> None:
    lowest = 1 << (bits - 1)
    k = data.draw(st.integers(lowest, 2 * lowest - 1))
    start = math.ldexp(k, exponent)
    w = Fraction(start)
    stuck = False
    while not stuck and w > Fraction(start) / 4:  # below the binade it does not stop, or would have stopped in it
        after = step(w, x, bits)
        stuck, w = after == w, after
    found = precision.stall(start, x, bits)
    assert found == (float(w) if stuck else None)
    assert precision.stall(-start, x, bits) == (None if found is None else -found)


@pytest.mark.parametrize(("x", "weight"), [(0.0025, 1.5625), (0.003, 1.296875), (0.0035, 1.109375)])
def test_the_catalogues_stalled_weights(x: float, weight: float) -> None:
    assert precision.stall(1.9921875, x, 8) == weight


@settings(deadline=None)
@given(st.floats(1e-3, 0.4), st.integers(3, 11))
def test_halving_is_a_count_of_steps(x: float, bits: int) -> None:
    w, steps = Fraction(1), 0
    while w > Fraction(1, 2):
        after = step(w, x, bits)
        if after == w:
            break
        w, steps = after, steps + 1
    assert precision.halving_steps(x, bits) == (steps if w <= Fraction(1, 2) else None)


@pytest.mark.parametrize(("x", "steps"), [(1e-6, 683_211), (3e-7, 2_292_886)])
def test_halving_in_float32_with_the_factor_rounded_as_well(x: float, steps: int) -> None:
    """The catalogue's 10.5: the factor is cast to float32 before it multiplies."""
    assert precision.halving_steps(precision.effective_decay(x), 24) == pytest.approx(steps, abs=2)


def test_halving_in_float32_step_by_step() -> None:
    factor, w, count = np.float32(1.0 - 3e-5), np.float32(1.0), 0
    while w > np.float32(0.5):
        w *= factor
        count += 1
    assert precision.halving_steps(precision.effective_decay(3e-5), 24) == count


@pytest.mark.parametrize("x", [0.9, 0.5, 0.3, 1e-2, 1e-4, 1e-6, 1e-7, 5e-8, 3e-8, 2e-8, 1e-12])
def test_the_factor_in_float32(x: float) -> None:
    assert precision.effective_decay(x) == float(1 - Fraction(float(np.float32(1.0 - x))))


@settings(deadline=None)
@given(st.floats(1e-9, 0.999), st.integers(2, 24))
def test_the_factor_in_any_format(x: float, bits: int) -> None:
    assert Fraction(precision.effective_decay(x, bits)) == 1 - rounded(1 - decimal(x), bits)


def test_rounding_at_random_keeps_the_mean() -> None:
    """Of 4000 weights, within 6 standard errors, which happens by chance once in 5e8 times."""
    rng = np.random.default_rng(3)
    w, x, unit = np.ones(4000), 1e-3, 2.0**-8
    for _ in range(693):
        exact = (1 - x) * w
        size = unit * np.exp2(np.floor(np.log2(exact)) + 1)
        w = np.floor(exact / size + rng.random(w.size)) * size
    mean, error = w.mean(), w.std(ddof=1) / math.sqrt(w.size)
    assert abs(mean - precision.stochastic_mean(1.0, x, 693)) < 6 * error
    assert precision.halving_steps(x, 8) is None


@pytest.mark.parametrize(
    "call",
    [
        lambda: precision.frozen_fraction(0.0, 8),
        lambda: precision.frozen_fraction(1.0, 8),
        lambda: precision.frozen_fraction(math.nan, 8),
        lambda: precision.frozen_fraction(0.1, 1),
        lambda: precision.stall(0.0, 0.1, 8),
        lambda: precision.stall(1.0 + 2.0**-9, 0.1, 8),
        lambda: precision.halving_steps(0.1, 40),
        lambda: precision.stochastic_mean(1.0, 0.1, -1),
    ],
)
def test_what_makes_no_sense_is_refused(call: object) -> None:
    with pytest.raises(UsageError):
        call()  # type: ignore[operator]
