"""The weight after the last step, or after another `step`; step 0 is the start."""

from adamw_cli.metrics import Array, Ending, finite
from adamw_cli.metrics._at_step import AtStep
from adamw_cli.vocabulary import Metric, Parameter

SPEC = Metric(
    unit="weight",
    per_coordinate=True,
    undefined="the run has no such step, or had diverged by then",
    parameters=(Parameter("step", None, "the step to look at; without it the last", kind="int", ge=0),),
)


class Measure(AtStep):
    """w_t per coordinate."""

    def result(self, ending: Ending) -> Array:
        """Return the weight for every coordinate and lane."""
        return finite(self.w)
