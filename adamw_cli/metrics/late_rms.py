"""Root mean square of w_t - level over the last `part` of the steps: how far a settled weight strays in the mean.

The level is the one given, or the minimiser, or 0.
"""

from __future__ import annotations

import math

import numpy as np

from adamw_cli.metrics._contract import Chunk, Ending, Facts, finished
from adamw_cli.metrics._late import PARAMETERS, UNDEFINED, Late
from adamw_cli.spec import Metric
from adamw_cli.trace import Array

SPEC = Metric(unit="weight", per_coordinate=True, undefined=UNDEFINED, parameters=PARAMETERS, on_request=True)


class Measure(Late):
    """sqrt(mean_t (w_t - level)^2) per coordinate, as the length of a vector with one entry for each step."""

    def __init__(self, facts: Facts, level: float | tuple[float, ...] | None = None, part: float = 0.5) -> None:
        super().__init__(facts, level, part)
        self.length = np.full(facts.start.shape, 0.0 if self.count else np.nan)

    def observe(self, chunk: Chunk) -> None:
        """Add the late steps of a chunk, one after the other, so that the bits do not depend on how long chunks are."""
        distances = self.distances(chunk)
        if len(distances):
            scaled = distances / math.sqrt(self.count)
            self.length = np.hypot.accumulate(np.concatenate([self.length[None], scaled]))[-1].copy()

    def result(self, ending: Ending) -> Array:
        """Return the root mean square for every coordinate and lane."""
        return finished(self.length, ending)
