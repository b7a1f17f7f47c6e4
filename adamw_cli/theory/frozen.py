"""AdamW with a denominator that does not change: D = sqrt(v_hat) + eps frozen.

On a quadratic of curvature h, with kappa = lr h/D and without bias correction, a weight measured from the minimum obeys
m <- beta1 m + (1 - beta1) w, w <- q w - kappa m, whose characteristic equation is
z^2 - (q + beta1 - (1 - beta1) kappa) z + q beta1 = 0, tr the sum of its roots, r and theta their size and angle where they
are complex. Paths start from w_0 = 1, m_0 = 0. As gradients vanish D falls to eps and kappa rises, so these are statements
about the time before. `transient` has the same with bias correction.

Holds when: the denominator is constant, kappa >= 0, 0 <= x <= 2 and 0 <= beta1 < 1.
Source: docs/theory.md 7.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from adamw_cli.errors import UsageError
from adamw_cli.theory import _checks
from adamw_cli.theory._numbers import power

_MOST_LOBES = 100_000


class Range(NamedTuple):
    """From here to there."""

    low: float
    high: float


def stability_threshold(beta1: float, x: float) -> float:
    """Kappa up to which a run is stable: (2 - x)(1 + beta1)/(1 - beta1), where a root of the equation passes -1.

    Source: docs/theory.md 7; Cohen et al., "Adaptive Gradient Methods at the Edge of Stability", 2022, for x = 0.

    >>> f"{stability_threshold(0.9, 0.0):.6f}", f"{stability_threshold(0.9, 0.2):.6f}", stability_threshold(0.0, 0.0)
    ('38.000000', '34.200000', 2.0)

    """
    _checks.frozen(0.0, x, beta1)
    return (2.0 - x) * (1.0 + beta1) / (1.0 - beta1)


def oscillation_range(beta1: float, x: float) -> Range:
    """Kappa between which the roots are complex: (sqrt(q) -+ sqrt(beta1))^2/(1 - beta1), q = 1 - x.

    Below it the weight creeps, within it it swings, above it the sign alternates at every step or two. The lower end is
    critical damping. Empty, with both ends the same, for q = 0 or beta1 = 0.

    Holds when: x is at most 1, as for q < 0 the roots are real whatever kappa.

    >>> [f"{kappa:.5f}" for kappa in oscillation_range(0.9, 0.0)]
    ['0.02633', '37.97367']

    """
    _checks.frozen(0.0, x, beta1)
    if x > 1.0:
        raise UsageError(f"for lr * weight_decay above 1, here {x:g}, no kappa has complex roots", "take a smaller one")
    fresh, total = 1.0 - beta1, math.sqrt(1.0 - x) + math.sqrt(beta1)
    apart = (fresh - x) / total if total != 0.0 else 0.0  # sqrt(q) - sqrt(beta1)
    return Range(apart * apart / fresh, total * total / fresh)


def _trace_and_square(kappa: float, x: float, beta1: float) -> tuple[float, float]:
    """Sum of the roots, tr, and tr^2 - 4 q beta1, through its zeros in kappa where it has any."""
    _checks.frozen(kappa, x, beta1)
    fresh, q = 1.0 - beta1, 1.0 - x
    tr = q + beta1 - fresh * kappa
    if q <= 0.0 or beta1 == 0.0:
        return tr, tr * tr - 4.0 * q * beta1
    low, high = oscillation_range(beta1, x)
    return tr, fresh * fresh * (low - kappa) * (high - kappa)


def _roots(kappa: float, x: float, beta1: float) -> tuple[complex, complex]:
    """Both roots of the characteristic equation, the one that lasts longer first."""
    tr, square = _trace_and_square(kappa, x, beta1)
    if square < 0.0:
        return complex(tr / 2.0, math.sqrt(-square) / 2.0), complex(tr / 2.0, -math.sqrt(-square) / 2.0)
    first = (tr + math.copysign(math.sqrt(square), tr)) / 2.0
    return complex(first), complex((1.0 - x) * beta1 / first if first != 0.0 else 0.0)


def _radius_and_angle(kappa: float, x: float, beta1: float) -> tuple[float, float] | None:
    """Of complex roots, r = sqrt(q beta1), whatever kappa, and theta = arccos(tr/(2 r)); None where they are real."""
    tr, square = _trace_and_square(kappa, x, beta1)
    return (math.sqrt((1.0 - x) * beta1), math.atan2(math.sqrt(-square), tr)) if square < 0.0 else None


def _at(kappa: float, x: float, beta1: float) -> Callable[[int], float]:
    """w_t as a function of t: U_(t+1) - beta1 U_t with U_t = (z1^t - z2^t)/(z1 - z2), without the difference."""
    tr, square = _trace_and_square(kappa, x, beta1)
    if square < 0.0:
        # an angle of at most a quarter turn, and a radius with the sign of tr: sin(theta) near pi would lose its digits
        r, angle = math.copysign(math.sqrt((1.0 - x) * beta1), tr), math.atan2(math.sqrt(-square), abs(tr))

        def swinging(t: int) -> float:
            share = math.sin((t + 1) * angle) - beta1 / r * math.sin(t * angle)
            return power(r, t) * share / math.sin(angle)

        return swinging
    z1, z2 = (z.real for z in _roots(kappa, x, beta1))
    if z1 == 0.0:
        return lambda t: 1.0 if t == 0 else 0.0 - beta1 if t == 1 else 0.0
    ratio = z2 / z1
    apart = math.sqrt(square) / abs(z1)  # 1 - ratio

    def added(t: int) -> float:
        """1 + ratio + ... + ratio^(t-1)."""
        if apart == 0.0:
            return float(t)
        return -math.expm1(t * math.log1p(-apart)) / apart if apart < 0.5 else (1.0 - ratio**t) / apart

    def straight(t: int) -> float:
        share = added(t + 1) - beta1 / z1 * added(t)
        return share * power(z1, t) if share != 0.0 else 0.0

    return straight


def path(kappa: float, x: float, beta1: float, steps: int) -> list[float]:
    """Weights w_t/w_0 for t = 0, ..., `steps`: r^t (cos(theta t) + B sin(theta t)), B = (w_1/r - cos(theta))/sin(theta).

    r = sqrt(q beta1) and theta = arccos(tr/(2 r)). Exact, from m_0 = 0, with w_1 = q - (1 - beta1) kappa; ((z1 - beta1) z1^t + (beta1 - z2) z2^t)/(z1 - z2) for real roots.
    Infinite where it is too large for a float.

    Holds when: there is no bias correction.

    >>> [f"{w:.6f}" for w in path(10.0, 0.05, 0.9, 3)], path(1.0, 0.0, 0.0, 2)
    (['1.000000', '-0.050000', '-0.897500', '-0.720125'], [1.0, 0.0, 0.0])

    """
    _checks.steps(steps)
    at = _at(kappa, x, beta1)
    return [at(t) for t in range(steps + 1)]


def _amplitude(kappa: float, x: float, beta1: float) -> tuple[float, float]:
    """sqrt(1 + B^2) of a path with complex roots, and atan B; w_1 - r cos(theta) = tr/2 - beta1."""
    tr, square = _trace_and_square(kappa, x, beta1)
    B = (tr - 2.0 * beta1) / math.sqrt(-square)
    return math.hypot(1.0, B), math.atan(B)


def _lowest_swinging(kappa: float, x: float, beta1: float, r: float, theta: float) -> float:
    """Least w_t, next to the minima of the curve through it: at theta t = atan B + atan(ln r/theta) + (2 k + 1) pi."""
    at = _at(kappa, x, beta1)
    size, phase = _amplitude(kappa, x, beta1)
    lowest = 0.0
    for lobe in range(_MOST_LOBES):
        t = max(0.0, (phase + math.atan2(math.log(r), theta) + (2 * lobe + 1) * math.pi) / theta)
        if size * math.exp(math.log(r) * t) <= -lowest or t * math.log(r) < -750.0:
            return lowest
        lowest = min(lowest, at(math.floor(t)), at(math.ceil(t)))
    raise UsageError("the lowest point was not found: the weight hardly shrinks", "take a smaller beta1")


def _lowest_straight(kappa: float, x: float, beta1: float) -> float:
    """Least w_t of a sum of two powers: over even t, as over odd t, it falls and rises once at most."""
    at = _at(kappa, x, beta1)
    lowest = 0.0
    for first in (0, 1):

        def rises(k: int, first: int = first) -> bool:
            return at(first + 2 * k + 2) >= at(first + 2 * k)

        low, high = -1, 0
        while not rises(high):
            low, high = high, 2 * high + 1
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if rises(middle) else (middle, high)
        lowest = min(lowest, at(first + 2 * high))
    return lowest


def undershoot_fraction(kappa: float, x: float, beta1: float) -> float:
    """How far beyond the minimum a weight goes, as a part of where it started: -min_t w_t/w_0, of the exact `path`.

    About exp(pi ln r/theta), what half a turn leaves, where that is many steps. 0 where it never crosses the minimum; inf from
    the threshold of stability on.

    Holds when: there is no bias correction.

    >>> f"{undershoot_fraction(10.0, 0.05, 0.9):.4f}", undershoot_fraction(0.02, 0.0, 0.9), undershoot_fraction(38.1, 0.0, 0.9)
    ('0.8975', 0.0, inf)

    """
    if kappa >= stability_threshold(beta1, x):
        return math.inf
    polar = _radius_and_angle(kappa, x, beta1)
    lowest = _lowest_straight(kappa, x, beta1) if polar is None else _lowest_swinging(kappa, x, beta1, *polar)
    return 0.0 - lowest


def settling_time(kappa: float, x: float, beta1: float, tol: float) -> float | None:
    """Steps after which |w_t/w_0| stays within `tol`, at most: ln(tol/sqrt(1 + B^2))/ln r; None for real roots.

    B as in `path`. When the envelope of the path gets there: an upper bound, of which a path may be short by up to half a turn.

    Holds when: there is no bias correction.

    >>> f"{settling_time(1.0, 0.0, 0.9, 0.02):.1f}", f"{settling_time(10.0, 0.05, 0.9, 0.02):.1f}"
    ('74.3', '51.8')

    """
    _checks.fraction("tol", tol)
    polar = _radius_and_angle(kappa, x, beta1)
    if polar is None:
        return None
    return math.log(tol / _amplitude(kappa, x, beta1)[0]) / math.log(polar[0])
