"""Cosine of the angle between the last weights and the first: 1 means that only the length has changed."""

import numpy as np

from adamw_cli.metrics import Array, AtTheEnd, Ending, direction, finished, over_coordinates
from adamw_cli.vocabulary import Metric

SPEC = Metric(
    unit="1",
    per_coordinate=False,
    undefined="all weights are 0 at the first or at the last step, or the run diverged",
    shown=True,
)


class Measure(AtTheEnd):
    """w_T . w_0 / (|w_T| |w_0|)."""

    def result(self, ending: Ending) -> Array:
        """Return the cosine of every lane."""
        cosine = over_coordinates(direction(ending.w) * direction(self.facts.start))
        return finished(np.clip(cosine, -1.0, 1.0), ending)
