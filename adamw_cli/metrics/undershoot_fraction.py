"""How far a weight goes beyond the minimiser, as a part of its starting distance; 0 if it does not."""

import numpy as np

from adamw_cli.metrics import Array, Ending
from adamw_cli.metrics._bowl import UNDEFINED, Bowl
from adamw_cli.vocabulary import Metric

SPEC = Metric(unit="1", per_coordinate=True, undefined=UNDEFINED, needs=("minimizer",), shown=True)


class Measure(Bowl):
    """max_t side * (w_t - c) / |w_0 - c|, at least 0, with the side that the weight does not start on."""

    def result(self, ending: Ending) -> Array:
        """Return the fraction for every coordinate and lane."""
        beyond, _ = self.furthest(ending)
        return np.maximum(beyond, 0.0)
