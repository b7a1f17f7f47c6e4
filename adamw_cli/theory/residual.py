"""Momentum that outlives its gradient: k steps of constant gradient G from m = v = 0, then none.

j counts the steps after the last gradient. u = m_hat/(sqrt(v_hat) + eps) then falls by about rho = beta1/sqrt(beta2)
per step. Forms "after a long history" take k -> infinity and eps = 0, so that u_j = sign(G) rho^j; they need beta2 > 0.

Throughout x = lr lam and q = 1 - x; w_k is the weight when the gradient goes.

Source: catalogue 3.1 to 3.4.
"""

from __future__ import annotations

import math

from adamw_cli.errors import UsageError
from adamw_cli.theory import _checks, constant_gradient
from adamw_cli.theory.half_life import shrink_after
from adamw_cli.theory.update_bound import MOST_TERMS, averaging, taken_up
from adamw_cli.theory.update_bound import largest_residual_update as largest_residual_update
from adamw_cli.theory.update_bound import remaining_drift as remaining_drift
from adamw_cli.theory.update_bound import residual_drift as residual_drift
from adamw_cli.theory.update_bound import residual_drift_eps as residual_drift_eps
from adamw_cli.theory.update_bound import spike_drift as spike_drift
from adamw_cli.theory.update_bound import spike_first_step as spike_first_step


class Moments(tuple[float, float, float, float]):
    """The two averages, and what bias correction makes of them; a tuple, which cannot be changed."""

    __slots__ = ()

    @property
    def m(self) -> float:
        """Average of the gradients."""
        return self[0]

    @property
    def v(self) -> float:
        """Average of their squares."""
        return self[1]

    @property
    def m_hat(self) -> float:
        """m/(1 - beta1^(k+j))."""
        return self[2]

    @property
    def v_hat(self) -> float:
        """v/(1 - beta2^(k+j))."""
        return self[3]


def _power(base: float, n: int) -> float:
    try:
        return math.pow(base, n)
    except OverflowError:
        return math.inf


def _history(k: int, j: int, beta1: float, beta2: float) -> None:
    averaging("beta1", beta1)
    averaging("beta2", beta2)
    if k < 0 or j < 0:
        raise UsageError(f"numbers of steps must be at least 0, not {k} and {j}", "k steps with a gradient, j without")


def _rho(beta1: float, beta2: float) -> float:
    """beta1/sqrt(beta2), for the forms that need beta2 > 0."""
    _history(0, 0, beta1, beta2)
    if beta2 == 0.0:
        raise UsageError("beta2 is 0: v is 0 as soon as the gradient is", "give beta2 a value above 0, such as 0.999")
    return beta1 / math.sqrt(beta2)


def moments(G: float, k: int, j: int, beta1: float, beta2: float) -> Moments:
    """Averages m = G (1 - beta1^k) beta1^j and v = G^2 (1 - beta2^k) beta2^j, m_hat and v_hat.

    m_hat and v_hat are m and v over 1 - beta^(k+j). All are 0 for k = 0.

    Source: catalogue 3.

    >>> found = moments(2.0, 1, 1, 0.5, 0.75)
    >>> found.m, found.v, round(found.m_hat, 12), round(found.v_hat, 12)
    (0.5, 0.75, 0.666666666667, 1.714285714286)

    """
    _history(k, j, beta1, beta2)
    if k == 0:
        return Moments((0.0, 0.0, 0.0, 0.0))
    m = _checks.number("gradient", G) * taken_up(beta1, k) * math.pow(beta1, j)
    v = G * G * taken_up(beta2, k) * math.pow(beta2, j)
    return Moments((m, v, m / taken_up(beta1, k + j), v / taken_up(beta2, k + j)))


def update(G: float, k: int, j: int, beta1: float, beta2: float, eps: float) -> float:
    """Update u = m_hat/(sqrt(v_hat) + eps) at step k + j; 0 where the denominator is 0, as in the rule.

    For eps = 0: sign(G) rho^j (1 - beta1^k)/sqrt(1 - beta2^k) sqrt(1 - beta2^(k+j))/(1 - beta1^(k+j)), which is right
    also where m and v themselves are too small for a float; inf where beta1 > sqrt(beta2) has let it grow beyond one.

    Source: catalogue 3.

    >>> f"{update(-0.7, 37, 1, 0.9, 0.999, 0.0):.6f}", f"{update(1.0, 10_000, 1, 0.9, 0.999, 0.0):.5f}"
    ('-0.910427', '0.90045')
    >>> update(3.0, 5, 0, 0.9, 0.999, 0.0), update(3.0, 0, 1, 0.9, 0.999, 0.0)
    (1.0, 0.0)

    """
    _history(k, j, beta1, beta2)
    if k == 0 or _checks.number("gradient", G) == 0.0:
        return 0.0
    size = taken_up(beta1, k) / taken_up(beta1, k + j)
    root = math.sqrt(taken_up(beta2, k) / taken_up(beta2, k + j))
    if eps == 0.0:
        if j and beta2 == 0.0:
            return 0.0
        return math.copysign(size / root * _power(beta1 / math.sqrt(beta2) if j else 1.0, j), G)
    return G * size * math.pow(beta1, j) / (abs(G) * root * math.pow(math.sqrt(beta2), j) + eps)


