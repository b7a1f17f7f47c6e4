"""Exponential decay: the same percentage off at every step.

    factor(t) = rate^(t - 1)

The first step has the full learning rate. The factors add up to at most 1/(1 - rate), so that with weight decay alone
a weight never falls below a residual fraction, however long the run.

Source: torch.optim.lr_scheduler.ExponentialLR, stepped once per update, with gamma = rate.

>>> [value(float(t), 100.0, 0.5) for t in (1, 2, 3, 4)]
[1.0, 0.5, 0.25, 0.125]
"""

import math

from adamw_cli.vocabulary import REQUIRED, Parameter, Schedule

_LOG_MAX = 709.0  # exp(709) is just below the largest float


def _constraint(values, steps):
    if (steps - 1) * math.log(values["rate"]) > _LOG_MAX:
        return f"'rate' ({values['rate']:g}) to the power of {steps - 1} is too large a number"
    return None


SPEC = Schedule(
    parameters=(Parameter("rate", REQUIRED, "the factor from one step to the next", gt=0),),
    constraint=_constraint,
    is_constant=lambda values: values["rate"] == 1,
)


def value(t, steps, rate):
    """Return the factor on lr at step t = 1, 2, ..."""
    return rate ** (t - 1.0)
