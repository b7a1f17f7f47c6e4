"""Between the engine, which shows weights, and the metrics, which want chunks: one observer for all metrics of a batch."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from adamw_cli.metrics._contract import Chunk, Ending, Facts
from adamw_cli.trace import Array


class Watching(Protocol):
    """What is shown chunks: a metric's Measure."""

    def observe(self, chunk: Chunk) -> None:
        """Take some steps."""


class Watcher:
    """A trace.Observer that shows every chunk to several metrics.

    facts : of the runs, `facts.start` (d, lanes). Where `facts.other_start` is set, the engine runs twice as many lanes,
    first the runs and then their twins.
    """

    def __init__(self, facts: Facts, measures: Sequence[Watching]) -> None:
        self.facts = facts
        self.measures = measures
        self.before = facts.start

    @np.errstate(all="ignore")
    def observe(self, first: int, w: Array) -> None:
        """Take the weights of all lanes, (n, d, lanes or twice as many)."""
        other = None
        if self.facts.other_start is not None:
            lanes = self.facts.start.shape[1]
            w, other = np.ascontiguousarray(w[:, :, :lanes]), np.ascontiguousarray(w[:, :, lanes:])
        chunk = Chunk(self.facts, first, w, self.before, other)
        for measure in self.measures:
            measure.observe(chunk)
        self.before = w[-1].copy()


class Until:
    """A trace.Observer that shows another one the steps up to `last`, and keeps what the weights are then.

    Attributes
    ----------
    w : (d, lanes) weights after step `last`; None as long as that has not been reached.

    """

    def __init__(self, last: int, watcher: Watcher) -> None:
        self.last, self.watcher = last, watcher
        self.w: Array | None = None

    def observe(self, first: int, w: Array) -> None:
        """Pass on what comes before the end."""
        count = self.last - first
        if count > 0:
            self.watcher.observe(first, w[:count])
        if 0 < count <= len(w):
            self.w = w[count - 1].copy()


class Keeper:
    """A trace.Observer that keeps the whole path of the first `lanes` lanes, for metrics of two runs."""

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes
        self.parts: list[Array] = []

    def observe(self, first: int, w: Array) -> None:
        """Keep a copy: the engine uses the memory of `w` again."""
        if self.lanes:
            self.parts.append(w[:, :, : self.lanes].copy())

    def lane(self, lane: int) -> Array:
        """Return one lane's weights from step 1 on, (steps, d, 1)."""
        return np.concatenate([part[:, :, lane : lane + 1] for part in self.parts])


def lane_of_facts(facts: Facts, lane: int) -> Facts:
    """Return what is known of one lane."""
    part, factors = slice(lane, lane + 1), facts.factors
    known = {name: getattr(facts, name) for name in ("start", "lr", "weight_decay", "turn_direction", "other_start")}
    own = {name: values[:, part] for name, values in known.items() if values is not None}
    own["factors"] = None if factors is None else lambda first, count: factors(first, count)[:, part]
    return replace(facts, **own)


def lane_of_ending(ending: Ending, lane: int) -> Ending:
    """Return the ending of one lane."""
    part = slice(lane, lane + 1)
    return Ending(ending.w[:, part], ending.status[part], ending.loss[part], ending.gradient[:, part])
