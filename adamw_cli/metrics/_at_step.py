"""The weights after one step and before it: shared by the metrics that look at the first, the last or another step."""

import numpy as np

from adamw_cli.metrics._contract import Chunk, Facts
from adamw_cli.trace import Array


class AtStep:
    """Keeps the weights of one step; without a number, of the last step that is shown.

    Attributes
    ----------
    w, before : (d, lanes) weights after the step and before it; nan until it has come. Step 0 has none before it.

    """

    def __init__(self, facts: Facts, step: int | None = None) -> None:
        self.step = step
        self.w = facts.start if step == 0 else np.full(facts.start.shape, np.nan)
        self.before = np.full(facts.start.shape, np.nan)

    def observe(self, chunk: Chunk) -> None:
        """Take the step if it is in the chunk."""
        steps = len(chunk.w)
        n = steps if self.step is None else self.step - chunk.first
        if 1 <= n <= steps:
            self.w = chunk.w[n - 1].copy()
            self.before = chunk.before if n == 1 else chunk.w[n - 2].copy()

    def moved(self) -> Array:
        """How far the step moved each weight, with its sign; (d, lanes)."""
        result: Array = self.w - self.before
        return result
