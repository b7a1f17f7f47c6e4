"""When a weight is down to a fraction of what it was, under a schedule.

`first_step_at_or_below` and `time_at_or_below` multiply the steps out and are exact. The other functions are closed
forms: the sum of the factors is replaced by an integral and ln(1 - x factor) by -x factor, so that the time t solves
integral_0^t factor = A, where A = ln(1/fraction)/x. They are right to about one step for A up to about 1/x, apart from
the end of a schedule that falls to 0, where time is ill-determined. They return steps with a fraction of a step, or
None where the weight never gets there.

T steps in all, W of warm-up, D of final decay, f the factor at the last step; `fraction` is the part of |w| that is to remain.

Holds when: nothing but decay moves the weight.
Source: docs/theory.md 1.4.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from adamw_cli.theory import _checks
from adamw_cli.theory._numbers import tie_tolerance
from adamw_cli.theory.half_life import log_shrink

_NEWTON_STEPS = 200


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


def _area(x: float, fraction: float) -> float | None:
    """A = ln(1/fraction)/x, or None where nothing decays, or not within as many steps as a float can hold."""
    _checks.fraction("fraction", fraction)
    area = -math.log(fraction) / x if _checks.number("lr * weight_decay", x) > 0.0 else math.inf
    return area if math.isfinite(area) else None


def _in_warmup(area: float, W: int) -> float:
    """Within the warm-up: A = t (t + 1)/(2W)."""
    return max(math.sqrt(2 * area * W) - 0.5, 0.0)


def _on_line(area: float, N: float, f: float) -> float | None:
    """Time along a line from 1 to f in N steps: A = t - (1 - f) t^2/(2N)."""
    inside = 1 - 2 * (1 - f) * area / N if N else -1.0
    reach = N * (1 + f) / 2
    return 2 * area / (1 + math.sqrt(max(inside, 0.0))) if area <= reach else None


def constant_time(x: float, W: int = 0, fraction: float = 0.5) -> float | None:
    """Steps until |w| is down to a fraction, warm-up and then 1: A + W/2 - 1/2 if A > W/2, else sqrt(2AW) - 1/2, A = ln(1/fraction)/x; A for W = 0.

    Holds when: x is far below 1.

    >>> f"{constant_time(5e-4, 1000):.1f}", f"{constant_time(5e-4, 10_000):.2f}"
    ('1885.8', '5265.04')

    """
    area = _area(x, fraction)
    if area is None or W == 0:
        return area
    return area + W / 2 - 0.5 if area > W / 2 else _in_warmup(area, W)


def linear_time(x: float, T: int, W: int = 0, f: float = 0.0, fraction: float = 0.5) -> float | None:
    """Steps until |w| is down to a fraction, warm-up and then a line: T (1 - sqrt(1 - 2A/T)) if A = ln(1/fraction)/x <= T/2, for W = f = 0.

    Holds when: x is far below 1.

    >>> f"{linear_time(5e-4, 10_000):.2f}", linear_time(1e-4, 10_000)
    ('1498.58', None)

    """
    area = _area(x, fraction)
    if area is None or area <= W / 2:
        return area if area is None else _in_warmup(area, W)
    t = _on_line(area - W / 2, T - W, f)
    return t if t is None else W + t


def cosine_time(x: float, T: int, W: int = 0, f: float = 0.0, fraction: float = 0.5) -> float | None:
    """Steps until |w| is down to a fraction, warm-up and then half a cosine: W + root of f t + (1 - f)(t + (N/pi) sin(pi t/N))/2 = A - W/2.

    N = T - W and A = ln(1/fraction)/x. Newton's method from A - W/2, kept in (0, N) by bisection; never if A - W/2 > N (1 + f)/2.

    Holds when: x is far below 1.

    >>> f"{cosine_time(5e-4, 10_000):.2f}", cosine_time(1e-4, 10_000)
    ('1409.08', None)

    """
    area = _area(x, fraction)
    if area is None or area <= W / 2:
        return area if area is None else _in_warmup(area, W)
    area, N = area - W / 2, T - W
    if area > N * (1 + f) / 2:
        return None
    low, high = 0.0, float(N)
    t = min(area, high)
    for _ in range(_NEWTON_STEPS):
        angle = math.pi * t / N
        excess = f * t + (1 - f) * (t + N / math.pi * math.sin(angle)) / 2 - area
        low, high = (low, t) if excess > 0 else (t, high)
        slope = f + (1 - f) * (1 + math.cos(angle)) / 2
        moved = t - excess / slope if slope > 0 else high
        if not low <= moved <= high:
            moved = (low + high) / 2
        if abs(moved - t) <= 1e-14 * N:
            break
        t = moved
    return W + t


def wsd_time(x: float, T: int, W: int, D: int, f: float = 0.0, fraction: float = 0.5) -> float | None:
    """Steps until |w| is down to a fraction, warm-up, 1, then a line: T - D + D (1 - sqrt(1 - 2r/D)), for f = 0.

    S = T - D - W steps at 1, r = A - W/2 - S and A = ln(1/fraction)/x; as `constant_time` if A <= W/2 + S, never if 2r > D.

    Holds when: x is far below 1.

    >>> f"{wsd_time(5e-4, 10_000, 1000, 2000):.1f}"
    '1885.8'

    """
    area = _area(x, fraction)
    if area is None or area <= W / 2 + (T - D - W):
        return area if area is None else constant_time(x, W, fraction)
    t = _on_line(area - W / 2 - (T - D - W), D, f)
    return t if t is None else T - D + t


def inverse_sqrt_time(x: float, W: int, fraction: float = 0.5) -> float | None:
    """Steps until |w| is down to a fraction, warm-up and then sqrt(W/t): (sqrt(W) + (A - W/2)/(2 sqrt(W)))^2 if A = ln(1/fraction)/x > W/2.

    Holds when: x is far below 1.

    >>> f"{inverse_sqrt_time(5e-4, 1000):.1f}"
    '2082.7'

    """
    area = _area(x, fraction)
    if area is None or area <= W / 2:
        return area if area is None else _in_warmup(area, W)
    return (math.sqrt(W) + (area - W / 2) / (2 * math.sqrt(W))) ** 2


def exponential_time(x: float, rate: float, fraction: float = 0.5) -> float | None:
    """Steps until |w| is down to a fraction, rate^(t-1): ln(1 - A (1 - g))/ln g, g = `rate`, if A = ln(1/fraction)/x < 1/(1 - g).

    Holds when: x is far below 1.

    >>> f"{exponential_time(5e-4, 0.9999):.2f}", exponential_time(5e-4, 0.999)
    ('1492.23', None)

    """
    area = _area(x, fraction)
    _checks.positive("rate", rate)
    if area is None or rate == 1.0:
        return area
    reached = area * (1 - rate)
    return math.log1p(-reached) / math.log(rate) if reached < 1 else None


def step_time(x: float, every: int, factor: float, fraction: float = 0.5) -> float | None:
    """Steps until |w| is down to a fraction, factor^floor((t-1)/s): j s + (A - s (1 - g^j)/(1 - g))/g^j, if A = ln(1/fraction)/x < s/(1 - g).

    j = floor(ln(1 - A (1 - g)/s)/ln g) full blocks of s = `every` steps, then the rest of A at the factor g^j.

    Holds when: x is far below 1.

    >>> step_time(math.log(2) / 3.0, 2, 0.5), step_time(math.log(2) / 4.0, 2, 0.5)
    (4.0, None)

    """
    area = _area(x, fraction)
    _checks.positive("factor", factor)
    if area is None or factor == 1.0:
        return area
    reached = area * (1 - factor) / every
    if reached >= 1:
        return None
    j = math.floor(math.log1p(-reached) / math.log(factor))
    done = every * math.expm1(j * math.log(factor)) / (factor - 1)
    return j * every + (area - done) / factor**j
