"""What one step multiplies the difference of two runs by that see the same gradients and differ by their starts alone.

(|w_n - w'_n|/|w_0 - w'_0|)^(1/n), where n is the last step at which more than a tenth of the difference is left: later
ever more of it is rounding. For decoupled decay it is |1 - lr*weight_decay|, whatever the gradients.
"""

import numpy as np

from adamw_cli.metrics import Array, Chunk, Ending, Facts, finite, over_steps
from adamw_cli.vocabulary import Metric

SPEC = Metric(
    unit="1",
    per_coordinate=True,
    undefined="the gradients depend on the weights, or the first step diverges",
    needs=("external",),
    pair="twin",
    shown=True,
)
_LEFT = 0.1


class Measure:
    """Per coordinate, from the last difference that is large enough, or else from the first step's."""

    def __init__(self, facts: Facts) -> None:
        self.twin = facts.other_start
        other = facts.start if facts.other_start is None else facts.other_start
        self.apart = np.abs(facts.start - other)
        self.step = np.ones(facts.start.shape)
        self.left = np.full(facts.start.shape, np.nan)

    def observe(self, chunk: Chunk) -> None:
        """Find the last step of the chunk at which the difference is large enough."""
        if self.twin is None or chunk.other is None:
            return
        apart = np.abs(chunk.w - chunk.other)
        least = _LEFT * self.apart
        if chunk.first == 0:
            self.left = apart[0].copy()
        large = (apart[-1] > least) & np.isfinite(apart[-1])
        self.step = np.where(large, chunk.first + len(apart), self.step)
        self.left = np.where(large, apart[-1], self.left)
        for i, lane in np.argwhere(~large & (over_steps(np.fmax, apart) > least)):
            rows = apart[:, i, lane]
            for n in np.flatnonzero((rows > least[i, lane]) & np.isfinite(rows))[-1:]:
                self.step[i, lane] = chunk.first + n + 1
                self.left[i, lane] = rows[n]

    def result(self, ending: Ending) -> Array:
        """Return the factor per step for every coordinate and lane."""
        return finite((self.left / self.apart) ** (1.0 / self.step))
