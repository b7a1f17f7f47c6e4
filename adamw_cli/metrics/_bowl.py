"""The furthest weights on both sides of the minimiser: shared by `undershoot_fraction` and `bc_transient_peak`."""

import numpy as np

from adamw_cli.metrics._contract import Chunk, Ending, Facts, finished, finite, over_steps
from adamw_cli.trace import Array

UNDEFINED = "the weight starts at the minimiser, or the run diverged"


class Bowl:
    """Follows the lowest and the highest weight of every coordinate, the start included."""

    def __init__(self, facts: Facts) -> None:
        self.start = self.lowest = self.highest = facts.start
        self.minimizer = facts.minimizer

    def observe(self, chunk: Chunk) -> None:
        """Compare with a chunk of steps."""
        if self.minimizer is not None:
            self.lowest = np.fmin(self.lowest, over_steps(np.fmin, chunk.w))
            self.highest = np.fmax(self.highest, over_steps(np.fmax, chunk.w))

    def furthest(self, ending: Ending) -> tuple[Array, Array]:
        """How far beyond the minimiser and how far behind it a weight ever is, as parts of its starting distance.

        Each (d, lanes); behind is the side that the weight starts on. Negative where no weight is on that side.
        """
        if self.minimizer is None:
            return np.full(self.start.shape, np.nan), np.full(self.start.shape, np.nan)
        above, below = self.highest - self.minimizer, self.minimizer - self.lowest
        upwards = self.start < self.minimizer
        distance = finite(np.abs(self.start - self.minimizer))
        beyond, behind = np.where(upwards, (above, below), (below, above)) / np.where(distance > 0, distance, np.nan)
        return finished(beyond, ending), finished(behind, ending)
