"""The largest distance between the paths of two runs, over all steps, as a part of the starting size.

max_t |w_t - w'_t|/|w_0|, Euclidean norms over coordinates.
"""

import numpy as np

from adamw_cli.metrics import Array, Chunk, Ending, Facts, finite, norm, norms
from adamw_cli.vocabulary import REQUIRED, Metric, Parameter

SPEC = Metric(
    unit="1",
    per_coordinate=False,
    undefined="one of the two runs diverged, or all weights start at 0",
    parameters=(Parameter("to", REQUIRED, "the other run", kind="run"),),
    pair="run",
)


class Measure:
    """Per run, over every step; `to` is for those who find the other run."""

    def __init__(self, facts: Facts, to: str) -> None:
        size = finite(norm(facts.start))
        self.size = np.where(size > 0, size, np.nan)
        self.furthest = np.zeros(facts.start.shape[1])
        self.paired = facts.other_start is not None

    def observe(self, chunk: Chunk) -> None:
        """Compare with the largest distance so far; nan stays."""
        if chunk.other is None:
            return
        self.furthest = np.maximum(self.furthest, norms(chunk.w - chunk.other).max(axis=0))

    def result(self, ending: Ending) -> Array:
        """Return the distance for every lane."""
        return finite(np.where(self.paired, self.furthest / self.size, np.nan))