def critical_lambda(w: float, G: float, k: int, j: int, beta1: float, beta2: float, eps: float) -> float | None:
    """-u/w, the weight decay with which step k + j leaves the weight where it is; the learning rate does not matter.

    It freezes for that one step: momentum fades, decay does not.

    w is the weight before that step, w_{k+j-1}. None unless momentum pushes outward, w m_hat < 0: decay then has
    nothing to balance.

    Source: catalogue 3.1.

    >>> [f"{critical_lambda(2.0, -0.7, 37, j, 0.9, 0.999, 1e-8):.5f}" for j in (5, 20)], critical_lambda(
    ...     2.0, 0.7, 37, 1, 0.9, 0.999, 1e-8)
    (['0.31231', '0.07448'], None)

    """
    u, w = update(G, k, j, beta1, beta2, eps), _checks.number("weight", w)
    outward = (u < 0.0 < w) or (w < 0.0 < u)
    return -u / w if outward else None


def critical_lambda_long(w: float, j: int, beta1: float, beta2: float) -> float:
    """rho^j/|w|, the critical lambda after a long history of gradients that push outward; inf for w = 0.

    Source: catalogue 3.1.

    >>> critical_lambda_long(2.0, 0, 0.9, 0.999), f"{critical_lambda_long(-2.0, 1, 0.9, 0.999):.5f}"
    (0.5, '0.45023')

    """
    _history(0, j, beta1, beta2)
    size = _power(_rho(beta1, beta2), j)
    return size / abs(w) if _checks.number("weight", w) != 0.0 else math.inf


def growth_threshold(w_k: float, beta1: float, beta2: float) -> float:
    """rho/|w_k|: with a smaller weight decay the weight grows after the gradient has gone, if that pushed outward.

    After a long history; inf for w_k = 0.

    Source: catalogue 3.2.

    >>> f"{growth_threshold(1.5, 0.9, 0.999):.5f}"
    '0.60030'

    """
    return critical_lambda_long(w_k, 1, beta1, beta2)


def path(
    w0: float, G: float, k: int, steps: int, lr: float, lam: float, beta1: float, beta2: float, eps: float
) -> list[float]:
    """w_0, ..., w_steps: `constant_gradient.weight` up to step k, then w <- q w - lr u_j with the closed form of u_j.

    Exact for every lr and lam.

    Source: catalogue 3 and 3.5.

    >>> path(1.0, -1.0, 2, 3, 0.125, 0.0, 0.0, 0.999, 0.0)
    [1.0, 1.125, 1.25, 1.25]

    """
    _history(k, steps, beta1, beta2)
    weights = [constant_gradient.weight(w0, G, t, lr, lam, eps) for t in range(min(k, steps) + 1)]
    for j in range(1, steps - k + 1):
        weights.append((1.0 - lr * lam) * weights[-1] - lr * update(G, k, j, beta1, beta2, eps))
    return weights


def weight_after(w_k: float, G: float, J: int, lr: float, lam: float, beta1: float, beta2: float) -> float:
    """w_{k+J} = q^J w_k - sign(G) C (q^J - rho^J) with C = lr rho/(q - rho), after a long history.

    Computed as lr sum_i q^(J-i) rho^i, which has a value also for q = rho. For lam = 0 it tends to w_k - sign(G) lr
    rho/(1 - rho), the residual drift.

    Source: catalogue 3.2.

    >>> f"{weight_after(1.5, -1.0, 4, 1e-3, 0.4, 0.9, 0.999) - 1.5:.8f}"
    '0.00069819'

    """
    _history(0, J, beta1, beta2)
    shrink = shrink_after(lr * lam, J)
    pushed = -math.copysign(1.0, G) * lr * _geometric(lr * lam, _rho(beta1, beta2), J) if G != 0.0 else 0.0
    found = (shrink * w_k if w_k != 0.0 else 0.0) + pushed
    if math.isnan(found):
        raise UsageError("the weight is beyond what a float can hold", "ask for fewer steps")
    return found


