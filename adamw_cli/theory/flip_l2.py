"""A gradient that turns round under Adam with coupled decay, the regularised gradient being +-G + lam w.

mu = lam w/G, signed: above 0 where decay pulls the way that the weight goes before the flip. "Overshoot" is against the
data gradient G, as in `flip`: the optimum of the regularised loss is elsewhere. While momentum turns, v moves from
(1 + mu)^2 towards (1 - mu)^2 by a part 1 - beta2 per step.

Measured for |mu| <= 0.1, beta2 = 0.999, T = 2000 and a weight that hardly moves: the relative error of l2_overshoot is
0.0025 |mu| at beta1 = 0.8, 0.005 |mu| at 0.9 and 0.01 |mu| at 0.95. A weight that moved before the flip costs more,
since v remembers where it was: about 0.1 |mu| for lr = 1e-3 and 1000 steps down to w = 4. The flip step was right in
all these runs.

Holds when: the weight hardly moves, T is large, eps far below |G|, and v what it was before the flip.
Source: docs/theory.md 4.
"""

from __future__ import annotations

import math

from adamw_cli.theory import _checks
from adamw_cli.theory._numbers import taken_up


def _turn_time(mu: float, beta1: float) -> float:
    """When m/G = 2 beta1^n - (1 - mu) is 0; inf for mu >= 1, negative for mu < -1."""
    if not _checks.number("weight_decay * w / gradient", mu) < 1.0:
        return math.inf
    return (math.log(2.0) - math.log1p(-mu)) / -math.log(beta1) if _checks.averaging("beta1", beta1) else 0.0


def l2_flip_steps(mu: float, beta1: float) -> int | None:
    """First step after the flip at which the momentum has the new sign: the first n >= 1 above ln(2/(1 - mu))/(-ln beta1).

    None for mu >= 1, lam w >= G: the regularised gradient keeps its sign, and so does the momentum.

    >>> l2_flip_steps(0.0, 0.9), l2_flip_steps(0.5, 0.9), l2_flip_steps(0.0, 0.0), l2_flip_steps(1.0, 0.9)
    (7, 14, 1, None)

    """
    time = _turn_time(mu, beta1)
    return max(1, math.floor(time) + 1) if math.isfinite(time) else None


def l2_overshoot(mu: float, lr: float, beta1: float) -> float:
    """Overshoot under coupled decay: lr sum_{n=1}^N [beta1^n - (1 - beta1^n)(1 - mu)/(1 + mu)] with N = floor(ln(2/(1 - mu))/(-ln beta1)).

    inf for mu >= 1, where the weight runs on until it is not constant any more; 0 for mu <= -1, where it never went that way.

    >>> f"{l2_overshoot(0.0, 1.0, 0.9):.6f}", l2_overshoot(0.5, 1.0, 0.0), l2_overshoot(1.0, 1.0, 0.9)
    ('2.434062', 0.0, inf)

    """
    time = _turn_time(mu, beta1)
    if math.isinf(time):
        return math.inf
    N = math.floor(time)
    if mu <= -1.0 or N == 0:
        return 0.0
    total = beta1 * taken_up(beta1, N) / (1.0 - beta1)
    return lr * (total - (N - total) * (1.0 - mu) / (1.0 + mu))
