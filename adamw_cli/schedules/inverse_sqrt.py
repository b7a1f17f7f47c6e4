"""A linear warm-up, then decay with the inverse square root of the step.

    factor(t) = t/W           for t <= W        (W = warmup_steps)
    factor(t) = sqrt(W/t)     for t > W

It does not depend on the length of the run. The factor is 1 at step W, so `lr` is the largest learning rate; the original
formula, d^(-1/2) min(t^(-1/2), t W^(-3/2)), is this one with lr = (d W)^(-1/2), where d is the width of the model.

Source: Vaswani et al., "Attention Is All You Need", NeurIPS 2017, equation 3.

>>> [value(float(t), 100.0, 4.0) for t in (1, 4, 16, 64)]
[0.25, 1.0, 0.5, 0.25]
"""

import math

from adamw_cli.vocabulary import REQUIRED, Parameter, Schedule

SPEC = Schedule(parameters=(Parameter("warmup_steps", REQUIRED, "steps of linear warm-up", kind="int", ge=1),))


def value(t, steps, warmup_steps):
    """Return the factor on lr at step t = 1, 2, ..."""
    return t / warmup_steps if t <= warmup_steps else math.sqrt(warmup_steps / t)
