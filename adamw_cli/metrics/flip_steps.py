"""Steps after the gradient has changed until the momentum turns: until the gradient step first points the other way.

The gradient step is what a step does beside decoupled decay; with adaptive rules it has the sign of the first moment. It is
compared with the direction in which the gradient pushed before the change; a gradient step of 0 has not turned yet.
"""

from adamw_cli.metrics import Chunk
from adamw_cli.metrics._turn import Bools, FirstAfterTurn
from adamw_cli.vocabulary import Metric

SPEC = Metric(
    unit="steps",
    per_coordinate=True,
    undefined="nothing pushed before the change, or the momentum does not turn within the run",
    needs=("turn",),
    shown=True,
)


class Measure(FirstAfterTurn):
    """Per coordinate, by looking at every step after the change."""

    def holds(self, chunk: Chunk, rows: slice) -> tuple[Bools, None]:
        """Whether the gradient step is against the old direction."""
        return self.side * chunk.gradient_step[rows] < 0, None
