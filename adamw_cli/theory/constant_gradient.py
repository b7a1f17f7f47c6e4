"""AdamW under a constant gradient G, at a constant learning rate: an exponential approach to a fixed point.

With constant gradients bias correction makes m_hat = G and sqrt(v_hat) = |G| at every step, whatever the betas, so that
u = G/(|G| + eps) is constant and w <- (1 - x) w - lr u, with x = lr * weight_decay, is a linear recurrence.

Source: catalogue 3.5.
"""

from __future__ import annotations

import math

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
