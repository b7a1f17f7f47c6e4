"""The role of eps, and AdamW with a denominator that does not change: D = sqrt(v_hat) + eps frozen.

On a quadratic of curvature h, with kappa = lr h/D and without bias correction, a weight measured from the minimum obeys
m <- beta1 m + (1 - beta1) w, w <- q w - kappa m, whose characteristic equation is
z^2 - (q + beta1 - (1 - beta1) kappa) z + q beta1 = 0. Paths start from w_0 = 1, m_0 = 0. All of it assumes kappa >= 0,
0 <= x <= 2 and 0 <= beta1 < 1; as gradients vanish D falls to eps and kappa rises, so these are statements about the time
before. `transient` has the same with bias correction.

Source: catalogue 7.1 to 7.3.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from adamw_cli.errors import UsageError
from adamw_cli.theory import _checks

_MOST_LOBES = 100_000


def decay_to_gradient_ratio(w: float, lam: float, m_hat: float, v_hat: float, eps: float) -> float:
    """Size of the decay over that of the gradient step: lam |w| (sqrt(v_hat) + eps)/|m_hat|, linear in eps.

    inf where there is no gradient step but decay, 0 where there is no decay.

    Source: catalogue 7.1.

    >>> [decay_to_gradient_ratio(2.0, 0.1, 0.01, 1e-4, eps) for eps in (0.0, 0.01, 1.0)]
    [0.2, 0.4, 20.2]

    """
    decay = abs(_checks.number("weight_decay * weight", lam * w))
    scale = _denominator(v_hat) + _eps(eps)
    if decay == 0.0:
        return 0.0
    return decay * scale / abs(_checks.number("m_hat", m_hat)) if m_hat != 0.0 else math.inf


def eps_crossover(v_hat: float) -> float:
    """Eps at which decay is twice as strong beside the gradient step as for eps = 0: sqrt(v_hat).

    Source: catalogue 7.1.

    >>> eps_crossover(1e-4)
    0.01

    """
    return _denominator(v_hat)


def eps_regime_lr(lr: float, eps: float, beta1: float = 0.0, step: int | None = None) -> float:
    """Learning rate lr/eps of the SGD with averaged gradients that AdamW is for eps >> sqrt(v_hat); decay is unchanged.

    Early on it is larger by bias correction: lr/(eps (1 - beta1^t)) at step t, which a comparison must not leave out.

    Parameters
    ----------
    lr, eps : of AdamW, above 0.
    beta1 : only matters together with `step`.
    step : t, 1 or more; None for late ones.

    Source: catalogue 7.2.

    >>> eps_regime_lr(50.0, 1e3), f"{eps_regime_lr(50.0, 1e3, beta1=0.9, step=1):.6f}"
    (0.05, '0.500000')

    """
    late = _checks.positive("lr", lr) / _checks.positive("eps", eps)
    if step is None:
        return late
    checked(0.0, 0.0, beta1)
    if step < 1:
        raise UsageError(f"a step must be at least 1, not {step}", "the first step is 1")
    return late / -math.expm1(step * math.log(beta1)) if beta1 > 0.0 else late


def checked(kappa: float, x: float, beta1: float) -> None:
    """Raise UsageError unless kappa >= 0, 0 <= x <= 2 and 0 <= beta1 < 1, where the formulas here hold.

    >>> checked(38.0, 0.0, 0.9)

    """
    if not 0.0 <= kappa < 1e200:
        raise UsageError(
            f"kappa = lr * curvature / D must be at least 0 and finite, not {kappa:g}", "below 38 is usual"
        )
    if not 0.0 <= x <= 2.0:
        raise UsageError(f"lr * weight_decay must lie between 0 and 2, not {x:g}", "beyond that nothing is stable")
    if not 0.0 <= beta1 < 1.0:
        raise UsageError(f"beta1 must be at least 0 and below 1, not {beta1:g}", "0.9 is usual")


def stability_threshold(beta1: float, x: float) -> float:
    """Kappa up to which a run is stable: (2 - x)(1 + beta1)/(1 - beta1), where a root of the equation passes -1.

    Source: catalogue 7.3; Cohen et al., "Adaptive Gradient Methods at the Edge of Stability", 2022, for x = 0.

    >>> f"{stability_threshold(0.9, 0.0):.6f}", f"{stability_threshold(0.9, 0.2):.6f}", stability_threshold(0.0, 0.0)
    ('38.000000', '34.200000', 2.0)

    """
    checked(0.0, x, beta1)
    return (2.0 - x) * (1.0 + beta1) / (1.0 - beta1)


def oscillation_range(beta1: float, x: float) -> tuple[float, float]:
    """Kappa between which the roots are complex: (sqrt(q) -+ sqrt(beta1))^2/(1 - beta1), q = 1 - x.

    Below it the weight creeps, within it it swings, above it the sign alternates at every step or two. Empty, with both
    ends the same, for q = 0 or beta1 = 0.

    Parameters
    ----------
    beta1, x : x at most 1, as for q < 0 the roots are real whatever kappa.

    Source: catalogue 7.3.

    >>> [f"{kappa:.5f}" for kappa in oscillation_range(0.9, 0.0)]
    ['0.02633', '37.97367']

    """
    checked(0.0, x, beta1)
    if x > 1.0:
        raise UsageError(f"for lr * weight_decay above 1, here {x:g}, no kappa has complex roots", "take a smaller one")
    fresh, total = 1.0 - beta1, math.sqrt(1.0 - x) + math.sqrt(beta1)
    apart = (fresh - x) / total if total != 0.0 else 0.0  # sqrt(q) - sqrt(beta1)
    return apart * apart / fresh, total * total / fresh


def critical_damping(beta1: float) -> float:
    """Largest kappa without oscillation for x = 0: (1 - sqrt(beta1))/(1 + sqrt(beta1)).

    Source: catalogue 7.3.

    >>> f"{critical_damping(0.9):.5f}"
    '0.02633'

    """
    checked(0.0, 0.0, beta1)
    return (1.0 - beta1) / (1.0 + math.sqrt(beta1)) ** 2


def _trace_and_square(kappa: float, x: float, beta1: float) -> tuple[float, float]:
    """Sum of the roots, tr, and tr^2 - 4 q beta1, through its zeros in kappa where it has any."""
    checked(kappa, x, beta1)
    fresh, q = 1.0 - beta1, 1.0 - x
    tr = q + beta1 - fresh * kappa
    if q <= 0.0 or beta1 == 0.0:
        return tr, tr * tr - 4.0 * q * beta1
    low, high = oscillation_range(beta1, x)
    return tr, fresh * fresh * (low - kappa) * (high - kappa)


def roots(kappa: float, x: float, beta1: float) -> tuple[complex, complex]:
    """Both roots of z^2 - (q + beta1 - (1 - beta1) kappa) z + q beta1 = 0, the one that lasts longer first.

    Source: catalogue 7.3.

    >>> roots(0.0, 0.25, 0.5), f"{abs(roots(1.0, 0.19, 0.9)[0]):.6f}"
    (((0.75+0j), (0.5+0j)), '0.853815')

    """
    tr, square = _trace_and_square(kappa, x, beta1)
    if square < 0.0:
        return complex(tr / 2.0, math.sqrt(-square) / 2.0), complex(tr / 2.0, -math.sqrt(-square) / 2.0)
    first = (tr + math.copysign(math.sqrt(square), tr)) / 2.0
    return complex(first), complex((1.0 - x) * beta1 / first if first != 0.0 else 0.0)


def radius_and_angle(kappa: float, x: float, beta1: float) -> tuple[float, float] | None:
    """Of complex roots, r = sqrt(q beta1), whatever kappa, and theta = arccos(tr/(2 r)); None where they are real.

    Source: catalogue 7.3.

    >>> r, theta = radius_and_angle(1.0, 0.19, 0.9)
    >>> f"{r:.6f}", f"{math.cos(theta) * 2 * r:.6f}", radius_and_angle(38.0, 0.0, 0.9)
    ('0.853815', '1.610000', None)

    """
    tr, square = _trace_and_square(kappa, x, beta1)
    return (math.sqrt((1.0 - x) * beta1), math.atan2(math.sqrt(-square), tr)) if square < 0.0 else None


def _power(base: float, n: int) -> float:
    try:
        return math.pow(base, n)
    except OverflowError:
        return -math.inf if base < 0.0 and n % 2 else math.inf


def _at(kappa: float, x: float, beta1: float) -> Callable[[int], float]:
    """w_t as a function of t: U_(t+1) - beta1 U_t with U_t = (z1^t - z2^t)/(z1 - z2), without the difference."""
    tr, square = _trace_and_square(kappa, x, beta1)
    if square < 0.0:
        # an angle of at most a quarter turn, and a radius with the sign of tr: sin(theta) near pi would lose its digits
        r, angle = math.copysign(math.sqrt((1.0 - x) * beta1), tr), math.atan2(math.sqrt(-square), abs(tr))

        def swinging(t: int) -> float:
            share = math.sin((t + 1) * angle) - beta1 / r * math.sin(t * angle)
            return _power(r, t) * share / math.sin(angle)

        return swinging
    z1, z2 = (z.real for z in roots(kappa, x, beta1))
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
        return share * _power(z1, t) if share != 0.0 else 0.0

    return straight


def path(kappa: float, x: float, beta1: float, steps: int) -> list[float]:
    """w_t/w_0 for t = 0, ..., `steps`: exact, from m_0 = 0 and without bias correction.

    r^t (cos(theta t) + B sin(theta t)) with B = (w_1/r - cos(theta))/sin(theta) and w_1 = q - (1 - beta1) kappa for complex
    roots; ((z1 - beta1) z1^t + (beta1 - z2) z2^t)/(z1 - z2) for real ones. Infinite where it is too large for a float.

    Source: catalogue 7.3; for real roots by the same initial values.

    >>> [f"{w:.6f}" for w in path(10.0, 0.05, 0.9, 3)], path(1.0, 0.0, 0.0, 2)
    (['1.000000', '-0.050000', '-0.897500', '-0.720125'], [1.0, 0.0, 0.0])

    """
    if steps < 0:
        raise UsageError(f"the number of steps must be at least 0, not {steps}", "0 is the start alone")
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

    Returns
    -------
    float
        0 where it never crosses the minimum; inf from the threshold of stability on.

    Source: catalogue 7.3.

    >>> f"{undershoot_fraction(10.0, 0.05, 0.9):.4f}", undershoot_fraction(0.02, 0.0, 0.9), undershoot_fraction(38.1, 0.0, 0.9)
    ('0.8975', 0.0, inf)

    """
    if kappa >= stability_threshold(beta1, x):
        return math.inf
    polar = radius_and_angle(kappa, x, beta1)
    lowest = _lowest_straight(kappa, x, beta1) if polar is None else _lowest_swinging(kappa, x, beta1, *polar)
    return 0.0 - lowest


