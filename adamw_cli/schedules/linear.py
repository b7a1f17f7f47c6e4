"""A straight line from 1 down to a final fraction, with an optional linear warm-up.

    factor(t) = t/W                                     for t <= W        (W = warmup_steps)
    factor(t) = 1 - (1 - f) (t - W)/(steps - W)         for t > W         (f = final_fraction)

Computed as f + (1 - f) (steps - t)/(steps - W), the same line counted from its end, so that the last step has
exactly f. With f = 0 the last step does not move the weight at all.

Source: Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding", NAACL 2019,
appendix A.2 (warm-up, then linear decay to 0).

With 4 steps after 2 of warm-up, by hand:

>>> [value(float(t), 6.0, 2.0, 0.0) for t in range(1, 7)]
[0.5, 1.0, 0.75, 0.5, 0.25, 0.0]
>>> value(6.0, 6.0, 2.0, 0.1)
0.1
"""

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
    return final_fraction + (1.0 - final_fraction) * (steps - t) / (steps - warmup_steps)
