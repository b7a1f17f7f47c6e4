"""The largest |w_t - level| over the last `part` of the steps: how far a settled weight still strays.

The level is the one given, or the minimiser, or 0.
"""

import numpy as np

from adamw_cli.metrics import Array, Chunk, Ending, Facts, finished, over_steps
from adamw_cli.metrics._late import PARAMETERS, UNDEFINED, Late
from adamw_cli.vocabulary import Metric

SPEC = Metric(unit="weight", per_coordinate=True, undefined=UNDEFINED, parameters=PARAMETERS)


class Measure(Late):
    """max_t |w_t - level| per coordinate."""

    def __init__(self, facts: Facts, level: float | tuple[float, ...] | None = None, part: float = 0.5) -> None:
        super().__init__(facts, level, part)
        self.largest = np.full(facts.start.shape, np.nan)

    def observe(self, chunk: Chunk) -> None:
        """Compare with the late steps of a chunk."""
        distances = self.distances(chunk)
        if len(distances):
            self.largest = np.fmax(self.largest, over_steps(np.fmax, distances))

    def result(self, ending: Ending) -> Array:
        """Return the distance for every coordinate and lane."""
        return finished(self.largest, ending)
