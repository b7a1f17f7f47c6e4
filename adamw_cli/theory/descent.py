"""Gradient descent without momentum on a parabola or a slope: a linear recurrence with one root.

On f(w) = h (w - a)^2/2 with weight decay lam a step is w <- w - lr (h (w - a) + lam w), whether the decay is coupled or
decoupled: without momentum and without adaptation they are the same.

Holds when: the rule is SGD without momentum, at a constant lr.
Source: docs/theory.md 5 (the equality), 6 (the fixed point).
"""

from __future__ import annotations

from adamw_cli.errors import UsageError
from adamw_cli.theory import _checks
from adamw_cli.theory._numbers import pulled
from adamw_cli.theory.half_life import shrink_after


def weight(w0: float, h: float, a: float, steps: int, lr: float, lam: float) -> float:
    """Weight after t = `steps` steps on a parabola: w_t = w* + (w_0 - w*) (1 - lr (h + lam))^t with w* = h a/(h + lam).

    Infinite where it grows beyond what a float holds. h + lam must not be 0.

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
    """Weight after t = `steps` steps on a slope: w_t = q^t w_0 - lr G (1 - q^t)/x; w_0 - t lr G for lam = 0.

    Source: the same recurrence with a constant gradient; docs/theory.md 3 with u = G.

    >>> slope_weight(1.0, 2.0, 3, 0.125, 0.0), slope_weight(1.0, 4.0, 1, 0.125, 4.0)
    (0.25, 0.0)

    """
    x = lr * lam
    return pulled(w0, lr, G, _checks.number("lr * weight_decay", x), shrink_after(x, steps), steps)
