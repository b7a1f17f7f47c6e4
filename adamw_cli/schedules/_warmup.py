"""What schedules that end at a final fraction after a warm-up declare."""

from adamw_cli.vocabulary import Parameter, Schedule

WARMUP = Parameter("warmup_steps", 0, "steps of linear warm-up", kind="int", ge=0)
FINAL = Parameter("final_fraction", 0.0, "the factor at the last step", ge=0, le=1)


def _constraint(values, steps):
    if values["warmup_steps"] > steps:
        return f"'warmup_steps' ({values['warmup_steps']}) is more than the {steps} steps of the run"
    return None


def is_constant(values):
    """Whether the factor is 1 at every step."""
    return values["warmup_steps"] <= 1 and values["final_fraction"] == 1


DOWN = Schedule(parameters=(WARMUP, FINAL), constraint=_constraint, is_constant=is_constant)
