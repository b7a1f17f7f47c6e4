"""How large an update of Adam can be, whatever the gradients: bounds on |m|/sqrt(v), and on the weight.

Without eps. By Cauchy-Schwarz |m| <= sqrt(v) (1 - beta1)/sqrt(1 - beta2) sqrt(sum_i (beta1^2/beta2)^i), and gradients
that grow by beta2/beta1 per step attain it. eps > 0 only makes an update smaller.

And what is left of an update once the gradient has gone: it then falls by rho = beta1/sqrt(beta2) per step, unless
beta1 > sqrt(beta2), in which case it grows until sqrt(v) is down to eps.

Source: catalogue 3.3, 3.4 and 3.6.
"""

from __future__ import annotations

import math

from adamw_cli.errors import UsageError
from adamw_cli.theory import _checks

MOST_TERMS = 10_000_000


def averaging(name: str, beta: float) -> float:
    """Return the decay rate of an average unchanged, or say what is wrong with it: 0 <= beta < 1.

    >>> averaging("beta1", 0.9)
    0.9

    """
    if not 0.0 <= beta < 1.0:
        raise UsageError(f"{name} must be at least 0 and below 1, not {beta:g}", "0.9 and 0.999 are usual")
    return beta


def taken_up(beta: float, steps: float) -> float:
    """1 - beta^n, the part of a constant that an average has taken up after n = `steps` steps; 1 for n = inf.

    >>> taken_up(0.5, 2), taken_up(0.9, 0), taken_up(0.0, 1), taken_up(0.9, math.inf)
    (0.75, 0.0, 1.0, 1.0)

    """
    left = math.pow(beta, steps)
    return 1.0 - left if left < 0.9 or steps == 0 else -math.expm1(steps * math.log(beta))


def single_spike_ratio(beta1: float, beta2: float) -> float:
    """|m|/sqrt(v) = (1 - beta1)/sqrt(1 - beta2) at the only gradient after a long silence; Kingma and Ba's bound.

    Source: catalogue 3.6.

    >>> f"{single_spike_ratio(0.9, 0.999):.3f}"
    '3.162'

    """
    return (1.0 - averaging("beta1", beta1)) / math.sqrt(1.0 - averaging("beta2", beta2))


def max_update_ratio(beta1: float, beta2: float) -> float:
    """Supremum of |m|/sqrt(v): (1 - beta1)/sqrt((1 - beta2)(1 - beta1^2/beta2)), over all sequences of gradients.

    It bounds the corrected |m_hat|/sqrt(v_hat) as well: (1 - beta2^t)(1 - (beta1^2/beta2)^t) <= (1 - beta1^t)^2. It is
    1 for beta1 = beta2, and single_spike_ratio for beta1 = 0.

    Returns
    -------
    float
        inf where beta1^2 >= beta2 > 0, or beta2 = 0 < beta1: m then outlives sqrt(v).

    Source: catalogue 3.6.

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


def growth_update_ratio(a: float, beta1: float, beta2: float) -> float:
    """|m|/sqrt(v) = (1 - beta1)/(1 - beta1/a) sqrt((1 - beta2/a^2)/(1 - beta2)), after long growth by a per step.

    Parameters
    ----------
    a : factor from each gradient to the next; above beta1 and sqrt(beta2), or the first gradients outweigh the last.
    beta1, beta2 : of AdamW.

    Source: catalogue 3.6.

    >>> f"{growth_update_ratio(1.05, 0.9, 0.999):.3f}", f"{growth_update_ratio(1.5, 0.9, 0.999):.3f}"
    ('6.782', '5.895')
    >>> f"{growth_update_ratio(1.0, 0.9, 0.999):.3f}", f"{growth_update_ratio(0.999 / 0.9, 0.9, 0.999):.2f}"
    ('1.000', '7.27')

    """
    spike = single_spike_ratio(beta1, beta2)
    root = math.sqrt(beta2)
    least = max(beta1, root)
    if not (math.isfinite(a) and a > least):
        raise UsageError(
            f"the growth per step must be above beta1 and sqrt(beta2), here {least:g}, not {a:g}",
            "below that m and v never reach a fixed ratio to the gradient",
        )
    return spike * math.sqrt((a - root) * (a + root)) / (a - beta1)


def bias_corrected_update_ratio(t: int, beta1: float, beta2: float) -> float:
    """Supremum of |m_hat|/sqrt(v_hat) at step t, which bias correction keeps small.

    (1 - beta1)/(1 - beta1^t) sqrt((1 - beta2^t)/(1 - beta2) sum_{i<t} (beta1^2/beta2)^i), attained like
    max_update_ratio: 1 at the first step, and max_update_ratio for large t: early steps are safe.

    Parameters
    ----------
    t : the step, from 1 on.
    beta1, beta2 : of AdamW.

    Source: catalogue 3.6.

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
    """|w_t| <= max(|w_0|, sup|u|/lam) for AdamW, whatever the gradients, with sup|u| = max_update_ratio.

    Assumes 0 < lr lam <= 1 at every step. The box |w| <= 1/lam is narrower and holds only where |u| <= 1: for constant
    or for steadily noisy gradients.

    Returns
    -------
    float
        inf where nothing bounds it: lam <= 0, or max_update_ratio infinite.

    Source: catalogue 3.6.

    >>> f"{weight_bound(0.5, 1.0, 0.9, 0.999):.2f}", weight_bound(9.0, 1.0, 0.9, 0.999)
    ('7.27', 9.0)
    >>> weight_bound(0.5, 0.0, 0.9, 0.999)
    inf

    """
    _checks.number("weight", w0)
    ratio = max_update_ratio(beta1, beta2)
    return max(abs(w0), ratio / lam) if _checks.number("weight_decay", lam) > 0.0 else math.inf


