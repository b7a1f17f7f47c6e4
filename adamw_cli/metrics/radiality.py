"""Cosine of the angle between the first step, w_1 - w_0, and -w_0; 1 is straight to the origin, -1 straight away."""

import numpy as np

from adamw_cli.metrics import Array, Ending, Facts, direction, finite, over_coordinates
from adamw_cli.metrics._at_step import AtStep
from adamw_cli.vocabulary import Metric

SPEC = Metric(
    unit="1",
    per_coordinate=False,
    undefined="all weights start at 0, or the first step moves none of them or diverges",
    needs=("plateau",),
    shown=True,
)


class Measure(AtStep):
    """-(w_1 - w_0) . w_0 / (|w_1 - w_0| |w_0|)."""

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts, step=1)
        self.inward = direction(-facts.start)

    def result(self, ending: Ending) -> Array:
        """Return the cosine of every lane."""
        cosine = over_coordinates(direction(self.moved()) * self.inward)
        return finite(np.clip(cosine, -1.0, 1.0))
