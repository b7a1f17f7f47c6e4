"""Steps after the gradient has changed until the momentum turns: until the gradient step first points the other way.

The gradient step is what a step does beside decoupled decay; with adaptive rules it has the sign of the first moment. It is
compared with the direction in which the gradient pushed before the change; a gradient step of 0 has not turned yet.
"""

from __future__ import annotations

import numpy as np

from adamw_cli.metrics._contract import Chunk, Ending, Facts
from adamw_cli.metrics._turn import AfterTurn, FirstStep
from adamw_cli.trace import Array
from adamw_cli.vocabulary import Metric

SPEC = Metric(
    unit="steps",
    per_coordinate=True,
    undefined="nothing pushed before the change, or the momentum does not turn within the run",
    needs=("turn",),
    shown=True,
)


class Measure(AfterTurn):
    """Per coordinate, by looking at every step after the change."""

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self.turned = FirstStep(facts.start.shape, opened=True)

    def observe(self, chunk: Chunk) -> None:
        """Look for a gradient step against the old direction."""
        part = self.part(chunk)
        if part is None or self.turned.complete:
            return
        before, rows = part
        with np.errstate(invalid="ignore"):
            self.turned.look(before, self.side * chunk.gradient_step[rows] < 0)

    def result(self, ending: Ending) -> Array:
        """Return the number of steps for every coordinate and lane."""
        return self.turned.step