def residual_drift(lr: float, beta1: float, beta2: float) -> float:
    """Residual drift lr rho/(1 - rho): how far momentum carries a weight when its gradient goes.

    After a long history of one gradient, without decay, eps = 0. inf for beta1 >= sqrt(beta2), where the update does
    not fall; see largest_residual_update.

    Source: catalogue 3.3.

    >>> f"{residual_drift(1.0, 0.9, 0.999):.3f}", f"{residual_drift(1.0, 0.95, 0.95):.2f}"
    ('9.045', '38.49')
    >>> residual_drift(1.0, 0.9, 0.8)
    inf

    """
    return remaining_drift(1.0, lr, beta1, beta2)


def remaining_drift(u: float, lr: float, beta1: float, beta2: float) -> float:
    """What is still to come after an update u: lr u rho/(1 - rho), once bias correction is over and no gradient comes.

    Whatever the gradients were: u_j = u rho^j. At most max_update_ratio times residual_drift. Signed as u; no decay,
    eps = 0.

    Source: catalogue 3.3.

    >>> f"{remaining_drift(max_update_ratio(0.9, 0.999), 1.0, 0.9, 0.999):.1f}", remaining_drift(-0.5, 1.0, 0.9, 0.8)
    ('65.8', -inf)

    """
    left = math.sqrt(averaging("beta2", beta2)) - averaging("beta1", beta1)
    if _checks.number("update", u) == 0.0 or beta1 == 0.0:
        return 0.0
    return lr * u * beta1 / left if left > 0.0 else math.copysign(math.inf, u)


def spike_first_step(lr: float, beta1: float, beta2: float) -> float:
    """First step lr (1 - beta1)/sqrt(1 - beta2), at a lone gradient after a long silence.

    Source: catalogue 3.3.

    >>> f"{spike_first_step(1.0, 0.9, 0.999):.3f}"
    '3.162'

    """
    return lr * single_spike_ratio(beta1, beta2)


def spike_drift(lr: float, beta1: float, beta2: float) -> float:
    """Total lr (1 - beta1)/sqrt(1 - beta2)/(1 - rho): all that a lone gradient moves a weight, its first step included.

    Source: catalogue 3.3.

    >>> f"{spike_drift(1.0, 0.9, 0.999):.2f}", spike_drift(1.0, 0.9, 0.8)
    ('31.77', inf)

    """
    first = spike_first_step(lr, beta1, beta2)
    return first + remaining_drift(single_spike_ratio(beta1, beta2), lr, beta1, beta2)


def _residual_size(j: int, G: float, beta1: float, beta2: float, eps: float) -> float:
    left = abs(G) * math.pow(math.sqrt(beta2), j) + eps
    return abs(G) * math.pow(beta1, j) / left if left else 0.0


def largest_residual_update(G: float, beta1: float, beta2: float, eps: float) -> tuple[float, int | None]:
    """max_j |u_j| with u_j = beta1^j/(beta2^(j/2) + eps/|G|), and the j: after a long history of G, j steps without.

    For beta1 > sqrt(beta2) the update grows by rho per step until sqrt(v) is near eps, where |G| beta2^(j/2) =
    eps ln(beta1)/(ln(beta2)/2 - ln(beta1)). Otherwise the last step with a gradient has the largest, j = 0.

    Returns
    -------
    (float, int or None)
        (inf, None) where it grows and eps = 0.

    Source: catalogue 3.4.

    >>> largest, j = largest_residual_update(1.0, 0.9, 0.8, 1e-8)
    >>> f"{largest:.4f}", j, largest_residual_update(1.0, 0.9, 0.999, 0.0), largest_residual_update(1.0, 0.9, 0.8, 0.0)
    ('2.2492', 140, (1.0, 0), (inf, None))

    """
    root = math.sqrt(averaging("beta2", beta2))
    numbers = (_checks.number("gradient", G), averaging("beta1", beta1), beta2, eps)
    if beta1 <= root or G == 0.0:
        return _residual_size(0, *numbers), 0
    if eps == 0.0:
        return (math.inf, None) if beta2 else (1.0, 0)
    if beta2 == 0.0:
        candidates = [0, 1]
    else:
        log_left = math.log(eps) - math.log(abs(G)) + math.log(-math.log(beta1) / math.log(beta1 / root))
        turn = max(0, math.floor(log_left / math.log(root)))
        candidates = [turn, turn + 1]
    return max((_residual_size(j, *numbers), j) for j in candidates)


def residual_drift_eps(G: float, lr: float, beta1: float, beta2: float, eps: float) -> float:
    """Drift with eps, after a long history: lr sum_{j>=1} beta1^j/(beta2^(j/2) + eps/|G|), finite for any betas.

    Source: catalogue 3.4.

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
