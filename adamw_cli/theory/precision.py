"""Decay of weights that are stored with few bits: a step too small for them changes nothing, for ever.

A weight is w = k 2^e with a significand k of p bits, 2^(p-1) <= k < 2^p: p is 8 for bfloat16, 11 for float16, 24 for float32.
One step of decay alone gives round((1 - x) k), x = lr*weight_decay, to the nearest whole number, halves to the even one. All
functions here are exact, with x as the decimal number of 15 digits that its float stands for: 0.1*0.025 is 1/400, as which (1 - x) k
comes out in float64 where it lies half-way between two whole numbers.

Holds when: nothing but decay moves the weight, and lr is constant.
Source: docs/theory.md 10; rounding as in IEEE 754-2019, 4.3.1.
"""

from __future__ import annotations

import math
from fractions import Fraction

from adamw_cli.errors import UsageError
from adamw_cli.theory import _checks

# Ranges of significands in halving_steps; a second's work.
MAX_RANGES = 1 << 17


def _exact(x: float, bits: int) -> Fraction:
    if not 0.0 < x < 1.0:
        raise UsageError(f"lr*weight_decay must lie strictly between 0 and 1, not {x:g}", "so that weights shrink")
    _significant(bits)
    return Fraction(f"{x:.15g}")


def _significant(bits: int) -> int:
    if not 2 <= bits <= 53:
        raise UsageError(f"a significand has 2 to 53 bits, not {bits}", "8 is bfloat16")
    return bits


def all_frozen_up_to(bits: int) -> float:
    """Largest lr*weight_decay that moves no weight at all: 2^-(p + 1), p = `bits`.

    The largest significand is below 2^p, so that x k < 1/2; for a power of two, where numbers below are twice as dense, x k <= 1/4.

    Holds when: (1 - x) w is rounded once, to nearest, and no number is subnormal.

    >>> all_frozen_up_to(8)
    0.001953125

    """
    return math.ldexp(1.0, -(_significant(bits) + 1))


def none_frozen_from(bits: int) -> float:
    """Smallest lr*weight_decay that moves every weight: 2^-p, p = `bits`.

    At x = 2^-p itself the significands 2^(p-1) + 1, ... all move, as x k > 1/2, and a power of two, as its x k = 1/2 > 1/4.

    Holds when: (1 - x) w is rounded once, to nearest, and no number is subnormal.

    >>> none_frozen_from(8)
    0.00390625

    """
    return math.ldexp(1.0, -_significant(bits))


def _is_frozen(k: int, exact: Fraction, bits: int) -> bool:
    """Whether a step of decay leaves a weight with significand k where it is: round((1 - x) k) = k."""
    lost = exact * k
    if k == 1 << (bits - 1):  # an even significand; the next number down is half as far away
        return lost <= Fraction(1, 4)
    return lost < Fraction(1, 2) or (lost == Fraction(1, 2) and k % 2 == 0)


def frozen_fraction(x: float, bits: int) -> float:
    """Part of the 2^(p-1) significands that a step of decay leaves where they are: those with round((1 - x) k) = k.

    Of weights that are spread evenly over significands; over a range of sizes they are a little denser at small ones.

    Holds when: (1 - x) w is rounded once, to nearest, and no number is subnormal.

    >>> frozen_fraction(1e-3, 8), frozen_fraction(3e-3, 8), frozen_fraction(4e-3, 8)
    (1.0, 0.296875, 0.0)

    """
    exact = _exact(x, bits)
    lowest = 1 << (bits - 1)
    last = min(2 * lowest - 1, _last_frozen(exact))
    return (max(0, last - lowest) + _is_frozen(lowest, exact, bits)) / lowest


def _last_frozen(exact: Fraction) -> int:
    """The largest k with round((1 - x) k) = k, were there no other limit to it."""
    limit = 1 / (2 * exact)
    whole = math.floor(limit)
    return whole - 1 if limit == whole and whole % 2 else whole


def stall(w: float, x: float, bits: int) -> float | None:
    """Weight at which decay of w ends though it is not 0: the significand floor(1/(2x)) of its binade.

    A power of two ends in the binade below. For x up to 2^-(p+1) it is w itself; None if it never ends, for x from 2^-p on.

    Holds when: (1 - x) w is rounded once, to nearest, and no number is subnormal.

    >>> [stall(1.9921875, x, 8) for x in (0.0025, 0.003, 0.0035, 0.004)]
    [1.5625, 1.296875, 1.109375, None]

    """
    exact = _exact(x, bits)
    if not (math.isfinite(w) and w):
        raise UsageError(f"the weight must be finite and not 0, not {w:g}")
    fraction, exponent = math.frexp(abs(w))
    scaled = math.ldexp(fraction, bits)
    k = int(scaled)
    if scaled != k:
        raise UsageError(f"{w!r} is no number of {bits} bits", "round it first")
    lowest = 1 << (bits - 1)
    if _is_frozen(k, exact, bits):
        return w
    if k == lowest:  # what moves it takes it into the binade below
        exponent -= 1
    # It loses one unit per step, as x k < 1, and so comes past every significand; at the lowest it falls into the next binade.
    last = _last_frozen(exact)
    return math.copysign(math.ldexp(last, exponent - bits), w) if last > lowest else None


