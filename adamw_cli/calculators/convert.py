"""From one convention of weight decay to another: what stays exactly the same, and what only nearly.

Everything goes through two numbers: x, the part that decay takes of a weight at a step where the schedule is 1, and lr.
Whether a row is exact is about real numbers and the conditions beside it; docs/conventions.md derives each. Imports neither
numpy nor the engine.
"""

import math
import re
import sys
from dataclasses import dataclass, field
from typing import Literal

from adamw_cli.calculators.clock import Clock, chosen
from adamw_cli.calculators.half_life import DEFAULT_LR, DEFAULT_WEIGHT_DECAY
from adamw_cli.calculators.length import Run, run_of
from adamw_cli.calculators.numbers import checked
from adamw_cli.errors import UsageError
from adamw_cli.result import Result
from adamw_cli.theory import conventions as between
from adamw_cli.theory import half_life as decay
from adamw_cli.theory import inverse, rescaling
from adamw_cli.vocabulary.conventions import CONVENTIONS, Convention, convention

_COUPLED = (
    "decay in the gradient goes through Adam's averages, so what it takes from a weight depends on the gradients: "
    "no weight_decay of the one does what the other does"
)
_CONSTANT = "constant lr; for a schedule give it and the steps of the run"

Fidelity = Literal["exact", "decay exact", "approximate", "none"]


@dataclass(frozen=True)
class Converted:
    """A convention's numbers for the same decay.

    Attributes
    ----------
    convention : its facts.
    lr, weight_decay, eps, eps_root : as that convention reads them; None where there is no conversion.
    fidelity : `exact`; `decay exact`, where decay is the same at every step and the step of Adam nearly so;
        `approximate`, where decay is not; `none`, where there is no conversion.
    conditions : what an exact row holds for, how far an approximate one is off, or why there is none.
    half_life_steps : that follows from the row's own numbers, at constant lr; inf if there is no decay, None if it
        depends on the gradients.
    total_shrink : w_T/w_0 that follows from them over the run, where its schedule is known and the gradient is 0.

    """

    convention: Convention
    lr: float | None
    weight_decay: float | None
    eps: float | None
    eps_root: float | None
    fidelity: Fidelity
    conditions: tuple[str, ...]
    half_life_steps: float | None
    total_shrink: float | None


@dataclass(frozen=True, repr=False)
class Conversion(Result):
    """What was asked, and a row for each convention, the one it was asked in first."""

    source: Convention
    run: Run
    rows: tuple[Converted, ...]


@dataclass
class _Remarks:
    holds_for: list[str] = field(default_factory=list)
    decay_off: list[str] = field(default_factory=list)
    step_off: list[str] = field(default_factory=list)

    @property
    def fidelity(self) -> Fidelity:
        if self.decay_off:
            return "approximate"
        return "decay exact" if self.step_off else "exact"

    @property
    def said(self) -> tuple[str, ...]:
        return tuple([*self.decay_off, *self.step_off, *self.holds_for])


@dataclass(frozen=True)
class _Numbers:
    """Given numbers, with the part x that they take of a weight where the schedule is 1."""

    lr: float
    weight_decay: float
    eps: float
    eps_root: float
    x: float


def convert(
    source: str = "pytorch",
    target: str | None = None,
    *,
    lr: float | None = None,
    weight_decay: float | None = None,
    eps: float | None = None,
    eps_root: float = 0.0,
    beta2: float = 0.999,
    steps: float | None = None,
    schedule: str = "constant",
    batch_size: float | None = None,
    dataset_size: float | None = None,
    epochs: float | None = None,
    steps_per_epoch: float | None = None,
    **schedule_parameters: float | None,
) -> Conversion:
    """Turn hyperparameters of one convention into those of another, or of all of them.

    Parameters
    ----------
    source, target : names of conventions; without a target there is a row for each.
    lr : peak learning rate; 1e-3 by default.
    weight_decay : as `source` means it: a rate, lambda_norm, or a timescale in epochs; 1e-2 by default for `pytorch`.
    eps, eps_root : as `source` means them; eps_root is optax's. eps is by default what it is there.
    beta2 : decay rate of the second moment, which tells how long an eps-hat differs from an eps.
    steps, schedule, schedule_parameters : the run's schedule, its parameters by name; without them lr is taken to be constant.
    batch_size, dataset_size, epochs, steps_per_epoch : the run's length, for `normalised` and `timescale`; steps of a schedule
        follow from them if they are not given.

    Raises
    ------
    UsageError
        If a number is out of range, or there is no conversion to the target.

    >>> row = convert("pytorch", "paper", lr=1e-3, weight_decay=0.1).rows[-1]
    >>> row.weight_decay, row.fidelity, round(row.half_life_steps, 2)
    (0.0001, 'exact', 6931.13)

    """
    given = convention(source)
    targets = [c for c in CONVENTIONS if c.name != source] if target is None else [convention(target)]
    run = run_of(
        steps, schedule, chosen(schedule, schedule_parameters), batch_size, dataset_size, epochs, steps_per_epoch
    )
    numbers = _numbers(given, run, lr, weight_decay, eps, eps_root)
    checked("beta2", beta2, least=0.0, below=1.0)
    rows = [_row(given, given, numbers, run, beta2)]
    for other in targets:
        try:
            rows.append(_row(given, other, numbers, run, beta2))
        except UsageError as error:
            if target is not None:
                raise
            rows.append(_nothing(other, error))
    return Conversion(given, run, tuple(rows) if target is None or target != source else (rows[0],))


