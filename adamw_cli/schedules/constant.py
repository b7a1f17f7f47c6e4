"""Constant schedule, with an optional linear warm-up.

    factor(t) = t/W for t < W, then 1        (W = warmup_steps)

Source of the warm-up: Goyal et al., "Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour", 2017, section 2.2.

>>> value(1.0, 100.0, 4.0), value(4.0, 100.0, 4.0), value(50.0, 100.0, 0.0)
(0.25, 1.0, 1.0)
"""

from adamw_cli.vocabulary import Parameter, Schedule

SPEC = Schedule(
    parameters=(Parameter("warmup_steps", 0, "steps of linear warm-up", kind="int", ge=0),),
    is_constant=lambda values: values["warmup_steps"] <= 1,  # with W = 1 the first step's t/W is 1
)


def value(t, steps, warmup_steps):
    """Return the factor on lr at step t = 1, 2, ..."""
    return t / warmup_steps if t < warmup_steps else 1.0
