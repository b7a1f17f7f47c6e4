"""Which weight decay gives a half-life or a total shrink that is asked for; for lr put weight decay in its place.

Decay alone depends on x = lr * weight_decay only, so each problem is solved for x and divided by the one that is given.
Of all solutions these are the monotone ones, 0 < x factor < 1 at every step.

Holds when: nothing but decay moves the weight.
Source: docs/theory.md 1.5.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import islice

from adamw_cli.errors import UsageError
from adamw_cli.theory import _checks

_ITERATIONS = 200
_LOG_ERROR = 1e-6  # of ln(shrink): more than this, and the answer is not the one that was asked for


def _divided(x: float, lr: float) -> float:
    result = x / _checks.positive("lr", lr)
    if not 0.0 < result < math.inf:
        raise UsageError(
            f"what this needs, {x:g} / {lr:g}, is outside the range of floating-point numbers",
            "ask for fewer or more steps",
        )
    return result


def weight_decay_for_half_life(lr: float, steps: float, fraction: float = 0.5) -> float:
    """Weight decay with this half-life at a constant learning rate: (1 - fraction^(1/steps)) / lr.

    Holds when: lr is constant.

    >>> f"{weight_decay_for_half_life(3e-4, 1234):.6f}"
    '1.871833'

    """
    _checks.positive("target_steps", steps)
    return _divided(-math.expm1(math.log(_checks.fraction("fraction", fraction)) / steps), lr)


def weight_decay_for_total_shrink(lr: float, factors: Iterable[float], shrink: float) -> float:
    """Weight decay with which a run ends at `shrink` times the starting weight: x/lr, x the root of sum_t ln(1 - x factor_t) = ln(shrink).

    The sum is decreasing and concave in x on (0, 1/max factor), so Newton's method from above comes down to the root
    without crossing it. It starts from the root of the first two terms, x S1 + x^2 S2/2 = ln(1/shrink), which, like
    ln(1/shrink)/S1, is an upper bound; bisection takes over where that lies beyond 1/max factor.

    Holds when: each factor is at least 0, and not all are 0.

    >>> f"{weight_decay_for_total_shrink(0.1, [1.0, 0.5], (1 - 0.02) * (1 - 0.01)):.9f}"
    '0.200000000'

    """
    wanted = math.log(_checks.fraction("shrink", shrink))
    active = [factor for factor in factors if factor != 0.0]
    if not all(0.0 < factor < math.inf for factor in active):
        raise UsageError("a schedule's factors must be finite and at least 0", "check the schedule's parameters")
    if not active:
        raise UsageError("the schedule is 0 at every step, so no weight decay shrinks a weight", "use another schedule")
    top = max(active)
    scaled = [factor / top for factor in active]  # y = x top lies in (0, 1)
    s1, s2 = math.fsum(scaled), math.fsum(c * c for c in scaled)
    low, high = 0.0, 1.0
    y = -2.0 * wanted / (s1 + math.sqrt(s1 * s1 - 2.0 * s2 * wanted))
    excess = math.inf
    for _ in range(_ITERATIONS):
        if not low < y < high:
            y = low + (high - low) / 2
            if not low < y < high:
                break
        excess = math.fsum(math.log1p(-y * c) for c in scaled) - wanted
        low, high = (y, high) if excess > 0.0 else (low, y)
        step = excess / math.fsum(c / (1.0 - y * c) for c in scaled)
        if abs(step) <= 2e-16 * y:
            break
        y += step
    if abs(excess) > _LOG_ERROR * abs(wanted):
        raise UsageError(
            f"a total shrink of {shrink:g} in {len(active)} steps needs lr * weight_decay within rounding of 1",
            "ask for a shrink nearer to 1, or for more steps",
        )
    return _divided(y / top, lr)


def weight_decay_for_half_life_step(lr: float, factors: Iterable[float], step: int, fraction: float = 0.5) -> float:
    """Weight decay with which a weight is down to `fraction` at a step of a schedule: `weight_decay_for_total_shrink` of its first steps.

    No more of `factors` is read than these.

    >>> f"{weight_decay_for_half_life_step(0.1, [0.5, 1.0], 1):.9f}"
    '10.000000000'

    """
    if step < 1:
        raise UsageError(f"target_steps must be at least 1, not {step}", "give a step of the run, 1 or more")
    first = list(islice(factors, step))
    if len(first) < step:
        raise UsageError(
            f"the weight cannot halve at step {step} of a run of {len(first)} steps",
            "ask for an earlier step or a longer run",
        )
    return weight_decay_for_total_shrink(lr, first, fraction)
