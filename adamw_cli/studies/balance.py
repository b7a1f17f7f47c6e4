"""The weight decay for which a step really is zero, found by running the engine with many values side by side."""

from dataclasses import dataclass, replace

import numpy as np

from adamw_cli.engine.lower import Batch
from adamw_cli.engine.run import resumed, run
from adamw_cli.trace import Array

_LANES = 64
# Where to look for a change of sign at first: 0, then this, in equal ratios.
_LOW, _HIGH = 1e-9, 1e9
_ROUNDS = 40


@dataclass(frozen=True)
class Balance:
    """A weight decay for which a step moves the weight by `step`, next to nothing, and the next one by `next_step`."""

    weight_decay: float
    step: float
    next_step: float


def balance(batch: Batch, steps: int) -> Balance | None:
    """Find the smallest positive weight decay for which the last of `steps` more steps leaves the weight where it is.

    The step is a continuous function of the weight decay as long as lr*weight_decay < 1, so a change of its sign is
    closed in on, 64 values at a time. None if the step has one sign for all of them.

    batch : one coordinate and one lane, of a rule whose decay has a coefficient; that of the batch is not looked at.
    """
    most = 1.0 / float(batch.scalars[batch.optimizer.SPEC.lr].max())
    candidates = np.concatenate([[0.0], np.geomspace(_LOW * min(most, 1.0), min(_HIGH, most), _LANES - 1)])
    for _ in range(_ROUNDS):
        moved = _moves(batch, steps, candidates)[0]
        if moved[0] == 0.0 and candidates[0] == 0.0:
            return None
        turned = np.flatnonzero(np.sign(moved) != np.sign(moved[0]))
        if not turned.size or not np.isfinite(moved[: turned[0] + 1]).all():
            return None
        at = int(turned[0])
        low, high = candidates[at - 1], candidates[at]
        if moved[at] == 0.0 or high <= np.nextafter(low, np.inf):
            break
        candidates = np.unique(np.linspace(low, high, _LANES))
    best = candidates[max(at - 1, 0) : at + 1]
    moved, following = _moves(batch, steps, best)
    chosen = int(np.argmin(np.abs(moved)))
    return Balance(float(best[chosen]), float(moved[chosen]), float(following[chosen]))


def _moves(batch: Batch, steps: int, weight_decay: Array) -> tuple[Array, Array]:
    """How far the last of `steps` steps moves the weight, and the step after it, for each weight decay."""
    lanes, decay = weight_decay.size, batch.optimizer.SPEC.decay.coefficient

    def wide(values: Array) -> Array:
        return np.repeat(values, lanes, axis=1)

    many = replace(
        batch,
        start=wide(batch.start),
        scalars={**{n: wide(v) for n, v in batch.scalars.items()}, decay: weight_decay[None, :]},
        schedules=list(batch.schedules) * lanes,
        states={name: wide(values) for name, values in batch.states.items()},
    )
    last = batch.first + steps
    before = run(many, last - 1, states=True) if steps > 1 else None
    if before is not None:
        many = resumed(many, before)
    trace = run(many, last + 1, every=1)
    moved = np.diff(trace.w[:, 0, :], axis=0)
    return moved[0], moved[1]
