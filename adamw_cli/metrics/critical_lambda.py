"""The weight decay that would have balanced one step after the gradient has gone, from the step that was taken.

At `after` steps after the last gradient: (gradient step)/(lr w) with w before the step, so that decay and gradient step
cancel. It exists where the momentum pushes outward. `adamw critical-lambda` finds it by running the step instead.
"""

import numpy as np

from adamw_cli.metrics import Array, Chunk, Ending, Facts, finite
from adamw_cli.vocabulary import Metric, Parameter

SPEC = Metric(
    unit="1",
    per_coordinate=True,
    undefined="the momentum does not push the weight outward, decay is coupled, or there is no such step",
    parameters=(Parameter("after", 1, "steps after the last gradient", kind="int", ge=1),),
    needs=("fading",),
    shown=True,
)


class Measure:
    """gradient_step/(lr w_{t-1}) at step turn + after."""

    def __init__(self, facts: Facts, after: int = 1) -> None:
        self.step = None if facts.turn_step is None else facts.turn_step + after
        self.known = facts.decoupled or facts.weight_decay is None
        self.value = np.full(facts.start.shape, np.nan)

    def observe(self, chunk: Chunk) -> None:
        """Look at that step."""
        if self.step is None or not self.known or not chunk.first < self.step <= chunk.first + len(chunk.w):
            return
        row = self.step - chunk.first - 1
        lr = np.broadcast_to(chunk.lr, chunk.w.shape)[row]
        value = chunk.gradient_step[row] / (lr * chunk.previous[row])
        self.value = np.where(value > 0, value, np.nan)

    def result(self, ending: Ending) -> Array:
        """Return the weight decay for every coordinate and lane."""
        return finite(self.value)
