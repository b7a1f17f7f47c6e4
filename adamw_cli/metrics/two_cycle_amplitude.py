"""Half the distance of the last two weights, |w_T - w_{T-1}|/2: the amplitude of a weight that jumps to and fro."""

import numpy as np

from adamw_cli.metrics import Array, Ending, Facts, finite
from adamw_cli.metrics._at_step import AtStep
from adamw_cli.vocabulary import Metric

SPEC = Metric(unit="weight", per_coordinate=True, undefined="the run diverged")


class Measure(AtStep):
    """|w_T - w_{T-1}|/2 per coordinate."""

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)

    def result(self, ending: Ending) -> Array:
        """Return the amplitude for every coordinate and lane."""
        # Halved first: the two may be so large and so far apart that no double holds their distance.
        return finite(np.abs(0.5 * self.w - 0.5 * self.before))
