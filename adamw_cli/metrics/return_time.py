"""Steps after the gradient has changed until a weight that went on in the old direction is back where it was at the change.

The first n with w_n at or behind where it was, after it has been beyond.
"""

from __future__ import annotations

from adamw_cli.metrics._contract import Chunk, Ending, Facts
from adamw_cli.metrics._turn import AfterTurn, FirstStep
from adamw_cli.trace import Array
from adamw_cli.vocabulary import Metric

SPEC = Metric(
    unit="steps",
    per_coordinate=True,
    undefined="nothing pushed before the change, or the weight does not go beyond, or not back within the run",
    needs=("turn",),
    shown=True,
)


class Measure(AfterTurn):
    """Per coordinate, by looking at every step after the change."""

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self.back = FirstStep(facts.start.shape, opened=False)

    def observe(self, chunk: Chunk) -> None:
        """Look for the step back, in the weights that have been beyond."""
        part = self.part(chunk)
        if part is None or self.back.complete:
            return
        before, rows = part
        along, level = self.side * chunk.w[rows], self.side * self.level
        self.back.look(before, along <= level, along > level)

    def result(self, ending: Ending) -> Array:
        """Return the number of steps for every coordinate and lane."""
        return self.back.step
