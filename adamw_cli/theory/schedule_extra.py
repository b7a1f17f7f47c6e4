"""Sums and products of schedules beside the package's own, and of its own as the catalogue counts them.

`schedule_sums` counts the factors of t = 1, ..., T, as a run does; the catalogue mostly those of t = 0, ..., T - 1.
`counted_from_0` leads from the one to the other. The two further schedules, a parabola to 0 and inverse time, start with
the factor 1 at their first step, and are counted for t = 0, ..., T - 1.

Source: catalogue 1.4.
"""

from __future__ import annotations

import math

from adamw_cli.errors import UsageError
from adamw_cli.theory import _checks

_DIRECT = 32  # as many steps are added one by one; the series in 1/z are good from z = 20 on
_SERIES_FROM = 20.0
_ZETA_HALF = -1.4603545088095868


def _count(T: int) -> None:
    if T < 1:
        raise UsageError(f"the number of steps must be at least 1, not {T}", "a schedule has at least one step")


def counted_from_0(sums: tuple[float, float], first: float = 1.0, last: float = 0.0) -> tuple[float, float]:
    """(S1, S2) over t = 0, ..., T - 1 from those over t = 1, ..., T: plus factor(0), minus factor(T).

    Parameters
    ----------
    sums : S1 and S2 over t = 1, ..., T.
    first, last : factor(0) and factor(T).

    Source: catalogue 1.4.

    >>> counted_from_0((3.5, 2.5))  # the cosine of 8 steps, (T + 1)/2 and 3 T/8 + 1/2
    (4.5, 3.5)

    """
    return sums[0] + (first - last), sums[1] + (first - last) * (first + last)


def parabola_sums(T: int) -> tuple[float, float]:
    """(1 - t/T)^2, t = 0, ..., T - 1: S1 = T/3 + 1/2 + 1/(6T), S2 = T/5 + 1/2 + 1/(3T) - 1/(30 T^3).

    The polynomial schedule of power 2.

    Source: catalogue 1.4, which has S1.

    >>> parabola_sums(2), parabola_sums(1)
    ((1.25, 1.0625), (1.0, 1.0))

    """
    _count(T)
    return (T + 1) * (2 * T + 1) / (6 * T), (T + 1) * (2 * T + 1) * (3 * T * T + 3 * T - 1) / (30 * T**3)


def _slope(c: float) -> float:
    return _checks.positive("c", c)


def inverse_time_sums(T: int, c: float) -> tuple[float, float]:
    """1/(1 + c t), t = 0, ..., T - 1: S1 = (psi(1/c + T) - psi(1/c))/c, S2 = (psi'(1/c) - psi'(1/c + T))/c^2.

    psi and psi' are the logarithmic derivative of the gamma function and its own. The first 32 terms are added one by
    one; the rest is the difference of their series in 1/z.

    Source: catalogue 1.4, whose product these are the first two terms of.

    >>> [f"{value:.12f}" for value in inverse_time_sums(3, 1.0)]
    ['1.833333333333', '1.361111111111']

    """
    _count(T)
    z = 1.0 / _slope(c)
    head = min(T, _DIRECT)
    first = [1.0 / (1.0 + c * t) for t in range(head)]
    s1, s2 = math.fsum(first), math.fsum(factor * factor for factor in first)
    if head == T:
        return s1, s2
    low, n = z + head, T - head

    def psi(y: float) -> float:
        return -1 / (2 * y) - (1 / 12 - (1 / 120 - 1 / (252 * y * y)) / (y * y)) / (y * y)

    def psi1(y: float) -> float:
        return (1 / 2 + (1 / 6 - (1 / 30 - 1 / (42 * y * y)) / (y * y)) / y) / (y * y)

    high = low + n
    s1 += z * (math.log1p(n / low) + psi(high) - psi(low))
    return s1, s2 + z * z * (n / (low * high) + psi1(low) - psi1(high))


def _gamma_fall(z: float, d: float) -> float:
    """What ln Gamma(z - d) - ln Gamma(z) has beyond -d ln z, by Stirling's series."""

    def rest(y: float) -> float:
        return (1 / 12 - (1 / 360 - 1 / (1260 * y * y)) / (y * y)) / y

    return (z - d - 0.5) * math.log1p(-d / z) + d + rest(z - d) - rest(z)


