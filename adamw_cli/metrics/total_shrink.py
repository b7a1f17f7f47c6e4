"""The last weight over the first, w_T / w_0, sign included: 0.5 means that half is left."""

from adamw_cli.metrics import Array, AtTheEnd, Ending, finished
from adamw_cli.vocabulary import Metric

SPEC = Metric(unit="1", per_coordinate=True, undefined="the weight starts at 0, or the run diverged", shown=True)


class Measure(AtTheEnd):
    """w_T / w_0 per coordinate."""

    def result(self, ending: Ending) -> Array:
        """Return the ratio for every coordinate and lane."""
        return finished(ending.w / self.facts.start, ending)
