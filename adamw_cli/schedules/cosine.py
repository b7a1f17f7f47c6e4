"""Half a cosine from 1 down to a final fraction, with an optional linear warm-up.

    factor(t) = t/W                                                for t <= W        (W = warmup_steps)
    factor(t) = f + (1 - f) (1 + cos(pi (t - W)/(steps - W)))/2    for t > W         (f = final_fraction)

The last step has exactly f, so with f = 0 it does not move the weight at all. Implementations that count steps from 0
have the same values one step later.

Source: Loshchilov, Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR 2017, equation 5, without
restarts.

With 4 steps after 2 of warm-up, by hand: 1/2, 1, then at a quarter of the half-period (1 + sqrt(1/2))/2.

>>> [round(value(float(t), 6.0, 2.0, 0.0), 6) for t in range(1, 7)]
[0.5, 1.0, 0.853553, 0.5, 0.146447, 0.0]
>>> value(6.0, 6.0, 2.0, 0.1)
0.1
"""

import math

from adamw_cli.vocabulary import Parameter, Schedule


def _constraint(values, steps):
    if values["warmup_steps"] > steps:
        return f"'warmup_steps' ({values['warmup_steps']}) is more than the {steps} steps of the run"
    return None


SPEC = Schedule(
    parameters=(
        Parameter("warmup_steps", 0, "steps of linear warm-up", kind="int", ge=0),
        Parameter("final_fraction", 0.0, "the factor at the last step", ge=0, le=1),
    ),
    constraint=_constraint,
    is_constant=lambda values: values["warmup_steps"] <= 1 and values["final_fraction"] == 1,
)


def value(t, steps, warmup_steps, final_fraction):
    """Return the factor on lr at step t = 1, 2, ..."""
    if t <= warmup_steps:
        return t / warmup_steps
    angle = math.pi * (t - warmup_steps) / (steps - warmup_steps)
    return final_fraction + (1.0 - final_fraction) * (1.0 + math.cos(angle)) / 2.0
