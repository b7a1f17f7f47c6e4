"""The first step after which a weight has the opposite sign of its start; exactly 0 is not opposite yet."""

import numpy as np

from adamw_cli.metrics import Array, Chunk, Ending, Facts, over_steps
from adamw_cli.vocabulary import Metric

SPEC = Metric(
    unit="steps", per_coordinate=True, undefined="the weight starts at 0 or never changes its sign", shown=True
)


class Measure:
    """The first t with w_t w_0 < 0."""

    def __init__(self, facts: Facts) -> None:
        self.side = np.sign(facts.start)
        self.step = np.full(facts.start.shape, np.nan)

    def observe(self, chunk: Chunk) -> None:
        """Look for the change where it has not come yet."""
        waiting = np.isnan(self.step) & (self.side != 0)
        if not waiting.any():
            return
        inside = self.side * chunk.w
        for i, lane in np.argwhere(waiting & (over_steps(np.fmin, inside) < 0)):
            self.step[i, lane] = chunk.first + 1 + int(np.argmax(inside[:, i, lane] < 0))

    def result(self, ending: Ending) -> Array:
        """Return the step for every coordinate and lane."""
        return self.step
