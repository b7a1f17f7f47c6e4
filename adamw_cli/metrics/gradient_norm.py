"""Euclidean norm of the gradient at the last weights, of the landscape as the last step saw it; decay is not in it."""

from adamw_cli.metrics import Array, AtTheEnd, Ending, finished, norm
from adamw_cli.vocabulary import Metric

SPEC = Metric(
    unit="loss/weight",
    per_coordinate=False,
    undefined="the gradient there is not a finite number, or the run diverged",
    shown=True,
)


class Measure(AtTheEnd):
    """|grad f_T(w_T)|."""

    def result(self, ending: Ending) -> Array:
        """Return the norm of every lane."""
        return finished(norm(ending.gradient), ending)
