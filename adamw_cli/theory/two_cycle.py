"""The cycle of period two on which Adam ends near a minimum, or near 0 under coupled decay alone.

A weight that jumps between A and -A sees gradients of one size and alternating sign: m_hat settles at
-+(1 - beta1)/(1 + beta1) of them and v_hat at their square, so the step lr (1 - beta1)/(1 + beta1) must be 2 A.

Source: catalogue 2.5 and 2.6; the cycle is the one of Bock and Weiss, "Non-convergence and Limit Cycles in the Adam
Optimizer", ICANN 2019.
"""

from __future__ import annotations

import math

from adamw_cli.errors import UsageError
from adamw_cli.theory import _checks

_NEWTON_STEPS = 200
_BISECTIONS = 200


def _beta(name: str, beta: float) -> float:
    if not 0.0 <= beta < 1.0:
        raise UsageError(f"{name} must be at least 0 and below 1, not {beta:g}", "0.9 and 0.999 are usual")
    return beta


def amplitude(lr: float, beta1: float, eps: float, lam: float) -> float:
    """A = lr (1 - beta1)/(2 (1 + beta1)) - eps/lam under coupled decay alone; 0 where that is not positive.

    With a curvature h of the data and no decay, h takes the place of lam. Assumes that the cycle has been reached; see
    `multiplier` for whether it is stable.

    Source: catalogue 2.6.

    >>> amplitude(1e-3, 0.0, 0.0, 0.1), f"{amplitude(1.0, 0.9, 0.01, 1.0):.6f}", amplitude(1e-3, 0.0, 1.0, 0.1)
    (0.0005, '0.016316', 0.0)

    """
    size = lr * (1.0 - _beta("beta1", beta1)) / (2.0 * (1.0 + beta1)) - eps / _checks.positive("weight_decay", lam)
    return max(size, 0.0)


def amplitude_decoupled(lr: float, beta1: float, x: float, eps: float, h: float) -> float:
    """A = lr (1 - beta1)/((1 + beta1)(2 - x)) - eps/h with curvature h and decoupled decay x = lr lam; 0 if not positive.

    The minimum is at 0, and 0 <= x < 2.

    Source: catalogue 2.6.

    >>> amplitude_decoupled(1e-3, 0.0, 0.0, 0.0, 1.0), f"{amplitude_decoupled(1e-3, 0.0, 0.2, 0.0, 1.0):.6e}"
    (0.0005, '5.555556e-04')

    """
    if not 0.0 <= x < 2.0:
        raise UsageError(f"lr * weight_decay must be at least 0 and below 2, not {x:g}", "give it a smaller value")
    size = lr * (1.0 - _beta("beta1", beta1)) / ((1.0 + beta1) * (2.0 - x)) - eps / _checks.positive("curvature", h)
    return max(size, 0.0)


def multipliers(beta1: float, beta2: float) -> tuple[complex, ...]:
    """What a step multiplies a small deviation from the cycle by, the change of sign taken out, for eps = x = 0.

    The roots of (z - 1)(z - beta1)(z - beta2) + 2 (1 - beta2) z (z + beta1) = 0, by the simultaneous iteration of
    Durand and Kerner; the largest first.

    Source: catalogue 2.6.

    >>> [f"{abs(z):.4f}" for z in multipliers(0.9, 0.999)]
    ['1.0494', '1.0494', '0.8164']

    """
    b1, b2 = _beta("beta1", beta1), _beta("beta2", beta2)
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
    """The largest modulus among `multipliers`: the cycle is stable where it is below 1; sqrt(beta2) for beta1 = 0.

    Source: catalogue 2.6.

    >>> f"{multiplier(0.9, 0.999):.3f}", f"{multiplier(0.0, 0.999) - math.sqrt(0.999):.0e}"
    ('1.049', '0e+00')

    """
    return abs(multipliers(beta1, beta2)[0])


def stability_limit() -> float:
    """3 - 2 sqrt(2), the beta1 below which the cycle is stable for beta2 near 1: the root of b^2 - 6 b + 1.

    Source: catalogue 2.6.

    >>> f"{stability_limit():.5f}"
    '0.17157'

    """
    return 3.0 - 2.0 * math.sqrt(2.0)


def critical_beta1(beta2: float) -> float:
    """The beta1 at which `multiplier` is 1, by bisection between 0 and 0.5.

    Source: catalogue 2.6.

    >>> f"{critical_beta1(0.99):.5f}", f"{critical_beta1(0.9999):.5f}"
    ('0.17243', '0.17158')

    """
    low, high = 0.0, 0.5
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2.0
        if not low < middle < high:
            break
        low, high = (middle, high) if multiplier(middle, beta2) < 1.0 else (low, middle)
    return low


def underdamped_below(lr: float, beta1: float) -> float:
    """sqrt(V) below which a weight under coupled decay alone swings: lr (1 + sqrt(beta1))/(1 - sqrt(beta1)); 38 lr for 0.9.

    With sqrt(V) frozen the curvature lam cancels: this is critical damping of 7.3 for w' = -lr w/sqrt(V).

    Source: catalogue 2.5.

    >>> f"{underdamped_below(1.0, 0.9):.0f}"
    '38'

    """
    root = math.sqrt(_beta("beta1", beta1))
    return lr * (1.0 + root) / (1.0 - root)


def unstable_below(lr: float, beta1: float) -> float:
    """sqrt(V) below which the swings grow: lr (1 - beta1)/(2 (1 + beta1)), the amplitude of the cycle.

    Source: catalogue 2.5.

    >>> f"{unstable_below(1.0, 0.9):.5f}"
    '0.02632'

    """
    return lr * (1.0 - _beta("beta1", beta1)) / (2.0 * (1.0 + beta1))
