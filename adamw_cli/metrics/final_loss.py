"""Loss at the last weights, of the landscape as the last step saw it."""

from adamw_cli.metrics import Array, AtTheEnd, Ending, finished
from adamw_cli.vocabulary import Metric

SPEC = Metric(
    unit="loss",
    per_coordinate=False,
    undefined="the loss there is not a finite number, or the run diverged",
    shown=True,
)


class Measure(AtTheEnd):
    """f_T(w_T)."""

    def result(self, ending: Ending) -> Array:
        """Return the loss of every lane."""
        return finished(ending.loss, ending)
