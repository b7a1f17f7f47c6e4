"""The largest or smallest weight and its step: shared by the four metrics of extremes."""

import numpy as np

from adamw_cli.metrics._contract import Chunk, Ending, Facts, over_steps
from adamw_cli.trace import Array


class Extreme:
    """Follows the extreme weight over every step from 0 on, the largest unless `ufunc` is another; nan never wins."""

    ufunc: np.ufunc = np.fmax

    def __init__(self, facts: Facts) -> None:
        self.best = facts.start

    def observe(self, chunk: Chunk) -> None:
        """Compare with a chunk of steps."""
        self.best = self.ufunc(self.best, over_steps(self.ufunc, chunk.w))

    def result(self, ending: Ending) -> Array:
        """Return the value for every coordinate and lane."""
        return self.best + 0.0


class ExtremeStep(Extreme):
    """Keeps the step as well; the earliest wins a tie."""

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self.step = np.zeros(facts.start.shape)

    def observe(self, chunk: Chunk) -> None:
        """Compare with a chunk of steps, and find the step where it has a better weight."""
        before = self.best
        super().observe(chunk)
        for i, lane in np.argwhere(self.best != before):
            self.step[i, lane] = chunk.first + 1 + int(np.argmax(chunk.w[:, i, lane] == self.best[i, lane]))

    def result(self, ending: Ending) -> Array:
        """Return the step for every coordinate and lane."""
        return self.step
