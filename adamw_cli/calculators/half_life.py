"""The practitioner's question in closed form: what will this lr, weight decay and schedule do to my weights?

Assumes no gradient, so that each step multiplies a weight by 1 - lr*schedule(t)*weight_decay and nothing else moves
it: true of AdamW and SGDW on a plateau, and of the decay part of their steps everywhere. Imports neither numpy
nor the engine, so that `adamw half-life` starts quickly.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adamw_cli import registry
from adamw_cli.calculators.clock import MAX_STEPS, Clock, chosen, clock
from adamw_cli.calculators.low_precision import StoredDecay, storage
from adamw_cli.calculators.numbers import checked, whole
from adamw_cli.errors import UsageError
from adamw_cli.result import Result
from adamw_cli.theory import crossing, inverse
from adamw_cli.theory import half_life as decay

# torch.optim.AdamW's own, for a question that names neither.
DEFAULT_LR = 1e-3
DEFAULT_WEIGHT_DECAY = 1e-2

MEANING = {
    "none": "no decay: weights keep their size",
    "monotone": "each step shrinks a weight by the same fraction",
    "one-step": "lr*weight_decay is 1: one step puts every weight to 0",
    "alternating": "lr*weight_decay is above 1: weights shrink, and change their sign at every step",
    "marginal": "lr*weight_decay is 2: weights change their sign at every step and keep their size",
    "divergent": "lr*weight_decay is above 2: weights grow, and change their sign at every step",
    "growing": "lr*weight_decay is below 0: weights grow",
}


@dataclass(frozen=True)
class ScheduledDecay:
    """What a whole run does to a weight.

    Attributes
    ----------
    steps, kind, values : the run's length and its schedule.
    effective_steps : the sum of schedule(t): to first order weights shrink as in that many steps at full lr.
    total_shrink : w_T / w_0, the exact product of 1 - lr*schedule(t)*weight_decay; with its sign.
    half_lives_in_run : log2 of 1/|total_shrink|; below 0 if weights grow, inf if they end at 0.
    half_life_step : the first step with |w| <= |w_0|/2; None if a weight never halves.
    residual_fraction : |w_T / w_0|, what is left at the end.

    """

    steps: int
    kind: str
    values: Mapping[str, Any]
    effective_steps: float
    total_shrink: float
    half_lives_in_run: float
    half_life_step: int | None
    residual_fraction: float


@dataclass(frozen=True, repr=False)
class HalfLife(Result):
    """Decay of a weight without gradient.

    Attributes
    ----------
    lr, weight_decay : as given, or as solved for.
    solved : which of the two was solved for, or None.
    regime : see theory.half_life.regime.
    half_life_steps : at constant lr; inf if a weight never halves.
    crossing_step : the first step with |w| <= |w_0|/2 at constant lr, or None.
    doubling_steps : at constant lr, where weights grow; inf where they do not.
    timescale_steps : e-folding time -1/ln|1 - lr*weight_decay|: the averaging time of AdamW seen as a moving average.
    shrink_per_step : 1 - lr*weight_decay, what one step multiplies a weight by.
    run : what a whole run does, if its number of steps was given.
    steps_per_epoch, tokens_per_step : how to express steps in epochs and tokens, or None.
    storage : what is left of it in weights of few bits, if their format was given.

    """

    lr: float
    weight_decay: float
    solved: str | None
    regime: str
    half_life_steps: float
    crossing_step: int | None
    doubling_steps: float
    timescale_steps: float
    shrink_per_step: float
    run: ScheduledDecay | None
    steps_per_epoch: float | None = None
    tokens_per_step: float | None = None
    storage: StoredDecay | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """Where these numbers mislead."""
        return self.storage.warnings if self.storage else ()

    @property
    def notes(self) -> list[str]:
        """What a user should know about these numbers."""
        found = [MEANING[self.regime]]
        if self.run is not None and self.run.half_life_step is None and self.regime in ("monotone", "alternating"):
            left = f"{self.run.residual_fraction:.6g}"
            found.append(f"within {self.run.steps} steps a weight does not halve: {left} of it is left")
        return found


def half_life(
    lr: float | None = None,
    weight_decay: float | None = None,
    *,
    steps: float | None = None,
    schedule: str = "constant",
    target_steps: float | None = None,
    target_shrink: float | None = None,
    steps_per_epoch: float | None = None,
    tokens_per_step: float | None = None,
    dtype: str | None = None,
    **schedule_parameters: float | None,
) -> HalfLife:
    """Answer the question, or solve it for lr or weight_decay.

    Parameters
    ----------
    lr : peak learning rate, above 0; 1e-3 if neither it nor weight_decay is to be solved for.
    weight_decay : decoupled, in the convention where lr multiplies it (PyTorch's); 1e-2 by default, in the same way.
    steps : length of the run, a whole number; needed by any schedule but a constant one.
    schedule, schedule_parameters : the schedule of lr, such as `"cosine"`, and its parameters by name, such as `warmup_steps=1000`.
    target_steps : solve: |w| is to be halved at this step.
    target_shrink : solve: w_T / w_0 after `steps` steps, between 0 and 1.
    steps_per_epoch, tokens_per_step : to express steps in epochs and tokens.
    dtype : the format that weights are stored in, a name of formats.FORMATS, to be told what is left of decay there.

    Raises
    ------
    UsageError
        If a number is out of range or not finite, or the question has no answer.

    >>> round(half_life(lr=1e-3, weight_decay=0.1).half_life_steps, 2)
    6931.13
    >>> round(half_life(lr=3e-4, target_steps=1234).weight_decay, 6)
    1.871833

    """
    lr = checked("lr", lr, above=0.0)
    weight_decay = checked("weight_decay", weight_decay)
    length = None if steps is None else whole("steps", steps, MAX_STEPS)
    given = chosen(schedule, schedule_parameters)
    run_clock = None if length is None else clock(schedule, given, length)
    if run_clock is None and (schedule != "constant" or given):
        registry.load("schedules", schedule)
        raise UsageError(f"the schedule '{schedule}' needs the number of steps of the run", "give `steps`")
    targets = {"target_steps": target_steps, "target_shrink": target_shrink}
    wanted = {name: value for name, value in targets.items() if value is not None}
    solved = None
    if wanted:
        lr, weight_decay, solved = _solve(lr, weight_decay, run_clock, wanted)
    lr = DEFAULT_LR if lr is None else lr
    weight_decay = DEFAULT_WEIGHT_DECAY if weight_decay is None else weight_decay
    x = lr * weight_decay
    if not math.isfinite(x):
        raise UsageError("lr*weight_decay overflows", "check the numbers given")
    return HalfLife(
        lr=lr,
        weight_decay=weight_decay,
        solved=solved,
        regime=decay.regime(x),
        half_life_steps=decay.half_life(x),
        crossing_step=decay.crossing_step(x),
        doubling_steps=decay.doubling_time(x),
        timescale_steps=decay.timescale(x),
        shrink_per_step=1.0 - x,
        run=None if run_clock is None else _over_run(x, run_clock),
        steps_per_epoch=checked("steps_per_epoch", steps_per_epoch, above=0.0),
        tokens_per_step=checked("tokens_per_step", tokens_per_step, above=0.0),
        storage=None if dtype is None else storage(x, dtype),
    )


def _solve(
    lr: float | None, weight_decay: float | None, run: Clock | None, targets: Mapping[str, float]
) -> tuple[float, float, str]:
    """Return lr, weight_decay and the name of the one that was solved for."""
    if len(targets) > 1:
        raise UsageError("give one target: `target_steps` or `target_shrink`")
    if (lr is None) == (weight_decay is None):
        both = "both are given" if lr is not None else "neither is given"
        raise UsageError(f"a target solves for `lr` or for `weight_decay`; {both}", "give exactly one of the two")
    if weight_decay is not None and weight_decay <= 0:
        raise UsageError(f"only a `weight_decay` above 0 can reach a target, not {weight_decay:g}")
    fixed = lr if lr is not None else weight_decay
    assert fixed is not None
    # lr and weight_decay enter as a product alone, so the same formulas solve for either.
    ((name, target),) = targets.items()
    unknown = _solved(fixed, run, name, checked(name, target, above=0.0))
    return (fixed, unknown, "weight_decay") if lr is not None else (unknown, fixed, "lr")


def _solved(fixed: float, run: Clock | None, name: str, target: float) -> float:
    if name == "target_shrink":
        if run is None:
            raise UsageError("`target_shrink` needs the number of steps of the run", "give `steps`")
        return inverse.weight_decay_for_total_shrink(fixed, run.factors(), target)
    if run is None:
        return inverse.weight_decay_for_half_life(fixed, target)
    return inverse.weight_decay_for_half_life_step(fixed, run.factors(), whole("target_steps", target, run.steps))


def _over_run(x: float, clock: Clock) -> ScheduledDecay:
    shrink = decay.total_shrink(x, clock.factors())
    left = abs(shrink)
    return ScheduledDecay(
        steps=clock.steps,
        kind=clock.kind,
        values=clock.values,
        effective_steps=math.fsum(clock.factors()),
        total_shrink=shrink,
        half_lives_in_run=-math.log2(left) if left > 0 else math.inf,
        half_life_step=crossing.first_step_at_or_below(x, clock.factors()),
        residual_fraction=left,
    )
