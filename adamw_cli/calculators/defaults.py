"""What frameworks' defaults do to a weight: the half-life that follows from each."""

import math
from dataclasses import dataclass

from adamw_cli.calculators.convert import per_step
from adamw_cli.calculators.frameworks import DEFAULTS, Default
from adamw_cli.calculators.length import Run
from adamw_cli.calculators.numbers import checked
from adamw_cli.errors import UsageError
from adamw_cli.result import Result
from adamw_cli.theory import half_life as decay
from adamw_cli.vocabulary.conventions import Convention, convention


@dataclass(frozen=True)
class Outcome:
    """A default and what it does.

    Attributes
    ----------
    default : as the framework has it.
    convention : the facts of the convention that its weight_decay follows.
    half_life_steps : at constant lr and no gradient; inf without decay; None where lr or weight_decay has to be given
        and was not, or where decay goes through the gradient.
    missing : what would have to be given: `lr`, `weight_decay`, or the empty string.

    """

    default: Default
    convention: Convention
    half_life_steps: float | None
    missing: str


@dataclass(frozen=True, repr=False)
class FrameworkDefaults(Result):
    """What frameworks take where nothing is given; `lr` is the one that was to be taken in place of theirs."""

    outcomes: tuple[Outcome, ...]
    lr: float | None


def defaults(name: str | None = None, *, lr: float | None = None) -> FrameworkDefaults:
    """Return the defaults of every framework, or of those with `name` in the framework's or the optimizer's name.

    Parameters
    ----------
    name : part of a name, in any case.
    lr : to take in place of every framework's own.

    Raises
    ------
    UsageError
        If nothing has that name, or lr is out of range.

    >>> [(o.default.weight_decay, round(o.half_life_steps)) for o in defaults("keras.optimizers.adamw").outcomes]
    [(0.004, 173286)]

    """
    lr = checked("lr", lr, above=0.0)
    wanted = "" if name is None else name.lower()
    found = [d for d in DEFAULTS if wanted in d.framework.lower() or wanted in d.optimizer.lower()]
    if not found:
        known = ", ".join(sorted({d.framework for d in DEFAULTS}))
        raise UsageError(f"no framework or optimizer has '{name}' in its name", f"known: {known}")
    return FrameworkDefaults(tuple(_outcome(default, lr) for default in found), lr)


def _outcome(default: Default, given: float | None) -> Outcome:
    reads = convention(default.convention)
    lr = default.lr if given is None else given
    if default.weight_decay is None:
        return Outcome(default, reads, None, "weight_decay")
    if default.weight_decay == 0.0:
        return Outcome(default, reads, math.inf, "")
    if reads.coupled:
        return Outcome(default, reads, None, "")
    if lr is None:
        return Outcome(default, reads, None, "lr")
    return Outcome(default, reads, decay.half_life(per_step(reads, lr, default.weight_decay, Run())), "")
