"""Sums of a schedule's factors, S1 = sum factor(t) and S2 = sum factor(t)^2 over t = 1, ..., T.

They explain the total shrink, of which `half_life.total_shrink` has the exact product. docs/theory.md has S1 in closed form for
the package's schedules.

Source: docs/theory.md 1.4.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple


class Sums(NamedTuple):
    """Sums of a schedule's factors and of their squares."""

    s1: float
    s2: float


def schedule_sums(factors: Iterable[float]) -> Sums:
    """Sums of a schedule's factors and of their squares: S1 = sum_t factor_t and S2 = sum_t factor_t^2.

    A line and half a cosine down to the same end have the same S1, so that the two shrink alike to first order; they differ by
    S2, nearly T/3 against 3T/8.

    Holds when: t counts from 1 to T.

    >>> schedule_sums(1 - t / 8 for t in range(1, 9))
    Sums(s1=3.5, s2=2.1875)

    """
    values = list(factors)
    return Sums(math.fsum(values), math.fsum(value * value for value in values))


def log_shrink_estimate(x: float, s1: float, s2: float) -> float:
    """Logarithm of the total shrink, to second order: ln(w_T/w_0) ~ -x S1 - x^2 S2/2.

    Low by x^3 S3/3 and smaller terms, where S3 is the sum of third powers.

    Holds when: nothing but decay moves the weight, and x is far below 1.

    >>> f"{log_shrink_estimate(0.01, 100.0, 100.0):.6f}", f"{100 * math.log1p(-0.01):.6f}"
    ('-1.005000', '-1.005034')

    """
    return -x * s1 - x * x * s2 / 2.0
