"""Momentum that outlives its gradient: k steps of constant gradient G from m = v = 0, then none.

j counts the steps after the last gradient. u = m_hat/(sqrt(v_hat) + eps) then falls by about rho = beta1/sqrt(beta2)
per step. Forms after a long history take k -> infinity and eps = 0, so that u_j = sign(G) rho^j; they need beta2 > 0.

Throughout x = lr lam and q = 1 - x; w_k is the weight when the gradient goes.

Holds when: the gradient is G for k steps and 0 from then on, and lr is constant.
Source: docs/theory.md 3.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from adamw_cli.errors import UsageError
from adamw_cli.theory import _checks, constant_gradient
from adamw_cli.theory._numbers import MOST_TERMS, power, taken_up
from adamw_cli.theory.half_life import shrink_after
from adamw_cli.theory.update_bound import residual_drift


def _history(k: int, j: int, beta1: float, beta2: float) -> None:
    _checks.averaging("beta1", beta1)
    _checks.averaging("beta2", beta2)
    if k < 0 or j < 0:
        raise UsageError(f"numbers of steps must be at least 0, not {k} and {j}", "k steps with a gradient, j without")


def _rho(beta1: float, beta2: float) -> float:
    """beta1/sqrt(beta2), for the forms that need beta2 > 0."""
    _history(0, 0, beta1, beta2)
    if beta2 == 0.0:
        raise UsageError("beta2 is 0: v is 0 as soon as the gradient is", "give beta2 a value above 0, such as 0.999")
    return beta1 / math.sqrt(beta2)


def update(G: float, k: int, j: int, beta1: float, beta2: float, eps: float) -> float:
    """Update j steps after the gradient has gone: u = m_hat/(sqrt(v_hat) + eps), m = G (1 - beta1^k) beta1^j, v = G^2 (1 - beta2^k) beta2^j.

    0 where the denominator is 0, as in the rule. For eps = 0 it is right also where m and v themselves are too small for a
    float; inf where beta1 > sqrt(beta2) has let it grow beyond one.

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
        return math.copysign(size / root * power(beta1 / math.sqrt(beta2) if j else 1.0, j), G)
    return G * size * math.pow(beta1, j) / (abs(G) * root * math.pow(math.sqrt(beta2), j) + eps)


def critical_lambda(w: float, G: float, k: int, j: int, beta1: float, beta2: float, eps: float) -> float | None:
    """Weight decay with which step k + j leaves the weight where it is: -u/w; the learning rate does not matter.

    It freezes for that one step: momentum fades, decay does not. w is the weight before that step, w_{k+j-1}. None unless
    momentum pushes outward, w m_hat < 0: decay then has nothing to balance.

    >>> [f"{critical_lambda(2.0, -0.7, 37, j, 0.9, 0.999, 1e-8):.5f}" for j in (5, 20)], critical_lambda(
    ...     2.0, 0.7, 37, 1, 0.9, 0.999, 1e-8)
    (['0.31231', '0.07448'], None)

    """
    u, w = update(G, k, j, beta1, beta2, eps), _checks.number("weight", w)
    outward = (u < 0.0 < w) or (w < 0.0 < u)
    return -u / w if outward else None


def growth_threshold(w_k: float, beta1: float, beta2: float) -> float:
    """Weight decay below which the weight grows after the gradient has gone, if that pushed outward: rho/|w_k|, rho = beta1/sqrt(beta2); inf for w_k = 0.

    Holds when: k is large and eps far below the gradient.

    >>> f"{growth_threshold(1.5, 0.9, 0.999):.5f}"
    '0.60030'

    """
    rho = _rho(beta1, beta2)
    return rho / abs(w_k) if _checks.number("weight", w_k) != 0.0 else math.inf


def path(
    w0: float, G: float, k: int, steps: int, lr: float, lam: float, beta1: float, beta2: float, eps: float
) -> list[float]:
    """Weights w_0, ..., w_steps: `constant_gradient.weight` up to step k, then w <- q w - lr u_j with the closed form of u_j.

    Exact for every lr and lam.

    >>> path(1.0, -1.0, 2, 3, 0.125, 0.0, 0.0, 0.999, 0.0)
    [1.0, 1.125, 1.25, 1.25]

    """
    _history(k, steps, beta1, beta2)
    weights = [constant_gradient.weight(w0, G, t, lr, lam, eps) for t in range(min(k, steps) + 1)]
    for j in range(1, steps - k + 1):
        weights.append((1.0 - lr * lam) * weights[-1] - lr * update(G, k, j, beta1, beta2, eps))
    return weights


def _geometric(x: float, rho: float, J: int) -> float:
    """sum_{i=1}^J q^(J-i) rho^i, without cancellation where q = 1 - x is near rho."""
    if J == 0 or rho == 0.0:
        return 0.0
    q = 1.0 - x
    if q <= 0.0:
        return rho * (shrink_after(x, J) - power(rho, J)) / (q - rho)
    log_q, log_rho = math.log1p(-x), math.log(rho)
    apart = abs(log_q - log_rho)
    terms = math.expm1(-J * apart) / math.expm1(-apart) if apart else float(J)
    larger = shrink_after(x, J - 1) if log_q > log_rho else power(rho, J - 1)
    return rho * larger * terms