def _geometric(x: float, rho: float, J: int) -> float:
    """sum_{i=1}^J q^(J-i) rho^i, without cancellation where q = 1 - x is near rho."""
    if J == 0 or rho == 0.0:
        return 0.0
    q = 1.0 - x
    if q <= 0.0:
        return rho * (shrink_after(x, J) - _power(rho, J)) / (q - rho)
    log_q, log_rho = math.log1p(-x), math.log(rho)
    apart = abs(log_q - log_rho)
    terms = math.expm1(-J * apart) / math.expm1(-apart) if apart else float(J)
    larger = shrink_after(x, J - 1) if log_q > log_rho else _power(rho, J - 1)
    return rho * larger * terms


def peak_time(w_k: float, G: float, lr: float, lam: float, beta1: float, beta2: float) -> float | None:
    """J* = ln[(1 - q)(|w_k| + C)/(C (1 - rho))]/ln(rho/q), C = lr rho/(q - rho), at least 0: when decay takes over.

    For a push outward, w_k G <= 0, after a long history. None where this knows no peak: the push is inward (w_k G > 0),
    x <= 0, x > 1, or beta1 >= sqrt(beta2). 0 if the weight never grows: lam >= growth_threshold, or G = 0.

    Source: catalogue 3.2.

    >>> f"{peak_time(1.5, -1.0, 1e-3, 0.4, 0.9, 0.999):.3f}", peak_time(1.5, -1.0, 1e-3, 0.61, 0.9, 0.999)
    ('3.867', 0.0)

    """
    y, x, rho = abs(_checks.number("weight", w_k)), lr * lam, _rho(beta1, beta2)
    if G == 0.0:
        return 0.0
    if ((w_k > 0.0) == (G > 0.0) and w_k != 0.0) or not 0.0 < x <= 1.0 or rho >= 1.0:
        return None
    if lam * y >= rho or x == 1.0:
        return 0.0
    # d = q - rho is 0 where both logarithms are, and log1p keeps their ratio: rho/(1 - rho) - |w_k|/lr.
    d = (1.0 - rho) - x
    if d == 0.0:
        return rho / (1.0 - rho) - y / lr
    pace = math.log1p(-d / (1.0 - rho)) if abs(d) < 0.5 * (1.0 - rho) else math.log(x / (1.0 - rho))
    return max(0.0, (pace + math.log1p(y * d / (lr * rho))) / (math.log(rho) - math.log1p(-x)))


def peak_step(w_k: float, G: float, lr: float, lam: float, beta1: float, beta2: float) -> int | None:
    """Steps after the gradient's end at which |w| is largest: ceil(J*); 0 and None as for `peak_time`.

    Source: catalogue 3.2.

    >>> [peak_step(1.5, -1.0, 1e-3, lam, 0.9, 0.999) for lam in (0.4, 0.61, 1000.0, 0.0)]
    [4, 0, 0, None]

    """
    time = peak_time(w_k, G, lr, lam, beta1, beta2)
    if time is None or G == 0.0 or lam * abs(w_k) >= _rho(beta1, beta2):
        return time if time is None else 0
    return max(1, math.ceil(time))


def peak_excursion(w_k: float, G: float, lr: float, lam: float, beta1: float, beta2: float) -> float:
    """|w| at the peak above |w_k|, after a long history; 0 if it never grows, and residual_drift for lam = 0.

    Raises UsageError where `peak_step` knows no peak, apart from lam = 0.

    Source: catalogue 3.2.

    >>> f"{peak_excursion(1.5, -1.0, 1e-3, 0.4, 0.9, 0.999):.9f}"
    '0.000698189'

    """
    J = peak_step(w_k, G, lr, lam, beta1, beta2)
    x, outward = lr * lam, w_k == 0.0 or (w_k > 0.0) != (G > 0.0)
    if J is None and x == 0.0 and outward:
        return residual_drift(lr, beta1, beta2)
    if J is None:
        raise UsageError("no peak is known: it needs w_k G <= 0, 0 <= lr lam <= 1 and beta1 < sqrt(beta2)")
    gone = -math.expm1(J * math.log1p(-x)) if J and x < 1.0 else float(J > 0)
    return lr * _geometric(x, _rho(beta1, beta2), J) - gone * abs(w_k) if J else 0.0


