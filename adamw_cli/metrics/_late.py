"""How far weights are from a level late in a run: shared by `late_rms` and `late_max`."""

from __future__ import annotations

import math

import numpy as np

from adamw_cli.metrics._contract import Chunk, Facts, level_of
from adamw_cli.spec import Parameter
from adamw_cli.trace import Array

PARAMETERS = (
    Parameter("level", None, "level to measure from", per_coordinate=True),
    Parameter("part", 0.5, "the part of the steps to look at, up to the last", gt=0, le=1),
)
UNDEFINED = "the run diverged"


class Late:
    """Finds the last `part` of the steps, to the nearest whole number and at least one.

    Attributes
    ----------
    count : how many steps that are; 0 where it is not known how many the run has.

    """

    def __init__(self, facts: Facts, level: float | tuple[float, ...] | None, part: float) -> None:
        self.level = level_of(facts, level)
        steps = facts.steps or 0
        self.count = min(steps, max(1, math.floor(part * steps + 0.5)))
        self.skip = steps - self.count

    def distances(self, chunk: Chunk) -> Array:
        """|w_t - level| after those steps of a chunk that are late enough; (n, d, lanes), n may be 0."""
        late = chunk.w[max(0, self.skip - chunk.first) :] if self.count else chunk.w[:0]
        with np.errstate(over="ignore"):
            result: Array = late - self.level
        return np.abs(result, out=result)