def _numbers(
    given: Convention,
    run: Run,
    lr: float | None,
    weight_decay: float | None,
    eps: float | None,
    eps_root: float,
) -> _Numbers:
    if weight_decay is None:
        if given.name != "pytorch":
            raise UsageError(f"`weight_decay` is needed: what '{given.name}' means by it", "give `weight_decay`")
        weight_decay = DEFAULT_WEIGHT_DECAY
    lr = checked("lr", DEFAULT_LR if lr is None else lr, above=0.0)
    bound = {"above" if given.measure == "epochs" else "least": 0.0}
    weight_decay = checked("weight_decay", weight_decay, **bound)
    eps = checked("eps", given.eps if eps is None else eps, least=0.0)
    if checked("eps_root", eps_root, least=0.0) > 0.0 and not given.eps_root:
        raise UsageError(f"'{given.name}' has no `eps_root`", "it is optax's: give it with 'optax', or leave it out")
    x = per_step(given, lr, weight_decay, run)
    if weight_decay > 0.0:
        _representable("decay per step", x)
    return _Numbers(lr, weight_decay, eps, eps_root, x)


def _representable(name: str, value: float) -> float:
    """Return the value, unless it has left the range in which numbers have all their digits."""
    if not sys.float_info.min <= value < math.inf:
        raise UsageError(
            f"the {name} comes out as {value:g}, outside the range of floating-point numbers", "check the numbers given"
        )
    return value


def per_step(reads: Convention, lr: float, weight_decay: float, run: Run) -> float:
    """The part x that decay takes of a weight at a step where the schedule is 1.

    Raises
    ------
    UsageError
        If the convention needs the length of the run, and it is not known.

    """
    if reads.measure == "normalised":
        return rescaling.normalised_weight_decay(weight_decay, *run.length) if weight_decay > 0.0 else 0.0
    if reads.measure == "epochs":
        return lr * rescaling.weight_decay_for_tau_epoch(lr, weight_decay, run.epoch)
    return lr * weight_decay if reads.decay.by_lr or reads.coupled else weight_decay


def _measured(reads: Convention, lr: float, x: float, run: Run) -> float:
    """The weight_decay with which a convention takes x: the inverse of `per_step`."""
    if reads.measure == "normalised":
        return rescaling.normalised_for_decay(x, *run.length)
    if reads.measure == "epochs":
        return rescaling.tau_epoch(1.0, x, run.epoch)
    return x / lr if reads.decay.by_lr else x


def _nothing(reads: Convention, error: UsageError) -> Converted:
    why = f"{error.message}: {error.hint}" if error.hint else error.message
    why = re.sub(r"`(\w+)`", r"\1", why)  # a row is no call, so that its parameters have no flags
    return Converted(reads, None, None, None, None, "none", (why,), None, None)


def _row(given: Convention, wanted: Convention, numbers: _Numbers, run: Run, beta2: float) -> Converted:
    remarks = _Remarks()
    if wanted is given:
        lr, weight_decay, eps, eps_root = numbers.lr, numbers.weight_decay, numbers.eps, numbers.eps_root
    else:
        if (given.coupled or wanted.coupled) and numbers.x > 0.0:
            raise UsageError(_COUPLED, "`adamw decay` sets the two side by side")
        x = _rescaled(given, wanted, numbers.x, run, remarks)
        moved = x if wanted.decay.last else numbers.x
        lr = _reordered(given, wanted, numbers.lr, moved, run.clock, remarks)
        eps, eps_root = _eps(given, wanted, numbers, beta2, remarks)
        weight_decay = _measured(wanted, lr, x, run)
        if x > 0.0:
            _restrict(given, wanted, remarks)
            _representable("weight_decay", weight_decay)
        _representable("lr", lr)
    half_life, shrink = _consequences(wanted, lr, weight_decay, run)
    return Converted(wanted, lr, weight_decay, eps, eps_root, remarks.fidelity, remarks.said, half_life, shrink)


