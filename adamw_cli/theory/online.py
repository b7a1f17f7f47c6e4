"""Reddi's sequence of gradients, on which Adam goes the wrong way: C at every n-th step, c at the others.

After many cycles the averages are periodic. j = 0, ..., n - 1 steps after a large gradient

    v_j = c^2 + (C^2 - c^2) (1 - beta2) beta2^j/(1 - beta2^n)
    m_j = c + (C - c) (1 - beta1) beta1^j/(1 - beta1^n)

as sums of geometric series. Adam's updates are u_j = m_j/sqrt(v_j); those of AMSGrad m_j/sqrt(v_max). v_max is that of the
cycle, so that it is too small where a maximum taken after the bias correction remembers a first step of C^2.

Holds when: weights are free, eps is far below the gradients, lr is constant, and the cycle has settled.
Source: docs/theory.md 11; Reddi, Kale and Kumar, "On the Convergence of Adam and Beyond", ICLR 2018, section 3 and theorem 1.
"""

from __future__ import annotations

import math

from adamw_cli.errors import UsageError
from adamw_cli.theory import _checks

_SMALLEST = 1e-150


def _cycle(peak: float, rest: float, every: int, beta: float) -> list[float]:
    """Average of `peak` at every n-th step and `rest` at the others, 0, ..., n - 1 steps after a peak."""
    if every < 2:
        raise UsageError(f"a cycle has at least 2 steps, not {every}", "give every: 3 for Reddi's example")
    part = (1.0 - beta) / -math.expm1(every * math.log(beta)) if beta > 0.0 else 1.0
    return [rest + (peak - rest) * part * beta**j for j in range(every)]


def cycle_updates(
    peak: float, rest: float, every: int, beta1: float, beta2: float, amsgrad: bool = False
) -> tuple[float, ...]:
    """Updates u_0, ..., u_{n-1} of a settled cycle: u_j = m_j/sqrt(v_j), of the periodic averages; a step is -lr u_j.

    >>> [f"{u:.4f}" for u in cycle_updates(3.0, -1.0, 3, 0.0, 0.1)]
    ['1.0472', '-0.7623', '-0.9658']

    """
    if peak == 0.0 or rest == 0.0 or not math.isfinite(peak) or not math.isfinite(rest):
        raise UsageError(f"both gradients must be finite and not 0, not {peak:g} and {rest:g}", "Reddi has 3 and -1")
    scale = max(abs(peak), abs(rest))  # which cancels; squares of what is left neither overflow nor vanish
    peak, rest = peak / scale, rest / scale
    if min(abs(peak), abs(rest)) < _SMALLEST:
        raise UsageError("one gradient vanishes beside the other", "give gradients of similar size")
    m = _cycle(peak, rest, every, _checks.averaging("beta1", beta1))
    v = _cycle(peak * peak, rest * rest, every, _checks.averaging("beta2", beta2))
    if amsgrad:
        v = [max(v)] * every
    return tuple(a / math.sqrt(b) for a, b in zip(m, v, strict=True))


def net_drift(peak: float, rest: float, every: int, beta1: float, beta2: float, amsgrad: bool = False) -> float:
    """How far a cycle moves a weight without decay, in units of lr: -sum u_j, u_j from `cycle_updates`.

    The average gradient (C + (n - 1) c)/n has the sign of C + (n - 1) c; where the drift has the same sign, the weight goes up the hill.
    For AMSGrad it is -(C + (n - 1) c)/sqrt(v_max), which is always down the hill, and beta1 does not matter.

    Holds when: there is no decay.

    >>> f"{net_drift(3.0, -1.0, 3, 0.0, 0.1):.5f}", f"{net_drift(3.0, -1.0, 3, 0.0, 0.1, amsgrad=True):.5f}"
    ('0.68095', '-0.34906')

    """
    return 0.0 - math.fsum(cycle_updates(peak, rest, every, beta1, beta2, amsgrad))


def safe_beta2(peak: float, rest: float, every: int, beta1: float = 0.0) -> float | None:
    """The beta2 at which Adam's drift turns round: the root of `net_drift`; with less memory Adam goes up the hill, with more down.

    By bisection between beta2 = 0 and 1; for beta1 = 0, c = -1, n > 2 and C > n - 1 the drift falls steadily in between. None where
    it has the same sign at both ends, as where most gradients point the way that their mean does, or where momentum averages
    over the cycle.

    Holds when: there is no decay.

    >>> f"{safe_beta2(3.0, -1.0, 3):.4f}", f"{safe_beta2(10.0, -1.0, 3):.4f}", safe_beta2(1.5, -1.0, 3)
    ('0.4723', '0.0983', None)

    """

    def drift(beta2: float) -> float:
        return net_drift(peak, rest, every, beta1, beta2)

    low, high = 0.0, 1.0 - 1e-12
    first = drift(low)
    if first * drift(high) >= 0.0:
        return None
    while low < (middle := (low + high) / 2.0) < high:
        low, high = (middle, high) if drift(middle) * first > 0.0 else (low, middle)
    return (low + high) / 2.0
