"""Euclidean norm of the last weights."""

from adamw_cli.metrics import Array, AtTheEnd, Ending, finished, norm
from adamw_cli.vocabulary import Metric

SPEC = Metric(unit="weight", per_coordinate=False, undefined="the run diverged", shown=True)


class Measure(AtTheEnd):
    """|w_T|."""

    def result(self, ending: Ending) -> Array:
        """Return the norm of every lane."""
        return finished(norm(ending.w), ending)
