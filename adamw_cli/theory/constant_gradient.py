"""AdamW under a constant gradient G, at a constant learning rate: an exponential approach to a fixed point.

With constant gradients bias correction makes m_hat = G and sqrt(v_hat) = |G| at every step, whatever the betas, so that
u = G/(|G| + eps) is constant and w <- (1 - x) w - lr u, with x = lr * weight_decay, is a linear recurrence.

Source: catalogue 3.5.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from adamw_cli.theory import _checks
from adamw_cli.theory.half_life import shrink_after


def _direction(G: float, eps: float) -> float:
    """Direction u = G/(|G| + eps); 0 for G = 0, also where eps is 0."""
    return G / (abs(G) + eps) if G != 0.0 else 0.0


def equilibrium(G: float, lam: float, eps: float) -> float:
    """w* = -G / ((|G| + eps) lam), where decay and gradient step cancel; 0 for G = 0.

    Nearly -sign(G)/lam: the size of the gradient does not matter as long as it is well above eps. Infinite for lam = 0.

    Parameters
    ----------
    G : the gradient.
    lam : weight_decay.
    eps : as in the rule, added to sqrt(v_hat).

    Source: catalogue 3.5.

    >>> equilibrium(3.0, 0.5, 0.0), equilibrium(1e-8, 0.5, 1e-8), equilibrium(1.0, 0.0, 1e-8)
    (-2.0, -1.0, -inf)

    """
    u = _direction(_checks.number("gradient", G), eps)
    if u == 0.0:
        return 0.0
    return -u / lam if _checks.number("weight_decay", lam) != 0.0 else -math.copysign(math.inf, u)


def equilibrium_decay_last(G: float, lr: float, lam: float, eps: float) -> float:
    """w* = -(1 - x)/lam u, the fixed point of w <- (1 - x)(w - lr u), the rule that decays after its gradient step.

    Nearer to 0 than `equilibrium` by lr u, one step. Infinite for lam = 0, 0 for G = 0.

    Parameters
    ----------
    G : the gradient.
    lr, lam, eps : learning rate, weight_decay and eps of AdamW.

    Source: catalogue, implementation notes (-1.9 against -2.0), and 3.5.

    >>> f"{equilibrium_decay_last(1.0, 0.1, 0.5, 0.0):.6f}", equilibrium(1.0, 0.5, 0.0)
    ('-1.900000', -2.0)

    """
    goal = equilibrium(G, lam, eps)
    step = _checks.number("learning rate", lr) * _direction(G, eps)
    return goal if math.isinf(goal) else goal + step


def approach_rate(x: float) -> float:
    """1 - x, the factor by which each step multiplies the distance to the fixed point, whatever the gradient.

    Of `equilibrium` and of `equilibrium_decay_last` alike. Negative where the weight jumps across it, for x > 1; at
    least 1 in size where it does not come nearer, for x <= 0 and x >= 2.

    Parameters
    ----------
    x : lr * weight_decay, per step.

    Source: catalogue 3.5.

    >>> approach_rate(0.25), (weight(1.0, 2.0, 4, 0.5, 0.5, 0.0) + 2.0) / (weight(1.0, 2.0, 3, 0.5, 0.5, 0.0) + 2.0)
    (0.75, 0.75)

    """
    return 1.0 - _checks.number("lr * weight_decay", x)


def weight(w0: float, G: float, steps: int, lr: float, lam: float, eps: float) -> float:
    """w_t = w* + (w0 - w*) (1 - x)^t after t = `steps` steps; w0 - t lr u for lam = 0.

    Computed as (1 - x)^t w0 - lr u (1 - (1 - x)^t)/x, which loses nothing for small lam, where w* is far away.

    Parameters
    ----------
    w0 : weight at step 0.
    G : the gradient.
    steps : number of steps.
    lr, lam, eps : learning rate, weight_decay and eps of AdamW.

    Source: catalogue 3.5.

    >>> weight(1.0, 2.0, 1, 0.1, 0.5, 0.0), weight(1.0, 2.0, 3, 0.125, 0.0, 0.0), weight(4.0, 0.0, 2, 0.5, 1.0, 1e-8)
    (0.85, 0.625, 1.0)

    """
    x = lr * lam
    u = _direction(_checks.number("gradient", G), eps)
    if x == 0.0:
        return w0 - steps * lr * u
    shrink = shrink_after(x, steps)
    if math.isinf(shrink):
        goal = equilibrium(G, lam, eps)
        return goal + (w0 - goal) * shrink if w0 != goal else goal
    gone = -math.expm1(steps * math.log1p(-x)) if abs(x) < 0.5 else 1.0 - shrink
    return shrink * w0 - lr * u * (gone / x)


def first_balance(away: Callable[[float], float], start: float, steps: int, goal: float) -> float | None:
    """The smallest x in (0, 1] with x w(x) = goal, where w(x) = start (1 - x)^n + away(x) after n = `steps` steps.

    x w is what decay takes from a weight that all steps before have pushed, goal the push that it has to balance.
    Intervals are halved, the left half first, until one holds a root or a bound shows that it does not.

    Parameters
    ----------
    away : what pushes in one direction have made of a weight of 0, falling and convex in x.
    start : the weight at first, positive on the side to which it is pushed.
    steps, goal : number of steps; the push, above 0.

    Source: catalogue 3.1, self-consistent version.

    >>> f"{first_balance(lambda x: 0.0, 1.0, 1, 0.1875):.12f}", first_balance(lambda x: 0.0, 1.0, 1, 0.26)
    ('0.250000000000', None)

    """

    def rising(x: float) -> float:
        return away(x) + max(start, 0.0) * shrink_after(x, steps)

    def most(a: float, at_a: float, b: float, at_b: float) -> float:
        """A bound on x w(x) in [a, b]: the chord lies above what is convex, the tangent below."""
        slope = (at_b - at_a) / (b - a)
        level = at_a - slope * a
        if start < 0.0:
            c = (a + b) / 2
            falls = start * steps * shrink_after(c, steps - 1) if steps else 0.0
            slope, level = slope - falls, level + start * shrink_after(c, steps) + falls * c
        peak = min(max(-level / (2.0 * slope), a), b) if slope < 0.0 else b
        return max(x * (level + slope * x) for x in (a, peak, b))

    intervals = [(0.0, rising(0.0), 1.0, rising(1.0))]
    while intervals:
        a, at_a, b, at_b = intervals.pop()
        if most(a, at_a, b, at_b) < goal:
            continue
        middle = (a + b) / 2
        at_middle = rising(middle)
        if b - a > 4e-16 * b:
            intervals += [(middle, at_middle, b, at_b), (a, at_a, middle, at_middle)]
        elif middle * (at_middle + min(start, 0.0) * shrink_after(middle, steps)) >= goal * (1.0 - 1e-12):
            return middle
    return None
