"""Gradient descent without momentum on a parabola or a slope: a linear recurrence with one root.

On f(w) = h (w - a)^2/2 with weight decay lam a step is w <- w - lr (h (w - a) + lam w), whether the decay is coupled or
decoupled: without momentum and without adaptation they are the same.

Source: catalogue 5.5 (the equality), 6 (the fixed point).
"""

from __future__ import annotations

import math

from adamw_cli.errors import UsageError
from adamw_cli.theory import _checks
from adamw_cli.theory.half_life import shrink_after


def weight(w0: float, h: float, a: float, steps: int, lr: float, lam: float) -> float:
    """w_t = w* + (w_0 - w*) (1 - lr (h + lam))^t with w* = h a/(h + lam), after t = `steps` steps.

    Parameters
    ----------
    w0 : weight at step 0.
    h, a : curvature and minimiser; h + lam must not be 0.
    steps : number of steps.
    lr, lam : learning rate and weight decay.

    Returns
    -------
    float
        Infinite where it grows beyond what a float holds.

    Source: catalogue 5.5 and 6.

    >>> weight(0.0, 1.0, 2.0, 1, 0.25, 1.0), weight(5.0, 4.0, 1.0, 3, 0.25, 0.0)
    (0.5, 1.0)

    """
    strength = _checks.number("curvature + weight_decay", h + lam)
    if strength == 0.0:
        raise UsageError("curvature + weight_decay is 0: nothing pulls the weight", "give one of them a value")
    goal = h * a / strength
    left = shrink_after(lr * strength, steps)
    return goal + (w0 - goal) * left if w0 != goal else goal


def slope_weight(w0: float, G: float, steps: int, lr: float, lam: float) -> float:
    """w_t = q^t w_0 - lr G (1 - q^t)/x on a slope, with x = lr lam and q = 1 - x; w_0 - t lr G for lam = 0.

    Source: the same recurrence with a constant gradient; catalogue 3.5 with u = G.

    >>> slope_weight(1.0, 2.0, 3, 0.125, 0.0), slope_weight(1.0, 4.0, 1, 0.125, 4.0)
    (0.25, 0.0)

    """
    x = lr * lam
    if _checks.number("lr * weight_decay", x) == 0.0:
        return w0 - steps * lr * G
    left = shrink_after(x, steps)
    gone = -math.expm1(steps * math.log1p(-x)) if abs(x) < 0.5 else 1.0 - left
    return left * w0 - lr * G * (gone / x)
