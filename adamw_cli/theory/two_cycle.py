"""The cycle of period two on which Adam ends near a minimum, or near 0 under coupled decay alone.

A weight that jumps between A and -A sees gradients of one size and alternating sign: m_hat settles at
-+(1 - beta1)/(1 + beta1) of them and v_hat at their square, so the step lr (1 - beta1)/(1 + beta1) must be 2 A.

Holds when: lr is constant, and bias correction over.
Source: docs/theory.md 2; the cycle is the one of Bock and Weiss, "Non-convergence and Limit Cycles in the Adam
Optimizer", ICANN 2019.
"""

from __future__ import annotations

import math

from adamw_cli.errors import UsageError
from adamw_cli.theory import _checks

_NEWTON_STEPS = 200


def amplitude(lr: float, beta1: float, x: float, eps: float, h: float) -> float:
    """Amplitude of the cycle: A = lr (1 - beta1)/((1 + beta1)(2 - x)) - eps/h; 0 where that is not positive.

    Under coupled decay alone lam takes the place of the curvature h, and x is 0. For eps = 0 and x = 0 it is also the sqrt(V)
    below which swings around 0 grow.

    Parameters
    ----------
    x : of decoupled decay, at least 0 and below 2.

    Holds when: the minimum is at 0, and the cycle has been reached, see `multiplier` for whether it is stable.

    >>> amplitude(1e-3, 0.0, 0.0, 0.0, 0.1), f"{amplitude(1.0, 0.9, 0.0, 0.01, 1.0):.6f}", amplitude(1e-3, 0.0, 0.0, 1.0, 0.1)
    (0.0005, '0.016316', 0.0)
    >>> f"{amplitude(1e-3, 0.0, 0.2, 0.0, 1.0):.6e}"
    '5.555556e-04'

    """
    if not 0.0 <= x < 2.0:
        raise UsageError(f"lr * weight_decay must be at least 0 and below 2, not {x:g}", "give it a smaller value")
    size = lr * (1.0 - _checks.averaging("beta1", beta1)) / ((1.0 + beta1) * (2.0 - x))
    return max(size - eps / _checks.positive("curvature", h), 0.0)


def _multipliers(beta1: float, beta2: float) -> tuple[complex, ...]:
    """The roots of `multiplier`, the largest first, by the simultaneous iteration of Durand and Kerner."""
    b1, b2 = _checks.averaging("beta1", beta1), _checks.averaging("beta2", beta2)
    k = 2.0 * (1.0 - b2)
    # z^3 + c2 z^2 + c1 z + c0
    c2, c1, c0 = k - 1.0 - b1 - b2, b1 * k + b1 + b2 + b1 * b2, -b1 * b2
    roots = [1.0 + 0.0j, 0.4 + 0.9j, -0.65 + 0.72j]
    for _ in range(_NEWTON_STEPS):
        moved = 0.0
        for i, z in enumerate(roots):
            others = (z - roots[(i + 1) % 3]) * (z - roots[(i + 2) % 3])
            if others == 0.0:
                others = 1e-30 + 0.0j
            step = (((z + c2) * z + c1) * z + c0) / others
            roots[i] = z - step
            moved = max(moved, abs(step))
        if moved < 1e-16:
            break
    return tuple(sorted(roots, key=lambda z: (-abs(z), -math.atan2(z.imag, z.real))))


def multiplier(beta1: float, beta2: float) -> float:
    """What a step multiplies a small deviation from the cycle by: the largest |z| with (z - 1)(z - beta1)(z - beta2) + 2 (1 - beta2) z (z + beta1) = 0.

    The change of sign is taken out. The cycle is stable where it is below 1; sqrt(beta2) for beta1 = 0.

    Holds when: eps and x are 0.

    >>> f"{multiplier(0.9, 0.999):.3f}", f"{multiplier(0.0, 0.999) - math.sqrt(0.999):.0e}"
    ('1.049', '0e+00')

    """
    return abs(_multipliers(beta1, beta2)[0])


def critical_beta1(beta2: float) -> float:
    """The beta1 below which the cycle is stable: the root of `multiplier` = 1.

    For beta2 near 1 it is 3 - 2 sqrt(2) = 0.17157, the root of b^2 - 6 b + 1. By bisection between 0 and 0.5.

    Holds when: eps and x are 0.

    >>> f"{critical_beta1(0.99):.5f}", f"{critical_beta1(0.9999):.5f}", f"{3 - 2 * math.sqrt(2):.5f}"
    ('0.17243', '0.17158', '0.17157')

    """
    low, high = 0.0, 0.5
    while low < (middle := (low + high) / 2.0) < high:
        low, high = (middle, high) if multiplier(middle, beta2) < 1.0 else (low, middle)
    return low