def undershoot_estimate(kappa: float, x: float, beta1: float) -> float | None:
    """exp(pi ln r/theta): what half a turn leaves of the amplitude; None for real roots.

    For x = 0 within 1 % of `undershoot_fraction` up to kappa = 1; 12 % low for kappa = 10 and x = .05, where a half
    turn is few steps. It needs x well below 1 - sqrt(beta1): decay that is faster than the turn undershoots more than this.

    Source: catalogue 7.3.

    >>> f"{undershoot_estimate(1.0, 0.0, 0.9):.4f}", f"{undershoot_fraction(1.0, 0.0, 0.9):.4f}"
    ('0.5979', '0.6037')

    """
    polar = radius_and_angle(kappa, x, beta1)
    return None if polar is None else math.exp(math.pi * math.log(polar[0]) / polar[1])


def damping_ratio(kappa: float, x: float, beta1: float) -> float | None:
    """Damping -ln r/hypot(ln r, theta), that of the continuous oscillator with these roots; None for real roots.

    Source: catalogue 7.3.

    >>> f"{damping_ratio(1.0, 0.0, 0.9):.4f}", damping_ratio(0.02, 0.0, 0.9)
    ('0.1616', None)

    """
    polar = radius_and_angle(kappa, x, beta1)
    return None if polar is None else -math.log(polar[0]) / math.hypot(math.log(polar[0]), polar[1])


def settling_time(kappa: float, x: float, beta1: float, tol: float) -> float | None:
    """Steps after which |w_t/w_0| stays within `tol`, at most: ln(tol/sqrt(1 + B^2))/ln r; None for real roots.

    When the envelope of the path gets there: an upper bound, of which a path may be short by up to half a turn.

    Source: catalogue 7.3.

    >>> f"{settling_time(1.0, 0.0, 0.9, 0.02):.1f}", f"{settling_time(10.0, 0.05, 0.9, 0.02):.1f}"
    ('74.3', '51.8')

    """
    _checks.fraction("tol", tol)
    polar = radius_and_angle(kappa, x, beta1)
    if polar is None:
        return None
    return math.log(tol / _amplitude(kappa, x, beta1)[0]) / math.log(polar[0])


def _denominator(v_hat: float) -> float:
    if not 0.0 <= v_hat < math.inf:
        raise UsageError(f"v_hat must be finite and at least 0, not {v_hat:g}", "it is an average of squares")
    return math.sqrt(v_hat)


def _eps(eps: float) -> float:
    if not 0.0 <= eps < math.inf:
        raise UsageError(f"eps must be finite and at least 0, not {eps:g}", "1e-8 is usual")
    return eps
