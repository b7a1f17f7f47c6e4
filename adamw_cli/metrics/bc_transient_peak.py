"""How far a weight ever is from the minimiser, as a multiple of its starting distance; 1 if it only comes nearer.

With a large eps, bias correction multiplies the learning rate of the first steps by up to 1/(1 - beta1), which can
throw a weight far out before it comes back.
"""

import numpy as np

from adamw_cli.metrics import Array, Ending
from adamw_cli.metrics._bowl import UNDEFINED, Bowl
from adamw_cli.vocabulary import Metric

SPEC = Metric(unit="1", per_coordinate=True, undefined=UNDEFINED, needs=("minimizer",), shown=True)


class Measure(Bowl):
    """max_t |w_t - c| / |w_0 - c|, over all steps and the start."""

    def result(self, ending: Ending) -> Array:
        """Return the multiple for every coordinate and lane."""
        return np.maximum(*self.furthest(ending))
