"""When coupled and decoupled decay are the same thing, and how far apart they are otherwise.

They are the same for SGD without momentum, and for a preconditioner that is a constant c with beta1 = 0 and coupled
decay c lam. An average of the gradients in between, which sees lam w only with a delay, is enough to part them.

Holds when: lr and the denominator are constant.
Source: docs/theory.md 5.
"""

from __future__ import annotations

import math

from adamw_cli.errors import UsageError
from adamw_cli.theory import _checks
from adamw_cli.theory.transient import amplification_path


def ema_decay_rate(x: float, beta1: float) -> float | None:
    """Rate of decay that is coupled through an average: 1 - (tr + sqrt(tr^2 - 4 beta1))/2, tr = 1 + beta1 - (1 - beta1) x.

    For m <- beta1 m + (1 - beta1) lam w, w <- w - lr m: in the end every step multiplies w by 1 minus this. Computed from
    y^2 - (1 - beta1)(1 + x) y + (1 - beta1) x = 0, whose root does not cancel for small x; where tr < 0 the root that lasts
    is the other one, and the sign of w alternates. None where the roots are complex, from x = (1 - sqrt(beta1))/(1 + sqrt(beta1))
    on: w then oscillates and has no rate.

    Holds when: there is no gradient, and the average has settled: no bias correction.

    >>> f"{ema_decay_rate(0.002, 0.9):.9f}", ema_decay_rate(0.25, 0.0), ema_decay_rate(0.5, 0.9)
    ('0.002037437', 0.25, None)

    """
    _checks.averaging("beta1", beta1)
    if not math.isfinite(_checks.number("lr * weight_decay", x)):
        raise UsageError("lr * weight_decay must be finite", "check the learning rate and the weight decay")
    fresh = 1.0 - beta1
    b, c = fresh * (1.0 + x), fresh * x
    square = fresh * (fresh * (1.0 + x) * (1.0 + x) - 4.0 * x)
    if square < 0.0:
        return None
    root = math.sqrt(square)
    if 1.0 + beta1 - c < 0.0:
        return (b + root) / 2.0
    return 2.0 * c / (b + root) if b > 0.0 else (b - root) / 2.0


def ema_decay_rate_series(x: float, beta1: float) -> float:
    """First two terms of `ema_decay_rate` for small x: x + x^2 beta1/(1 - beta1).

    The next term is x^3 beta1 (1 + beta1)/(1 - beta1)^2. To see that a mean age beta1/(1 - beta1) of the average matters:
    what is subtracted belongs to a weight that was larger.

    Holds when: x is well below 1 - beta1, and the average has settled.

    >>> f"{ema_decay_rate_series(0.002, 0.9):.6f}"
    '0.002036'

    """
    _checks.averaging("beta1", beta1)
    return x + x * x * beta1 / (1.0 - beta1)


def matched_weight_decay(lam: float, c: float) -> float:
    """Coupled weight decay that does what decoupled decay lam does: c lam, where the denominator is the constant c.

    With Adam's denominator c = sqrt(v_hat) + eps: lam eps where eps dominates.

    Parameters
    ----------
    lam : decoupled weight decay.
    c : the denominator, above 0; the step is lr g/c.

    Holds when: beta1 is 0.

    >>> matched_weight_decay(0.1, 2.0), matched_weight_decay(2e-3, 1e3)
    (0.2, 2.0)

    """
    return _checks.number("weight_decay", lam) * _checks.positive("the denominator", c)


def eps_dominated_gap(kappa: float, x: float, beta1: float, steps: int) -> float:
    """Distance of matched coupled and decoupled Adam where eps dominates, over w0 - w* at first: max_t |w_t - w'_t|/|w0 - w*|.

    On a quadratic of curvature h, kappa = lr h/eps. Both go to the same w* = h a/(h + lam eps): the one is
    `amplification_path` with curvature kappa + x and no decay, the other with kappa and x. 0 for beta1 = 0 only.

    Holds when: eps is far above sqrt(v_hat), and both runs are stable.
    Source: docs/theory.md 5, the limit eps -> infinity of its example, whose w0 - w* is 8/3.

    >>> f"{8 / 3 * eps_dominated_gap(0.01, 0.02, 0.9, 200):.3f}", eps_dominated_gap(0.01, 0.02, 0.0, 200) < 1e-15
    ('0.168', True)

    """
    _checks.averaging("beta1", beta1)
    coupled = amplification_path(kappa + x, 0.0, beta1, steps)
    decoupled = amplification_path(kappa, x, beta1, steps)
    if not (math.isfinite(coupled[-1]) and math.isfinite(decoupled[-1])):
        raise UsageError("one of the two runs diverges, so there is no largest distance", "take a smaller step")
    return max(abs(a - b) for a, b in zip(coupled, decoupled, strict=True))
