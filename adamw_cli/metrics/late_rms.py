"""Root mean square of w_t - level over the last `part` of the steps: how far a settled weight strays in the mean.

The level is the one given, or the minimiser, or 0.
"""

from adamw_cli.metrics import Array, Chunk
from adamw_cli.metrics._late import PARAMETERS, UNDEFINED, Late, RootMeanSquare
from adamw_cli.vocabulary import Metric

SPEC = Metric(unit="weight", per_coordinate=True, undefined=UNDEFINED, parameters=PARAMETERS)


class Measure(Late, RootMeanSquare):
    """sqrt(mean_t (w_t - level)^2) per coordinate, as the length of a vector with one entry for each step."""

    def values(self, chunk: Chunk) -> Array:
        """Return the distances from the level."""
        return self.distances(chunk)
