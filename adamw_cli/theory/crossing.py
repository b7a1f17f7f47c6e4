"""When a weight is down to a fraction of what it was, under a schedule.

The steps are multiplied out, which is exact for every schedule; `fraction` is the part of |w| that is to remain.

Holds when: nothing but decay moves the weight.
Source: docs/theory.md 1.4.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from adamw_cli.theory import _checks
from adamw_cli.theory._numbers import tie_tolerance
from adamw_cli.theory.half_life import log_shrink


def _walk(x: float, factors: Iterable[float], fraction: float) -> tuple[int, float, float] | None:
    """First step at or below the fraction, ln|w| before it and the step's own logarithm."""
    _checks.number("lr * weight_decay", x)
    wanted = math.log(_checks.fraction("fraction", fraction))
    total = lost = 0.0  # Neumaier's sum: a million logarithms of 1e-7 keep all their digits
    for n, factor in enumerate(factors, start=1):
        last = log_shrink(_checks.number("lr * weight_decay * schedule", x * factor))
        if last == -math.inf:
            return n, total + lost, last
        before = total
        total += last
        lost += (before - total) + last if abs(before) >= abs(last) else (last - total) + before
        if total + lost <= wanted + tie_tolerance(wanted, last):
            return n, total + lost - last, last
    return None


def first_step_at_or_below(x: float, factors: Iterable[float], fraction: float = 0.5) -> int | None:
    """First step at which |w| is down to a fraction: the first n with |prod_{t<=n} (1 - x factor_t)| <= fraction.

    Exact, apart from ties: within 1e-9 of a step counts as reached, as in `half_life.crossing_step`. None if `factors` ends
    before; they are read no further than to that step.

    >>> from itertools import repeat
    >>> first_step_at_or_below(0.01, repeat(1.0)), first_step_at_or_below(1e-3, [1.0] * 600)
    (69, None)
    >>> first_step_at_or_below(5e-4, (1 - t / 10_000 for t in range(10_000)))
    1499

    """
    found = _walk(x, factors, fraction)
    return found[0] if found else None


def time_at_or_below(x: float, factors: Iterable[float], fraction: float = 0.5) -> float | None:
    """Steps until |w| is down to a fraction, as the metric `half_life` has it: (n - 1) + ln(|w_{n-1}|/h) / ln(|w_{n-1}|/|w_n|).

    n is `first_step_at_or_below` and h = fraction |w_0|: geometric between the two steps, which under a constant schedule
    gives ln(fraction)/ln|1 - x|.

    >>> f"{time_at_or_below(0.01, [1.0] * 100):.6f}"
    '68.967564'

    """
    found = _walk(x, factors, fraction)
    if found is None:
        return None
    n, before, last = found
    return n - 1 + (math.log(fraction) - before) / last
