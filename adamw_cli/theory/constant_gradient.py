"""AdamW under a constant gradient: an exponential approach to a fixed point.

With constant gradients bias correction makes m_hat = G and sqrt(v_hat) = |G| at every step, whatever the betas, so that
u = G/(|G| + eps) is constant and w <- (1 - x) w - lr u, with x = lr * weight_decay, is a linear recurrence.

Holds when: gradient and lr are constant.
Source: docs/theory.md 3.
"""

from __future__ import annotations

import math

from adamw_cli.theory import _checks
from adamw_cli.theory._numbers import pulled
from adamw_cli.theory.half_life import shrink_after


def _direction(G: float, eps: float) -> float:
    """Direction u = G/(|G| + eps); 0 for G = 0, also where eps is 0."""
    return G / (abs(G) + eps) if G != 0.0 else 0.0


def equilibrium(G: float, lam: float, eps: float) -> float:
    """Weight at which decay and gradient step cancel: w* = -G/((|G| + eps) lam).

    Nearly -sign(G)/lam: the size of the gradient does not matter as long as it is well above eps. 0 for G = 0, infinite
    for lam = 0.

    >>> equilibrium(3.0, 0.5, 0.0), equilibrium(1e-8, 0.5, 1e-8), equilibrium(1.0, 0.0, 1e-8)
    (-2.0, -1.0, -inf)

    """
    u = _direction(_checks.number("gradient", G), eps)
    if u == 0.0:
        return 0.0
    return -u / lam if _checks.number("weight_decay", lam) != 0.0 else -math.copysign(math.inf, u)


def approach_rate(x: float) -> float:
    """Factor by which each step multiplies the distance to the fixed point: 1 - x, whatever the gradient.

    Decay after the gradient step has the same rate, and the fixed point (1 - x) w*. Negative where the weight jumps across it, for x > 1; at
    least 1 in size where it does not come nearer, for x <= 0 and x >= 2.

    >>> approach_rate(0.25), (weight(1.0, 2.0, 4, 0.5, 0.5, 0.0) + 2.0) / (weight(1.0, 2.0, 3, 0.5, 0.5, 0.0) + 2.0)
    (0.75, 0.75)

    """
    return 1.0 - _checks.number("lr * weight_decay", x)


def weight(w0: float, G: float, steps: int, lr: float, lam: float, eps: float) -> float:
    """Weight after t = `steps` steps: w_t = w* + (w0 - w*) (1 - x)^t; w0 - t lr u for lam = 0.

    Computed as (1 - x)^t w0 - lr u (1 - (1 - x)^t)/x, which loses nothing for small lam, where w* is far away.

    >>> weight(1.0, 2.0, 1, 0.1, 0.5, 0.0), weight(1.0, 2.0, 3, 0.125, 0.0, 0.0), weight(4.0, 0.0, 2, 0.5, 1.0, 1e-8)
    (0.85, 0.625, 1.0)

    """
    x = lr * lam
    u = _direction(_checks.number("gradient", G), eps)
    shrink = shrink_after(x, steps)
    if math.isinf(shrink):
        goal = equilibrium(G, lam, eps)
        return goal + (w0 - goal) * shrink if w0 != goal else goal
    return pulled(w0, lr, u, x, shrink, steps)
