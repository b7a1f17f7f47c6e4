"""When a weight first is down to a part of its starting size: shared by `half_life` and `crossing_step`."""

import numpy as np

from adamw_cli.metrics._contract import Chunk, Facts, over_steps
from adamw_cli.vocabulary import Metric, Parameter

SPEC = Metric(
    unit="steps",
    per_coordinate=True,
    undefined="the weight starts at 0 or never gets that small",
    parameters=(Parameter("fraction", 0.5, "the part of the starting size to come down to", gt=0, lt=1),),
    shown=True,
)


class Crossing:
    """Finds the first step n with |w_n| <= fraction |w_0|, and keeps |w| there and just before.

    Attributes
    ----------
    step : (d, lanes) that step; nan until it has come.
    before, at : (d, lanes) |w| at steps n - 1 and n.

    """

    def __init__(self, facts: Facts, fraction: float = 0.5) -> None:
        self.level = np.abs(facts.start) * fraction
        self.step = np.full(facts.start.shape, np.nan)
        self.before = np.full(facts.start.shape, np.nan)
        self.at = np.full(facts.start.shape, np.nan)

    def observe(self, chunk: Chunk) -> None:
        """Look for the crossing where it has not come yet; a weight that starts at 0 never has one."""
        waiting = np.isnan(self.step) & (self.level > 0)
        if not waiting.any():
            return
        size = np.abs(chunk.w)
        for i, lane in np.argwhere(waiting & (over_steps(np.fmin, size) <= self.level)):
            n = int(np.argmax(size[:, i, lane] <= self.level[i, lane]))
            self.step[i, lane] = chunk.first + n + 1
            self.at[i, lane] = size[n, i, lane]
            self.before[i, lane] = size[n - 1, i, lane] if n else abs(chunk.before[i, lane])
