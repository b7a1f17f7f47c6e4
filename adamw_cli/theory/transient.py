"""Blow-up by bias correction inside the stable region of a frozen denominator: heavy ball with lr/(1 - beta1^t).

The first steps of bias-corrected momentum are plain gradient steps, which multiply a weight by 1 - x - kappa rather than
by 1 - x - (1 - beta1) kappa. Plain gradient descent is stable up to kappa = 2 - x only; momentum, later, up to
(2 - x)(1 + beta1)/(1 - beta1). In between the weight first grows, and comes down after bias correction has gone.

Throughout kappa = lr h/D, with curvature h and D = sqrt(v_hat) + eps; the weight is measured from the minimum, from
w_0 = 1 and m_0 = 0.

Holds when: the denominator is constant, as where eps dominates; kappa >= 0, 0 <= x <= 2 and 0 <= beta1 < 1.
Source: docs/theory.md 7.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from adamw_cli.errors import UsageError
from adamw_cli.theory import _checks
from adamw_cli.theory.frozen import stability_threshold

_MOST_BETA1 = 0.9999
_MEMORIES = 80  # all that is left of the first steps, or of a mode that dies faster, is below exp(-40)


def _amplified(kappa: float, x: float, beta1: float) -> Iterator[tuple[float, int]]:
    """w_0, w_1, ... as (mantissa, exponent of 2), which do not overflow."""
    w, m, power = 1.0, 0.0, 0
    log_beta1 = math.log(beta1) if beta1 > 0.0 else -math.inf
    t = 0
    while True:
        yield w, power
        t += 1
        m = beta1 * m + (1.0 - beta1) * w
        w = (1.0 - x) * w + kappa * m / math.expm1(t * log_beta1)
        scale = math.frexp(max(abs(w), abs(m)))[1]
        if abs(scale) > 100:
            w, m, power = math.ldexp(w, -scale), math.ldexp(m, -scale), power + scale


def _value(mantissa: float, power: int) -> float:
    try:
        return math.ldexp(mantissa, power)
    except OverflowError:
        return math.copysign(math.inf, mantissa)


def amplification_path(kappa: float, x: float, beta1: float, steps: int) -> list[float]:
    """Weights w_t for t = 0, ..., `steps`: m <- beta1 m + (1 - beta1) w, w <- (1 - x) w - kappa m/(1 - beta1^t).

    Infinite where it is too large for a float, and finite again where it comes back.

    >>> amplification_path(1.5, 0.25, 0.5, 2), amplification_path(0.5, 0.0, 0.0, 3)
    ([1.0, -0.75, -0.3125], [1.0, 0.5, 0.25, 0.125])

    """
    _checks.frozen(kappa, x, beta1)
    _checks.steps(steps)
    return [_value(*step) for step in islice(_amplified(kappa, x, beta1), steps + 1)]


class Peak(NamedTuple):
    """The largest |w_t|/|w_0|, and its t."""

    size: float
    step: int


def bc_transient_peak(kappa: float, x: float, beta1: float) -> Peak:
    """Largest distance that bias correction brings about before a stable run settles, and its step: max_t |w_t|/|w_0| of `amplification_path`.

    (1, 0) where the weight never exceeds its start, as for kappa <= 2 - x nearly always; inf where it is too large for a
    float. Where eps << sqrt(v_hat) the denominator grows along with the gradients and caps a step at about lr.

    Holds when: kappa is below `frozen.stability_threshold`, and beta1 at most 0.9999, as the search goes on for 80/(1 - beta1) steps.

    >>> bc_transient_peak(1.9, 0.0, 0.9)
    Peak(size=1.0, step=0)
    >>> [f"{peak:.3g} {step}" for peak, step in (bc_transient_peak(k, 0.0, 0.9) for k in (19.0, 34.2))]
    ['2.25e+04 7', '6.6e+11 24']

    """
    _checks.frozen(kappa, x, beta1)
    if beta1 > _MOST_BETA1:
        raise UsageError(f"beta1 must be at most {_MOST_BETA1}, not {beta1:g}", "the search would take too long")
    if kappa >= stability_threshold(beta1, x):
        raise UsageError(f"kappa {kappa:g} is not below the threshold of stability", "the weight grows for ever")
    top, at = (0.5, 1), 0  # mantissa and exponent as frexp has them, which compare as the numbers do: 0.5 * 2
    for t, (w, power) in enumerate(islice(_amplified(kappa, x, beta1), math.ceil(_MEMORIES / (1.0 - beta1)))):
        mantissa, more = math.frexp(abs(w))
        if mantissa > 0.0 and (more + power, mantissa) > (top[1], top[0]):
            top, at = (mantissa, more + power), t
    return Peak(_value(*top), at)
