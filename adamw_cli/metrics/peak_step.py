"""Steps after the gradient has changed until a weight is furthest in the old direction; 0 if it goes no further at all."""

import numpy as np

from adamw_cli.metrics import Array, Chunk, Ending, Facts, over_steps
from adamw_cli.metrics._turn import AfterTurn
from adamw_cli.vocabulary import Metric

SPEC = Metric(
    unit="steps",
    per_coordinate=True,
    undefined="nothing pushed before the change, or no step follows it",
    needs=("turn",),
    shown=True,
)


class Measure(AfterTurn):
    """Per coordinate, over every step after the change; the earliest wins a tie."""

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self.furthest = np.full(facts.start.shape, np.nan)
        self.step = np.full(facts.start.shape, np.nan)

    def observe(self, chunk: Chunk) -> None:
        """Compare with the furthest so far; the first comparison is with the weight at the change."""
        part = self.part(chunk)
        if part is None:
            return
        before, rows = part
        along = self.side * chunk.w[rows]
        furthest = over_steps(np.fmax, along)
        if before == 0:
            self.furthest = self.side * self.level
            self.step = np.where(np.isnan(furthest) | (self.side == 0), np.nan, 0.0)
        for i, lane in np.argwhere(furthest > self.furthest):
            self.furthest[i, lane] = furthest[i, lane]
            self.step[i, lane] = before + 1 + int(np.argmax(along[:, i, lane] == furthest[i, lane]))

    def result(self, ending: Ending) -> Array:
        """Return the number of steps for every coordinate and lane."""
        return self.step
