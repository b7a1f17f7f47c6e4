"""How far one step moves a weight, |w_t - w_{t-1}| at the last step or at another `step`."""

import numpy as np

from adamw_cli.metrics import Array, Ending, finite
from adamw_cli.metrics._at_step import AtStep
from adamw_cli.vocabulary import Metric, Parameter

SPEC = Metric(
    unit="weight",
    per_coordinate=True,
    undefined="the run has no such step, or had diverged by then",
    parameters=(Parameter("step", None, "the step to look at; without it the last", kind="int", ge=1),),
)


class Measure(AtStep):
    """|w_t - w_{t-1}| per coordinate."""

    def result(self, ending: Ending) -> Array:
        """Return the distance for every coordinate and lane."""
        return finite(np.abs(self.moved()))
