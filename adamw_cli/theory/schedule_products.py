"""Total shrink w_T/w_0 = prod (1 - x factor(t)) in closed form, where there is one: a line to 0 and exponential decay.

`half_life.total_shrink` multiplies any schedule out in T steps; these take a time that does not grow with T.

Holds when: nothing but decay moves the weight.
Source: docs/theory.md 1.4.
"""

from __future__ import annotations

import math

from adamw_cli.errors import UsageError
from adamw_cli.theory import _checks

_STIRLING_FROM = 20.0
_TERMS = 60  # of a series in r^k, r <= 1/2
_ENOUGH = 1e-17
_MOST = 0.99


def _stirling(z: float) -> float:
    """What ln Gamma(z) has beyond (z - 1/2) ln z - z + ln(2 pi)/2; error below 5e-13 from z = 20 on."""
    u = 1 / z
    return u * (1 / 12 - u * u * (1 / 360 - u * u / 1260))


def _beyond_linear(r: float) -> float:
    """(1 - r) ln(1 - r) + r = sum_{k>=2} r^k/(k (k - 1)), which is about r^2/2."""
    if r > 0.5:
        return (1 - r) * math.log1p(-r) + r
    return math.fsum(r**k / (k * (k - 1)) for k in range(2, _TERMS))


def linear_total_shrink(x: float, T: int) -> float:
    """What is left of a weight after a line from 1 to 0: prod_{t=1..T} (1 - x (1 - t/T)) = a^(1-T) Gamma(a)/Gamma(a - T + 1), a = T/x.

    Without warm-up, as the schedule `linear` has it: the last step's factor is 0. With the first factor 1 (t = 0, ..., T - 1)
    the product is 1 - x times this one, (x/T)^T Gamma(T/x)/Gamma(T/x - T).

    The logarithms of the two Gamma functions are nearly equal for small x, so their difference is taken term by term in
    Stirling's series where that converges, and from lgamma elsewhere. The relative error grows like 1e-16 x T for x
    up to 1/2, and like 1e-16 T above.

    Holds when: lr * weight_decay is above 0 and at most 1.

    >>> f"{linear_total_shrink(0.5, 4):.6f}", (1 - 0.5 * 0.75) * (1 - 0.5 * 0.5) * (1 - 0.5 * 0.25)
    ('0.410156', 0.41015625)

    """
    if not 0.0 < x <= 1.0:
        raise UsageError(f"lr * weight_decay must lie between 0 and 1, not {x:g}", "multiply the factors out instead")
    a, n = T / x, T - 1
    b = a - n
    if math.isinf(a):
        return 1.0
    if b < _STIRLING_FROM:
        return math.exp(math.lgamma(a) - math.lgamma(b) - n * math.log(a))
    # (a - 1/2 - n) ln a - (b - 1/2) ln b - (a - b), with ln a - ln b = -ln(1 - n/a) and b = a (1 - n/a)
    return math.exp(-a * _beyond_linear(n / a) + 0.5 * math.log1p(-n / a) + _stirling(a) - _stirling(b))


def exponential_total_shrink(x: float, rate: float, T: float = math.inf) -> float:
    """What is left of a weight after an exponential schedule: prod_{t=1..T} (1 - x g^(t-1)) = exp(-sum_{k>=1} (x^k/k) (1 - g^(kT))/(1 - g^k)).

    For T = inf it is what is left however long the run, the q-Pochhammer symbol (x; g): the learning rate dies out first.

    Holds when: lr * weight_decay is at least 0 and at most 0.99; nearer to 1 the series takes too many terms.

    >>> f"{exponential_total_shrink(5e-4, 0.999):.8f}"
    '0.60649273'
    >>> f"{exponential_total_shrink(0.5, 0.5, 2):.6f}", (1 - 0.5) * (1 - 0.25)
    ('0.375000', 0.375)

    """
    _checks.fraction("rate", rate)
    if not 0.0 <= x <= _MOST:
        raise UsageError(
            f"lr * weight_decay must be at least 0 and at most {_MOST}, not {x:g}", "multiply the factors out instead"
        )
    log_rate = math.log(rate)
    terms = []
    power, k = x, 1
    while T > 0 and power > 0.0:
        # (1 - g^(kT)) / (1 - g^k) lies between 1 and 1/(1 - g): the rest adds up to less than power/k/(1-x) times that
        terms.append(power / k * math.expm1(k * T * log_rate) / math.expm1(k * log_rate))
        if terms[-1] < _ENOUGH * (1.0 - x) * terms[0]:
            break
        power, k = power * x, k + 1
    return math.exp(-math.fsum(terms))
