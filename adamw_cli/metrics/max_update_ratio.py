"""The largest update in units of the learning rate, max_t |gradient step|/lr: how large |m_hat|/(sqrt(v_hat) + eps) became.

The gradient step is what a step does beside decoupled decay. Steps at a learning rate of 0 do not count.
"""

import numpy as np

from adamw_cli.metrics import Array, Chunk, Ending, Facts, finite, over_steps
from adamw_cli.vocabulary import Metric

SPEC = Metric(
    unit="1", per_coordinate=True, undefined="no step has a learning rate that is known and above 0", shown=True
)


class Measure:
    """Per coordinate, over every step."""

    def __init__(self, facts: Facts) -> None:
        self.largest = np.full(facts.start.shape, np.nan)

    def observe(self, chunk: Chunk) -> None:
        """Compare with the largest so far."""
        lr = np.where(chunk.lr > 0, chunk.lr, np.nan)
        constant = len(lr) == 1  # then the largest step has the largest ratio
        steps = chunk.gradient_step if constant else chunk.gradient_step / lr
        size = np.fmax(over_steps(np.fmax, steps), -over_steps(np.fmin, steps))
        ratio = size / lr[0] if constant else size
        self.largest = np.fmax(self.largest, ratio)

    def result(self, ending: Ending) -> Array:
        """Return the ratio for every coordinate and lane."""
        return finite(self.largest)