def _consequences(reads: Convention, lr: float, weight_decay: float, run: Run) -> tuple[float | None, float | None]:
    if reads.coupled:
        return (math.inf, None) if weight_decay == 0.0 else (None, None)
    x = per_step(reads, lr, weight_decay, run)
    if reads.constant and run.clock is not None:
        return decay.half_life(x), decay.shrink_after(x, run.clock.steps)
    return decay.half_life(x), run.total_shrink(x)


def _rescaled(given: Convention, wanted: Convention, x: float, run: Run, remarks: _Remarks) -> float:
    """X, or under a schedule that only one of the two follows, the x that leaves as much of a weight after the run."""
    if x == 0.0 or given.constant == wanted.constant:
        return x
    run_clock, left = run.clock, run.total_shrink(x)
    if run_clock is None or left is None:
        remarks.holds_for.append(_CONSTANT)
        return x
    if not any(factor != 1.0 for factor in run_clock.factors()):
        return x
    after = f"only what is left of a weight after the {run_clock.steps:,} steps is the same"
    if wanted.constant:
        remarks.decay_off.append(
            f"decays alike at every step, not by the schedule: {after}; decay is exact with {x:.6g} times the schedule"
        )
        return inverse.weight_decay_for_half_life(1.0, run_clock.steps, _within(left))
    remarks.decay_off.append(f"decays by the schedule, not alike at every step: {after}")
    return inverse.weight_decay_for_total_shrink(
        1.0, run_clock.factors(), _within(decay.shrink_after(x, run_clock.steps))
    )


def _within(shrink: float) -> float:
    if not 0.0 < shrink < 1.0:
        raise UsageError(
            f"the run leaves {shrink:g} of a weight, and a conversion that keeps what is left needs more than 0 and less than 1",
            "give a smaller `weight_decay` or fewer `steps`",
        )
    return shrink


def _reordered(
    given: Convention, wanted: Convention, lr: float, x: float, run_clock: Clock | None, remarks: _Remarks
) -> float:
    """Lr, or the lr with which decay of the other weights steps as far."""
    if given.decay.last == wanted.decay.last or x == 0.0:
        return lr
    to_new = wanted.decay.last
    if run_clock is None:
        remarks.holds_for.append(_CONSTANT)
    else:
        error = between.largest_step_error(x, run_clock.factors(), to_new)
        if error > 0.0:
            remarks.step_off.append(
                f"under the schedule a step of lr is up to {error:.2g} of itself too {'large' if to_new else 'small'}"
            )
    return between.lr_for_new_weights(lr, x) if to_new else between.lr_for_old_weights(lr, x)


def _eps(
    given: Convention, wanted: Convention, numbers: _Numbers, beta2: float, remarks: _Remarks
) -> tuple[float, float]:
    eps, root = numbers.eps, numbers.eps_root
    if root > 0.0 and not wanted.eps_root:
        eps, root = between.eps_without_root(eps, root), 0.0
        remarks.step_off.append(
            f"eps + sqrt(eps_root) for eps_root: steps up to {between.EPS_ROOT_ERROR:.0%} smaller, where v_hat is eps_root"
        )
    if given.eps_hat != wanted.eps_hat and eps > 0.0 and beta2 > 0.0:
        ratio, settled = between.eps_hat_ratio(beta2, 1), between.eps_hat_settles(beta2)
        much = f"{ratio:.3g} times" if wanted.eps_hat else f"1/{ratio:.3g}"
        remarks.step_off.append(
            f"eps counts {much} as much at step 1, the same to 1 % from step {settled:,} on; where it is far below "
            "sqrt(v_hat) that makes no difference"
        )
    return eps, root


def _restrict(given: Convention, wanted: Convention, remarks: _Remarks) -> None:
    """What the numbers are good for only: another lr, another length of the run."""
    measures = {given.measure, wanted.measure}
    if "normalised" in measures:
        remarks.holds_for.append("this batch size, dataset size and number of epochs")
    if "epochs" in measures:
        remarks.holds_for.append(
            "this number of steps per epoch; the timescale is 1/x, half a step more than -1/ln(1 - x)"
        )
    by_lr = {given.decay.by_lr and given.measure == "rate", wanted.decay.by_lr and wanted.measure == "rate"}
    if by_lr == {True, False}:
        remarks.holds_for.append("this lr: with another one convert anew")
