"""The last part of a run, where it has settled: shared by metrics that look at nothing else."""

import math

import numpy as np

from adamw_cli.metrics._contract import Chunk, Ending, Facts, finished, level_of
from adamw_cli.trace import Array
from adamw_cli.vocabulary import Parameter

PART = Parameter("part", 0.5, "the part of the steps to look at, up to the last", gt=0, le=1)
PARAMETERS = (Parameter("level", None, "level to measure from", per_coordinate=True), PART)
UNDEFINED = "the run diverged"


class Tail:
    """Finds the last `part` of the steps, `count` of them: to the nearest whole number and at least one."""

    def __init__(self, facts: Facts, part: float) -> None:
        self.facts = facts
        self.count = max(1, math.floor(part * facts.steps + 0.5))
        self.skip = facts.steps - self.count

    def late(self, chunk: Chunk) -> slice:
        """Which steps of a chunk are late enough; there may be none."""
        return slice(max(0, self.skip - chunk.first), None)

    def added(self, total: Array, values: Array) -> Array:
        """Return total + values[0]/count + ..., one after the other, so that the bits do not depend on chunks."""
        sums = np.add.accumulate(np.concatenate([total[None], values / self.count]))
        last: Array = sums[-1].copy()
        return last

    def lengthened(self, length: Array, values: Array) -> Array:
        """Return hypot(length, values[0]/sqrt(count), ...) in the same way: a root mean square without overflow."""
        scaled = values / math.sqrt(self.count)
        lengths = np.hypot.accumulate(np.concatenate([length[None], scaled]))
        last: Array = lengths[-1].copy()
        return last


class Average(Tail):
    """The mean of what `values` says of the late steps; per coordinate, or one for the run."""

    per_coordinate = True

    def __init__(self, facts: Facts, part: float = 0.5) -> None:
        super().__init__(facts, part)
        self.found = np.zeros(facts.start.shape if self.per_coordinate else facts.start.shape[1:])

    def values(self, chunk: Chunk) -> Array:
        """One for each of the late steps of a chunk, (n, d, lanes) or (n, lanes); n may be 0."""
        raise NotImplementedError

    def observe(self, chunk: Chunk) -> None:
        """Add the late steps of a chunk."""
        self.found = self.added(self.found, self.values(chunk))

    def result(self, ending: Ending) -> Array:
        """Return the mean for every coordinate and lane, or for every lane."""
        return finished(self.found, ending)


class RootMeanSquare(Average):
    """The same of the root mean square."""

    def observe(self, chunk: Chunk) -> None:
        """Add the late steps of a chunk."""
        self.found = self.lengthened(self.found, self.values(chunk))


class Late(Tail):
    """How far weights are from a level there."""

    def __init__(self, facts: Facts, level: float | tuple[float, ...] | None = None, part: float = 0.5) -> None:
        super().__init__(facts, part)
        self.level = level_of(facts, level)

    def distances(self, chunk: Chunk) -> Array:
        """|w_t - level| after those steps of a chunk that are late enough; (n, d, lanes), n may be 0."""
        result: Array = chunk.w[self.late(chunk)] - self.level
        return np.abs(result, out=result)
