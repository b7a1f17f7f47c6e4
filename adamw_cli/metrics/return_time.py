"""Steps after the gradient has changed until a weight that went on in the old direction is back where it was at the change.

The first n with w_n at or behind where it was, after it has been beyond.
"""

from adamw_cli.metrics import Chunk
from adamw_cli.metrics._turn import Bools, FirstAfterTurn
from adamw_cli.vocabulary import Metric

SPEC = Metric(
    unit="steps",
    per_coordinate=True,
    undefined="nothing pushed before the change, or the weight does not go beyond, or not back within the run",
    needs=("turn",),
    shown=True,
)


class Measure(FirstAfterTurn):
    """Per coordinate, by looking at every step after the change."""

    def holds(self, chunk: Chunk, rows: slice) -> tuple[Bools, Bools]:
        """Whether the weight is not beyond, and whether it is."""
        along, level = self.side * chunk.w[rows], self.side * self.level
        return along <= level, along > level