def _sizes_after(
    w0: float, G: float, k: int, lr: float, lam: float, beta1: float, beta2: float, eps: float, most: int
) -> list[float]:
    return [abs(w) for w in path(w0, G, k, k + most, lr, lam, beta1, beta2, eps)[k:]]


def exact_peak_step(
    w0: float, G: float, k: int, lr: float, lam: float, beta1: float, beta2: float, eps: float, most: int = 10_000
) -> int | None:
    """First J within `most` at which |w_{k+J}| is largest, read off `path`; as `peak_step`, for any k and eps.

    None for lam = 0, where the weight goes on growing, and where it is largest at the last of those steps.

    >>> exact_peak_step(0.0, -1.0, 1500, 1e-3, 0.4, 0.9, 0.999, 1e-8)
    7

    """
    sizes = _sizes_after(w0, G, k, lr, lam, beta1, beta2, eps, most)
    peak = sizes.index(max(sizes))
    return None if lam == 0.0 or (peak == most and peak) else peak


def exact_peak_excursion(
    w0: float, G: float, k: int, lr: float, lam: float, beta1: float, beta2: float, eps: float, most: int = 10_000
) -> float:
    """The largest |w_{k+J}| within `most` steps, less |w_k|, read off `path`; for any k and eps.

    >>> f"{exact_peak_excursion(5.0, -1.0, 1500, 1e-3, 0.01, 0.9, 0.999, 1e-8):.5f}"
    '0.00679'

    """
    sizes = _sizes_after(w0, G, k, lr, lam, beta1, beta2, eps, most)
    return max(sizes) - sizes[0]


def residual_drift_finite(k: int, lr: float, beta1: float, beta2: float, steps: int | None = None) -> float:
    """Sum of lr |u_j| over j = 1 ... `steps`, for eps = 0 and no decay: how far momentum still carries a weight.

    All j for steps = None, added until bias correction is over and the rest is geometric; inf for beta1 >= sqrt(beta2).

    Source: catalogue 3.3.

    >>> [f"{residual_drift_finite(k, 1.0, 0.9, 0.999):.3f}" for k in (1, 5, 30)]
    ['5.006', '8.462', '10.112']

    """
    _history(k, steps or 0, beta1, beta2)
    if k == 0 or beta1 == 0.0 or steps == 0:
        return 0.0
    if steps is None and beta1 >= math.sqrt(beta2):
        return math.inf
    terms: list[float] = []
    for j in range(1, (MOST_TERMS if steps is None else steps) + 1):
        terms.append(update(1.0, k, j, beta1, beta2, 0.0))
        if steps is None and (terms[-1] < 1e-22 or math.pow(max(beta1, beta2), k + j) < 1e-17):
            return lr * math.fsum(terms) + remaining_drift(terms[-1], lr, beta1, beta2)
    if steps is None:
        raise UsageError("the momentum lasts too long to add up", "give a number of steps")
    return lr * math.fsum(terms)


def self_consistent_critical_lambda(
    w0: float, G: float, k: int, j: int, lr: float, beta1: float, beta2: float, eps: float
) -> float | None:
    """The smallest lam > 0 for which a run with it from the first step on stands still in step k + j.

    A root of lam w_{k+j-1}(lam) + u_j = 0, which has one whenever the update falls from step to step.

    None if there is none with lr lam <= 1; beyond, a step of decay alone throws the weight across 0.

    Source: catalogue 3.1.

    >>> [f"{self_consistent_critical_lambda(0.3, -0.7, 37, j, 1e-3, 0.9, 0.999, 1e-8):.3f}" for j in (1, 5)]
    ['3.000', '1.982']

    """
    goal = lr * abs(update(G, k, j, beta1, beta2, eps))
    if goal == 0.0:
        return None
    pushes = [lr * abs(update(G, k, i, beta1, beta2, eps)) for i in range(j)]
    steady, later = (k, pushes[1:]) if j else (k - 1, [])
    pushes = pushes or [goal]
    start = -math.copysign(1.0, G) * w0

    def away(x: float) -> float:
        """What the pushes have made of a weight that started at 0, outward."""
        gone = -math.expm1(steady * math.log1p(-x)) / x if 0.0 < x < 1.0 else 1.0 if x and steady else float(steady)
        total = pushes[0] * gone
        for push in later:
            total = (1.0 - x) * total + push
        return total

    x = constant_gradient.first_balance(away, start, steady + len(later), goal)
    return None if x is None else x / lr
