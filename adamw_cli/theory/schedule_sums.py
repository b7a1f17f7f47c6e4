"""Sums of a schedule's factors, S1 = sum factor(t) and S2 = sum factor(t)^2 over t = 1, ..., T.

They explain the total shrink, ln(w_T/w_0) = sum ln(1 - x factor(t)) ~ -x S1 - x^2 S2/2 with x = lr * weight_decay;
`half_life.total_shrink` has the exact product. The schedules are the package's own, the last step at the final fraction;
over t = 0, ..., T - 1 S1 is larger by factor(0) - factor(T): (T + 1)/2 rather than (T - 1)/2 for the line from 1 to 0.

T steps in all, W of warm-up (factors t/W), D of final decay, f the factor at the last step. Every function returns
(S1, S2), exact to rounding unless it says otherwise.

Holds when: t counts from 1, and warm-up and decay fit into the T steps.
Source: docs/theory.md 1.4.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from adamw_cli.errors import UsageError
from adamw_cli.theory import _checks

_ZETA_HALF = -1.4603545088095868
_DIRECT = 16  # below this, sums are added term by term: the expansions in 1/t are poor there


class Sums(NamedTuple):
    """Sums of a schedule's factors and of their squares."""

    s1: float
    s2: float


def log_shrink_estimate(x: float, s1: float, s2: float) -> float:
    """Logarithm of the total shrink, to second order: ln(w_T/w_0) ~ -x S1 - x^2 S2/2.

    Low by x^3 S3/3 and smaller terms, where S3 is the sum of third powers.

    Holds when: nothing but decay moves the weight, and x is far below 1.

    >>> f"{log_shrink_estimate(0.01, *constant_sums(100)):.6f}", f"{100 * math.log1p(-0.01):.6f}"
    ('-1.005000', '-1.005034')

    """
    return -x * s1 - x * x * s2 / 2.0


def _warmup(n: int, W: int) -> tuple[float, float]:
    """Sums of t/W and its square over t = 1, ..., n."""
    return (n * (n + 1) / (2 * W), n * (n + 1) * (2 * n + 1) / (6 * W * W)) if n else (0.0, 0.0)


def _line(n: int) -> tuple[float, float]:
    """Sums of (n - k)/n and its square over k = 1, ..., n."""
    return ((n - 1) / 2, (n - 1) * (2 * n - 1) / (6 * n)) if n else (0.0, 0.0)


def _lifted(n: int, f: float, s1: float, s2: float) -> tuple[float, float]:
    """Sums of f + (1 - f) c over n steps, from the sums of c."""
    return f * n + (1 - f) * s1, f * f * n + 2 * f * (1 - f) * s1 + (1 - f) ** 2 * s2


def constant_sums(T: int, W: int = 0) -> Sums:
    """Sums of a warm-up, then 1: S1 = (W + 1)/2 + T - W, S2 = (W + 1)(2W + 1)/(6W) + T - W for 0 < W <= T.

    For W > T the sums over t <= T of t/W and t^2/W^2.

    >>> constant_sums(100)
    Sums(s1=100.0, s2=100.0)

    """
    s1, s2 = _warmup(min(T, W), W)
    return Sums(s1 + max(T - W, 0), s2 + max(T - W, 0))


def cosine_sums(T: int, W: int = 0, f: float = 0.0) -> Sums:
    """Sums of a warm-up, then half a cosine: S1 = (W + 1)/2 + (N - 1)/2 and 3N/8 - 1/2 after the warm-up, N = T - W, for f = 0.

    The cosines over k = 1, ..., N of pi k/N add up to -1, those of 2 pi k/N to 0 (to 1 for N = 1).

    >>> cosine_sums(8)
    Sums(s1=3.5, s2=2.5)

    """
    N = T - W
    s1, s2 = _lifted(N, f, max(N - 1, 0) / 2, 3 * N / 8 - 0.5 if N > 1 else 0.0)
    w1, w2 = _warmup(W, W)
    return Sums(w1 + s1, w2 + s2)


def linear_sums(T: int, W: int = 0, f: float = 0.0) -> Sums:
    """Sums of a warm-up, then a line: S1 = (W + 1)/2 + (N - 1)/2 and (N - 1)(2N - 1)/(6N) after the warm-up, N = T - W, for f = 0.

    S1 is the cosine's, so that the two shrink alike to first order; they differ by S2, N/3 against 3N/8.

    >>> linear_sums(8)
    Sums(s1=3.5, s2=2.1875)

    """
    N = T - W
    s1, s2 = _lifted(N, f, *_line(N))
    w1, w2 = _warmup(W, W)
    return Sums(w1 + s1, w2 + s2)


def wsd_sums(T: int, W: int, D: int, f: float = 0.0) -> Sums:
    """Sums of a warm-up, 1, then a line over the last D steps: S1 = (W + 1)/2 + (T - W - D) + (D - 1)/2 for f = 0, W > 0.

    >>> wsd_sums(10, 3, 4)
    Sums(s1=6.5, s2=5.430555555555555)

    """
    s1, s2 = _lifted(D, f, *_line(D))
    c1, c2 = constant_sums(T - D, W)
    return Sums(c1 + s1, c2 + s2)


