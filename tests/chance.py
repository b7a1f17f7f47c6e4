"""Means over independent trials against theory, as intervals with a stated rate of false alarms.

For N independent normal numbers of mean T, (mean - T)/(s/sqrt(N)) has Student's t distribution with N - 1 degrees of freedom, whatever
their variance is. A trial's number here is itself a mean over thousands of steps, or many coordinates, so that it is nearly normal.
An interval of z standard errors, z chosen so that P(|t| > z) is FALSE_ALARM, misses T that often if theory is right: FALSE_ALARM times
the number of intervals bounds the probability that any test fails by chance. Seeds are fixed, so a test that passes goes on passing;
what the rate says is that none had to be chosen.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from functools import cache

# Of one interval; and of one of thousands, for tests that look at everything.
FALSE_ALARM, OF_THOUSANDS = 1e-8, 1e-11


def two_sided_tail(t: float, degrees: int) -> float:
    """P(|t| > t) of Student's distribution: finite sums of Abramowitz and Stegun, 26.7.3 and 26.7.4."""
    theta = math.atan(t / math.sqrt(degrees))
    cosine = math.cos(theta)
    terms, term = [], 1.0
    if degrees % 2:
        term = cosine
        for k in range(1, degrees - 1, 2):
            terms.append(term)
            term *= cosine * cosine * (k + 1) / (k + 2)
        inside = 2.0 / math.pi * (theta + math.sin(theta) * math.fsum(terms))
    else:
        for k in range(0, degrees - 1, 2):
            terms.append(term)
            term *= cosine * cosine * (k + 1) / (k + 2)
        inside = math.sin(theta) * math.fsum(terms)
    return 1.0 - inside


@cache
def standard_errors(trials: int, false_alarm: float = FALSE_ALARM) -> float:
    """How many an interval takes, for so many trials."""
    low, high = 0.0, 1e4
    while low < (middle := (low + high) / 2.0) < high:
        low, high = (middle, high) if two_sided_tail(middle, trials - 1) > false_alarm else (low, middle)
    return high


def near(values: Sequence[float], theory: float, error: float = 0.0, false_alarm: float = FALSE_ALARM) -> bool:
    """Whether the mean of independent trials is where theory has it.

    values : one number for each trial.
    error : how far theory itself may be off, as a part of it.
    """
    by_chance = standard_errors(len(values), false_alarm) * statistics.stdev(values) / math.sqrt(len(values))
    return abs(statistics.fmean(values) - theory) <= by_chance + error * abs(theory)
