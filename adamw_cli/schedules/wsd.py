"""Warm-up, stable, decay: a linear warm-up, a plateau at 1, and a straight line to a final fraction at the end.

    factor(t) = t/W                                 for t <= W                (W = warmup_steps)
    factor(t) = 1                                   for W < t <= steps - D    (D = decay_steps)
    factor(t) = 1 - (1 - f) (t - (steps - D))/D     for t > steps - D         (f = final_fraction)

The last step has exactly f. With f = 0 the factors of the decay add up to (D - 1)/2. Some implementations end one
step above 0 instead, with (steps - t + 1)/(D + 1), which adds up to D/2; the two differ by at most 1/(D + 1) at any step.

Source: Hu et al., "MiniCPM: Unveiling the Potential of Small Language Models with Scalable Training Strategies",
2024, section 4.2, with a linear decay.

Two steps of each phase, by hand:

>>> [value(float(t), 6.0, 2.0, 2.0, 0.0) for t in range(1, 7)]
[0.5, 1.0, 1.0, 1.0, 0.5, 0.0]
>>> value(6.0, 6.0, 2.0, 2.0, 0.1)
0.1
"""

from adamw_cli.vocabulary import REQUIRED, Parameter, Schedule


def _constraint(values, steps):
    if values["warmup_steps"] + values["decay_steps"] > steps:
        asked = f"'warmup_steps' ({values['warmup_steps']}) and 'decay_steps' ({values['decay_steps']})"
        return f"{asked} together are more than the {steps} steps of the run"
    return None


SPEC = Schedule(
    parameters=(
        Parameter("warmup_steps", 0, "steps of linear warm-up", kind="int", ge=0),
        Parameter("decay_steps", REQUIRED, "steps of linear decay at the end", kind="int", ge=1),
        Parameter("final_fraction", 0.0, "the factor at the last step", ge=0, le=1),
    ),
    constraint=_constraint,
    is_constant=lambda values: values["warmup_steps"] <= 1 and values["final_fraction"] == 1,
)


def value(t, steps, warmup_steps, decay_steps, final_fraction):
    """Return the factor on lr at step t = 1, 2, ..."""
    if t <= warmup_steps:
        return t / warmup_steps
    if t <= steps - decay_steps:
        return 1.0
    return final_fraction + (1.0 - final_fraction) * (steps - t) / decay_steps
