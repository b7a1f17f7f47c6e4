"""What a metric is given, and what its file has.

A metric file has `SPEC = Metric(...)`, whose docstring-level facts `adamw list metrics` shows, and a class

    class Measure:
        def __init__(self, facts: Facts, **parameters): ...
        def observe(self, chunk: Chunk) -> None: ...           # every step, a chunk at a time
        def result(self, ending: Ending) -> Array: ...         # (d, lanes) or (lanes,); nan where undefined

A metric that needs the last step alone derives from `AtTheEnd`. From the step on at which a lane has diverged its weights are
nan, so comparisons are false there and np.fmax ignores it. All arrays are read-only. A result that no double holds is nan too,
and 0 has no sign; numpy's warnings of overflow and of 0/0 are off. `observe` sees millions of steps: `over_steps` first, a closer
look only where something happened.

A metric of two runs (`SPEC.pair`) finds the other one's weights in `chunk.other` and its start in `facts.other_start`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from adamw_cli.trace import FINISHED, Array

_ROW = 512


def _shown(values: Array) -> Array:
    """The same memory, read-only."""
    shown = values.view()
    shown.flags.writeable = False
    return shown


class _Shown:
    """What all metrics see alike: a metric that wrote into it would change what others measure."""

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, np.ndarray):
                object.__setattr__(self, name, _shown(value))


@dataclass(frozen=True)
class Facts(_Shown):
    """What is known before the first step.

    Attributes
    ----------
    start : (d, lanes) weights at step 0.
    lr : (d, lanes) learning rate without the schedule.
    steps : how many steps the run has if it does not diverge.
    weight_decay : (d, lanes), or None for a rule without decay.
    minimizer : (d, 1) unconstrained minimiser of the landscape, or None.
    turn_step : the last step before the gradient changes, or None.
    turn_direction : (d, lanes) sign of the direction in which the gradient pushes up to then, or None.
    factors : (first, count) -> (count, lanes), the schedule's factors of steps first + 1, ..., first + count; None
        where they are all 1.
    decoupled : whether the rule shrinks weights by lr*weight_decay beside its gradient step.
    shrinks : how it does: `before`, the weight from before the step, by 1 - x with x = lr*weight_decay; `after`, the weight
        that the gradient step has moved, by the same; `proximal`, that weight, by 1/(1 + x).
    other_start : (d, lanes) start of the other run of a pair, or None.

    """

    start: Array
    lr: Array
    steps: int
    weight_decay: Array | None = None
    minimizer: Array | None = None
    turn_step: int | None = None
    turn_direction: Array | None = None
    factors: Callable[[int, int], Array] | None = None
    decoupled: bool = False
    shrinks: Literal["before", "after", "proximal"] = "before"
    other_start: Array | None = None


@dataclass(frozen=True)
class Chunk(_Shown):
    """Some steps of a run, as a metric sees them; what several metrics need is computed once.

    Attributes
    ----------
    facts : the run's.
    first : the steps are first + 1, ..., first + n.
    w : (n, d, lanes) weights after them; nan from the step on at which a lane diverged.
    before : (d, lanes) weights after step `first`.
    other : (n, d, lanes) weights of the other run of a pair, or None.

    """

    facts: Facts
    first: int
    w: Array
    before: Array
    other: Array | None = None

    @cached_property
    def previous(self) -> Array:
        """Weights that each step started from; (n, d, lanes)."""
        return _shown(np.concatenate([self.before[None], self.w[:-1]]))

    @cached_property
    def moved(self) -> Array:
        """How far each step moved each weight, w_t - w_{t-1}; (n, d, lanes)."""
        return _shown(self.w - self.previous)

    @cached_property
    def lr(self) -> Array:
        """Learning rate of each step, schedule included, of a shape that broadcasts to (n, d, lanes)."""
        facts = self.facts
        if facts.factors is None:
            return facts.lr[None]
        # A growing schedule may take it beyond the largest float.
        return _shown(facts.lr[None] * facts.factors(self.first, len(self.w))[:, None, :])

    @cached_property
    def gradient_step(self) -> Array:
        """How far the gradient alone moved each weight, -lr u: what decoupled decay did is taken out; (n, d, lanes).

        For decay before the step what is subtracted is computed as rules do it, so that a step without gradient gives 0.
        """
        if not self.facts.decoupled or self.facts.weight_decay is None:
            return self.moved
        x = self.lr * self.facts.weight_decay
        if self.facts.shrinks == "before":
            result: Array = x * self.previous  # in place from here on: a third of the time
            np.subtract(self.previous, result, out=result)
            np.subtract(self.w, result, out=result)
        elif self.facts.shrinks == "after":
            result = self.w / (1.0 - x) - self.previous
        else:
            result = self.w * (1.0 + x) - self.previous
        return _shown(result)


@dataclass(frozen=True)
class Ending(_Shown):
    """What is known after the last step.

    Attributes
    ----------
    w : (d, lanes) weights; not finite where a lane diverged.
    status : (lanes,) `finished` or `diverged`.
    loss : (lanes,) of the landscape as the last step saw it.
    gradient : (d, lanes) at w, of the landscape as the last step saw it.

    """

    w: Array
    status: tuple[str, ...]
    loss: Array
    gradient: Array


class AtTheEnd:
    """Base of metrics that need nothing between the first step and the last."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def observe(self, chunk: Chunk) -> None:
        """Every step but the last is of no interest."""


