"""Powers and logarithms that keep their digits where the plain expression would lose them, and never overflow."""

from __future__ import annotations

import math

# Of a sum that is added up term by term; some seconds' work.
MOST_TERMS = 10_000_000
# A crossing that is missed by less than this counts: x itself is rounded, and so is a weight in a run.
TIE_STEPS = 1e-9
TIE_RELATIVE = 4e-15


def exp(log_size: float) -> float:
    """e^a; inf where that is too large for a float."""
    try:
        return math.exp(log_size)
    except OverflowError:
        return math.inf


def power(base: float, n: int) -> float:
    """base^n, with its sign; infinite where that is too large for a float."""
    try:
        return math.pow(base, n)
    except OverflowError:
        return -math.inf if base < 0.0 and n % 2 else math.inf


def taken_up(beta: float, steps: float) -> float:
    """1 - beta^n, the part of a constant that an average has taken up after n = `steps` steps; 1 for n = inf."""
    left = math.pow(beta, steps)
    return 1.0 - left if left < 0.9 or steps == 0 else -math.expm1(steps * math.log(beta))


def pulled(w0: float, lr: float, u: float, x: float, shrink: float, steps: int) -> float:
    """Weight after t = `steps` steps of w <- (1 - x) w - lr u, as shrink w0 - lr u (1 - shrink)/x with shrink = (1 - x)^t."""
    if x == 0.0:
        return w0 - steps * lr * u
    gone = -math.expm1(steps * math.log1p(-x)) if abs(x) < 0.5 else 1.0 - shrink
    return shrink * w0 - lr * u * (gone / x)


def tie_tolerance(log_fraction: float, last: float) -> float:
    """How far ln|w_n/w_0| may lie above ln(fraction) and still count as there.

    1e-9 of a step, whose logarithm is `last`, or the rounding of ln(fraction), whichever is more.
    """
    return max(TIE_STEPS * abs(last), TIE_RELATIVE * abs(log_fraction))
