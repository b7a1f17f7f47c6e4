"""What a step multiplies the deviation from a cycle of period two by, late in the run: below 1, the weight settles on it.

On a cycle about 0 the weight jumps between A and -A, so |w_t + w_{t-1}| is what it deviates by. The largest of the last
quarter of the run over the largest of the quarter before, per step. A deviation that swings is measured by its envelope.
"""

import numpy as np

from adamw_cli.metrics import Array, Chunk, Ending, Facts, finished, over_steps
from adamw_cli.vocabulary import Metric

SPEC = Metric(
    unit="1",
    per_coordinate=True,
    undefined="the run has less than eight steps, the deviation is down to rounding, or the run diverged",
)
# Deviations that are smaller than this part of the weight are rounding.
_ROUNDING = 1e-12


class Measure:
    """Per coordinate, from two quarters of the run."""

    def __init__(self, facts: Facts) -> None:
        steps = facts.steps
        self.quarter = steps // 4
        # The quarters are steps (first, middle] and (middle, last].
        self.first, self.middle, self.last = steps - 2 * self.quarter, steps - self.quarter, steps
        self.early, self.late = np.zeros(facts.start.shape), np.zeros(facts.start.shape)
        self.size = np.zeros(facts.start.shape)

    def observe(self, chunk: Chunk) -> None:
        """Follow the largest deviation of both quarters."""
        self.early = np.fmax(self.early, self._largest(chunk, self.first, self.middle))
        self.late = np.fmax(self.late, self._largest(chunk, self.middle, self.last))
        self.size = np.abs(chunk.w[-1])

    def _largest(self, chunk: Chunk, after: int, upto: int) -> Array:
        rows = slice(max(0, after - chunk.first), max(0, upto - chunk.first))
        deviation = np.abs(chunk.w[rows] + chunk.previous[rows])
        return over_steps(np.fmax, deviation) if len(deviation) else np.zeros(self.size.shape)

    def result(self, ending: Ending) -> Array:
        """Return the factor per step for every coordinate and lane."""
        known = (self.quarter >= 2) & (self.late > _ROUNDING * self.size) & (self.early > 0.0)
        factor = np.exp((np.log(self.late) - np.log(self.early)) / max(self.quarter, 1))
        return finished(np.where(known, factor, np.nan), ending)
