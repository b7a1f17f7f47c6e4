"""Root mean square of w_t - level over the last `part` of the steps: how far a settled weight strays in the mean.

The level is the one given, or the minimiser, or 0.
"""

from __future__ import annotations

from adamw_cli.metrics._contract import Chunk, Ending, Facts, finished
from adamw_cli.metrics._late import PARAMETERS, UNDEFINED, Late
from adamw_cli.trace import Array
from adamw_cli.vocabulary import Metric

SPEC = Metric(unit="weight", per_coordinate=True, undefined=UNDEFINED, parameters=PARAMETERS)


class Measure(Late):
    """sqrt(mean_t (w_t - level)^2) per coordinate, as the length of a vector with one entry for each step."""

    def __init__(self, facts: Facts, level: float | tuple[float, ...] | None = None, part: float = 0.5) -> None:
        super().__init__(facts, level, part)
        self.length = self.nothing(facts.start.shape)

    def observe(self, chunk: Chunk) -> None:
        """Add the late steps of a chunk."""
        self.length = self.lengthened(self.length, self.distances(chunk))

    def result(self, ending: Ending) -> Array:
        """Return the root mean square for every coordinate and lane."""
        return finished(self.length, ending)
