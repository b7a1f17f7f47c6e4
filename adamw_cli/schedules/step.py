"""Step decay: multiplied by a factor every so many steps.

    factor(t) = factor^floor((t - 1)/every)

The first `every` steps have the full learning rate.

Source: torch.optim.lr_scheduler.StepLR, stepped once per update, with step_size = every and gamma = factor.

>>> [value(float(t), 100.0, 2.0, 0.5) for t in range(1, 8)]
[1.0, 1.0, 0.5, 0.5, 0.25, 0.25, 0.125]
"""

import math

from adamw_cli.vocabulary import REQUIRED, Parameter, Schedule

_LOG_MAX = 709.0  # exp(709) is just below the largest float


def _constraint(values, steps):
    drops = (steps - 1) // values["every"]
    if drops * math.log(values["factor"]) > _LOG_MAX:
        return f"'factor' ({values['factor']:g}) to the power of {drops} is too large a number"
    return None


SPEC = Schedule(
    parameters=(
        Parameter("every", REQUIRED, "steps between two drops", kind="int", ge=1),
        Parameter("factor", REQUIRED, "what each drop multiplies by", gt=0),
    ),
    constraint=_constraint,
    is_constant=lambda values: values["factor"] == 1,
)


def value(t, steps, every, factor):
    """Return the factor on lr at step t = 1, 2, ..."""
    return factor ** float(math.floor((t - 1.0) / every))
