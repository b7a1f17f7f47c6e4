"""How much decoupled decay weighs against the gradient at the last step, lr*weight_decay*|w|/|gradient step|."""

import numpy as np

from adamw_cli.metrics import Array, Chunk, Ending, Facts, finished
from adamw_cli.vocabulary import Metric

SPEC = Metric(
    unit="1",
    per_coordinate=True,
    undefined="there is no decoupled weight decay, the gradient step is 0, or the run diverged",
    shown=True,
)


class Measure:
    """Per coordinate, at the last step."""

    def __init__(self, facts: Facts) -> None:
        self.weight_decay = facts.weight_decay if facts.decoupled else None
        self.ratio = np.full(facts.start.shape, np.nan)

    def observe(self, chunk: Chunk) -> None:
        """Keep the ratio of the chunk's last step."""
        lam = self.weight_decay
        if lam is None:
            return
        decay = chunk.lr[-1] * lam * np.abs(chunk.previous[-1])
        self.ratio = np.where(lam != 0, decay / np.abs(chunk.gradient_step[-1]), np.nan)

    def result(self, ending: Ending) -> Array:
        """Return the ratio for every coordinate and lane."""
        return finished(self.ratio, ending)
