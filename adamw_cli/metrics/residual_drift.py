"""How far a weight is carried, by the end of the run, by the momentum that is left when the gradient has gone.

Counted in the direction in which the gradient pushed; below 0 if decay has brought the weight back behind where it was.
"""

import numpy as np

from adamw_cli.metrics import Array, Chunk, Ending, finished
from adamw_cli.metrics._turn import AfterTurn
from adamw_cli.vocabulary import Metric

SPEC = Metric(
    unit="weight",
    per_coordinate=True,
    undefined="nothing pushed before, no step follows the last gradient, or the run diverged",
    needs=("fading",),
    shown=True,
)


class Measure(AfterTurn):
    """side * (w_T - w_turn)."""

    def observe(self, chunk: Chunk) -> None:
        """Remember the weight at the change."""
        self.part(chunk)

    def result(self, ending: Ending) -> Array:
        """Return the distance for every coordinate and lane."""
        drift = self.side * (ending.w - self.level)
        return finished(np.where((self.side == 0) | (self.last == 0), np.nan, drift), ending)
