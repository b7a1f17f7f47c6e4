"""How large an update of Adam is beside the decay, and at most, whatever the gradients: bounds on |m|/sqrt(v), and on the weight.

By Cauchy-Schwarz |m| <= sqrt(v) (1 - beta1)/sqrt(1 - beta2) sqrt(sum_i (beta1^2/beta2)^i), and gradients
that grow by beta2/beta1 per step attain it. eps > 0 only makes an update smaller.

And what is left of an update once the gradient has gone: it then falls by rho = beta1/sqrt(beta2) per step, unless
beta1 > sqrt(beta2), in which case it grows until sqrt(v) is down to eps.

Holds when: the rule is Adam or AdamW.
Source: docs/theory.md 3.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from adamw_cli.errors import UsageError
from adamw_cli.theory import _checks
from adamw_cli.theory._checks import averaging
from adamw_cli.theory._numbers import MOST_TERMS, taken_up


def decay_to_gradient_ratio(w: float, lam: float, m_hat: float, v_hat: float, eps: float) -> float:
    """Size of the decay over that of the gradient step: lam |w| (sqrt(v_hat) + eps)/|m_hat|.

    Linear in eps, so that it doubles at eps = sqrt(v_hat). inf where there is no gradient step but decay, 0 where there is
    no decay.

    Source: docs/theory.md 7.

    >>> [decay_to_gradient_ratio(2.0, 0.1, 0.01, 1e-4, eps) for eps in (0.0, 0.01, 1.0)]
    [0.2, 0.4, 20.2]

    """
    decay = abs(_checks.number("weight_decay * weight", lam * w))
    root = math.sqrt(_checks.not_negative("v_hat", v_hat, "it is an average of squares"))
    scale = root + _checks.not_negative("eps", eps, "1e-8 is usual")
    if decay == 0.0:
        return 0.0
    return decay * scale / abs(_checks.number("m_hat", m_hat)) if m_hat != 0.0 else math.inf


def single_spike_ratio(beta1: float, beta2: float) -> float:
    """Update at the only gradient after a long silence, Kingma and Ba's bound: |m|/sqrt(v) = (1 - beta1)/sqrt(1 - beta2).

    Holds when: eps is far below the gradient.

    >>> f"{single_spike_ratio(0.9, 0.999):.3f}"
    '3.162'

    """
    return (1.0 - averaging("beta1", beta1)) / math.sqrt(1.0 - averaging("beta2", beta2))


def max_update_ratio(beta1: float, beta2: float) -> float:
    """Supremum of |m|/sqrt(v): (1 - beta1)/sqrt((1 - beta2)(1 - beta1^2/beta2)), over all sequences of gradients.

    It bounds the corrected |m_hat|/sqrt(v_hat) as well: (1 - beta2^t)(1 - (beta1^2/beta2)^t) <= (1 - beta1^t)^2. It is
    1 for beta1 = beta2, and single_spike_ratio for beta1 = 0; inf where beta1^2 >= beta2 > 0, or beta2 = 0 < beta1: m then
    outlives sqrt(v).

    >>> f"{max_update_ratio(0.9, 0.999):.2f}", f"{max_update_ratio(0.95, 0.95):.6f}", max_update_ratio(0.9, 0.8)
    ('7.27', '1.000000', inf)

    """
    spike = single_spike_ratio(beta1, beta2)
    if beta1 == 0.0:
        return spike
    root = math.sqrt(beta2)
    if beta1 >= root:
        return math.inf
    return spike * root / math.sqrt((root - beta1) * (root + beta1))


def bias_corrected_update_ratio(t: int, beta1: float, beta2: float) -> float:
    """Supremum of |m_hat|/sqrt(v_hat) at step t: (1 - beta1)/(1 - beta1^t) sqrt((1 - beta2^t)/(1 - beta2) sum_{i<t} (beta1^2/beta2)^i).

    Attained like max_update_ratio: 1 at the first step, and max_update_ratio for large t: early steps are safe.

    >>> [f"{bias_corrected_update_ratio(t, 0.9, 0.999):.4f}" for t in (1, 2, 20, 200)]
    ['1.0000', '1.0014', '1.1561', '3.0961']

    """
    spike = single_spike_ratio(beta1, beta2)
    if t < 1:
        raise UsageError(f"the step must be at least 1, not {t}", "the first step is 1")
    corrected = spike * math.sqrt(taken_up(beta2, t)) / taken_up(beta1, t)
    if beta1 == 0.0:
        return corrected
    if beta2 == 0.0:
        return 1.0 if t == 1 else math.inf
    step = 2.0 * math.log(beta1) - math.log(beta2)
    try:
        powers = math.expm1(t * step) / math.expm1(step) if step else float(t)
    except OverflowError:
        return math.inf
    return corrected * math.sqrt(powers)


def weight_bound(w0: float, lam: float, beta1: float, beta2: float) -> float:
    """Largest weight of AdamW, whatever the gradients: |w_t| <= max(|w_0|, sup|u|/lam) with sup|u| = max_update_ratio.

    The box |w| <= 1/lam is narrower and holds only where |u| <= 1: for constant or for steadily noisy gradients. inf where
    nothing bounds it: lam <= 0, or max_update_ratio infinite.

    Holds when: lr lam is above 0 and at most 1 at every step.

    >>> f"{weight_bound(0.5, 1.0, 0.9, 0.999):.2f}", weight_bound(9.0, 1.0, 0.9, 0.999)
    ('7.27', 9.0)
    >>> weight_bound(0.5, 0.0, 0.9, 0.999)
    inf

    """
    _checks.number("weight", w0)
    ratio = max_update_ratio(beta1, beta2)
    return max(abs(w0), ratio / lam) if _checks.number("weight_decay", lam) > 0.0 else math.inf


def residual_drift(lr: float, beta1: float, beta2: float) -> float:
    """How far momentum carries a weight when its gradient goes: lr rho/(1 - rho), rho = beta1/sqrt(beta2).

    inf for beta1 >= sqrt(beta2), where the update does not fall; see largest_residual_update. After an update u of any history it is
    u times that, as u_j = u rho^j: put lr u for lr; at most max_update_ratio times.

    Holds when: one gradient came for long, without decay, and eps is far below it.

    >>> f"{residual_drift(1.0, 0.9, 0.999):.3f}", f"{residual_drift(1.0, 0.95, 0.95):.2f}"
    ('9.045', '38.49')
    >>> residual_drift(1.0, 0.9, 0.8), f"{residual_drift(1.0 * max_update_ratio(0.9, 0.999), 0.9, 0.999):.1f}"
    (inf, '65.8')

    """
    left = math.sqrt(averaging("beta2", beta2)) - averaging("beta1", beta1)
    if _checks.number("lr", lr) == 0.0 or beta1 == 0.0:
        return 0.0
    return lr * beta1 / left if left > 0.0 else math.copysign(math.inf, lr)


def _residual_size(j: int, G: float, beta1: float, beta2: float, eps: float) -> float:
    left = abs(G) * math.pow(math.sqrt(beta2), j) + eps
    return abs(G) * math.pow(beta1, j) / left if left else 0.0


class Largest(NamedTuple):
    """An update, and how many steps after the last gradient it comes; None where it grows without end."""

    size: float
    steps: int | None


def largest_residual_update(G: float, beta1: float, beta2: float, eps: float) -> Largest:
    """Largest update after a long history of G, and how long after its end: max_j |u_j| with u_j = beta1^j/(beta2^(j/2) + eps/|G|).

    For beta1 > sqrt(beta2) the update grows by rho per step until sqrt(v) is near eps, where |G| beta2^(j/2) =
    eps ln(beta1)/(ln(beta2)/2 - ln(beta1)). Otherwise the last step with a gradient has the largest, j = 0. (inf, None) where
    it grows and eps = 0.

    Holds when: one gradient came for long, and then none.

    >>> largest, j = largest_residual_update(1.0, 0.9, 0.8, 1e-8)
    >>> f"{largest:.4f}", j, largest_residual_update(1.0, 0.9, 0.8, 0.0)
    ('2.2492', 140, Largest(size=inf, steps=None))

    """
    root = math.sqrt(averaging("beta2", beta2))
    numbers = (_checks.number("gradient", G), averaging("beta1", beta1), beta2, eps)
    if beta1 <= root or G == 0.0:
        return Largest(_residual_size(0, *numbers), 0)
    if eps == 0.0:
        return Largest(math.inf, None) if beta2 else Largest(1.0, 0)
    if beta2 == 0.0:
        candidates = [0, 1]
    else:
        log_left = math.log(eps) - math.log(abs(G)) + math.log(-math.log(beta1) / math.log(beta1 / root))
        turn = max(0, math.floor(log_left / math.log(root)))
        candidates = [turn, turn + 1]
    return Largest(*max((_residual_size(j, *numbers), j) for j in candidates))


def residual_drift_eps(G: float, lr: float, beta1: float, beta2: float, eps: float) -> float:
    """How far momentum carries a weight when its gradient goes, with eps: lr sum_{j>=1} beta1^j/(beta2^(j/2) + eps/|G|).

    Finite for any betas.

    Holds when: one gradient came for long, without decay.

    >>> f"{residual_drift_eps(1.0, 1.0, 0.9, 0.8, 1e-8):.1f}", f"{residual_drift_eps(1.0, 1.0, 0.9, 0.999, 1e-12):.3f}"
    ('289.7', '9.045')

    """
    if _checks.number("gradient", G) == 0.0 or averaging("beta1", beta1) == 0.0:
        return 0.0
    if eps == 0.0:
        return residual_drift(lr, beta1, beta2)
    root = math.sqrt(averaging("beta2", beta2))
    terms = [0.0]
    for j in range(1, MOST_TERMS):
        terms.append(_residual_size(j, G, beta1, beta2, eps))
        if abs(G) * math.pow(root, j) < 1e-17 * eps or terms[-1] < 1e-22 * terms[1]:
            return lr * (math.fsum(terms) + terms[-1] * beta1 / (1.0 - beta1))
    raise UsageError("the momentum lasts too long to add up", "take a smaller beta1")
