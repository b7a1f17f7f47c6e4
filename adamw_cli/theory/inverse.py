"""Which weight decay, or which learning rate, gives a half-life or a total shrink that is asked for.

Decay alone depends on x = lr * weight_decay only, so each problem is solved for x and divided by the one that is given.
Of all solutions these are the monotone ones, 0 < x factor < 1 at every step. No gradient is assumed.

Source: catalogue 1.5.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import islice

from adamw_cli.errors import UsageError
from adamw_cli.theory import _checks

_ITERATIONS = 200
_LOG_ERROR = 1e-6  # of ln(shrink): more than this, and the answer is not the one that was asked for


def _divided(x: float, given: float, wanted: str) -> float:
    result = x / given
    if not 0.0 < result < math.inf:
        raise UsageError(
            f"the {wanted} that this needs, {x:g} / {given:g}, is outside the range of floating-point numbers",
            "ask for fewer or more steps",
        )
    return result


def decay_for_half_life(steps: float, fraction: float = 0.5) -> float:
    """The x = lr * weight_decay that leaves `fraction` of a weight after `steps`: 1 - fraction^(1/steps), through expm1.

    Parameters
    ----------
    steps : in steps, above 0; need not be whole.
    fraction : the part that is to remain, between 0 and 1.

    Source: catalogue 1.5.

    >>> decay_for_half_life(1.0), f"{decay_for_half_life(2, fraction=0.81):.12f}"
    (0.5, '0.100000000000')

    """
    _checks.positive("target_steps", steps)
    return -math.expm1(math.log(_checks.fraction("fraction", fraction)) / steps)


def weight_decay_for_half_life(lr: float, steps: float, fraction: float = 0.5) -> float:
    """Weight decay with this half-life at a constant learning rate: (1 - fraction^(1/steps)) / lr.

    Source: catalogue 1.5.

    >>> f"{weight_decay_for_half_life(3e-4, 1234):.6f}"
    '1.871833'

    """
    return _divided(decay_for_half_life(steps, fraction), _checks.positive("lr", lr), "weight decay")


def lr_for_half_life(weight_decay: float, steps: float, fraction: float = 0.5) -> float:
    """Learning rate with this half-life at a given weight decay: (1 - fraction^(1/steps)) / weight_decay.

    Source: catalogue 1.5.

    >>> f"{lr_for_half_life(0.1, 6931.13):.6f}"
    '0.001000'

    """
    return _divided(decay_for_half_life(steps, fraction), _checks.positive("weight_decay", weight_decay), "lr")


def decay_for_total_shrink(factors: Iterable[float], shrink: float) -> float:
    """The x = lr * weight_decay with prod_t (1 - x factor_t) = shrink: the root of sum ln(1 - x factor_t) = ln(shrink).

    The sum is decreasing and concave in x on (0, 1/max factor), so Newton's method from above comes down to the root
    without crossing it. It starts from the root of the first two terms, x S1 + x^2 S2/2 = ln(1/shrink), which, like
    ln(1/shrink)/S1, is an upper bound; bisection takes over where that lies beyond 1/max factor.

    Parameters
    ----------
    factors : the schedule's factor at every step, each at least 0 and not all 0.
    shrink : w_T / w_0 asked for, between 0 and 1.

    Source: catalogue 1.5.

    >>> decay_for_total_shrink([1.0], 0.25), f"{decay_for_total_shrink([1.0, 1.0], 0.25):.12f}"
    (0.75, '0.500000000000')

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
    return y / top


def weight_decay_for_total_shrink(lr: float, factors: Iterable[float], shrink: float) -> float:
    """Weight decay with which a run with these factors ends at `shrink` times the starting weight.

    Parameters
    ----------
    lr : learning rate, multiplied by the factors.
    factors : the schedule's factor at every step.
    shrink : w_T / w_0 asked for, between 0 and 1.

    Source: catalogue 1.5.

    >>> f"{weight_decay_for_total_shrink(0.1, [1.0, 0.5], (1 - 0.02) * (1 - 0.01)):.9f}"
    '0.200000000'

    """
    return _divided(decay_for_total_shrink(factors, shrink), _checks.positive("lr", lr), "weight decay")


def lr_for_total_shrink(weight_decay: float, factors: Iterable[float], shrink: float) -> float:
    """Learning rate with which a run with these factors ends at `shrink` times the starting weight.

    Source: catalogue 1.5.

    >>> f"{lr_for_total_shrink(0.2, [1.0, 0.5], (1 - 0.02) * (1 - 0.01)):.9f}"
    '0.100000000'

    """
    return _divided(decay_for_total_shrink(factors, shrink), _checks.positive("weight_decay", weight_decay), "lr")


def decay_for_half_life_step(factors: Iterable[float], step: int, fraction: float = 0.5) -> float:
    """The x = lr * weight_decay with which `fraction` of a weight is left after step `step` of a schedule.

    `decay_for_total_shrink` of the first `step` factors; no more of `factors` is read.

    >>> f"{decay_for_half_life_step([1.0, 1.0, 0.0], 2, fraction=0.25):.9f}"
    '0.500000000'

    """
    if step < 1:
        raise UsageError(f"target_steps must be at least 1, not {step}", "give a step of the run, 1 or more")
    first = list(islice(factors, step))
    if len(first) < step:
        raise UsageError(
            f"the weight cannot halve at step {step} of a run of {len(first)} steps",
            "ask for an earlier step or a longer run",
        )
    return decay_for_total_shrink(first, fraction)


def weight_decay_for_half_life_step(lr: float, factors: Iterable[float], step: int, fraction: float = 0.5) -> float:
    """Weight decay with which a weight is down to `fraction` at step `step` of a schedule.

    >>> f"{weight_decay_for_half_life_step(0.1, [0.5, 1.0], 1):.9f}"
    '10.000000000'

    """
    return _divided(decay_for_half_life_step(factors, step, fraction), _checks.positive("lr", lr), "weight decay")


def lr_for_half_life_step(weight_decay: float, factors: Iterable[float], step: int, fraction: float = 0.5) -> float:
    """Learning rate with which a weight is down to `fraction` at step `step` of a schedule.

    >>> f"{lr_for_half_life_step(10.0, [0.5, 1.0], 1):.9f}"
    '0.100000000'

    """
    x = decay_for_half_life_step(factors, step, fraction)
    return _divided(x, _checks.positive("weight_decay", weight_decay), "lr")
