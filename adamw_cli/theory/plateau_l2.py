"""Adam with L2 where there is no other gradient: g = lam w, and nothing else moves the weight.

With eps negligible lam drops out, because the update is divided by what the gradient was: the path depends on
N = |w_0|/lr and the betas alone. v remembers the larger weight of before, so steps are smaller than lr.

Source: catalogue 2.1 to 2.8.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from adamw_cli.errors import UsageError
from adamw_cli.theory import _checks

# Step of the integration: parts of N, of what is left or what v remembers, and of the time that has passed.
_OF_ALL, _OF_SCALE, _OF_TIME = 1 / 1000, 1 / 50, 1 / 10
_BISECTIONS = 60
_SERIES_BELOW = 1e-3


def _beta(name: str, beta: float) -> float:
    if not 0.0 <= beta < 1.0:
        raise UsageError(f"{name} must be at least 0 and below 1, not {beta:g}", "0.9 and 0.999 are usual")
    return beta


def first_step(w0: float, lr: float, lam: float, eps: float) -> float:
    """|w_1 - w_0| = lr lam|w_0|/(lam|w_0| + eps): bias correction makes m_hat = g and sqrt(v_hat) = |g|. Exact.

    Source: catalogue 2.1.

    >>> f"{first_step(0.1, 1e-3, 0.01, 1e-8):.5e}", f"{first_step(1e-5, 1e-3, 0.01, 1e-8):.2e}"
    ('9.99990e-04', '9.09e-04')

    """
    g = lam * abs(_checks.number("the weight", w0))
    return lr * g / (g + eps) if g != 0.0 else 0.0


def sign_phase_threshold(lam: float, eps: float) -> float:
    """eps/lam, the |w| below which steps are not of fixed size: decay is exponential there, with rate lr lam/eps.

    Source: catalogue 2.1.

    >>> sign_phase_threshold(0.5, 1e-8)
    2e-08

    """
    return eps / _checks.positive("weight_decay", lam)


def bias_corrected_lag(beta: float, t: float) -> float:
    """L = beta/(1 - beta) - t beta^t/(1 - beta^t): the mean age of what a bias-corrected average holds after t steps.

    Source: catalogue 2.4.

    >>> bias_corrected_lag(0.5, 1), f"{bias_corrected_lag(0.9, 1000):.6f}", bias_corrected_lag(0.0, 3)
    (0.0, '9.000000', 0.0)

    """
    if _beta("beta", beta) == 0.0:
        return 0.0
    log_beta = math.log(beta)
    return beta / (1.0 - beta) + t * math.exp(t * log_beta) / math.expm1(t * log_beta)


def _steps(w0: float, lr: float) -> float:
    """N = |w_0|/lr."""
    return _checks.positive("|w_0|/lr", abs(w0) / _checks.positive("lr", lr))


def lag_time(w0: float, lr: float, beta1: float, beta2: float, fraction: float = 0.5) -> float:
    """First-order time to a part f: (1 - f) N + sum_{s=1}^{(1-f)N} (L2(s) - L1(s))/(N - s + 1), in steps.

    L is bias_corrected_lag. Assumes lags that are small against N; 0.3 % at N = 1e4 and beta2 = 0.999.

    Source: catalogue 2.4.

    >>> f"{lag_time(1.0, 1e-3, 0.9, 0.999):.1f}", f"{lag_time(1.0, 1e-4, 0.9, 0.99):.1f}"
    ('584.6', '5060.7')

    """
    N = _steps(w0, lr)
    way = (1.0 - _checks.fraction("fraction", fraction)) * N
    lags = (
        (bias_corrected_lag(beta2, s) - bias_corrected_lag(beta1, s)) / (N - s + 1.0)
        for s in range(1, math.floor(way) + 1)
    )
    return way + math.fsum(lags)


def lag_time_large(w0: float, lr: float, beta1: float, beta2: float, fraction: float = 0.5) -> float:
    """(1 - f) N + (tau2 - tau1) ln(1/f) with tau = beta/(1 - beta), for (1 - beta2) N well above 1, in steps.

    Source: catalogue 2.4.

    >>> f"{lag_time_large(100.0, 1e-3, 0.9, 0.999):.0f}", f"{lag_time_large(1.0, 1e-4, 0.9, 0.999):.0f}"
    ('50686', '5686')

    """
    tau1, tau2 = (_beta("beta", beta) / (1.0 - beta) for beta in (beta1, beta2))
    return (1.0 - _checks.fraction("fraction", fraction)) * _steps(w0, lr) - (tau2 - tau1) * math.log(fraction)


def _weights(z: float) -> tuple[float, float, float]:
    """Integrals over u = 0..1 of z e^(-z (1 - u)) times 1, u and u^2."""
    if z == math.inf:
        return 1.0, 1.0, 1.0
    if z < _SERIES_BELOW:
        return -math.expm1(-z), z * (1 / 2 - z * (1 / 6 - z / 24)), z * (1 / 3 - z * (1 / 12 - z / 60))
    p0 = -math.expm1(-z)
    p1 = 1.0 - p0 / z
    return p0, p1, 1.0 - 2.0 * p1 / z


def _filled(rate: float, t: float) -> float:
    """1 - e^(-rate t), by which bias correction divides."""
    return 1.0 if rate == math.inf else -math.expm1(-rate * t)


def _march(N: float, a: float, k: float, fine: float = 1.0) -> Iterator[tuple[float, float, float]]:
    """Times in steps, w/w_0 and its slope, up to and including the first w below 0; a = -ln beta1, k = -ln beta2.

    w' = -M/(N sqrt(V)) with J' = a (w - J), K' = k (w^2 - K), M = J/(1 - e^(-at)), V = K/(1 - e^(-kt)). Averages are
    advanced exactly for a w that is linear within a step; w by the trapezoidal rule, iterated. The steps follow the
    scale on which the speed changes. With a quarter of the step, times to a part change by less than 1e-7 of themselves and
    the first change of sign by less than 2e-5, for N from 1e3 to 1e5.
    """
    t, y, J, K, slope = 0.0, 1.0, 0.0, 0.0, -1.0 / N
    yield t, y, slope
    memory = 1.0 / k if k > 0.0 else math.inf
    while y > 0.0:
        # Near zero the weight collapses: it then changes as fast as y/slope says, but not faster than the momentum.
        collapse = max(y / -slope, 1.0 / a) if slope < 0.0 else math.inf
        scale = min(max(min(memory, N), y * N), collapse)
        h = fine * min(N * _OF_ALL, scale * _OF_SCALE, (t + 0.5) * _OF_TIME)
        decay_a, decay_k = math.exp(-a * h) if a < math.inf else 0.0, math.exp(-k * h)
        a0, a1, _ = _weights(a * h)
        k0, k1, k2 = _weights(k * h)
        new, next_slope = y + h * slope, slope
        for _ in range(3):
            d = new - y
            J1 = decay_a * J + a0 * y + a1 * d
            K1 = decay_k * K + k0 * y * y + 2.0 * k1 * y * d + k2 * d * d
            next_slope = -J1 / _filled(a, t + h) / math.sqrt(K1 / _filled(k, t + h)) / N
            new = y + h * (slope + next_slope) / 2.0
        t, y, J, K, slope = t + h, new, J1, K1, next_slope
        yield t, y, slope


def _between(left: tuple[float, float, float], right: tuple[float, float, float], t: float) -> float:
    """Cubic through two points with their slopes."""
    (t0, y0, s0), (t1, y1, s1) = left, right
    h = t1 - t0
    u = (t - t0) / h
    return (
        (1 + 2 * u) * (1 - u) ** 2 * y0
        + u * (1 - u) ** 2 * h * s0
        + u * u * (3 - 2 * u) * y1
        - u * u * (1 - u) * h * s1
    )


def _crossing(N: float, a: float, k: float, level: float, most: float, fine: float = 1.0) -> float | None:
    """Time at which w/w_0 comes down to a level."""
    left = None
    for right in _march(N, a, k, fine):
        if right[1] <= level and left is not None:
            low, high = left[0], right[0]
            for _ in range(_BISECTIONS):
                middle = (low + high) / 2.0
                low, high = (middle, high) if _between(left, right, middle) > level else (low, middle)
            return high if high <= most else None
        if right[0] > most:
            return None
        left = right
    return None


def _rate(name: str, beta: float) -> float:
    return -math.log(beta) if _beta(name, beta) > 0.0 else math.inf


def ode_fraction_time(
    w0: float, lr: float, beta1: float, beta2: float, fraction: float = 0.5, most_steps: float = math.inf
) -> float | None:
    """Steps until |w| is `fraction` of |w_0|, by the differential equation of the averages; None if not in most_steps.

    w' = -lr M/sqrt(V), with M and V the bias-corrected continuous averages of w and w^2 at the rates -ln beta. Assumes
    eps << lam|w| and constant lr. Against the recurrence, beta1 = 0.9, beta2 from 0.95 to 0.999: within one step for
    N from 100 to 1e5, which is 1.2e-3 or less from N = 1e3 on.

    Source: catalogue 2.4.

    >>> f"{ode_fraction_time(1.0, 1e-3, 0.9, 0.999):.1f}", f"{ode_fraction_time(1.0, 1e-3, 0.9, 0.999, 0.1):.0f}"
    ('583.7', '1451')

    """
    N = _steps(w0, lr)
    level = _checks.fraction("fraction", fraction)
    return _crossing(N, _rate("beta1", beta1), _rate("beta2", beta2), level, most_steps)


def ode_sign_change(w0: float, lr: float, beta1: float, beta2: float, most_steps: float = math.inf) -> float | None:
    """Steps until the weight first crosses zero, by the same equation; None if not within most_steps.

    Needs a momentum: without one the weight comes ever nearer to zero and does not cross it, and the answer is None.

    Source: catalogue 2.4.

    >>> f"{ode_sign_change(1.0, 1e-3, 0.9, 0.999):.0f}", ode_sign_change(1.0, 1e-3, 0.0, 0.999)
    ('6215', None)

    """
    N = _steps(w0, lr)
    if _beta("beta1", beta1) == 0.0:
        return None
    return _crossing(N, _rate("beta1", beta1), _rate("beta2", beta2), 0.0, most_steps)


def ode_path(w0: float, lr: float, beta1: float, beta2: float, steps: int) -> list[float]:
    """Weights after 0, 1, ..., `steps` steps by the same equation, as far as the weight has not crossed zero.

    The list ends before the first change of sign, so it may be shorter.

    Source: catalogue 2.4.

    >>> path = ode_path(-1.0, 1e-2, 0.9, 0.999, 3)
    >>> [round(w, 3) for w in path]
    [-1.0, -0.99, -0.98, -0.97]

    """
    N = _steps(w0, lr)
    found: list[float] = []
    left = None
    for right in _march(N, _rate("beta1", beta1), _rate("beta2", beta2)):
        if left is not None:
            while len(found) <= steps and len(found) <= right[0]:
                y = _between(left, right, float(len(found)))
                if y <= 0.0:
                    return found
                found.append(w0 * y)
        if len(found) > steps or abs(right[1]) < 1e-300:
            return found
        left = right
    return found


def universal_time(x0: float, fraction: float) -> float:
    """t_f lr/|w_0| for beta1 = 0 and N to infinity, as a function of x0 = (1 - beta2) N alone.

    Source: catalogue 2.4.

    >>> f"{universal_time(1.0, 0.5):.4f}", f"{universal_time(100.0, 0.01):.4f}", f"{universal_time(0.0, 0.1):.4f}"
    ('0.5900', '1.0329', '1.5731')

    """
    if not x0 >= 0.0 or x0 == math.inf:
        raise UsageError(f"x0 must be a finite number of at least 0, not {x0:g}", "x0 = (1 - beta2) |w_0|/lr")
    N = 1e6  # a unit of time; the first step of the integration is far below any scale
    time = _crossing(N, math.inf, max(x0, 1e-9) / N, _checks.fraction("fraction", fraction), math.inf)
    assert time is not None
    return time / N


def v_forget_time(G: float, w: float, lam: float, beta2: float) -> float:
    """Steps that coupled decay needs after gradients of size G to come to a speed of lr/sqrt(2): 2 ln(G/(lam|w|))/-ln(beta2).

    v = G^2 beta2^j + (lam w)^2 (1 - beta2^j) is down to twice (lam w)^2 then. Assumes a history of gradients that is
    long against v's memory, lam|w| << G, and a weight that hardly moves meanwhile. Decoupled decay waits for nothing.

    Source: catalogue 2.7.

    >>> f"{v_forget_time(1.0, 1.0, 0.01, 0.999):.0f}"
    '9206'

    """
    strength = _checks.positive("weight_decay*|w|", lam * abs(w))
    if not strength < abs(_checks.number("the gradient", G)):
        return 0.0
    return 2.0 * math.log(abs(G) / strength) / -math.log(_checks.fraction("beta2", beta2))


def coupled_speed(w: float, sigma: float, lr: float, lam: float) -> float:
    """Speed of coupled decay beside gradients of root mean square sigma: lr lam|w|/sqrt(sigma^2 + (lam w)^2), per step.

    lr for lam|w| >> sigma, the sign phase; exponential with rate lr lam/sigma for lam|w| << sigma.

    Source: catalogue 2.8.

    >>> f"{coupled_speed(1.0, 1.0, 1e-3, 1.0):.6e}", coupled_speed(2.0, 0.0, 1e-3, 0.1)
    ('7.071068e-04', 0.001)

    """
    g = lam * abs(w)
    return lr * g / math.hypot(_checks.number("sigma", sigma), g) if g != 0.0 else 0.0