def _inverse_roots(W: int, T: int) -> float:
    """Sum of t^(-1/2) over t = W + 1, ..., T by Euler and Maclaurin; error below 1e-12."""
    m = max(W, min(T, _DIRECT))
    direct = math.fsum(1 / math.sqrt(t) for t in range(W + 1, m + 1))

    def tail(t: float) -> float:
        root = math.sqrt(t)
        return 2 * root + (1 / 2 - (1 / 24 - (1 / 384 - 1 / (1024 * t**2)) / t**2) / t) / root

    return direct + tail(T) - tail(m)


def _inverses(W: int, T: int) -> float:
    """Sum of 1/t over t = W + 1, ..., T by Euler and Maclaurin; error below 1e-12."""
    m = max(W, min(T, _DIRECT))
    direct = math.fsum(1 / t for t in range(W + 1, m + 1))

    def tail(t: float) -> float:
        return 1 / (2 * t) - t**-2 / 12 + t**-4 / 120 - t**-6 / 252

    return direct + math.log(T / m) + tail(T) - tail(m)


def inverse_sqrt_sums(T: int, W: int) -> Sums:
    """Sums of a warm-up of W >= 1 steps, then sqrt(W/t): S1 ~ (W + 1)/2 + sqrt(W) (2 sqrt(T) - 2 sqrt(W) + ...).

    Euler-Maclaurin, the first 16 terms added one by one and four correction terms after that; the error is below
    1e-12 sqrt(W) for S1 and 1e-12 W for S2, beside rounding.

    >>> s1, s2 = inverse_sqrt_sums(4, 1)
    >>> f"{s1:.9f}", f"{1 + 2**-0.5 + 3**-0.5 + 4**-0.5:.9f}", f"{s2:.9f}"
    ('2.784457050', '2.784457050', '2.083333333')

    """
    s1, s2 = _warmup(min(T, W), W)
    if T <= W:
        return Sums(s1, s2)
    return Sums(s1 + math.sqrt(W) * _inverse_roots(W, T), s2 + W * _inverses(W, T))


def _geometric(log_ratio: float, ratio_less_one: float, n: int) -> float:
    """1 + r + ... + r^(n-1) = (r^n - 1)/(r - 1); inf where that is too large for a float."""
    if ratio_less_one == 0.0:
        return float(n)
    try:
        return math.expm1(n * log_ratio) / ratio_less_one
    except OverflowError:
        return math.inf


def exponential_sums(T: int, rate: float) -> Sums:
    """Sums of rate^(t-1): S1 = (1 - g^T)/(1 - g), and S2 the same with g^2, where g = `rate`.

    >>> exponential_sums(3, 0.5)
    Sums(s1=1.75, s2=1.3125)

    """
    log_rate = math.log(_checks.positive("rate", rate))
    return Sums(_geometric(log_rate, rate - 1, T), _geometric(2 * log_rate, (rate - 1) * (rate + 1), T))


def step_sums(T: int, every: int, factor: float) -> Sums:
    """Sums of factor^floor((t-1)/s): S1 = s (1 - g^J)/(1 - g) + r g^J, J full blocks of s = `every` steps and r more.

    >>> step_sums(5, 2, 0.5)
    Sums(s1=3.25, s2=2.5625)

    """
    full, rest = divmod(T, every)
    log_factor = math.log(_checks.positive("factor", factor))
    blocks = _geometric(log_factor, factor - 1, full), _geometric(2 * log_factor, (factor - 1) * (factor + 1), full)
    last = math.exp(full * log_factor) if rest else 0.0
    return Sums(every * blocks[0] + rest * last, every * blocks[1] + rest * last * last)


def inverse_root_sum(T: int) -> float:
    """Sum of 1/sqrt(t) over t = 1, ..., T: nearly 2 sqrt(T) + zeta(1/2) + 1/(2 sqrt(T)), high by T^(-3/2)/24.

    For the schedule lr/sqrt(t); zeta(1/2) = -1.4603545088.

    >>> f"{inverse_root_sum(1000):.6f}", f"{sum(t**-0.5 for t in range(1, 1001)):.6f}"
    ('61.801010', '61.801009')

    """
    root = math.sqrt(_checks.positive("the number of steps", T))
    return 2.0 * root + _ZETA_HALF + 0.5 / root


def warmed_inverse_root_sum(T: int, W: int) -> float:
    """S1 of warm-up and sqrt(W/t), in short: nearly (W + 1)/2 + sqrt(W) (2 (sqrt(T) - sqrt(W)) + 1/(2 sqrt(T)) - 1/(2 sqrt(W))).

    Low by sqrt(W) (W^(-3/2) - T^(-3/2))/24; `inverse_sqrt_sums` has more terms.

    Holds when: 1 <= W <= T.

    >>> f"{warmed_inverse_root_sum(1000, 100):.4f}"
    '482.6136'

    """
    if not 1 <= W <= T:
        raise UsageError(f"the warm-up must take between 1 and {T} steps, not {W}", "W of T steps are warm-up")
    root, start = math.sqrt(T), math.sqrt(W)
    return (W + 1) / 2.0 + start * (2.0 * (root - start) + 0.5 / root - 0.5 / start)
