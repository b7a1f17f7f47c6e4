"""Decay without gradient: w_t = w_0 (1 - x)^t at a constant learning rate, with x = lr * weight_decay.

Holds when: nothing but decay moves the weight.
Source: docs/theory.md 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from adamw_cli.theory import _checks
from adamw_cli.theory._numbers import TIE_RELATIVE, TIE_STEPS, exp, power

_SHRINKING = ("monotone", "alternating")
_GROWING = ("divergent", "growing")


def regime(x: float) -> str:
    """What multiplying by 1 - x again and again does to a weight: compare x with 0, 1 and 2.

    `growing` x < 0; `none` x = 0; `monotone` 0 < x < 1; `one-step` x = 1, where the weight is 0 after one step;
    `alternating` 1 < x < 2, where |w| shrinks and the sign changes every step; `marginal` x = 2, where the sign
    changes and |w| stays; `divergent` x > 2, where the sign changes and |w| grows.

    Holds when: lr is constant.

    >>> [regime(x) for x in (-0.1, 0.0, 0.1, 1.0, 1.5, 2.0, 3.0)]
    ['growing', 'none', 'monotone', 'one-step', 'alternating', 'marginal', 'divergent']

    """
    _checks.number("lr * weight_decay", x)
    for bound, below, at in ((0.0, "growing", "none"), (1.0, "monotone", "one-step"), (2.0, "alternating", "marginal")):
        if x <= bound:
            return at if x == bound else below
    return "divergent"


def log_shrink(x: float) -> float:
    """Logarithm of what one step does to |w|: ln|1 - x|; -inf for x = 1.

    Exact to rounding for every x: near 0 through log1p, from 1 on because x - 1 is then exact. It is minus the rate at which
    decoupled decay shrinks ln|w| per step.

    >>> log_shrink(1e-17), log_shrink(1.0), log_shrink(2.0)
    (-1e-17, -inf, 0.0)

    """
    if x < 1.0:
        return math.log1p(-x)
    return math.log(x - 1.0) if x > 1.0 else -math.inf


def half_life(x: float, fraction: float = 0.5) -> float:
    """Steps until |w| is `fraction` of what it was: t = ln(fraction) / ln|1 - x|.

    With a fraction of a step; 0 for x = 1, inf where the weight never gets there. For 1 < x < 2, where the sign alternates,
    it is about |w|.

    Holds when: lr is constant.

    >>> f"{half_life(1e-3 * 0.01):.3f}", f"{half_life(0.1 * 0.1):.6f}", half_life(0.5)
    ('69314.371', '68.967564', 1.0)
    >>> half_life(1.0), half_life(1.5), half_life(0.0), half_life(2.0), half_life(-0.1)
    (0.0, 1.0, inf, inf, inf)

    """
    _checks.fraction("fraction", fraction)
    kind = regime(x)
    if kind == "one-step":
        return 0.0
    return math.log(fraction) / log_shrink(x) if kind in _SHRINKING else math.inf


def doubling_time(x: float) -> float:
    """Steps until |w| is twice what it was: ln 2 / ln|1 - x| for x < 0 and x > 2, inf where |w| does not grow.

    Holds when: lr is constant.

    >>> doubling_time(-1.0), doubling_time(3.0), doubling_time(0.1)
    (1.0, 1.0, inf)

    """
    return math.log(2.0) / log_shrink(x) if regime(x) in _GROWING else math.inf


def crossing_step(x: float, fraction: float = 0.5) -> int | None:
    """First step n with |1 - x|^n <= fraction: the half-life rounded up.

    A tie within 1e-9 of a step counts as reached: x is a rounded product, and 0.9 * 0.9 is meant to be 0.81. At least 1;
    None where the weight never gets there, or only after more steps than a float can hold.

    Holds when: lr is constant.

    >>> crossing_step(1e-3 * 0.01), crossing_step(0.1 * 0.1), crossing_step(0.5), crossing_step(1.0)
    (69315, 69, 1, 1)
    >>> crossing_step(0.1, fraction=0.81), crossing_step(0.0)
    (2, None)

    """
    steps = half_life(x, fraction)
    if math.isinf(steps):
        return None
    return max(1, math.ceil(steps - max(TIE_STEPS, TIE_RELATIVE * steps)))


def timescale(x: float) -> float:
    """Steps until |w| is 1/e of what it was, the time constant of AdamW seen as a moving average: -1 / ln|1 - x|.

    It is 1/x - 1/2 - x/12 - ..., so the usual 1/(lr * weight_decay) is too long by about half a step. 0 for x = 1, inf where
    |w| does not shrink.

    Holds when: lr is constant.

    >>> f"{timescale(0.01):.6f}", timescale(1.0), timescale(0.0), timescale(2.0)
    ('99.499162', 0.0, inf, inf)

    """
    kind = regime(x)
    if kind == "one-step":
        return 0.0
    return -1.0 / log_shrink(x) if kind in _SHRINKING else math.inf


def shrink_after(x: float, steps: int) -> float:
    """What is left of a weight after t = `steps` steps: w_t / w_0 = (1 - x)^t, with its sign.

    Infinite where that is too large for a float.

    Holds when: lr is constant.

    >>> f"{shrink_after(1e-3, 693):.5f}", f"{shrink_after(1e-17, 10**17):.5f}", shrink_after(1.5, 3)
    ('0.49990', '0.36788', -0.125)

    """
    _checks.number("lr * weight_decay", x)
    if abs(x) < 0.5:  # where the rounding of 1 - x costs more than that of the exponent
        return exp(steps * math.log1p(-x))
    return power(1.0 - x, steps)


def total_shrink(x: float, factors: Iterable[float]) -> float:
    """What is left of a weight after a schedule: w_T / w_0 = prod_t (1 - x factor_t), with its sign.

    A sum of log1p in extended precision, so that a million factors near 1 lose nothing; infinite where it is too large for
    a float.

    >>> f"{total_shrink(1e-3, [1.0] * 693):.5f}", total_shrink(0.5, [1.0, 3.0]), total_shrink(0.5, [1.0, 2.0])
    ('0.49990', -0.25, 0.0)

    """
    _checks.number("lr * weight_decay", x)
    logs = []
    flips = 0
    for factor in factors:
        decay = _checks.number("lr * weight_decay * schedule", x * factor)
        if decay == 1.0:
            return 0.0
        flips += decay > 1.0
        logs.append(log_shrink(decay))
    size = exp(math.fsum(logs))
    return -size if flips % 2 else size


def half_life_prox(x: float) -> float:
    """Half-life of the exact proximal step w / (1 + x): ln 2 / ln(1 + x); inf for x = 0.

    Longer than the half-life of 1 - x by ln 2 (1 + x^2/12 + ...) = 0.693 steps, whatever x; stable for every x > 0.

    Holds when: lr is constant, and x at least 0.

    >>> half_life_prox(1.0), half_life_prox(0.0)
    (1.0, inf)
    >>> f"{half_life_prox(0.05) - half_life(0.05):.8f}"
    '0.69329175'

    """
    if _checks.number("lr * weight_decay", x) == 0.0:
        return math.inf
    return math.log(2.0) / math.log1p(_checks.positive("lr * weight_decay", x))