def _peak_time(w_k: float, G: float, lr: float, lam: float, beta1: float, beta2: float) -> float | None:
    """J* of `peak_step`, at least 0."""
    y, x, rho = abs(_checks.number("weight", w_k)), lr * lam, _rho(beta1, beta2)
    if G == 0.0:
        return 0.0
    if ((w_k > 0.0) == (G > 0.0) and w_k != 0.0) or not 0.0 < x <= 1.0 or rho >= 1.0:
        return None
    if lam * y >= rho or x == 1.0:
        return 0.0
    # All three logarithms vanish with d = q - rho; log1p keeps their ratio, down to its limit rho/(1 - rho) - |w_k|/lr.
    d = (1.0 - rho) - x
    if d == 0.0:
        return rho / (1.0 - rho) - y / lr
    pace = math.log1p(-d / (1.0 - rho)) if abs(d) < 0.5 * (1.0 - rho) else math.log(x / (1.0 - rho))
    return max(0.0, (pace + math.log1p(y * d / lr / rho)) / -math.log1p(d / rho))


def peak_step(w_k: float, G: float, lr: float, lam: float, beta1: float, beta2: float) -> int | None:
    """Steps after the gradient's end at which |w| is largest: J* = ln[(1 - q)(|w_k| + C)/(C (1 - rho))]/ln(rho/q) rounded up, C = lr rho/(q - rho).

    For a push outward, w_k G <= 0. None where this knows no peak: the push is inward (w_k G > 0), x <= 0, x > 1, or
    beta1 >= sqrt(beta2). 0 if the weight never grows: lam >= growth_threshold, or G = 0.

    Holds when: k is large and eps far below the gradient.

    >>> [peak_step(1.5, -1.0, 1e-3, lam, 0.9, 0.999) for lam in (0.4, 0.61, 1000.0, 0.0)]
    [4, 0, 0, None]

    """
    time = _peak_time(w_k, G, lr, lam, beta1, beta2)
    if time is None or G == 0.0 or lam * abs(w_k) >= _rho(beta1, beta2):
        return time if time is None else 0
    return max(1, math.ceil(time))


def peak_excursion(w_k: float, G: float, lr: float, lam: float, beta1: float, beta2: float) -> float:
    """How much larger |w| is at its peak than when the gradient goes: |w_{k+ceil(J*)}| - |w_k|.

    0 if it never grows, and residual_drift for lam = 0. Refused where `peak_step` knows no peak, apart from lam = 0.

    Holds when: k is large and eps far below the gradient.

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


def residual_drift_finite(k: int, lr: float, beta1: float, beta2: float, steps: int | None = None) -> float:
    """How far momentum still carries a weight: lr sum_j |u_j| over j = 1 ... `steps`.

    All j for steps = None, added until bias correction is over and the rest is geometric; inf for beta1 >= sqrt(beta2).

    Holds when: there is no decay, and eps is far below the gradient.

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
            return lr * math.fsum(terms) + residual_drift(lr * terms[-1], beta1, beta2)
    if steps is None:
        raise UsageError("the momentum lasts too long to add up", "give a number of steps")
    return lr * math.fsum(terms)


def self_consistent_critical_lambda(
    w0: float, G: float, k: int, j: int, lr: float, beta1: float, beta2: float, eps: float
) -> float | None:
    """Weight decay with which a run stands still in step k + j: the smallest root lam > 0 of lam w_{k+j-1}(lam) + u_j = 0.

    lam acts from the first step on. There is a root whenever the update falls from step to step.

    None if there is none with lr lam <= 1; beyond, a step of decay alone throws the weight across 0.

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

    x = _first_balance(away, start, steady + len(later), goal)
    return None if x is None else x / lr


def _first_balance(away: Callable[[float], float], start: float, steps: int, goal: float) -> float | None:
    """The smallest x in (0, 1] with x w(x) = goal, where w(x) = start (1 - x)^n + away(x) after n = `steps` steps.

    x w is what decay takes from a weight that all steps before have pushed, goal the push, above 0, that it has to balance.
    `start` is positive on the side to which the weight is pushed; `away`, what pushes have made of a weight of 0, is falling and
    convex in x. Intervals are halved, the left half first, until one holds a root or a bound shows that it does not.

    >>> f"{_first_balance(lambda x: 0.0, 1.0, 1, 0.1875):.12f}", _first_balance(lambda x: 0.0, 1.0, 1, 0.26)
    ('0.250000000000', None)

    """

    def rising(x: float) -> float:
        return away(x) + max(start, 0.0) * shrink_after(x, steps)

    def most(a: float, at_a: float, b: float, at_b: float) -> float:
        """A bound on x w(x) in [a, b]: the chord lies above what is convex, the tangent below."""
        slope = (at_b - at_a) / (b - a)
        level = at_a - slope * a
        if start < 0.0:
            c = (a + b) / 2
            falls = start * steps * shrink_after(c, steps - 1) if steps else 0.0
            slope, level = slope - falls, level + start * shrink_after(c, steps) + falls * c
        peak = min(max(-level / (2.0 * slope), a), b) if slope < 0.0 else b
        return max(x * (level + slope * x) for x in (a, peak, b))

    intervals = [(0.0, rising(0.0), 1.0, rising(1.0))]
    while intervals:
        a, at_a, b, at_b = intervals.pop()
        if most(a, at_a, b, at_b) < goal:
            continue
        middle = (a + b) / 2
        at_middle = rising(middle)
        if b - a > 4e-16 * b and a < middle < b:  # near 0 floats are further apart than that
            intervals += [(middle, at_middle, b, at_b), (a, at_a, middle, at_middle)]
        elif middle * (at_middle + min(start, 0.0) * shrink_after(middle, steps)) >= goal * (1.0 - 1e-12):
            return middle
    return None
