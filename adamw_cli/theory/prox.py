"""Decay as a proximal step: the exact w/(1 + x) beside the (1 - x) w of AdamW, which is its first order.

Both keep the fixed point -u/lam of a constant direction u (`constant_gradient.equilibrium`). The half-lives, which differ by
0.693 steps, are `half_life.half_life` and `half_life.half_life_prox`. Throughout x = lr lam.

Holds when: x is finite and at least 0.
Source: docs/theory.md 8.
"""

from __future__ import annotations

import math

from adamw_cli.theory import _checks
from adamw_cli.theory._numbers import power


def _strength(x: float) -> float:
    return _checks.not_negative("lr * weight_decay", x, "a prox needs a penalty")


def gap(x: float) -> float:
    """By how much the exact proximal factor is larger than AdamW's: 1/(1 + x) - (1 - x) = x^2/(1 + x).

    The x^2/2 that is often quoted is about how far each of the two is from e^(-x).

    >>> gap(1.0), gap(0.0), f"{gap(1e-9):.12e}"
    (0.5, 0.0, '9.999999990000e-19')

    """
    return _strength(x) * (x / (1.0 + x))


def step_gap(w: float, u: float, lr: float, lam: float) -> float:
    """Difference of a full step with direction u: (w - lr u)/(1 + x) - ((1 - x) w - lr u) = x^2 w/(1 + x) + lr u x/(1 + x).

    Second order in lr, but only first order beside the gradient step lr u, as the prox shrinks that too.

    >>> step_gap(2.0, 1.0, 0.5, 2.0), step_gap(-0.5, 1.0, 0.5, 2.0)
    (1.25, 0.0)

    """
    x = _strength(lr * lam)
    return (x * _checks.number("weight", w) + lr * _checks.number("direction", u)) * (x / (1.0 + x))


def trajectory_ratio(x: float, T: int) -> float:
    """A weight under (1 - x) over one under the exact prox, after T steps of decay alone: ((1 - x)(1 + x))^T = (1 - x^2)^T.

    Nearly e^(-x xT): over a time 1/x the two part by a factor of about 1 - x. The sign alternates for x > 1.

    Holds when: nothing but decay moves the weight.

    >>> trajectory_ratio(0.5, 2), trajectory_ratio(2.0, 1), f"{trajectory_ratio(0.01, 100):.5f}"
    (0.5625, -3.0, '0.99005')

    """
    _strength(x)
    _checks.steps(T)
    if x < 0.5:  # where the rounding of 1 - x^2 costs more than that of the exponent
        return math.exp(T * math.log1p(-x * x))
    return power((1.0 - x) * (1.0 + x), T)