def finite(values: Array) -> Array:
    """Return nan in place of anything that is not finite, and 0 in place of -0."""
    return np.where(np.isfinite(values), values + 0.0, np.nan)


def finished(values: Array, ending: Ending) -> Array:
    """The same, and nan in the lanes that diverged; (lanes,) or (d, lanes).

    In a diverged lane a coordinate, a loss or a gradient may still be finite; it means nothing.
    """
    return finite(np.where([status == FINISHED for status in ending.status], values, np.nan))


def norm(w: Array) -> Array:
    """Euclidean norm over coordinates without overflow or underflow of the squares; (d, lanes) -> (lanes,)."""
    scaled, scale = _scaled(w)
    return scale * np.sqrt(over_coordinates(scaled**2))


def direction(w: Array) -> Array:
    """Return w / |w|, whatever its size; nan where w is 0 or not finite; (d, lanes)."""
    scaled, _ = _scaled(w)
    return scaled / np.sqrt(over_coordinates(scaled**2))


def norms(w: Array) -> Array:
    """`norm` after each of several steps; (n, d, lanes) -> (n, lanes)."""
    return norm(_side_by_side(w)).reshape(len(w), w.shape[2])


def directions(w: Array) -> Array:
    """`direction` after each of several steps; (n, d, lanes) -> (n, d, lanes)."""
    n, d, lanes = w.shape
    return np.moveaxis(direction(_side_by_side(w)).reshape(d, n, lanes), 1, 0)


def _side_by_side(w: Array) -> Array:
    """Steps as lanes: (n, d, lanes) -> (d, n*lanes)."""
    return np.moveaxis(w, 0, 1).reshape(w.shape[1], -1)


def over_coordinates(w: Array) -> Array:
    """Sum over coordinates from the first to the last, so that it has the same bits whatever lanes are beside it."""
    if w[0].size < _ROW:
        last: Array = np.cumsum(w, axis=0)[-1]
        return last
    result: Array = w[0].copy()
    for row in w[1:]:  # the same sums, without writing down all the partial ones
        result += row
    return result


def _scaled(w: Array) -> tuple[Array, Array]:
    """Return w over its largest |w_i|, and that; all nan where w is not finite, and 1 for a w of zeros."""
    largest = np.abs(w).max(axis=0)
    scale = np.where(largest == 0, 1.0, finite(largest))
    return w / scale, scale


def over_steps(ufunc: np.ufunc, w: Array) -> Array:
    """ufunc.reduce(w, axis=0) for a maximum or minimum; (n, d, lanes) -> (d, lanes).

    Many steps side by side make rows long enough for vector instructions: up to 50 times faster for few coordinates.
    """
    n, shape = len(w), w.shape[1:]
    group = min(n, max(1, _ROW // (shape[0] * shape[1])))
    whole = n - n % group
    best: Array = ufunc.reduce(w[:whole].reshape(n // group, -1), axis=0).reshape(group, *shape)
    best = ufunc.reduce(best, axis=0)
    return best if whole == n else ufunc(best, ufunc.reduce(w[whole:], axis=0))


def level_of(facts: Facts, given: float | tuple[float, ...] | None) -> Array:
    """Level for `overshoot` and `settling_step`: as given, else the minimiser, else 0; (d, 1)."""
    if given is not None:
        return np.broadcast_to(np.asarray(given, dtype=float).reshape(-1, 1), (facts.start.shape[0], 1))
    return np.zeros((facts.start.shape[0], 1)) if facts.minimizer is None else facts.minimizer
