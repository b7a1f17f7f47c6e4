"""The part of its size that the last step took from a weight, 1 - |w_T|/|w_{T-1}|; negative if it grew."""

import numpy as np

from adamw_cli.metrics import Array, Ending, Facts, finite
from adamw_cli.metrics._at_step import AtStep
from adamw_cli.vocabulary import Metric

SPEC = Metric(
    unit="1",
    per_coordinate=True,
    undefined="the weight is 0 before the last step, or the run diverged",
    needs=("plateau",),
    shown=True,
)


class Measure(AtStep):
    """(|w_{T-1}| - |w_T|) / |w_{T-1}| per coordinate."""

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)

    def result(self, ending: Ending) -> Array:
        """Return the rate for every coordinate and lane."""
        before = np.abs(self.before)
        return finite((before - np.abs(self.w)) / before)