def inverse_time_total_shrink(x: float, c: float, T: int) -> float:
    """prod_{t=0..T-1} (1 - x/(1 + c t)) = Gamma((1-x)/c + T) Gamma(1/c)/(Gamma((1-x)/c) Gamma(1/c + T)).

    A power law for large T, `inverse_time_tail`, rather than exponential. The gamma functions are nearly equal, so
    that their series are subtracted term by term, after 32 factors one by one; the relative error is about 1e-16 x/c.

    Parameters
    ----------
    x : lr * weight_decay at the first step, 0 <= x <= 1.
    c : how fast the schedule falls, above 0.
    T : number of steps, at least 1.

    Source: catalogue 1.4.

    >>> f"{inverse_time_total_shrink(0.5, 1.0, 3):.6f}", (1 - 0.5) * (1 - 0.5 / 2) * (1 - 0.5 / 3)
    ('0.312500', 0.3125)

    """
    _count(T)
    a, d = 1.0 / _slope(c), _share(x, c)
    if x == 1.0:
        return 0.0
    head = min(T, _DIRECT)
    log_size = math.fsum(math.log1p(-x / (1.0 + c * t)) for t in range(head))
    if head < T:
        low, high = a + head, a + T
        log_size += _gamma_fall(high, d) - _gamma_fall(low, d) - d * math.log1p((T - head) / low)
    return math.exp(log_size)


def inverse_time_tail(x: float, c: float, T: float) -> float:
    """T^(-x/c) Gamma(1/c)/Gamma((1-x)/c): what `inverse_time_total_shrink` tends to for large T, well above 1/c.

    Source: catalogue 1.4.

    >>> f"{inverse_time_tail(0.05, 0.1, 1e6):.6f}", f"{inverse_time_total_shrink(0.05, 0.1, 10**6):.6f}"
    ('0.003042', '0.003042')

    """
    d = _share(x, c)
    if x == 1.0:
        return 0.0
    a = 1.0 / _slope(c)
    # Gamma(a)/Gamma(a - d) through the same difference, where its series is good
    small = a - d < _SERIES_FROM
    log_ratio = math.lgamma(a) - math.lgamma(a - d) if small else d * math.log(a) - _gamma_fall(a, d)
    return math.exp(log_ratio - d * math.log(_checks.positive("number of steps", T)))


def _share(x: float, c: float) -> float:
    if not 0.0 <= x <= 1.0:
        raise UsageError(f"lr * weight_decay must lie between 0 and 1, not {x:g}", "multiply the factors out instead")
    return x / c


def inverse_root_sum(T: int) -> float:
    """Sum of 1/sqrt(t) over t = 1, ..., T, nearly 2 sqrt(T) + zeta(1/2) + 1/(2 sqrt(T)); high by T^(-3/2)/24.

    For the schedule lr/sqrt(t); zeta(1/2) = -1.4603545088.

    Source: catalogue 1.4.

    >>> f"{inverse_root_sum(1000):.6f}", f"{sum(t**-0.5 for t in range(1, 1001)):.6f}"
    ('61.801010', '61.801009')

    """
    _count(T)
    root = math.sqrt(T)
    return 2.0 * root + _ZETA_HALF + 0.5 / root


def warmed_inverse_root_sum(T: int, W: int) -> float:
    """S1 of warm-up and sqrt(W/t), nearly (W + 1)/2 + sqrt(W) (2 (sqrt(T) - sqrt(W)) + 1/(2 sqrt(T)) - 1/(2 sqrt(W))).

    Low by sqrt(W) (W^(-3/2) - T^(-3/2))/24; `schedule_sums.inverse_sqrt_sums` has more terms.

    Parameters
    ----------
    T, W : steps in all and steps of warm-up, 1 <= W <= T.

    Source: catalogue 1.4.

    >>> f"{warmed_inverse_root_sum(1000, 100):.4f}"
    '482.6136'

    """
    if not 1 <= W <= T:
        raise UsageError(f"the warm-up must take between 1 and {T} steps, not {W}", "W of T steps are warm-up")
    root, start = math.sqrt(T), math.sqrt(W)
    return (W + 1) / 2.0 + start * (2.0 * (root - start) + 0.5 / root - 0.5 / start)
