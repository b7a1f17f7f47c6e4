"""How far the first step moves a weight, |w_1 - w_0|."""

import numpy as np

from adamw_cli.metrics import Array, Ending, Facts, finite
from adamw_cli.metrics._at_step import AtStep
from adamw_cli.vocabulary import Metric

SPEC = Metric(unit="weight", per_coordinate=True, undefined="the run diverged at its first step", shown=True)


class Measure(AtStep):
    """|w_1 - w_0| per coordinate."""

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts, step=1)

    def result(self, ending: Ending) -> Array:
        """Return the distance for every coordinate and lane."""
        return finite(np.abs(self.moved()))
