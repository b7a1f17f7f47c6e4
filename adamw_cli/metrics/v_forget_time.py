"""Steps after the gradient has gone until a weight first moves faster than `speed`*lr again, having moved slower.

How long coupled decay stays crushed by the memory of old gradients. What momentum still does right after the change
does not count.
"""

import numpy as np

from adamw_cli.metrics import Chunk, Facts
from adamw_cli.metrics._turn import Bools, FirstAfterTurn
from adamw_cli.vocabulary import Metric, Parameter

SPEC = Metric(
    unit="steps",
    per_coordinate=True,
    undefined="the weight does not first slow down and then move that fast within the run",
    parameters=(Parameter("speed", 0.7071067811865476, "part of lr per step that counts as fast", gt=0),),
    needs=("fading",),
    shown=True,
)


class Measure(FirstAfterTurn):
    """Per coordinate, by looking at every step after the change."""

    def __init__(self, facts: Facts, speed: float = 0.7071067811865476) -> None:
        super().__init__(facts)
        self.speed = speed

    def holds(self, chunk: Chunk, rows: slice) -> tuple[Bools, Bools]:
        """Whether a step is fast, and whether it is slow."""
        moved = np.abs(chunk.moved[rows])
        limit = self.speed * np.broadcast_to(chunk.lr, chunk.w.shape)[rows]
        return moved > limit, moved < limit
