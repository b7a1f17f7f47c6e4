"""Random walks with friction: w_t = phi1 w_{t-1} + phi2 w_{t-2} + noise.

What SGD with momentum and Adam do under noise and decay, as long as the denominator stands still. With the roots of
z^2 = phi1 z + phi2 inside the unit circle the walk becomes stationary.

Everything here takes `rest` = 1 - phi1 - phi2, which is the product of 1 minus the roots and small, in place of phi1, so that nothing
cancels: (1 - phi2)^2 - phi1^2 = rest (1 - phi2 + phi1).

Holds when: the noise is independent from step to step and of mean 0, and the walk becomes stationary.
Source: Box and Jenkins, "Time Series Analysis", section 3.2.4; docs/theory.md 9 and 12.
"""

from __future__ import annotations

import math

from adamw_cli.errors import UsageError
from adamw_cli.theory import _checks

_APART = 1e-4


def _sum(rest: float, phi2: float) -> float:
    """1 - phi2 + phi1, for a walk that becomes stationary."""
    total = 2.0 * (1.0 - phi2) - rest
    if not (-1.0 < phi2 < 1.0 and rest > 0.0 and total > 0.0):
        raise UsageError(
            f"a walk with phi2 = {phi2:g} and 1 - phi1 - phi2 = {rest:g} never becomes stationary",
            "decay must be above 0, and steps small enough to be stable",
        )
    return total


def std(rest: float, phi2: float, noise: float) -> float:
    """Stationary standard deviation of w: noise sqrt((1 - phi2)/((1 + phi2) rest (1 - phi2 + phi1))).

    >>> f"{std(0.19, 0.0, 1.0):.6f}", f"{1 / math.sqrt(1 - 0.81**2):.6f}"
    ('1.705234', '1.705234')

    """
    total = _sum(rest, phi2)
    return _checks.number("noise", noise) * math.sqrt((1.0 - phi2) / ((1.0 + phi2) * rest * total))


def turn(rest: float, phi2: float) -> float:
    """How far from 1 the correlation of w_t and w_{t-1} is: rest/(1 - phi2).

    >>> round(turn(0.19, 0.0), 12)
    0.19

    """
    _sum(rest, phi2)
    return rest / (1.0 - phi2)


def angle(turned: float) -> float:
    """Angle between vectors of many independent walks from one step to the next: arccos(1 - turned).

    >>> round(angle(1.0) / math.pi, 12), f"{angle(1e-20):.4e}"
    (0.5, '1.4142e-10')

    """
    return 2.0 * math.asin(math.sqrt(turned / 2.0))


def relaxation_rate(rest: float, phi2: float) -> float:
    """Rate at which the start is forgotten: -ln|z| of the larger root z.

    w^2 settles twice as fast.

    >>> f"{relaxation_rate(0.001, 0.0):.6f}", f"{relaxation_rate(0.001 * 0.1, -0.9):.6f}"
    ('0.001001', '0.001010')

    """
    _sum(rest, phi2)
    # of y = 1 - z: y^2 - b y + rest = 0
    b = 1.0 + phi2 + rest
    square = b * b - 4.0 * rest
    if square < 0.0:
        return -math.log(-phi2) / 2.0
    far = (b + math.copysign(math.sqrt(square), b)) / 2.0
    return min(_rate(rest / far), _rate(far))


def _rate(y: float) -> float:
    """-ln|1 - y|."""
    if y == 1.0:
        return math.inf
    return -math.log1p(-y) if y < 1.0 else -math.log(y - 1.0)


def spread(rest: float, phi2: float) -> float:
    """Steps per independent value of w^2: sum over all lags of the squared correlation.

    With roots z1 and z2 the correlation at lag k is A z1^k + (1 - A) z2^k, A = z1 (1 - z2^2)/((z1 - z2)(1 + z1 z2)), and
    the sum of its square over k from minus to plus infinity follows from geometric series.

    >>> f"{spread(0.19, 0.0):.4f}", f"{(1 + 0.81**2) / (1 - 0.81**2):.4f}"
    ('4.8156', '4.8156')

    """
    _sum(rest, phi2)
    phi1 = 1.0 - phi2 - rest
    root = complex(phi1 * phi1 + 4.0 * phi2) ** 0.5
    z1, z2 = (phi1 + root) / 2.0, (phi1 - root) / 2.0
    if abs(z1 - z2) < _APART:  # of a double root the limit, good to 1e-8
        z1, z2 = z1 + _APART, z2 - _APART
    a = z1 * (1.0 - z2 * z2) / ((z1 - z2) * (1.0 + z1 * z2))
    c = 1.0 - a
    total = a * a / (1.0 - z1 * z1) + 2.0 * a * c / (1.0 - z1 * z2) + c * c / (1.0 - z2 * z2)
    return 2.0 * total.real - 1.0
