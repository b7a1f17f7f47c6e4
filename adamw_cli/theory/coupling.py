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