def subnormal_stall(x: float, bits: int) -> int:
    """Multiple of the smallest number at which decay ends for every weight that comes from above: floor(1/(2x)), at most 2^(p-1), p = `bits`.

    Below the smallest normal number 2^(p-1) u all numbers are u apart, and a weight k u stays where round((1 - x) k) = k: up to
    k = 1/(2x). The map never changes the order of two weights, so that none above the largest such k comes past it. 0 if it does not
    end; where 1/(2x) is more than 2^(p-1), weights stall among the normal numbers already, as `stall` says.

    Holds when: (1 - x) w is rounded once, to nearest.

    >>> subnormal_stall(0.1, 4), subnormal_stall(0.01, 11), subnormal_stall(0.6, 8)
    (4, 50, 0)

    """
    return min(_last_frozen(_exact(x, bits)), 1 << (bits - 1))


def rounded(w: float, bits: int) -> float:
    """A number to p = `bits` significant bits, to nearest, halves to even: round(w 2^(p-e)) 2^(e-p) with 2^(e-1) <= |w| < 2^e.

    Holds when: w lies between the format's smallest and largest number.

    >>> rounded(0.1, 8), rounded(-1.00390625, 8), rounded(0.0, 8)
    (0.10009765625, -1.0, 0.0)

    """
    if w == 0.0 or not math.isfinite(w):
        return w
    fraction, exponent = math.frexp(w)
    return math.ldexp(round(math.ldexp(fraction, _significant(bits))), exponent - bits)


def decayed(w: float, x: float, bits: int, steps: int) -> float | None:
    """Weight after some steps of decay, rounded to nearest: |w| less one unit of its binade per step, until `stall`.

    None for x from 2^-p on, where there is no closed form.

    Holds when: (1 - x) w is rounded once, to nearest, and no number is subnormal.

    >>> [decayed(1.0, x, 8, 100) for x in (1e-3, 2e-3, 3e-3, 5e-3)]
    [1.0, 0.9765625, 0.6484375, None]

    """
    end = stall(w, x, bits)
    if end is None or end == w:
        return end
    unit = math.ldexp(1.0, math.frexp(end)[1] - bits)
    return math.copysign(max(abs(end), abs(w) - steps * unit), w)


def effective_decay(x: float, bits: int = 24) -> float:
    """What is left of x after 1 - x has been rounded to p bits, as where the factor is computed in float32: x rounded to a multiple of 2^-p, p = `bits`.

    1 - x lies in [1/2, 1), where numbers are 2^-p apart.

    Holds when: 1 - x is rounded before it multiplies w, and x at most 1/2.

    >>> [f"{effective_decay(x) / x - 1:+.2%}" for x in (1e-6, 1e-7, 2e-8)]
    ['+1.33%', '+19.21%', '-100.00%']

    """
    factor = 1 - _exact(x, bits)
    step = Fraction(2) ** (math.frexp(float(factor))[1] - bits)
    return float(1 - round(factor / step) * step)


def halving_steps(x: float, bits: int) -> int | None:
    """Steps in which a weight that is a power of two is halved, all roundings included: count k -> round((1 - x) k) from 2^p to 2^(p-1), p = `bits`.

    Over a whole range of significands k loses the same number of units per step, so that ranges are counted rather than
    steps. None if it stalls.

    Holds when: (1 - x) w is rounded once, to nearest, and no number is subnormal.

    >>> [halving_steps(x, 8) for x in (0.001, 0.005, 0.01, 0.02)]
    [None, 128, 73, 34]

    """
    exact = _exact(x, bits)
    lowest = 1 << (bits - 1)
    if exact * lowest > MAX_RANGES:
        raise UsageError(f"lr*weight_decay = {x:g} loses too many different numbers of units of {bits} bits")
    k, steps = 2 * lowest, 0
    while k > lowest:
        lost = k - round(k - exact * k)
        if lost == 0:
            return None
        # The smallest k that loses as many: x k rounds to `lost` from (lost - 1/2)/x on.
        smallest = math.floor((lost - Fraction(1, 2)) / exact) + 1
        taken = max(1, (k - max(smallest, lowest + 1)) // lost + 1)
        k, steps = k - taken * lost, steps + taken
    return steps


def stochastic_mean(w: float, x: float, steps: int) -> float:
    """Mean of a weight that is rounded up or down at random, in proportion to how near each is: (1 - x)^T w after T = `steps`.

    Each rounding keeps the mean, whatever the number of bits; where rounding to nearest would stall, the mean still decays.

    Holds when: (1 - x) w is rounded once, at random.

    >>> round(stochastic_mean(1.0, 1e-3, 693), 5)
    0.4999

    """
    _checks.steps(steps)
    return w * math.exp(steps * math.log1p(-float(_exact(x, 53))))
